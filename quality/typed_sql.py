"""SQL that somebody typed (at `wmip sql`, in a tenant's check) may read one DuckDB file, and nothing else.

Two locks, because one leaks: a connection without access to files, network or settings still lets `COPY … TO` write the
write-ahead log beside the file it has open, so only statements that are queries are run at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

_QUERY = duckdb.StatementType.SELECT
# What a PIVOT is parsed into: a CREATE without text and a SELECT by DuckDB 1.x, one statement of this type by 2.0.
_OF_A_PIVOT = duckdb.StatementType.CREATE
_PIVOT_IN_ONE = duckdb.StatementType.MULTI


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
    queries = [statement for statement in statements if _is_query(statement)]
    odd = [
        statement
        for statement in statements
        if statement not in queries and not (statement.type == _OF_A_PIVOT and not statement.query)
    ]
    if odd:
        raise NotAQuery(
            f"{odd[0].type.name.replace('_', ' ')} does not run here: only queries do (SELECT, WITH, FROM, DESCRIBE, "
            "SHOW, SUMMARIZE), read-only"
        )
    if len(queries) != 1:
        raise NotAQuery(f"one query is expected, not {len(statements)}; run one at a time")


def _is_query(statement: duckdb.Statement) -> bool:
    if statement.type != _PIVOT_IN_ONE:
        return statement.type == _QUERY
    # A table made of a PIVOT is of the same type; only a query can stand in another one.
    text = statement.query.encode()
    end = next((at for at, _ in duckdb.tokenize(statement.query) if text[at : at + 1] == b";"), len(text))
    try:
        duckdb.extract_statements(f"FROM (\n{text[:end].decode()}\n)")
    except duckdb.ParserException:
        return False
    return True
