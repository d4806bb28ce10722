"""The sheet of one table of the return workbook: headings with notes, cells to fill in, totals and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ingestion.sources.returns.contract import Column, ReturnContract, Table
from ingestion.sources.returns.template_checks import HINT, LAST_ROW, Lists, Place, colours, rule_of, whole_column
from ingestion.sources.returns.wording import heading, note

if TYPE_CHECKING:
    from xlsxwriter import Workbook

    from ingestion.sources.returns.template_styles import Styles

Filled = Mapping[str, Sequence[Mapping[str, str | None]]]
"""Rows in landed form, by table."""
_ROOM = 10
"""Blank rows that are shown below those that are filled in at first, at least."""
_PAGE = 130
_WIDTHS = {"open_text": 30, "name_of_organisation": 28, "date": 12, "yes_no": 11, "period": 13}


def cell_value(column: Column, landed: str) -> Any:
    """A landed value as it stands in a workbook."""
    if column.kind == "choice":
        return column.label(landed)
    if column.kind == "yes_no":
        return landed.capitalize()
    if column.kind == "date":
        return date.fromisoformat(landed)
    if column.is_number:
        number = Decimal(landed)
        return int(number) if number == number.to_integral_value() else float(number)
    return landed


class TableSheet:
    """Writes the sheet of a table, with the rows that are known at first."""

    def __init__(
        self, book: Workbook, contract: ReturnContract, table: Table, styles: Styles, lists: Lists, known: Filled
    ) -> None:
        self.book, self.contract, self.table, self.styles, self.lists = book, contract, table, styles, lists
        self.rows = known.get(table.table, ())
        self.headings_at = table.lead_rows + 1
        self.first = self.headings_at + 1
        self.shown = max(table.rows, len(self.rows) + _ROOM)
        widths = [_width(column) for column in table.columns]
        # A table of few columns takes the page's width too, so that it is not blown up in print.
        self.widths = [width * max(1, _PAGE / sum(widths)) for width in widths]

    def write(self, cover: Mapping[str, str]) -> None:
        """Write it. `cover`: what is known of the return."""
        table, styles = self.table, self.styles
        self.sheet = self.book.add_worksheet(table.sheet)
        last = len(table.columns) - 1
        for at, (column, width) in enumerate(zip(table.columns, self.widths, strict=True)):
            self.sheet.set_column(at, at, width, styles.room(column))
        self._head(last)
        headings = [
            {"header": heading(column), "header_format": styles.required if column.required else styles.heading}
            for column in table.columns
        ]
        self.sheet.add_table(
            self.headings_at,
            0,
            self.first + self.shown - 1,
            last,
            {"name": table.stream, "style": None, "columns": headings},
        )
        self._fill()
        for at, column in enumerate(table.columns):
            self._column(at, column, cover.get("period_key", ""))
        self.sheet.set_row(self.headings_at, 45)
        self.sheet.freeze_panes(self.first, 1)
        styles.print_set_up(self.sheet)
        self.sheet.repeat_rows(self.headings_at)
        styles.protect(self.sheet)

    def _head(self, last: int) -> None:
        """The rows above the headings: the tag, what the table is for, how much is filled in."""
        sheet, table, styles = self.sheet, self.table, self.styles
        for row in range(self.headings_at):
            for at in range(last + 1):
                sheet.write_blank(row, at, None, styles.step)
        sheet.write(0, 0, self.contract.tags.starts(table.table), styles.tag)
        sheet.write(0, 1, table.name, styles.title)
        sheet.set_row(0, 22)
        sheet.write_url(1, 0, f"internal:'{self.contract.cover.sheet}'!A1", styles.back, "Back to the cover")
        sheet.merge_range(1, 1, 1, last, table.guidance, styles.hint)
        sheet.set_row(1, 15 * (1 + int(len(table.guidance) / sum(self.widths[1:]))) + 2)
        place = Place(table, 0)
        sheet.write_formula(2, 0, f"=COUNTA({place.range()})", styles.total(None), len(self.rows))
        for at, column in enumerate(table.columns):
            if column.total:
                known = sum(Decimal(row.get(column.name) or 0) for row in self.rows)
                sheet.write_formula(2, at, f"=SUM({place.range(at)})", styles.total(column), float(known))

    def _fill(self) -> None:
        """What is known, each cell marked, and below it the cells to fill in."""
        for at, row in enumerate(self.rows, self.first):
            for position, column in enumerate(self.table.columns):
                value = row.get(column.name)
                if value:
                    style = self.styles.input(column, carried=True)
                    self.sheet.write(at, position, cell_value(column, value), style)
                else:
                    self.sheet.write_blank(at, position, None, self.styles.input(column))
        for at in range(self.first + len(self.rows), self.first + self.shown):
            for position, column in enumerate(self.table.columns):
                self.sheet.write_blank(at, position, None, self.styles.input(column))

    def _column(self, at: int, column: Column, period: str) -> None:
        """The note at a heading, what its cells take, and when they are coloured."""
        table = self.table
        self.sheet.write_comment(self.headings_at, at, note(table, column), HINT)
        parent = self._parent(column)
        area = (self.first, at, LAST_ROW - 1, at)
        self.sheet.data_validation(*area, rule_of(column, self.lists, parent))
        for style, formula in colours(table, Place(table, at), self.lists, parent, period):
            settings = {"type": "formula", "criteria": f"={formula}", "format": getattr(self.styles, style)}
            self.sheet.conditional_format(*area, {**settings, "stop_if_true": True})

    def _parent(self, column: Column) -> str | None:
        name = self.table.references.get(column.name)
        return whole_column(self.contract.table(name), 0) if name else None


def _width(column: Column) -> int:
    if column.allowed:
        return min(22, max(12, *(len(label) + 4 for label in column.allowed)))
    return _WIDTHS.get(column.kind, 14)
