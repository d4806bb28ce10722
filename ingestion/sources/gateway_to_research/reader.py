"""Gateway to Research's export of a project search: a CSV with one row a project.

Reference: docs/sources/gateway_to_research.md. An export is what somebody searched for: a project that is not in it was
not deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.published_tables import PublishedList
from ingestion.reader import Reader

LIST = PublishedList.from_contract(
    Path(__file__).with_name("columns.yaml"),
    source="gateway_to_research",
    stream="projects",
    title="project search export",
    publisher="Gateway to Research",
    recognised_by=8,
)


def open_reader(read: FileRead) -> FileReader:
    """What reads one export."""

    def read_export(file: InboxFile) -> Iterator[Chunk]:
        for rows, findings in LIST.read(file, read):
            yield Chunk(LIST.stream, rows, findings)

    return read_export


READER = Reader(open=open_reader, recognises=LIST.recognises)
