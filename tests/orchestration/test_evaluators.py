"""The step between gate and release: only of a candidate that passed, whole or with a plain message."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from orchestration.assets.evaluation import build_evaluation_asset
from orchestration.configuration import Configuration, EvaluationConfiguration
from orchestration.dbt_runner import ensure_parsed
from orchestration.evaluators import (
    EVALUATORS,
    EvaluatorFailed,
    NightFacts,
    _parameter,
    registered_sets,
    run_evaluators,
)
from orchestration.graph import build_defs
from orchestration.night import read_record
from orchestration.resources import Night, silent
from tests.evaluation.registers import rows

FACTS = NightFacts(date(2025, 6, 1), "candidate", "passed", EvaluationConfiguration())
ONE = pa.table({"n": [1]})


@pytest.fixture
def warehouse(tmp_path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA mart; CREATE TABLE mart.indicator_value AS SELECT 7 AS value")
    return path


def test_an_evaluator_is_one_line_and_finds_the_mart_without_a_prefix(warehouse):
    evaluators = {
        "first": lambda connection, _facts: {
            "seen": connection.sql("SELECT value FROM indicator_value").to_arrow_table()
        },
        "second": lambda _connection, facts: {"on": pa.table({"on": [facts.on]})},
    }
    said: list[str] = []
    made = run_evaluators(warehouse, FACTS, said.append, evaluators)
    assert {name: table.to_pydict() for name, table in made.items()} == {
        "seen": {"value": [7]},
        "on": {"on": [FACTS.on]},
    }
    assert said == ["first", "second"]


def test_one_that_fails_is_named(warehouse):
    def broken(_connection, _facts):
        raise ValueError("no ties")

    with pytest.raises(EvaluatorFailed, match="connectedness: no ties"):
        run_evaluators(warehouse, FACTS, silent_message, {"connectedness": broken})


@pytest.fixture
def parameters(warehouse) -> Path:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "CREATE SCHEMA seed; CREATE TABLE seed.parameter AS FROM (VALUES "
            "('network_window_months', 36, DATE '2023-04-01', NULL), "
            "('network_window_months', 24, DATE '2025-04-01', 'CR-1'), "
            "('network_window_months', 18, DATE '2025-05-01', NULL), "
            "('network_window_months', 12, DATE '2025-06-02', 'CR-2'), "
            "('empty', NULL, DATE '2023-04-01', NULL), ('not_yet', 1, DATE '2025-06-02', NULL)"
            ") AS t (parameter, value, valid_from, change_request)"
        )
    return warehouse


def test_a_parameter_is_the_edition_in_force_on_the_night(parameters):
    read = {
        "of tonight": lambda connection, facts: {str(_parameter(connection, "network_window_months", facts.on)): ONE}
    }
    assert list(run_evaluators(parameters, FACTS, silent_message, read)) == ["24"]


@pytest.mark.parametrize("name", ["network_lapsed_months", "empty", "not_yet"])
def test_a_parameter_without_an_edition_in_force_is_named(parameters, name):
    wanting = {"network": lambda connection, facts: _parameter(connection, name, facts.on)}
    with pytest.raises(EvaluatorFailed, match=f"network: the seed parameter has no row {name} in force on 2025-06-01"):
        run_evaluators(parameters, FACTS, silent_message, wanting)


def test_a_table_is_made_once(warehouse):
    twice = {"a": lambda *_: {"result": ONE}, "b": lambda *_: {"result": ONE}}
    with pytest.raises(EvaluatorFailed, match="b: table result is made already"):
        run_evaluators(warehouse, FACTS, silent_message, twice)


def test_an_evaluator_cannot_write(warehouse):
    writing = {"a": lambda connection, _facts: connection.execute("DELETE FROM indicator_value")}
    with pytest.raises(EvaluatorFailed, match="read-only"):
        run_evaluators(warehouse, FACTS, silent_message, writing)


def silent_message(_message: str) -> None:
    """Nobody watches."""


def test_landed_registers_are_read_with_their_rows(warehouse):
    landed = [{**row, "assumption_set": "programme", "row_number": n} for n, row in enumerate(rows(), start=2)]
    landed[0]["value"] = "45"
    table = pa.Table.from_pylist([{name: cell or None for name, cell in row.items()} for row in landed])
    with duckdb.connect(str(warehouse)) as connection:
        connection.register("landed", table)
        connection.execute("CREATE SCHEMA staging; CREATE TABLE staging.stg_registers__assumptions AS FROM landed")
        (found,) = registered_sets(connection)
    assert len(found.rows) == len(landed) - 1
    assert [problem.row for problem in found.problems] == [2]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> dict:
    return json.loads(ensure_parsed(tmp_path_factory.mktemp("parsed")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("prepared", ["nothing", "no verdict"])
def test_started_alone_it_computes_nothing_of_what_did_not_pass(tmp_path, warehouse, manifest, prepared, monkeypatch):
    called: list[str] = []
    monkeypatch.setitem(EVALUATORS, "spy", lambda *_: called.append("called") or {})
    home = tmp_path if prepared == "no verdict" else tmp_path / "empty"
    night = Night(home, datetime(2025, 6, 1, tzinfo=UTC), "run", Configuration(), os.environ, silent)
    asset = build_evaluation_asset(manifest, set())
    result = dg.materialize([asset], resources={"night": night}, raise_on_error=False)
    assert not result.success
    assert not called
    assert not (home / "evaluation").exists()
    assert read_record(home, "run").outcome == "blocked"


def test_it_stands_between_the_whole_mart_and_the_release(tmp_path):
    graph = build_defs(tmp_path).resolve_asset_graph()
    result = dg.AssetKey(["evaluated", "evaluation_result"])
    mart = {key for key in graph.get_all_asset_keys() if key.path[0] == "mart"}
    assert mart
    assert mart <= graph.get(result).parent_keys
    assert (
        dg.AssetKey(["evaluation", "evaluation_result"]) in graph.get(dg.AssetKey(["release", "current"])).parent_keys
    )
