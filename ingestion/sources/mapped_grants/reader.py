"""Grants of any system whose export the home describes: CSV and XLSX, alone or in a zip, become the same rows.

Reference: docs/sources/mapped_grants.md. Only mapped columns are landed; a grant to a person lands without the person.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.apis.mapping import InvalidMapping
from ingestion.drift import looks_personal
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import RawRow, check_table, column_letter, heading_key, width_of
from ingestion.files.table_files import Cells, Table, read_tables, unpacked
from ingestion.findings import Finding, RefusedFile
from ingestion.reader import Reader
from ingestion.sources.mapped_grants.grant_mapping import GrantMapping, load_mappings

SOURCE = "mapped_grants"
STREAM = "grants"
_SUFFIXES = {".csv", ".xlsx"}
# Of a grant to a person: what may say who it is.
_HIDDEN = ("title", "recipient_name", "recipient_company_number", "recipient_charity_number", "recipient_postal_code")


@dataclass
class GrantTable:
    """What a file gives by a mapping. `numbers` of the rows of the grants in the file; `skipped`: rows the mapping says
    are none; `unused` and `personal`: headings of columns that are not read, the latter because they look personal.
    """

    mapping: GrantMapping
    place: str
    rows: list[dict[str, str | None]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: int = 0
    unused: list[str] = field(default_factory=list)
    personal: list[str] = field(default_factory=list)


def recognises(path: Path) -> bool:
    """Whether a mapping of the home is for a file in its inbox. With a mapping that cannot be used, every table is held
    for this source, which then fails: no other source is to refuse what the mapping might be for.
    """
    try:
        mappings = load_mappings(path.absolute().parents[2])
        if not mappings:
            return False
        with tempfile.TemporaryDirectory() as folder, unpacked(path, Path(folder) / "unpacked") as file:
            return bool(claims(mappings, file, path.name))
    except RefusedFile:
        return False
    except InvalidMapping:
        return path.suffix.lower() in {*_SUFFIXES, ".zip"}


def open_reader(read: FileRead) -> FileReader:
    """What reads one export. Raises InvalidMapping."""
    mappings = load_mappings(read.home)

    def read_export(file: InboxFile) -> Iterator[Chunk]:
        with unpacked(file.path, read.unpacked(file)) as path:
            table = read_grants(path, file.path.name, choose(mappings, path, file.path.name))
            rows = [
                {
                    **row,
                    "grant_system": table.mapping.name,
                    "file_name": file.path.name,
                    "file_sha256": file.sha256,
                    "_source_record": f"{file.sha256}:{table.place}{number}",
                }
                for row, number in zip(table.rows, table.numbers, strict=True)
            ]
            yield Chunk(STREAM, rows, table.findings)

    return read_export


def claims(mappings: Sequence[GrantMapping], path: Path, name: str) -> list[GrantMapping]:
    """The mappings a file called `name` is for: by its name where the mapping says one, else by its headings."""
    if path.suffix.lower() not in _SUFFIXES:
        return []
    return [
        mapping
        for mapping in mappings
        if mapping.fits_name(name) and (mapping.file_pattern is not None or _has_headings(mapping, path))
    ]


def choose(mappings: Sequence[GrantMapping], path: Path, name: str) -> GrantMapping:
    """The one mapping a file is for. Raises RefusedFile when there is none, or more than one."""
    found = claims(mappings, path, name)
    if len(found) > 1:
        raise RefusedFile(
            f"{' and '.join(mapping.place for mapping in found)} are both for it; "
            "tell them apart by `files: name` or `files: headings`"
        )
    if not found:
        raise RefusedFile("no mapping in mappings/grants/ is for it; `wmip grants check` says what a mapping needs")
    return found[0]


def read_grants(path: Path, name: str, mapping: GrantMapping) -> GrantTable:
    """The grants of a file called `name`. Raises RefusedFile."""
    table, headings = _table_of(mapping, path)
    positions = _positions(mapping, headings)
    read = GrantTable(mapping, table.place)
    used = set(positions.values())
    for index, heading in enumerate(headings):
        if heading and index not in used:
            (read.personal if looks_personal(heading) else read.unused).append(heading)
    place = f"{name}#{table.place or '!'}"
    for raw in _raw_rows(table):
        if any(
            heading_key(_cell(raw, positions[heading_key(heading)])) in values
            for heading, values in mapping.skip.items()
        ):
            read.skipped += 1
            continue
        standing = {column: positions[heading_key(heading)] for column, heading in mapping.columns.items()}
        checked = check_table(mapping.fields, standing, [raw], source=SOURCE, stream=STREAM, place=place)
        read.findings += checked.findings
        for number, row in checked.rows:
            read.numbers.append(number)
            read.rows.append(_landed(row, mapping))
    return _without_contradictions(read, place, positions[heading_key(mapping.columns["grant_id"])])


def _landed(row: Mapping[str, str | None], mapping: GrantMapping) -> dict[str, str | None]:
    landed = {name: mapping.constants.get(name) if value is None else value for name, value in row.items()}
    if landed["recipient_kind"] == "individual":
        landed.update(dict.fromkeys(_HIDDEN))
        landed["title"] = "Grant to an individual"
    return landed


def _without_contradictions(read: GrantTable, place: str, id_at: int) -> GrantTable:
    """Of rows of one grant that differ none is right (instalments, perhaps)."""
    standing: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(read.rows):
        standing[str(row["grant_id"])].append(index)
    stays: list[int] = []
    for indices in standing.values():
        if all(read.rows[index] == read.rows[indices[0]] for index in indices):
            stays += indices
            continue
        rows = ", ".join(str(read.numbers[index]) for index in indices)
        for index in indices:
            number = read.numbers[index]
            read.findings.append(
                Finding(
                    source=SOURCE,
                    stream=STREAM,
                    place=f"{place}{number}",
                    column_name="grant_id",
                    reason_code="repeated_key",
                    message=f"rows {rows} are of one grant and differ; give one row a grant",
                    cell=f"{column_letter(id_at)}{number}",
                    value_class="text",
                )
            )
    stays.sort()
    read.rows, read.numbers = [read.rows[index] for index in stays], [read.numbers[index] for index in stays]
    return read


def _table_of(mapping: GrantMapping, path: Path) -> tuple[Table, list[str]]:
    """The table the mapping means, with its headings; the sheet named, else the first that has the headings."""
    upper = [_headings_by_sheet(path, row, mapping.delimiter) for row in mapping.heading_rows[:-1]]
    sheets: list[str] = []
    missing: list[str] = []
    width = max((width_of(row) for rows in upper for row in rows.values()), default=0)
    for table in read_tables(path, mapping.heading_rows[-1], mapping.delimiter, width):
        sheets.append(str(table.sheet))
        if mapping.sheet is not None and table.sheet is not None and table.sheet.strip() != mapping.sheet.strip():
            continue
        headings = _joined([*(rows.get(table.sheet, []) for rows in upper), table.headings])
        lacking = [wanted for wanted in mapping.headings if heading_key(wanted) not in map(heading_key, headings)]
        if not lacking:
            return table, headings
        missing = min(missing, lacking, key=len) if missing else lacking
    if not missing:
        raise RefusedFile(f"the sheet {mapping.sheet} of {mapping.place} is missing; there are {', '.join(sheets)}")
    rows = " and ".join(map(str, mapping.heading_rows))
    raise RefusedFile(f"the heading {', '.join(missing)} of {mapping.place} is missing in row {rows}")


def _headings_by_sheet(path: Path, row: int, delimiter: str) -> dict[str | None, Sequence[Any]]:
    return {table.sheet: table.headings for table in read_tables(path, row, delimiter)}


def _joined(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Headings over several rows become one, `Recipient / Name`; a cell merged over columns holds for each of them."""
    width = max(map(len, rows))
    filled: list[list[str]] = []
    for depth, row in enumerate(rows):
        cells = [" ".join(str(cell if cell is not None else "").split()) for cell in [*row, *[""] * (width - len(row))]]
        below = [list(row) for row in rows[depth + 1 :]]
        for index in range(1, width):
            has_below = any(index < len(cells_below) and cells_below[index] for cells_below in below)
            if not cells[index] and has_below:
                cells[index] = cells[index - 1]
        filled.append(cells)
    return [" / ".join(filter(None, cells)) for cells in zip(*filled, strict=True)]


def _positions(mapping: GrantMapping, headings: Sequence[str]) -> dict[str, int]:
    """Where the headings of the mapping stand, by `heading_key`. Raises RefusedFile for one that stands twice."""
    positions: dict[str, int] = {}
    wanted = set(map(heading_key, mapping.headings))
    for index, heading in enumerate(headings):
        key = heading_key(heading)
        if key not in wanted:
            continue
        if key in positions:
            raise RefusedFile(
                f"the heading {heading} stands twice, in columns {column_letter(positions[key])} and "
                f"{column_letter(index)}; rename one of them"
            )
        positions[key] = index
    return positions


def _raw_rows(table: Table) -> Iterator[RawRow]:
    for rows in table.rows:
        if isinstance(rows, Cells):
            columns = [column.to_pylist() for column in rows.batch.columns]
            yield from (RawRow(number, cells) for number, cells in enumerate(zip(*columns, strict=True), rows.first))
        else:
            yield from rows


def _cell(raw: RawRow, index: int) -> Any:
    return raw.cells[index] if index < len(raw.cells) else None


def _has_headings(mapping: GrantMapping, path: Path) -> bool:
    try:
        _table_of(mapping, path)
    except RefusedFile:
        return False
    return True


READER = Reader(open=open_reader, recognises=recognises, reads_again=recognises)
