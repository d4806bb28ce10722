"""The same cells in every format that a workbook comes in. The files of other programs: tests/fixtures/real/office."""

import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from ingestion.files.limits import Limits, limited_to
from ingestion.files.values import Column, Covered, NoValue
from ingestion.files.workbooks import Workbook
from ingestion.findings import RefusedFile

OFFICE = Path(__file__).parents[2] / "fixtures/real/office"
HOURS = Column("h", "Hours", "hours")


def cells(name):
    """Each cell of the second column by what the first says of it."""
    book = Workbook(OFFICE / name)
    (sheet,) = book.sheet_names
    return {row[0]: row[1] for _, row in book.rows(sheet)}


@pytest.mark.parametrize("name", ["libreoffice-cells.xls", "libreoffice-cells.ods", "indented-cells.ods"])
def test_a_workbook_of_another_format_holds_what_was_entered(name):
    read = cells(name)
    assert read["date"] == read["long date"] == read["formdate"] == date(2023, 3, 15)
    assert read["dt"] == datetime(2023, 3, 15, 12)  # noqa: DTZ001
    assert (read["gbp"], read["pct"], read["custom gbp"], read["formval"]) == (1234.5, 0.5, 5, 2)
    assert (read["err"], read["err na"]) == (NoValue("#DIV/0!"), NoValue("#N/A"))
    assert read["bool"] is True
    assert (read["merged"], read[Covered("A22:A23")]) == ("x", "y")
    assert Workbook(OFFICE / name).hidden_rows("D") == [25]


@pytest.mark.parametrize("name", ["libreoffice-cells.xls", "libreoffice-cells.ods", "odfpy-cells.ods"])
def test_a_duration_is_its_hours_whatever_its_format(name):
    read = cells(name)
    for label in {"hm", "[h]mm", "time", "time30"} & set(read):
        assert HOURS.read(read[label]) == "7.5", label
    for label in {"[h]mm26", "hh:mm26"} & set(read):
        assert HOURS.read(read[label]) == "26.5", label


def test_a_formula_that_libreoffice_stored_as_nought_is_no_reference():
    # It gives the text ab; .xls as LibreOffice wrote it holds the number 0.
    assert cells("libreoffice-cells.xls")["formstr"] == NoValue()
    assert cells("libreoffice-cells.ods")["formstr"] == "ab"


def test_what_asks_for_a_password_is_refused_with_how_to_take_it_off(tmp_path):
    with pytest.raises(RefusedFile, match=r"asks for a password.*Encrypt with Password"):
        Workbook(OFFICE / "password.xlsx")
    with zipfile.ZipFile(OFFICE / "odfpy-cells.ods") as book, zipfile.ZipFile(tmp_path / "a.ods", "w") as locked:
        for name in book.namelist():
            content = book.read(name)
            if name == "META-INF/manifest.xml":
                content = content.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")
            locked.writestr(name, content)
    with pytest.raises(RefusedFile, match=r"asks for a password.*Save As"):
        Workbook(tmp_path / "a.ods")
    content = bytearray((OFFICE / "libreoffice-cells.xls").read_bytes())
    begin = content.index(bytes.fromhex("0908 1000 0006 0500"))
    # The record after the first one becomes that of a password.
    content[begin + 20 : begin + 22] = b"\x2f\x00"
    (tmp_path / "a.xls").write_bytes(content)
    with pytest.raises(RefusedFile, match="asks for a password"):
        Workbook(tmp_path / "a.xls")


@pytest.mark.parametrize("name", ["libreoffice-cells.xls", "libreoffice-cells.ods", "libreoffice-7.4.7.xlsx"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_workbook_that_was_cut_off_is_refused_with_what_to_do(tmp_path, name, share):
    whole = (OFFICE / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RefusedFile, match="cut off"):
        list(Workbook(path).rows("D"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.xlsx", b"", "empty \\(0 bytes\\)"),
        ("r.xls", b"<html><body><table><tr><td>1</td></tr></table>", "web page or XML, whatever its name"),
        ("r.xls", b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "web page or XML"),
        ("r.xlsx", b"%PDF-1.7", "cannot be opened as an .xlsx workbook"),
        ("r.csv", b"a\x00b", "no .csv"),
    ],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedFile, match=said):
        Workbook(tmp_path / name)


def test_a_binary_workbook_and_a_zip_of_a_workbook_are_refused_with_what_to_give_instead(tmp_path):
    with zipfile.ZipFile(tmp_path / "r.xlsb", "w") as book:
        book.writestr("xl/workbook.bin", b"")
    with pytest.raises(RefusedFile, match=r"\.xlsb.*save it as Excel Workbook"):
        Workbook(tmp_path / "r.xlsb")
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as book:
        book.write(OFFICE / "libreoffice-cells.ods", "return.ods")
    with pytest.raises(RefusedFile, match="unpack it and give the workbook itself"):
        Workbook(tmp_path / "r.zip")


def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path):
    path = tmp_path / "return.xlsx"
    path.write_bytes((OFFICE / "libreoffice-cells.ods").read_bytes())
    assert Workbook(path).sheet_names == ["D"]


def test_a_macro_is_not_looked_at(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "plain.xlsx")) as book:
        book.add_worksheet("D").write(0, 0, "a")
    path = tmp_path / "r.xlsm"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(path, "w") as book:
        for name in plain.namelist():
            content = plain.read(name).replace(b"sheet.main+xml", b"macro.main+xml")
            book.writestr(name, content.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"))
        book.writestr("xl/vbaProject.bin", b"Sub Workbook_Open()")
    assert list(Workbook(path).rows("D")) == [(1, ["a"])]


def test_sheets_saved_as_text_are_a_workbook(tmp_path):
    (tmp_path / "one.csv").write_bytes("Name;Amount\r\nCaf\u00e9;5\r\n\r\nx;\r\n".encode("cp1252"))
    assert list(Workbook(tmp_path / "one.csv").rows("one")) == [
        (1, ["Name", "Amount"]),
        (2, ["Café", "5"]),
        (3, []),
        (4, ["x", None]),
    ]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as book:
        book.writestr("return-Cover.csv", "a,b\n")
        book.writestr("return-Jobs.csv", "c\n")
    assert Workbook(tmp_path / "all.zip").sheet_names == ["return-Cover", "return-Jobs"]


def ods(path, rows):
    with zipfile.ZipFile(OFFICE / "odfpy-cells.ods") as book, zipfile.ZipFile(path, "w") as changed:
        for name in book.namelist():
            content = book.read(name).decode()
            if name == "content.xml":
                start, end = content.index("<table:table "), content.index("</office:spreadsheet>")
                content = f'{content[:start]}<table:table table:name="D">{rows}</table:table>{content[end:]}'
            changed.writestr(name, content)
    return path


TEXT = '<table:table-cell{more} office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def test_repeated_rows_and_cells_of_an_ods_are_as_many_as_it_says_and_blank_ones_cost_nothing(tmp_path):
    twice = TEXT.format(more=' table:number-columns-repeated="2"', text="a")
    blank = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    rows = f'<table:table-row table:number-rows-repeated="2">{twice}</table:table-row>{blank}'
    book = Workbook(ods(tmp_path / "a.ods", rows))
    assert list(book.rows("D")) == [(1, ["a", "a"]), (2, ["a", "a"])]
    with limited_to(Limits(cells=3)), pytest.raises(RefusedFile, match="more than 3 from the first to the last"):
        Workbook(tmp_path / "a.ods")


def test_the_text_of_a_comment_is_not_that_of_its_cell(tmp_path):
    cell = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>note</text:p></office:annotation>'
        "<text:p>a<text:s/>\n  b<text:span>c</text:span></text:p><text:p>d</text:p></table:table-cell>"
    )
    book = Workbook(ods(tmp_path / "a.ods", f"<table:table-row>{cell}</table:table-row>"))
    assert list(book.rows("D")) == [(1, ["a  bc\nd"])]


def test_merged_cells_cover_those_below_their_first_row_and_only_where_they_hold_something(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("D")
        sheet.merge_range("A1:B1", "title")
        sheet.merge_range("A2:A4", "over three rows")
        sheet.merge_range("B2:B4", "")
        sheet.write("C4", "c")
        sheet.set_row(2, None, None, {"hidden": True})
    book = Workbook(tmp_path / "a.xlsx")
    covered = Covered("A2:A4")
    assert [[cell or None for cell in row] for _, row in book.rows("D")] == [
        ["title", None, None],
        ["over three rows", None, None],
        [covered, None, None],
        [covered, None, "c"],
    ]
    assert book.hidden_rows("D") == [3]


def test_half_an_hour_and_no_time_at_all_are_hours_too():
    assert Column("n", "Hours", "hours").read(time(0, 30)) == "0.5"
    assert Column("n", "Hours", "hours").read(timedelta(0)) == "0"
