"""dbt's own tests of the models, run as dbt runs them, and what must be true of the project as a whole."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from ingestion.catalogue import SOURCES
from ingestion.ingest import ensure_landing
from ingestion.ledgers import LEDGERS
from tests.dbt_project.by_hand import run_dbt
from tests.dbt_project.warehouses import know_no_organisation

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


def test_every_worked_figure_of_the_unit_tests_comes_out(manifest, tmp_path):
    ensure_landing(tmp_path)
    know_no_organisation(tmp_path)
    # What is tagged evaluation reads what the step after the gate wrote; there is none of it here.
    selection = ["--exclude", "tag:evaluation", "--exclude-resource-type", "test"]
    run = run_dbt(["build", "--empty", *selection], home=tmp_path, clock=CLOCK)
    assert run.failures == []
    assert run.success
    finished = [
        event["data"]["node_info"]
        for event in run.events
        if event["info"]["name"] == "NodeFinished" and event["data"]["node_info"]["resource_type"] == "unit_test"
    ]
    assert len(finished) == len(manifest["unit_tests"]) >= 17
    assert {node["node_status"] for node in finished} == {"pass"}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        inexact = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE data_type IN ('DOUBLE', 'FLOAT') "
            "AND regexp_matches(column_name, 'amount|gbp|cost|hours|minutes')"
        ).fetchall()
    assert inexact == []


def test_every_headline_indicator_has_a_unit_test_of_its_own(manifest):
    tested = {unit["model"] for unit in manifest["unit_tests"].values()}
    of_indicators = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["fqn"][1:4] == ["intermediate", "fact", "indicator"] and node["resource_type"] == "model"
    }
    assert len(of_indicators) >= 8
    assert of_indicators - {"int_fact__supplementary"} <= tested


def test_every_model_and_column_is_described(manifest):
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 50
    assert [node["name"] for node in models if not node["description"]] == []
    bare = [(node["name"], name) for node in models for name, c in node["columns"].items() if not c["description"]]
    assert bare == []


def test_every_mart_table_has_an_enforced_contract(manifest):
    marts = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and "marts" in n["fqn"]]
    assert len(marts) > 20
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []
    assert [node["name"] for node in marts if any(not c["data_type"] for c in node["columns"].values())] == []


def test_every_landed_stream_is_a_dbt_source_under_the_same_name(manifest):
    declared = {(name, s.name) for name, source in SOURCES.items() for s in source.streams}
    declared |= {(name, stream.name) for name, stream in LEDGERS.items()}
    known = {(node["source_name"], node["name"]) for node in manifest["sources"].values()}
    assert declared <= known


def test_nothing_outside_the_compat_macros_is_for_duckdb_only(manifest):
    """The same models must run on another engine later; what only DuckDB has goes through macros/compat."""
    only_duckdb = ("qualify ", "list_agg", "arg_max(", "arg_min(", "unnest(", "read_parquet(", "::", " asof ")
    found = [
        (node["name"], word)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for word in only_duckdb
        if word in node["raw_code"].lower()
    ]
    assert found == []
