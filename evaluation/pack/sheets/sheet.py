"""Writing one sheet from top to bottom: titles, tables and totals, all in the same style and set up for print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from textwrap import wrap
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from evaluation.numbers import number_format
from evaluation.pack import wording

INK = "#1C2733"
QUIET = "#4D5B69"
HEADING = "#E6F0F1"
A4 = 9
LINE_POINTS = 13.5
# A column's width is in digits, than which letters are narrower; in bold less so. Excel's own width where none is set.
_LETTERS, _BOLD = 1.2, 1.08
_DEFAULT_WIDTH = 8.43


class Styles:
    """The cell formats of one workbook, each made once."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """The format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            base = {"font_name": "Arial", "font_size": 10, "font_color": INK, "valign": "top"}
            self._made[key] = self._workbook.add_format({**base, **properties})
        return self._made[key]


class Formula:
    """A live formula with the value it has now, for viewers that do not calculate."""

    def __init__(self, text: str, value: Decimal | int | str) -> None:
        self.text = text
        self.value = value


Value = Decimal | int | str | date | datetime | Formula | None


class Sheet:
    """One sheet. `row` is the next free row, counted from 0."""

    def __init__(
        self, workbook: Any, styles: Styles, name: str, title: str, *, footer: str, widths: Sequence[int]
    ) -> None:
        self.name = name
        self._styles = styles
        self._sheet = workbook.add_worksheet(name)
        self._widths = widths
        self._columns = len(widths)
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.set_paper(A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self._sheet.set_footer(f"&L{footer}&C&A&RPage &P of &N")
        self.row = 0
        self._sheet.set_row(0, 24)
        self._sheet.write_string(0, 0, title, styles.get(bold=True, font_size=16))
        self.row = 1

    def text(self, text: str, *, bold: bool = False, lines: int = 1) -> None:
        """A line of text over all columns."""
        style = self._styles.get(text_wrap=True, bold=bold, font_color=INK if bold else QUIET)
        if self._columns > 1:
            self._sheet.merge_range(self.row, 0, self.row, self._columns - 1, text, style)
        else:
            self._sheet.write_string(self.row, 0, text, style)
        self._make_room(max(lines, _lines(text, sum(self._widths) * _LETTERS)))
        self.row += 1

    def gap(self) -> None:
        """An empty row."""
        self.row += 1

    def heading(self, text: str) -> None:
        """The title of a table, with an empty row above it."""
        self.row += 1
        self._sheet.write_string(self.row, 0, text, self._styles.get(bold=True, font_size=12))
        self.row += 1

    def columns(
        self, headings: Sequence[str], *, freeze: bool = False, figures_from: int = 1, figures_to: int | None = None
    ) -> None:
        """The heads of a table; those from `figures_from` on, and before `figures_to`, stand over figures and to the
        right as they do. `freeze` keeps the heads in sight.
        """
        of_figures = range(figures_from, len(headings) if figures_to is None else figures_to)
        for column, text in enumerate(headings):
            style = self._styles.get(
                bold=True,
                text_wrap=True,
                bg_color=HEADING,
                bottom=1,
                **_aligned("right" if column in of_figures else "left", column),
            )
            self._sheet.write_string(self.row, column, text, style)
        self._make_room(max(_lines(text, self._width(at) * _BOLD) for at, text in enumerate(headings)))
        self.row += 1
        if freeze:
            self._sheet.freeze_panes(self.row, 1)
            self._sheet.repeat_rows(self.row - 1)

    def line(self, values: Sequence[Value], units: Sequence[str] | str = "", *, total: bool = False) -> int:
        """A row of a table. `units` says how its figures are shown, for each cell or for all. Returns the row."""
        for column, value in enumerate(values):
            unit = units if isinstance(units, str) else units[column]
            self._cell(column, value, unit, total)
        texts = ((at, value) for at, value in enumerate(values) if isinstance(value, str))
        self._make_room(max((_lines(text, self._width(at) * _LETTERS) for at, text in texts), default=1))
        self.row += 1
        return self.row - 1

    def table(self, name: str, headings: Sequence[str], rows: Sequence[Sequence[Decimal | str | None]]) -> None:
        """An Excel table with filters, which pivots and formulas know by `name`. What is None is an empty cell."""
        first = self.row
        for at, row in enumerate(rows, first + 1):
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    self._sheet.write_number(at, column, float(value))
                elif value:
                    self._sheet.write_string(at, column, value)
        self.row = first + 1 + len(rows)
        last = max(self.row - 1, first + 1)
        columns = [{"header": heading} for heading in headings]
        style = {"name": name, "columns": columns, "style": "Table Style Light 1"}
        self._sheet.add_table(first, 0, last, len(headings) - 1, style)
        self._sheet.freeze_panes(first + 1, 0)
        self._sheet.repeat_rows(first)

    def _width(self, column: int) -> float:
        return self._widths[column] if column < self._columns else _DEFAULT_WIDTH

    def _make_room(self, lines: int) -> None:
        """The height of the row that is being written: only Excel finds it by itself."""
        if lines > 1:
            self._sheet.set_row(self.row, LINE_POINTS * lines)

    def cell(self, row: int, column: int, *, fixed: bool = False) -> str:
        """The address of a cell of this sheet."""
        return str(xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed))

    def elsewhere(self, row: int, column: int) -> str:
        """The address of a cell as another sheet names it."""
        return f"'{self.name}'!{self.cell(row, column)}"

    def sum_of(self, first: int, last: int, column: int, value: Decimal | int) -> Formula:
        """The sum of a column from row to row."""
        return Formula(f"=SUM({self.cell(first, column)}:{self.cell(last, column)})", value)

    def _cell(self, column: int, value: Value, unit: str, total: bool) -> None:
        look: dict[str, Any] = {"bold": True, "top": 1} if total else {"bottom": 4, "bottom_color": "#B8BFC7"}
        if isinstance(value, Formula):
            cached = float(value.value) if isinstance(value.value, Decimal) else value.value
            self._sheet.write_formula(self.row, column, value.text, self._figure(value.value, unit, look), cached)
        elif isinstance(value, Decimal | int):
            self._sheet.write_number(self.row, column, float(value), self._figure(value, unit, look))
        elif isinstance(value, date):
            self._sheet.write_datetime(
                self.row, column, value, self._styles.get(num_format="d mmm yyyy", align="left", **look)
            )
        else:
            is_mark = value is not None and len(value) == 1
            style = self._styles.get(text_wrap=True, **_aligned("right" if is_mark else "left", column), **look)
            self._sheet.write_string(self.row, column, value or "", style)

    def _figure(self, value: Decimal | int | str, unit: str, look: dict[str, Any]) -> Any:
        """The format of a cell that holds a figure, or by its formula a mark."""
        return self._styles.get(
            num_format=_format_of(0 if isinstance(value, str) else value, unit), align="right", **look
        )


def _aligned(side: str, column: int) -> dict[str, Any]:
    """Text beside a figure keeps its distance."""
    return {"align": side} | ({"indent": 1} if side == "left" and column else {})


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a cell so many characters wide."""
    return sum(max(1, len(wrap(part, max(1, int(width))))) for part in text.split("\n"))


def _format_of(value: Decimal | int, unit: str) -> str:
    """`about GBP` shows a figure as approximate."""
    if unit.startswith("about "):
        return f'"about "{number_format(value, unit.removeprefix("about "))}'
    return number_format(value, unit)


def marked(value: Decimal | None, mark: str = wording.NOT_AVAILABLE) -> Decimal | str:
    """A figure, or the shorthand that says why there is none."""
    return mark if value is None else value
