"""Reports that a host downloads from Zoom: participants of a meeting, attendees of a webinar.

Reference: docs/sources/zoom.md. A report is a header (number, topic, start) and one table or several, each with its own
headings; a row is a join, or somebody who registered for a webinar and did not come. Names tell people of one meeting
apart, and are not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from common.yamlfile import read_yaml
from ingestion.apis.booking_questions import Questions, load_questions
from ingestion.apis.json_values import one_line
from ingestion.files.date_order import SiteClock, date_order
from ingestion.files.delimited_text import rows_of_text
from ingestion.files.encodings import open_text
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile, chunks
from ingestion.files.row_check import RawRow, find_columns, heading_key, row_of_text, surplus, width_of
from ingestion.findings import ERROR, WARNING, Finding, RefusedFile
from ingestion.persons.pseudonyms import email_domain, normalise_email, participant_key, person_key
from ingestion.reader import Reader
from ingestion.sources.zoom.reader import event_of

SOURCE = "zoom_report"
WORDS: Mapping[str, Any] = read_yaml(Path(__file__).with_name("layouts.yaml"), dict[str, Any])
# What a row counts as where these cells are neither yes nor no.
_UNCLEAR = {"waiting": "taken for a join, not for the waiting room", "attended": "taken for somebody who was there"}
_NUMBER = re.compile(r"\d{3,}")
_NUMBER_IN_NAME = re.compile(r"(?<!\d)\d{9,11}(?!\d)")

Row = dict[str, Any]


@dataclass(frozen=True)
class _Person:
    """A row: a join, or a registration. `said`: what the row has under headings that are questions of the form; `role`:
    what the part of a webinar's report says that its people are.
    """

    line: int
    cells: Mapping[str, str]
    said: Sequence[tuple[str, str]]
    role: str | None

    @property
    def is_there(self) -> bool:
        return self.cells.get("attended", "").lower() not in WORDS["no"]

    @property
    def is_registrant(self) -> bool:
        """Hosts and panelists have no time of registration; who cancelled or was turned down is not approved."""
        approval = self.cells.get("approval", "").lower()
        return _is_given(self.cells.get("registered", "")) and (not approval or approval in WORDS["approved"])


@dataclass
class _Report:
    header: dict[str, str] = field(default_factory=dict)
    people: list[_Person] = field(default_factory=list)
    unplaced: list[int] = field(default_factory=list)
    """Lines of rows with more values than their table has headings."""


def recognises(path: Path) -> bool:
    """Whether a file begins as a report does: with its title, its header's headings or those of its participants."""
    if path.suffix.lower() not in {".csv", ".tsv", ".txt"}:
        return False
    with open_text(path) as handle:
        first = next((row.cells for row in rows_of_text(handle.readlines(1 << 16))), [])
    return heading_key(first[0] if first else "") in WORDS["titles"] or _is_header(first) or _is_table(first)


def open_reader(read: FileRead) -> FileReader:
    """What reads one report. Raises InvalidMapping for the home's questions."""
    questions = load_questions(read.home, SOURCE)

    def read_report(file: InboxFile) -> Iterator[Chunk]:
        report = _taken_apart(file.path)
        number = _number(report, file.path)
        clock = _clock(report, read)
        there = [person for person in report.people if person.is_there]
        joins = {person.line: _times(person, clock) for person in there}
        started = clock.instant(report.header.get("start")) or min(
            (times[0] for times in joins.values() if times), default=None
        )
        if started is None:
            raise RefusedFile("neither the header nor any row has a time that can be read; download the report again")
        ended = clock.instant(report.header.get("end")) or max(
            (times[1] for times in joins.values() if times), default=started
        )
        meeting = _Meeting(number, started, file, read, clock, questions, report.header)
        rows: dict[str, list[Row]] = {"meetings": [meeting.row(report, ended)], "participants": [], "registrants": []}
        findings = [surplus(SOURCE, "participants", f"{file.path.name}#!{line}") for line in report.unplaced]
        for person in report.people:
            findings += [
                _finding(file, person, "participants", name, "not_allowed", f"{said}: neither Yes nor No", WARNING)
                for name, said in _UNCLEAR.items()
                if person.cells.get(name, "").lower() not in ("", *WORDS["yes"], *WORDS["no"])
            ]
            registrant = meeting.registrant(person) if person.is_registrant else None
            if registrant is not None:
                rows["registrants"].append(registrant)
            elif not person.is_there and person.is_registrant:
                findings.append(
                    _finding(file, person, "registrants", "person_key", "missing", "no address stands here")
                )
            times = joins.get(person.line)
            if times is not None:
                rows["participants"].append(meeting.join(person, *times))
            elif person.is_there:
                message = "the join has no start, no end, or ends before it starts"
                findings.append(_finding(file, person, "participants", "joined_at", "not_a_time", message))
        # Who joined twice stands in two rows, with the same registration.
        rows["registrants"] = list({row["id"]: row for row in reversed(rows["registrants"])}.values())
        yield from chunks(rows, findings)

    return read_report


@dataclass(frozen=True)
class _Meeting:
    number: str
    started: str
    file: InboxFile
    read: FileRead
    clock: SiteClock
    questions: Questions
    header: Mapping[str, str]

    @property
    def id(self) -> str:
        return f"{self.number}:{self.started}"

    @property
    def day(self) -> str:
        """What persons and joins are told apart in: two reports of a day may disagree on the start."""
        return event_of(self.number, self.started)

    def row(self, report: _Report, ended: str) -> Row:
        return {
            "id": self.id,
            "meeting_id": self.number,
            "kind": "webinar" if "webinar" in report.header else "meeting",
            "topic": one_line(report.header.get("topic")),
            "started_at": self.started,
            "ended_at": ended,
            **self._place(1),
        }

    def join(self, person: _Person, joined: str, left: str) -> Row:
        address = person.cells.get("email", "")
        known = person_key(address, self.read.pseudonym_key)
        name = _plain(person.cells.get("name", ""))
        who = known or participant_key(self.day, name, self.read.pseudonym_key)
        return {
            "id": _short_hash(self.day, who, joined, left),
            "occurrence_id": self.id,
            "meeting_id": self.number,
            "person_key": who,
            "is_identified": "true" if known else "false",
            "email_domain": email_domain(address),
            "role": person.role or ("host" if self._is_host(person) else None),
            "joined_at": joined,
            "left_at": left,
            **self._place(person.line),
        }

    def _is_host(self, person: _Person) -> bool:
        """Whether the header of a meeting's report names this person as its host, by address or else by name."""
        address = normalise_email(person.cells.get("email"))
        named = _plain(self.header.get("host", ""))
        host = normalise_email(self.header.get("host_email")) or normalise_email(named.rpartition("(")[2].rstrip(")"))
        if address and host:
            return address == host
        return bool(named) and _plain(person.cells.get("name", "")) == _plain(named.partition("(")[0])

    def registrant(self, person: _Person) -> Row | None:
        """None without an address or a time: who had registered by the day cannot be told."""
        address = person.cells.get("email", "")
        known = person_key(address, self.read.pseudonym_key)
        created = self.clock.instant(person.cells.get("registered"))
        if known is None or created is None:
            return None
        said = self.questions.kept(self.number, ((heading, heading, answer) for heading, answer in person.said))
        return {
            "id": f"{self.number}:{_short_hash(self.number, known)}",
            "meeting_id": self.number,
            "person_key": known,
            "email_domain": email_domain(address),
            "organisation_name": said.get("organisation_name"),
            "created_at": created,
            **self._place(person.line),
        }

    def _place(self, line: int) -> Row:
        return {
            "file_name": self.file.path.name,
            "file_sha256": self.file.sha256,
            "row_number": str(line),
            "_source_record": f"{self.file.sha256}:{line}",
        }


def _taken_apart(path: Path) -> _Report:
    with open_text(path, whole=True) as handle:
        rows = rows_of_text(list(handle))
    report = _Report()
    headings: Sequence[str] | None = None
    role: str | None = None
    for row in rows:
        cells = row.cells
        if _is_table(cells):
            headings = _checked(cells)
        elif not report.header and _is_header(cells):
            report.header = _header(cells, next(rows, row))
        elif not any(cells[1:]) and heading_key(cells[0]) in WORDS["parts"]:
            headings, role = None, WORDS["parts"][heading_key(cells[0])]
        elif headings is not None and row_of_text(row.number, cells, width_of(headings)).has_surplus:
            report.unplaced.append(row.number)
        elif headings is not None:
            report.people.append(_person(row.number, headings, cells, role))
    report.people = [person for person in report.people if person.cells.get("waiting", "").lower() not in WORDS["yes"]]
    if not report.people and report.unplaced:
        raise RefusedFile("every row has more values than there are headings; give the report as downloaded")
    if not report.people:
        raise RefusedFile("the report lists nobody; download it again when the meeting is over")
    return report


def _header(headings: Sequence[str], row: RawRow) -> dict[str, str]:
    if row_of_text(row.number, row.cells, width_of(headings)).has_surplus:
        raise RefusedFile(
            f"line {row.number}, which says what meeting it is, has more values than there are headings; give the "
            "report as downloaded, or put a topic that holds a comma into quotation marks"
        )
    return _named(WORDS["header"], headings, row.cells)


def _is_header(cells: Sequence[str]) -> bool:
    return {"number", "topic"} <= set(find_columns(WORDS["header"], cells)) and not _is_table(cells)


def _is_table(cells: Sequence[str]) -> bool:
    found = set(find_columns(WORDS["rows"], cells))
    return "name" in found and bool(found & {"joined", "total"})


def _checked(headings: Sequence[str]) -> Sequence[str]:
    found = set(find_columns(WORDS["rows"], headings, required=("name", "joined", "left")))
    if not {"joined", "left"} <= found:
        raise RefusedFile("the report has totals, not joins: export it again without `Show unique users`")
    if "number" in find_columns(WORDS["header"], headings):
        raise RefusedFile("the table is of several meetings: download the participants of each one")
    return headings


def _named(names: Mapping[str, Sequence[str]], headings: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    at = find_columns(names, headings)
    return {name: cells[index] for name, index in at.items() if index < len(cells)}


def _person(line: int, headings: Sequence[str], cells: Sequence[str], role: str | None) -> _Person:
    known = set(find_columns(WORDS["rows"], headings).values())
    said = [(headings[at], cell) for at, cell in enumerate(cells[: len(headings)]) if at not in known]
    return _Person(line, _named(WORDS["rows"], headings, cells), said, role)


def _number(report: _Report, path: Path) -> str:
    """The meeting's number, from the header or else, as Zoom names its files, from the name. Raises RefusedFile."""
    given = report.header.get("number")
    if given is None:
        found = _NUMBER_IN_NAME.findall(path.stem)
        if len(found) != 1:
            raise RefusedFile(
                "the report does not say which meeting it is of: export it with meeting data, or put the meeting's "
                "number into the file's name"
            )
        return str(found[0])
    number = re.sub(r"[\s\u00a0-]", "", given)
    if not _NUMBER.fullmatch(number):
        raise RefusedFile("the meeting's number is not whole: give the file as downloaded, not saved by a spreadsheet")
    return number


def _clock(report: _Report, read: FileRead) -> SiteClock:
    """Raises RefusedFile when the order of day and month is not clear."""
    stamps: Iterable[str] = (
        text
        for cells in (report.header, *(person.cells for person in report.people))
        for text in (cells.get(name, "") for name in ("start", "end", "joined", "left", "registered"))
        if _is_given(text)
    )
    order = date_order(stamps, read.settings.get("date_order"))
    return SiteClock(order, ZoneInfo(str(read.settings.get("timezone", "Europe/London"))))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _is_given(text: str) -> bool:
    return text.strip("- ") != ""


def _times(person: _Person, clock: SiteClock) -> tuple[str, str] | None:
    joined, left = (clock.instant(person.cells.get(name)) for name in ("joined", "left"))
    return None if joined is None or left is None or left < joined else (joined, left)


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def _finding(
    file: InboxFile, person: _Person, stream: str, column: str, code: str, message: str, severity: str = ERROR
) -> Finding:
    return Finding(
        source=SOURCE,
        stream=stream,
        place=f"{file.path.name}#!{person.line}",
        column_name=column,
        reason_code=code,
        message=message,
        cell=str(person.line),
        severity=severity,
    )


READER = Reader(open=open_reader, recognises=recognises)
