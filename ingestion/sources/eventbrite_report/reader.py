"""Attendee reports that an organiser downloads from Eventbrite: a row a ticket, a column a question of the form.

Reference: docs/sources/eventbrite.md. `Attendee #` is the id that the API gives the ticket: what both tell of is one
ticket. Columns differ from event to event; they are told by their headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.yamlfile import read_yaml
from ingestion.apis.booking_questions import Questions, load_questions
from ingestion.apis.json_values import one_line
from ingestion.files.delimited_text import rows_of_text
from ingestion.files.encodings import open_text
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import RawRow, find_columns, heading_key, row_of_text, surplus, width_of
from ingestion.findings import ERROR, WARNING, Finding, RefusedFile
from ingestion.persons.pseudonyms import email_domain, person_key
from ingestion.reader import Reader

SOURCE, STREAM = "eventbrite_report", "attendees"
WORDS: Mapping[str, Any] = read_yaml(Path(__file__).with_name("layouts.yaml"), dict[str, Any])
_REQUIRED = ("attendee", "order", "status", "email")
_STATES = ("checked_in", "attending", "cancelled")
_TICKET = re.compile(r"\d{3,}(-\d+)?")
_EVENT = re.compile(r"\d{3,}")
_EVENT_IN_NAME = re.compile(r"\bevent[ _-](\d{3,})(?!\d)", re.IGNORECASE)


def recognises(path: Path) -> bool:
    """Whether a file begins with the headings of an attendee report."""
    if path.suffix.lower() not in {".csv", ".tsv", ".txt"}:
        return False
    with open_text(path) as handle:
        first = next((row.cells for row in rows_of_text(handle.readlines(1 << 16))), [])
    found = set(find_columns(WORDS["columns"], first))
    return {"order", "status"} <= found or {"attendee", "order"} <= found


def open_reader(read: FileRead) -> FileReader:
    """What reads one report. The questions are those of the API's source. Raises InvalidMapping."""
    questions = load_questions(read.home, "eventbrite")

    def read_report(file: InboxFile) -> Iterator[Chunk]:
        with open_text(file.path, whole=True) as handle:
            rows = rows_of_text(list(handle))
        first = next(rows, None)
        headings = [] if first is None else first.cells
        at = _positions(headings)
        width = width_of(headings)
        event_in_name = None if "event" in at else _event_in_name(file.path)
        landed: list[dict[str, Any]] = []
        findings: list[Finding] = []
        for row in rows:
            if row_of_text(row.number, row.cells, width).has_surplus:
                findings.append(surplus(SOURCE, STREAM, f"{file.path.name}#!{row.number}"))
                continue
            cells = {name: row.cells[index] for name, index in at.items() if index < len(row.cells)}
            event = event_in_name or cells.get("event", "")
            wrong = _wrong(cells, event)
            if wrong:
                findings.append(_finding(file, row, *wrong))
                continue
            status = heading_key(cells.get("status"))
            if not any(status in WORDS[state] for state in _STATES):
                message = (
                    f"the status is none of {', '.join(_STATES)} that are known; it counts as a ticket not checked in"
                )
                findings.append(_finding(file, row, "status", "unknown_status", message, WARNING))
            answers = [
                (heading, heading, cell)
                for index, (heading, cell) in enumerate(zip(headings, row.cells, strict=False))
                if index not in at.values()
            ]
            landed.append(
                {
                    **_ticket(cells, event, answers, questions, read),
                    "file_name": file.path.name,
                    "file_sha256": file.sha256,
                    "row_number": str(row.number),
                    "_source_record": f"{file.sha256}:{row.number}",
                }
            )
        if not landed and not findings:
            raise RefusedFile("the report lists nobody; download it again with attendees of every status")
        yield Chunk(STREAM, landed, findings)

    return read_report


def _positions(headings: Sequence[str]) -> dict[str, int]:
    at = find_columns(WORDS["columns"], headings, required=_REQUIRED)
    missing = [str(WORDS["columns"][name][0]) for name in _REQUIRED if name not in at]
    if missing:
        raise RefusedFile(
            f"no column was found for {', '.join(missing)}: download the attendee report (not the orders report) with "
            "these columns"
        )
    return at


def _event_in_name(path: Path) -> str:
    found = set(_EVENT_IN_NAME.findall(path.stem))
    if len(found) != 1:
        raise RefusedFile(
            "the report does not say which event it is of: add its column `Event ID`, or put `event-` and the event's "
            "id, as its address on Eventbrite has it, into the file's name (event-1234567890.csv)"
        )
    return str(found.pop())


def _wrong(cells: Mapping[str, str], event: str) -> tuple[str, str, str] | None:
    """Column, reason and message of the first thing that makes a row unusable."""
    if not _TICKET.fullmatch(cells.get("attendee", "")):
        return "id", "not_an_id", "no whole id of an attendee stands here: give the report as downloaded"
    if not _EVENT.fullmatch(event):
        return "event_id", "not_an_id", "no whole id of an event stands here: give the report as downloaded"
    if cells.get("quantity", "1") not in ("", "1"):
        return (
            "quantity",
            "several_tickets",
            "the row is of several tickets; a report has a row a ticket",
        )
    return None


def _ticket(
    cells: Mapping[str, str],
    event: str,
    answers: Sequence[tuple[str, str, str]],
    questions: Questions,
    read: FileRead,
) -> dict[str, Any]:
    address = cells.get("email", "")
    status = heading_key(cells.get("status"))
    return {
        "id": cells["attendee"],
        "event_id": event,
        "order_id": cells.get("order") or None,
        "ticket_class_name": cells.get("ticket") or None,
        "status": cells.get("status") or None,
        "checked_in": "true" if status in WORDS["checked_in"] else "false",
        "cancelled": "true" if status in WORDS["cancelled"] else "false",
        "person_key": person_key(address, read.pseudonym_key),
        "email_domain": email_domain(address),
        "organisation_name": one_line(cells.get("company")),
        "organisation_website": one_line(cells.get("website")),
        **questions.kept(event, answers),
    }


def _finding(file: InboxFile, row: RawRow, column: str, code: str, message: str, severity: str = ERROR) -> Finding:
    return Finding(
        source=SOURCE,
        stream=STREAM,
        place=f"{file.path.name}#!{row.number}",
        column_name=column,
        reason_code=code,
        message=message,
        cell=str(row.number),
        severity=severity,
    )


READER = Reader(open=open_reader, recognises=recognises)
