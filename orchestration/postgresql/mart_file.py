"""The DuckDB file of a release, as what is to be loaded: its tables, their rows as CSV, their checksums."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from common.sql import quoted
from orchestration.postgresql.columns import Column

# Large enough that calls cost nothing beside the rows, small enough for any machine's memory.
_ROWS_A_BATCH = 50_000
SEPARATOR = 31


@dataclass(frozen=True)
class Table:
    """A table of the mart and its description."""

    name: str
    comment: str | None
    columns: tuple[Column, ...]

    def has(self, names: tuple[str, ...]) -> bool:
        """Whether the table has all these columns."""
        return set(names) <= {column.name for column in self.columns}


@dataclass(frozen=True)
class Fingerprint:
    """Rows of a table and the sum over them of the first 60 bits of MD5 of their text, whatever their order."""

    rows: int
    checksum: int


class MartFile:
    """An open `mart.duckdb` or `mart_public.duckdb`, read-only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def tables(self) -> list[Table]:
        """Every table with columns in their order."""
        columns = self._connection.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
            "WHERE database_name = current_database() AND NOT internal ORDER BY table_name, column_index"
        ).fetchall()
        tables = self._connection.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1"
        ).fetchall()
        return [
            Table(name, comment, tuple(Column(*column) for column in columns if column[0] == name))
            for name, comment in tables
        ]

    def rows_as_csv(self, table: Table) -> Iterator[bytes]:
        """The rows in batches of CSV: absent values empty, empty text quoted, as PostgreSQL reads them."""
        from pyarrow import csv

        selected = ", ".join(column.selected() for column in table.columns)
        options = csv.WriteOptions(include_header=False)
        for batch in self._connection.execute(f"SELECT {selected} FROM {quoted(table.name)}").to_arrow_reader(
            _ROWS_A_BATCH
        ):
            buffer = io.BytesIO()
            csv.write_csv(batch, buffer, options)
            yield buffer.getvalue()

    def fingerprint(self, table: Table) -> Fingerprint:
        """Count and checksum, computed by DuckDB."""
        text = ", ".join(column.text_in_duckdb() for column in table.columns)
        row = self._connection.execute(
            f"SELECT count(*), coalesce(sum(CAST('0x' || substr(md5(concat_ws(chr({SEPARATOR}), {text})), 1, 15) "
            f"AS BIGINT)), 0) FROM {quoted(table.name)}"
        ).fetchone()
        assert row is not None
        return Fingerprint(int(row[0]), int(row[1]))

    def without_gaps(self, table: Table, names: tuple[str, ...]) -> bool:
        """Whether no row lacks a value in any of these columns."""
        missing = " OR ".join(f"{quoted(name)} IS NULL" for name in names)
        return not self._connection.execute(f"SELECT 1 FROM {quoted(table.name)} WHERE {missing} LIMIT 1").fetchall()


@contextmanager
def open_mart(path: Path) -> Iterator[MartFile]:
    """Open the file of a release for reading."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield MartFile(connection)
