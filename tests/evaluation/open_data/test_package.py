"""The data package describes its files truly, gives the same bytes again, and never figures that differ."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from evaluation.open_data import indicators
from evaluation.open_data.build import build
from evaluation.open_data.errors import TotalsDiffer
from evaluation.open_data.publisher import OpenDataSettings
from evaluation.open_data.totals import prove_equal
from tests.conftest import examples
from tests.evaluation.open_data.conftest import release_of

JOBS = ("jobs_created", "programme", "verified")


def _bytes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _frictionless_errors(folder: Path) -> list[str]:
    from frictionless import Package

    report = Package(str(folder / "datapackage.json")).validate()
    return [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors] + [
        error.message for error in report.errors
    ]


def test_frictionless_finds_the_package_valid(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", settings)
    assert _frictionless_errors(tmp_path / "out") == []


def test_frictionless_would_see_a_changed_file(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", settings)
    path = tmp_path / "out" / "indicator_value.csv"
    path.write_text(path.read_text().replace("4.5000", "5.5000"))
    assert any("hash" in error for error in _frictionless_errors(tmp_path / "out"))


def test_the_descriptor_says_what_columns_mean_who_and_under_which_licence(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", settings)
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert descriptor["version"] == "2025-05-15.1"
    assert descriptor["created"] == "2025-05-15T02:00:00Z"
    assert descriptor["licenses"][0]["name"] == "OGL-UK-3.0"
    assert descriptor["contributors"] == [{"title": "Example Authority", "role": "publisher"}]
    # frictionless types a Parquet column by its first hundred values: what has a schema is CSV.
    assert {resource["format"] for resource in descriptor["resources"]} <= {"csv", "json"}
    assert all(("schema" in resource) == (resource["format"] == "csv") for resource in descriptor["resources"])
    values = next(resource for resource in descriptor["resources"] if resource["name"] == "indicator_value")
    assert values["schema"]["primaryKey"] == ["indicator_key", "period_key", "scope", "scope_key", "basis"]
    assert values["schema"]["fields"][0]["description"] == "Code of the indicator."
    content = (tmp_path / "out" / "indicator_value.csv").read_bytes()
    assert (values["bytes"], values["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_without_a_licence_the_package_says_so_instead_of_inventing_one(marts, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", OpenDataSettings())
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert "licenses" not in descriptor
    assert "No licence has been decided" in descriptor["description"]


def test_no_claim_and_nothing_hidden_leaves_the_house(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", settings)
    with (tmp_path / "out" / "indicator_value.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["basis"] for row in rows} == {"verified"}
    assert [(row["value"], row["status"]) for row in rows if row["scope"] == "partner"] == [("", "c")]
    assert "9.5" not in (tmp_path / "out" / "indicator_value.json").read_text()


def test_the_same_mart_gives_the_same_bytes(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "one", settings)
    build(marts.mart, marts.public, tmp_path / "two", settings)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def _parquet(marts, folder: Path, figure: str = "value") -> Path:
    """The Parquet files of a release; `figure` in place of the public figures by quarter."""
    for name, connection, tables in (
        ("parquet", marts.mart, ["indicator_value"]),
        ("parquet_public", marts.public, ["indicator_value", "indicator_year"]),
    ):
        (folder / name).mkdir()
        for table in tables:
            value = figure if (name, table) == ("parquet_public", "indicator_value") else "value"
            connection.execute(
                f"COPY (SELECT * REPLACE ({value} AS value) FROM {table}) "
                f"TO '{folder / name / table}.parquet' (FORMAT parquet)"
            )
    return folder


def test_totals_are_equal_in_every_file_and_the_known_ones(marts, settings, tmp_path):
    release = _parquet(marts, tmp_path)
    build(marts.mart, marts.public, tmp_path / "out", settings, release=release)
    found = [
        indicators.mart_totals(marts.public),
        indicators.parquet_totals(release / "parquet_public" / "indicator_value.parquet"),
        indicators.csv_totals(tmp_path / "out" / "indicator_value.csv"),
        indicators.json_totals(tmp_path / "out" / "indicator_value.json"),
    ]
    assert found[0][JOBS] == Decimal("4.6") == indicators.mart_totals(marts.mart)[JOBS]
    assert found[0][("resource_levered", "programme", "verified")] == Decimal("12345678901.25")
    assert all(totals == found[0] for totals in found)


def test_a_parquet_file_with_another_total_stops_the_build(marts, settings, tmp_path):
    release = _parquet(marts, tmp_path, figure="value + 1")
    with pytest.raises(TotalsDiffer, match=r"jobs_created programme verified: 6\.6 in parquet_public"):
        build(marts.mart, marts.public, tmp_path / "out", settings, release=release)


def test_a_period_that_a_join_would_double_stops_the_build(marts, settings, tmp_path):
    marts.public.execute("INSERT INTO dim_period SELECT * FROM dim_period")
    with pytest.raises(TotalsDiffer, match=r"jobs_created programme verified: 9\.2 in indicator_value\.csv"):
        build(marts.mart, marts.public, tmp_path / "out", settings)


CHANGED = "UPDATE indicator_value SET value = 4 WHERE indicator_key = 'jobs_created' AND period_key = '2023-24-Q1'"


def test_a_shown_figure_that_the_evaluators_mart_has_otherwise_stops_the_build(marts, settings, tmp_path):
    marts.public.execute(CHANGED + " AND scope = 'programme'")
    with pytest.raises(TotalsDiffer, match=r"2023-24-Q1 programme programme verified: 4 in mart_public.*4\.5 in mart"):
        build(marts.mart, marts.public, tmp_path / "out", settings)


def test_a_figure_that_is_held_back_or_rounded_may_differ(marts, settings, tmp_path):
    marts.public.execute(CHANGED + " AND scope = 'programme'")
    build(marts.mart, marts.public, tmp_path / "held", settings, held_back={"jobs_created"})
    marts.public.execute("UPDATE disclosure_rule SET rounding_base = 5")
    build(marts.mart, marts.public, tmp_path / "rounded", settings)


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(AMOUNTS, min_size=1, max_size=4, unique_by=str))
def test_whatever_the_figures_all_files_add_up_to_the_same(settings, tmp_path, values):
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    figures = {f"20{20 + number}-{21 + number}-Q1": value for number, value in enumerate(values)}
    rows = ", ".join(
        f"('jobs_created', '{period}', 'programme', 'programme', 'verified', {value:f}, {value:f})"
        for period, value in figures.items()
    )
    with release_of(tmp_path, "DELETE FROM indicator_value", f"INSERT INTO indicator_value VALUES {rows}") as marts:
        build(marts.mart, marts.public, tmp_path / "out", settings)
    for totals in (
        indicators.csv_totals(tmp_path / "out" / "indicator_value.csv"),
        indicators.json_totals(tmp_path / "out" / "indicator_value.json"),
        indicators.csv_totals(tmp_path / "out" / "indicator_year.csv"),
    ):
        assert totals[JOBS] == sum(values)


@given(st.dictionaries(st.text(max_size=3), AMOUNTS), st.dictionaries(st.text(max_size=3), AMOUNTS))
def test_totals_are_equal_exactly_when_every_key_is(one, other):
    if one == other:
        prove_equal({"one": one, "other": other})
    else:
        with pytest.raises(TotalsDiffer, match="in other"):
            prove_equal({"one": one, "other": other})


def test_a_text_that_begins_like_a_formula_is_none_in_the_csv_and_itself_in_the_json(settings, tmp_path):
    with release_of(
        tmp_path, "UPDATE dim_indicator SET name = '=1+1', definition = '-2' WHERE indicator_key = 'jobs_created'"
    ) as marts:
        build(marts.mart, marts.public, tmp_path / "out", settings)
    folder = tmp_path / "out"
    names = {row["indicator_name"] for row in csv.DictReader((folder / "indicator_value.csv").open())}
    assert names == {"'=1+1", "Resource levered"}
    assert "'-2" in {row["definition"] for row in csv.DictReader((folder / "indicator.csv").open())}
    assert "=1+1" in {row["indicator_name"] for row in json.loads((folder / "indicator_value.json").read_text())}
    assert _frictionless_errors(folder) == []
