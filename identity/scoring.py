"""How probable it is that two profiles are one organisation, by a trained model of Splink (Fellegi and Sunter).

The model (`model/model.json`) is trained by `identity/training.py` and lies under version control; here it is applied.
A pair's weight hangs on the two profiles and the model alone. https://moj-analytical-services.github.io/splink/
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from common.durable import write_parquet
from common.home import make_private
from common.sql import listed, literal
from identity import features
from identity.features import COMPARED, WORD_LISTS, WORDS

if TYPE_CHECKING:
    from splink import Linker

MODEL = Path(__file__).parent / "model" / "model.json"


def _level(condition: str, label: str, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label, **more}


def _either(one: str, other: str) -> str:
    return f"({one}_l = {other}_r OR {one}_r = {other}_l)"


def _within(kilometres: float) -> str:
    """Of two places that the postcode directory knows."""
    return f"(pow(easting_l - easting_r, 2) + pow(northing_l - northing_r, 2)) <= {round((kilometres * 1000) ** 2)}"


_PARTS_DIFFER = "(numbers_l IS DISTINCT FROM numbers_r OR places_l <> places_r)"
NEAR = "same sector, one letter, or 1 km"
# Strongest first; a pair is of the first level that holds. Two strangers are found within the kilometres of a place as
# seldom as in the part of a postcode beside it (decision 466).
COMPARISONS: dict[str, list[dict[str, Any]]] = {
    "name": [
        _level("core_name_l IS NULL OR core_name_r IS NULL", "not stated", is_null_level=True),
        _level(
            "core_name_l = core_name_r OR squashed_l = squashed_r",
            "equal",
            tf_adjustment_column="core_name",
            tf_minimum_u_value=2.0**-22,
            disable_tf_exact_match_detection=True,
        ),
        _level(
            f"{_either('core_name', 'other_core')} OR other_core_l = other_core_r"
            f" OR {_either('squashed', 'squashed_other')}",
            "trading or former name",
        ),
        _level(
            f"{_PARTS_DIFFER} AND essence_l = essence_r",
            "equal but for place or number",
        ),
        _level(
            "numbers_l IS NOT DISTINCT FROM numbers_r AND least(length(squashed_l), length(squashed_r)) >= 7"
            " AND damerau_levenshtein(squashed_l, squashed_r)"
            " <= if(least(length(squashed_l), length(squashed_r)) >= 18, 2, 1)",
            "spelt otherwise",
        ),
        _level(
            "essence_l = essence_r AND places_l IS NOT DISTINCT FROM places_r"
            " AND group_words_l IS NOT DISTINCT FROM group_words_r AND (body_words_l IS NULL OR body_words_r IS NULL"
            " OR list_has_all(body_words_l, body_words_r) OR list_has_all(body_words_r, body_words_l))",
            "equal but for the kind of body",
        ),
        _level("essence_l = essence_r", "equal but for words that a group shares"),
        _level(
            f"{_either('squashed', 'acronym')} OR (length(initials_l) >= 3 AND initials_l = squashed_r)"
            " OR (length(initials_r) >= 3 AND initials_r = squashed_l)",
            "initials",
        ),
        _level(
            "len(essence_l) >= 1 AND len(essence_r) >= 1 AND"
            " (list_has_all(essence_l, essence_r) OR list_has_all(essence_r, essence_l))",
            "one within the other",
        ),
        _level("jaro_winkler_similarity(squashed_l, squashed_r) >= 0.88", "alike"),
        _level("ELSE", "different"),
    ],
    "place": [
        _level("postcode_l IS NULL OR postcode_r IS NULL", "not stated", is_null_level=True),
        _level("postcode_l = postcode_r", "same postcode"),
        _level(
            "sector_l = sector_r OR (area_l = area_r AND damerau_levenshtein(postcode_l, postcode_r) = 1)"
            f" OR {_within(1)}",
            NEAR,
        ),
        _level(f"district_l = district_r OR {_within(2.5)}", "same district, or 2.5 km"),
        _level(f"area_l = area_r OR {_within(20)}", "same postal area, or 20 km"),
        _level("ELSE", "elsewhere"),
    ],
    "domain": [
        _level("domain_l IS NULL OR domain_r IS NULL", "not stated", is_null_level=True),
        _level("domain_l = domain_r", "same domain"),
        _level("ELSE", "another domain"),
    ],
}
_READ = (
    "unique_id", "core_name", "other_core", "squashed_other", "acronym", "initials", "squashed", "essence", "places",
    "group_words", "body_words", "numbers", "postcode", "sector", "district", "area", "easting", "northing", "domain",
)  # fmt: skip


# What is kept of a scored pair, with its type.
_SCORES = {
    "match_weight": "DOUBLE",
    "match_probability": "DOUBLE",
    "gamma_name": "INTEGER",
    "gamma_place": "INTEGER",
    "gamma_domain": "INTEGER",
    "mw_name": "DOUBLE",
    "mw_tf_adj_name": "DOUBLE",
    "mw_place": "DOUBLE",
    "mw_domain": "DOUBLE",
}
# Where the file of what is known says which model it is of.
_MODEL = b"wmip.model"
# Pairs scored at once: some 2 GB.
AT_ONCE = 1_000_000
# Bits: equal names whose one side is a registered office elsewhere may still be for people.
LEAST = -4.0


@cache
def _learnt() -> dict[str, Any]:
    return dict(json.loads(MODEL.read_text(encoding="utf-8")))


def learnt_start() -> float:
    """Bits that any two records start with: how seldom two are one organisation."""
    chance = _learnt()["probability_two_random_records_match"]
    return math.log2(chance / (1 - chance))


def learnt_bits(comparison: str, label: str) -> float:
    """Bits that the model gives a level, before how rare a name is."""
    levels = next(
        one["comparison_levels"] for one in _learnt()["comparisons"] if one["output_column_name"] == comparison
    )
    found = next(one for one in levels if one["label_for_charts"] == label)
    return math.log2(found["m_probability"] / found["u_probability"])


def said(*levels: tuple[str, str]) -> str:
    """Weight, probability and evidence of a link of these levels (comparison and label), as a query of one row."""
    bits = learnt_start() + sum(learnt_bits(*one) for one in levels)
    compared = ", ".join(
        f"{{name: {literal(name)}, level: {literal(label)}, weight: {learnt_bits(name, label):.2f}}}"
        for name, label in levels
    )
    return (
        f"SELECT {bits!r}::DOUBLE AS match_weight, {1 / (1 + math.exp2(-bits))!r}::DOUBLE AS match_probability, "
        f"to_json({{comparisons: [{compared}], vetoes: []::VARCHAR[]}}) AS evidence"
    )


def settings() -> dict[str, Any]:
    """The model's settings before training."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": [
            {"output_column_name": name, "comparison_levels": levels} for name, levels in COMPARISONS.items()
        ],
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": 2.0**-12,
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": True,
    }


def linker(connection: duckdb.DuckDBPyConnection, model: Path | dict[str, Any], more: str = "") -> Linker:
    """Splink over table `profiles`, with how rare a name is as the model of words says."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE scored AS SELECT {listed(_READ)}{more} FROM profiles")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE rarity AS
        SELECT core_name, max(power(2, -bits)) AS tf_core_name
        FROM profiles WHERE core_name IS NOT NULL GROUP BY core_name
    """)
    made = Linker(api.register("scored"), model, log_level=None, validate_settings=False)
    made.table_management.register_term_frequency_lookup(api.register("rarity"), "core_name")
    return made


def score(connection: duckdb.DuckDBPyConnection, known: Path | None = None, model: Path = MODEL) -> None:
    """Table `scores` of the pairs in table `pairs`: `match_weight` in bits, and level and weight of each comparison.

    `known` is the file of what earlier nights found: a pair of two profiles that this model has scored is taken from
    it, and it holds tonight's pairs afterwards. Pairs that share no identifier and lie below LEAST are left out of
    `scores`: nothing follows from them.
    """
    fingerprint = _fingerprint(model)
    _take_known(connection, known, fingerprint)
    if _count(connection, "fresh"):
        _predict(connection, linker(connection, model))
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE scores AS
        SELECT left_id AS unique_id_l, right_id AS unique_id_r, {", ".join(_SCORES)}
        FROM found INNER JOIN pairs USING (left_id, right_id)
        WHERE is_identified OR match_weight >= {LEAST}
    """)
    if known is not None and (_count(connection, "fresh") or _count(connection, "found") < _count(connection, "known")):
        _remember(connection, known, fingerprint)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _fingerprint(model: Path) -> str:
    """Of all that a pair's weight hangs on beside its two profiles."""
    digest = hashlib.sha256(version("splink").encode())
    for path in (model, WORDS, WORD_LISTS, Path(features.__file__), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _take_known(connection: duckdb.DuckDBPyConnection, known: Path | None, fingerprint: str) -> None:
    """Tables `known`; `found`: of tonight's pairs those that it has; `fresh`: the others."""
    import pyarrow.parquet as pq

    same = (
        known is not None
        and known.exists()
        and (pq.read_schema(known).metadata or {}).get(_MODEL) == fingerprint.encode()
    )
    columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in _SCORES.items())
    empty = f"SELECT NULL::UBIGINT AS left_said, NULL::UBIGINT AS right_said, {columns} WHERE false"
    compared = (*COMPARED, "registered_number", "easting::VARCHAR", "northing::VARCHAR")
    parts = ", ".join(f"coalesce({name}, chr(30))" for name in compared)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE known AS {f"FROM read_parquet({literal(known)})" if same else empty};
        CREATE OR REPLACE TEMP TABLE said_by AS
        SELECT unique_id,
            -- How rare a name is may hang on who else bears it.
            md5_number_lower(concat_ws(chr(31), {parts}, min(bits) OVER (PARTITION BY core_name))) AS said
        FROM profiles;
        CREATE OR REPLACE TEMP TABLE said_pairs AS
        SELECT left_id, right_id, least(one.said, other.said) AS left_said, greatest(one.said, other.said) AS right_said
        FROM pairs
        INNER JOIN said_by AS one ON left_id = one.unique_id
        INNER JOIN said_by AS other ON right_id = other.unique_id;
        CREATE OR REPLACE TEMP TABLE found AS
        SELECT said_pairs.*, known.* EXCLUDE (left_said, right_said)
        FROM said_pairs INNER JOIN known USING (left_said, right_said);
        CREATE OR REPLACE TEMP TABLE fresh AS FROM said_pairs ANTI JOIN known USING (left_said, right_said);
    """)


def _predict(connection: duckdb.DuckDBPyConnection, made: Linker) -> None:
    """Add the scores of `fresh` to `found`. Splink keeps all that it compared beside each pair: a share at a time."""
    shares = math.ceil(_count(connection, "fresh") / AT_ONCE)
    for share in range(shares):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE blocked AS
            SELECT '0' AS match_key, left_id AS join_key_l, right_id AS join_key_r
            FROM fresh WHERE (left_id + right_id) % {shares} = {share}
        """)
        made.table_management.register_blocked_pairs_for_predict(made._db_api.register("blocked"))
        predicted = made.inference.predict(warning_mode="never")
        connection.execute(f"""
            INSERT INTO found
            SELECT left_id, right_id, left_said, right_said, {", ".join(_SCORES)}
            FROM {predicted.physical_name} AS predicted
            INNER JOIN fresh ON predicted.unique_id_l = left_id AND predicted.unique_id_r = right_id
        """)
        predicted.drop_table_from_database_and_remove_from_cache()


def _remember(connection: duckdb.DuckDBPyConnection, known: Path, fingerprint: str) -> None:
    pairs = connection.execute(
        f"SELECT DISTINCT left_said, right_said, {', '.join(_SCORES)} FROM found ORDER BY left_said, right_said"
    ).to_arrow_table()
    make_private(known.parent)
    write_parquet(pairs.replace_schema_metadata({_MODEL: fingerprint}), known)
