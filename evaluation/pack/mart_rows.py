"""Reading a mart file: rows as dictionaries, and whether a table is there at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, in its order."""
    result = connection.execute(query, dict(parameters or {}))
    columns = [column[0] for column in result.description or []]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the file has the table; releases of other versions have fewer."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?", [name]
    ).fetchone()
    return found is not None


def quality_status(connection: duckdb.DuckDBPyConnection, table: str, alias: str) -> str:
    """SQL for what the gate says beside the figures of a table. Releases of before December 2026 do not say it."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = current_database() AND table_name = ? "
        "AND column_name = 'quality_status'",
        [table],
    ).fetchone()
    return f"{alias}.quality_status" if found else "'available'"
