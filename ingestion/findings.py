"""What is wrong with a row or a file, in words for the person who sent it. Never holds the value itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.catalogue import QUARANTINE
from ingestion.landing import Landed, as_table, land

ERROR, WARNING, NOTE = "error", "warning", "note"


class RefusedFile(Exception):
    """A file that cannot be read as what it should be: refused whole, kept in `originals/`."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a row. `value_class` says what kind of value stood there, not which.

    `severity`: with an `error` the row is refused; with a `warning` or a `note` it lands.

    `key`: which record it is, if that could be read: its stream's key in a file, its `_source_record` in an API. It is
    not kept; it says whose earlier version must not be taken for deleted.
    """

    source: str
    stream: str
    place: str
    column_name: str
    reason_code: str
    message: str
    cell: str | None = None
    value_class: str | None = None
    key: str | None = None
    severity: str = ERROR


def quarantine(home: Path, findings: Iterable[Finding], clock: datetime) -> Landed:
    """Keep the findings; one that is known already is not repeated."""
    return land(home, "quarantine", QUARANTINE, as_table(QUARANTINE, finding_rows(findings)), clock=clock)


def finding_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Those that refuse their row, as rows of the quarantine."""
    return [{**vars(finding), "_source_record": finding.place} for finding in refusing(findings)]


def remark_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The others, as rows of the stream of findings."""
    return [
        {**vars(finding), "rule": finding.reason_code, "_source_record": finding.place}
        for finding in findings
        if finding.severity != ERROR
    ]


def refusing(findings: Iterable[Finding]) -> list[Finding]:
    """Those that refuse their row."""
    return [finding for finding in findings if finding.severity == ERROR]


def places(findings: Iterable[Finding]) -> int:
    """How many rows the findings refuse."""
    return len({(finding.source, finding.stream, finding.place) for finding in refusing(findings)})
