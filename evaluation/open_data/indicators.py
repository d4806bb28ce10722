"""The indicators' figures as flat rows: the same query written as CSV and as JSON.

From `mart_public` when the release has one, with its marks for what is withheld; else the programme's own figures only,
because smaller areas and groups may give somebody away.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

VALUES = "indicator_value"
DEFINITIONS = "indicator"

Totals = dict[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Field:
    """One column of a published table; its description is the comment of the mart's column it comes from."""

    name: str
    table: str
    column: str
    kind: str


VALUE_FIELDS = (
    Field("indicator_code", "dim_indicator", "indicator_code", "string"),
    Field("indicator_key", "indicator_value", "indicator_key", "string"),
    Field("indicator_name", "dim_indicator", "name", "string"),
    Field("unit", "dim_indicator", "unit", "string"),
    Field("period_key", "indicator_value", "period_key", "string"),
    Field("period_starts_on", "dim_period", "starts_on", "date"),
    Field("period_ends_on", "dim_period", "ends_on", "date"),
    Field("scope", "indicator_value", "scope", "string"),
    Field("scope_key", "indicator_value", "scope_key", "string"),
    Field("basis", "indicator_value", "basis", "string"),
    Field("value", "indicator_value", "value", "number"),
    Field("cumulative_value", "indicator_value", "cumulative_value", "number"),
)
DEFINITION_FIELDS = (
    Field("indicator_code", "dim_indicator", "indicator_code", "string"),
    Field("indicator_key", "dim_indicator", "indicator_key", "string"),
    Field("name", "dim_indicator", "name", "string"),
    Field("unit", "dim_indicator", "unit", "string"),
    Field("is_headline", "dim_indicator", "is_headline", "boolean"),
    Field("definition", "dim_indicator", "definition", "string"),
    Field("counting_rule", "dim_indicator", "counting_rule", "string"),
    Field("definition_version", "dim_indicator", "definition_version", "integer"),
    Field("minimum_evidence_grade", "dim_indicator", "minimum_evidence_grade", "string"),
    Field("target_value", "indicator_performance", "target_value", "number"),
    Field("target_status", "indicator_performance", "target_status", "string"),
)

_VALUES = """
    SELECT
        i.indicator_code, v.indicator_key, i.name AS indicator_name, i.unit, v.period_key,
        p.starts_on AS period_starts_on, p.ends_on AS period_ends_on, v.scope, v.scope_key, v.basis,
        v.value, v.cumulative_value
    FROM indicator_value AS v
    LEFT JOIN dim_indicator AS i ON v.indicator_key = i.indicator_key
    LEFT JOIN dim_period AS p ON v.period_key = p.period_key
    WHERE v.scope = 'programme'
    ORDER BY i.indicator_code, v.indicator_key, v.period_key, v.scope, v.scope_key, v.basis
"""
_DEFINITIONS = """
    SELECT
        i.indicator_code, i.indicator_key, i.name, i.unit, i.is_headline, i.definition, i.counting_rule,
        i.definition_version, i.minimum_evidence_grade, p.target_value, p.target_status
    FROM dim_indicator AS i
    LEFT JOIN indicator_performance AS p ON i.indicator_key = p.indicator_key
    ORDER BY i.indicator_code, i.indicator_key
"""


def write(mart: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the figures (CSV, JSON) and the definitions (CSV) into a folder; the same mart, the same bytes."""
    for name, form in (("csv", "FORMAT csv, HEADER"), ("json", "FORMAT json, ARRAY true")):
        mart.execute(f"COPY ({_VALUES}) TO {_literal(folder / f'{VALUES}.{name}')} ({form})")
    mart.execute(f"COPY ({_DEFINITIONS}) TO {_literal(folder / f'{DEFINITIONS}.csv')} (FORMAT csv, HEADER)")


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def comments(mart: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Descriptions of the mart's columns, as the release carries them."""
    rows = mart.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND comment IS NOT NULL"
    ).fetchall()
    return {(table, column): comment for table, column, comment in rows}


def _add_up(rows: Iterable[dict[str, Any]]) -> Totals:
    sums: Totals = {}
    for row in rows:
        if row["scope"] == "programme" and row["value"] not in (None, ""):
            key = (row["indicator_key"], row["basis"])
            sums[key] = sums.get(key, Decimal(0)) + Decimal(row["value"])
    return sums


def csv_totals(path: Path) -> Totals:
    """Programme totals by indicator and basis as anybody reads them from the CSV."""
    with path.open(encoding="utf-8", newline="") as handle:
        return _add_up(csv.DictReader(handle))


def json_totals(path: Path) -> Totals:
    """The same from the JSON, its numbers read exactly."""
    return _add_up(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal))


def parquet_totals(path: Path) -> Totals:
    """The same from a release's `indicator_value.parquet`."""
    with duckdb.connect() as connection:
        return _sql_totals(connection, f"read_parquet({_literal(path)})")


def mart_totals(mart: duckdb.DuckDBPyConnection) -> Totals:
    """The same from `indicator_value` of a mart, without any join."""
    return _sql_totals(mart, "indicator_value")


def _sql_totals(connection: duckdb.DuckDBPyConnection, table: str) -> Totals:
    rows = connection.execute(
        f"SELECT indicator_key, basis, sum(value) FROM {table} "
        "WHERE scope = 'programme' AND value IS NOT NULL GROUP BY indicator_key, basis"
    ).fetchall()
    return {(indicator, basis): Decimal(total) for indicator, basis, total in rows}
