"""Tables that offices publish as sheets for people: GDP deflators (HM Treasury) and subregional productivity (ONS).

Reference: docs/sources/reference.md. A table is found by its headings, wherever they stand: editions move it by rows
and columns, and the Treasury puts the series of financial and of calendar years side by side. An edition replaces the
one before it whole; one series of deflators, or one sheet of productivity, alone leaves the other as it is. Nothing
is computed: a forecast year with a change and no level (`-`) gives no row.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.catalogue import SOURCES
from ingestion.files.delimited_text import strict_rows
from ingestion.files.encodings import open_text
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import heading_key
from ingestion.files.values import BadValue, Column
from ingestion.files.workbooks import Workbook
from ingestion.findings import Finding, RefusedFile
from ingestion.reader import Reader
from ingestion.storage.latest import read_latest

SOURCE = "published_statistics"
DEFLATORS, PRODUCTIVITY, EDITIONS = "gdp_deflators", "area_productivity", "editions"
_YEAR_KINDS = {"financial year": "financial_year", "calendar year": "calendar_year"}
_YEARS = {
    "financial_year": re.compile(r"((?:19|20)\d\d-\d\d)\b"),
    "calendar_year": re.compile(r"((?:19|20)\d\d)\b(?!-)"),
}
_BASE = re.compile(r"((?:19|20)\d\d(?:-\d\d)?)\s*=\s*100")
# Years are written 2024-25 and 2024/25, or with a longer dash.
_DASHES = str.maketrans("/\N{EN DASH}", "--")
_MONTHS = [name.lower() for name in calendar.month_name if name]
_MONTH = re.compile(rf"({'|'.join(_MONTHS)})[ _](20\d\d)", re.IGNORECASE)
_ISO_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])(?!\d)")
# Sheets of the ONS's workbook, by the measure that is read of them.
_SHEETS = {"B3": "gva_per_filled_job", "Productivity Jobs": "filled_jobs"}
_AREA = re.compile(r"TL[A-Z][A-Z0-9]{0,2}")
_LEVEL = re.compile(r"ITL[123]")
# A row of headings has at least so many years.
_FEWEST_YEARS = 3
_LOOKED_AT = 30
_VALUE = Column("value", "the figure", "number", required=True)
# Rows in which a title stands.
_TITLES = 3

Cells = Sequence[Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet (None: the file is a CSV), from the first."""

    name: str | None
    rows: list[Cells]

    def place(self, row: int) -> str:
        """Where a row is, counted from 0."""
        return f"{self.name or ''}!{row + 1}"


def recognises(path: Path) -> bool:
    """Whether a file holds one of the tables."""
    return _table_of(path) is not None


def open_reader(read: FileRead) -> FileReader:
    """What reads one file."""
    streams = SOURCES[SOURCE]
    seen = read_latest(read.home, SOURCE, streams.stream(EDITIONS), ("table_name", "edition"))

    def read_table(file: InboxFile) -> Iterator[Chunk]:
        table = _table_of(file.path)
        if table is None:
            raise RefusedFile("neither GDP deflators of HM Treasury nor subregional productivity of the ONS")
        newest = max((edition for name, edition in seen if name == table), default="")
        edition = edition_of(file.path)
        if edition < newest:
            raise RefusedFile(
                f"edition {edition} is older than {newest}, which is in use; drop the newest edition only"
            )
        rows: list[Row] = []
        findings: list[Finding] = []
        for found in (_deflators if table == DEFLATORS else _productivity)(file.path):
            (findings if isinstance(found, Finding) else rows).append(found)  # type: ignore[arg-type]
        if not rows:
            raise RefusedFile(
                f"no figures under the headings of {table.replace('_', ' ')}; give it as it was published"
            )
        constants = {"edition": edition, "file_name": file.path.name, "file_sha256": file.sha256}
        for row in rows:
            row |= {**constants, "_source_record": f"{file.sha256}:{row.pop('place')}"}
        is_whole = (
            _YEARS.keys() <= {row.get("year_kind") for row in rows} if table == DEFLATORS else not _is_csv(file.path)
        )
        yield Chunk(table, rows, findings, is_whole_list=is_whole and not findings)
        record = {"table_name": table, "rows_read": str(len(rows)), "_source_record": file.sha256}
        yield Chunk(EDITIONS, [{**constants, **record}])
        seen.append((table, edition))

    return read_table


def edition_of(path: Path) -> str:
    """Month of the edition (2026-06), by the file's name, else by the first month named in it. Raises RefusedFile."""
    if found := _ISO_MONTH.search(path.stem):
        return found[0]
    texts = (str(cell) for sheet in _sheets(path, _LOOKED_AT) for row in sheet.rows for cell in row if cell)
    for text in (path.stem, *texts):
        if found := _MONTH.search(text):
            return f"{found[2]}-{_MONTHS.index(found[1].lower()) + 1:02d}"
    raise RefusedFile(
        "neither the name nor the first sheet says the month of the edition; put it into the name, such as "
        f"{path.stem} 2026-06{path.suffix}"
    )


def _table_of(path: Path) -> str | None:
    try:
        for sheet in _sheets(path, _LOOKED_AT):
            if _sheet_of(sheet, path) and _heading_row(sheet) is not None:
                return PRODUCTIVITY
            if _year_columns(sheet):
                return DEFLATORS
    except RefusedFile:
        return None
    return None


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _sheets(path: Path, rows: int | None = None) -> Iterator[Sheet]:
    if _is_csv(path):
        with open_text(path) as handle:
            cells: list[Cells] = list(islice(strict_rows(handle), rows))
            yield Sheet(None, cells)
    elif path.suffix.lower() == ".xlsx":
        workbook = Workbook(path)
        for name in workbook.sheet_names:
            yield Sheet(name, [cells for _, cells in islice(workbook.rows(name), rows)])


def _year_columns(sheet: Sheet) -> dict[str, list[tuple[int, int]]]:
    """Kind of year -> rows and columns of its heading, of a sheet that names deflators."""
    start = sheet.rows[:_LOOKED_AT]
    if not any("deflator" in str(cell).lower() for row in start for cell in row if cell):
        return {}
    found: dict[str, list[tuple[int, int]]] = {}
    for at, row in enumerate(start):
        for column, cell in enumerate(row):
            kind = _YEAR_KINDS.get(heading_key(cell))
            # Above the headings stand titles of the same words.
            if kind and _base(sheet, at, column) is not None:
                found.setdefault(kind, []).append((at, column))
    return found


def _base(sheet: Sheet, row: int, column: int) -> str | None:
    """The year that is 100, as the heading of the deflator beside the years says, or what stands above it."""
    for at in range(row, max(-1, row - 3), -1):
        if column + 1 < len(sheet.rows[at]) and (
            found := _BASE.search(str(sheet.rows[at][column + 1]).translate(_DASHES))
        ):
            return found[1]
    return None


def _deflators(path: Path) -> Iterator[Row | Finding]:
    for sheet in _sheets(path):
        for kind, [(heading, column), *more] in _year_columns(sheet).items():
            if more:
                raise RefusedFile(
                    f"{kind.replace('_', ' ')} stands over two columns of deflators; keep the one that counts"
                )
            base = _base(sheet, heading, column)
            for at, cells in enumerate(sheet.rows[heading + 1 :], heading + 1):
                year = _YEARS[kind].match(_text(cells, column).translate(_DASHES))
                level = _text(cells, column + 1)
                place = f"{sheet.place(at)}!{kind}"
                if level in {"", "-"}:
                    continue
                if year is not None:
                    row = {"year_kind": kind, "year": year[1], "base": f"{base} = 100", "place": place}
                    yield _with_value(row, cells[column + 1], path, DEFLATORS)
                elif _is_figure(level):
                    message = "a figure stands beside no year; the others are read"
                    yield _wrong(path, DEFLATORS, place, "year", "not_a_year", message)


def _heading_row(sheet: Sheet) -> tuple[int, Mapping[int, str]] | None:
    """The row of the years, and their columns."""
    for at, row in enumerate(sheet.rows[:_LOOKED_AT]):
        years = {
            column: text for column in range(len(row)) if re.fullmatch(r"(?:19|20)\d\d", text := _text(row, column))
        }
        if len(years) >= _FEWEST_YEARS:
            return at, years
    return None


def _sheet_of(sheet: Sheet, path: Path) -> str | None:
    """Which sheet with a measure it is; one that was saved as CSV says so in its name, else in its first rows."""
    if sheet.name is not None:
        return sheet.name if sheet.name in _SHEETS else None
    titles = (" ".join(map(str, row)) for row in sheet.rows[:_TITLES])
    for text in (path.stem.replace("_", " "), *titles):
        for name in _SHEETS:
            if re.search(rf"\b{name}\b", text, re.IGNORECASE):
                return name
    return None


def _productivity(path: Path) -> Iterator[Row | Finding]:
    for sheet in _sheets(path):
        name = _sheet_of(sheet, path)
        found = _heading_row(sheet) if name else None
        if name is None or found is None:
            continue
        measure = _SHEETS[name]
        heading, years = found
        twice = sorted(year for year, columns in Counter(years.values()).items() if columns > 1)
        if twice:
            raise RefusedFile(f"{name}: {', '.join(twice)} stands over two columns; keep the one that counts")
        for at, cells in enumerate(sheet.rows[heading + 1 :], heading + 1):
            texts = [_text(cells, column) for column in range(min(years))]
            code = next((text for text in texts if _AREA.fullmatch(text)), None)
            if code is None:
                continue
            level = next((text for text in texts if _LEVEL.fullmatch(text)), None)
            area = next((text for text in reversed(texts) if text and text not in {code, level}), None)
            for column, year in years.items():
                if _text(cells, column):
                    row = {
                        "itl_code": code,
                        "itl_level": level,
                        "name": area,
                        "calendar_year": year,
                        "measure": measure,
                    }
                    row |= {"sheet": name, "place": f"{sheet.place(at)}!{year}"}
                    yield _with_value(row, cells[column], path, PRODUCTIVITY)


def _with_value(row: Row, raw: Any, path: Path, stream: str) -> Row | Finding:
    try:
        return {**row, "value": _VALUE.read(raw)}
    except BadValue as bad:
        message = f"{bad}. The others are read; this one is missing until the file is given again with it"
        return _wrong(path, stream, row["place"], "value", bad.reason_code, message, bad.value_class)


def _is_figure(text: str) -> bool:
    try:
        return _VALUE.read(text) is not None
    except BadValue:
        return False


def _wrong(
    path: Path, stream: str, place: str, column: str, code: str, message: str, value_class: str = "text"
) -> Finding:
    return Finding(SOURCE, stream, f"{path.name}#{place}", column, code, message, value_class=value_class)


def _text(cells: Cells, column: int) -> str:
    """A cell as plain text; a whole number without its point."""
    cell = cells[column] if column < len(cells) else None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return "" if cell is None else " ".join(str(cell).split())


READER = Reader(open=open_reader, recognises=recognises)
