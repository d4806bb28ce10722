"""The return workbook that a person fills in, made from the contract that its reader uses.

A front sheet with instructions and progress, a sheet for each table, what is known so far, and the guidance. What gets
past the drop-downs, limits and colours is found by the reader. Reference: docs/decisions/0291.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.catalogue import return_contract
from ingestion.sources.returns.contract import ReturnContract
from ingestion.sources.returns.template_checks import Lists
from ingestion.sources.returns.template_cover import FrontSheet
from ingestion.sources.returns.template_sheet import Filled, TableSheet
from ingestion.sources.returns.template_styles import Styles
from ingestion.sources.returns.wording import needed, takes

if TYPE_CHECKING:
    from xlsxwriter import Workbook

GUIDANCE, SO_FAR, LISTS = "Guidance", "So far", "Lists"
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""A property of the file, so that one body and quarter has one workbook."""


@dataclass(frozen=True)
class Figure:
    """What is known of an indicator before the quarter. `target`: in words, as it was agreed."""

    name: str
    unit: str
    verified: float | None
    claimed: float | None
    forecast: float | None
    target: str


@dataclass(frozen=True)
class Known:
    """What the warehouse knows of a body before it fills in its return. `rows`: landed rows by table, to begin with;
    `figures`: up to the quarter `until`; `periods`: the quarters that the programme has.
    """

    rows: Filled = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    until: str = ""
    periods: Sequence[str] = ()


def write_template(path: Path, cover: Mapping[str, str], known: Known | None = None) -> None:
    """Write the workbook. `cover`: what is known of it by field name, such as `partner_code` and `period_key`."""
    import xlsxwriter

    contract, known = return_contract(), known or Known()
    # A text stays a text, whatever it begins with: a body's name comes from outside.
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": contract.title, "subject": cover.get("period_key", ""), "created": _WRITTEN})
        book.set_calc_mode("auto")
        styles = Styles(book)
        front = book.add_worksheet(contract.cover.sheet)
        lists = Lists(contract, known.periods, LISTS)
        for table in contract.tables:
            if not table.answers:
                TableSheet(book, contract, table, styles, lists, known.rows).write(cover)
        if known.figures:
            _so_far(book, styles, known, cover)
        _guidance(book, contract, styles)
        lists.write(book.add_worksheet(LISTS))
        FrontSheet(front, contract, styles, cover, known.rows).write()
        front.activate()


def _so_far(book: Workbook, styles: Styles, known: Known, cover: Mapping[str, str]) -> None:
    """What the body is known to have achieved before the quarter; nothing on it is read."""
    sheet = book.add_worksheet(SO_FAR)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 4, 16)
    sheet.set_column(5, 5, 40)
    sheet.write(0, 0, f"What is known of {cover.get('partner_name') or cover['partner_code']} so far", styles.title)
    said = f"Figures of your body up to {known.until}, as the programme holds them. Nothing here is read."
    sheet.merge_range(1, 0, 1, 5, said, styles.hint)
    sheet.set_row(0, 26)
    sheet.set_row(3, 30)
    headings = ["Indicator", "Unit", "Verified so far", "Claimed so far", "Forecast for this quarter", "Target"]
    sheet.write_row(3, 0, headings, styles.heading)
    for at, figure in enumerate(known.figures, 4):
        sheet.write(at, 0, figure.name, styles.label)
        sheet.write(at, 1, figure.unit, styles.label)
        for column, value in enumerate((figure.verified, figure.claimed, figure.forecast), 2):
            sheet.write(at, column, "-" if value is None else value, styles.figure)
        sheet.write(at, 5, figure.target, styles.wrapped)
    styles.print_set_up(sheet)
    styles.protect(sheet)


def _guidance(book: Workbook, contract: ReturnContract, styles: Styles) -> None:
    """What each column of each table means, as the contract says it."""
    sheet = book.add_worksheet(GUIDANCE)
    sheet.hide_gridlines(2)
    for at, width in enumerate((22, 28, 36, 66)):
        sheet.set_column(at, at, width)
    sheet.write(0, 0, "Guidance", styles.title)
    sheet.set_row(0, 26)
    sheet.write_row(1, 0, ["Section", "Column", "What it takes", "What it means"], styles.heading)
    at = 2
    for table in contract.tables:
        if table.answers:
            continue
        sheet.merge_range(at, 0, at, 3, f"{table.name}: {table.guidance}", styles.band)
        sheet.set_row(at, 15 * (1 + len(table.guidance) // 130) + 3)
        at += 1
        for column in table.columns:
            what = f"{needed(table, column).capitalize()}: {takes(column)}"
            what += f". For example {column.example}" if column.example else ""
            sheet.write_row(at, 0, [table.name, column.heading, what, column.guidance], styles.wrapped)
            sheet.set_row(at, 13.5 * max(1 + len(what) // 38, 1 + len(column.guidance) // 70) + 2)
            at += 1
    if contract.changes:
        sheet.merge_range(at, 0, at, 3, "What is new since the version before", styles.band)
        for change in contract.changes:
            at += 1
            sheet.merge_range(at, 0, at, 3, change, styles.wrapped)
            sheet.set_row(at, 15 * (1 + len(change) // 150) + 2)
    sheet.freeze_panes(2, 0)
    styles.print_set_up(sheet)
    sheet.repeat_rows(1)
    styles.protect(sheet)
