"""What `wmip sql` and `metric` write for spreadsheets."""

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
        connection.execute(
            "CREATE TABLE indicator_fact AS SELECT '=x.xlsx#Jobs!3' AS source_place, true AS is_counted, "
            "-1.50::DECIMAL(18, 2) AS quantity, NULL::VARCHAR AS period_key"
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


def test_metric(mart, monkeypatch):
    monkeypatch.setattr("orchestration.cli.metric.ensure_parsed", lambda home: {})
    monkeypatch.setattr("orchestration.metrics.Metrics.__init__", lambda self, *_: None)
    monkeypatch.setattr("orchestration.metrics.Metrics.sql", lambda *_: "SELECT '+1' AS cluster, -2 AS jobs_created")
    assert _csv("metric", "jobs_created", "--by", "cluster") == [{"cluster": "'+1", "jobs_created": "-2.0000"}]
