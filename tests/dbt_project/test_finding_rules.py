"""Each kind of finding of a model is told of its fault: by a unit test of dbt that expects it beside rows of which
nothing is told, or here, on rows of nothing but the columns that the model asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import pytest

from common.sql import literal
from orchestration.code_version import ROOT
from orchestration.dbt_compiled import compiled

Rows = list[dict[str, str | int | bool | None]]
_TABLE = re.compile(r'"warehouse"\."(?:\w+)"\."(\w+)"')
_PILOT = {"source_place": "a", "partner_code": "CB01", "intervention_key": "1", "pilot_key": "1", "reference_key": "P1"}
_AGREED = {
    "source_place": "a",
    "partner_code": "CB01",
    "collaboration_key": "1",
    "collaboration_ref": "C1",
    "agreement_ref": "A1",
    "period_key": "2023-24-Q2",
}
_ORIGIN = {"source_place": "a", "partner_code": "CB01", "origin_key": "P1"}
_DECIDED = {"source_place": "a", "partner_code": "CB01", "source_ref": "J1", "record_refs": "J1|J1"}
_FACT = {"source_system": "returns", "indicator_key": "jobs_created", "source_place": "a", "partner_key": "CB01"}
_PILOTS = "int_intervention__pilot"
_LISTED = {"stg_returns__collaboration_members": [{"collaboration_key": "1", "period_key": "2023-24-Q2"}]}
_TWO = {"int_collaboration__component": [{"collaboration_key": key, "component_key": key} for key in ("1", "2")]}
_ONE = {"int_collaboration__component": [{"collaboration_key": key, "component_key": "1"} for key in ("1", "2")]}
_BOTH = {"stg_returns__collaborations": [_AGREED, {**_AGREED, "collaboration_key": "2", "partner_code": "CB02"}]}
_NO_PILOT: dict[str, Rows] = {_PILOTS: [_PILOT]}
_NO_ORIGIN: dict[str, Rows] = {"int_intervention__origin": [{**_ORIGIN, "pilot_count": 1}]}
# Rule -> its model, rows of which it is told, and the nearest of which it is not.
PLANTED: dict[str, tuple[str, Mapping[str, Rows], Mapping[str, Rows]]] = {
    "members_not_returned": (
        "collaboration",
        {
            **_ONE,
            "stg_returns__collaborations": [_AGREED],
            "stg_returns__collaboration_members": [{"collaboration_key": "1", "period_key": "2023-24-Q1"}],
        },
        {**_ONE, **_LISTED, "stg_returns__collaborations": [_AGREED]},
    ),
    "agreement_reference_shared": ("collaboration", {**_TWO, **_LISTED, **_BOTH}, {**_ONE, **_LISTED, **_BOTH}),
    "origin_pilot_unknown": (
        "intervention",
        {**_NO_PILOT, "int_intervention__origin": [{**_ORIGIN, "pilot_count": 0}]},
        {**_NO_PILOT, **_NO_ORIGIN},
    ),
    "origin_pilot_ambiguous": (
        "intervention",
        {**_NO_PILOT, "int_intervention__origin": [{**_ORIGIN, "pilot_count": 2}]},
        {**_NO_PILOT, **_NO_ORIGIN},
    ),
    "pilot_reference_shared": (
        "intervention",
        {
            **_NO_ORIGIN,
            _PILOTS: [_PILOT, {**_PILOT, "partner_code": "CB02", "intervention_key": "2", "pilot_key": "2"}],
        },
        {**_NO_ORIGIN, _PILOTS: [_PILOT, {**_PILOT, "partner_code": "CB02", "intervention_key": "2"}]},
    ),
    "decision_overruled": (
        "decision",
        {"int_fact__decision": [{**_DECIDED, "record_count": 1, "is_decisive": False}]},
        {"int_fact__decision": [{**_DECIDED, "record_count": 1, "is_decisive": True}]},
    ),
    "decision_fits_several": (
        "decision",
        {"int_fact__decision": [{**_DECIDED, "record_count": 2, "is_decisive": False}]},
        {"int_fact__decision": [{**_DECIDED, "record_count": 1, "is_decisive": True}]},
    ),
    "claim_repeated": (
        "fact",
        {"int_fact__all": [{**_FACT, "source_record_id": "1", "key_count": 2}]},
        {"int_fact__all": [{**_FACT, "source_record_id": "1", "key_count": 1}]},
    ),
    "dated_in_the_future": (
        "future",
        {"int_fact__assessed": [{**_FACT, "ineligible_reason": "in_the_future"}]},
        {"int_fact__assessed": [{**_FACT, "ineligible_reason": None}, {**_FACT, "ineligible_reason": "withdrawn"}]},
    ),
    "submission_number_repeated": (
        "submission",
        {
            "stg_returns__submissions": [
                {"file_name": "b", "submission_number": 1, "repeats_file_name": "a", "partner_code": "CB01"}
            ]
        },
        {
            "stg_returns__submissions": [
                {"file_name": "b", "submission_number": 2, "repeats_file_name": None, "partner_code": "CB01"}
            ]
        },
    ),
}
# Rule -> the test that makes landed rows of it.
ELSEWHERE = {
    "reference_reassigned": "tests/dbt_project/test_references.py",
    "unusable_value": "tests/dbt_project/test_typed_values.py",
}


def _expected(manifest: dict) -> set[str]:
    """Rules that a unit test expects of a model that is given more rows than are told of."""
    return {
        row.get("rule") or f"reconciliation_{row['agreement']}"
        for unit in manifest["unit_tests"].values()
        for row in unit["expect"]["rows"]
        if isinstance(row, dict)
        and (row.get("rule") or row.get("agreement"))
        and sum(len(given["rows"]) for given in unit["given"]) > len(unit["expect"]["rows"])
    }


def test_every_kind_of_finding_of_a_model_is_planted(manifest):
    rules = {rule["id"] for node in manifest["nodes"].values() for rule in node["config"]["meta"].get("rules", ())}
    assert len(rules) > 30
    assert rules - _expected(manifest) - set(PLANTED) - set(ELSEWHERE) == set()
    assert [rule for rule, path in ELSEWHERE.items() if rule not in (ROOT / path).read_text(encoding="utf-8")] == []


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    return {model.name: model.sql for model in compiled(tmp_path_factory.mktemp("home")).models}


def _told(sql: str, given: Mapping[str, Rows]) -> set[str]:
    tables = ", ".join(f"{name} AS ({' UNION ALL '.join(map(_row, rows))})" for name, rows in given.items())
    read = _TABLE.sub(lambda found: found[1], sql)
    with duckdb.connect() as connection:
        return {rule for (rule,) in connection.execute(f"WITH {tables} SELECT rule FROM (\n{read}\n)").fetchall()}


def _row(row: dict[str, str | int | bool | None]) -> str:
    said = {name: literal(value) if isinstance(value, str) else value for name, value in row.items()}
    return "SELECT " + ", ".join(f"{'NULL' if value is None else value} AS {name}" for name, value in said.items())


@pytest.mark.parametrize("rule", PLANTED)
def test_a_finding_is_told_of_its_fault_and_of_nothing_else(rule, models):
    model, wrong, right = PLANTED[rule]
    sql = models[f"int_finding__{model}"]
    assert _told(sql, wrong) == {rule}
    assert _told(sql, right) == set()


def test_what_each_rule_found_is_counted_and_nothing_is_told_as_0(models):
    rule = {"dimension": "validity", "severity": "warning"}
    given: dict[str, Rows] = {
        "quality_rule": [
            {"rule_id": name, "origin": origin, **rule}
            for name, origin in {
                "not_a_date": "reader",
                "new_column": "reader",
                "file_refused": "reader",
                "reconciliation_differs": "model",
                "long_day": "return_contract",
                "fct_job_has_rows": "gate",
            }.items()
        ],
        "finding": [{"rule": "not_a_date", "place": place} for place in ("a#!1", "a#!1", "a#!2")],
        "source_drift": [
            {"kind": "new_column", "source": "s", "stream": "t", "is_latest_run": latest} for latest in (True, False)
        ],
        "reconciliation": [
            {"agreement": agreement, "reconciliation_key": agreement} for agreement in ("differs", "agrees")
        ],
        "inbox_file": [{"file_name": status, "status": status} for status in ("refused", "loaded")],
    }
    tables = ", ".join(f"{name} AS ({' UNION ALL '.join(map(_row, rows))})" for name, rows in given.items())
    read = _TABLE.sub(lambda found: found[1], models["quality_finding"])
    with duckdb.connect() as connection:
        found = connection.execute(
            f"WITH {tables} SELECT rule_id, findings, places FROM (\n{read}\n) ORDER BY ALL"
        ).fetchall()
    assert found == [
        ("file_refused", 1, 1),
        ("long_day", 0, 0),
        ("new_column", 1, 1),
        ("not_a_date", 3, 2),
        ("reconciliation_differs", 1, 1),
    ]
