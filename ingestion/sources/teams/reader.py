"""Attendance reports that an organiser downloads from Microsoft Teams: text in columns, in numbered sections.

Reference: docs/sources/teams.md. Every join is landed; how long a person was there is for the warehouse to find. Names
are used to tell people of one meeting apart, and are not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from common.yamlfile import read_yaml
from ingestion.apis.json_values import one_line
from ingestion.files.date_order import SiteClock, date_order
from ingestion.files.delimited_text import rows_of_text
from ingestion.files.encodings import open_text
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import find_columns, heading_key, row_of_text, surplus, width_of
from ingestion.findings import WARNING, Finding, RefusedFile
from ingestion.reader import Reader
from ingestion.sources.teams.joins import Session, segment

SOURCE = "teams"
SUMMARY, PARTICIPANTS, ACTIVITIES = 1, 2, 3
_LAYOUTS: Mapping[str, Any] = read_yaml(Path(__file__).with_name("layouts.yaml"), dict[str, Any])
_ROLES = {word: role for role, words in _LAYOUTS["roles"].items() for word in words}
WORDS: Mapping[str, list[str]] = {name: words for name, words in _LAYOUTS.items() if name != "roles"}
_SECTION = re.compile(r"(\d)\. \S")
_SUFFIXES = {".csv", ".tsv", ".txt"}

Row = dict[str, Any]


@dataclass
class _Report:
    """A report taken apart: rows of text with their line numbers, by section; an older one has activities alone.

    `passed_over`: line and message of what could not be read, and was done without; `unplaced`: lines of rows with more
    values than their section has headings.
    """

    sections: dict[int, list[tuple[int, Sequence[str]]]] = field(default_factory=dict)
    unplaced: list[int] = field(default_factory=list)
    passed_over: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Join:
    line: int
    name: str
    address: str
    role: str
    joined: str
    left: str


def recognises(path: Path) -> bool:
    """Whether a file begins as a report does: with a numbered section, or the headings of the older list."""
    if path.suffix.lower() not in _SUFFIXES:
        return False
    with open_text(path) as handle:
        lines = [line for _, line in zip(range(20), handle, strict=False)]
    first = next((line.strip() for line in lines if line.strip()), "")
    return bool(_SECTION.match(first)) or _is_list(re.split(r"[\t,;]", first))


def open_reader(read: FileRead) -> FileReader:
    """What reads one report."""

    def read_report(file: InboxFile) -> Iterator[Chunk]:
        report = _taken_apart(file.path)
        summary = _summary(report)
        joins = _listed(report) if SUMMARY not in report.sections else _joins(report)
        if not joins and report.unplaced:
            raise RefusedFile("every row has more values than there are headings; give the report as downloaded")
        if not joins:
            raise RefusedFile("the report lists nobody; download it again when the meeting is over")
        stamps = [stamp for join in joins for stamp in (join.joined, join.left) if stamp]
        order = date_order(
            [*stamps, *filter(None, (summary.get("start"), summary.get("end")))], read.settings.get("date_order")
        )
        clock = SiteClock(order, ZoneInfo(str(read.settings.get("timezone", "Europe/London"))))
        segments, findings = [], []
        started = clock.instant(summary.get("start")) or min(
            filter(None, (clock.instant(join.joined) for join in joins)), default=None
        )
        if started is None:
            raise RefusedFile("no row has a time that can be read; download the report again")
        ended = clock.instant(summary.get("end"))
        title = one_line(summary.get("title")) or file.path.stem
        meeting_key = hashlib.sha256(f"{title}\x1f{started}".encode()).hexdigest()[:16]
        session = Session(meeting_key, title, started)
        source = {"file_name": file.path.name, "file_sha256": file.sha256}
        for join in joins:
            joined, left = clock.instant(join.joined), clock.instant(join.left or summary.get("end", ""))
            if joined is None or left is None or left < joined:
                findings.append(_refusal(file, join))
                continue
            segments.append(
                {
                    **segment(
                        session,
                        address=join.address,
                        name=join.name,
                        role=_ROLES.get(heading_key(join.role), join.role),
                        joined=joined,
                        left=left,
                        key=read.pseudonym_key,
                    ),
                    "meeting_key": meeting_key,
                    **source,
                    "_source_record": f"{file.sha256}:{join.line}",
                }
            )
        meeting = {"meeting_key": meeting_key, "title": title, "started_at": started, "ended_at": ended, **source}
        findings += [surplus(SOURCE, "segments", f"{file.path.name}#!{line}") for line in report.unplaced]
        findings += [_passed_over(file, *each) for each in report.passed_over]
        yield Chunk("meetings", [{**meeting, "_source_record": f"{file.sha256}:1"}])
        yield Chunk("segments", segments, findings)

    return read_report


def _taken_apart(path: Path) -> _Report:
    with open_text(path, whole=True) as handle:
        text = handle.read()
    lines = text.splitlines()
    # Names and times hold commas: with tabs anywhere, tabs are what parts the cells.
    delimiter = "\t" if "\t" in text else next((sign for sign in ";," if any(sign in line for line in lines)), ",")
    report = _Report()
    section = ACTIVITIES
    for row in rows_of_text(lines, delimiter):
        heading = _SECTION.match(row.cells[0])
        if heading and not any(row.cells[1:]):
            section = int(heading.group(1))
            report.sections.setdefault(section, [])
        else:
            report.sections.setdefault(section, []).append((row.number, row.cells))
    return report


def _summary(report: _Report) -> dict[str, str]:
    found = {}
    for _, cells in report.sections.get(SUMMARY, []):
        for word in ("title", "start", "end"):
            if heading_key(cells[0]) in WORDS[word] and len(cells) > 1:
                # A title with the delimiter in it, or a time with a comma.
                found[word] = ", ".join(filter(None, cells[1:]))
    if SUMMARY in report.sections and not {"title", "start"} <= found.keys():
        report.passed_over.append(
            (1, "title or start was not found under their names: the file's name and the first join stand for them")
        )
    return found


def _joins(report: _Report) -> list[_Join]:
    """A row a join, from the activities; where a report has none that can be read, a row a person, from first join to
    last leave. Raises RefusedFile when neither section can be read.
    """
    refusals = []
    for section in (ACTIVITIES, PARTICIPANTS):
        rows = report.sections.get(section)
        if rows:
            try:
                return _joins_of(rows, report)
            except RefusedFile as refusal:
                refusals.append(refusal)
                report.passed_over.append((rows[0][0], f"section {section} was not read: {refusal}"))
    if refusals:
        raise refusals[0]
    return []


def _placed(rows: Sequence[tuple[int, Sequence[str]]], report: _Report) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows below the headings; of those with more values than headings the report keeps the lines alone."""
    width = width_of(rows[0][1])
    for line, cells in rows[1:]:
        if row_of_text(line, cells, width).has_surplus:
            report.unplaced.append(line)
        else:
            yield line, cells


def _joins_of(rows: Sequence[tuple[int, Sequence[str]]], report: _Report) -> list[_Join]:
    at = _positions(rows[0][1], ("name", "joined", "left"))
    return [
        _Join(
            line,
            _cell(cells, at.get("name")),
            _cell(cells, at.get("email")) or _cell(cells, at.get("upn")),
            _cell(cells, at.get("role")),
            _cell(cells, at.get("joined")),
            _cell(cells, at.get("left")),
        )
        for line, cells in _placed(rows, report)
    ]


def _listed(report: _Report) -> list[_Join]:
    """Joins of the older list, one action a row: a person who is not seen to leave was there until the last action."""
    rows = report.sections.get(ACTIVITIES, [])
    if not rows:
        return []
    at = _positions(rows[0][1], ("name", "action", "timestamp"))
    open_joins: dict[str, tuple[int, str]] = {}
    found: list[_Join] = []
    last = ""
    for line, cells in _placed(rows, report):
        name, action, last = (_cell(cells, at[word]) for word in ("name", "action", "timestamp"))
        if heading_key(action) in WORDS["joins"]:
            open_joins.setdefault(name, (line, last))
        elif name in open_joins:
            opened, joined = open_joins.pop(name)
            found.append(_Join(opened, name, "", "", joined, last))
    found += [_Join(line, name, "", "", joined, last) for name, (line, joined) in open_joins.items()]
    return sorted(found, key=lambda join: join.line)


def _is_list(cells: Sequence[str]) -> bool:
    named = [heading_key(cell) for cell in cells]
    return any(word in WORDS["action"] for word in named) and any(word in WORDS["timestamp"] for word in named)


def _positions(headings: Sequence[str], required: Sequence[str]) -> dict[str, int]:
    at = find_columns(WORDS, headings, required=required)
    missing = [word for word in required if word not in at]
    if missing:
        raise RefusedFile(
            f"no column was found for {', '.join(missing)}: the report's language or layout is not known; see "
            "docs/sources/teams.md"
        )
    return at


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _refusal(file: InboxFile, join: _Join) -> Finding:
    return Finding(
        source=SOURCE,
        stream="segments",
        place=f"{file.path.name}#!{join.line}",
        column_name="joined_at",
        reason_code="not_a_time",
        message="the join has no start, no end, or ends before it starts",
        cell=str(join.line),
    )


def _passed_over(file: InboxFile, line: int, message: str) -> Finding:
    return Finding(
        source=SOURCE,
        stream="meetings",
        place=f"{file.path.name}#{line}",
        column_name="title",
        reason_code="section_not_read",
        message=message,
        cell=str(line),
        severity=WARNING,
    )


READER = Reader(open=open_reader, recognises=recognises)
