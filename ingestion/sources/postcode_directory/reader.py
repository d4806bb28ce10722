"""The ONS Postcode Directory (ONSPD) and the National Statistics Postcode Lookup (NSPL), alone or in their zip.

Reference: docs/sources/reference.md. Column names change from edition to edition: columns.yaml. Ended postcodes stay:
older grants use them. What a row lacks (no grid reference, pseudo area codes) is for staging to say.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from common.yamlfile import read_yaml
from ingestion.catalogue import SOURCES
from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.editions import (
    EDITIONS,
    Editions,
    edition_row,
    headings_in,
    refuse_if_cut_short,
    start_of_member,
)
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import find_columns, heading_key, lacking
from ingestion.files.table_files import read_tables, unpacked
from ingestion.files.values import Column
from ingestion.findings import RefusedFile
from ingestion.reader import Reader

SOURCE = "postcode_directory"
POSTCODES = "postcodes"
# The portal adds a number of its own to the name of its download.
_NAME = re.compile(r"(?:ONSPD|NSPL(?:21)?)_([A-Z]{3})_(20\d\d)(_UK(?:_-?\d{5,})?(?![A-Z0-9_]))?", re.IGNORECASE)


def open_reader(read: FileRead) -> FileReader:
    """What reads one edition. It also says what the inbox folder takes, of a file that no source knows."""
    editions = Editions(read, SOURCE, SOURCES[SOURCE].stream(EDITIONS))

    def read_postcodes(file: InboxFile) -> Iterator[Chunk]:
        if file.path.suffix.lower() not in {".csv", ".zip"}:
            raise RefusedFile(_not_ours())
        with unpacked(file.path, read.unpacked(file), _data_file) as path:
            yield from _chunks(path, file, read, editions)

    return read_postcodes


def _data_file(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The file of the whole directory in its zip, by name and headings, beside lists of names, areas and guides."""
    named = [member for member in members if _names_all(PurePosixPath(member.filename).name)]
    fitting = [member for member in named if _fits(headings_in(start_of_member(archive, member)))]
    if len(fitting) != 1:
        found = ", ".join(member.filename for member in fitting) or "none"
        raise RefusedFile(
            f"the zip holds {len(members)} files, and it takes one of the whole directory by name and headings (as "
            f"Data/ONSPD_AUG_2026_UK.csv; found: {found}); give that file alone"
        )
    return fitting[0]


def _names_all(name: str) -> bool:
    found = _NAME.search(name)
    return found is not None and found[3] is not None and name.lower().endswith(".csv")


def _fits(headings: Collection[str]) -> bool:
    try:
        match_columns(list(headings))
    except RefusedFile:
        return False
    return True


def edition_of(name: str) -> tuple[str, bool]:
    """Month of the edition (2025-05) and whether the file is all of it, as the name says. Raises RefusedFile."""
    found = _NAME.search(name)
    try:
        month = datetime.strptime(f"{found[1]} {found[2]}", "%b %Y") if found else None  # noqa: DTZ007
    except ValueError:
        month = None
    if found is None or month is None:
        raise RefusedFile(
            "the name does not say which edition it is; keep the name the ONS gave it, or name it by its edition, such "
            "as ONSPD_MAY_2025_UK.csv (_UK only where it is the whole directory)"
        )
    return f"{month:%Y-%m}", found[3] is not None


def match_columns(headings: Sequence[Any]) -> tuple[list[Column], dict[str, int]]:
    """The columns under the names that this edition has for them, and where they stand. Raises RefusedFile."""
    places = {heading: index for index, heading in reversed(list(enumerate(map(heading_key, headings))))}
    columns: list[Column] = []
    positions: dict[str, int] = {}
    entries = read_yaml(Path(__file__).with_name("columns.yaml"), list[dict[str, Any]])
    for entry in entries:
        # Whether a column must be there is said of the file, not of every row: doterm is empty for a live postcode.
        is_required = entry.pop("required", False)
        heading = _heading_of(entry.pop("headings"), places)
        if heading is not None:
            known = {entry["name"]: {heading}}
            positions |= find_columns(known, headings, required=known if is_required else ())
        elif is_required:
            raise RefusedFile(_not_ours())
        is_key = entry["name"] == "postcode"
        columns.append(Column(heading=heading or entry["name"], required=is_key, **entry))
    return columns, positions


def _heading_of(names: Sequence[str], places: dict[str, int]) -> str | None:
    for name in names:
        pattern = re.compile(re.escape(name).replace(r"\{yyyy\}", r"\d{4}").replace(r"\{yy\}", r"\d\d"))
        # Of several years (lsoa11cd, lsoa21cd) the latest.
        found = max((heading for heading in places if pattern.fullmatch(heading)), default=None)
        if found is not None:
            return found
    return None


def _not_ours() -> str:
    return (
        "not a reference file this project reads; it takes the Companies House company data (BasicCompanyData….csv "
        "or .zip), charity registers (publicextract.charity… .json or .zip, CharityExport… and charitydetails… .csv), "
        "the postcode directory (ONSPD_… or NSPL_… .csv, or its zip), GDP deflators of HM Treasury and subregional "
        "productivity of the ONS (.xlsx or .csv, as published)"
    )


def _chunks(path: Path, file: InboxFile, read: FileRead, editions: Editions) -> Iterator[Chunk]:
    import pyarrow as pa
    import pyarrow.compute as pc

    (table,) = read_tables(path)
    columns, positions = match_columns(table.headings)
    # In a zip the file says by its own name what it is.
    edition, is_complete = edition_of(path.name if _NAME.search(path.name) else file.path.name)
    editions.accept(edition)
    read.saw_table(POSTCODES, table.headings, positions, lacking(columns, positions))
    check = TableCheck(columns, positions, SOURCE, POSTCODES, f"{file.path.name}#!", ("postcode",))
    rows = 0
    for checked in check.check(table):
        rows += checked.rows.num_rows
        numbers = checked.rows.column(NUMBER).cast(pa.string())
        record = pc.binary_join_element_wise(pa.scalar(f"{file.sha256}:"), numbers, "")
        landed = checked.rows.select([column.name for column in columns]).append_column("_source_record", record)
        yield Chunk(POSTCODES, landed, checked.findings)
    if is_complete:
        refuse_if_cut_short(read.home, SOURCE, SOURCES[SOURCE].stream(POSTCODES), rows)
        yield Chunk(POSTCODES, is_whole_list=True)
    yield Chunk(EDITIONS, [edition_row(edition, file.path.name, file.sha256, rows, is_complete=is_complete)])


READER = Reader(open=open_reader)
