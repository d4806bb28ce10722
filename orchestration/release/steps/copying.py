"""Copies tables of the candidate into a release's mart file, with their descriptions, and writes their Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from common.sql import literal, quoted
from orchestration.errors import UserError
from orchestration.release.context import BuildContext

# What BI tools bundle can read it; see docs/decisions/0002.
STORAGE_VERSION = "v1.2.0"
# DuckDB names a file's catalogue after the file: in mart.duckdb the tables of schema main are `mart.<table>`, as in
# PostgreSQL. A schema `mart` inside it would make that name ambiguous; see docs/decisions/0008.
RELEASED = "main"


@contextmanager
def candidate_and_release(context: BuildContext) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the candidate attached as `candidate` (read only) and the release's mart as `release`."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {literal(context.warehouse)} AS candidate (READ_ONLY)")
        connection.execute(f"ATTACH {literal(context.mart)} AS release (STORAGE_VERSION '{STORAGE_VERSION}')")
        yield connection
        connection.execute("USE memory; DETACH release; DETACH candidate")


def copy_schema(connection: duckdb.DuckDBPyConnection, schema: str, instead: str | None = None) -> list[str]:
    """Copy every table of a candidate's schema, rows in one order, comments with them; one that schema `instead` has
    from there. Returns the tables' names.
    """
    tables = _tables(connection, schema)
    lies_in = dict.fromkeys(tables, schema) | dict.fromkeys(_tables(connection, instead) if instead else (), instead)
    for table in tables:
        connection.execute(
            f"CREATE TABLE release.{RELEASED}.{quoted(table)} "
            f"AS FROM candidate.{lies_in[table]}.{quoted(table)} ORDER BY ALL"
        )
    _copy_comments(connection, schema)
    return tables


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'candidate' AND schema_name = ? ORDER BY 1",
            [schema],
        ).fetchall()
    ]


def _copy_comments(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Descriptions of tables and columns, where the candidate has them."""
    tables = connection.execute(
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE database_name = 'candidate' AND schema_name = ? AND comment IS NOT NULL",
        [schema],
    ).fetchall()
    columns = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'candidate' AND schema_name = ? AND comment IS NOT NULL",
        [schema],
    ).fetchall()
    released = f"release.{RELEASED}"
    statements = [
        *(f"COMMENT ON TABLE {released}.{quoted(table)} IS {literal(comment)}" for table, comment in tables),
        *(
            f"COMMENT ON COLUMN {released}.{quoted(table)}.{quoted(column)} IS {literal(comment)}"
            for table, column, comment in columns
        ),
    ]
    # Some hundreds, each of which would be a commit of its own.
    connection.execute(";\n".join(["BEGIN", *statements, "COMMIT"]))


# One column of these, or that holds one, makes a whole Parquet file unreadable to Spark 4.3, INTERVAL to polars too
# (docs/bi.md). Of a HUGEINT, which a sum of whole numbers is, DuckDB makes an inexact DOUBLE there.
_NOT_FOR_PARQUET = r"\b(UUID|INTERVAL|TIME|TIME_NS|U?HUGEINT)\b"
# What a type may hold beside these: labels and names in quotes, and timestamps, some of which say TIME.
_BESIDE = r"""'[^']*'|"[^"]*"|TIMESTAMP[A-Z_ ]*"""


def write_parquet(mart: Path, folder: Path) -> None:
    """One Parquet file for every table of a mart file. Raises UserError for a column that not every reader can read."""
    folder.mkdir()
    with duckdb.connect(str(mart), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        odd = connection.execute(
            "SELECT table_name || '.' || column_name || ' (' || data_type || ')' FROM duckdb_columns() "
            "WHERE NOT internal AND regexp_matches(regexp_replace(data_type, ?, '', 'g'), ?) ORDER BY 1",
            [_BESIDE, _NOT_FOR_PARQUET],
        ).fetchall()
        if odd:
            named = ", ".join(name for (name,) in odd)
            raise UserError(
                f"columns that Parquet's readers cannot all read as they are: {named}; cast them to text, a bigint or "
                "a decimal"
            )
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
            connection.execute(
                f"COPY (FROM {quoted(table)}) TO {literal(folder / f'{table}.parquet')} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
