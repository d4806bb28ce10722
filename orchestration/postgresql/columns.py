"""How a column of the mart stands in PostgreSQL: its type, how it travels, how both engines write it for a checksum."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from common.sql import quoted
from orchestration.errors import UserError


@dataclass(frozen=True)
class _Mapping:
    """One type. The two expressions write the same value as the same text; `{}` is the quoted column."""

    postgresql: str
    in_duckdb: str = "CAST({} AS VARCHAR)"
    in_postgresql: str = "CAST({} AS text)"
    # Types that Arrow has no exact counterpart for travel as text.
    as_text: bool = False


_TEXT = _Mapping("text", "'=' || {}", "'=' || {}")
_INSTANT = _Mapping(
    "timestamp", "CAST(epoch_us({}) AS VARCHAR)", "CAST(CAST(extract(epoch FROM {}) * 1000000 AS bigint) AS text)"
)
_MAPPINGS = {
    "VARCHAR": _TEXT,
    "BOOLEAN": _Mapping("boolean"),
    "TINYINT": _Mapping("smallint"),
    "SMALLINT": _Mapping("smallint"),
    "INTEGER": _Mapping("integer"),
    "BIGINT": _Mapping("bigint"),
    "HUGEINT": _Mapping("numeric(39, 0)", as_text=True),
    "UTINYINT": _Mapping("smallint"),
    "USMALLINT": _Mapping("integer"),
    "UINTEGER": _Mapping("bigint"),
    "UBIGINT": _Mapping("numeric(20, 0)"),
    # Floating-point numbers are compared bit by bit: the engines round them differently when they write them.
    "FLOAT": _Mapping(
        "real",
        "CAST(CAST({} AS BIT) AS VARCHAR)",
        "CAST(CAST('x' || encode(float4send({}), 'hex') AS bit(32)) AS text)",
    ),
    "DOUBLE": _Mapping(
        "double precision",
        "CAST(CAST({} AS BIT) AS VARCHAR)",
        "CAST(CAST('x' || encode(float8send({}), 'hex') AS bit(64)) AS text)",
    ),
    "DATE": _Mapping("date"),
    "TIMESTAMP": _INSTANT,
    "TIMESTAMP WITH TIME ZONE": _Mapping("timestamptz", _INSTANT.in_duckdb, _INSTANT.in_postgresql),
    "UUID": _Mapping("uuid", as_text=True),
    "JSON": _Mapping("json", "'=' || CAST({} AS VARCHAR)", "'=' || CAST({} AS text)", as_text=True),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Column:
    """A column of a table of the mart, as DuckDB describes it."""

    table: str
    name: str
    duckdb_type: str
    comment: str | None

    def _mapping(self) -> _Mapping:
        if decimal := _DECIMAL.fullmatch(self.duckdb_type):
            return _Mapping(f"numeric({decimal[1]}, {decimal[2]})")
        mapping = _MAPPINGS.get(self.duckdb_type)
        if mapping is None:
            raise UserError(
                f"table {self.table}, column {self.name}: nothing says which PostgreSQL type {self.duckdb_type} is; "
                "add it to orchestration/postgresql/columns.py, or cast the column in its dbt model"
            )
        return mapping

    def postgresql_type(self) -> str:
        """The type in PostgreSQL. Raises UserError for one that has no exact counterpart."""
        return self._mapping().postgresql

    def selected(self) -> str:
        """What DuckDB selects to send the column."""
        name = quoted(self.name)
        return f"CAST({name} AS VARCHAR) AS {name}" if self._mapping().as_text else name

    def text_in_duckdb(self) -> str:
        """SQL for DuckDB: the value as text; an absent value is `~`."""
        text = self._mapping().in_duckdb.format(quoted(self.name))
        return f"coalesce({text}, '~')"

    def text_in_postgresql(self) -> sql.Composable:
        """SQL for PostgreSQL: the same text."""
        return sql.SQL("coalesce({}, '~')").format(
            sql.SQL(self._mapping().in_postgresql).format(sql.Identifier(self.name))
        )
