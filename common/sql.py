"""Pieces of SQL: names and values as it writes them, columns in a row, rows compared."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value, a path too, as SQL text."""
    return "'" + str(value).replace("'", "''") + "'"


def listed(names: Iterable[str], of: str | None = None) -> str:
    """Columns, parted by commas; `of` a table."""
    return ", ".join(quoted(name) if of is None else f"{of}.{quoted(name)}" for name in names)


def same_key(columns: Iterable[str], new: str = "new", old: str = "old") -> str:
    """The condition that a row of one table has the key of a row of another."""
    return " AND ".join(f"{new}.{quoted(name)} IS NOT DISTINCT FROM {old}.{quoted(name)}" for name in columns)


def sha256_of(columns: Iterable[str], *more: str) -> str:
    """Hash of columns, null and empty told apart, and of further expressions, which are left out when they are null."""
    parts = [f"coalesce(CAST({quoted(name)} AS VARCHAR), chr(0))" for name in columns]
    return f"sha256(concat_ws(chr(31), {', '.join([*parts, *more])}))"
