"""A corpus of workbooks, each with every finding that is expected, down to the cell (`corpus.py` makes them)."""

import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from ingestion.files.inbox import FileRead
from ingestion.files.limits import Limits, limited_to
from ingestion.findings import RefusedFile
from ingestion.sources.returns.reader import ReturnReader
from tests.ingestion.sources.returns.corpus import CONTRACT, SPOILT_CELLS, Length, good, labelled, spoilt, write
from tests.ingestion.sources.returns.test_rules import CASES, ROWS, a_return, told

OFFICE = Path(__file__).parents[3] / "fixtures/real/office"


def read(path):
    return ReturnReader(["CB01"], FileRead(path.parent)).read(path, "f" * 64)


def at(findings, severities=("error", "warning")):
    """Cell and reason of each finding."""
    return {
        (f"{finding.place.rpartition('#')[2].partition('!')[0]}!{finding.cell}", finding.reason_code)
        for finding in findings
        if finding.severity in severities
    }


def test_a_good_workbook_gives_all_its_rows_and_no_finding(tmp_path):
    write(tmp_path / "r.xlsx", good())
    rows, findings = read(tmp_path / "r.xlsx")
    assert findings == []
    assert {stream: len(found) for stream, found in rows.items()} == {
        "covers": 1,
        **{table.stream: 2 if table.table == "MEMBERS" else 1 for table in CONTRACT.tables},
    }


# What cells and references say already is told once, before any rule.
TOLD_BEFORE = {"reference_contradicted", "row_repeated", "unknown_reference", "missing"}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_fires_at_its_cell_of_a_workbook(rule, tmp_path):
    how = CASES[rule].fires
    base = a_return(**how)
    tables = {}
    for table in CONTRACT.tables:
        rows = [{name: row[name] for name in table.landed} for row in base.tables[table.table].rows]
        tables[table.table] = [labelled(table.table, row) for row in rows]
    cover = {name: value.title() if name == "nil_return" else value for name, value in how.get("cover", {}).items()}
    place = write(tmp_path / "r.xlsx", tables, cover)
    _, findings = read(tmp_path / "r.xlsx")
    found = {(one.stream, one.cell) for one in findings if one.reason_code == rule}
    if not found:
        assert {one.reason_code for one in findings} & TOLD_BEFORE, [one.reason_code for one in findings]
        return
    names = {table.stream: table.table for table in CONTRACT.tables}
    wanted = set()
    for one in told(**how)[1]:
        if one.reason_code == rule and one.stream != "covers":
            offset = int(one.place.rpartition("!")[2]) - 10
            wanted.add((one.stream, place.cell(names[one.stream], one.column_name, offset).partition("!")[2]))
    assert {cell for cell in found if cell[0] != "covers"} == wanted


@dataclass
class Nasty:
    """What is typed where, what lands of it, and what is found: column -> reason."""

    table: str
    typed: dict[str, Any]
    lands: dict[str, str | None] | None = None
    found: dict[str, str] | None = None


NASTY = {
    "a date in words": Nasty("SUPPORT", {"supported_on": "6 May 2023"}, {"supported_on": "2023-05-06"}),
    "an ordinal date": Nasty("SUPPORT", {"supported_on": "4th June 2023"}, {"supported_on": "2023-06-04"}),
    "a short month": Nasty("SUPPORT", {"supported_on": "06-May-23"}, {"supported_on": "2023-05-06"}),
    "a weekday": Nasty("SUPPORT", {"supported_on": "Sat 6 May 2023"}, {"supported_on": "2023-05-06"}),
    "another weekday": Nasty("SUPPORT", {"supported_on": "Friday 6 May 2023"}, found={"supported_on": "not_a_date"}),
    "a date of the spreadsheet": Nasty(
        "SUPPORT",
        {"supported_on": datetime(2023, 5, 6, 23, 59)},  # noqa: DTZ001
        {"supported_on": "2023-05-06"},
    ),
    "a day no month has": Nasty("SUPPORT", {"supported_on": "31/06/2023"}, found={"supported_on": "not_a_date"}),
    "a number for a date": Nasty("SUPPORT", {"supported_on": 45052}, found={"supported_on": "not_a_date"}),
    "pounds and commas": Nasty("INTERVENTIONS", {"award_gbp": "£40,000"}, {"award_gbp": "40000"}),
    "no-break blanks": Nasty("INTERVENTIONS", {"award_gbp": "\u00a0£ 40\u202f000\u00a0"}, {"award_gbp": "40000"}),
    "thousands by letter": Nasty("INTERVENTIONS", {"award_gbp": "£40k"}, found={"award_gbp": "not_a_number"}),
    "a guess": Nasty("INTERVENTIONS", {"award_gbp": "about 40,000"}, found={"award_gbp": "not_a_number"}),
    "hours with a colon": Nasty("SUPPORT", {"support_hours": "7:30"}, {"support_hours": "7.5"}),
    "hours in words": Nasty("SUPPORT", {"support_hours": "7h 30m"}, {"support_hours": "7.5"}),
    "a time": Nasty("SUPPORT", {"support_hours": time(7, 30)}, {"support_hours": "7.5"}),
    "a duration": Nasty("SUPPORT", {"support_hours": Length(7.5)}, {"support_hours": "7.5"}),
    "a duration of days": Nasty("SUPPORT", {"support_hours": Length(26.5)}, found={"support_hours": "too_large"}),
    "trailing blanks": Nasty(
        "BUSINESSES", {"business_name": " Aston  Castings Ltd\u00a0"}, {"business_name": "Aston Castings Ltd"}
    ),
    "a choice in capitals": Nasty("SUPPORT", {"channel": "IN  PERSON "}, {"channel": "in_person"}),
    "a slip in a choice": Nasty("SUPPORT", {"channel": "On-line"}, found={"channel": "not_allowed"}),
    "an untouched drop-down": Nasty("SUPPORT", {"channel": "Please select"}, found={"channel": "missing"}),
    "TRUE for Yes": Nasty("SUPPORT", {"specific_advice": True}, {"specific_advice": "yes"}),
    "n/a where nothing is due": Nasty(
        "BUSINESSES", {"charity_number": "n/a"}, {"charity_number": None, "not_given": "charity_number: not_due"}
    ),
    "withheld": Nasty("BUSINESSES", {"website": "withheld"}, {"website": None, "not_given": "website: withheld"}),
    "n/a where it must be filled": Nasty("BUSINESSES", {"business_name": "N/A"}, found={"business_name": "missing"}),
    "nil for nought": Nasty("INTERVENTIONS", {"new_funding_gbp": "nil"}, {"new_funding_gbp": "0"}),
    "a number as text": Nasty("EVENTS", {"signed_in": "'12"}, found={"signed_in": "not_a_number"}),
    "a telephone number in a reference": Nasty(
        "SUPPORT", {"session_ref": "07700 900123"}, found={"session_ref": "names_a_person"}
    ),
    "half a person": Nasty("EVENTS", {"signed_in": 12.5}, found={"signed_in": "not_whole"}),
    "below nothing": Nasty("INTERVENTIONS", {"award_gbp": -1}, found={"award_gbp": "too_small"}),
}


@pytest.mark.parametrize("case", NASTY)
def test_what_people_type_is_read_or_found_at_its_cell(case, tmp_path):
    nasty = NASTY[case]
    tables = good()
    # A parent that is refused would take its children along.
    if nasty.found and nasty.table == "BUSINESSES":
        tables |= {"SUPPORT": []}
    if nasty.found and nasty.table == "INTERVENTIONS":
        tables["LEVERAGE"] = []
    tables[nasty.table][0] |= nasty.typed
    place = write(tmp_path / "r.xlsx", tables)
    rows, findings = read(tmp_path / "r.xlsx")
    errors = {(cell, code) for cell, code in at(findings, ("error",))}
    assert errors == {(place.cell(nasty.table, column), code) for column, code in (nasty.found or {}).items()}
    if nasty.lands:
        landed = rows[CONTRACT.table(nasty.table).stream][0]
        assert {name: landed[name] for name in nasty.lands} == nasty.lands


def test_a_row_that_a_cell_refuses_is_told_its_other_mistakes_at_once(tmp_path):
    tables = good()
    tables["EVENTS"][0] |= {"mode": "Onlin", "signed_in": 2300, "headcount": 25, "held_on": "01/05/2052"}
    # Nobody knows whether it needs a pilot of its own while its type cannot be read.
    tables["INTERVENTIONS"][0] |= {"intervention_type": "Pilott", "status": "Live", "award_gbp": None}
    # A session of a business that is not listed, of which the day is wrong too.
    tables["SUPPORT"][0] |= {"business_ref": "B77", "supported_on": datetime(2061, 5, 6)}  # noqa: DTZ001
    tables["LEVERAGE"] = []
    place = write(tmp_path / "r.xlsx", tables)
    rows, findings = read(tmp_path / "r.xlsx")
    assert at(findings) - {(place.cell("JOBS", "baseline_fte"), "beyond_its_size_band")} == {
        (place.cell("EVENTS", "mode"), "not_allowed"),
        (place.cell("EVENTS", "signed_in"), "signed_in_far_above_headcount"),
        (place.cell("EVENTS", "held_on"), "date_far_ahead"),
        (place.cell("INTERVENTIONS", "intervention_type"), "not_allowed"),
        (place.cell("SUPPORT", "business_ref"), "unknown_reference"),
        (place.cell("SUPPORT", "supported_on"), "date_far_ahead"),
    }
    assert [rows[stream] for stream in ("events", "interventions", "support_sessions")] == [[], [], []]


def _formulas(_book, sheets, place):
    sheets["Businesses"].write_formula(place.cell("SUPPORT", "support_hours").split("!")[1], "=7+0.5", None, 7.5)
    sheets["Jobs"].write_formula(place.cell("JOBS", "contracted_hours").split("!")[1], "=1/0", None, "#DIV/0!")
    sheets["Events"].write_formula(place.cell("EVENTS", "signed_in").split("!")[1], "=NA()", None, "#N/A")


def test_a_formula_is_its_value_and_an_error_is_found_at_its_cell(tmp_path):
    place = write(tmp_path / "r.xlsx", good(), edit=_formulas)
    rows, findings = read(tmp_path / "r.xlsx")
    assert rows["support_sessions"][0]["support_hours"] == "7.5"
    assert at(findings, ("error",)) == {
        (place.cell("JOBS", "contracted_hours"), "error_cell"),
        (place.cell("EVENTS", "signed_in"), "error_cell"),
    }


SHAPES = {
    "moved": {"top": 30, "left": 6},
    "on renamed sheets": {"sheets": {"Jobs": "Jobs (final)", "Events": "Sheet7", "Cover": "Front"}},
    "without a START cell": {"without": ("JOBS:START",)},
    "without an END cell": {"without": ("JOBS:END",)},
    "without either": {"without": ("EVENTS:START", "EVENTS:END")},
    "without a column it need not have": {"without": ("sole_trader",)},
    "with sheets and notes of its own": {
        "edit": lambda book, sheets, _: (
            book.add_worksheet("My notes").write(0, 0, "x"),
            sheets["Jobs"].write("T9", "n"),
        )
    },
    "with hidden rows": {"edit": lambda _book, sheets, _: sheets["Jobs"].set_row(4, None, None, {"hidden": True})},
    "with a row hidden and a filter": {"edit": lambda _book, sheets, _: sheets["Events"].autofilter("B4:M5")},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_is_found_wherever_and_however_it_stands(shape, tmp_path):
    write(tmp_path / "r.xlsx", good(), **SHAPES[shape])
    rows, findings = read(tmp_path / "r.xlsx")
    assert [len(rows[table.stream]) for table in CONTRACT.tables] == [
        2 if table.table == "MEMBERS" else 1 for table in CONTRACT.tables
    ]
    assert [finding for finding in findings if finding.severity == "error"] == []
    lost = {finding.message.split(" is missing")[0] for finding in findings if finding.reason_code == "tag_missing"}
    assert lost == {f"the cell WMIP:{tag}" for tag in SHAPES[shape].get("without", ()) if ":" in tag} - (
        {"the cell WMIP:EVENTS:END"} if shape == "without either" else set()
    )


REFUSED = {
    "another template": ({"template": "OTHER"}, {}, "Template is not WMIP-RETURN"),
    "another version": ({"template_version": 9}, {}, "Template version is not 1 or 2"),
    "another programme": ({"programme": "ABC"}, {}, "Programme is not WMIP"),
    "another body": ({"partner_code": "CB77"}, {}, "not in the partners register"),
    "another way to say the quarter": ({"period_key": "Q1 2023"}, {}, "financial quarter"),
    "no day": ({"submitted_on": ""}, {}, "Submitted on is empty"),
    "no number": ({"submission_number": "first"}, {}, "Submission number is not a number"),
    "no heading": ({}, {"without": ("contracted_hours",)}, "the heading Contracted hours is missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_workbook_that_is_not_the_return_is_refused_with_its_place(case, tmp_path):
    cover, how, said = REFUSED[case]
    write(tmp_path / "r.xlsx", good(), cover, **how)
    with pytest.raises(RefusedFile, match=said):
        read(tmp_path / "r.xlsx")


def test_a_workbook_that_holds_cells_far_away_or_is_nearly_all_the_same_is_refused(tmp_path):
    write(tmp_path / "r.xlsx", good(), edit=lambda _book, sheets, _: sheets["Jobs"].write(5000, 200, "x"))
    with (
        limited_to(Limits(cells=100_000)),
        pytest.raises(RefusedFile, match="the sheet Jobs has cells down to row 5,001"),
    ):
        read(tmp_path / "r.xlsx")


def test_merged_cells_in_a_column_that_must_be_filled_are_found_at_each_row_below(tmp_path):
    tables = good()
    tables["JOBS"] = [{**tables["JOBS"][0], "post_ref": f"J{n}", "business_name": f"Firm {n}"} for n in range(3)]
    for row in tables["JOBS"][1:]:
        del row["started_on"]

    def merge(_book, sheets, place):
        first = place.cell("JOBS", "started_on").split("!")[1]
        sheets["Jobs"].merge_range(f"{first}:{place.cell('JOBS', 'started_on', 2).split('!')[1]}", "01/05/2023")

    place = write(tmp_path / "r.xlsx", tables, edit=merge)
    rows, findings = read(tmp_path / "r.xlsx")
    assert at(findings, ("error",)) == {(place.cell("JOBS", "started_on", n), "merged_cells") for n in (1, 2)}
    assert len(rows["jobs"]) == 1


CSV = "libreoffice-7.4.7.csv.zip"
PROGRAMS = sorted(path.name.removeprefix("good-") for path in (OFFICE / "corpus").glob("good-*"))


def test_the_corpus_holds_what_each_program_saved():
    assert len(PROGRAMS) == 9
    assert len(CASES) + len(NASTY) + len(SHAPES) + len(REFUSED) + 2 * len(PROGRAMS) >= 80


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_good_workbook_that_another_program_saved_is_read_as_it_was(program):
    rows, findings = read(OFFICE / "corpus" / f"good-{program}")
    assert findings == []
    assert [len(rows[table.stream]) for table in CONTRACT.tables] == [
        2 if table.table == "MEMBERS" else 1 for table in CONTRACT.tables
    ]
    (session,) = rows["support_sessions"]
    assert (session["supported_on"], session["support_hours"]) == ("2023-05-01", "7.5")
    assert rows["jobs"][0]["company_number"] == ROWS["JOBS"]["company_number"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_wrong_stands_at_the_same_cells_whoever_saved_it(program, tmp_path):
    place = write(tmp_path / "r.xlsx", spoilt())
    rows, findings = read(OFFICE / "corpus" / f"spoilt-{program}")
    wanted = {(place.cell(table, column, offset), code) for table, column, offset, code in SPOILT_CELLS}
    if program == CSV:
        # As text a duration is a time of the morning (07:30:00 AM): refused, since nobody could tell.
        wanted |= {(place.cell("SUPPORT", "support_hours", offset), "not_a_number") for offset in (0, 1)}
    else:
        (session,) = rows["support_sessions"]
        assert (session["supported_on"], session["support_hours"]) == ("2023-05-06", "7.5")
    found = {(re.sub(r"^spoilt-", "", cell), code) for cell, code in at(findings, ("error",))}
    assert found == wanted
    assert rows["interventions"][0]["award_gbp"] == "40000"


def test_a_csv_of_one_sheet_is_refused_with_what_is_missing_and_one_with_the_month_first_too(tmp_path):
    with zipfile.ZipFile(OFFICE / "corpus" / f"good-{CSV}") as book:
        name = next(name for name in book.namelist() if "Jobs" in name)
        (tmp_path / "jobs.csv").write_bytes(book.read(name))
        cover = next(name for name in book.namelist() if "Cover" in name)
        (tmp_path / "cover.csv").write_bytes(book.read(cover).replace(b"14/07/2023", b"07/14/2023"))
    with pytest.raises(RefusedFile, match="Template is not"):
        read(tmp_path / "jobs.csv")
    with pytest.raises(RefusedFile, match="the date has the month first"):
        read(tmp_path / "cover.csv")
