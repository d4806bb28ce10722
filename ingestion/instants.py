"""Instants as APIs write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingestion.http import MalformedRecord


def parse_instant(column: str, value: Any) -> datetime:
    """An ISO 8601 instant in UTC. Raises MalformedRecord when it is missing or is none."""
    if not value:
        raise MalformedRecord(column, "missing", f"{column} is empty")
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise MalformedRecord(column, "not_a_time", f"{column} is not an ISO 8601 time") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
