"""Typed columns of the files people send: what a cell must hold, and what to say when it does not.

A checked value is landed as text in one plain form (dates ISO, numbers as decimals, choices as slugs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from ingestion.instants import programme_day
from ingestion.privacy import organisation_text

UNTOUCHED = "please select an option"
EMPTY = frozenset({"", UNTOUCHED, "please select"})
"""Text that stands for nothing, in lower case."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_PERIOD = re.compile(r"20\d\d-\d\d-Q[1-4]")


class BadValue(Exception):
    """A value that is not what its column takes. Carries a code, a class of value, and plain words."""

    def __init__(self, reason_code: str, value_class: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.value_class = value_class


@dataclass(frozen=True)
class Column:
    """One column of a table people fill in.

    `kind` is text, role (text in which no e-mail address may stand), open_text (no phone number either), date,
    serial_date (a date, or a day number as Excel counts them), ordered_date (the same; without a `form` a date that can
    be read in two ways is refused), number, whole, yes_no, choice, period, company_number or postcode; `form` is how
    the dates of a file are written, where that is declared: as strptime has it, for ordered_date one of DATE_ORDERS;
    `allowed` maps what may stand there to what is landed; bounds are in the column's own unit.
    """

    name: str
    heading: str
    kind: str = "text"
    required: bool = False
    allowed: Mapping[str, str] = field(default_factory=dict)
    minimum: Decimal | None = None
    above: Decimal | None = None
    maximum: Decimal | None = None
    required_when: Mapping[str, str] = field(default_factory=dict)
    required_unless: Mapping[str, str] = field(default_factory=dict)
    form: str | None = None

    @classmethod
    def from_contract(cls, entry: Mapping[str, Any]) -> Column:
        """A column as a contract file describes it."""
        bounds: dict[str, Any] = {
            name: Decimal(str(entry[name])) for name in ("minimum", "above", "maximum") if name in entry
        }
        rest: dict[str, Any] = {name: value for name, value in entry.items() if name not in bounds}
        return cls(**rest, **bounds)

    def read(self, raw: Any) -> str | None:
        """The value in its landed form, None when the cell is empty. Raises BadValue."""
        if is_empty(raw):
            if self.required:
                raise BadValue("missing", "empty", f"{self.heading} is empty; it must be filled in")
            return None
        return str(_READERS[self.kind](self, raw))


def is_empty(raw: Any) -> bool:
    """Blank cells and untouched drop-downs."""
    return raw is None or (isinstance(raw, str) and _plain(raw).lower() in EMPTY)


def value_class(raw: Any) -> str:
    """What kind of value stands there, without the value."""
    if is_empty(raw):
        return "empty"
    if isinstance(raw, bool):
        return "yes/no"
    if isinstance(raw, (date, datetime)):
        return "date"
    return "number" if isinstance(raw, (int, float, Decimal)) else "text"


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def _text(_column: Column, raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, (date, datetime)):
        return raw.isoformat()[:10]
    return _plain(str(raw))


def _role(column: Column, raw: Any) -> str:
    if "@" in str(raw):
        raise BadValue("names_a_person", "e-mail address", f"{column.heading} holds an e-mail address; write a role")
    return _text(column, raw)


_DATE_FORMS = ("%d/%m/%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_DAYS = range(1, 109_575)


def _date(column: Column, raw: Any) -> str:
    if isinstance(raw, datetime):
        return programme_day(raw).isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, str):
        text = _plain(raw)
        for form in _DATE_FORMS if column.form is None else (column.form,):
            try:
                return programme_day(datetime.strptime(text, form)).isoformat()  # noqa: DTZ007
            except ValueError:
                continue
        if column.form is None and _INSTANT.match(text):
            try:
                return programme_day(datetime.fromisoformat(text)).isoformat()
            except ValueError:
                pass
    example = date(2024, 3, 31).strftime(column.form or "%d/%m/%Y")
    raise BadValue("not_a_date", value_class(raw), f"{column.heading} is not a date; give one such as {example}")


def _serial_date(column: Column, raw: Any) -> str:
    """A date, or a day number as Excel counts them (1 is the last day of 1899)."""
    try:
        day = decimal_of(raw)
    except ValueError:
        return _date(column, raw)
    if day == day.to_integral_value() and int(day) in _EXCEL_DAYS:
        return (_EXCEL_DAY_0 + timedelta(days=int(day))).isoformat()
    raise BadValue("not_a_date", value_class(raw), f"{column.heading} is not a date; give one such as 31/03/2024")


DATE_ORDERS = ("day_first", "month_first")
_PARTS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: +\d{1,2}:\d\d(?::\d\d)?)?")


def _ordered_date(column: Column, raw: Any) -> str:
    """Numbers of day and month in the order `form` declares; ISO and Excel's dates need no order."""
    found = _PARTS.fullmatch(_plain(raw)) if isinstance(raw, str) else None
    if found is None:
        return _serial_date(replace(column, form=None), raw)
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    month_first = column.form == "month_first"
    if column.form is None and first != second:
        if first <= 12 and second <= 12:
            message = f"{column.heading} can be read in two ways; declare the order, {' or '.join(DATE_ORDERS)}"
            raise BadValue("ambiguous_date", "text", message)
        month_first = second > 12
    month, day = (first, second) if month_first else (second, first)
    try:
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except ValueError:
        order = f", {column.form.replace('_', ' ')}" if column.form else ""
        raise BadValue("not_a_date", "text", f"{column.heading} is not a date{order}") from None


def _open_text(column: Column, raw: Any) -> str:
    text = _text(column, raw)
    if organisation_text(text) is None:
        raise BadValue(
            "names_a_person", "contact", f"{column.heading} holds an e-mail address or phone number; take it out"
        )
    return text


def decimal_of(raw: Any) -> Decimal:
    """A number as people write it: `1,234.50`, `£1,234.50`, or a numeric cell. Raises ValueError."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, str)):
        raise ValueError("not a number")
    text = _plain(str(raw)).replace("£", "").replace(" ", "")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a number")
    return number


def plain_number(number: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(column: Column, raw: Any) -> str:
    try:
        number = decimal_of(raw)
    except ValueError:
        raise BadValue(
            "not_a_number", value_class(raw), f"{column.heading} is not a number; give one, such as 1250.50"
        ) from None
    if column.kind == "whole" and number != number.to_integral_value():
        raise BadValue("not_whole", "number", f"{column.heading} must be a whole number")
    if column.above is not None and number <= column.above:
        raise BadValue("too_small", "number", f"{column.heading} must be more than {column.above}")
    if column.minimum is not None and number < column.minimum:
        raise BadValue("too_small", "number", f"{column.heading} must be at least {column.minimum}")
    if column.maximum is not None and number > column.maximum:
        raise BadValue("too_large", "number", f"{column.heading} must be at most {column.maximum}")
    return plain_number(number)


def _yes_no(column: Column, raw: Any) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    answer = {"yes": "yes", "y": "yes", "no": "no", "n": "no"}.get(_plain(str(raw)).lower())
    if answer is None:
        raise BadValue("not_allowed", value_class(raw), f"{column.heading} takes Yes or No")
    return answer


def _choice(column: Column, raw: Any) -> str:
    known = {label.lower(): slug for label, slug in column.allowed.items()}
    slug = known.get(_plain(str(raw)).lower())
    if slug is None:
        raise BadValue("not_allowed", value_class(raw), f"{column.heading} takes one of: {', '.join(column.allowed)}")
    return slug


def _period(column: Column, raw: Any) -> str:
    text = _plain(str(raw)).upper()
    if not _PERIOD.fullmatch(text) or int(text[5:7]) != (int(text[2:4]) + 1) % 100:
        raise BadValue(
            "not_a_period",
            value_class(raw),
            f"{column.heading} takes a financial quarter, such as 2023-24-Q1",
        )
    return text


def _company_number(column: Column, raw: Any) -> str:
    """Eight characters; leading zeros are lost where a number was taken for one."""
    text = _text(column, raw).replace(" ", "").upper()
    if text.isascii() and text.isdecimal():
        text = text.zfill(8)
    if not re.fullmatch(r"[A-Z0-9]{8}", text):
        raise BadValue(
            "not_a_company_number",
            value_class(raw),
            f"{column.heading} is not a company number; it has eight characters, such as 01234567 or SC123456",
        )
    return text


_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def _postcode(column: Column, raw: Any) -> str:
    """Upper case with one space before the last three."""
    found = _POSTCODE.fullmatch(_text(column, raw).replace(" ", "").upper())
    if found is None:
        raise BadValue("not_a_postcode", value_class(raw), f"{column.heading} is not a postcode, such as B1 1AA")
    return f"{found[1]} {found[2]}"


_READERS = {
    "text": _text,
    "role": _role,
    "open_text": _open_text,
    "date": _date,
    "serial_date": _serial_date,
    "ordered_date": _ordered_date,
    "number": _number,
    "whole": _number,
    "yes_no": _yes_no,
    "choice": _choice,
    "period": _period,
    "company_number": _company_number,
    "postcode": _postcode,
}
