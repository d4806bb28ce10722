"""One DuckDB in memory for every look at landed files: opening one costs more than the look itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@cache
def _database() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect()


def scratch() -> duckdb.DuckDBPyConnection:
    """A connection of its own, with its own temporary tables, to be closed after use."""
    return _database().cursor()
