"""What the return workbook says while people type: drop-downs, limits, hints, and colours.

Dates are compared with plain numbers and no rule is a function: exceljs makes NaN of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ingestion.files.values import WHOLE
from ingestion.sources.returns.contract import Column, ReturnContract, Table
from ingestion.sources.returns.rules import quarter_days

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

LAST_ROW = 2000
"""The last row of a sheet that is prepared; rows below it are read all the same."""
HINT: dict[str, Any] = {"x_scale": 2.2, "y_scale": 1.3, "font_size": 9, "author": ""}
_FIRST_DATE = date(2000, 1, 1)
_DAY_0 = date(1899, 12, 30)
# What Excel takes of a hint.
_TITLE, _MESSAGE = 32, 255


class Lists:
    """The values of drop-downs, on a hidden sheet of their own, each list once."""

    def __init__(self, contract: ReturnContract, periods: Sequence[str], sheet: str) -> None:
        self._sheet = sheet
        self._lists: list[tuple[str, ...]] = []
        for table in contract.tables:
            for column in table.columns:
                values = tuple(periods) if column.kind == "period" else tuple(column.allowed)
                if values and values not in self._lists:
                    self._lists.append(values)
        self._periods = tuple(periods)

    def of(self, column: Column) -> str | None:
        """Where the values of a column stand; None for one without a list."""
        values = self._periods if column.kind == "period" else tuple(column.allowed)
        if not values:
            return None
        letter = _letter(self._lists.index(values))
        return f"{self._sheet}!${letter}$1:${letter}${len(values)}"

    def write(self, sheet: Worksheet) -> None:
        """Write them."""
        for at, values in enumerate(self._lists):
            sheet.write_column(0, at, values)
        sheet.protect("")
        sheet.hide()


@dataclass(frozen=True)
class Place:
    """The cells of a column, below the headings."""

    table: Table
    at: int

    @property
    def first(self) -> int:
        """The first row, counted from 1."""
        return self.table.lead_rows + self.table.heading_rows + 2

    @property
    def cell(self) -> str:
        """The first cell, whose row moves."""
        return f"{_letter(self.at)}{self.first}"

    def range(self, at: int | None = None) -> str:
        """All of its cells, or those of another column of the table."""
        letter = _letter(self.at if at is None else at)
        return f"${letter}${self.first}:${letter}${LAST_ROW}"

    def beside(self, name: str) -> str:
        """The cell of another column in the same row."""
        return f"${_letter([column.name for column in self.table.columns].index(name))}{self.first}"

    @property
    def row(self) -> str:
        """All cells of the row."""
        return f"$A{self.first}:${_letter(len(self.table.columns) - 1)}{self.first}"


def rule_of(column: Column, lists: Lists, parent: str | None) -> dict[str, Any]:
    """What Excel lets into a column's cells, and the hint that it shows there. `parent`: where the references that it
    may hold stand: what does not stand there yet is asked about, not refused.
    """
    return {**(_limits(column, lists.of(column), parent) or {"validate": "any"}), **_hint(column)}


def cover_rule(column: Column) -> dict[str, Any] | None:
    """The same of a field of the cover."""
    limits = _limits(column, None, None)
    return {**limits, **_hint(column)} if limits else None


def _limits(column: Column, listed: str | None, parent: str | None) -> dict[str, Any] | None:
    if parent:
        said = f"It does not stand on the sheet of its own yet. Keep it, and add it there: {parent.partition('!')[0]}"
        return {"validate": "list", "source": f"={parent}", "error_type": "warning", "error_message": said}
    if listed:
        return {"validate": "list", "source": f"={listed}", "error_message": "Choose one of the list"}
    if column.kind == "yes_no":
        return {"validate": "list", "source": ["Yes", "No"], "error_message": "Yes or No"}
    if column.kind == "date":
        return {"validate": "date", "criteria": ">=", "value": _FIRST_DATE, "error_message": "A date, as dd/mm/yyyy"}
    if column.is_number:
        least, most = int(column.cell.least), int(column.cell.most)
        what = "A whole number" if column.kind in WHOLE else "A number, without a pound sign"
        return {
            "validate": "integer" if column.kind in WHOLE else "decimal",
            "criteria": "between",
            "minimum": least,
            "maximum": most,
            "error_message": f"{what}, from {least:,} to {most:,}",
        }
    return None


def _hint(column: Column) -> dict[str, Any]:
    if not column.guidance:
        return {}
    return {"input_title": column.heading[:_TITLE], "input_message": column.guidance[:_MESSAGE]}


def colours(table: Table, place: Place, lists: Lists, parent: str | None, period: str) -> Iterator[tuple[str, str]]:
    """Formulas that are true of the first cell of a column when it is wrong, missing or unusual, gravest first."""
    column, cell = table.columns[place.at], place.cell
    filled = f"LEN({cell})>0"
    listed = lists.of(column)
    if listed:
        yield "wrong", f"AND({filled},COUNTIF({listed},{cell})=0)"
    if parent:
        yield "wrong", f"AND({filled},COUNTIF({parent},{cell})=0)"
    if column.name == table.reference[-1]:
        yield "wrong", _stands_twice(table, place)
    if column.is_number:
        bounds = column.cell
        least = f"{cell}<={column.above}" if column.above is not None else f"{cell}<{bounds.least}"
        whole = f",{cell}<>INT({cell})" if column.kind in WHOLE else ""
        yield "wrong", f"AND({filled},IF(ISNUMBER({cell}),OR({least},{cell}>{bounds.most}{whole}),TRUE))"
    if column.kind == "date":
        yield "wrong", f"AND({filled},IF(ISNUMBER({cell}),{cell}<{(_FIRST_DATE - _DAY_0).days},TRUE))"
    yield from (("missing", formula) for formula in _missing_formulas(column, table, place))
    if column.expected_from is not None and column.expected_to is not None:
        outside = f"OR({cell}<{column.expected_from},{cell}>{column.expected_to})"
        yield "unusual", f"AND(ISNUMBER({cell}),{outside})"
    if column.kind == "date" and period:
        yield "unusual", f"AND(ISNUMBER({cell}),{cell}>{(quarter_days(period)[1] - _DAY_0).days})"


def _missing_formulas(column: Column, table: Table, place: Place) -> Iterator[str]:
    empty = f"LEN({place.cell})=0"
    if column.required:
        yield f"AND(COUNTA({place.row})>0,{empty})"
    for other, value in column.required_when.items():
        yield f'AND({place.beside(other)}="{table.column(other).label(value)}",{empty})'
    for other, value in column.required_unless.items():
        beside = place.beside(other)
        yield f'AND(LEN({beside})>0,{beside}<>"{table.column(other).label(value)}",{empty})'


def _stands_twice(table: Table, place: Place) -> str:
    """Whether the reference of the row stands in another row, within its organisation where that tells it apart."""
    names = [column.name for column in table.columns]
    parts = [*table.reference, *((table.within[1],) if table.within else ())]
    pairs = ",".join(f"{place.range(names.index(part))},{place.beside(part)}" for part in parts)
    given = ",".join(f"LEN({place.beside(part)})>0" for part in parts)
    return f"AND({given},COUNTIFS({pairs})>1)"


def is_missing(column: Column, row: Mapping[str, str | None]) -> bool:
    """Whether a row in landed form lacks a cell that it needs."""
    if row.get(column.name):
        return False
    return (
        column.required
        or any(row.get(other) == value for other, value in column.required_when.items())
        or any(row.get(other) not in (None, value) for other, value in column.required_unless.items())
    )


def whole_column(table: Table, at: int) -> str:
    """All cells of a table's column, as other sheets name them."""
    return f"'{table.sheet}'!{Place(table, at).range()}"


def _letter(at: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(at))
