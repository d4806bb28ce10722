"""Workbooks of LibreOffice (.ods), read from their XML.

Calamine gives a duration of more than a day as text and a shorter one as a time, refuses a file whose XML is indented,
and takes for empty what LibreOffice says is an error (`findings/calamine-opendocument.sh`). Here a duration is a
`timedelta` whatever its length; a boolean, which LibreOffice writes as the formula `TRUE()`, is a boolean.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ingestion.files.archives import UNREADABLE_ARCHIVE, refuse_if_too_large
from ingestion.files.sheets import Area, Sheet, refusal, shown_names
from ingestion.files.values import NoValue
from ingestion.files.xml_parts import feed, xml_parser
from ingestion.findings import RefusedFile

DAMAGED = (
    "cannot be opened as an .ods workbook: it is damaged, or was cut off on its way; copy it again, or open it in "
    "LibreOffice and save it again"
)
_LOCKED = (
    "asks for a password, so that nothing of it can be read; open it in LibreOffice and save it under File > Save As "
    "without 'Save with password'"
)
_OFFICE, _TABLE, _TEXT, _CALC = (
    *(f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0 " for name in ("office", "table", "text")),
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 ",
)
_BLANKS = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
_CLOCK = re.compile(r"\d{1,4}:[0-5]\d(:[0-5]\d)?", re.ASCII)
_ERROR = re.compile(r"#[A-Z0-9/!?_]{1,20}|Err:\d{1,4}")
_BOOLEAN = {"of:=TRUE()": True, "of:=FALSE()": False}
_LONGEST_TEXT = 1_000_000


class OpenDocumentBook:
    """An open workbook that is within the limits. Raises RefusedFile when made of what is no such workbook."""

    def __init__(self, path: Path) -> None:
        content = _Content()
        try:
            with zipfile.ZipFile(path) as archive:
                refuse_if_too_large(archive)
                if "META-INF/manifest.xml" in archive.namelist() and _is_encrypted(archive):
                    raise RefusedFile(_LOCKED)
                parser = xml_parser(DAMAGED)
                parser.StartElementHandler, parser.EndElementHandler = content.start, content.end
                parser.CharacterDataHandler = content.text
                feed(parser, archive, "content.xml")
        except (*UNREADABLE_ARCHIVE, KeyError, OSError, ValueError, OverflowError, expat.ExpatError) as error:
            raise refusal(error, DAMAGED) from None
        names = shown_names(sheet.name for sheet in content.sheets)
        self.sheets = dict(zip(names, content.sheets, strict=False))
        self._rows = {sheet.name: rows for sheet, rows in zip(content.sheets, content.rows, strict=True)}

    def cells(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        rows = self._rows[sheet.name]
        for number in range(1, sheet.last_row + 1):
            yield number, list(rows.get(number, ()))


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    found = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "encryption-data":
            found.append(name)

    parser = xml_parser(DAMAGED)
    parser.StartElementHandler = start
    feed(parser, archive, "META-INF/manifest.xml")
    return bool(found)


class _Content:
    """Goes through the elements of `content.xml`: sheets, rows, cells. Repeated blanks are counted, not kept."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.rows: list[dict[int, list[Any]]] = []
        self._depth = self._beside = 0
        self._row = self._column = 0
        self._repeats = 1
        self._cells: list[tuple[int, Any]] = []
        self._cell: dict[str, str] = {}
        self._texts: list[str] = []
        self._in_text = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._beside or name in _BESIDE:
            self._beside += 1
        elif name == f"{_TABLE}table":
            self._start_table(attributes)
        elif self._depth != 1:
            return
        elif name == f"{_TABLE}table-row":
            self._start_row(attributes)
        elif name in _CELLS:
            self._cell, self._texts = attributes, []
        elif name in _TEXTS:
            self._in_text += 1
            if name == f"{_TEXT}p" and self._texts:
                self._texts.append("\n")
        elif name == f"{_TEXT}s" and self._in_text:
            self._texts.append(" " * min(int(attributes.get(f"{_TEXT}c", "1")), 100))
        elif name in (f"{_TEXT}tab", f"{_TEXT}line-break") and self._in_text:
            self._texts.append("\n")

    def text(self, text: str) -> None:
        if self._in_text and not self._beside:
            self._texts.append(_BLANKS.sub(" ", text))

    def end(self, name: str) -> None:
        if self._beside:
            self._beside -= 1
        elif name == f"{_TABLE}table":
            self._depth -= 1
        elif self._depth != 1:
            return
        elif name in _TEXTS:
            self._in_text -= 1
        elif name in _CELLS:
            self._end_cell()
        elif name == f"{_TABLE}table-row":
            self._end_row()

    def _start_table(self, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            name = attributes.get(f"{_TABLE}name", f"Sheet {len(self.sheets) + 1}")
            self.sheets.append(Sheet(name, shown_names([name])[0]))
            self.rows.append({})
            self._row = 0

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._repeats = int(attributes.get(f"{_TABLE}number-rows-repeated", "1"))
        self._column, self._cells = 0, []
        if attributes.get(f"{_TABLE}visibility", "visible") != "visible" and self._repeats < 1000:
            for row in range(self._row + 1, self._row + 1 + self._repeats):
                self.sheets[-1].hide(row)

    def _end_cell(self) -> None:
        repeats = int(self._cell.get(f"{_TABLE}number-columns-repeated", "1"))
        value = _value(self._cell, "".join(self._texts))
        first = self._column + 1
        self._column += repeats
        if value is None:
            return
        # Before any of it is kept: a repeated value fills as many cells as it says.
        self.sheets[-1].use(self._row + self._repeats, self._column)
        self._cells += [(column, value) for column in range(first, self._column + 1)]
        bottom = self._row + int(self._cell.get(f"{_TABLE}number-rows-spanned", "1"))
        right = self._column - 1 + int(self._cell.get(f"{_TABLE}number-columns-spanned", "1"))
        self.sheets[-1].merge(Area(self._row + 1, first, bottom, right))

    def _end_row(self) -> None:
        first = self._row + 1
        self._row += self._repeats
        if not self._cells:
            return
        cells: list[Any] = [None] * self._cells[-1][0]
        for column, value in self._cells:
            cells[column - 1] = value
        for row in range(first, self._row + 1):
            self.rows[-1][row] = cells
            for column, value in self._cells:
                if isinstance(value, NoValue):
                    self.sheets[-1].lacks(row, column, value)


_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_TEXTS = (f"{_TEXT}p", f"{_TEXT}h")
# Comments and drawings hold text that is not the cell's.
_BESIDE = (f"{_OFFICE}annotation", f"{_TABLE}shapes", f"{_OFFICE}forms", f"{_TABLE}tracked-changes")


def _value(attributes: dict[str, str], text: str) -> Any:
    """What a cell holds, None for nothing."""
    kind = attributes.get(f"{_OFFICE}value-type") or attributes.get(f"{_CALC}value-type")
    formula = attributes.get(f"{_TABLE}formula")
    if attributes.get(f"{_CALC}value-type") == "error" or (formula and _ERROR.fullmatch(text.strip())):
        shown = text.strip()
        return NoValue(shown if _ERROR.fullmatch(shown) else "#ERROR")
    if kind is None:
        return text[:_LONGEST_TEXT] or (NoValue() if formula else None)
    if kind == "string":
        return attributes.get(f"{_OFFICE}string-value", text)[:_LONGEST_TEXT] or None
    if formula in _BOOLEAN:
        return _BOOLEAN[formula]
    given = attributes.get(f"{_OFFICE}{_HOLDS.get(kind, 'value')}")
    if given is None:
        return NoValue()
    # SheetJS writes a duration as a number of days, and shows it as a time.
    return timedelta(days=float(given)) if kind == "float" and _CLOCK.fullmatch(text) else _typed(kind, given)


_HOLDS = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}


def _typed(kind: str, given: str) -> Any:
    if kind == "boolean":
        return given == "true"
    if kind == "date":
        return date.fromisoformat(given) if len(given) == 10 else datetime.fromisoformat(given[:26])
    if kind == "time":
        return _duration(given)
    return float(given)


def _duration(given: str) -> timedelta | str:
    found = _DURATION.fullmatch(given)
    if found is None:
        return given
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:4])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=float((found[5] or "0").replace(",", ".")))
    return -length if found[1] else length
