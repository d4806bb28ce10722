"""Dates and hours as people write them in words, and what of a wrong value a message may repeat."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? )?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WORDED = (
    re.compile(rf"{_WEEKDAY}{_DAY}(?: of)?[ \-/]*{_MONTH}[ ,\-/]*(?P<year>\d{{4}}|\d{{2}})", re.IGNORECASE | re.ASCII),
    re.compile(rf"{_WEEKDAY}{_MONTH} {_DAY},? (?P<year>\d{{4}})", re.IGNORECASE | re.ASCII),
)


def worded_date(text: str) -> date | None:
    """A date whose month is a word: `6 May 2025`, `4th July 2025`, `Tue 6 May 2025`, `06-May-25`, `May 6, 2025`.

    None for what is no such date, and where the day of the week is another.
    """
    found = next((found for form in _WORDED if (found := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    try:
        day = date(
            year + 2000 if year < 100 else year, _MONTHS.index(found["month"][:3].lower()) + 1, int(found["day"])
        )
    except ValueError:
        return None
    weekday = found["weekday"]
    return None if weekday and _DAYS[day.weekday()] != weekday.lower() else day


_CLOCK = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d)(?:\.0+)?)?", re.ASCII)
_SPOKEN = re.compile(
    r"(?:(?P<hours>\d{1,4}(?:\.\d+)?) ?(?:h|hrs?|hours?))?,?(?: and)? ?"
    r"(?:(?P<minutes>\d{1,4}) ?(?:m|mins?|minutes?))?\.?",
    re.IGNORECASE | re.ASCII,
)
# Excel counts the days of a time of more than 24 hours from here, where its cell is not formatted as a duration.
_TIMES_BEGIN, _TIMES_END = datetime(1899, 12, 31), datetime(1900, 3, 1)  # noqa: DTZ001 - workbooks hold naive times
_PLACES = Decimal("0.0001")


def hours_of(raw: Any) -> Decimal | None:
    """How many hours a time or duration is: a cell of either type, `7:30`, `7h 30m`, `7.5 hours`, `45 min`.

    None for what is neither. Rounded to four places.
    """
    seconds = _seconds(raw)
    if seconds is None:
        return None
    hours = seconds / 3600
    return hours if hours == hours.quantize(_PLACES) else hours.quantize(_PLACES)


def _seconds(raw: Any) -> Decimal | None:
    if isinstance(raw, datetime):
        is_time = raw.tzinfo is None and _TIMES_BEGIN <= raw < _TIMES_END
        return Decimal(str((raw - _TIMES_BEGIN).total_seconds())) if is_time else None
    if isinstance(raw, time):
        return Decimal(raw.hour * 3600 + raw.minute * 60 + raw.second)
    if isinstance(raw, timedelta):
        return Decimal(str(raw.total_seconds()))
    if not isinstance(raw, str):
        return None
    text = " ".join(raw.split())
    found = _CLOCK.fullmatch(text) or _SPOKEN.fullmatch(text)
    if found is None or not any(found.groupdict().values()):
        return None
    parts = found.groupdict(default="0")
    return Decimal(parts["hours"]) * 3600 + int(parts["minutes"]) * 60 + int(parts.get("seconds", "0"))


_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about am an and approx approximately april around aug august bn c ca circa dec december days each est
        feb february fri friday gbp half hour hours hr hrs jan january july june k least less m mar march may
        million min mins minutes mon monday more month months n na nd nil no none not nov november null of oct
        october one over p per plus pm q quarter rd sat saturday sep sept september st sun sunday tba tbc than th
        three thu thursday to tue tuesday two under up wed wednesday week weeks x y year years yes zero
        """,
    )
)
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST, _MOST_DIGITS = 30, 8
_DIGITS_TOGETHER = re.compile(r"\d{7}")


def quotable(raw: Any) -> str | None:
    """What a message may repeat of a value: figures, dates and the words that stand among them; None for all that could
    name or reach a person.
    """
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal, date, time, timedelta)):
        return None
    text = " ".join(str(raw).split())
    if not text or len(text) > _LONGEST or not text.isprintable():
        return None
    if sum(character.isdigit() for character in text) > _MOST_DIGITS or _DIGITS_TOGETHER.search(text):
        return None
    if "@" in text or not all(word.lower() in _WORDS for word in _LETTERS.findall(text)):
        return None
    return text
