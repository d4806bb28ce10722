"""What an officer is told of a return: findings grouped with their cells, as rows of a table and as JSON.

The findings are those of the reader, the same that a night lands. Identical sentences are said once, with all the
cells they hold for; no value of a cell is quoted, but the references by which a row is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.files.inbox import FileRead, sha256_of, take_stock
from ingestion.files.limits import Limits, limited_to
from ingestion.findings import Finding, RefusedFile, places, refusing
from ingestion.sources.returns.contract import is_of_covers
from ingestion.sources.returns.reader import ReturnReader, handed_in
from ingestion.sources.returns.rules import SEVERITIES


@dataclass(frozen=True)
class Said:
    """One sentence of the answer and all the cells it holds for. `records`: their references, where it can be told."""

    severity: str
    rule: str
    sheet: str
    stream: str
    message: str
    cells: tuple[str, ...]
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What was found in one workbook. `refused`: why it would be refused whole; then nothing else is known of it.

    `template`: which return it is. `rows`: what was read, by stream; `cover`: whose return it is.
    """

    file_name: str
    sha256: str
    refused: str | None = None
    cover: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    template: str = ""

    @property
    def refused_rows(self) -> int:
        """How many rows would be refused."""
        return places(self.findings)

    @property
    def is_return(self) -> bool:
        """Whether its cover stands, so that it counts as a return."""
        return self.refused is None and any(rows for stream, rows in self.rows.items() if is_of_covers(stream))

    @property
    def tables(self) -> dict[str, tuple[int, int]]:
        """Rows that are right and rows that would be refused, of each table that has any."""
        wrong = Counter(stream for stream, _ in {(one.stream, one.place) for one in refusing(self.findings)})
        found = {stream: (len(rows), wrong[stream]) for stream, rows in self.rows.items() if not is_of_covers(stream)}
        return {stream: counts for stream, counts in found.items() if any(counts)}

    @property
    def said(self) -> list[Said]:
        """The findings in order of effort: what must be mended first, and of that the shortest first."""
        return sorted(
            _grouped(self.findings), key=lambda one: (SEVERITIES.index(one.severity), len(one.cells), one.sheet)
        )

    def first_cell(self, place: str) -> str | None:
        """The first cell of a row by its place."""
        for row in (row for rows in self.rows.values() for row in rows):
            if f"{self.file_name}#{row['sheet']}!{row['row_number']}" == place:
                return str(row["_source_record"]).rpartition("!")[2].partition(":")[0]
        return None

    def as_json(self) -> dict[str, Any]:
        """The answer as plain data, a finding a cell."""
        return {
            "file": self.file_name,
            "sha256": self.sha256,
            "refused": self.refused,
            "cover": dict(self.cover),
            "tables": {stream: {"rows": right, "refused": wrong} for stream, (right, wrong) in self.tables.items()},
            "findings": [
                {
                    "severity": one.severity,
                    "rule": one.reason_code,
                    "table": one.stream,
                    "sheet": sheet_of(one),
                    "row": row_of(one),
                    "cell": one.cell,
                    "column": one.column_name or None,
                    "message": one.message,
                }
                for one in self.findings
            ],
        }


def sheet_of(finding: Finding) -> str:
    """The sheet that a finding is about."""
    return finding.place.partition("#")[2].rpartition("!")[0]


def row_of(finding: Finding) -> int | None:
    """The row that a finding is about, from 1."""
    number = finding.place.rpartition("!")[2]
    return int(number) if number.isdecimal() else None


def _grouped(findings: Iterable[Finding]) -> Iterator[Said]:
    groups: dict[tuple[str, str, str, str, str], list[Finding]] = {}
    for one in findings:
        alike = (one.severity, one.reason_code, sheet_of(one), one.stream, one.message)
        groups.setdefault(alike, []).append(one)
    for (severity, rule, sheet, stream, message), group in groups.items():
        cells = (one.cell or (f"row {row_of(one)}" if not is_of_covers(one.stream) else "the whole") for one in group)
        records = (one.key for one in group if one.key)
        yield Said(severity, rule, sheet, stream, message, tuple(dict.fromkeys(cells)), tuple(dict.fromkeys(records)))


def look_at(
    path: Path,
    home: Path,
    settings: Mapping[str, Any],
    codes: Collection[str] | None,
    within: Limits,
    body: str | None = None,
) -> Iterator[Answer]:
    """Read a workbook as a night would, beside what was handed in and what waits; nothing is written. `body`: whose it
    must be, where somebody is signed in.

    Gives one answer: an iterator, so that a process of its own can be asked for it (`ingestion.files.child`). Raises
    OSError for a file that cannot be read now.
    """
    sha256 = sha256_of(path)
    reader = ReturnReader(codes, FileRead(home, settings), handed_in(home))
    with limited_to(within):
        for waiting in take_stock(home, "returns").files:
            reader.note(waiting.path, waiting.sha256)
        reader.body = body
        try:
            rows, findings = reader.read(path, sha256)
        except RefusedFile as refusal:
            yield Answer(path.name, sha256, refused=str(refusal))
            return
    cover = {name: value for name, value in reader.cover.items() if value is not None}
    yield Answer(path.name, sha256, cover=cover, rows=rows, findings=tuple(findings), template=reader.contract.template)
