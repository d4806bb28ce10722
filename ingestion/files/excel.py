"""Workbooks of Excel (.xlsx, .xlsm): their cells, read by calamine, and what calamine cannot tell.

To calamine an error (`#DIV/0!`) and a formula without a stored value are empty cells; here they are `NoValue`, found in
the sheet's own XML. The same pass over the XML bounds what calamine is given: it holds every cell from the first to the
last of a sheet, however few have a value. What a macro would do is never done: nothing here can run one.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ingestion.files.archives import UNREADABLE_ARCHIVE, refuse_if_too_large
from ingestion.files.sheets import Area, Sheet, refusal, shown_names
from ingestion.files.values import NoValue
from ingestion.files.xml_parts import feed, xml_parser
from ingestion.findings import RefusedFile

DAMAGED = (
    "cannot be opened as an .xlsx workbook: it is damaged, or was cut off on its way; copy it again, or open it in "
    "Excel and save it again"
)
_ERROR = re.compile(r"#[A-Z0-9/!?_]{1,20}")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_ELEMENTS = {f"{uri} {tag}": tag for uri in (_MAIN, _STRICT) for tag in ("c", "v", "is", "f", "row", "mergeCell")}


class ExcelBook:
    """An open workbook that is within the limits. Raises RefusedFile when made of what is no such workbook."""

    def __init__(self, path: Path) -> None:
        from python_calamine import CalamineWorkbook

        self.sheets = _examined(path)
        try:
            self._workbook = CalamineWorkbook.from_path(str(path))
        except BaseException as error:  # noqa: BLE001
            raise refusal(error, DAMAGED) from None

    def cells(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        try:
            opened = self._workbook.get_sheet_by_name(sheet.name)
            # Rows come from the first of the sheet, their cells from the first column in use.
            left = [None] * (opened.start[1] if opened.start else 0)
            for number, cells in enumerate(opened.iter_rows(), 1):
                yield number, [*left, *cells]
        except BaseException as error:  # noqa: BLE001
            raise refusal(error, DAMAGED) from None


def _examined(path: Path) -> dict[str, Sheet]:
    """The sheets of a workbook by their shown names. Raises RefusedFile when it is none or beyond the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_if_too_large(archive)
            parts = sheet_parts(archive)
            return {
                shown: _sheet(archive, part, name, shown)
                for shown, (name, part) in zip(shown_names(parts), parts.items(), strict=True)
            }
    except (*UNREADABLE_ARCHIVE, KeyError, OSError, ValueError, expat.ExpatError) as error:
        raise refusal(error, DAMAGED) from None


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Where the XML of each sheet of cells is, by name in the workbook's order."""
    names = {name.lower(): name for name in archive.namelist()}
    targets: dict[str, str] = {}
    for attributes in _elements(archive, names["xl/_rels/workbook.xml.rels"], "Relationship"):
        if attributes.get("Type", "").endswith("/worksheet"):
            target = posixpath.normpath(posixpath.join("/xl", attributes["Target"])).lstrip("/")
            targets[attributes["Id"]] = target
    found: dict[str, str] = {}
    for attributes in _elements(archive, names["xl/workbook.xml"], "sheet"):
        identifier = next((value for name, value in attributes.items() if name.rpartition(" ")[2] == "id"), "")
        part = names.get(targets.get(identifier, "").lower())
        if part is not None:
            found[attributes["name"]] = part
    return found


def _elements(archive: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == wanted:
            found.append(attributes)

    parser = xml_parser(DAMAGED)
    parser.StartElementHandler = start
    feed(parser, archive, part)
    return found


def _sheet(archive: zipfile.ZipFile, part: str, name: str, shown: str) -> Sheet:
    scan = _Scan(Sheet(name, shown))
    parser = xml_parser(DAMAGED)
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    try:
        feed(parser, archive, part)
    except expat.ExpatError:
        raise RefusedFile(f"the sheet {shown} is damaged; open the workbook in Excel and save it again") from None
    return scan.sheet


class _Scan:
    """Goes through the elements of a sheet's XML: where cells stand, and what those show that have no value."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._row = self._column = 0
        self._reference: str | None = None
        self._kind = ""
        self._formula = self._has_value = self._in_value = False
        self._shown = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _ELEMENTS.get(name)
        if tag is None:
            return
        if tag == "c":
            reference = attributes.get("r")
            if reference is None:
                self._find_place()
                self._column += 1
            self._reference = reference
            self._kind = attributes.get("t", "")
            self._formula = self._has_value = False
            self._shown = ""
        elif tag == "v":
            self._in_value = self._has_value = True
        elif tag == "is":
            self._has_value, self._shown = True, "text"
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            self._row, self._column, self._reference = int(attributes.get("r", self._row + 1)), 0, None
            if attributes.get("hidden") in ("1", "true"):
                self.sheet.hide(self._row)
        elif tag == "mergeCell":
            self.sheet.merge(_area(attributes.get("ref", "")))

    def text(self, text: str) -> None:
        if self._in_value and len(self._shown) < 40:
            self._shown += text

    def end(self, name: str) -> None:
        tag = _ELEMENTS.get(name)
        if tag == "v":
            self._in_value = False
        elif tag == "c" and (self._formula or self._has_value):
            self._cell()

    def _find_place(self) -> None:
        """Where the last cell stands; looked for only where it matters, as most cells of a form are blank."""
        if self._reference is not None:
            self._column, self._row = _place(self._reference)
            self._reference = None

    def _cell(self) -> None:
        self._find_place()
        self.sheet.use(self._row, self._column)
        if self._kind == "e":
            shown = self._shown.strip()
            self._note(NoValue(shown if _ERROR.fullmatch(shown) else "#ERROR"))
        elif self._formula and not self._shown and not (self._kind == "str" and self._has_value):
            self._note(NoValue())

    def _note(self, value: NoValue) -> None:
        self.sheet.lacks(self._row, self._column, value)


def _area(reference: str) -> Area:
    first, _, last = reference.partition(":")
    (left, top), (right, bottom) = (_place(corner) for corner in (first, last or first))
    return Area(top, left, bottom, right)


def _place(reference: str) -> tuple[int, int]:
    """Column and row (from 1) of a cell."""
    letters = reference.rstrip("0123456789")
    return _column(letters), int(reference[len(letters) :])


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column
