"""How the return workbook looks: formats, protection without a password, and pages that fit."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ingestion.files.values import WHOLE
from ingestion.sources.returns.contract import Column

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

INK, PALE, LINE = "#1F3864", "#D9E2F3", "#BFBFBF"
INPUT, CARRIED = "#FFFDF0", "#DDEBF7"
MISSING, WRONG, UNUSUAL, DONE = "#F8CBAD", "#FF9B9B", "#DDD0F0", "#C6E0B4"


class Styles:
    """The formats of one workbook, each made when it is first used."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def _format(self, **settings: Any) -> Format:
        key = tuple(sorted(settings.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **settings})
        return self._made[key]

    @cached_property
    def title(self) -> Format:
        """The title of a sheet."""
        return self._format(bold=True, font_size=16, font_color=INK)

    @cached_property
    def subtitle(self) -> Format:
        """Whose return it is."""
        return self._format(bold=True, font_size=12, font_color="#404040")

    @cached_property
    def strong(self) -> Format:
        """What is done."""
        return self._format(bold=True)

    @cached_property
    def bar(self) -> Format:
        """The bar of progress."""
        return self._format(font_color="#548235")

    @cached_property
    def tag(self) -> Format:
        """The cells by which the reader finds a table."""
        return self._format(font_size=7, font_color="#7F7F7F")

    @cached_property
    def step(self) -> Format:
        """A step of the instructions."""
        return self._format(text_wrap=True)

    @cached_property
    def hint(self) -> Format:
        """What a field means."""
        return self._format(italic=True, font_color="#595959", text_wrap=True, indent=1)

    @cached_property
    def heading(self) -> Format:
        """A heading that may stay empty below."""
        return self._format(bold=True, text_wrap=True, border=1, border_color=LINE, bg_color=PALE, font_color=INK)

    @cached_property
    def required(self) -> Format:
        """A heading below which every row has something."""
        return self._format(bold=True, text_wrap=True, border=1, border_color=LINE, bg_color=INK, font_color="#FFFFFF")

    @cached_property
    def label(self) -> Format:
        """The name of a field."""
        return self._format(border=1, border_color=LINE)

    @cached_property
    def link(self) -> Format:
        """A way to a sheet."""
        return self._format(font_color="#0563C1", underline=1, border=1, border_color=LINE)

    @cached_property
    def back(self) -> Format:
        """A way back to the front sheet."""
        return self._format(font_color="#0563C1", underline=1, font_size=9)

    @cached_property
    def fixed(self) -> Format:
        """What nobody changes."""
        return self._format(border=1, border_color=LINE, bg_color="#EDEDED", num_format="@")

    @cached_property
    def count(self) -> Format:
        """A whole number that fills itself."""
        return self._format(border=1, border_color=LINE, bg_color="#F7F7F7", num_format="0")

    @cached_property
    def figure(self) -> Format:
        """A figure that is known."""
        return self._format(border=1, border_color=LINE, num_format="#,##0.##", align="right", indent=1)

    @cached_property
    def state(self) -> Format:
        """How far a section is."""
        return self._format(border=1, border_color=LINE, bg_color="#F7F7F7")

    @cached_property
    def wrapped(self) -> Format:
        """A text of several lines."""
        return self._format(text_wrap=True, border=1, border_color=LINE, font_size=10)

    @cached_property
    def band(self) -> Format:
        """A line across."""
        return self._format(bold=True, bg_color=PALE, font_color=INK, text_wrap=True, border=1, border_color=LINE)

    @cached_property
    def missing(self) -> Format:
        """A cell that must be filled and is not."""
        return self._book.add_format({"bg_color": MISSING})

    @cached_property
    def wrong(self) -> Format:
        """A cell that cannot be right."""
        return self._book.add_format({"bg_color": WRONG})

    @cached_property
    def unusual(self) -> Format:
        """A cell that may be right."""
        return self._book.add_format({"bg_color": UNUSUAL})

    @cached_property
    def done(self) -> Format:
        """A section that is done."""
        return self._book.add_format({"bg_color": DONE})

    def total(self, column: Column | None) -> Format:
        """The sum above a column, or the number of rows."""
        number = '[=1]0" row";0" rows"' if column is None else f'"Total "{_number_format(column)}'
        return self._format(num_format=number, bold=True, font_size=9, align="left")

    def input(self, column: Column, *, carried: bool = False) -> Format:
        """A cell that people fill in; `carried`: one that was filled in for them."""
        fill = {"bg_color": CARRIED, "font_color": INK, "italic": True} if carried else {"bg_color": INPUT}
        return self._format(
            num_format=_number_format(column), locked=False, border=1, border_color=LINE, text_wrap=True, **fill
        )

    def room(self, column: Column) -> Format:
        """The cells of a column below those that are shown at first."""
        return self._format(num_format=_number_format(column), locked=False, text_wrap=True)

    @staticmethod
    def protect(sheet: Worksheet) -> None:
        """Keep headings and formulas from slips; whoever wants to change them lifts it, without a password."""
        allowed = ("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort", "autofilter")
        sheet.protect("", dict.fromkeys(allowed, True))

    @staticmethod
    def print_set_up(sheet: Worksheet) -> None:
        """A4 across, all columns on one page."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&8&F&C&8&A&R&8Page &P of &N")


def _number_format(column: Column) -> str:
    if column.kind == "date":
        return "dd/mm/yyyy"
    if column.kind == "money":
        return "#,##0.00"
    if column.kind in WHOLE:
        return "#,##0"
    return "#,##0.##" if column.is_number else "@"
