"""The workbook that is written: read by its own reader, full of help, protected, printable, true to the contract."""

import re
import shutil
import subprocess
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from ingestion.catalogue import return_contract
from ingestion.files.inbox import FileRead
from ingestion.files.values import NUMBERS, WHOLE
from ingestion.sources.returns.reader import ReturnReader
from ingestion.sources.returns.template import Figure, Known, write_template
from ingestion.sources.returns.template_checks import LAST_ROW
from ingestion.sources.returns.template_styles import CARRIED

OFFICE = Path(__file__).parents[3] / "fixtures" / "real" / "office"
CONTRACT = return_contract()
TABLES = [table for table in CONTRACT.tables if not table.answers]
HEADINGS_AT = 4
COVER = {"partner_code": "CB01", "partner_name": "A body", "period_key": "2024-25-Q4", "submission_number": "1"}
PILOT = {
    "intervention_ref": "P01",
    "title": "Hydrogen",
    "intervention_type": "pilot",
    "agreement_signed_on": "2024-05-01",
    "award_gbp": "25000.5",
    "status": "live",
    "evidence": "signed_agreement",
}
FIRM = {
    "business_ref": "B1",
    "business_name": "Firm Ltd",
    "company_number": "01234567",
    "organisation_type": "business",
    "sole_trader": "no",
}
KNOWN = Known(
    rows={"INTERVENTIONS": [PILOT, {**PILOT, "intervention_ref": "P02", "evidence": None}], "BUSINESSES": [FIRM]},
    figures=[Figure("Jobs created", "FTE", 2.08, 3, None, "none agreed")],
    until="2024-25-Q3",
    periods=["2024-25-Q3", "2024-25-Q4"],
)


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    path = tmp_path_factory.mktemp("blank") / "blank.xlsx"
    write_template(path, COVER)
    return path


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """One that begins with what is known."""
    path = tmp_path_factory.mktemp("begun") / "begun.xlsx"
    write_template(path, COVER, KNOWN)
    return path


@pytest.fixture(scope="module")
def book(begun):
    return openpyxl.load_workbook(begun)


def labels(sheet, heading):
    """Row of a heading of the front sheet."""
    return next(row[0].row for row in sheet.iter_rows() if str(row[0].value).rstrip(" *") == heading)


def filled(path, out, *, cells=(), nothing=()):
    """A copy with cells typed into, and tables of which there is nothing to report."""
    book = openpyxl.load_workbook(path)
    front = book["Cover"]
    front.cell(labels(front, "Submitted on"), 2).value = date(2025, 4, 10)
    for section in nothing:
        front.cell(labels(front, section), 2).value = "Yes"
    for sheet, cell, value in cells:
        book[sheet][cell] = value
    book.save(out)
    return out


def typed(sheet, number, **values):
    """Cells of a row, by column letter."""
    return [(sheet, f"{letter}{number}", value) for letter, value in values.items()]


def read(path):
    watched = FileRead(path.parent)
    rows, findings = ReturnReader(["CB01"], watched).read(path, "f" * 64)
    drift = {stream for stream, watch in watched.watches.items() if watch._new or watch._missing}
    assert {stream for stream in drift if stream != "sections"} == set()
    return rows, findings


def test_a_nil_return_is_a_workbook_that_says_so_of_each_table(blank, tmp_path):
    names = list(CONTRACT.table("SECTIONS").column("section").allowed)
    rows, findings = read(filled(blank, tmp_path / "nil.xlsx", nothing=names))
    assert findings == []
    assert {stream: len(found) for stream, found in rows.items() if found} == {"covers": 1, "sections": 9}
    assert (rows["covers"][0]["template"], rows["covers"][0]["template_version"]) == ("WMIP-RETURN", "2")
    assert {row["nothing_to_report"] for row in rows["sections"]} == {"yes"}


def test_an_empty_table_is_not_taken_for_nothing_to_report(blank, tmp_path):
    rows, findings = read(filled(blank, tmp_path / "empty.xlsx"))
    assert rows["covers"] == []
    assert "empty_return" in {finding.reason_code for finding in findings}
    cells = typed("Businesses", 5, A="B1", B="Firm", G="Business")
    path = filled(blank, tmp_path / "one.xlsx", cells=cells, nothing=["Businesses", "Jobs"])
    rows, findings = read(path)
    assert len(rows["businesses"]) == 1
    told = Counter(finding.reason_code for finding in findings if finding.stream == "sections")
    said = read(filled(blank, tmp_path / "said.xlsx", cells=[*cells, *typed("Events", 5, A="n/a")], nothing=["Jobs"]))
    unanswered = Counter(finding.reason_code for finding in said[1])["table_not_answered"]
    assert unanswered == told["table_not_answered"] - 1, "a table that says why itself is not asked again"
    assert told == {"table_not_answered": 7, "nil_table_with_rows": 1}
    row = labels(openpyxl.load_workbook(path)["Cover"], "Businesses")
    assert f"B{row}" in {finding.cell for finding in findings if finding.reason_code == "nil_table_with_rows"}


def test_rules_that_only_this_version_has_are_tried_here():
    """`test_an_empty_table_…` shows that they fire and where, `test_a_nil_return_…` that they do not."""
    earlier = {rule.id for rule in return_contract(version=1).rules}
    assert {rule.id for rule in CONTRACT.rules} - earlier == {"nil_table_with_rows", "table_not_answered"}


def test_what_it_begins_with_is_read_back_as_it_was_landed(begun, tmp_path):
    rows, _ = read(filled(begun, tmp_path / "f.xlsx", cells=[("Interventions", "M6", "Self-report")]))
    first, second = rows["interventions"]
    assert {name: first[name] for name in PILOT} == PILOT
    assert second["evidence"] == "self_report"
    assert {name: rows["businesses"][0][name] for name in FIRM} == FIRM


def test_rows_below_those_that_are_shown_are_read(blank, tmp_path):
    cells = typed("Forecast", 1500, A="Jobs created", B="2024-25-Q4", C=3)
    rows, _ = read(filled(blank, tmp_path / "far.xlsx", cells=cells))
    assert [(row["row_number"], row["forecast_value"]) for row in rows["forecasts"]] == [("1500", "3")]


def test_a_text_that_stands_alone_below_a_table_is_a_note_and_what_is_begun_is_a_row(blank, tmp_path):
    cells = [
        *typed("Forecast", 5, A="Jobs created", B="2024-25-Q4", C=3),
        *typed("Forecast", 8, A="Checked by finance"),
        *typed("Forecast", 9, A="on Monday"),
        *typed("Businesses", 5, A="B1"),
        *typed("Jobs", 7, A="nil"),
        *typed("Events", 5, A="E1", B="None", C=None),
        *typed("Events", 9, B="Zoom", D="Late one"),
    ]
    rows, findings = read(filled(blank, tmp_path / "notes.xlsx", cells=cells))
    assert len(rows["forecasts"]) == 1
    notes = {finding.cell: finding.severity for finding in findings if finding.reason_code == "outside_table"}
    assert notes == {"A8": "note", "A9": "note"}
    wrong = {(finding.stream, finding.place.rpartition("!")[2]) for finding in findings if finding.severity == "error"}
    assert wrong == {("businesses", "5"), ("events", "5"), ("events", "9")}
    assert ("jobs", "yes") in {(row["section"], row["nothing_to_report"]) for row in rows["sections"]}


def test_headings_are_frozen_protected_without_password_and_explained(book):
    for table in TABLES:
        sheet = book[table.sheet]
        assert sheet.freeze_panes == "B5"
        protection = sheet.protection
        assert (protection.sheet, protection.password, protection.insertRows) == (True, None, False), "False: allowed"
        for at, column in enumerate(table.columns, 1):
            heading = sheet.cell(HEADINGS_AT, at)
            assert heading.value == f"{column.heading}{' *' if column.required else ''}"
            assert heading.protection.locked
            assert column.guidance, f"{table.table}.{column.name} says nothing"
            assert heading.comment.text.startswith(column.guidance)
            assert not sheet.cell(HEADINGS_AT + 1, at).protection.locked
            (below,) = (one for one in sheet.column_dimensions.values() if one.min <= at <= one.max)
            assert not below.protection.locked, "nor far below"
        (structured,) = sheet.tables.values()
        last = get_column_letter(len(table.columns))
        assert structured.ref.startswith(f"A{HEADINGS_AT}:{last}")
        assert structured.name == table.stream


def test_every_choice_date_and_number_is_checked_while_people_type(blank, book):
    with zipfile.ZipFile(blank) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet"))
        formats = re.findall(r'formatCode="([^"]*)"', parts.read("xl/styles.xml").decode())
    rules = re.findall(r'<dataValidation type="(\w+)"', text)
    columns = [column for table in TABLES for column in table.columns]
    kinds = [column.kind for column in columns]
    references = sum(len(table.references) for table in TABLES)
    # Beside them on the front sheet: Yes or No, the submission's number and day.
    assert rules.count("list") == kinds.count("choice") + kinds.count("yes_no") + references + 1
    assert rules.count("date") == kinds.count("date") + 1
    assert rules.count("decimal") == sum(kind in NUMBERS and kind not in WHOLE for kind in kinds)
    assert rules.count("whole") == sum(kind in WHOLE for kind in kinds) + 1
    assert "<formula1>0</formula1><formula2>100000</formula2>" in text, "no telephone number in a headcount"
    assert "<formula1>0</formula1><formula2>1000000000</formula2>" in text, "no £2e16"
    # exceljs makes NaN of a function, and a date of a number whose format has an escaped letter.
    assert [one for one in re.findall(r"<formula[12]>([^<]*)</formula", text) if "(" in one] == []
    assert [code for code in formats if "\\" in code] == []
    for table in TABLES:
        hints = [rule.prompt for rule in book[table.sheet].data_validations.dataValidation]
        assert hints == [column.guidance[:255] for column in table.columns]
        assert all(
            str(rule.sqref).endswith(str(LAST_ROW)) for rule in book[table.sheet].data_validations.dataValidation
        )


def test_drop_downs_hold_what_the_contract_allows_and_the_programmes_quarters(book):
    lists = book["Lists"]
    assert lists.sheet_state == "hidden"
    columns = {tuple(cell.value for cell in column if cell.value) for column in lists.iter_cols()}
    assert tuple(KNOWN.periods) in columns
    for table in TABLES:
        assert {tuple(column.allowed) for column in table.columns if column.allowed} <= columns


def test_each_cell_that_was_filled_in_is_marked_and_no_other(book):
    sheet = book["Interventions"]
    marked = {
        cell.coordinate
        for row in sheet.iter_rows(min_row=HEADINGS_AT + 1)
        for cell in row
        if cell.fill.fgColor.rgb == f"FF{CARRIED.removeprefix('#')}"
    }
    given = [column.name in PILOT for column in CONTRACT.table("INTERVENTIONS").columns]
    first = {f"{get_column_letter(at)}5" for at, known in enumerate(given, 1) if known}
    assert marked == first | {place.replace("5", "6") for place in first} - {"M6"}


def test_it_prints_across_on_pages_that_fit(book):
    for sheet in book.worksheets:
        if sheet.title == "Lists":
            continue
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (int(sheet.page_setup.fitToWidth or 1), int(sheet.page_setup.fitToHeight)) == (1, 0)
    assert all(book[table.sheet].print_title_rows == f"${HEADINGS_AT}:${HEADINGS_AT}" for table in TABLES)


def test_progress_and_totals_are_stored_for_readers_that_do_not_calculate(begun):
    book = openpyxl.load_workbook(begun, data_only=True)
    front = book["Cover"]
    assert front["A3"].value == "1 of 9 sections done"
    states = {name: front.cell(labels(front, name), 5).value for name in ("Interventions", "Businesses", "Jobs")}
    assert states == {
        "Interventions": "1 cells missing",
        "Businesses": "Complete; from earlier returns: look it over",
        "Jobs": "Not answered yet",
    }
    assert book["Interventions"]["G3"].value == 50001
    assert book["So far"]["C5"].value == 2.08
    assert book["So far"]["F5"].value == "none agreed"


def test_the_guidance_says_what_every_column_means(book):
    said = {(row[0].value, row[1].value): row[3].value for row in book["Guidance"].iter_rows(min_row=3)}
    for table in TABLES:
        assert {said[table.title, column.heading] for column in table.columns} == {c.guidance for c in table.columns}


def test_colours_are_declared_for_what_every_row_needs_and_what_cannot_be(book):
    for table in TABLES:
        rules = book[table.sheet].conditional_formatting
        formulas = {
            str(one.sqref)[0]: [rule.formula[0] for rule in one.rules] for one in rules if len(table.columns) < 27
        }
        needed = [get_column_letter(at) for at, column in enumerate(table.columns, 1) if column.required]
        last = get_column_letter(len(table.columns))
        for letter in needed:
            assert f"AND(COUNTA($A5:${last}5)>0,LEN({letter}5)=0)" in formulas[letter]
    hours = " ".join(rule.formula[0] for one in book["Support sessions"].conditional_formatting for rule in one.rules)
    assert "OR(D5<=0,D5>24)" in hours
    assert "OR(D5<0.25,D5>10)" in hours
    assert "COUNTIF('Businesses'!$A$5:$A$2000,B5)=0" in hours
    assert f">{(date(2025, 3, 31) - date(1899, 12, 30)).days})" in hours, "after the quarter"


def test_a_name_that_begins_like_a_formula_is_a_text(tmp_path):
    name = '=HYPERLINK("http://x.example")'
    known = Known(rows={"BUSINESSES": [{**FIRM, "business_name": name}]})
    write_template(tmp_path / "b.xlsx", {**COVER, "partner_name": name}, known)
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    cells = [book["Businesses"]["B5"], book["Cover"].cell(labels(book["Cover"], "Cluster body name"), 2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(name, "s"), (name, "s")]


@pytest.mark.parametrize("program", ["exceljs-4.4.0", "libreoffice-7.4.7", "sheetjs-0.18.5"])
def test_what_other_programs_fill_in_and_save_is_read(program):
    rows, findings = read(OFFICE / f"return-v2-{program}.xlsx")
    assert findings == []
    assert {stream: len(found) for stream, found in rows.items() if found} == {
        "covers": 1,
        "sections": 9,
        "businesses": 1,
        "support_sessions": 3,
        "events": 1,
        "forecasts": 1,
    }
    assert [row["row_number"] for row in rows["support_sessions"]] == ["5", "105", "205"]
    assert {row["supported_on"] for row in rows["support_sessions"]} == {"2025-02-01", "2025-02-02", "2025-02-03"}
    assert rows["businesses"][0]["company_number"] == "01234567"
    assert sum(row["nothing_to_report"] == "yes" for row in rows["sections"]) == 5
    # What exceljs makes of rules other than formulas no other program opens.
    book = openpyxl.load_workbook(OFFICE / f"return-v2-{program}.xlsx")
    assert book["Cover"].protection.sheet == (not program.startswith("sheetjs"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_calculates_what_is_stored_and_saves_what_is_read(begun, tmp_path):
    """The formulas themselves, calculated by LibreOffice after rows were typed in."""
    events = typed("Events", 5, A="E1", B="Zoom")
    sessions = typed("Support sessions", 5, A="S1", D=2.5)
    cells = [*typed("Businesses", 6, A="B2", B="Other", G="Business"), *sessions, *events]
    path = filled(begun, tmp_path / "f.xlsx", cells=cells, nothing=["Jobs"])
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", tmp_path / "out", path], check=True, capture_output=True, timeout=120)
    saved = tmp_path / "out" / "f.xlsx"
    front = openpyxl.load_workbook(saved, data_only=True)["Cover"]
    sections = ("Businesses", "Support sessions", "Jobs", "Events")
    states = {name: front.cell(labels(front, name), 5).value for name in sections}
    assert states == {
        "Businesses": "Complete",
        "Support sessions": "4 cells missing",
        "Jobs": "Nothing to report",
        # Title, day, mode, attribution, evidence, and the platform's number, which Zoom has.
        "Events": "6 cells missing",
    }
    assert front["A3"].value == "2 of 9 sections done"
    rows, _ = read(saved)
    assert [row["business_ref"] for row in rows["businesses"]] == ["B1", "B2"]
