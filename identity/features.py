"""What of a mention is compared: its words by what they are worth, its place, its domain.

Mentions that say the same in everything compared are one *profile*; pairs are made of profiles, so that a firm named
five thousand times alike costs as much as one named twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from common.yamlfile import read_yaml
from identity.links import CHARITY_SCHEMA, COMPANY_SCHEMA, PLACE_SCHEMA, Registers
from identity.normalising import normalised_sql

HERE = Path(__file__).parent
WORDS = HERE / "model" / "words.csv"
WORD_LISTS = HERE / "words.yaml"
# What a mention says of itself; the parts of a profile.
COMPARED = (
    "normalised_name",
    "other_name",
    "company_number",
    "charity_number",
    "register_identifier",
    "publisher_identifier",
    "postcode",
    "domain",
)
# Bits of a word that the words file does not know: rarer than any it lists, unless it is of a kind.
UNKNOWN_BITS = 13.5
KIND_BITS = 8.0
# What a name's words beside its rarest count for: words come together, `law centre`, and are worth less than alone.
FURTHER = 0.4
MOST_BITS = 22.0
# A word of so many bits finds an organisation within its district.
TELLING_BITS = 10.0
# A trading name of fewer bits (`The Cafe`) is no name to find an organisation by.
OTHER_NAME_BITS = 11.0
_NUMBER = "(^|[^0-9])[0-9]+|^(one|two|three|four|five|six|seven|eight|nine|ten|ii|iii|iv|vi|vii|viii|ix)$"
# A plural is its singular.
_STEM = r"""CASE
    WHEN regexp_matches({0}, '^[^0-9]{{2,}}[^aeiou]ies$') THEN left({0}, length({0}) - 3) || 'y'
    WHEN regexp_matches({0}, '^[^0-9]{{2,}}[^s]s$') THEN left({0}, length({0}) - 1)
    ELSE {0} END"""
# Londoners move between its postal areas.
_AREA = r"""CASE
    WHEN regexp_extract(postcode, '^[A-Z]+') IN ('E', 'EC', 'N', 'NW', 'SE', 'SW', 'W', 'WC') THEN 'London'
    ELSE regexp_extract(postcode, '^[A-Z]+') END"""


@cache
def word_lists() -> dict[str, list[str]]:
    """The words of each kind in `words.yaml`."""
    return read_yaml(WORD_LISTS, dict[str, list[str]])


def make_words(connection: duckdb.DuckDBPyConnection, shares: Path | None = WORDS) -> None:
    """Table `words`: each known word's kind and bits; `shares` None while the shares are what is being learnt."""
    kinds = [{"word": word, "kind": kind} for kind, words in word_lists().items() for word in words]
    connection.register("word_kind", pa.Table.from_pylist(kinds))
    learnt = (
        f"SELECT * FROM read_csv('{shares}')" if shares else "SELECT NULL::VARCHAR AS word, 1.0 AS share WHERE false"
    )
    connection.execute(f"""
        CREATE TEMP TABLE words AS
        SELECT word, kind, -log2(share) AS bits
        FROM ({learnt}) FULL JOIN (
            SELECT {_STEM.format("word")} AS word, min(kind) AS kind FROM word_kind GROUP BY ALL
        ) USING (word)
    """)


def make_names(connection: duckdb.DuckDBPyConnection, names: str) -> None:
    """Table `names`: the parts of every normalised name that the query `names` gives (a column `name`).

    `core_name`: its words but idle ones and its own initials, singular, in order of letters, each as often as it stands
    there (Glass & Glass is another firm than Glass); `in_order`: the same in the order they are written; `essence`:
    those of them that neither a group nor a place shares; `places`, `numbers`, `group_words`, `body_words`: those that
    tell parts of one from another; `telling`: the rare ones of its essence; `acronym`: a word of it that is the
    initials of the others; `initials`: of the words that are not idle; `bits`: how rare it is.
    """
    connection.execute(f"""
        CREATE TEMP TABLE names AS
        WITH given AS (SELECT DISTINCT name FROM ({names}) WHERE name IS NOT NULL),
        split AS (
            SELECT name, unnest(string_split(name, ' ')) AS written,
                generate_subscripts(string_split(name, ' '), 1) AS place
            FROM given
        ),
        stemmed AS (
            SELECT split.*, {_STEM.format("written")} AS word FROM split
        ),
        known AS (
            SELECT stemmed.*, coalesce(words.kind, '') AS kind,
                coalesce(words.bits, if(words.kind IS NULL, {UNKNOWN_BITS}, {KIND_BITS})) AS bits,
                regexp_matches(stemmed.word, '{_NUMBER}') AS is_number
            FROM stemmed LEFT JOIN words ON stemmed.word = words.word
        ),
        initialled AS (
            SELECT *,
                string_agg(left(written, 1), '' ORDER BY place) OVER whole AS all_initials,
                string_agg(left(written, 1), '' ORDER BY place) FILTER (kind <> 'idle') OVER whole AS initials,
                count(*) FILTER (kind <> 'idle') OVER (
                    PARTITION BY name ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS place_in_initials
            FROM known
            WINDOW whole AS (PARTITION BY name ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ),
        told AS (
            SELECT *,
                length(written) >= 3 AND written IN (
                    left(all_initials, place - 1) || substr(all_initials, place + 1),
                    left(initials, place_in_initials - 1) || substr(initials, place_in_initials + 1)
                ) AS is_acronym
            FROM initialled
        )
        SELECT
            name,
            coalesce(
                string_agg(word, ' ' ORDER BY word) FILTER (kind <> 'idle' AND NOT is_acronym), min(name)
            ) AS core_name,
            string_agg(word, ' ' ORDER BY place) FILTER (kind <> 'idle' AND NOT is_acronym) AS in_order,
            list(word ORDER BY word) FILTER (
                kind NOT IN ('idle', 'body', 'group', 'place') AND NOT is_acronym
            ) AS essence,
            list(DISTINCT word ORDER BY word) FILTER (
                kind = '' AND bits >= {TELLING_BITS} AND NOT is_acronym
            ) AS telling,
            list(DISTINCT word ORDER BY word) FILTER (kind = 'body') AS body_words,
            string_agg(DISTINCT word, ' ' ORDER BY word) FILTER (kind = 'group') AS group_words,
            string_agg(DISTINCT word, ' ' ORDER BY word) FILTER (kind = 'place') AS places,
            string_agg(DISTINCT word, ' ' ORDER BY word) FILTER (is_number) AS numbers,
            min(written) FILTER (is_acronym) AS acronym,
            min(initials) AS initials,
            replace(min(name), ' ', '') AS squashed,
            least({MOST_BITS}, max(bits) + {FURTHER} * (
                sum(bits) FILTER (kind <> 'idle' AND NOT is_acronym) - max(bits)
            )) AS bits,
            -- The two rarest words, by which a name is found wherever it is.
            list(word ORDER BY bits DESC, word) FILTER (kind <> 'idle' AND NOT is_acronym)[:2] AS rarest
        FROM told
        GROUP BY name
    """)


def take_registers(connection: duckdb.DuckDBPyConnection, registers: Registers) -> None:
    """Table `register`: the names of companies and charities; `registered_number` says of which entry of a register a
    name is. Table `located`: PLACE_SCHEMA.
    """
    companies, charities, places = (
        schema.empty_table() if table is None else table
        for table, schema in zip(registers, (COMPANY_SCHEMA, CHARITY_SCHEMA, PLACE_SCHEMA), strict=True)
    )
    connection.register("_companies", companies)
    connection.register("_charities", charities)
    connection.register("located", places)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE register AS
        SELECT company_number AS registered_number, company_number, NULL::VARCHAR AS charity_number, normalised_name,
            postcode, NULL::VARCHAR AS domain
        FROM _companies
        UNION ALL
        SELECT 'charity:' || charity_number, company_number, charity_number, normalised_name, postcode, domain
        FROM _charities
    """)


def make_profiles(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `profiles` of `mentions` and `register`, with all that is compared, and `profile_of` a mention.

    Needs the tables `mentions` (MENTION_COLUMNS, `record`: its key; `alone`: that key where it stands for itself),
    `register` and `located` (`take_registers`) and `words`.
    """
    columns = ", ".join(COMPARED)
    connection.execute(f"""
        CREATE TEMP TABLE said AS
        SELECT {columns}, alone, NULL::VARCHAR AS registered_number, min(record) AS first
        FROM mentions GROUP BY ALL
        UNION ALL
        SELECT normalised_name, NULL, company_number, charity_number, NULL, NULL, postcode, domain, NULL,
            registered_number,
            'register' || chr(31) || registered_number || chr(31) || coalesce(normalised_name, '')
        FROM register
        GROUP BY ALL
    """)
    make_names(connection, "SELECT normalised_name AS name FROM said UNION SELECT other_name FROM said")
    connection.execute(f"""
        CREATE TEMP TABLE profiles AS
        SELECT
            row_number() OVER (ORDER BY first) - 1 AS unique_id,
            said.*,
            names.* EXCLUDE (name),
            if(other.bits >= {OTHER_NAME_BITS}, other.core_name, NULL) AS other_core,
            if(other.bits >= {OTHER_NAME_BITS}, other.squashed, NULL) AS squashed_other,
            regexp_extract(postcode, '^[^ ]+') AS district,
            left(postcode, length(postcode) - 2) AS sector,
            located.easting, located.northing,
            {_AREA} AS area,
            coalesce(
                company_number, charity_number, register_identifier, publisher_identifier, postcode, domain
            ) IS NULL AS is_name_alone
        FROM said
        LEFT JOIN names ON said.normalised_name = names.name
        LEFT JOIN names AS other ON said.other_name = other.name
        LEFT JOIN located USING (postcode)
    """)
    same = " AND ".join(f"mentions.{name} IS NOT DISTINCT FROM profiles.{name}" for name in (*COMPARED, "alone"))
    connection.execute(f"""
        CREATE TEMP TABLE profile_of AS
        SELECT mentions.source_system, mentions.source_record_id, profiles.unique_id AS profile
        FROM mentions INNER JOIN profiles ON {same} AND profiles.registered_number IS NULL
    """)


def learn_shares(names: Iterable[str], path: Path = WORDS, least: int = 3) -> int:
    """Write the share of organisations that bear each word of these names (as written); how many words it knows."""
    with duckdb.connect() as connection:
        make_words(connection, None)
        connection.register("raw", pa.table({"name": list(names)}))
        connection.execute(
            f"CREATE TEMP TABLE own AS SELECT DISTINCT {normalised_sql('normalise_name', 'name')} AS name FROM raw"
        )
        make_names(connection, "SELECT name FROM own")
        connection.execute(f"""
            COPY (
                SELECT word, round(count(*) / (SELECT count(*) FROM names), 6) AS share
                FROM (SELECT unnest(list_distinct(string_split(core_name, ' '))) AS word FROM names)
                GROUP BY word HAVING count(*) >= {least} ORDER BY word
            ) TO '{path}' (HEADER)
        """)
        counted = connection.execute(f"SELECT count(*) FROM read_csv('{path}')").fetchone()
    return int(counted[0]) if counted else 0
