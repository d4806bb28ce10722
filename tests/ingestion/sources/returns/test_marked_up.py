"""The answer to a workbook: what is said of it, and the workbook back with what is wrong at its cells."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.table import Table

from ingestion.files.limits import Limits
from ingestion.sources.returns.answer import look_at
from ingestion.sources.returns.confirmations import END, HEADINGS, SHEET, START, confirmations
from ingestion.sources.returns.marked_up import COLOURS, CannotMark, write_marked_up
from ingestion.sources.returns.template import write_template
from tests.ingestion.sources.test_returns import BUSINESS, COVER, EVENT, SESSION, _write

OFFICE = Path(__file__).parents[3] / "fixtures" / "real" / "office"


def answer_to(path):
    return next(look_at(path, path.parent / "nohome", {}, None, Limits()))


@pytest.fixture
def marked(tmp_path):
    """A workbook with an error, a warning on two rows and a note; its answer; and the marked-up copy."""
    rows = {
        "BUSINESSES": [
            {**BUSINESS, "Postcode": "Birmingham"},
            {**BUSINESS, "Business ref": "B2", "Company number": 2345678, "Postcode": "Coventry"},
        ],
        "SUPPORT": [{**SESSION, "Hours": "two"}],
    }
    path = _write(tmp_path / "r.xlsx", rows=rows)
    answer = answer_to(path)
    write_marked_up(path, answer, tmp_path / "marked.xlsx")
    return path, answer, load_workbook(tmp_path / "marked.xlsx")


def test_identical_sentences_are_said_once_with_their_cells_the_gravest_and_shortest_first(marked):
    _, answer, _ = marked
    assert [(one.severity, one.rule, len(one.cells)) for one in answer.said] == [
        ("error", "not_a_number", 1),
        ("warning", "postcode_unreadable", 2),
    ]
    assert answer.tables == {"businesses": (2, 0), "support_sessions": (0, 1)}
    told = answer.as_json()["findings"]
    assert [(one["sheet"], one["severity"]) for one in told if one["rule"] == "postcode_unreadable"] == [
        ("Businesses", "warning")
    ] * 2
    assert all(f"{one['cell']}".endswith(str(one["row"])) for one in told)
    assert "Birmingham" not in str(told)


def test_every_cell_found_is_coloured_and_commented_with_what_to_do(marked):
    _, answer, book = marked
    for finding in answer.findings:
        cell = book["Businesses"][finding.cell]
        assert cell.fill.fgColor.rgb == COLOURS[finding.severity]
        assert cell.comment.text.startswith(f"{finding.severity.capitalize()}: ")
        assert finding.message in cell.comment.text
    commented = sum(cell.comment is not None for row in book["Businesses"].iter_rows() for cell in row)
    assert commented == len({finding.cell for finding in answer.findings})


def test_the_findings_stand_on_a_sheet_in_order_with_links_and_no_formula(marked):
    _, _, book = marked
    assert book.sheetnames[0] == SHEET
    sheet = book[SHEET]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[2][0] == START
    assert rows[3] == list(HEADINGS)
    assert [row[0] for row in rows[4:]] == ["Error", "Warning", END]
    assert sheet["C5"].hyperlink.location == f"'Businesses'!{rows[4][2]}"
    assert rows[5][6] == "B1\nB2"


def test_a_reference_that_begins_like_a_formula_is_a_text_on_the_sheet(marked, tmp_path):
    path, answer, _ = marked
    findings = tuple(replace(one, key="=HYPERLINK(1)") for one in answer.findings)
    write_marked_up(path, replace(answer, findings=findings), tmp_path / "m.xlsx")
    sheet = load_workbook(tmp_path / "m.xlsx")[SHEET]
    assert sheet["G6"].value == "=HYPERLINK(1)"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_confirmed_warning_is_a_note_that_keeps_the_reason_wherever_its_row_moved(marked, tmp_path):
    _, _, book = marked
    book[SHEET]["H6"] = "they moved in last week, ask jane@planted.example"
    book.save(tmp_path / "again.xlsx")
    confirmed = [one for one in answer_to(tmp_path / "again.xlsx").findings if one.reason_code == "postcode_unreadable"]
    assert {one.severity for one in confirmed} == {"note"}
    assert all("confirmed by the body: (withheld)" in one.message for one in confirmed)
    book[SHEET]["H6"] = "a new estate"
    book["Businesses"].insert_rows(1)
    book.save(tmp_path / "moved.xlsx")
    answer = answer_to(tmp_path / "moved.xlsx")
    assert (
        sorted(one.message.rpartition("; ")[2] for one in answer.findings if one.severity == "note")
        == ["confirmed by the body: a new estate"] * 2
    )
    # Marked again, the reason still stands and nothing is marked twice.
    write_marked_up(tmp_path / "moved.xlsx", answer, tmp_path / "twice.xlsx")
    sheet = load_workbook(tmp_path / "twice.xlsx")
    assert sheet.sheetnames.count(SHEET) == 1
    texts = [cell.comment.text for row in sheet["Businesses"].iter_rows() for cell in row if cell.comment]
    assert all(text.count("Error: ") + text.count("Note: ") == 1 for text in texts)


def test_a_reason_confirms_its_rule_and_records_alone():
    rows = [["x"], [START], HEADINGS, ["Warning", "S", "A1", 2, "m", "long_day", "S1\nS2", "two advisers"], [END]]
    rows += [["Warning", "S", "A1", 1, "m", "long_day", "S3", "below the end"]]
    assert confirmations(rows) == {("long_day", "S1"): "two advisers", ("long_day", "S2"): "two advisers"}
    assert confirmations([]) == {}


def test_an_error_is_not_confirmed_away(tmp_path):
    event = {**EVENT, "Signed in": 2300, "Headcount": 25}
    path = _write(tmp_path / "r.xlsx", rows={"EVENTS": [event]})
    write_marked_up(path, answer_to(path), tmp_path / "m.xlsx")
    book = load_workbook(tmp_path / "m.xlsx")
    assert book[SHEET]["F5"].value == "signed_in_far_above_headcount"
    book[SHEET]["H5"] = "it was a fair"
    book.save(tmp_path / "m.xlsx")
    assert answer_to(tmp_path / "m.xlsx").refused_rows == 1


def _kept(book):
    """What a person would miss of a workbook."""
    return {
        sheet.title: (
            sorted((str(rule.sqref), rule.type, rule.formula1) for rule in sheet.data_validations.dataValidation),
            sheet.protection.sheet,
            sorted(sheet.tables),
            sorted(map(str, sheet.merged_cells.ranges)),
            {
                (cell.coordinate, cell.value, cell.number_format)
                for row in sheet.iter_rows()
                for cell in row
                if cell.value is not None or cell.number_format != "General"
            },
        )
        for sheet in book
        if sheet.title != SHEET
    }


def test_drop_downs_formats_protection_and_tables_are_what_they_were(tmp_path):
    blank = tmp_path / "blank.xlsx"
    known = {"partner_code": "CB01", "period_key": "2023-24-Q1", "submission_number": "1"}
    write_template(blank, {**known, "submitted_on": "2023-07-14"})
    book = load_workbook(blank)
    sheet = book["Businesses"]
    heading = next(row for row in sheet.iter_rows() if row[0].value == "Business ref *")
    sheet.cell(heading[0].row + 1, 1, "B1")
    sheet.protection.sheet = True
    extra = book.create_sheet("Own notes")
    for row in (["Name", "Count"], ["a", 1]):
        extra.append(row)
    extra.add_table(Table(displayName="Notes", ref="A1:B2"))
    extra.merge_cells("D1:E2")
    book.save(tmp_path / "filled.xlsx")
    answer = answer_to(tmp_path / "filled.xlsx")
    assert not answer.is_clean
    write_marked_up(tmp_path / "filled.xlsx", answer, tmp_path / "marked.xlsx")
    before, after = (_kept(load_workbook(tmp_path / f"{name}.xlsx")) for name in ("filled", "marked"))
    assert before == after
    assert sum(len(rules) for rules, *_ in after.values()) > 20


@pytest.mark.long
@pytest.mark.parametrize("name", ["libreoffice-7.4.7.xlsx", "exceljs-4.4.0.xlsx", "gnumeric-1.12.55.xlsx"])
def test_a_workbook_of_another_program_comes_back_whole(tmp_path, name):
    path = OFFICE / name
    answer = answer_to(path)
    write_marked_up(path, answer, tmp_path / "marked.xlsx")
    assert _kept(load_workbook(path)) == _kept(load_workbook(tmp_path / "marked.xlsx"))
    stored = [_kept(load_workbook(one, data_only=True)) for one in (path, tmp_path / "marked.xlsx")]
    assert stored[0] == stored[1], "what formulas had come to stays"
    assert [one.reason_code for one in answer_to(tmp_path / "marked.xlsx").findings] == [
        one.reason_code for one in answer.findings
    ]


def test_of_what_cannot_be_read_no_copy_is_made(tmp_path):
    path = _write(tmp_path / "r.xlsx", cover={**COVER, "Template": "OTHER"})
    with pytest.raises(CannotMark):
        write_marked_up(path, answer_to(path), tmp_path / "m.xlsx")
    assert not (tmp_path / "m.xlsx").exists()


def test_macros_are_not_kept(tmp_path):
    path = _write(tmp_path / "r.xlsm", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "x"}]})
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/vbaProject.bin", b"no macro at all")
    write_marked_up(path, answer_to(path), tmp_path / "m.xlsx")
    with zipfile.ZipFile(tmp_path / "m.xlsx") as book:
        assert not [name for name in book.namelist() if "vba" in name]
        assert b"macroEnabled" not in book.read("[Content_Types].xml")


def test_what_can_be_read_and_not_be_marked_up_is_told(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "x"}]})
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts["docProps/core.xml"] = re.sub(rb">[0-9-]+T[0-9:]+Z<", b">some day<", parts["docProps/core.xml"])
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    answer = answer_to(path)
    assert answer.refused is None
    with pytest.raises(CannotMark, match="open it, save it"):
        write_marked_up(path, answer, tmp_path / "m.xlsx")


def test_a_finding_in_a_merged_cell_is_marked_at_the_first_of_them(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [{**SESSION, "Hours": "two"}]})
    at = next(one.cell for one in answer_to(path).findings)
    book = load_workbook(path)
    column = ord(at[0]) - 64
    book["Businesses"].merge_cells(
        start_row=int(at[1:]), end_row=int(at[1:]), start_column=column, end_column=column + 1
    )
    book.save(path)
    answer = answer_to(path)
    write_marked_up(path, answer, tmp_path / "m.xlsx")
    assert load_workbook(tmp_path / "m.xlsx")["Businesses"][at].comment is not None
