"""Financial-year quarters of the pretend programme, in the sandbox's own code."""

from __future__ import annotations

from datetime import date, timedelta

PERIODS = tuple(f"{year}-{(year + 1) % 100}-Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4))
FIRST_DAY = date(2023, 4, 1)
LAST_DAY = date(2025, 3, 31)


def period_of(day: date) -> str:
    """Quarter of a date: April to June is Q1 of the year that starts with it."""
    year = day.year if day.month >= 4 else day.year - 1
    return f"{year}-{(year + 1) % 100:02d}-Q{(day.month - 4) % 12 // 3 + 1}"


def starts_on(period: str) -> date:
    """First day of a quarter."""
    year, quarter = int(period[:4]), int(period[-1])
    return date(year + 1, 1, 1) if quarter == 4 else date(year, 1 + 3 * quarter, 1)


def ends_on(period: str) -> date:
    """Last day of a quarter."""
    first = starts_on(period)
    month = first.month + 3
    following = date(first.year + (month > 12), (month - 1) % 12 + 1, 1)
    return following - timedelta(days=1)
