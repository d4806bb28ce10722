"""Each kind of finding of a reader is seen where its fault is planted, and not where nothing is wrong. What takes a
whole file or a whole source to plant is planted in the test that is named beside it.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from ingestion.apis.http import MalformedRecord
from ingestion.apis.json_values import text
from ingestion.catalogue import SOURCES
from ingestion.crm import check_activity
from ingestion.declaration import Stream
from ingestion.drift import DriftWatch, HeadingWatch, volume_drift
from ingestion.files.row_check import RawRow, check_table
from ingestion.files.values import BadValue, Column, Covered, NoValue
from ingestion.finding_rules import finding_rules
from ingestion.findings import Finding, RefusedFile
from ingestion.instants import parse_instant
from ingestion.sources.companies_house_lookup import reader as lookup
from ingestion.sources.eventbrite_report import reader as eventbrite_report
from ingestion.sources.gateway_to_research_api import reader as gateway
from ingestion.sources.published_statistics import reader as published
from ingestion.sources.returns import tables
from ingestion.sources.threesixtygiving_registry import reader as registry
from orchestration.code_version import ROOT

RULES = {rule.id: rule for rule in finding_rules()}
Told = Callable[[Any], set[str]]


def _cell(kind: str = "text", **more: Any) -> Told:
    """What is told of a cell of a column."""
    column = Column("c", "Cell", kind, **more)

    def told(raw: Any) -> set[str]:
        try:
            column.read(raw)
        except BadValue as bad:
            return {bad.reason_code}
        return set()

    return told


def _record(read: Callable[[Any], Any]) -> Told:
    """What is told of a record of an API."""

    def told(record: Any) -> set[str]:
        try:
            read(record)
        except MalformedRecord as bad:
            return {bad.reason_code}
        return set()

    return told


def _row(kind: str) -> Told:
    """What is told of a row of a table with one column."""

    def told(raw: Any) -> set[str]:
        rows = [raw if isinstance(raw, RawRow) else RawRow(2, [raw])]
        checked = check_table([Column("c", "Cell", kind)], {"c": 0}, rows, source="s", stream="t", place="f#!")
        return {finding.reason_code for finding in checked.findings}

    return told


_STREAM = Stream(
    name="things",
    description="Things. Grain: a thing.",
    key=("id",),
    columns=("id", "state"),
    reads=("id", "state"),
    enumerations={"state": ["open", "closed"]},
)


def _drift(records: list[dict[str, str]]) -> set[str]:
    watch = DriftWatch(_STREAM)
    for record in records:
        watch.record(record)
        watch.row(record)
    return {drift.kind for drift in watch.drifts("r1", "shop")}


def _changed(column: str | None) -> set[str]:
    watch = DriftWatch(_STREAM)
    if column:
        watch.changed(column)
    return {drift.kind for drift in watch.drifts("r1", "shop")}


def _headings(near: dict[str, str]) -> set[str]:
    watch = HeadingWatch()
    watch.table(list(near), list(near.values()), near)
    return {drift.kind for drift in watch.drifts("r1", "shop", _STREAM)} - {"vanished_column"}


def _report(cells: dict[str, str]) -> set[str]:
    wrong = eventbrite_report._wrong({"attendee": "1234567890-1234567890", **cells}, "1200000001")
    return {wrong[1]} if wrong else set()


def _linked(status: int) -> set[str]:
    client = SimpleNamespace(
        get=lambda *_, **__: SimpleNamespace(status_code=status, raise_for_status=lambda: None, json=dict)
    )
    reads = SimpleNamespace(read=SimpleNamespace(client=client), _answers={})
    return _record(lambda _: gateway._Follower._ask(reads, "persons", "1"))(None)


def _unread(cells: list[str | None]) -> set[str]:
    """What is told of a row of a table of a return whose second column is not read."""
    table = SimpleNamespace(single=False, heading_rows=1, guidance_rows=0, stream="jobs")
    block = SimpleNamespace(sheet="Jobs", first=0, end=2, cells=lambda row: row)
    headings = SimpleNamespace(own={"post_ref": 0}, spread=[])
    found = tables.unread_rows(table, block, headings, {"Jobs": [["Post ref", "Notes"], cells]}, "r.xlsx#Jobs!")
    return {finding.reason_code for finding in found}


def _hidden(rows: list[int]) -> set[str]:
    """What is told of a table of a return of which these rows are hidden."""
    table = SimpleNamespace(heading_rows=1, stream="jobs", name="Jobs")
    block = SimpleNamespace(sheet="Jobs", first=0, end=3, left=0, cells=lambda row: row)
    found = tables.hidden_rows(table, block, {"Jobs": [["Post ref"], ["J1"], ["J2"]]}, rows, "r.xlsx#Jobs!")
    return {finding.reason_code for finding in found}


def _licensed(licence: str) -> set[str]:
    reads = SimpleNamespace(settings=SOURCES["threesixtygiving_registry"].settings)
    dataset = {"id": "a", "license": licence, "distribution": [{"downloadURL": "https://a.example/a.json"}]}
    if registry.is_open(licence, reads.settings["licences"]):
        return set()
    return _record(lambda _: registry._downloaded(dataset, read=reads, known={}))(None)


def _answered(status: int) -> set[str]:
    """What is told of a file to be downloaded whose server answers so; one that is there is larger than allowed."""
    answer = SimpleNamespace(status_code=status, iter_content=lambda _: [b"more than nothing"])
    client = SimpleNamespace(get=lambda *_, **__: nullcontext(answer))
    with tempfile.TemporaryDirectory() as home:
        reads = SimpleNamespace(client=client, settings={"largest_megabytes": 0}, home=Path(home))
        return _record(lambda _: registry._fetch(reads, "https://a.example/a.json", "a"))(None) - {"too_large"}


def _grants(listed: list[dict[str, str]]) -> set[str]:
    """What is told of an organisation of which the API lists these grants."""
    with tempfile.TemporaryDirectory() as home, mock.patch.object(registry, "_pages", lambda *_: iter([_Page(listed)])):
        reads = SimpleNamespace(settings={"api_url": "https://a.example/"}, home=Path(home))
        return _record(lambda _: registry._asked({"id": "grants_made:GB-CHC-1"}, read=reads))(None)


class _Page(list):
    response = SimpleNamespace(json=dict)


def _deflator(year: str) -> set[str]:
    rows = [["Financial year", "GDP deflator 2024-25 = 100"], ["2023-24", "97.1"], [year, "98.2"]]
    sheet = SimpleNamespace(rows=rows, place=lambda at: f"A!{at + 1}", name=None)
    with mock.patch.object(published, "_sheets", lambda _: [sheet]):
        found = list(published._deflators(Path("deflators.csv")))
    return {one.reason_code for one in found if isinstance(one, Finding)}


def _refused(name: str) -> set[str]:
    try:
        eventbrite_report._event_in_name(Path(name))
    except RefusedFile:
        return {"file_refused"}
    return set()


_GOOD = {"id": 1, "state": "open"}
# What is told, of what is wrong, and of what is not.
PLANTED: dict[str, tuple[Told, Any, Any]] = {
    "missing": (_cell(required=True), "", "a"),
    "not_a_date": (_cell("date"), "31/02/2024", "29/02/2024"),
    "not_a_number": (_cell("number"), "twelve", "12"),
    "not_whole": (_cell("whole"), "1.5", "1"),
    "too_small": (_cell("hours"), "-1", "1"),
    "too_large": (_cell("number", maximum=24), "25", "24"),
    "not_allowed": (_cell("choice", allowed={"Yes": "yes"}), "Perhaps", "Yes"),
    "not_a_period": (_cell("period"), "2024-25-Q5", "2024-25-Q4"),
    "not_one_value": (_cell(), NoValue(None, "a list stands here"), "a"),
    "merged_cells": (_cell(), Covered("A1:A2"), "a"),
    "error_cell": (_cell(), NoValue("#REF!"), "a"),
    "formula_without_value": (_cell(), NoValue(None), "a"),
    "damaged_text": (_cell(), "a\udcffb", "ab"),
    "not_a_telephone_number": (_cell("telephone"), "ring me", "0121 496 0000"),
    "not_an_address": (_cell("email"), "ann at example", "ann@example.org"),
    "names_a_person": (_cell("text"), "ann@example.org", "P01"),
    "ambiguous_date": (_cell("ordered_date"), "03/04/2024", "13/04/2024"),
    "not_a_postcode": (_cell("postcode"), "Birmingham", "B1 1AA"),
    "not_a_company_number": (_cell("company_number"), "one", "01234567"),
    "contact_details_withheld": (_row("open_text"), "ask ann@example.org", "ask us"),
    "control_characters": (_row("open_text"), "a\x07b", "ab"),
    "too_many_cells": (_row("open_text"), RawRow(2, ["a", "b"], has_surplus=True), RawRow(2, ["a"])),
    "not_a_time": (_record(lambda value: parse_instant("at", value)), "soon", "2024-03-31T09:00:00Z"),
    "negative": (
        _record(lambda minutes: check_activity({"started_at": "2024-03-31T09:00:00Z", "minutes": minutes})),
        "-5",
        "5",
    ),
    "ends_before_start": (
        _record(lambda end: check_activity({"started_at": "2024-03-31T09:00:00Z", "ended_at": end})),
        "2024-03-31T08:00:00Z",
        "2024-03-31T10:00:00Z",
    ),
    "changed_type": (lambda value: _record(lambda v: text("c", v))(value) and _changed("c"), ["a"], "a"),
    "another_company": (
        _record(lambda number: lookup._row({"id": "01234567", "company_status": "active", "company_number": number})),
        "07654321",
        "01234567",
    ),
    "dangling_link": (_linked, 404, 200),
    "unknown_format": (
        _record(lambda address: registry._suffix(address, "text/html", "it")),
        "https://a.example/grants",
        "https://a.example/grants.json",
    ),
    "row_not_read": (_unread, [None, "see below"], ["J1", "see below"]),
    "hidden_rows": (_hidden, [2], []),
    "not_open": (_licensed, "https://a.example/all-rights-reserved", "https://creativecommons.org/licenses/by/4.0/"),
    "not_there": (_answered, 404, 200),
    "unknown": (_grants, [], [{"data": {"id": "360G-a-1"}}]),
    "not_a_year": (_deflator, "the year before", "2024-25"),
    "file_refused": (_refused, "report.csv", "event-1234567890.csv"),
    "not_an_id": (_report, {"attendee": "1.23E+09"}, {}),
    "several_tickets": (_report, {"quantity": "2"}, {"quantity": "1"}),
    "new_column": (_drift, [{**_GOOD, "colour": "red"}], [_GOOD]),
    "personal_column": (_drift, [{**_GOOD, "surname": "x"}], [_GOOD]),
    "vanished_column": (_drift, [{"id": 1}] * 5, [_GOOD] * 5),
    "unknown_value": (_drift, [{**_GOOD, "state": "ajar"}], [_GOOD]),
    "misspelt_column": (_headings, {"Stat": "state"}, {}),
    "unexpected_volume": (
        lambda rows: {drift.kind for drift in volume_drift("r1", "shop", _STREAM, rows, (5, 10))},
        4,
        5,
    ),
}
_TESTS = "tests/ingestion"
# Rule -> the test that plants it: it takes a whole file, a whole source or a server.
ELSEWHERE = {
    "not_listed": "sources/test_pathfinders.py",
    "tag_missing": "sources/test_pathfinders.py",
    "outside_table": "sources/test_returns.py",
    "row_repeated": "sources/test_returns.py",
    "reference_contradicted": "sources/test_returns.py",
    "unknown_reference": "sources/returns/test_corpus.py",
    "table_has_no_rows": "sources/returns/test_blanks.py",
    "repeated_key": "files/test_reading.py",
    "repeated_row": "files/test_reading.py",
    "lost_rows": "files/test_reading.py",
    "no_plain_file": "files/test_reading.py",
    "unreadable_file": "files/test_reading.py",
    "windows_1252": "files/test_encodings.py",
    "unknown_status": "sources/test_eventbrite_report.py",
    "list_cut_off": "sources/test_teams_graph.py",
    "section_not_read": "sources/test_teams.py",
    "absent_from_complete_list": "sources/test_dataverse.py",
    "quotation_mark_not_closed": "sources/test_companies_house.py",
}


def test_every_kind_of_finding_is_planted():
    assert set(PLANTED) | set(ELSEWHERE) == set(RULES)
    assert not set(PLANTED) & set(ELSEWHERE)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_finding_is_told_of_its_fault_and_of_nothing_else(rule):
    told, wrong, right = PLANTED[rule]
    assert rule in told(wrong)
    assert told(right) == set()


@pytest.mark.parametrize("rule", ELSEWHERE)
def test_the_test_that_plants_it_is_there(rule):
    """A function of that file says the rule's id in what it asserts or compares."""
    tree = ast.parse((ROOT / _TESTS / ELSEWHERE[rule]).read_text(encoding="utf-8"))
    compared = [node for node in ast.walk(tree) if isinstance(node, (ast.Assert, ast.Compare))]
    said = {one.value for node in compared for one in ast.walk(node) if isinstance(one, ast.Constant)}
    assert rule in said
