"""What identifiers, the trained weight and vetoes together say of a pair: accepted, for people, forbidden, or nothing.

An identifier joins two profiles unless something contradicts it: another company or charity number, or a different name
together with a different place (or domain, where no place is stated), is for people. Without an identifier the weight
decides by the level of the names, and another registered company number forbids. Rules: docs/identity.md; thresholds:
`model/thresholds.yaml`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
from pydantic import BaseModel

from common.sql import literal
from common.yamlfile import read_yaml
from identity.grouping import DOUBTFUL, IDENTIFIED, STRONG, WEAK
from identity.links import State
from identity.scoring import COMPARISONS, NEAR

THRESHOLDS = Path(__file__).parent / "model" / "thresholds.yaml"
# Identifiers, strongest first: the method of a link that shares one.
IDENTIFIERS = ("company_number", "charity_number", "register_identifier", "publisher_identifier")
# A domain of these says where somebody works, not for which organisation of it.
INSTITUTIONS = r"[.](ac|gov|nhs|sch|mod|police)[.]uk$|[.]nhs[.]net$|[.]edu$"


class Thresholds(BaseModel):
    """`model/thresholds.yaml`."""

    review: float
    review_equal: float
    strong: float
    accept: dict[str, float]


@cache
def thresholds() -> Thresholds:
    """The thresholds in force."""
    return read_yaml(THRESHOLDS, Thresholds)


def level(comparison: str, label: str) -> int:
    """The number that Splink gives a level: the last is 0, the one of what is not stated -1."""
    labels = [one["label_for_charts"] for one in COMPARISONS[comparison]]
    last = len(labels) - 1
    return -1 if labels.index(label) == 0 else last - labels.index(label)


def _label(comparison: str) -> str:
    labels = [one["label_for_charts"] for one in COMPARISONS[comparison]]
    cases = " ".join(f"WHEN {level(comparison, label)} THEN {literal(label)}" for label in labels)
    return f"CASE gamma_{comparison} {cases} END"


def _accepted_weight() -> str:
    cases = " ".join(f"WHEN {level('name', label)} THEN {bits}" for label, bits in thresholds().accept.items())
    return f"CASE gamma_name {cases} ELSE 1000 END"


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `judged`: of each pair in `scores` its `method`, `state` and `vetoes`, where there is anything to say.

    `rank` orders the links that make groups (`identity/grouping.py`).
    Needs `profiles`, `scores` and `registered` (the company numbers that stand in the register, or that are well formed
    where there is none).
    """
    equal = level("name", "equal")
    alike, near = level("name", "alike"), level("place", NEAR)
    same_domain, other_domain = level("domain", "same domain"), level("domain", "another domain")
    sibling = level("name", "equal but for place or number")
    limit = thresholds()
    shared = ", ".join(f"one.{name} = other.{name} AS same_{name}" for name in IDENTIFIERS)
    method = " ".join(f"WHEN same_{name} THEN '{name}'" for name in IDENTIFIERS)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        WITH sides AS (
            SELECT scores.*, {shared},
                one.company_number <> other.company_number
                    AND one.company_number IN (FROM registered) AND other.company_number IN (FROM registered)
                    AS other_company,
                one.charity_number <> other.charity_number
                    AND regexp_extract(one.charity_number, '^[A-Z]*') = regexp_extract(other.charity_number, '^[A-Z]*')
                    AS other_charity,
                damerau_levenshtein(one.company_number, other.company_number) = 1 AS is_one_digit_off,
                regexp_matches(one.domain, '{INSTITUTIONS}') AS is_institution,
                one.is_name_alone OR other.is_name_alone AS has_name_alone,
                one.in_order <> other.in_order AND one.squashed <> other.squashed AS is_reordered,
                -- A registered office says little of where a firm works: that it is elsewhere speaks against nothing.
                gamma_place = 0 AND coalesce(one.registered_number, other.registered_number) IS NOT NULL
                    AS is_office_away
            FROM scores
            INNER JOIN profiles AS one ON scores.unique_id_l = one.unique_id
            INNER JOIN profiles AS other ON scores.unique_id_r = other.unique_id
        ),
        weighed AS (
            SELECT * REPLACE (if(is_office_away, match_weight - mw_place, match_weight) AS match_weight),
                if(is_office_away, 0, mw_place) AS place_weight
            FROM sides
        ),
        said AS (
            SELECT *,
                -- Nothing but the name to go by: the one names a place, the other a domain, or neither.
                has_name_alone OR is_office_away OR (gamma_name = {equal} AND gamma_place = -1 AND gamma_domain = -1)
                    AS is_bare,
                CASE {method} WHEN gamma_domain = {same_domain} THEN 'name_domain' WHEN gamma_place >= {near}
                    THEN 'name_postcode' WHEN has_name_alone THEN 'name_only' ELSE 'name' END AS method,
                coalesce(same_company_number, false) OR coalesce(same_charity_number, false)
                    OR coalesce(same_register_identifier, false) OR coalesce(same_publisher_identifier, false)
                    AS identified,
                match_weight >= if(gamma_name = {equal}, {limit.review_equal}, {limit.review}) AS is_question,
                gamma_name BETWEEN 0 AND {alike - 1} AS other_name,
                -- Where a place is not stated, another domain of its own says as much.
                gamma_place BETWEEN 0 AND {near - 1} OR (gamma_place = -1 AND gamma_domain = {other_domain})
                    AS other_place,
                match_weight >= {_accepted_weight()}
                    -- The same words in another order are another name where anything else differs.
                    AND NOT (gamma_name = {equal} AND is_reordered
                        AND (gamma_domain = {other_domain} OR gamma_place BETWEEN 0 AND {near - 1}))
                    -- An own domain at one address: the same people, whatever they call it; but not a sibling.
                    -- A bare name joins the one group that bears it, or none: `grouping` sees to that.
                    OR (gamma_name = {equal} AND is_bare AND match_weight >= {limit.review_equal} AND NOT is_reordered)
                    OR (gamma_domain = {same_domain} AND gamma_place >= {near} AND NOT is_institution
                        AND gamma_name <> {sibling} AND match_weight >= {limit.strong}) AS is_enough
            FROM weighed
        ),
        vetoed AS (
            SELECT *, list_filter([
                if(other_company AND NOT coalesce(same_company_number, false), 'company_number', NULL),
                if(other_charity AND NOT coalesce(same_company_number, false), 'charity_number', NULL),
                if(identified AND other_name AND other_place, 'other name and other place', NULL)
            ], lambda veto: veto IS NOT NULL) AS vetoes
            FROM said
        )
        SELECT unique_id_l AS left_id, unique_id_r AS right_id, method, match_weight, match_probability, vetoes,
            is_bare AND NOT identified AS is_bare,
            CASE WHEN identified AND other_name AND gamma_place < {near} THEN {DOUBTFUL}
                WHEN identified THEN {IDENTIFIED} WHEN match_weight >= {limit.strong} THEN {STRONG} ELSE {WEAK} END
                AS rank,
            CASE
                WHEN 'company_number' IN vetoes AND NOT identified
                    AND NOT coalesce(is_one_digit_off, false) AND is_enough THEN '{State.VETOED}'
                WHEN len(vetoes) > 0 AND (identified OR is_enough) THEN '{State.REVIEW}'
                WHEN len(vetoes) > 0 THEN NULL
                WHEN identified OR is_enough THEN '{State.ACCEPTED}'
                WHEN is_question THEN '{State.REVIEW}'
            END AS state,
            to_json({{comparisons: list_filter([
                {{name: 'name', level: {_label("name")}, weight: round(mw_name + mw_tf_adj_name, 2)}},
                {{name: 'place', level: {_label("place")}, weight: round(place_weight, 2)}},
                {{name: 'domain', level: {_label("domain")}, weight: round(mw_domain, 2)}}
            ], lambda each: each.level <> 'not stated'), vetoes: vetoes}}) AS evidence
        FROM vetoed
        WHERE identified OR is_enough OR is_question
    """)
