"""The answer to a workbook: what is said of it, and the workbook back with what is wrong at its cells."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
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
        assert cell.comment.text.startswith(f"The check found:\n{finding.severity.capitalize()}: ")
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
    assert answer.refused_rows
    write_marked_up(tmp_path / "filled.xlsx", answer, tmp_path / "marked.xlsx")
    before, after = (_kept(load_workbook(tmp_path / f"{name}.xlsx")) for name in ("filled", "marked"))
    assert before == after
    assert sum(len(rules) for rules, *_ in after.values()) > 20


EXTENSION = (
    '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
    'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:dataValidation type="list" allowBlank="1" xr:uid="{0}" '
    'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"><x14:formula1><xm:f>Events!$A$1:$A$3'
    "</xm:f></x14:formula1><xm:sqref>C5:C9</xm:sqref></x14:dataValidation></x14:dataValidations></ext>"
    '<ext uri="{05C60535-1F16-4fd2-B693-F4D36F0B64E0}"><other/></ext></extLst>'
)


def _changed(path, parts):
    """A workbook with texts of its parts replaced, and parts of its own."""
    with zipfile.ZipFile(path) as book:
        content = {name: book.read(name) for name in book.namelist()}
    for name, (old, new) in parts.items():
        content[name] = content.get(name, old.encode()).replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as book:
        for name, text in content.items():
            book.writestr(name, text)


def test_drop_downs_that_excel_keeps_as_an_extension_of_their_own_sheet_stay(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "x"}]})
    at = load_workbook(path).sheetnames.index("Businesses") + 1
    _changed(path, {f"xl/worksheets/sheet{at}.xml": ("</worksheet>", f"{EXTENSION}</worksheet>")})
    write_marked_up(path, answer_to(path), tmp_path / "m.xlsx")
    with zipfile.ZipFile(tmp_path / "m.xlsx") as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")}
    # The sheet of findings stands before it now.
    kept = {name for name, xml in sheets.items() if "x14:dataValidation " in xml}
    assert kept == {f"xl/worksheets/sheet{at + 1}.xml"}
    (xml,) = (sheets[name] for name in kept)
    assert re.search(r"<xm:f>Events!\$A\$1:\$A\$3</xm:f>.*<xm:sqref>C5:C9</xm:sqref>.*</extLst></worksheet>$", xml)
    assert "uid" not in xml, "openpyxl's sheets do not say that it may be passed over"
    assert "{05C60535" not in xml
    assert answer_to(tmp_path / "m.xlsx").findings == tuple(
        replace(one, place=one.place.replace("r.xlsx", "m.xlsx")) for one in answer_to(path).findings
    )


def test_pictures_that_are_left_out_are_told_of(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "x"}]})
    write_marked_up(path, answer_to(path), tmp_path / "without.xlsx")
    assert "Pictures" not in load_workbook(tmp_path / "without.xlsx")[SHEET]["A2"].value
    _changed(path, {"xl/drawings/drawing1.xml": ("<xdr:pic></xdr:pic>", "<xdr:pic></xdr:pic>")})
    write_marked_up(path, answer_to(path), tmp_path / "m.xlsx")
    assert "Pictures and shapes are left out of this copy" in load_workbook(tmp_path / "m.xlsx")[SHEET]["A2"].value


def test_a_comment_that_was_there_stays_however_often_it_is_marked(marked, tmp_path):
    path, answer, _ = marked
    (cell,) = (one.cell for one in answer.findings if one.severity == "error")
    book = load_workbook(path)
    book["Businesses"][cell].comment = Comment("Ask the adviser.", "officer")
    book.save(path)
    for once, again in ((path, "1.xlsx"), (tmp_path / "1.xlsx", "2.xlsx")):
        write_marked_up(once, answer_to(once), tmp_path / again)
    comment = load_workbook(tmp_path / "2.xlsx")["Businesses"][cell].comment
    assert comment.text.startswith("Ask the adviser.\n\nThe check found:\nError: ")
    assert (comment.text.count("Error: "), comment.author) == (1, "officer")
    # Put right, what was there before stands alone.
    book = load_workbook(tmp_path / "2.xlsx")
    book["Businesses"][cell] = 2
    book.save(tmp_path / "right.xlsx")
    write_marked_up(tmp_path / "right.xlsx", answer_to(tmp_path / "right.xlsx"), tmp_path / "3.xlsx")
    assert load_workbook(tmp_path / "3.xlsx")["Businesses"][cell].comment.text == "Ask the adviser."


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
