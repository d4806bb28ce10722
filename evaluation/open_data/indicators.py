"""The indicators' figures as flat rows: the same query written as CSV and as JSON.

From `mart_public` alone, with its marks for what is withheld: nothing here reads a figure that disclosure control has
not seen.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from common.sql import literal
from evaluation.pack.mart_rows import quality_status
from evaluation.spreadsheets import write_csv

VALUES = "indicator_value"
YEARS = "indicator_year"
DEFINITIONS = "indicator"

Totals = dict[tuple[str, ...], Decimal]


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
    Field("status", "indicator_value", "status", "string"),
    Field("cumulative_value", "indicator_value", "cumulative_value", "number"),
    Field("cumulative_status", "indicator_value", "cumulative_status", "string"),
)
YEAR_FIELDS = (
    Field("indicator_code", "dim_indicator", "indicator_code", "string"),
    Field("indicator_key", "indicator_year", "indicator_key", "string"),
    Field("indicator_name", "dim_indicator", "name", "string"),
    Field("unit", "dim_indicator", "unit", "string"),
    Field("financial_year", "indicator_year", "financial_year", "string"),
    Field("scope", "indicator_year", "scope", "string"),
    Field("scope_key", "indicator_year", "scope_key", "string"),
    Field("basis", "indicator_year", "basis", "string"),
    Field("value", "indicator_year", "value", "number"),
    Field("status", "indicator_year", "status", "string"),
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
        v.value, v.status, v.cumulative_value, v.cumulative_status
    FROM indicator_value AS v
    LEFT JOIN dim_indicator AS i ON v.indicator_key = i.indicator_key
    LEFT JOIN dim_period AS p ON v.period_key = p.period_key
    ORDER BY i.indicator_code, v.indicator_key, v.period_key, v.scope, v.scope_key, v.basis
"""
_YEARS = """
    SELECT
        i.indicator_code, y.indicator_key, i.name AS indicator_name, i.unit, y.financial_year, y.scope, y.scope_key,
        y.basis, y.value, y.status
    FROM indicator_year AS y
    LEFT JOIN dim_indicator AS i ON y.indicator_key = i.indicator_key
    ORDER BY i.indicator_code, y.indicator_key, y.financial_year, y.scope, y.scope_key, y.basis
"""
_DEFINITIONS = """
    SELECT
        i.indicator_code, i.indicator_key, i.name, i.unit, i.is_headline, i.definition, i.counting_rule,
        i.definition_version, i.minimum_evidence_grade, p.target_value, p.target_status
    FROM dim_indicator AS i
    LEFT JOIN indicator_performance AS p ON i.indicator_key = p.indicator_key
    ORDER BY i.indicator_code, i.indicator_key
"""


def write(public: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the public figures (CSV; by quarter also JSON) and the definitions; the same mart, the same bytes."""
    for name, query in ((VALUES, _VALUES), (YEARS, _YEARS), (DEFINITIONS, _DEFINITIONS)):
        found = public.execute(query)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            write_csv(file, [column[0] for column in found.description or []], found.fetchall())
    public.execute(f"COPY ({_VALUES}) TO {literal(folder / f'{VALUES}.json')} (FORMAT json, ARRAY true)")


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
        if row["value"] not in (None, ""):
            key = (row["indicator_key"], row["scope"], row["basis"])
            sums[key] = sums.get(key, Decimal(0)) + Decimal(row["value"])
    return sums


def csv_totals(path: Path) -> Totals:
    """Totals by indicator, scope and basis, of what is shown, as anybody reads them from the CSV."""
    with path.open(encoding="utf-8", newline="") as handle:
        return _add_up(csv.DictReader(handle))


def json_totals(path: Path) -> Totals:
    """The same from the JSON, its numbers read exactly."""
    return _add_up(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal))


def parquet_totals(path: Path) -> Totals:
    """The same from a Parquet file of the release."""
    with duckdb.connect() as connection:
        return _sql_totals(connection, f"read_parquet({literal(path)})")


def mart_totals(mart: duckdb.DuckDBPyConnection, table: str = VALUES) -> Totals:
    """The same from a table of a mart, without any join."""
    return _sql_totals(mart, table)


def _sql_totals(connection: duckdb.DuckDBPyConnection, table: str) -> Totals:
    rows = connection.execute(
        f"SELECT indicator_key, scope, basis, sum(value) FROM {table} WHERE value IS NOT NULL GROUP BY ALL"
    ).fetchall()
    return {(indicator, scope, basis): Decimal(total) for indicator, scope, basis, total in rows}


def shown_cells(public: duckdb.DuckDBPyConnection, held_back: Collection[str]) -> Totals:
    """Figures by quarter that are public as they are: neither hidden, nor rounded, nor of an indicator held back."""
    rows = public.execute("""
        SELECT v.indicator_key, v.period_key, v.scope, v.scope_key, v.basis, v.value
        FROM indicator_value AS v
        WHERE v.value IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM disclosure_rule AS r
            WHERE v.indicator_key = r.indicator_key AND v.scope = r.scope AND r.rounding_base IS NOT NULL
        )
    """).fetchall()
    return {tuple(row[:5]): Decimal(row[5]) for row in rows if row[0] not in held_back}


def mart_cells(mart: duckdb.DuckDBPyConnection, wanted: Collection[tuple[str, ...]]) -> Totals:
    """The same figures as the evaluators' mart has them; those of scopes it does not know are left out.

    Where it has none because some of the whole has no place, nothing is known of the key, which the public view may
    show as nought. What is withheld there is no figure, and may be none here.
    """
    rows = mart.execute(f"""
        SELECT indicator_key, period_key, scope, scope_key, basis, coalesce(value, 0)
        FROM indicator_value AS v
        WHERE value IS NOT NULL OR {quality_status(mart, VALUES, "v")} = 'not_available'
    """).fetchall()
    return {tuple(row[:5]): Decimal(row[5]) for row in rows if tuple(row[:5]) in wanted}
