"""A figure that ends in a half is the same wherever a release shows it: half up, on exact decimals."""

from __future__ import annotations

import io
from decimal import Decimal

import duckdb
import pytest
from openpyxl import load_workbook
from rich.console import Console, Group

from evaluation.pack.build import REPORT, WORKBOOK, build_pack
from evaluation.site.figures import SO_FAR, WHOLE, read_evaluators, written
from orchestration.cli.scorecard import _indicators
from tests.evaluation.pack.marts import build_mart_of_halves
from tests.evaluation.pack.test_report import Page

# Indicator, its code and unit, the figure in the mart, how it is written, what the workbook holds and how it shows it.
HALVES = [
    ("jobs_created", "H5", "FTE", "4.85", "4.9", "#,##0.0"),
    ("resource_levered", "H7", "GBP", "662194.5", "£662,195", "£#,##0;[Black]-£#,##0"),
    ("pilots_funded", "H1", "count", "2.25", "2.3", "#,##0.0"),
    ("interventions_scaled", "H2", "count", "1", "1", "#,##0"),
]


@pytest.fixture(scope="module")
def mart(tmp_path_factory):
    path = build_mart_of_halves(tmp_path_factory.mktemp("halves") / "mart.duckdb")
    with duckdb.connect(str(path)) as connection:
        # The small mart of the pack holds no clusters, of which the site asks.
        connection.execute("CREATE TABLE IF NOT EXISTS dim_cluster (cluster_key VARCHAR, name VARCHAR)")
        connection.execute("ALTER TABLE indicator_value ADD COLUMN exact_value DECIMAL(18, 4)")
        connection.execute("UPDATE indicator_value SET exact_value = value")
        yield connection


@pytest.fixture(scope="module")
def pack(mart, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    build_pack(mart, folder)
    return folder


@pytest.fixture(scope="module")
def scorecard(mart):
    shown = io.StringIO()
    Console(file=shown, width=200).print(Group(*_indicators(mart)))
    return shown.getvalue().splitlines()


@pytest.fixture(scope="module")
def report(pack):
    return Page((pack / REPORT).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def headline(pack):
    values, formats = (
        load_workbook(pack / WORKBOOK, data_only=True)["Headline"],
        load_workbook(pack / WORKBOOK)["Headline"],
    )
    return {
        str(row[0].value)[:2]: (row[5].value, formats.cell(row[5].row, 6).number_format) for row in values.iter_rows()
    }


@pytest.fixture(scope="module")
def site(mart):
    return read_evaluators(mart)


@pytest.mark.parametrize(("key", "code", "unit", "value", "text", "shown"), HALVES)
def test_a_half_is_rounded_up_wherever_it_is_shown(
    mart, scorecard, report, headline, site, key, code, unit, value, text, shown
):
    query = f"SELECT actual_value FROM indicator_performance WHERE indicator_key = '{key}'"
    assert mart.execute(query).fetchone() == (Decimal(value),)
    line = next(line for line in scorecard if f"│ {code} " in line)
    assert line.split("│")[4].strip() == text
    of_report = {said for of, all_said in report.figures.items() if f"/{key}/" in of for said in all_said}
    assert {said for of, said in of_report if of == Decimal(value)} - {"£662k"} == {text}
    # The workbook keeps the whole figure; Excel and LibreOffice round what they show half up, on decimals.
    held, number_format = headline[code]
    assert (Decimal(str(held)), number_format) == (Decimal(value), shown)
    (whole,) = site.of_kind(WHOLE)
    assert written(site.cell(whole, key, SO_FAR), unit) == text
