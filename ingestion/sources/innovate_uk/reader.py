"""Innovate UK's list of funded projects: a workbook or CSV with one row a participant of a project.

Reference: docs/sources/innovate_uk.md. Company numbers land as they stand; staging pads them.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingestion.catalogue import read_yaml
from ingestion.findings import RefusedFile
from ingestion.inbox import Chunk, FileReader, InboxFile
from ingestion.tables import heading_key
from ingestion.tabular import Table, read_tables, unpacked
from ingestion.values import Column

SOURCE = "innovate_uk"
STREAM = "participants"
# A sheet with so many of the list's headings is one of the list, to be refused if it lacks one that is required.
_RECOGNISED_BY = 14
COLUMNS = [Column.from_contract(entry) for entry in read_yaml(Path(__file__).with_name("columns.yaml"))]


def recognises(path: Path) -> bool:
    """Whether a file has the headings of the list."""
    try:
        with tempfile.TemporaryDirectory() as folder, unpacked(path, Path(folder) / "unpacked") as file:
            return any(len(_positions(table)) >= _RECOGNISED_BY for table in _tables(file))
    except RefusedFile:
        return False


def open_reader(home: Path) -> FileReader:
    """What reads one list."""

    def read_list(file: InboxFile) -> Iterator[Chunk]:
        with unpacked(file.path, home / "spool" / "unpacked" / file.sha256) as path:
            yield from _read(path, file.sha256, file.path.name)

    return read_list


def _read(path: Path, sha256: str, name: str) -> Iterator[Chunk]:
    from ingestion.batches import NUMBER, TableCheck

    seen: dict[str, list[str]] = {}
    for table in _tables(path):
        positions = _positions(table)
        if len(positions) < _RECOGNISED_BY:
            continue
        missing = [column.heading for column in COLUMNS if column.required and column.name not in positions]
        if missing:
            raise RefusedFile(f"the heading {', '.join(missing)} is missing; use the list as Innovate UK publishes it")
        check = TableCheck(COLUMNS, positions, SOURCE, STREAM, f"{name}#{table.place or '!'}")
        for checked in check.check(table):
            rows = []
            for row in checked.rows.to_pylist():
                number = row.pop(NUMBER)
                row["participation_id"] = _participation_id(row, seen)
                record = f"{sha256}:{table.place}{number}"
                rows.append({**row, "file_name": name, "file_sha256": sha256, "_source_record": record})
            yield Chunk(STREAM, rows, checked.findings)


def _tables(path: Path) -> Iterator[Table]:
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise RefusedFile("not a list of funded projects; give it as .xlsx or .csv, or one of these in a .zip")
    return read_tables(path)


def _heading(heading: Any) -> str:
    """`Award Offered (£)` and `Award Offered` are the same."""
    return re.sub(r"\s*\([^)]*\)$", "", heading_key(heading))


def _positions(table: Table) -> dict[str, int]:
    standing: dict[str, int] = {}
    for index, heading in enumerate(table.headings):
        standing.setdefault(_heading(heading), index)
    return {column.name: standing[key] for column in COLUMNS if (key := _heading(column.heading)) in standing}


def _participation_id(row: Mapping[str, Any], seen: dict[str, list[str]]) -> str:
    """Project and participant, by company number or else by name, and which of several rows of theirs that differ.

    `seen` is what stood in the file's rows before. Universities have no number; a number comes with and without zeros.
    """
    number = _plain(row["crn"]).lstrip("0")
    participant = number or f"name-{_digest([_plain(row['participant_name'])])}"
    key = f"{row['project_number']}:{participant}"
    known = seen.setdefault(key, [])
    content = _digest([str(value) for value in row.values()])
    if content not in known:
        known.append(content)
    place = known.index(content)
    return f"{key}:{place + 1}" if place else key


def _plain(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "").upper()


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
