"""The officer's own workbook back: cells coloured, comments that say what to do, and a sheet of all findings.

The workbook is what it was otherwise: drop-downs, formats, protection and tables stay, macros, pictures and shapes do
not. On the sheet of findings a warning can be confirmed with a reason; that sheet is read with the workbook when it is
handed in again.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.findings import ERROR, NOTE, WARNING, Finding
from ingestion.sources.returns.answer import Answer, Said, sheet_of
from ingestion.sources.returns.confirmations import END, HEADINGS, SHEET, START
from ingestion.sources.returns.put_back import Dropped, dropped_of, put_back

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.comments import Comment
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

COLOURS = {ERROR: "FFF4B6B6", WARNING: "FFFFE08A", NOTE: "FFCFE2F3"}
_AUTHOR = "wmip"
_MARK = "The check found:\n"
"""Begins what is ours of a comment: what stands before it is the officer's or the template's, and stays."""
_WIDTHS = (10, 15, 20, 8, 62, 24, 18, 36)
_LONGEST = 30_000
"""A cell of Excel holds 32,767 characters."""


class CannotMark(ValueError):
    """A file of a kind that no marked-up copy is made of."""


def write_marked_up(path: Path, answer: Answer, to: Path) -> None:
    """Write the marked-up copy of a workbook. Raises CannotMark for a file that is no .xlsx or .xlsm."""
    from openpyxl import load_workbook

    if path.suffix.lower() not in {".xlsx", ".xlsm"} or answer.refused is not None:
        raise CannotMark("a marked-up copy is made of an .xlsx workbook that can be read; save it so and try again")
    with warnings.catch_warnings():
        # Of what openpyxl cannot keep it warns one part at a time; nothing of the template is among it.
        warnings.simplefilter("ignore")
        try:
            book, dropped = load_workbook(path, rich_text=True), dropped_of(path)
        except Exception:  # noqa: BLE001 - it raises whatever it meets, and the reader takes more than it does
            raise CannotMark(
                "it can be read, and not be marked up, as parts of it are not as Excel writes them; open it, save it "
                "and try again"
            ) from None
        said_before = _reasons(book)
        _unmark(book)
        for (sheet, cell), findings in _by_cell(answer.findings).items():
            if sheet in book.sheetnames:
                _mark(book[sheet], cell, findings)
        _findings_sheet(book, answer, said_before, dropped)
        # By openpyxl, in the order of the sheets.
        parts = {sheet.title: f"xl/worksheets/sheet{at}.xml" for at, sheet in enumerate(book.worksheets, 1)}
        book.save(to)
        put_back(to, dropped, parts)


def _by_cell(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.cell:
            found.setdefault((sheet_of(one), one.cell), []).append(one)
    return found


def _unmark(book: Workbook) -> None:
    """Take away what was marked before."""
    from openpyxl.styles import PatternFill

    if SHEET in book.sheetnames:
        del book[SHEET]
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and _MARK in cell.comment.text:
                    cell.comment = _before(cell.comment)
                    if cell.fill.fgColor.rgb in COLOURS.values():
                        cell.fill = PatternFill()


def _before(comment: Comment) -> Comment | None:
    """What was said of a cell before it was marked."""
    from openpyxl.comments import Comment

    said = comment.text.partition(_MARK)[0].rstrip()
    return Comment(said, comment.author, height=comment.height, width=comment.width) if said else None


def _mark(sheet: Worksheet, at: str, findings: list[Finding]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell: Any = sheet[_anchor(sheet, at)]
    gravest = min(findings, key=lambda one: (ERROR, WARNING, NOTE).index(one.severity)).severity
    cell.fill = PatternFill("solid", fgColor=COLOURS[gravest])
    said, author = (f"{cell.comment.text}\n\n", cell.comment.author) if cell.comment is not None else ("", _AUTHOR)
    text = said + _MARK + "\n\n".join(f"{one.severity.capitalize()}: {one.message}" for one in findings)
    cell.comment = Comment(text, author, height=30 + 18 * (1 + len(text) // 42), width=320)


def _anchor(sheet: Worksheet, at: str) -> str:
    """The cell itself, or the first of those it is merged with."""
    merged = next((found for found in sheet.merged_cells.ranges if at in found), None)
    return at if merged is None else str(merged.start_cell.coordinate)


def _reasons(book: Workbook) -> dict[tuple[str, str], str]:
    """Reasons that stand on a sheet of findings already, by rule and records."""
    if SHEET not in book.sheetnames:
        return {}
    rows = book[SHEET].iter_rows(values_only=True)
    return {(str(row[5]), str(row[6] or "")): str(row[7]) for row in rows if len(row) > 7 and row[7]}


def _findings_sheet(book: Workbook, answer: Answer, reasons: Mapping[tuple[str, str], str], dropped: Dropped) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(SHEET, 0)
    book.active = 0
    for other in book.worksheets[1:]:
        other.sheet_view.tabSelected = False
    counts = {severity: sum(one.severity == severity for one in answer.said) for severity in COLOURS}
    sheet["A1"] = f"Findings of {answer.file_name}"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"] = (
        f"{counts[ERROR]} to correct (their rows are refused), {counts[WARNING]} to look at, {counts[NOTE]} more. "
        "Quickest first. Where a warning is right as it stands, say why in the last column and hand this workbook in."
        + (
            " Pictures and shapes are left out of this copy; your own workbook has them."
            if dropped.has_pictures
            else ""
        )
    )
    sheet["A3"] = START
    sheet.append(HEADINGS)
    for cell in sheet[4]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFDDEBF7")
    for one in answer.said:
        _finding_row(sheet, one, reasons.get((one.rule, "\n".join(one.records)), ""))
    sheet.append([END])
    for row in (3, sheet.max_row):
        sheet.cell(row, 1).font = Font(color="FF595959", size=8)
    for at, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    for cells in sheet.iter_rows(min_row=4):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A5"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "4:4"


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _finding_row(sheet: Worksheet, one: Said, reason: str) -> None:
    from openpyxl.styles import Font, PatternFill

    cells = ", ".join(one.cells)[:_LONGEST]
    records = "\n".join(one.records)[:_LONGEST]
    row = sheet.max_row + 1
    for at, value in enumerate(
        (one.severity.capitalize(), one.sheet, cells, len(one.cells), _begun(one.message), one.rule, records, reason), 1
    ):
        cell: Cell = sheet.cell(row, at, value)
        if isinstance(value, str):
            # A text stays a text, whatever it begins with.
            cell.data_type = "s"
    sheet.cell(row, 1).fill = PatternFill("solid", fgColor=COLOURS[one.severity])
    # Programs that open it do not all fit the height to wrapped text.
    lines = [-(-len(text) // width) for text, width in ((cells, 18), (one.message, 56), (reason, 32), (one.rule, 22))]
    sheet.row_dimensions[row].height = min(400, 15 * max(1, len(one.records), *lines))
    first = one.cells[0]
    if first[-1].isdecimal() and first[0].isupper():
        from openpyxl.worksheet.hyperlink import Hyperlink

        link = sheet.cell(row, 3)
        quoted = one.sheet.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{first}", display=cells)
        link.font = Font(color="FF0563C1", underline="single")
