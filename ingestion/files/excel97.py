"""Workbooks of Excel 97 to 2003 (.xls), read by xlrd, which tells an error from an empty cell (calamine does not).

LibreOffice stores 0 for a formula that gives text, when it saves an .xlsx as .xls without calculating it
(`findings/libreoffice-xls-text-formula.sh`); nothing in the file tells it from a true 0. So here a formula of the value
0 has none: it is named at its cell and never taken for a number or a reference.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ingestion.files.sheets import Area, Sheet, refusal, shown_names
from ingestion.files.values import NoValue

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Cell

DAMAGED = (
    "cannot be opened as an .xls workbook: it is damaged, was cut off on its way, or comes from before 1997; open it "
    "in Excel and save it as Excel Workbook (.xlsx)"
)
_FORMULA, _FORMULA_OF_4 = 0x0006, 0x0406
_WORKSHEET, _BEGIN, _END = 0x0010, 0x0809, 0x000A
_ZERO = bytes(8)


class IsEncryptedError(Exception):
    """The workbook asks for a password."""


class Excel97Book:
    """An open workbook that is within the limits. Raises RefusedFile when made of what is no such workbook."""

    def __init__(self, content: bytes) -> None:
        import xlrd

        try:
            self._book: Book = xlrd.open_workbook(
                file_contents=content, formatting_info=True, logfile=io.StringIO(), ragged_rows=True
            )
            zeros = _zero_formulas(content)
        except xlrd.XLRDError as error:
            if "encrypted" in str(error):
                raise IsEncryptedError from None
            raise refusal(error, DAMAGED) from None
        except BaseException as error:  # noqa: BLE001
            raise refusal(error, DAMAGED) from None
        self.sheets = {
            shown: self._examined(at, shown, zeros[at] if at < len(zeros) else [])
            for at, shown in enumerate(shown_names(self._book.sheet_names()))
        }
        self._numbers = {sheet.name: at for at, sheet in enumerate(self.sheets.values())}

    def cells(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        opened = self._book.sheet_by_index(self._numbers[sheet.name])
        for row in range(opened.nrows):
            yield row + 1, [self._value(cell) for cell in opened.row(row)]

    def _examined(self, at: int, shown: str, zeros: list[tuple[int, int]]) -> Sheet:
        opened = self._book.sheet_by_index(at)
        sheet = Sheet(opened.name, shown)
        if opened.nrows and opened.ncols:
            sheet.use(opened.nrows, opened.ncols)
        for row, details in sorted(opened.rowinfo_map.items()):
            if details.hidden:
                sheet.hide(row + 1)
        for top, bottom, left, right in opened.merged_cells:
            sheet.merge(Area(top + 1, left + 1, bottom, right))
        for row in range(opened.nrows):
            for column, kind in enumerate(opened.row_types(row)):
                if kind == _ERROR:
                    sheet.lacks(row + 1, column + 1, NoValue(_shown_error(opened.cell_value(row, column))))
        for row, column in zeros:
            sheet.lacks(row + 1, column + 1, NoValue())
        return sheet

    def _value(self, cell: Cell) -> Any:
        if cell.ctype == _BOOLEAN:
            return bool(cell.value)
        if cell.ctype != _DATE:
            return cell.value
        import xlrd.xldate

        style = self._book.format_map[self._book.xf_list[cell.xf_index].format_key].format_str.lower()
        if any(unit in style for unit in ("[h", "[m", "[s")):
            return timedelta(seconds=round(cell.value * 86_400))
        try:
            moment = xlrd.xldate.xldate_as_datetime(cell.value, self._book.datemode)
        except (ValueError, OverflowError):
            return cell.value
        if 0 <= cell.value < 1:
            return moment.time()
        return moment.date() if moment.time() == time() else _to_second(moment)


_DATE, _BOOLEAN, _ERROR = 3, 4, 5


def _to_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _shown_error(code: Any) -> str:
    from xlrd.biffh import error_text_from_code

    return str(error_text_from_code.get(code, "#ERROR"))


def _zero_formulas(content: bytes) -> list[list[tuple[int, int]]]:
    """Row and column (from 0) of the formulas whose stored value is the number 0, by sheet of cells in file order."""
    from xlrd.compdoc import CompDoc

    compound = CompDoc(content, logfile=io.StringIO())
    found: list[list[tuple[int, int]]] = []
    for name in ("Workbook", "Book"):
        stream, at, length = compound.locate_named_stream(name)
        if stream is not None:
            break
    else:
        return found
    end, is_sheet = at + length, False
    while at + 4 <= end:
        record, size = struct.unpack_from("<HH", stream, at)
        if record == _BEGIN and size >= 4:
            is_sheet = struct.unpack_from("<H", stream, at + 6)[0] == _WORKSHEET
            if is_sheet:
                found.append([])
        elif record in (_FORMULA, _FORMULA_OF_4) and size >= 14 and is_sheet:
            row, column, _, value = struct.unpack_from("<HHH8s", stream, at + 4)
            if value == _ZERO:
                found[-1].append((row, column))
        at += 4 + size
    return found
