"""Times without a date order: `7/8/24 09:30` is July or August. What all rows of a file allow decides, no guess.

A month's English name leaves no question: `Jul 8, 2024 09:30` is the same in every order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ingestion.findings import RefusedFile

ORDERS = ("dmy", "mdy", "ymd")
_STAMP = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4}),?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*(?:([ap])\.?\s*m\.?)?",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(rf"({'|'.join(_MONTHS)})[a-z]*\.? (\d{{1,2}}),? (\d{{4}})\b", re.IGNORECASE)


@dataclass(frozen=True)
class SiteClock:
    """Reads the times of a file without zone: in its date order, on the clocks of the site it comes from."""

    order: str
    zone: ZoneInfo

    def instant(self, text: str | None) -> str | None:
        """ISO 8601 in UTC; None for what is no time."""
        found = read_stamp(text, self.order) if text else None
        return None if found is None else found.replace(tzinfo=self.zone).astimezone(UTC).isoformat()


def date_order(texts: Iterable[str], preferred: str | None = None) -> str:
    """The one order (dmy, mdy or ymd) in which every time can be read; text that is no time is left aside.

    With several, all must give the same instants, or `preferred` (the site's setting) must be one of them. Raises
    RefusedFile: a file read the wrong way round would put people into other quarters without anybody noticing.
    """
    given = [text for text in texts if _matched(text, "ymd")]
    read = {order: _all(given, order) for order in ORDERS}
    possible = {order: instants for order, instants in read.items() if instants is not None}
    if not given or not possible:
        raise RefusedFile("times are in no order of day, month and year that fits all rows; export the report again")
    distinct = {tuple(instants) for instants in possible.values()}
    if len(distinct) == 1:
        return next(iter(possible))
    if preferred in possible:
        return str(preferred)
    raise RefusedFile(
        f"dates can be read as {' or as '.join(possible)}; set date_order for this source in wmip.yaml "
        "(dmy: day first, mdy: month first)"
    )


def _all(texts: list[str], order: str) -> list[datetime] | None:
    found = [read_stamp(text, order) for text in texts]
    return None if any(instant is None for instant in found) else [instant for instant in found if instant is not None]


def _matched(text: str, order: str) -> re.Match[str] | None:
    return _STAMP.fullmatch(_NAMED.sub(lambda found: _in_figures(found, order), " ".join(text.split()), count=1))


def _in_figures(named: re.Match[str], order: str) -> str:
    month = _MONTHS.index(named[1][:3].lower()) + 1
    return "/".join({"d": named[2], "m": str(month), "y": named[3]}[part] for part in order)


def read_stamp(text: str, order: str) -> datetime | None:
    """A date and time of day without a zone, or None when it is none in that order."""
    match = _matched(text, order)
    if match is None:
        return None
    first, second, third, hour, minute, seconds, half = match.groups()
    year, month, day = {"dmy": (third, second, first), "mdy": (third, first, second), "ymd": (first, second, third)}[
        order
    ]
    if len(year) == 3 or len(day) > 2 or len(month) > 2 or (order == "ymd" and len(year) < 4):
        return None
    on_the_clock = int(hour)
    if half:
        if not 1 <= on_the_clock <= 12:
            return None
        on_the_clock = on_the_clock % 12 + (12 if half.lower() == "p" else 0)
    full_year = int(year) + (2000 if len(year) < 4 else 0)
    try:
        # Without a zone on purpose: the report has none, the caller knows the site's.
        return datetime(full_year, int(month), int(day), on_the_clock, int(minute), int(seconds or 0))  # noqa: DTZ001
    except ValueError:
        return None
