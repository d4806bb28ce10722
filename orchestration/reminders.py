"""Reminders of returns, per body: what is due soon, overdue or sent back, by the calendar and the statuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from common.home import runs_folder, warehouse_file
from orchestration.configuration import RemindersConfiguration

# Returns that are missing or were sent back, with what stands in the way of reminding of them, by body and quarter.
_OWED = """
    SELECT expected.partner_key, expected.period_key, expected.due_on,
        expected.is_waived OR expected.is_locked AS is_settled,
        CASE WHEN status.status = 'returned' THEN coalesce(status.reason, 'without a reason') END AS sent_back_because
    FROM mart.return_expected AS expected
    LEFT JOIN mart.return_status AS status USING (partner_key, period_key)
    WHERE status.is_latest IS NOT false AND (NOT expected.is_received OR status.status = 'returned')
    ORDER BY ALL
"""
_LAST_TOLD = """
    SELECT alerts.scope, max(nights.clock)
    FROM read_parquet(?) AS alerts
    INNER JOIN read_parquet(?) AS nights USING (run_id)
    WHERE alerts.alert = 'return_late' AND alerts.is_told
    GROUP BY ALL
"""


@dataclass(frozen=True)
class Reminder:
    """A return that a body owes. `is_late`: its day is over. `is_due`: whether to remind of it, else `why_not`."""

    partner_key: str
    period_key: str
    text: str
    is_late: bool
    is_due: bool
    why_not: str = ""

    @property
    def scope(self) -> str:
        """Body and quarter, as alerts name them."""
        return f"{self.partner_key}:{self.period_key}"


def due_reminders(home: Path, today: date, chosen: RemindersConfiguration) -> list[Reminder]:
    """Every return that is missing or was sent back, by the candidate of a home, whether to be reminded of or not.

    None where there is no candidate yet.
    """
    if not warehouse_file(home).exists():
        return []
    try:
        with duckdb.connect(str(warehouse_file(home)), read_only=True) as connection:
            rows = connection.execute(_OWED).fetchall()
    except duckdb.Error:
        # A night that ended before its marts stood.
        return []
    told = _last_told(home)
    return [
        _reminder(body, quarter, due_on, bool(is_settled), because, today, told.get(f"{body}:{quarter}"), chosen)
        for body, quarter, due_on, is_settled, because in rows
    ]


def _last_told(home: Path) -> dict[str, date]:
    """The day on which a body was last reminded of a return."""
    alerts, nights = (str(runs_folder(home) / "*" / table / "*.parquet") for table in ("night_alert", "night"))
    try:
        with duckdb.connect() as connection:
            return {scope: at.date() for scope, at in connection.execute(_LAST_TOLD, [alerts, nights]).fetchall()}
    except duckdb.Error:
        return {}


def _reminder(
    body: str,
    quarter: str,
    due_on: date,
    is_settled: bool,
    sent_back_because: str | None,
    today: date,
    last_told: date | None,
    chosen: RemindersConfiguration,
) -> Reminder:
    text = _text(body, quarter, due_on, sent_back_because, today)
    why_not = ""
    if is_settled:
        why_not = "waived or locked"
    elif not chosen.enabled:
        why_not = "reminders are off"
    elif sent_back_because is None and today < due_on - timedelta(days=chosen.days_before):
        why_not = f"due on {due_on}"
    elif last_told is not None and (today - last_told).days < chosen.every_days:
        why_not = f"reminded on {last_told}"
    is_late = due_on < today and sent_back_because is None and not is_settled
    return Reminder(body, quarter, text, is_late, not why_not, why_not)


def _text(body: str, quarter: str, due_on: date, sent_back_because: str | None, today: date) -> str:
    if sent_back_because is not None:
        return f"{body}: the return of {quarter} was sent back to you: {sent_back_because}. Please hand it in again."
    days = (due_on - today).days
    if days >= 0:
        when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        return f"{body}: the return of {quarter} is due {when}, on {due_on:%d %B %Y}."
    return (
        f"{body}: the return of {quarter} was due on {due_on:%d %B %Y}, {-days} day(s) ago, and is not here. Until it "
        "is, its figures are missing from the programme's."
    )
