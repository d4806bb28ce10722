"""Support sessions as every CRM has them: a start, and hours, minutes or an end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ingestion.apis.http import MalformedRecord
from ingestion.instants import parse_instant


def check_activity(row: Mapping[str, Any]) -> None:
    """Raises MalformedRecord for a session without a date, of a length that is none, or ending before it starts."""
    started = parse_instant("started_at", row.get("started_at"))
    for column in ("minutes", "hours"):
        if row.get(column) is not None:
            _check_length(column, row[column])
    if row.get("ended_at") is not None and parse_instant("ended_at", row["ended_at"]) < started:
        raise MalformedRecord("ended_at", "ends_before_start", "the session ends before it starts")


def _check_length(column: str, value: str) -> None:
    try:
        length = Decimal(value)
    except InvalidOperation:
        raise MalformedRecord(column, "not_a_number", f"{column} is no number") from None
    if not length.is_finite() or length < 0:
        raise MalformedRecord(column, "negative", f"{column} is negative")
