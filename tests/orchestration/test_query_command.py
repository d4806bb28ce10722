"""What `wmip sql`, `trace` and `metric` write for spreadsheets."""

from __future__ import annotations

import csv
import json

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import metric, query
from orchestration.cli.main import app


@pytest.fixture
def mart(tmp_path, monkeypatch):
    """A mart of one fact out of a file with an odd name."""
    path = tmp_path / "mart.duckdb"
    with duckdb.connect(str(path)) as connection:
        columns = dict.fromkeys(query.FACT_COLUMNS.split(", "), "NULL::VARCHAR")
        columns |= {
            "indicator_key": "'jobs_created'", "source_place": "'=x.xlsx#Jobs!3'", "quantity": "-1.50::DECIMAL(18, 2)",
            "claimed_quantity": "1.0", "exact_quantity": "-1.5", "exact_claimed_quantity": "1.0", "exact_per_unit": "1",
            "is_counted": "true", "status": "'verified'",
        }  # fmt: skip
        connection.execute(
            f"CREATE TABLE indicator_fact AS SELECT {', '.join(f'{v} AS {k}' for k, v in columns.items())}"
        )
        connection.execute(
            "CREATE TABLE dim_indicator AS SELECT 'jobs_created' AS indicator_key, 'H5' AS indicator_code"
        )
    for command in (query, metric):
        monkeypatch.setattr(command, "current_mart", lambda home: path)
    return path


def _csv(*arguments) -> list[dict]:
    result = CliRunner().invoke(app, [*arguments, "--format", "csv"])
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(result.stdout.splitlines()))


def test_sql(mart):
    assert _csv("sql", 'SELECT source_place AS "@place", quantity, is_counted, period_key FROM indicator_fact') == [
        {"'@place": "'=x.xlsx#Jobs!3", "quantity": "-1.50", "is_counted": "true", "period_key": ""}
    ]


def test_json_is_verbatim(mart):
    result = CliRunner().invoke(app, ["sql", "SELECT source_place FROM indicator_fact", "--format", "json"])
    assert json.loads(result.stdout) == [{"source_place": "=x.xlsx#Jobs!3"}]


def test_trace(mart):
    (fact,) = _csv("trace", "H5")
    assert (fact["source_place"], fact["quantity"]) == ("'=x.xlsx#Jobs!3", "-1.50")


def test_trace_of_a_quarter_tells_what_is_claimed_in_it_from_what_is_verified(mart):
    with duckdb.connect(str(mart)) as connection:
        connection.execute(
            "CREATE TABLE dim_period AS SELECT unnest(['Q1', 'Q2', 'Q3']) AS period_key, true AS is_programme_period"
        )
        connection.execute(
            "UPDATE indicator_fact SET period_key = 'Q2', claimed_period_key = 'Q1', quantity = 1, exact_quantity = 1"
        )
    told = {
        quarter: CliRunner()
        .invoke(app, ["trace", "H5", "--period", quarter])
        .stdout.split("facts; ")[1]
        .splitlines()[0]
        for quarter in ("Q1", "Q2", "Q3")
    }
    assert told == {
        "Q1": "verified 0.00, claimed 1.00",
        "Q2": "verified 1.00, claimed 0.00",
        "Q3": "verified 0.00, claimed 0.00",
    }


def test_metric(mart, monkeypatch):
    monkeypatch.setattr("orchestration.cli.metric.ensure_parsed", lambda home: {})
    monkeypatch.setattr("orchestration.metrics.Metrics.__init__", lambda self, *_: None)
    monkeypatch.setattr("orchestration.metrics.Metrics.sql", lambda *_: "SELECT '+1' AS cluster, -2 AS jobs_created")
    assert _csv("metric", "jobs_created", "--by", "cluster") == [{"cluster": "'+1", "jobs_created": "-2"}]
