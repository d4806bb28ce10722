"""What changed between two releases: where they come from, their figures, the facts behind the figures.

Only columns of the mart's contract are read, so that any two releases can be compared, whatever was added since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import release_folder
from evaluation.site.changes import ValueChange, attached, value_changes
from evaluation.trace.movements import Movement, movements, prepare
from orchestration.release.integrity import MART

if TYPE_CHECKING:
    import duckdb

# Only what decides whether and how much a fact counts; keys and places move with the source files.
FACT_COLUMNS = (
    "status",
    "is_counted",
    "not_counted_reason",
    "quantity",
    "claimed_quantity",
    "evidence_grade",
    "period_key",
    "partner_key",
    "organisation_key",
)
INFO_COLUMNS = ("released_at", "data_as_of", "code_version", "input_fingerprint", "gate_status")


@dataclass(frozen=True)
class InfoChange:
    """One thing `release_info` says of both releases."""

    what: str
    before: str | None
    after: str | None

    @property
    def is_same(self) -> bool:
        """Whether both releases say the same."""
        return self.before == self.after


@dataclass(frozen=True)
class FactChange:
    """A fact that came, went, or says something else in one column. `change` is added, removed or the column."""

    indicator_key: str
    fact_key: str
    change: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """Everything that changed from one release to another."""

    before: str
    after: str
    info: list[InfoChange]
    values: list[ValueChange]
    facts: list[FactChange]
    movements: list[Movement]

    @property
    def fact_counts(self) -> dict[tuple[str, str], int]:
        """How many facts of an indicator came, went, or changed in a column; a fact may change in several."""
        counts: dict[tuple[str, str], int] = {}
        for fact in self.facts:
            counts[(fact.indicator_key, fact.change)] = counts.get((fact.indicator_key, fact.change), 0) + 1
        return counts


def compare(home: Path, before: str, after: str) -> Difference:
    """What changed from release `before` to release `after`; both must exist. Rows come in a fixed order."""
    with attached(*(release_folder(home, release_id) / MART for release_id in (before, after))) as connection:
        prepare(connection)
        return Difference(
            before, after, _info(connection), value_changes(connection), fact_changes(connection), movements(connection)
        )


def _info(connection: duckdb.DuckDBPyConnection) -> list[InfoChange]:
    columns = ", ".join(INFO_COLUMNS)
    (older,) = connection.execute(f"SELECT {columns} FROM older.release_info").fetchall()
    (newer,) = connection.execute(f"SELECT {columns} FROM newer.release_info").fetchall()
    return [
        InfoChange(column, _text(old), _text(new)) for column, old, new in zip(INFO_COLUMNS, older, newer, strict=True)
    ]


def fact_changes(connection: duckdb.DuckDBPyConnection) -> list[FactChange]:
    """Facts that came, went or say something else, of the marts attached as `older` and `newer`."""
    changed = " UNION ALL ".join(
        f"SELECT n.indicator_key, fact_key, '{column}' AS change, CAST(o.{column} AS VARCHAR), "
        f"CAST(n.{column} AS VARCHAR) FROM older.indicator_fact AS o "
        f"JOIN newer.indicator_fact AS n USING (fact_key) WHERE o.{column} IS DISTINCT FROM n.{column}"
        for column in FACT_COLUMNS
    )
    rows = connection.execute(f"""
        SELECT n.indicator_key, n.fact_key, 'added' AS change, NULL AS before, n.status AS after
        FROM newer.indicator_fact AS n ANTI JOIN older.indicator_fact AS o USING (fact_key)
        UNION ALL
        SELECT o.indicator_key, o.fact_key, 'removed', o.status, NULL
        FROM older.indicator_fact AS o ANTI JOIN newer.indicator_fact AS n USING (fact_key)
        UNION ALL {changed}
        ORDER BY 1, 2, 3
    """).fetchall()
    return [FactChange(*row) for row in rows]


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)
