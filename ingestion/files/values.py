"""Typed columns of the files people send: what a cell must hold, and what to say when it does not.

A checked value is landed as text in one plain form (dates ISO, numbers as decimals, choices as slugs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from ingestion.files.encodings import is_damaged
from ingestion.files.written import hours_of, quotable, worded_date
from ingestion.instants import programme_day
from ingestion.persons.contact_details import CODE, NAME_OF_ORGANISATION, OPEN_TEXT, contact_in_code

UNTOUCHED = "please select an option"
EMPTY = frozenset({"", UNTOUCHED, "please select"})
"""Text that stands for nothing, in lower case."""
_LONGEST_EMPTY = 100
_EMPTY_BEGIN = frozenset(text[:1] for text in EMPTY)
UNSTORABLE = r"[\x00-\x08\x0e-\x1b\x7f\x{200b}\x{2060}\x{feff}]"
"""What no text column holds: control characters (PostgreSQL refuses what DuckDB stores) and blanks without width."""
_UNSTORABLE = re.compile(re.sub(r"\\x{(....)}", r"\\u\1", UNSTORABLE))
CONTROLS = r"[\x00-\x08\x0e-\x1b\x7f]"
"""Control characters."""
_CONTROL = re.compile(CONTROLS)
_SURROGATE = re.compile("[\ud800-\udfff]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_PERIOD = re.compile(r"20\d\d-\d\d-Q[1-4]")


@dataclass(frozen=True)
class Bounds:
    """The least and the most that numbers of a kind can be, both allowed."""

    least: Decimal
    most: Decimal


def _bounds(least: int, most: int) -> Bounds:
    return Bounds(Decimal(least), Decimal(most))


NUMBERS: Mapping[str, Bounds] = {
    "money": _bounds(-(10**9), 10**9),
    "award": _bounds(-(10**12), 10**12),
    "number": _bounds(-(10**12), 10**12),
    "whole": _bounds(0, 10**6),
    "headcount": _bounds(0, 10**5),
    "hours": _bounds(0, 168),
    "fte": _bounds(0, 10**5),
    "months": _bounds(0, 1200),
}
"""What a number of each kind can be in every file, whatever narrower bounds a column has; the workbook template takes
them too. Money of a return is in pounds; an `award` is published money in any currency.
"""
WHOLE = frozenset({"whole", "headcount"})
"""Kinds of numbers without a fraction."""


@dataclass(frozen=True)
class NoValue:
    """What looks empty to most readers and is not: a workbook's error, or a formula nobody has calculated; in JSON what
    has another shape than the standard.

    `shown` is what Excel shows for an error (`#DIV/0!`), None for such a formula; `instead` says what stands in JSON.
    """

    shown: str | None = None
    instead: str | None = None


@dataclass(frozen=True)
class Covered:
    """A cell below the first row of merged cells that hold something: nobody knows whether it is meant for every row.

    `area`: the merged cells, as `B5:B7`.
    """

    area: str


@dataclass(frozen=True)
class NotGiven:
    """A cell that says in words why it holds no value (`blanks` of the returns): `shown` are the words."""

    why: str
    shown: str


class BadValue(Exception):
    """A value that is not what its column takes. Carries a code, a class of value, and plain words."""

    def __init__(self, reason_code: str, value_class: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.value_class = value_class

    def quoting(self, raw: Any) -> BadValue:
        """The same with what stands in the cell, where that can name nobody."""
        shown = quotable(raw)
        return self if shown is None else BadValue(self.reason_code, self.value_class, f"{self} (found: {shown})")


@dataclass(frozen=True)
class Column:
    """One column of a table people fill in.

    `kind` is text (a code or reference, in which no contact details may stand), name_of_organisation or open_text (of
    which they are withheld, `ingestion.persons.contact_details`), date, partial_date (a date, a year and month, or a
    year), serial_date (a date, or a day number as Excel counts them), ordered_date (the same; without a `form` a date
    that can be read in two ways is refused), one of NUMBERS, yes_no, choice, period, company_number, postcode,
    postcodes, or one of which only that it was given lands (person, email, telephone); `form` is how the dates of a
    file are written, where that is declared: as strptime has it, for ordered_date one of DATE_ORDERS; `allowed` maps
    what may stand there to what is landed; bounds are in the column's own unit and narrow those of its kind. A column
    that is not `essential` is left empty, with a warning, where its value cannot be used: the rest of the row counts.
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
    essential: bool = True

    @classmethod
    def from_contract(cls, entry: Mapping[str, Any]) -> Column:
        """A column as a contract file describes it."""
        bounds: dict[str, Any] = {
            name: Decimal(str(entry[name])) for name in ("minimum", "above", "maximum") if name in entry
        }
        rest: dict[str, Any] = {name: value for name, value in entry.items() if name not in bounds}
        return cls(**rest, **bounds)

    @cached_property
    def choices(self) -> Mapping[str, str]:
        """What is landed by what may stand there, in lower case."""
        return {_plain(label).lower(): slug for label, slug in self.allowed.items()}

    @property
    def text_kind(self) -> str:
        """Which of the three kinds of text it holds; what is no text is as good as a code."""
        return self.kind if self.kind in (NAME_OF_ORGANISATION, OPEN_TEXT) else CODE

    @property
    def least(self) -> Decimal:
        """The least that a number of it can be (more than that, where `above` is set)."""
        given = [bound for bound in (self.minimum, self.above) if bound is not None]
        return max([NUMBERS[self.kind].least, *given])

    @property
    def most(self) -> Decimal:
        """The most that a number of it can be."""
        bound = NUMBERS[self.kind].most
        return bound if self.maximum is None else min(bound, self.maximum)

    def read(self, raw: Any) -> str | None:
        """The value in its landed form, None when the cell is empty. Raises BadValue."""
        if isinstance(raw, NoValue):
            raise _no_value(self, raw)
        if isinstance(raw, Covered):
            raise BadValue(
                "merged_cells",
                "merged",
                f"{self.heading} is part of the merged cells {raw.area}; unmerge them and fill in each row",
            )
        if isinstance(raw, str) and is_damaged(raw):
            raise BadValue(
                "damaged_text",
                "text",
                f"{self.heading} holds bytes that mean nothing in the file's encoding; type it again and save the file "
                "as UTF-8",
            )
        if is_empty(raw):
            if self.required:
                said = f"says {raw.shown!r}" if isinstance(raw, NotGiven) else "is empty"
                raise BadValue("missing", "empty", f"{self.heading} {said}; it must be filled in")
            return None
        try:
            return str(_READERS[self.kind](self, raw))
        except BadValue as bad:
            raise bad.quoting(raw) from None


def is_empty(raw: Any) -> bool:
    """Blank cells, untouched drop-downs, and cells that say why they hold nothing or are covered by another."""
    if isinstance(raw, str):
        if not raw:
            return True
        # Most cells are told by their first letter.
        begins = raw[0]
        if len(raw) >= _LONGEST_EMPTY or (begins.isalnum() and begins.lower() not in _EMPTY_BEGIN):
            return False
        return _plain(raw).lower() in EMPTY
    return raw is None or isinstance(raw, (Covered, NotGiven))


def value_class(raw: Any) -> str:
    """What kind of value stands there, without the value."""
    if isinstance(raw, NoValue):
        return "structure" if raw.instead else "formula" if raw.shown is None else "error"
    if isinstance(raw, Covered):
        return "merged"
    if is_empty(raw):
        return "empty"
    if isinstance(raw, bool):
        return "yes/no"
    if isinstance(raw, (date, datetime)):
        return "date"
    return "number" if isinstance(raw, (int, float, Decimal)) else "text"


def clean_text(text: str) -> str:
    """Text as it may be stored: without what no column holds. Every text of every reader passes here, or its twin for
    Arrow columns (`ingestion.storage.spool`).
    """
    if text.isascii() and text.isprintable():
        return text
    return _SURROGATE.sub("\ufffd", _UNSTORABLE.sub("", text))


def holds_controls(raw: Any) -> bool:
    """Whether a text holds control characters, with which it cannot be stored."""
    return isinstance(raw, str) and _CONTROL.search(raw) is not None


def _plain(text: str) -> str:
    return " ".join(clean_text(text).split())


def _no_value(column: Column, raw: NoValue) -> BadValue:
    if raw.instead is not None:
        return BadValue("not_one_value", "structure", f"{column.heading} cannot be read: {raw.instead}")
    if raw.shown is None:
        message = (
            f"{column.heading} holds a formula without a stored value; open the file in Excel and save it, or type"
        )
        return BadValue("formula_without_value", "formula", f"{message} the value")
    return BadValue("error_cell", "error", f"{column.heading} holds the error {raw.shown}; mend it, or type the value")


def _text(_column: Column, raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, (date, datetime)):
        return raw.isoformat()[:10]
    return _plain(str(raw))


def _code(column: Column, raw: Any) -> str:
    """A code or reference, in which nobody can be reached."""
    text = _text(column, raw)
    found = contact_in_code(text)
    if found:
        raise BadValue("names_a_person", "contact", f"{column.heading} holds {found.what}; take it out")
    return text


_DATE_FORMS = ("%d/%m/%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S")
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_DAYS = range(1, 109_575)
_YEARS = range(1600, 2201)


def _date(column: Column, raw: Any) -> str:
    found = _read_date(column, raw)
    if found is not None and found.year in _YEARS:
        return found.isoformat()
    example = date(2024, 3, 31).strftime(column.form or "%d/%m/%Y")
    raise BadValue("not_a_date", value_class(raw), f"{column.heading} is not a date; give one such as {example}")


def _read_date(column: Column, raw: Any) -> date | None:
    if isinstance(raw, datetime):
        return programme_day(raw)
    if isinstance(raw, date):
        return raw
    if isinstance(raw, str):
        text = _plain(raw)
        for form in _DATE_FORMS if column.form is None else (column.form,):
            try:
                return programme_day(datetime.strptime(text, form))  # noqa: DTZ007
            except ValueError:
                continue
        if column.form is None and _INSTANT.match(text):
            try:
                return programme_day(datetime.fromisoformat(text))
            except (ValueError, OverflowError):
                pass
        return worded_date(text) if column.form is None else None
    return None


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


_PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")


def _partial_date(column: Column, raw: Any) -> str:
    """A date, or as much of one as is known: a year, or a year and month, which land as they stand."""
    text = _text(column, raw)
    if _PARTIAL_DATE.fullmatch(text) and int(text[:4]) in _YEARS:
        return text
    return _date(column, raw)


_LONGEST_NUMERAL = 50
_FINEST = Decimal(1).scaleb(-20)
_WIDE = Context(prec=1100)
_NUMERAL = re.compile(
    r"([-+]?)£?([-+]?)(?:(\d+)|(\d{1,3}(?:(?:,\d{3})+|(?: \d{3})+)))(\.\d*)?([eE][-+]?\d{1,3})?", re.ASCII
)


def decimal_of(raw: Any) -> Decimal:
    """A number as people write it: `1,234.50`, `1 234.50`, `£1,234.50`, or a numeric cell. Raises ValueError.

    A numeral of more than 50 characters never becomes a number. What is finer than 20 places is rounded.
    """
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, str)):
        raise ValueError("not a number")
    if isinstance(raw, int) and raw.bit_length() > 4 * _LONGEST_NUMERAL:
        raise ValueError("not a number")
    text = _plain(str(raw)).replace("£ ", "£")
    if len(text) > _LONGEST_NUMERAL:
        raise ValueError("not a number")
    if text.startswith("."):
        text = f"0{text}"
    found = _NUMERAL.fullmatch(text)
    if found is None or (found[1] and found[2]):
        raise ValueError("not a number")
    digits = found[3] or found[4].replace(",", "").replace(" ", "")
    number = Decimal(f"{found[1] or found[2]}{digits}{found[5] or ''}{found[6] or ''}")
    exponent = number.as_tuple().exponent
    return number.quantize(_FINEST, context=_WIDE) if isinstance(exponent, int) and exponent < -20 else number


def plain_number(number: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = format(number if number else Decimal(0), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _hours(column: Column, raw: Any) -> str:
    """Hours as a number, or as a time or duration."""
    hours = hours_of(raw)
    return _number(column, raw if hours is None else hours)


def _number(column: Column, raw: Any) -> str:
    try:
        number = decimal_of(raw)
    except ValueError:
        example = "7.5 or 7:30" if column.kind == "hours" else "1250.50"
        raise BadValue(
            "not_a_number", value_class(raw), f"{column.heading} is not a number; give one, such as {example}"
        ) from None
    if column.above is not None and number <= column.above:
        raise BadValue("too_small", "number", f"{column.heading} must be more than {column.above}")
    if number < column.least:
        raise BadValue("too_small", "number", f"{column.heading} must be at least {column.least:,}")
    if number > column.most:
        raise BadValue("too_large", "number", f"{column.heading} must be at most {column.most:,}")
    if column.kind in WHOLE and number != number.to_integral_value():
        raise BadValue("not_whole", "number", f"{column.heading} must be a whole number")
    return plain_number(number)


# TRUE and FALSE stand in a .csv for what is a boolean in the workbook.
_ANSWERS = {"yes": "yes", "y": "yes", "true": "yes", "no": "no", "n": "no", "false": "no"}


def _yes_no(column: Column, raw: Any) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    # TRUE is a boolean in .xlsx; in .ods LibreOffice makes it a number, which says nothing.
    answer = _ANSWERS.get("yes" if raw is True else "no" if raw is False else _plain(str(raw)).lower())
    if answer is None:
        raise BadValue("not_allowed", value_class(raw), f"{column.heading} takes Yes or No")
    return answer


_MOST_LABELS = 12


def _choice(column: Column, raw: Any) -> str:
    slug = column.choices.get(_plain(str(raw)).lower())
    if slug is None:
        labels = list(column.allowed)
        more = f" and {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
        meant = get_close_matches(_plain(str(raw))[:100].lower(), [label.lower() for label in labels], 1, 0.8)
        near = next((f" (is {label} meant?)" for label in labels if label.lower() in meant), "")
        raise BadValue(
            "not_allowed",
            value_class(raw),
            f"{column.heading} takes one of: {', '.join(labels[:_MOST_LABELS])}{more}{near}",
        )
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


GIVEN = "given"
"""What lands of a person's name, address or telephone number: that it was given. Who it is stays in the original."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")


def _person(_column: Column, _raw: Any) -> str:
    return GIVEN


def _email(column: Column, raw: Any) -> str:
    if not _ADDRESS.fullmatch(_text(column, raw)):
        raise BadValue(
            "not_an_address",
            value_class(raw),
            f"{column.heading} is no e-mail address; give one such as name@body.org.uk",
        )
    return GIVEN


def _telephone(column: Column, raw: Any) -> str:
    import phonenumbers

    try:
        is_number = phonenumbers.is_possible_number(phonenumbers.parse(_text(column, raw), "GB"))
    except phonenumbers.NumberParseException:
        is_number = False
    if not is_number:
        raise BadValue(
            "not_a_telephone_number",
            value_class(raw),
            f"{column.heading} is no telephone number; give one with its area code, such as 0121 496 0000",
        )
    return GIVEN


def _postcodes(column: Column, raw: Any) -> str:
    """One postcode or more, with commas between them."""
    found = [_POSTCODE.fullmatch(part.replace(" ", "")) for part in _text(column, raw).upper().split(",")]
    if None in found:
        raise BadValue(
            "not_a_postcode",
            value_class(raw),
            f"{column.heading} is not a list of postcodes; give them with commas between, such as B1 1AA, B1 1AB",
        )
    return ", ".join(f"{one[1]} {one[2]}" for one in found if one)


_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def _postcode(column: Column, raw: Any) -> str:
    """Upper case with one space before the last three."""
    found = _POSTCODE.fullmatch(_text(column, raw).replace(" ", "").upper())
    if found is None:
        raise BadValue("not_a_postcode", value_class(raw), f"{column.heading} is not a postcode, such as B1 1AA")
    return f"{found[1]} {found[2]}"


_READERS = {
    "text": _code,
    NAME_OF_ORGANISATION: _text,
    OPEN_TEXT: _text,
    "date": _date,
    "serial_date": _serial_date,
    "ordered_date": _ordered_date,
    "partial_date": _partial_date,
    **dict.fromkeys(NUMBERS, _number),
    "hours": _hours,
    "yes_no": _yes_no,
    "choice": _choice,
    "period": _period,
    "company_number": _company_number,
    "postcode": _postcode,
    "postcodes": _postcodes,
    "person": _person,
    "email": _email,
    "telephone": _telephone,
}
COLUMN_KINDS = tuple(_READERS)
"""The kinds of columns that there are."""
