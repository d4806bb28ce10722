"""Another programme's returns, landed: in a process of its own, since streams are declared from the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter

import pyarrow.parquet as pq
import pytest

from common.home import inbox_folder, run_folder, stream_folder
from tests.ingestion.sources.test_pathfinders import FAILURES, GOOD, OTHER, PATHFINDERS, ROOT, ROWS

NIGHT = """
import sys
from pathlib import Path
from tests.ingestion.sources.nights import Nights
home = Path(sys.argv[1])
Nights("registers", home, {}, {}).good_night(0)
Nights("returns", home, {}, {}).night(1)
"""
LESS = {
    "pathfinders_answers": 2,
    "pathfinders_portfolio_ratings": 1,
    "pathfinders_project_progress": 1,
    "pathfinders_project_locations": 1,
    "pathfinders_capital_spend": 1,
    "pathfinders_revenue_spend": 1,
}
"""Rows of the seeded workbook that are refused, by stream: one for each wrong cell."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home into which the three workbooks were read."""
    folder = tmp_path_factory.mktemp("pathfinders")
    inbox_folder(folder, "registers").mkdir(parents=True)
    (inbox_folder(folder, "registers") / "partners.csv").write_text("partner_code,name\nCB01,A body\n", "utf-8")
    inbox_folder(folder, "returns").mkdir()
    for name in (GOOD, FAILURES, OTHER):
        shutil.copy(PATHFINDERS / name, inbox_folder(folder, "returns"))
    night = subprocess.run(
        [sys.executable, "-c", NIGHT, str(folder)],
        cwd=ROOT,
        env={**os.environ, "WMIP_RETURNS": "PATHFINDERS"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert night.returncode == 0, night.stderr
    return folder


def landed(home, source, stream):
    """The rows that a stream landed."""
    files = sorted(stream_folder(home, source, stream).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def test_both_returns_of_the_round_land_every_table_and_the_other_funds_nothing(home):
    for stream, count in ROWS.items():
        rows = Counter(row["file_name"] for row in landed(home, "returns", stream))
        assert rows == {GOOD: count, FAILURES: count - LESS.get(stream, 0)}, stream


def test_values_land_typed_with_their_workbook_and_cell(home):
    spend = {
        (row["type_of_spend"], row["period"]): (row["amount_gbp"], row["figure"], row["sheet"], row["row_number"])
        for row in landed(home, "returns", "pathfinders_capital_spend")
        if row["file_name"] == GOOD
    }
    assert spend["committed", "to 2023-24-Q4"] == ("1", "actual", "Finances", "C17")
    assert spend["uncommitted", "2024-25-Q3"] == ("4", "forecast", "Finances", "G18")
    locations = [row["postcodes"] for row in landed(home, "returns", "pathfinders_project_locations")]
    assert "BB8 9EE, FY6 7YR" in locations
    covers = landed(home, "returns", "pathfinders_covers")
    assert {(row["partner_code"], row["period_key"], row["submitted_on"]) for row in covers} == {
        ("PF-BOL", "2024-25-Q2", "2024-10-24")
    }


def test_every_row_that_was_read_landed_or_is_refused_with_its_cell(home):
    log = pq.read_table(run_folder(home, "night001") / "source_run" / "returns.parquet").to_pylist()
    streams = {row["stream"]: row for row in log}
    for stream, count in ROWS.items():
        told = streams[stream]
        assert told["rows_read"] == told["rows_landed"] + told["rows_quarantined"], stream
        assert (told["rows_landed"], told["rows_quarantined"]) == (2 * count - LESS.get(stream, 0), LESS.get(stream, 0))
    refused = [row for row in landed(home, "quarantine", "rows") if row["place"].startswith(f"{FAILURES}#")]
    assert sorted((row["place"].partition("#")[2].partition("!")[0], row["cell"]) for row in refused) == [
        ("Admin", "B11"),
        ("Admin", "B34"),
        ("Finances", "E17"),
        ("Finances", "K33"),
        ("Progress", "E9"),
        ("Progress", "F26"),
        ("Project location", "C10"),
    ]
