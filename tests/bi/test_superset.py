"""The dashboard's bundle is whole, and every query of it answers on a released public mart."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

BUNDLE = Path(__file__).parents[2] / "bi" / "superset" / "bundle"


def _all(folder: str) -> dict[str, dict]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted((BUNDLE / folder).rglob("*.yaml"))}


DATABASE = _all("databases")["mart_public"]
DATASETS, CHARTS, DASHBOARD = _all("datasets"), _all("charts"), _all("dashboards")["programme"]


@pytest.fixture(scope="module")
def mart(small_release):
    file = (small_release.path / "releases" / "current" / "mart_public.duckdb").resolve()
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.xdist_group("small_release")
def test_a_dataset_has_the_columns_its_query_gives_and_rows(mart, name):
    dataset = DATASETS[name]
    answer = mart.execute(dataset["sql"])
    assert [column["column_name"] for column in dataset["columns"]] == [column[0] for column in answer.description]
    assert answer.fetchone() is not None
    for metric in dataset["metrics"]:
        mart.execute(f"SELECT {metric['expression']} FROM ({dataset['sql']}) AS asked").fetchone()


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_reads_the_public_mart_alone(name):
    dataset = DATASETS[name]
    assert dataset["database_uuid"] == DATABASE["uuid"]
    named = re.findall(r"(?:FROM|JOIN)\s+([\w.]+)", dataset["sql"])
    assert named
    assert all(table.startswith("mart_public.") for table in named)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.xdist_group("small_release")
def test_a_chart_asks_for_what_its_dataset_has_and_gets_rows(mart, name):
    chart = CHARTS[name]
    dataset = next(found for found in DATASETS.values() if found["uuid"] == chart["dataset_uuid"])
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    params = chart["params"]
    filters = {item["subject"]: item["comparator"] for item in params["adhoc_filters"]}
    asked = {*params.get("all_columns", []), *params.get("groupby", []), *filters}
    assert asked | ({params["x_axis"]} if "x_axis" in params else set()) <= columns
    assert set(params.get("metrics", [])) <= metrics
    where = " AND ".join(f"{column} = ?" for column in filters) or "true"
    rows = mart.execute(f"SELECT count(*) FROM ({dataset['sql']}) AS asked WHERE {where}", list(filters.values()))
    assert rows.fetchone()[0] > 0


def test_the_dashboard_shows_every_chart_once():
    places = [place for place in DASHBOARD["position"].values() if isinstance(place, dict)]
    shown = [place["meta"]["uuid"] for place in places if place["type"] == "CHART"]
    assert sorted(shown) == sorted(chart["uuid"] for chart in CHARTS.values())


def test_no_password_is_in_the_bundle():
    user = DATABASE["sqlalchemy_uri"].split("//")[1].split("@")[0]
    assert user == "superset"
