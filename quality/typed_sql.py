"""SQL that somebody typed (at `wmip sql`, in a tenant's check) may read one DuckDB file, and nothing else.

Two locks, because one leaks: a connection without access to files, network or settings still lets `COPY … TO` write the
write-ahead log beside the file it has open, so only statements that are queries are run at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

# What a statement is besides SELECT; a PIVOT is parsed into a type of its own, without text, and a SELECT.
_QUERY = duckdb.StatementType.SELECT
_OF_A_PIVOT = duckdb.StatementType.CREATE


class NotAQuery(Exception):
    """The text is no query, or more than one; the message says what may stand there."""


def open_read_only(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads `file` and can neither write anywhere nor read anything else of the machine."""
    connection = duckdb.connect(str(file.resolve()), read_only=True)
    lock(connection)
    return connection


def lock(connection: Any) -> None:
    """Take from an open connection, and from all others of the process to the same file, every access outside it."""
    (locked,) = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if locked:
        return
    # A folder for spilled rows would be one that can be written to.
    for setting in ("TimeZone = 'UTC'", "temp_directory = ''", "enable_external_access = false"):
        connection.execute(f"SET {setting}")
    connection.execute("SET lock_configuration = true")


def require_query(sql: str) -> None:
    """Raise NotAQuery unless the text is exactly one query. Raises duckdb.Error when it does not parse."""
    statements = duckdb.extract_statements(sql)
    odd = [
        statement
        for statement in statements
        if statement.type != _QUERY and not (statement.type == _OF_A_PIVOT and not statement.query)
    ]
    if odd:
        raise NotAQuery(
            f"{odd[0].type.name.replace('_', ' ')} does not run here: only queries do (SELECT, WITH, FROM, DESCRIBE, "
            "SHOW, SUMMARIZE), read-only"
        )
    if sum(statement.type == _QUERY for statement in statements) != 1:
        raise NotAQuery(f"one query is expected, not {len(statements)}; run one at a time")
