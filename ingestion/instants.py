"""Instants as sources write them, and the day of the programme on which they fall."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.apis.http import MalformedRecord


def programme_day(instant: datetime) -> date:
    """The day of an instant where the programme is (WMIP_TIME_ZONE); of a time without a zone, the date as it stands.

    The models do the same (`dbt_project/macros/programme_time.sql`).
    """
    if instant.tzinfo is None:
        return instant.date()
    return instant.astimezone(ZoneInfo(os.environ.get("WMIP_TIME_ZONE", "Europe/London"))).date()


def parse_instant(column: str, value: Any) -> datetime:
    """An ISO 8601 instant in UTC. Raises MalformedRecord when it is missing or is none."""
    if not value:
        raise MalformedRecord(column, "missing", f"{column} is empty")
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise MalformedRecord(column, "not_a_time", f"{column} is not an ISO 8601 time") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
