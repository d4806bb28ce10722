"""The public view of a real release: no key of anyone, no fact, nothing hidden that can be found."""

from __future__ import annotations

import json
from collections import defaultdict

import duckdb
import pytest

from evaluation.disclosure.configuration import Scope, load_configuration
from evaluation.disclosure.contributions import read_contributions
from tests.evaluation.disclosure.attacker import Attacker, Protection, exposed

pytestmark = pytest.mark.xdist_group("small_release")


@pytest.fixture(scope="module")
def folder(small_release):
    return (small_release.path / "releases" / "current").resolve()


@pytest.fixture(scope="module")
def public(folder):
    with duckdb.connect(str(folder / "mart_public.duckdb"), read_only=True) as connection:
        yield connection


def dictionaries(connection, sql: str) -> list[dict]:
    relation = connection.sql(sql)
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def test_no_table_holds_a_fact_or_a_key_of_anyone(public):
    columns = public.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    names = {column for _, column in columns}
    assert not names & {"organisation_key", "person_key", "fact_key", "source_record_id", "company_number", "postcode"}
    tables = {table for table, _ in columns}
    assert not [table for table in tables if table.startswith(("fct_", "bridge_")) or table == "indicator_fact"]
    assert {"indicator_value", "indicator_year", "indicator_performance", "release_info", "quality_result"} <= tables


def test_no_key_of_the_mart_stands_in_any_public_cell(public, small_release):
    secret = {key for (key,) in small_release.query("SELECT organisation_key FROM dim_organisation")}
    secret |= {key for (key,) in small_release.query("SELECT person_key FROM dim_person")}
    for (table,) in public.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        cells = {value for row in public.execute(f'FROM "{table}"').fetchall() for value in row}
        assert not cells & secret, table


def test_every_column_is_described_and_every_table_is_in_parquet(public, folder):
    undescribed = public.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
    ).fetchall()
    assert undescribed == []
    tables = {table for (table,) in public.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert {path.stem for path in (folder / "parquet_public").glob("*.parquet")} == tables
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "mart_public.duckdb" in manifest["files"]


def test_what_is_shown_is_what_the_mart_counts(public, small_release):
    truth = {
        (indicator, period, scope, key): (value, cumulative)
        for indicator, period, scope, key, value, cumulative in small_release.query(
            "SELECT indicator_key, period_key, scope, scope_key, value, cumulative_value "
            "FROM indicator_value WHERE basis = 'verified'"
        )
    }
    shown = 0
    for row in dictionaries(public, "FROM indicator_value WHERE scope IN ('programme', 'partner', 'cluster')"):
        value, cumulative = truth[row["indicator_key"], row["period_key"], row["scope"], row["scope_key"]]
        # In public nought stands for nothing known until all of it is unknown (docs/decisions/0385).
        assert row["value"] in (None, value or 0)
        assert row["cumulative_value"] in (None, cumulative or 0)
        assert (row["value"] is None) == (row["status"] in ("c", "x"))
        shown += row["value"] is not None
    assert shown > 100


def test_nothing_unsafe_is_recoverable(public, folder):
    """Bodies and clusters are attacked as one table where every fact of a body is one of its cluster."""
    configuration = load_configuration()
    with duckdb.connect(str(folder / "mart.duckdb"), read_only=True) as mart:
        contributions = read_contributions(mart, configuration).to_pylist()
    quarters = [
        key for (key,) in public.execute("SELECT period_key FROM dim_period WHERE is_public ORDER BY 1").fetchall()
    ]
    years = defaultdict(list)
    for key, year in public.execute("SELECT period_key, financial_year FROM dim_period ORDER BY 1").fetchall():
        years[year].append(key)
    bodies = dict(public.execute("SELECT partner_key, cluster_key FROM dim_partner").fetchall())
    linked = 0
    for indicator, series in configuration.indicators.items():
        rules = configuration.rules_of(indicator)
        if rules is None:
            continue
        truth = [row for row in contributions if row["indicator_key"] == indicator and row["period_key"] in quarters]
        follows = all(row["cluster"] == bodies[row["partner"]] for row in truth if row["partner"])
        linked += follows
        venues = defaultdict(set)
        for row in truth if Scope.LOCAL_AUTHORITY in series.linked else ():
            venues[row["period_key"], row["partner"]].add(row["local_authority"])
        attacker = Attacker(
            quarters, years, bodies if follows else {}, others=True, counts=rules.kind == "count", venues=venues
        )
        by_quarter = dictionaries(public, f"FROM indicator_value WHERE indicator_key = '{indicator}'")
        by_year = dictionaries(public, f"FROM indicator_year WHERE indicator_key = '{indicator}'")
        by_quarter = [row for row in by_quarter if row["period_key"] in quarters]
        attacker.read(by_quarter, by_year)
        protection = Protection(
            rules.threshold, rules.kind == "sum", counts_itself=rules.contributor == "itself", width=rules.width
        )
        assert list(exposed(attacker, [*by_quarter, *by_year], truth, protection)) == [], indicator
    assert linked >= 4


def test_a_rating_is_of_a_public_figure(public):
    for row in dictionaries(public, "FROM indicator_performance"):
        assert row["rag"] is None or row["actual_value"] is not None
