"""What a cluster body is told beside its figures: its returns, what was refused in them, what it returned otherwise
than platforms and CRMs hold it, why claims do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows


@dataclass(frozen=True)
class OwedReturn:
    """A return the body owes, and whether it is here."""

    period_key: str
    submitted_on: date | None
    submission_number: int | None
    is_received: bool
    is_waived: bool


@dataclass(frozen=True)
class RefusedRow:
    """A row of one of its current returns that is in no figure until it is corrected."""

    place: str
    column_name: str | None
    message: str


@dataclass(frozen=True)
class Task:
    """What the body has to settle: its return and a platform or CRM say different things of `about`."""

    period_key: str
    about: str | None
    task: str
    returned_place: str | None


@dataclass(frozen=True)
class NotCounted:
    """Facts of the body that do not count, by indicator and reason. `claimed` in the indicator's unit."""

    indicator_key: str
    reason: str
    facts: int
    claimed: Decimal


@dataclass(frozen=True)
class BodyNotes:
    """All of it for one body."""

    returns: tuple[OwedReturn, ...]
    refused: tuple[RefusedRow, ...]
    tasks: tuple[Task, ...]
    not_counted: tuple[NotCounted, ...]


_RETURNS = """
    SELECT partner_key, period_key, submitted_on, submission_number, is_received, is_waived
    FROM return_expected
    ORDER BY partner_key, period_key
"""
_REFUSED = """
    SELECT DISTINCT r.partner_key, q.place, q.column_name, q.message
    FROM quarantined_row AS q
    INNER JOIN return_expected AS r ON split_part(q.place, '#', 1) = r.file_name
    ORDER BY ALL
"""
_TASKS = """
    SELECT r.partner_key, r.period_key, coalesce(e.title, o.name) AS about, r.task, r.returned_place
    FROM reconciliation AS r
    LEFT JOIN dim_event AS e USING (event_key)
    LEFT JOIN dim_organisation AS o ON r.organisation_key = o.organisation_key
    WHERE r.partner_key IS NOT NULL AND r.task IS NOT NULL
    ORDER BY r.partner_key, r.period_key DESC, r.reconciliation_key
"""
_NOT_COUNTED = """
    SELECT partner_key, indicator_key, coalesce(not_counted_reason, status) AS reason, count(*) AS facts,
        CAST(sum(exact_claimed_quantity) / max(exact_per_unit) AS DECIMAL(18, 4)) AS claimed
    FROM indicator_fact
    WHERE NOT is_counted AND partner_key IS NOT NULL AND not_counted_reason IS DISTINCT FROM 'withheld'
    GROUP BY ALL
    ORDER BY partner_key, indicator_key, facts DESC, reason
"""


def read_tasks(mart: duckdb.DuckDBPyConnection) -> dict[str, list[Task]]:
    """What each body has to settle, the newest quarter first; none in a release of before November 2026."""
    tasks: dict[str, list[Task]] = {}
    if mart.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reconciliation'").fetchall():
        for row in rows(mart, _TASKS):
            tasks.setdefault(row.pop("partner_key"), []).append(Task(**row))
    return tasks


def read_bodies(mart: duckdb.DuckDBPyConnection) -> Mapping[str, BodyNotes]:
    """Of every body of the mart."""
    keys = [row["partner_key"] for row in rows(mart, "SELECT partner_key FROM dim_partner ORDER BY 1")]
    returns: dict[str, list[OwedReturn]] = {key: [] for key in keys}
    refused: dict[str, list[RefusedRow]] = {key: [] for key in keys}
    not_counted: dict[str, list[NotCounted]] = {key: [] for key in keys}
    tasks = read_tasks(mart)
    for row in rows(mart, _RETURNS):
        returns.setdefault(row.pop("partner_key"), []).append(OwedReturn(**row))
    for row in rows(mart, _REFUSED):
        refused.setdefault(row.pop("partner_key"), []).append(RefusedRow(**row))
    for row in rows(mart, _NOT_COUNTED):
        not_counted.setdefault(row.pop("partner_key"), []).append(NotCounted(**row))
    return {
        key: BodyNotes(tuple(returns[key]), tuple(refused[key]), tuple(tasks.get(key, ())), tuple(not_counted[key]))
        for key in keys
    }
