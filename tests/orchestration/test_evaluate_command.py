"""`wmip evaluate` as an evaluator meets it, and a night with an approved register in its inbox."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from rich.console import Console

from evaluation.assumptions import build_sets
from evaluation.gross import GrossJobs
from evaluation.gross_to_net import Circumstances, evaluate
from orchestration.cli.evaluate import Level, Shown, _of_level, _text
from orchestration.cli.evaluation_tables import print_evaluation
from tests.conftest import Home, wmip
from tests.evaluation.registers import csv_text, rows

GROSS = GrossJobs({2023: 40.0}, 40.0, 95.0, 52, 31, 4)

pytestmark = pytest.mark.xdist_group("small_release")


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registers")
    (folder / "board.csv").write_text(csv_text(rows()), encoding="utf-8")
    other = rows({"deadweight": {"value": "0.5"}, "displacement": {"quality_rag": "red", "impact_rag": "red"}})
    (folder / "mine.csv").write_text(csv_text(other), encoding="utf-8")
    (folder / "nobody.csv").write_text(csv_text(rows(approved_by="", approved_on="")), encoding="utf-8")
    return folder


def gross(home: Home) -> Decimal:
    return home.query(
        "SELECT sum(value) FROM indicator_value "
        "WHERE indicator_key = 'jobs_created' AND scope = 'programme' AND basis = 'verified'"
    )[0][0]


def test_a_night_without_a_register_says_what_is_missing(small_release):
    assert small_release.query("SELECT DISTINCT status FROM evaluation_result") == [("missing_assumption",)]
    assert small_release.query("SELECT count(*) FROM evaluation_result WHERE modelled_value IS NOT NULL") == [(0,)]
    assert small_release.query("SELECT count(*) > 0 FROM evaluation_assumption WHERE status = 'missing'") == [(True,)]
    assert small_release.query("SELECT DISTINCT evidence_rating FROM evaluation_result") == [("not_scoreable",)]
    undescribed = small_release.query(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE table_name LIKE 'evaluation_%' AND coalesce(comment, '') = ''"
    )
    assert undescribed == []


def test_sets_stand_side_by_side(small_release, registers):
    result = wmip(
        "evaluate", "--home", small_release.path, "--assumptions", registers / "board.csv",
        "--assumptions", registers / "mine.csv", "--level", "local",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    shown = " ".join(result.stdout.split())
    assert "Modelled, not measured" in shown
    assert "board" in shown
    assert "mine" in shown
    assert f"{gross(small_release) * Decimal('0.4640625'):,.2f} (" in shown
    assert "displacement *" in shown
    assert "80% of 10,000 draws" in shown
    assert "Constant prices of 2023-24" in shown


def test_every_table_can_be_taken_away(small_release, registers, tmp_path):
    result = wmip(
        "evaluate", "--home", small_release.path, "--assumptions", registers / "board.csv",
        "--output", tmp_path / "results", "--format", "json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    found = json.loads((tmp_path / "results" / "evaluation_result.json").read_text())
    (net,) = [
        row
        for row in found
        if (row["measure"], row["scenario"], row["spatial_level"]) == ("net_jobs", "central", "local")
    ]
    assert float(net["modelled_value"]) == pytest.approx(float(gross(small_release)) * 0.4640625, abs=1e-4)
    tables = ("assumption", "caveat", "result", "run", "sensitivity", "simulation", "switching_value", "year")
    assert {path.stem for path in (tmp_path / "results").iterdir()} == {f"evaluation_{name}" for name in tables}


def test_the_uk_stands_beside_the_level_that_was_asked_for():
    uk = {"leakage": "0", "displacement": "1"}
    raw = rows() + [
        {**row, "id": f"{row['id']}-uk", "spatial_level": "uk", "value": uk[row["name"]], "low": "", "high": ""}
        for row in rows()
        if row["name"] in uk
    ]
    (made,) = build_sets(enumerate(raw, start=2))
    tables = evaluate(GROSS, [made], Circumstances(date(2026, 11, 30), "f", "passed", draws=100))
    chosen = {name: _of_level(table, Level.local) for name, table in tables.items()}
    result = chosen["evaluation_result"].to_pylist()
    assert {row["spatial_level"] for row in result} == {"local", "uk"}
    (local,) = [
        row
        for row in result
        if (row["measure"], row["scenario"], row["spatial_level"]) == ("net_jobs", "central", "local")
    ]
    assert float(local["modelled_value"]) == pytest.approx(18.5625)
    assert (float(local["uk_modelled_value"]), local["uk_status"]) == (0, "modelled")
    assert chosen["evaluation_assumption"].num_rows == tables["evaluation_assumption"].num_rows
    shown = io.StringIO()
    print_evaluation(Console(width=200, file=shown), "2026-11-30.1", chosen)
    shown = shown.getvalue()
    assert "Local level" in shown
    assert "UK level" in shown
    assert "Regional level" not in shown


def test_what_nobody_approved_gives_no_figure_but_a_marked_draft(small_release, registers):
    arguments = ["evaluate", "--home", small_release.path, "--assumptions", registers / "nobody.csv", "--format", "csv"]
    plain, draft = wmip(*arguments), wmip(*arguments, "--draft")
    statuses = [{row["status"] for row in csv.DictReader(done.stdout.splitlines())} for done in (plain, draft)]
    assert statuses == [{"missing_assumption"}, {"missing_assumption", "modelled_draft"}]


def test_a_text_that_begins_like_a_formula_is_none_in_csv():
    table = pa.table({"assumption_set": ["=1+1", None], "modelled_value": [-1.5, None]})
    assert _text(table, Shown.csv) == "assumption_set,modelled_value\n'=1+1,-1.5\n,\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "was made without an assumption register"),
        (("--assumptions", "nowhere.csv"), "nowhere.csv: no such file"),
        (("--release", "1999-01-01.1"), "no release 1999-01-01.1"),
    ],
)
def test_a_users_mistake_is_said_plainly(small_release, arguments, said):
    result = wmip("evaluate", "--home", small_release.path, *arguments)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_wrong_cells_are_listed(small_release, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text(csv_text(rows({"deadweight": {"value": "45"}, "decay": {"unit": "percent"}})), encoding="utf-8")
    result = wmip("evaluate", "--home", small_release.path, "--assumptions", path)
    assert result.returncode == 2
    said = " ".join(result.stderr.split())
    assert "row 2, column value: 45 is not a share from 0 to 1; write 0.45 for 45%" in said
    assert "row 9, column unit: decay is stated in 'share a year', not in 'percent'" in said


def test_the_template_is_never_written_over(tmp_path):
    assert wmip("evaluate", "--template", tmp_path / "a.csv").returncode == 0
    again = wmip("evaluate", "--template", tmp_path / "a.csv")
    assert again.returncode == 2
    assert "is there already" in again.stderr
