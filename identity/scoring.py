"""How probable it is that two profiles are one organisation, by a trained model of Splink (Fellegi and Sunter).

The model (`model/model.json`) is trained by `identity/training.py` and lies under version control; here it is applied.
A pair's weight hangs on the two profiles and the model alone. https://moj-analytical-services.github.io/splink/
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from common.sql import listed

if TYPE_CHECKING:
    from splink import Linker

MODEL = Path(__file__).parent / "model" / "model.json"


def _level(condition: str, label: str, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label, **more}


def _either(one: str, other: str) -> str:
    return f"({one}_l = {other}_r OR {one}_r = {other}_l)"


_PARTS_DIFFER = "(numbers_l IS DISTINCT FROM numbers_r OR places_l <> places_r)"
# Strongest first; a pair is of the first level that holds.
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
            "sector_l = sector_r OR (area_l = area_r AND damerau_levenshtein(postcode_l, postcode_r) = 1)",
            "same sector, or one letter",
        ),
        _level("district_l = district_r", "same district"),
        _level("area_l = area_r", "same postal area"),
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
    "group_words", "body_words", "numbers", "postcode", "sector", "district", "area", "domain",
)  # fmt: skip


_SCORES = (
    "unique_id_l", "unique_id_r", "match_weight", "match_probability", "gamma_name", "gamma_place", "gamma_domain",
    "mw_name", "mw_tf_adj_name", "mw_place", "mw_domain",
)  # fmt: skip
# Pairs scored at once: some 2 GB.
AT_ONCE = 1_000_000
# Bits: equal names whose one side is a registered office elsewhere may still be for people.
LEAST = -4.0


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


def score(connection: duckdb.DuckDBPyConnection, model: Path = MODEL) -> None:
    """Table `scores` of the pairs in table `pairs`: `match_weight` in bits, and level and weight of each comparison.

    Pairs that share no identifier and lie below LEAST are left out: nothing follows from them. Splink keeps all that it
    compared beside each pair, so they are scored a share at a time.
    """
    made = linker(connection, model)
    row = connection.execute("SELECT count(*) FROM pairs").fetchone()
    shares = max(1, math.ceil((int(row[0]) if row else 0) / AT_ONCE))
    for share in range(shares):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE blocked AS
            SELECT '0' AS match_key, left_id AS join_key_l, right_id AS join_key_r
            FROM pairs WHERE (left_id + right_id) % {shares} = {share}
        """)
        made.table_management.register_blocked_pairs_for_predict(made._db_api.register("blocked"))
        predicted = made.inference.predict(warning_mode="never")
        chosen = f"""
            SELECT predicted.* EXCLUDE (unique_id_l, unique_id_r), unique_id_l, unique_id_r
            FROM (SELECT {", ".join(_SCORES)} FROM {predicted.physical_name}) AS predicted
            INNER JOIN pairs ON unique_id_l = left_id AND unique_id_r = right_id
            WHERE is_identified OR match_weight >= {LEAST}
        """
        connection.execute(
            f"INSERT INTO scores {chosen}" if share else f"CREATE OR REPLACE TEMP TABLE scores AS {chosen}"
        )
        predicted.drop_table_from_database_and_remove_from_cache()
