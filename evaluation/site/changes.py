"""What changed in the figures from one release to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from common.sql import literal


@dataclass(frozen=True)
class ValueChange:
    """A figure that is not the same; None where that release has, or shows, no such figure.

    `is_hidden`: one of the releases has it and does not show it (withheld, not available).
    """

    indicator_key: str
    period_key: str
    scope: str
    scope_key: str
    basis: str
    before: Decimal | None
    after: Decimal | None
    is_hidden: bool = False

    @property
    def difference(self) -> Decimal | None:
        """After less before; a figure that is not there counts as nothing, of one that is not shown nobody knows."""
        if self.is_hidden:
            return None
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


@dataclass(frozen=True)
class ReleaseChanges:
    """The changes that a release made; `before` is the one readers had until then."""

    before: str
    release_id: str
    released_at: datetime
    changes: tuple[ValueChange, ...]


def attached(older: Path, newer: Path) -> duckdb.DuckDBPyConnection:
    """A connection that sees the marts of two releases, of evaluators or public ones, as `older` and `newer`."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for alias, file in (("older", older), ("newer", newer)):
        connection.execute(f"ATTACH {literal(file)} AS {alias} (READ_ONLY)")
    return connection


def value_changes(connection: duckdb.DuckDBPyConnection) -> list[ValueChange]:
    """The figures of `newer` that are not those of `older`, in a fixed order."""
    found = connection.execute("""
        SELECT indicator_key, period_key, scope, scope_key, basis, o.value, n.value,
            (o.indicator_key IS NOT NULL AND o.value IS NULL) OR (n.indicator_key IS NOT NULL AND n.value IS NULL)
        FROM older.indicator_value AS o
        FULL JOIN newer.indicator_value AS n USING (indicator_key, period_key, scope, scope_key, basis)
        WHERE o.value IS DISTINCT FROM n.value
        ORDER BY indicator_key, period_key, scope, scope_key, basis
    """).fetchall()
    return [ValueChange(*row) for row in found]


def changes_between(older: Path, newer: Path) -> ReleaseChanges:
    """What the release of one mart file changed against that of another."""
    with attached(older, newer) as connection:
        ((before,),) = connection.execute("SELECT release_id FROM older.release_info").fetchall()
        ((release_id, at),) = connection.execute("SELECT release_id, released_at FROM newer.release_info").fetchall()
        return ReleaseChanges(before, release_id, at, tuple(value_changes(connection)))
