import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from ingestion.catalogue import return_contract
from ingestion.files.inbox import FileRead
from ingestion.files.values import BadValue, Column
from ingestion.files.workbooks import Workbook
from ingestion.findings import RefusedFile
from ingestion.sources.returns.reader import ReturnReader, Submission

COVER = {
    "Template": "WMIP-RETURN",
    "Template version": 1,
    "Programme": "WMIP",
    "Cluster body code": "CB01",
    "Period": "2023-24-Q1",
    "Submission number": 1,
    "Submitted on": "14/07/2023",
}
SESSION = {
    "Session ref": "S1",
    "Business ref": "B1",
    "Date": "01/05/2023",
    "Hours": 2,
    "Channel": "Online",
    "Evidence": "None",
}
BUSINESS = {
    "Business ref": "B1",
    "Business name": "Firm Ltd",
    "Organisation type": "Business",
    "Company number": 1234567,
}


def _write(path, *, cover=None, rows=None, leave_out=(), top=2, left=1, reorder=False, extra=False):
    """A workbook made from the contract itself, at any position."""
    rows = rows or {}
    with xlsxwriter.Workbook(str(path)) as book:
        sheets = {"Cover": book.add_worksheet("Cover")}
        facts = {**COVER, **(cover or {})}
        sheets["Cover"].write_column(0, 0, ["WMIP:COVER:START", "Field", *facts, "WMIP:COVER:END"])
        sheets["Cover"].write_column(1, 1, ["Value", *facts.values()])
        lines = {}
        for table in return_contract(version=1).tables:
            name, sheet_name = table.table, table.sheet
            if sheet_name in leave_out:
                continue
            sheet = sheets.setdefault(
                sheet_name, book.get_worksheet_by_name(sheet_name) or book.add_worksheet(sheet_name)
            )
            line = lines.get(sheet_name, top)
            headings = [column.heading for column in table.columns if column.heading not in leave_out]
            headings = headings[::-1] if reorder else headings
            headings = ["Something else", *headings] if extra else headings
            if f"{name}:START" not in leave_out:
                sheet.write(line, left, f"WMIP:{name}:START")
            sheet.write_row(line + 1, left, [f"{heading.upper()} *" for heading in headings])
            for offset, row in enumerate(rows.get(name, [])):
                for column, heading in enumerate(headings):
                    if row.get(heading) is not None:
                        sheet.write(line + 2 + offset, left + column, row[heading])
            line += 2 + len(rows.get(name, []))
            sheet.write(line, left, f"WMIP:{name}:END")
            lines[sheet_name] = line + 2
    return path


OVER_THE_WHOLE = {rule.id for rule in return_contract().rules}


def _read(path):
    """Rows and the findings about cells and rows; what the rules find over the whole is for their own tests."""
    rows, findings = ReturnReader(["CB01"], FileRead(path.parent)).read(path, "f" * 64)
    return rows, [finding for finding in findings if finding.reason_code not in OVER_THE_WHOLE]


@pytest.mark.parametrize("shape", [{}, {"top": 9, "left": 4}, {"reorder": True}, {"extra": True}])
def test_tables_are_found_wherever_they_stand(tmp_path, shape):
    path = _write(
        tmp_path / "r.xlsx",
        rows={"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION, {}, {**SESSION, "Session ref": "S2"}]},
        **shape,
    )
    rows, findings = _read(path)
    assert findings == []
    assert [row["session_ref"] for row in rows["support_sessions"]] == ["S1", "S2"]
    session = rows["support_sessions"][0]
    assert (session["supported_on"], session["support_hours"], session["channel"]) == ("2023-05-01", "2", "online")
    assert (session["partner_code"], session["period_key"], session["submitted_on"]) == (
        "CB01",
        "2023-24-Q1",
        "2023-07-14",
    )
    assert rows["businesses"][0]["company_number"] == "1234567"
    assert session["_source_record"].startswith("f" * 64 + ":Businesses!")


def _edited(path, write):
    """A workbook with cells as other programs write them: `write(book, sheet)` fills a sheet of one table."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Value"])
        write(book, sheet)
    return next(cells[0] for number, cells in Workbook(path).rows("Data") if number == 2)


def test_what_spreadsheet_programs_write_is_read_as_it_was_meant(tmp_path):
    def rich(book, sheet):
        sheet.write_rich_string(1, 0, "Aston ", book.add_format({"bold": True}), "Castings", " Ltd")

    def late(book, sheet):
        # The last day of March 2024 is 45382 to Excel; 0.4 seconds before its end.
        sheet.write_number(1, 0, 45382 + 1 - 0.4 / 86_400, book.add_format({"num_format": "dd/mm/yyyy"}))

    name = Column("name", "Name", "name_of_organisation")
    assert name.read(_edited(tmp_path / "a.xlsx", rich)) == "Aston Castings Ltd", "blanks between runs are kept"
    day = Column("day", "Day", "date")
    assert day.read(_edited(tmp_path / "b.xlsx", late)) == "2024-03-31", (
        "0.4 seconds before midnight are not the next day"
    )
    answer = Column("answer", "Answer", "yes_no")
    assert answer.read(_edited(tmp_path / "c.xlsx", lambda _, sheet: sheet.write_boolean(1, 0, True))) == "yes"
    assert answer.read(_edited(tmp_path / "d.xlsx", lambda _, sheet: sheet.write_boolean(1, 0, False))) == "no"
    # A number is no answer: refused at its cell.
    with pytest.raises(BadValue, match="takes Yes or No"):
        answer.read(_edited(tmp_path / "e.xlsx", lambda _, sheet: sheet.write_number(1, 0, 1)))


def test_a_bad_cell_is_named_by_sheet_row_and_cell(tmp_path):
    bad = {**SESSION, "Session ref": "S9", "Hours": "two", "Date": "31/02/2023"}
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION, bad]})
    rows, findings = _read(path)
    assert [row["session_ref"] for row in rows["support_sessions"]] == ["S1"]
    assert {(f.place, f.cell, f.reason_code) for f in findings} == {
        ("r.xlsx#Businesses!11", "D11", "not_a_date"),
        ("r.xlsx#Businesses!11", "E11", "not_a_number"),
    }


def test_a_session_of_a_business_that_is_not_listed_is_refused(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [{**SESSION, "Business ref": "B7"}]})
    rows, (finding,) = _read(path)
    assert rows["support_sessions"] == []
    assert finding.reason_code == "unknown_reference"
    assert "B7" not in finding.message
    assert "add it there or correct it" in finding.message


def test_a_session_of_a_business_that_is_refused_is_told_to_follow_from_that(tmp_path):
    firm = {**BUSINESS, "Business name": None}
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [firm], "SUPPORT": [SESSION]})
    rows, findings = _read(path)
    assert rows["support_sessions"] == []
    cause, follows = sorted(findings, key=lambda one: one.stream)
    assert (cause.stream, cause.reason_code) == ("businesses", "missing")
    assert (follows.stream, follows.reason_code, follows.severity) == (
        "support_sessions",
        "unknown_reference",
        "error",
    ), "it is refused, too, and stays accounted for"
    assert "is refused itself; correct that row, and this one counts as it stands" in follows.message


def test_what_a_kind_of_row_needs_is_asked_for(tmp_path):
    pilot = {"Intervention ref": "P1", "Title": "T", "Type": "Pilot", "Status": "Live", "Evidence": "None"}
    scaled = {**pilot, "Intervention ref": "S1", "Type": "Scaled intervention"}
    path = _write(tmp_path / "r.xlsx", rows={"INTERVENTIONS": [pilot, scaled]})
    _, findings = _read(path)
    assert {(f.column_name, f.reason_code) for f in findings} == {
        ("agreement_signed_on", "missing"),
        ("origin_pilot_ref", "missing"),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cover": {"Template": "OTHER"}}, "Template is not WMIP-RETURN"),
        ({"cover": {"Template version": 77}}, "Template version is not 1 or 2"),
        ({"cover": {"Programme": "ABC"}}, "Programme is not WMIP"),
        ({"cover": {"Cluster body code": "CB77"}}, "not in the partners register"),
        ({"cover": {"Period": "Q1 2023"}}, "financial quarter"),
        ({"leave_out": ("Jobs",)}, "sheet Jobs is missing"),
        ({"leave_out": ("JOBS:START", "Post ref")}, "WMIP:JOBS:START is missing"),
        ({"leave_out": ("Contracted hours",)}, "heading Contracted hours is missing"),
    ],
)
def test_a_workbook_that_is_not_the_return_is_refused_whole(tmp_path, change, said):
    with pytest.raises(RefusedFile, match=said):
        _read(_write(tmp_path / "r.xlsx", **change))


@pytest.mark.parametrize("name", ["r.xlsx", "r.xls", "r.csv"])
def test_a_file_that_is_no_workbook_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"not a workbook")
    with pytest.raises(RefusedFile, match="workbook"):
        _read(tmp_path / name)


def test_dates_may_be_dates_of_the_spreadsheet(tmp_path):
    path = tmp_path / "r.xlsx"
    _write(path, cover={"Submitted on": "2023-07-14"}, rows={"BUSINESSES": [BUSINESS]})
    rows, _ = _read(path)
    assert rows["covers"][0]["submitted_on"] == date(2023, 7, 14).isoformat()


POST = {
    "Post ref": "P7",
    "Business name": "Aston Castings",
    "Company number": "01111111",
    "Contracted hours": 37.5,
    "Contract": "Permanent",
    "Post kind": "New",
    "Started on": "01/05/2023",
    "Filled": "Yes",
    "Baseline FTE": 4,
    "Business status": "Trading",
    "Status": "Active",
    "Evidence": "Payroll extract",
}
TRANCHE = {
    "Source organisation": "Aston Castings",
    "Company number": "01111111",
    "Source type": "Private",
    "Agreement ref": "A1",
    "Tranche": "1",
    "Stage": "Realised",
    "Kind": "Cash",
    "Amount (£)": 10000,
    "Stage reached on": "01/05/2023",
    "Status": "Active",
    "Evidence": "Defrayal evidence",
}
EVENT = {
    "Event ref": "1",
    "Platform": "None",
    "Title": "Breakfast",
    "Held on": "01/05/2023",
    "Mode": "In person",
    "Attribution": "WMIP funded",
    "Evidence": "Signed sheet",
}
MEMO = {
    "Collaboration ref": "C1",
    "Title": "Sensors for foundries",
    "Purpose": "Sensors",
    "Kind": "MoU",
    "Agreement ref": "MOU-1",
    "Agreed on": "01/05/2023",
    "Caused by programme": "Yes",
    "Status": "Active",
    "Evidence": "Signed agreement",
}
PILOT = {
    "Intervention ref": "P-002",
    "Title": "Robots",
    "Type": "Pilot",
    "Agreement signed on": "01/05/2023",
    "Status": "Live",
    "Evidence": "Signed agreement",
}


@pytest.mark.parametrize(
    ("tables", "stream"),
    [
        (
            {"BUSINESSES": [BUSINESS, {**BUSINESS, "Business name": "Other Ltd", "Company number": 7654321}]},
            "businesses",
        ),
        (
            {"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION, {**SESSION, "Session ref": " s1", "Hours": 3}]},
            "support_sessions",
        ),
        ({"EVENTS": [EVENT, {**EVENT, "Title": "Supper"}]}, "events"),
        ({"INTERVENTIONS": [PILOT, {**PILOT, "Intervention ref": "p-002", "Title": "Hydrogen"}]}, "interventions"),
        ({"COLLABORATIONS": [MEMO, {**MEMO, "Collaboration ref": "c1 ", "Purpose": "Hydrogen"}]}, "collaborations"),
        ({"JOBS": [POST, {**POST, "Contracted hours": 20}]}, "jobs"),
        ({"LEVERAGE": [TRANCHE, {**TRANCHE, "Company number": None, "Amount (£)": 20000}]}, "leverage"),
    ],
)
def test_one_reference_for_two_records_refuses_both_and_names_both_places(tmp_path, tables, stream):
    rows, findings = _read(_write(tmp_path / "r.xlsx", rows=tables))
    assert rows[stream] == []
    one, other = sorted((f for f in findings if f.reason_code == "reference_contradicted"), key=lambda f: f.place)
    assert {one.severity, other.severity} == {"error"}
    assert other.place in one.message
    assert one.place in other.message


def test_a_post_is_its_reference_within_its_organisation_and_a_tranche_within_its_source(tmp_path):
    other = {"Company number": "02222222"}
    tables = {
        "JOBS": [POST, {**POST, **other, "Business name": "Bilston Foundry"}],
        "LEVERAGE": [TRANCHE, {**TRANCHE, **other, "Source organisation": "Bilston Foundry", "Amount (£)": 20000}],
    }
    rows, findings = _read(_write(tmp_path / "r.xlsx", rows=tables))
    assert findings == []
    assert [len(rows[stream]) for stream in ("jobs", "leverage")] == [2, 2]


def test_identical_rows_are_noted(tmp_path):
    rows, (note,) = _read(_write(tmp_path / "r.xlsx", rows={"EVENTS": [EVENT, {**EVENT, "Title": " breakfast "}]}))
    assert len(rows["events"]) == 2
    assert (note.reason_code, note.severity) == ("row_repeated", "note")


def test_sessions_find_their_business_without_case_and_spaces(tmp_path):
    rows, findings = _read(
        _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [{**SESSION, "Business ref": " b1"}]})
    )
    assert findings == []
    assert len(rows["support_sessions"]) == 1


@pytest.mark.parametrize(
    ("standing", "is_refused"),
    [
        (Submission("2023-07-13", "z.xlsx", "a"), True),
        (Submission("2023-07-14", "a.xlsx", "a"), True),
        (Submission("2023-07-14", "z.xlsx", "a"), False),
        (Submission("2023-07-15", "a.xlsx", "a"), False),
        (Submission("2023-07-13", "z.xlsx", "f" * 64), False),
    ],
)
def test_of_two_workbooks_with_one_number_the_later_submitted_is_refused_with_both_names(
    tmp_path, standing, is_refused
):
    path = _write(tmp_path / "r.xlsx")
    reader = ReturnReader(["CB01"], FileRead(tmp_path), {("CB01", "2023-24-Q1", "1"): standing})
    if is_refused:
        with pytest.raises(RefusedFile, match=f"r.xlsx has the submission number 1 of {standing.file_name}"):
            reader.read(path, "f" * 64)
    else:
        reader.read(path, "f" * 64)


def _put(path, sheet, rows):
    """Write further cells into a sheet: (row from 1, column letters, text)."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    names = re.findall(r'<sheet name="([^"]+)"', parts["xl/workbook.xml"].decode())
    part = f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"
    extra = "".join(
        f'<row r="{number}">'
        + "".join(f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in cells.items())
        + "</row>"
        for number, cells in rows.items()
    )
    parts[part] = parts[part].replace(b"</sheetData>", extra.encode() + b"</sheetData>")
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def test_a_row_below_the_end_of_its_table_is_refused_at_its_place(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"JOBS": []})
    (finding,) = _read(_put(path, "Jobs", {9: {"B": "P7", "C": "Firm"}}))[1]
    assert (finding.place, finding.cell, finding.reason_code) == ("r.xlsx#Jobs!9", "B9", "outside_table")
    assert (finding.stream, finding.severity) == ("jobs", "error")
    assert "move it above the cell WMIP:JOBS:END" in finding.message


def test_one_cell_outside_the_tables_is_taken_for_a_note_and_told_of(tmp_path):
    path = _write(tmp_path / "r.xlsx")
    findings = _read(_put(path, "Jobs", {9: {"B": "Thank you"}}))[1]
    assert [(f.place, f.severity) for f in findings] == [("r.xlsx#Jobs!9", "note")]
    assert "Thank" not in findings[0].message


@pytest.mark.parametrize("sheet", ["Jobs", "Events"])
def test_a_second_block_of_a_table_refuses_the_workbook(tmp_path, sheet):
    path = _write(tmp_path / "r.xlsx")
    with pytest.raises(RefusedFile, match="WMIP:JOBS:START stands twice"):
        _read(_put(path, sheet, {20: {"B": "WMIP:JOBS:START"}, 23: {"B": "WMIP:JOBS:END"}}))


def test_a_cover_field_that_stands_twice_refuses_the_workbook(tmp_path):
    path = _write(tmp_path / "r.xlsx", cover={"period": "2023-24-Q2"})
    with pytest.raises(RefusedFile, match="period stands twice"):
        _read(path)


def test_what_else_stands_twice_on_the_cover_is_neither_refused_nor_quoted(tmp_path):
    own = {"jane@planted.example": "a", "JANE@planted.example": "b"}
    rows, findings = _read(_write(tmp_path / "r.xlsx", cover=own, rows={"BUSINESSES": [BUSINESS]}))
    assert [len(rows[stream]) for stream in ("covers", "businesses")] == [1, 1]
    assert "planted" not in str((rows, findings))


def test_an_error_on_the_cover_refuses_the_workbook_in_words(tmp_path):
    path = _write(tmp_path / "r.xlsx", cover={"Template version": "=1/0"})
    with pytest.raises(RefusedFile, match="Template version"):
        _read(path)


@pytest.mark.parametrize("hours", ["1 5", "2e16", "9" * 400])
def test_a_number_out_of_bounds_is_refused_at_its_cell(tmp_path, hours):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [{**SESSION, "Hours": hours}]})
    rows, (finding,) = _read(path)
    assert rows["support_sessions"] == []
    assert (finding.cell, finding.column_name) == ("E10", "support_hours")


def test_a_needed_heading_that_stands_twice_refuses_the_workbook(tmp_path):
    path = _put(_write(tmp_path / "r.xlsx"), "Jobs", {})
    with zipfile.ZipFile(path) as book:
        text = book.read("xl/sharedStrings.xml").decode()
        parts = {name: book.read(name) for name in book.namelist()}
    parts["xl/sharedStrings.xml"] = text.replace("CONTRACT *<", "POST  REF<").encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    with pytest.raises(RefusedFile, match="table JOBS: the heading POST REF \\* stands twice, in columns B and"):
        _read(path)


def test_an_end_or_postcode_that_cannot_be_used_drops_no_event(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"EVENTS": [{**EVENT, "Ends on": "soon", "Venue postcode": "=1/0"}]})
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content.replace(b"</f><v>0</v>", b"</f>"))
    rows, findings = _read(path)
    assert [(row["held_on"], row["ends_on"], row["venue_postcode"]) for row in rows["events"]] == [
        ("2023-05-01", None, None)
    ]
    assert {(finding.column_name, finding.severity) for finding in findings} == {
        ("ends_on", "warning"),
        ("venue_postcode", "warning"),
    }


OFFICE = Path(__file__).parents[2] / "fixtures/real/office"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("exceljs-4.4.0.xlsx", "Aston Castings Ltd"),
        ("libreoffice-7.4.7.xlsx", "Aston Castings Ltd"),
        # Gnumeric drops the blanks between the runs of a rich text; nothing in its file tells where they were.
        ("gnumeric-1.12.55.xlsx", "AstonCastingsLtd"),
        # Its boolean is the formula TRUE() there, of the value 1.
        ("libreoffice-7.4.7.ods", "Aston Castings Ltd"),
    ],
)
def test_the_blank_workbook_filled_and_saved_by_another_program_is_read(file, name):
    rows, findings = _read(OFFICE / file)
    assert findings == []
    assert [row["business_name"] for row in rows["businesses"]] == [name]
    assert rows["businesses"][0]["company_number"] == "01234567"
    # 0.4 seconds before midnight is still the day; a formula has the value that was stored with it.
    sessions = [(row["supported_on"], row["support_hours"]) for row in rows["support_sessions"]]
    assert sessions == [("2025-05-01", "2.5"), ("2025-05-31", "1.5")]
    (post,) = rows["jobs"]
    # LibreOffice writes a boolean as the formula TRUE().
    assert (post["filled"], post["started_on"], post["contracted_hours"]) == ("yes", "2025-06-02", "30")
