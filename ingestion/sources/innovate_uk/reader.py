"""Innovate UK's list of funded projects: a workbook or CSV with one row a participant of a project.

Reference: docs/sources/innovate_uk.md. Company numbers land as they stand; staging pads them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.published_tables import PublishedList
from ingestion.reader import Reader

LIST = PublishedList.from_contract(
    Path(__file__).with_name("columns.yaml"),
    source="innovate_uk",
    stream="participants",
    title="list of funded projects",
    publisher="Innovate UK",
    recognised_by=14,
)


def open_reader(read: FileRead) -> FileReader:
    """What reads one list."""

    def read_list(file: InboxFile) -> Iterator[Chunk]:
        seen: dict[str, list[str]] = {}
        for rows, findings in LIST.read(file, read):
            yield Chunk(
                LIST.stream, [{**row, "participation_id": _participation_id(row, seen)} for row in rows], findings
            )

    return read_list


def _participation_id(row: Mapping[str, Any], seen: dict[str, list[str]]) -> str:
    """Project and participant, by company number or else by name, and which of several rows of theirs that differ.

    `seen` is what stood in the file's rows before. Universities have no number; a number comes with and without zeros.
    """
    number = _plain(row["crn"]).lstrip("0")
    participant = number or f"name-{_digest([_plain(row['participant_name'])])}"
    key = f"{row['project_number']}:{participant}"
    known = seen.setdefault(key, [])
    content = _digest([str(row[column.name]) for column in LIST.columns])
    if content not in known:
        known.append(content)
    place = known.index(content)
    return f"{key}:{place + 1}" if place else key


def _plain(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "").upper()


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


READER = Reader(open=open_reader, recognises=LIST.recognises)
