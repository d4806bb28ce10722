"""What slips through a reader's bounds, perhaps of an earlier version, is told of in staging and stops no night."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingestion.catalogue import SOURCES
from ingestion.ingest import ensure_landing
from ingestion.storage.landing import as_table, land
from tests.dbt_project.warehouses import count

PROJECT = Path(__file__).parents[2] / "dbt_project"
STREAMS = [(source.name, stream.name) for source in SOURCES.values() for stream in source.streams if stream.types]
CLOCK = datetime(2024, 5, 1, 2, tzinfo=UTC)
BAD = "9" * 40
COVER = {
    "file_name": "q1.xlsx",
    "file_sha256": "a" * 64,
    "sheet": "Cover",
    "partner_code": "CB01",
    "period_key": "2023-24-Q1",
    "submission_number": "1",
    "submitted_on": "2023-07-14",
}


def test_no_landed_text_is_cast_in_staging_where_it_could_stop_the_night():
    # What the landing writes itself, and constants.
    ours = r"null|row_number|_loaded_at|started_at|finished_at|read_through|size_bytes|split_part\(_source_record.*"
    casts = [
        (path.name, found)
        for path in sorted((PROJECT / "models" / "staging").rglob("*.sql"))
        # What nights write of themselves.
        if not path.name.startswith("stg_runs__")
        for found in re.findall(r"(?<![a-z_])cast\(((?:[^()]|\([^()]*\))*) as ", path.read_text(encoding="utf-8"))
        if not re.fullmatch(rf"(\w+\.)?({ours})", found) and not found.startswith(("{{", "place_in"))
    ]
    assert casts == []


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A row of each stream whose typed columns all hold what is no such value."""
    home = tmp_path_factory.mktemp("typed") / "home"
    ensure_landing(home)
    covers = SOURCES["returns"].stream("covers")
    land(
        home,
        "returns",
        covers,
        as_table(covers, [{**COVER, "row_number": "1", "_source_record": "a:Cover"}]),
        clock=CLOCK,
    )
    partners = SOURCES["registers"].stream("partners")
    one = {"partner_code": "CB01", "name": "One", "activity_starts_on": "2023-04-01", "list_name": "partners.csv"}
    land(home, "registers", partners, as_table(partners, [{**one, "_source_record": "r:2"}]), clock=CLOCK)
    for source, name in STREAMS:
        stream = SOURCES[source].stream(name)
        row = {**dict.fromkeys(stream.columns, BAD), "_source_record": f"{source}:7"}
        if source == "returns" and name != "covers":
            row |= {**COVER, "sheet": "Sheet", "row_number": "7"}
        elif source == "returns":
            row |= {"partner_code": "CB02", "file_name": "q2.xlsx"}
        land(home, source, stream, as_table(stream, [row]), clock=CLOCK)
    count(home, CLOCK, "indicator_fact", "finding")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def test_every_typed_stream_tells_of_a_planted_value_and_the_night_goes_on(warehouse):
    told = warehouse.execute(
        "SELECT DISTINCT source, stream FROM mart.finding WHERE rule = 'unusable_value' ORDER BY ALL"
    ).fetchall()
    assert told == sorted(STREAMS)
    assert not warehouse.execute("SELECT 1 FROM mart.finding WHERE contains(message, '999')").fetchall()


def test_a_row_that_cannot_do_without_its_value_does_not_count(warehouse):
    for model in ("returns__leverage", "returns__jobs", "threesixtygiving__grants", "mapped_grants__grants"):
        assert warehouse.execute(f"SELECT count(*) FROM staging.stg_{model}").fetchone() == (0,)
    assert warehouse.execute(
        "SELECT place, cell, severity FROM mart.finding "
        "WHERE stream = 'leverage' AND rule = 'unusable_value' ORDER BY cell"
    ).fetchall() == [
        ("q1.xlsx#Sheet!7", "agreement_signed_on", "error"),
        ("q1.xlsx#Sheet!7", "amount_gbp", "error"),
        ("q1.xlsx#Sheet!7", "stage_reached_on", "error"),
    ]
    assert (
        warehouse.execute(
            "SELECT place, severity FROM mart.finding WHERE rule = 'unusable_value' AND stream = 'covers' ORDER BY cell"
        ).fetchall()
        == [(f"q2.xlsx#{BAD}", "error")] * 2
    )


def test_a_value_that_is_not_needed_leaves_its_row(warehouse):
    for model, column in (("hubspot__deals", "amount_gbp"), ("salesforce__opportunities", "amount")):
        assert warehouse.execute(f"SELECT count(*), count({column}) FROM staging.stg_{model}").fetchone() == (1, 0)
