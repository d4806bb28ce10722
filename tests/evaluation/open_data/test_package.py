"""The data package describes its files truly, gives the same bytes again, and never figures that differ."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from evaluation.open_data import indicators
from evaluation.open_data.build import build
from evaluation.open_data.errors import TotalsDiffer
from evaluation.open_data.settings import OpenDataSettings
from evaluation.open_data.totals import prove_equal

JOBS = ("jobs_created", "verified")


def _bytes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _frictionless_errors(folder: Path) -> list[str]:
    from frictionless import Package

    report = Package(str(folder / "datapackage.json")).validate()
    return [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors] + [
        error.message for error in report.errors
    ]


def test_frictionless_finds_the_package_valid(mart, settings, tmp_path):
    build(mart, tmp_path / "out", settings)
    assert _frictionless_errors(tmp_path / "out") == []


def test_frictionless_would_see_a_changed_file(mart, settings, tmp_path):
    build(mart, tmp_path / "out", settings)
    path = tmp_path / "out" / "indicator_value.csv"
    path.write_text(path.read_text().replace("4.5000", "5.5000"))
    assert any("hash" in error for error in _frictionless_errors(tmp_path / "out"))


def test_the_descriptor_says_what_columns_mean_who_and_under_which_licence(mart, settings, tmp_path):
    build(mart, tmp_path / "out", settings)
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert descriptor["version"] == "2025-05-15.1"
    assert descriptor["created"] == "2025-05-15T02:00:00Z"
    assert descriptor["licenses"][0]["name"] == "OGL-UK-3.0"
    assert descriptor["contributors"] == [{"title": "Example Authority", "role": "publisher"}]
    values = next(resource for resource in descriptor["resources"] if resource["name"] == "indicator_value")
    assert values["schema"]["primaryKey"] == ["indicator_key", "period_key", "scope", "scope_key", "basis"]
    assert values["schema"]["fields"][0]["description"] == "Code of the indicator."
    content = (tmp_path / "out" / "indicator_value.csv").read_bytes()
    assert (values["bytes"], values["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_without_a_licence_the_package_says_so_instead_of_inventing_one(mart, tmp_path):
    build(mart, tmp_path / "out", OpenDataSettings())
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert "licenses" not in descriptor
    assert "No licence has been decided" in descriptor["description"]


def test_only_the_programmes_own_figures_leave_an_internal_mart(mart, settings, tmp_path):
    build(mart, tmp_path / "out", settings)
    with (tmp_path / "out" / "indicator_value.csv").open(newline="") as handle:
        assert {row["scope"] for row in csv.DictReader(handle)} == {"programme"}


def test_the_same_mart_gives_the_same_bytes(mart, settings, tmp_path):
    build(mart, tmp_path / "one", settings)
    build(mart, tmp_path / "two", settings)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_totals_are_equal_in_every_file_and_the_known_ones(mart, settings, tmp_path):
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    mart.execute(f"COPY indicator_value TO '{parquet}/indicator_value.parquet' (FORMAT parquet)")
    build(mart, tmp_path / "out", settings, parquet=parquet)
    found = [
        indicators.mart_totals(mart),
        indicators.parquet_totals(parquet / "indicator_value.parquet"),
        indicators.csv_totals(tmp_path / "out" / "indicator_value.csv"),
        indicators.json_totals(tmp_path / "out" / "indicator_value.json"),
    ]
    assert found[0][JOBS] == Decimal("4.6")
    assert found[0][("resource_levered", "verified")] == Decimal("12345678901.25")
    assert all(totals == found[0] for totals in found)


def test_a_parquet_file_with_another_total_stops_the_build(mart, settings, tmp_path):
    mart.execute(
        "COPY (SELECT * REPLACE (value + 1 AS value) FROM indicator_value) "
        f"TO '{tmp_path}/indicator_value.parquet' (FORMAT parquet)"
    )
    with pytest.raises(TotalsDiffer, match=r"jobs_created claimed: 10\.5 in parquet.*9\.5 in mart"):
        build(mart, tmp_path / "out", settings, parquet=tmp_path)


def test_a_period_that_a_join_would_double_stops_the_build(mart, settings, tmp_path):
    mart.execute("INSERT INTO dim_period SELECT * FROM dim_period")
    with pytest.raises(TotalsDiffer, match=r"jobs_created verified: 9\.2 in indicator_value\.csv"):
        build(mart, tmp_path / "out", settings)


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(AMOUNTS, min_size=1, max_size=4, unique_by=str))
def test_whatever_the_figures_all_files_add_up_to_the_same(settings, tmp_path, values):
    from tests.evaluation.open_data.conftest import MART

    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    with duckdb.connect() as mart:
        mart.execute(MART)
        mart.execute("DELETE FROM indicator_value")
        for number, value in enumerate(values):
            mart.execute(
                "INSERT INTO indicator_value VALUES ('jobs_created', ?, 'programme', 'programme', 'verified', ?, ?)",
                [f"20{20 + number}-{21 + number}-Q1", value, value],
            )
        build(mart, tmp_path / "out", settings)
    assert indicators.csv_totals(tmp_path / "out" / "indicator_value.csv")[JOBS] == sum(values)
    assert indicators.json_totals(tmp_path / "out" / "indicator_value.json")[JOBS] == sum(values)


@given(st.dictionaries(st.text(max_size=3), AMOUNTS), st.dictionaries(st.text(max_size=3), AMOUNTS))
def test_totals_are_equal_exactly_when_every_key_is(one, other):
    if one == other:
        prove_equal({"one": one, "other": other})
    else:
        with pytest.raises(TotalsDiffer, match="in other"):
            prove_equal({"one": one, "other": other})
