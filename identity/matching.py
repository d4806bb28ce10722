"""Which records are one organisation: links with their evidence, of tonight's mentions, the register and decisions.

Mentions become profiles (`features`), profiles that share something become pairs (`candidates`), pairs are weighed
(`scoring`), judged together with identifiers and vetoes (`evidence`) and joined to groups (`grouping`); groups may be
tied by a domain of their own (`domains`), and people are asked about two that are alone at an address (`neighbours`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import duckdb
import psutil
import pyarrow as pa

from identity.candidates import make_pairs
from identity.domains import tie_by_domain
from identity.evidence import judge
from identity.features import COMPARED, make_profiles, make_words, take_registers
from identity.grouping import DECIDED, DOUBTFUL, IDENTIFIED, group
from identity.links import DECISION_SCHEMA, LINK_SCHEMA, NO_REGISTERS, Registers, State
from identity.neighbours import ask_neighbours
from identity.scoring import score

# Strongest first; what a mention's own method is said to be where several links hold it.
METHODS = (
    "decision",
    "same_as",
    "company_number",
    "charity_number",
    "register_identifier",
    "publisher_identifier",
    "register_name",
    "name_postcode",
    "name_domain",
    "name",
    "name_only",
)
# Bytes; a million mentions need more for a while. On a small machine a share of what it has.
MEMORY = 6 * 10**9
SHARE_OF_MEMORY = 0.5
_NO_EVIDENCE = '{"comparisons": [], "vetoes": []}'


class Match(Protocol):
    """Says what is known of pairs of mentions. The exact rules and the sandbox's truth have the same shape."""

    def __call__(
        self,
        mentions: pa.Table,
        registers: Registers = NO_REGISTERS,
        decisions: pa.Table | None = None,
        known: Path | None = None,
    ) -> pa.Table:
        """Links (LINK_SCHEMA) between mentions; those accepted never contradict a veto, chained or not."""
        ...


def match(
    mentions: pa.Table,
    registers: Registers = NO_REGISTERS,
    decisions: pa.Table | None = None,
    known: Path | None = None,
) -> pa.Table:
    """Links (LINK_SCHEMA) between mentions, each with method, probability, evidence and state.

    `mentions` has MENTION_COLUMNS; `registers` what the registers of companies and charities and the postcode directory
    say; `decisions` (DECISION_SCHEMA) what people decided: `same` joins, `different` forbids. `known` is the file
    of what earlier nights scored, read and renewed. What is said of a pair hangs on the two mentions, the registers and
    the model alone, so that scoring only what is new or changed gives what scoring everything anew gives.
    """
    with _bounded() as connection:
        connection.register("_mentions", mentions)
        take_registers(connection, registers)
        connection.register("_decisions", decisions if decisions is not None else DECISION_SCHEMA.empty_table())
        _prepare(connection, has_companies=registers.companies is not None)
        make_words(connection)
        make_profiles(connection)
        _take_as_given(connection)
        make_pairs(connection)
        score(connection, known)
        judge(connection)
        group(connection)
        if tie_by_domain(connection):
            group(connection)
        ask_neighbours(connection)
        return _links(connection)


@contextmanager
def _bounded() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own that puts aside on the disk what does not fit into MEMORY, while it is there."""
    with tempfile.TemporaryDirectory(prefix="wmip-match-") as folder:
        limit = min(MEMORY, int(SHARE_OF_MEMORY * psutil.virtual_memory().total))
        with duckdb.connect(config={"memory_limit": f"{limit}B", "temp_directory": folder}) as connection:
            yield connection


def _prepare(connection: duckdb.DuckDBPyConnection, *, has_companies: bool) -> None:
    """Tables `mentions`, `decided`, `registered` (the company numbers that stand in a register, or that are well formed
    where no register of companies was given). A record that is decided about stands for itself, and so does one of
    which nothing is said by which it could be known.
    """
    connection.execute(f"""
        CREATE TEMP TABLE decided AS
        SELECT {_key("left_")} AS one, {_key("right_")} AS other, decision
        FROM _decisions WHERE decision IN ('same', 'different');
        CREATE TEMP TABLE mentions AS
        SELECT *, {_key()} AS record,
            if(
                {_key()} IN (SELECT unnest([one, other]) FROM decided)
                OR coalesce(
                    normalised_name, company_number, charity_number, register_identifier, publisher_identifier
                ) IS NULL,
                {_key()}, NULL
            ) AS alone
        FROM _mentions;
        CREATE TEMP TABLE registered AS
        SELECT DISTINCT company_number FROM register WHERE company_number IS NOT NULL
        {"" if has_companies else "UNION SELECT company_number FROM _mentions WHERE company_number IS NOT NULL"}
    """)


def _key(side: str = "") -> str:
    return f"{side}source_system || chr(31) || {side}source_record_id"


def _take_as_given(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables `given`: links of profiles that need no score; `apart`: profiles that people hold apart.

    Given are what people decided, what a source says is the same, the names of one registered company or charity, and
    what says the same in everything although it stands for itself.
    """
    alike = ", ".join(COMPARED)
    connection.execute(f"""
        CREATE TEMP TABLE profile_of_record AS
        SELECT {_key()} AS record, profile FROM profile_of;
        CREATE TEMP TABLE given_records AS
        SELECT one, other, 'decision' AS method, {DECIDED} AS rank FROM decided WHERE decision = 'same'
        UNION ALL
        SELECT loser.record, winner.record, 'same_as', {IDENTIFIED}
        FROM mentions AS loser INNER JOIN mentions AS winner
            ON loser.source_system = winner.source_system AND loser.same_as_record_id = winner.source_record_id
        UNION ALL
        SELECT first, record, NULL, {IDENTIFIED}
        FROM (
            SELECT record, alone, min(record) OVER whole AS first, count(alone) OVER whole AS own FROM mentions
            WHERE normalised_name IS NOT NULL OR alone IS NULL
            WINDOW whole AS (PARTITION BY {alike})
        )
        WHERE own > 0 AND first <> record;
        CREATE TEMP TABLE given AS
        SELECT DISTINCT least(one.profile, other.profile) AS left_id,
            greatest(one.profile, other.profile) AS right_id, rank
        FROM given_records
        INNER JOIN profile_of_record AS one ON given_records.one = one.record
        INNER JOIN profile_of_record AS other ON given_records.other = other.record
        WHERE one.profile <> other.profile
        UNION ALL
        SELECT min(unique_id) OVER entry, unique_id, {IDENTIFIED}
        FROM profiles WHERE registered_number IS NOT NULL
        -- The company that a charity is, by its own register, and that charity are one entry.
        WINDOW entry AS (PARTITION BY coalesce(company_number, registered_number))
        QUALIFY min(unique_id) OVER entry < unique_id;
        CREATE TEMP TABLE apart AS
        SELECT one.profile AS left_id, other.profile AS right_id
        FROM decided
        INNER JOIN profile_of_record AS one ON decided.one = one.record
        INNER JOIN profile_of_record AS other ON decided.other = other.record
        WHERE decision = 'different'
    """)


def _links(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """What is known of profiles, said of their first mentions; mentions of one profile are linked to its first."""
    own_method = """CASE
        WHEN company_number IS NOT NULL THEN 'company_number' WHEN charity_number IS NOT NULL THEN 'charity_number'
        WHEN register_identifier IS NOT NULL THEN 'register_identifier'
        WHEN publisher_identifier IS NOT NULL THEN 'publisher_identifier'
        WHEN postcode IS NOT NULL THEN 'name_postcode' WHEN domain IS NOT NULL THEN 'name_domain'
        ELSE 'name_only' END"""
    connection.execute(f"""
        CREATE TEMP TABLE first_of AS
        SELECT profile, min(record) AS record, any_value(component) AS component
        FROM profile_of_record INNER JOIN grouped ON profile = unique_id GROUP BY profile;
        CREATE TEMP TABLE held_apart AS
        SELECT DISTINCT one.component AS one, other.component AS other
        FROM apart
        INNER JOIN grouped AS one ON left_id = one.unique_id
        INNER JOIN grouped AS other ON right_id = other.unique_id;
        -- Mentions that a name in the register of companies brings together, by the strongest link to it of each.
        CREATE TEMP TABLE through_register AS
        WITH ends AS (
            SELECT left_id AS profile, right_id AS registered, * FROM judged
            UNION ALL SELECT right_id, left_id, * FROM judged
        )
        SELECT first_of.component, first_of.record, arg_max(evidence, ends.match_weight) AS evidence,
            max(match_probability) AS match_probability
        FROM ends
        INNER JOIN first_of USING (profile)
        INNER JOIN profiles ON ends.registered = profiles.unique_id AND profiles.registered_number IS NOT NULL
        WHERE state = '{State.ACCEPTED}'
        GROUP BY ALL
    """)
    return (
        connection.execute(f"""
            WITH within AS (
                SELECT first_of.record AS one, profile_of_record.record AS other, {own_method} AS method,
                    if({own_method} = 'name_only', NULL, 1.0) AS match_probability, '{_NO_EVIDENCE}' AS evidence,
                    '{State.ACCEPTED}' AS state
                FROM profile_of_record
                INNER JOIN first_of USING (profile)
                INNER JOIN profiles ON profile = unique_id
                WHERE first_of.record <> profile_of_record.record
            ),
            given_by AS (
                SELECT one, other, coalesce(method, 'name_only'), if(method = 'same_as', 1.0, NULL),
                    '{_NO_EVIDENCE}', '{State.ACCEPTED}'
                FROM given_records
                INNER JOIN profile_of_record AS mine ON given_records.one = mine.record
                INNER JOIN profile_of_record AS theirs ON given_records.other = theirs.record
                INNER JOIN grouped AS mine_in ON mine.profile = mine_in.unique_id
                INNER JOIN grouped AS theirs_in ON theirs.profile = theirs_in.unique_id
                WHERE mine_in.component = theirs_in.component
                UNION ALL
                SELECT one, other, 'decision', NULL, '{_NO_EVIDENCE}', '{State.VETOED}'
                FROM decided WHERE decision = 'different'
            ),
            scored AS (
                SELECT one.record, other.record, method,
                    if(state = '{State.ACCEPTED}' AND rank IN ({IDENTIFIED}, {DOUBTFUL}), 1.0, match_probability),
                    evidence,
                    if(apart.one IS NULL, state, '{State.VETOED}')
                FROM judged
                INNER JOIN first_of AS one ON left_id = one.profile
                INNER JOIN first_of AS other ON right_id = other.profile
                LEFT JOIN held_apart AS apart
                    ON (apart.one = one.component AND apart.other = other.component)
                    OR (apart.one = other.component AND apart.other = one.component)
                -- What stands in one group by other links is no question any more.
                WHERE state IS NOT NULL AND (state = '{State.ACCEPTED}' OR one.component <> other.component)
            ),
            registered_together AS (
                SELECT first_value(record) OVER whole, record, 'register_name',
                    least(match_probability, first_value(match_probability) OVER whole), evidence, '{State.ACCEPTED}'
                FROM through_register
                WINDOW whole AS (PARTITION BY component ORDER BY record)
                QUALIFY first_value(record) OVER whole <> record
            ),
            found AS (
                SELECT * FROM within UNION ALL SELECT * FROM given_by UNION ALL SELECT * FROM scored
                UNION ALL SELECT * FROM registered_together
            ),
            -- A mention that people decided about stands alone: one that is written alike is tied to it for that and by
            -- its score. What says more of the two is kept.
            told_once AS (
                SELECT *, least(one, other) AS first_record, greatest(one, other) AS second_record FROM found
                QUALIFY row_number() OVER (
                    PARTITION BY first_record, second_record, method
                    ORDER BY state <> '{State.ACCEPTED}', match_probability DESC NULLS LAST, evidence DESC
                ) = 1
            )
            SELECT
                split_part(first_record, chr(31), 1), split_part(first_record, chr(31), 2),
                split_part(second_record, chr(31), 1), split_part(second_record, chr(31), 2),
                method, match_probability, evidence, state
            FROM told_once
            ORDER BY ALL
        """)
        .to_arrow_table()
        .rename_columns(LINK_SCHEMA.names)
        .cast(LINK_SCHEMA)
    )
