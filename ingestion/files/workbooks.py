"""Workbooks (.xlsx, .xlsm): their sheets' cells, read by calamine, and what calamine cannot tell.

To calamine an error (`#DIV/0!`) and a formula without a stored value are empty cells; here they are `NoValue`, found in
the sheet's own XML. The same pass over the XML bounds what calamine is given: it holds every cell from the first to the
last of a sheet, however few have a value.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ingestion.files.archives import UNREADABLE_ARCHIVE
from ingestion.files.limits import limits
from ingestion.files.values import NoValue
from ingestion.findings import RefusedFile, is_passing
from ingestion.persons.contact_details import WITHHELD, contact_in_code

_BLOCK = 1 << 20
_MEGABYTE = 1_000_000
_MOST_PARTS = 10_000
_MOST_NO_VALUES = 100_000
_ERROR = re.compile(r"#[A-Z0-9/!?_]{1,20}")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_DAMAGED = "cannot be opened as an .xlsx workbook; open and save it again in Excel"


@dataclass
class Sheet:
    """What the XML of a sheet says: the last row and column in use (from 1), and cells without a value, by row number
    and position in it. `name`: as it stands in the workbook, contact details and all.
    """

    name: str
    last_row: int = 0
    last_column: int = 0
    no_values: dict[int, dict[int, NoValue]] = field(default_factory=dict)


class Workbook:
    """An open workbook that is within the limits. Raises RefusedFile when made of what is no such workbook."""

    def __init__(self, path: Path) -> None:
        from python_calamine import CalamineWorkbook

        self._sheets = _examined(path)
        try:
            self._workbook = CalamineWorkbook.from_path(str(path))
        except BaseException as error:  # noqa: BLE001
            raise _refusal(error) from None

    @property
    def sheet_names(self) -> list[str]:
        """Names of the sheets that hold cells, in the workbook's order; in place of one that holds contact details its
        number. Rows are landed and findings placed by these names.
        """
        return list(self._sheets)

    def rows(self, name: str) -> Iterator[tuple[int, list[Any]]]:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        no_values = dict(self._sheets[name].no_values)
        number = 0
        try:
            sheet = self._workbook.get_sheet_by_name(self._sheets[name].name)
            # Rows come from the first of the sheet, their cells from the first column in use.
            left = [None] * (sheet.start[1] if sheet.start else 0)
            for number, cells in enumerate(sheet.iter_rows(), 1):
                yield number, _with([*left, *cells], no_values.pop(number, {}))
        except BaseException as error:  # noqa: BLE001
            raise _refusal(error) from None
        for further in sorted(no_values):
            for blank in range(number + 1, further):
                yield blank, []
            yield further, _with([], no_values[further])
            number = further


def _refusal(error: BaseException) -> BaseException:
    """What to raise for what was met in a workbook: calamine's panics are no `Exception`, and a disk that gives nothing
    tonight says nothing of the file.
    """
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, RefusedFile)) or is_passing(error):
        return error
    return RefusedFile(_DAMAGED)


def _with(cells: list[Any], no_values: dict[int, NoValue]) -> list[Any]:
    for at, value in no_values.items():
        cells += [None] * (at + 1 - len(cells))
        cells[at] = value
    return cells


def _examined(path: Path) -> dict[str, Sheet]:
    """The sheets of a workbook by name. Raises RefusedFile when it is none or beyond the limits."""
    if path.stat().st_size > limits().workbook_megabytes * _MEGABYTE:
        raise RefusedFile(f"the workbook is larger than {limits().workbook_megabytes} MB; split it, or give it as CSV")
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_if_too_large(archive)
            parts = enumerate(_parts(archive).items(), 1)
            return {(shown := _shown(name, at)): _sheet(archive, part, name, shown) for at, (name, part) in parts}
    except (*UNREADABLE_ARCHIVE, KeyError, OSError, ValueError, expat.ExpatError) as error:
        raise _refusal(error) from None


def _shown(name: str, number: int) -> str:
    return f"{WITHHELD} {number}" if contact_in_code(name) else name


def _refuse_if_too_large(archive: zipfile.ZipFile) -> None:
    members, bound = archive.infolist(), limits()
    if len(members) > _MOST_PARTS:
        raise RefusedFile(f"the workbook has more than {_MOST_PARTS:,} parts; save its sheets in a new one")
    if sum(member.file_size for member in members) > bound.parts_megabytes * _MEGABYTE:
        raise RefusedFile(f"the workbook is larger than {bound.parts_megabytes} MB unpacked; split it")
    for member in members:
        if member.file_size > bound.part_megabytes * _MEGABYTE:
            raise RefusedFile(f"a part of the workbook is larger than {bound.part_megabytes} MB unpacked; split it")
        if member.file_size > _BLOCK and member.file_size > bound.ratio * max(1, member.compress_size):
            raise RefusedFile(
                f"a part of the workbook is more than {bound.ratio} times as large as packed: nearly all of it is the "
                "same; save what is used of it in a new workbook"
            )


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
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

    parser = _parser()
    parser.StartElementHandler = start
    _fed(parser, archive, part)
    return found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: Any) -> None:
        raise RefusedFile(_DAMAGED)

    # No workbook has one: its entities could be as large as they like.
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _fed(parser: expat.XMLParserType, archive: zipfile.ZipFile, part: str) -> None:
    with archive.open(part) as packed:
        while block := packed.read(_BLOCK):
            parser.Parse(block, False)
    parser.Parse(b"", True)


def _sheet(archive: zipfile.ZipFile, part: str, name: str, shown: str) -> Sheet:
    scan = _Scan(Sheet(name), shown)
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    try:
        _fed(parser, archive, part)
    except expat.ExpatError:
        raise RefusedFile(f"the sheet {shown} is damaged; open the workbook in Excel and save it again") from None
    return scan.sheet


class _Scan:
    """Goes through the elements of a sheet's XML: where cells stand, and what those show that have no value."""

    def __init__(self, sheet: Sheet, shown: str) -> None:
        self.sheet = sheet
        self._name = shown
        self._row = self._column = 0
        self._kind = ""
        self._formula = self._has_value = self._in_value = False
        self._shown = ""
        self._no_values = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        uri, _, tag = name.rpartition(" ")
        if uri not in (_MAIN, _STRICT):
            return
        if tag == "c":
            self._column, self._row = _place(attributes.get("r"), self._column, self._row)
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
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0

    def text(self, text: str) -> None:
        if self._in_value and len(self._shown) < 40:
            self._shown += text

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "v":
            self._in_value = False
        elif tag == "c" and (self._formula or self._has_value):
            self._cell()

    def _cell(self) -> None:
        sheet = self.sheet
        sheet.last_row, sheet.last_column = max(sheet.last_row, self._row), max(sheet.last_column, self._column)
        if sheet.last_row * sheet.last_column > limits().cells:
            raise RefusedFile(
                f"the sheet {self._name} has cells down to row {sheet.last_row:,} and out to column "
                f"{sheet.last_column:,}: more than {limits().cells:,} from the first to the last; delete what is far "
                "away from the table, or give it as CSV"
            )
        if self._kind == "e":
            shown = self._shown.strip()
            self._note(NoValue(shown if _ERROR.fullmatch(shown) else "#ERROR"))
        elif self._formula and not self._shown and not (self._kind == "str" and self._has_value):
            self._note(NoValue())

    def _note(self, value: NoValue) -> None:
        self._no_values += 1
        if self._no_values > _MOST_NO_VALUES:
            raise RefusedFile(
                f"the sheet {self._name} has more than {_MOST_NO_VALUES:,} errors and formulas without a stored value; "
                "open the workbook in Excel and save it again"
            )
        self.sheet.no_values.setdefault(self._row, {})[self._column - 1] = value


def _place(reference: str | None, column: int, row: int) -> tuple[int, int]:
    """Column and row (from 1) of a cell; one that does not say stands after the one before."""
    if reference is None:
        return column + 1, row
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column, int(reference[len(letters) :])
