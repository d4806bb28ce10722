"""What is found in texts, and what is left of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

from common.home import inbox_folder
from ingestion.catalogue import SOURCES
from ingestion.files.batch_check import TableCheck
from ingestion.files.inbox import InboxFile, not_read, take_stock
from ingestion.files.row_check import CONTACT_DETAILS, RawRow, check_table
from ingestion.files.table_files import Cells
from ingestion.files.values import Column
from ingestion.persons.contact_details import (
    CODE,
    NAME_OF_ORGANISATION,
    OPEN_TEXT,
    SUSPICIOUS,
    WITHHELD,
    contact_details,
    withhold,
)

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "threesixtygiving"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Workshop, ask jane.smith@example.org", "an e-mail address"),
        ("Workshop, ring 0121 496 0123", "a telephone number"),
        ("Workshop (0121) 496-0123", "a telephone number"),
        ("Workshop +44 (0)121 496 0123", "a telephone number"),
        ("Workshop 01214960123", "a telephone number"),
        ("Workshop 07700 900123", "a telephone number"),
        ("Workshop of AB 12 34 56 C", "a National Insurance number"),
        ("Workshop, ask jane.smith＠example.org", "an e-mail address"),  # noqa: RUF001
        ("Workshop, mailto:jane%40example.org", "an e-mail address"),
        ("Workshop, ask jane [at] example.org", "an e-mail address"),
        ("Workshop, ask jane (AT) example (dot) org", "an e-mail address"),
        ("Workshop of AB-12-34-56-C", "a National Insurance number"),
        ("jane@example.org or 0121 496 0123", "an e-mail address and a telephone number"),
    ],
)
def test_contact_details_in_an_open_text_withhold_it(text, what):
    assert withhold(text, OPEN_TEXT) == (WITHHELD, what)
    assert re.search(SUSPICIOUS, text), "the cheap search must find whatever the dear one does"


@pytest.mark.parametrize(
    "text",
    [
        "20/07/2014",
        "2020 - 2022",
        "01/04/2020 - 31/03/2021",
        "Phase 2: 2023-2024, 2024-2025 and 2025-2026",
        "Charity 1234567 and company 01234567, SC123456",
        "Room 4, 10:00-11:30, 01.04.2024",
        "@home: digital skills",
        "Look (at) us: art [at] heart",
        "50%40 split",
        "WM 01-02-24 A new start",
        "£1,234,567.89 over 3 years",
        "Grant 1234567890",
    ],
)
def test_dates_years_and_registered_numbers_are_none(text):
    assert contact_details(text) == []


def test_no_real_grant_title_is_withheld():
    names = ("lloyds_bank_foundation_west_midlands.json", "ab_charitable_trust.json")
    grants = [grant for name in names for grant in json.loads((REAL / name).read_text(encoding="utf-8"))["grants"]]
    texts = [
        grant[name]
        for grant in grants
        for name in ("title", "description")
        if isinstance(grant, dict) and grant.get(name)
    ]
    assert len(texts) > 1_000
    assert [text for text in texts if contact_details(text)] == []


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Acme Ltd (info@acme.example)", "Acme Ltd"),
        ("Acme Ltd, contact Jane Smith 0121 496 0123", "Acme Ltd"),
        ("Acme Ltd - tel: 0121 496 0123, email: a@b.example", "Acme Ltd"),
        ("Elizabeth Garrett Trust tel 01214960123", "Elizabeth Garrett Trust"),
        ("Jane Smith, jane@example.org", WITHHELD),
        ("info@acme.example", WITHHELD),
        ("Jane Smith Ltd", "Jane Smith Ltd"),
    ],
)
def test_of_the_name_of_an_organisation_they_are_cut_out(name, left):
    assert withhold(name, NAME_OF_ORGANISATION)[0] == left


def test_a_code_is_not_searched():
    assert withhold("01214960123", CODE) == ("01214960123", None)


def check(column: Column, cell: str):
    return check_table([column], {column.name: 0}, [RawRow(7, [cell])], source="s", stream="t", place="f#Sheet!")


def test_the_row_counts_and_the_cell_is_named():
    checked = check(Column("title", "Title", OPEN_TEXT, required=True), "Ask jane@example.org")
    assert checked.rows == [(7, {"title": WITHHELD})]
    (finding,) = checked.findings
    assert (finding.reason_code, finding.severity, finding.cell) == (CONTACT_DETAILS, "warning", "A7")
    assert "jane" not in finding.message
    assert finding.message.endswith("take it out. The row counts without it")


@pytest.mark.parametrize(
    ("cell", "lands"), [("AG-7", True), ("01214960123", True), ("a@b.example", False), ("0121 496 0123", False)]
)
def test_a_reference_with_contact_details_is_refused(cell, lands):
    checked = check(Column("ref", "Ref", required=True), cell)
    assert bool(checked.rows) is lands
    assert [finding.reason_code for finding in checked.findings] == ([] if lands else ["names_a_person"])


@pytest.mark.parametrize("read_by", ["row", "column"])
@pytest.mark.parametrize(
    "code",
    [
        "a@b.example",
        "0121 496 0123",
        "(0121) 496 0123",
        "07700-900123",
        "077009001 23",
        "+447700900123",
        "+44 7700 900 123",
        "AB123456C",
        "AB 12 34 56 C",
    ],
)
def test_a_code_is_refused_whether_its_table_is_read_by_row_or_by_column(code, read_by):
    columns = [Column("ref", "Ref", required=True), Column("note", "Note")]
    table = TableCheck(columns, {"ref": 0, "note": 1}, "s", "t", "f#!")
    # Of a number and of a UUID a part could be dialled.
    good = ["01214960123", "e5d8f0a0-0121-4960-1234-0123456789ab", "01234567-8901-4234-8567-0123456789ab"]
    codes = [*good, code]
    cells = pa.RecordBatch.from_pydict({"0": codes, "1": ["x"] * len(codes)})
    rows = [RawRow(at, [one, "x"]) for at, one in enumerate(codes, 2)]
    checked = table.check_rows(rows) if read_by == "row" else table.check_cells(Cells(2, cells))
    assert checked.rows.column("ref").to_pylist() == good
    assert [(finding.place, finding.reason_code) for finding in checked.findings] == [("f#!5", "names_a_person")]


SPEAKING = re.compile(
    r"(^|_)(name|title|topic|subject|reason|purpose|description|role|rationale|tranche|organisation)($|_)"
)
CODES = ("_id", "_code", "_type", "_number", "_postcode", "_postal_code", "_website", "_sector")
NOT_FREE = {"file_name", "list_name", "check_name", "tranche", "role", "organisation_id", "lead_organisation_id"}


def test_every_column_that_may_speak_of_somebody_is_declared_as_a_text():
    undeclared = [
        f"{source.name}/{stream.name}.{column}"
        for source in SOURCES.values()
        for stream in source.streams
        for column in stream.columns
        if SPEAKING.search(column)
        and column not in stream.texts
        and column not in NOT_FREE
        and not column.endswith(
            ("_id", "_code", "_type", "_number", "_postcode", "_postal_code", "_website", "_sector")
        )
    ]
    assert undeclared == [
        # Of areas and of tables, both as offices publish them.
        "published_statistics/area_productivity.name",
        "published_statistics/editions.table_name",
        # One of the vocabulary's names.
        "registers/assumptions.name",
    ]


def test_texts_are_columns_and_of_a_known_kind():
    for source in SOURCES.values():
        for stream in source.streams:
            assert set(stream.texts) <= set(stream.columns), stream.name
            assert set(stream.texts.values()) <= {OPEN_TEXT, NAME_OF_ORGANISATION}, stream.name


def test_a_file_whose_name_holds_contact_details_is_shown_without(tmp_path):
    file = InboxFile(tmp_path / "Return jane@example.org.xlsx", "returns", "0" * 64)
    assert file.name == "Return"
    assert InboxFile(tmp_path / "export_01214960123.csv", "returns", "0" * 64).name == "export_01214960123.csv"


def test_an_entry_of_the_inbox_that_is_no_file_is_shown_without_them_too(tmp_path):
    folder = inbox_folder(tmp_path, "returns")
    (folder / "jane@example.org").mkdir(parents=True)
    (folder / "Return 0121 496 0123.xlsx").symlink_to(tmp_path)
    assert {entry.name for entry in take_stock(tmp_path, "returns").not_taken} == {"(withheld)", "Return .xlsx"}
    assert not_read(folder / "jane@example.org", OSError()).name == "(withheld)"
