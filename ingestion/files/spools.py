"""The rows that tonight's files of a source gave, kept or dropped file by file until they are landed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.declaration import Source
from ingestion.files.inbox import FileReport, InboxFile
from ingestion.findings import FindingSpool
from ingestion.storage.spool import Spool

if TYPE_CHECKING:
    from ingestion.storage.landing import Load


class FileSpools:
    """What the files of a source give tonight: rows by stream, findings, and how many rows these refuse by stream."""

    def __init__(self, folder: Path, declaration: Source) -> None:
        self.source = declaration.name
        self.streams = {stream.name: Spool(folder, stream, declaration.name) for stream in declaration.streams}
        self.findings = FindingSpool(folder)
        self.refused: Counter[str] = Counter()
        self.whole: set[str] = set()
        self.unreadable: dict[str, list[str | None]] = {name: [] for name in self.streams}
        self.lists: dict[str, dict[tuple[str, ...], InboxFile]] = {name: {} for name in self.streams}
        self._parts: dict[str, dict[str, int]] = {}

    def keep(
        self,
        file: InboxFile,
        whole: Set[str],
        unreadable: Mapping[str, Sequence[str | None]],
        lists: Mapping[str, Mapping[tuple[str, ...], InboxFile]],
    ) -> None:
        """Keep a file. Of a stream it is the whole list of (`whole`), what other files gave tonight is dropped.

        `unreadable`: keys of its rows that are refused, None where it cannot be told. `lists`: what it lists whole.
        """
        for name, groups in lists.items():
            self.lists[name].update(groups)
        self.whole |= whole
        for name in whole:
            self.streams[name].forget()
            self.unreadable[name] = []
        for name, keys in unreadable.items():
            self.unreadable[name] += keys
        parts = {name: spool.keep(file.name) for name, spool in self.streams.items()}
        self._parts[file.sha256] = {name: part.number for name, part in parts.items() if part is not None}
        self.findings.keep()

    def drop(self) -> None:
        """Forget the file that is being read."""
        for spool in self.streams.values():
            spool.drop()
        self.findings.drop()

    def accounted(self, file: FileReport, loads: Mapping[str, Load]) -> FileReport:
        """The report of a file with what became of its rows."""
        rows = contradicted = 0
        landed_in = []
        for stream, part in self._parts.get(file.file.sha256, {}).items():
            written, differing = loads[stream].landed.by_part.get(part, (0, 0))
            rows += written
            contradicted += differing
            if written:
                landed_in.append(f"{self.source}/{stream}/{loads[stream].landed.load_id}")
        return replace(
            file,
            rows_loaded=file.rows_loaded - contradicted,
            rows_quarantined=file.rows_quarantined + contradicted,
            rows_landed=rows,
            landed_in=tuple(landed_in),
        )
