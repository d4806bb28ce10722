"""Only harmless files: a sheet just over a limit that is lowered, a part that is not well formed."""

import errno
import re
import zipfile

import pytest
import xlsxwriter

from ingestion.catalogue import return_contract
from ingestion.files.limits import Limits, limited_to
from ingestion.files.values import NoValue
from ingestion.files.workbooks import Workbook
from ingestion.findings import RefusedFile
from ingestion.sources.threesixtygiving.reader import GrantReader

SHEET = "xl/worksheets/sheet1.xml"


def write(path, rows, change=lambda text: text, part=SHEET):
    """A workbook of one sheet, its XML changed."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    edit(path, change, part)
    return path


def edit(path, change, part=SHEET):
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


def cell(reference, content, kind=""):
    """A change of the XML that puts other content into a cell."""
    pattern = rf'<c r="{reference}"( s="\d+")?( t="\w+")?>.*?</c>'
    return lambda text: re.sub(pattern, f'<c r="{reference}"{kind}>{content}</c>', text)


def rows_of(path):
    return dict(Workbook(path).rows("Data"))


@pytest.mark.parametrize(
    ("content", "kind", "read"),
    [
        ("<v>#DIV/0!</v>", ' t="e"', NoValue("#DIV/0!")),
        ("<f>1/0</f><v>#DIV/0!</v>", ' t="e"', NoValue("#DIV/0!")),
        ("<v>#REF!</v>", ' t="e"', NoValue("#REF!")),
        ("<v>#N/A</v>", ' t="e"', NoValue("#N/A")),
        ("<f>A1+1</f>", "", NoValue()),
        ("<f>A1+1</f><v/>", "", NoValue()),
        ("<f>A1+1</f><v></v>", "", NoValue()),
        ("<f>A1+1</f><v>3</v>", "", 3.0),
        ("<f>A1+1</f><v>0</v>", "", 0.0),
        ("<f>T(A1)</f><v></v>", ' t="str"', ""),
        ("<f>T(A1)</f><v>x</v>", ' t="str"', "x"),
    ],
)
def test_a_cell_without_a_value_is_told_from_an_empty_one(tmp_path, content, kind, read):
    path = write(tmp_path / "a.xlsx", [["a", "b"], [1, 2]], cell("B2", content, kind))
    assert rows_of(path) == {1: ["a", "b"], 2: [1.0, read]}


def test_cells_without_a_value_outside_what_is_in_use_are_there_too(tmp_path):
    extra = '</row><row r="4"><c r="D4"><f>A1</f></c></row></sheetData>'
    path = write(tmp_path / "a.xlsx", [["a"]], lambda text: text.replace("</row></sheetData>", extra))
    assert rows_of(path) == {1: ["a"], 2: [], 3: [], 4: [None, None, None, NoValue()]}


def test_cells_that_do_not_say_where_they_are_follow_each_other(tmp_path):
    def bare(text):
        return re.sub(r' r="[A-Z]*\d+"', "", text).replace("<v>2</v>", "<f>1</f>")

    assert rows_of(write(tmp_path / "a.xlsx", [["a", "b"], [1, 2]], bare))[2] == [1.0, NoValue()]


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ({"cells": 5}, "more than 5 from the first to the last"),
        ({"workbook_megabytes": 0}, "larger than 0 MB"),
        ({"part_megabytes": 0}, "larger than 0 MB unpacked"),
        ({"parts_megabytes": 0}, "larger than 0 MB unpacked"),
    ],
)
def test_a_workbook_over_a_limit_is_refused_before_it_is_opened(tmp_path, bound, said):
    path = write(tmp_path / "a.xlsx", [[1, 2], [3, 4], [5, 6]])
    with limited_to(Limits(**bound)), pytest.raises(RefusedFile, match=said):
        Workbook(path)
    with limited_to(Limits(cells=6)):
        assert len(rows_of(path)) == 3


def test_a_part_that_is_nearly_all_the_same_is_refused(tmp_path):
    path = write(tmp_path / "a.xlsx", [[1]], lambda text: text + "<!--" + " " * (2 << 20) + "-->")
    with limited_to(Limits(ratio=10)), pytest.raises(RefusedFile, match="more than 10 times"):
        Workbook(path)
    with limited_to(Limits(ratio=10_000)):
        assert rows_of(path) == {1: [1.0]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("</row>", "</rw>"), "the sheet Data is damaged"),
        (lambda text: text[: len(text) // 2], "the sheet Data is damaged"),
        (lambda text: text.replace("?>", "?><!DOCTYPE a>", 1), "cannot be opened"),
        (lambda text: text.replace('r="A1"', 'r="1A"'), "cannot be opened"),
    ],
)
def test_damaged_sheet_xml_is_a_refused_file(tmp_path, change, said):
    path = write(tmp_path / "a.xlsx", [["Identifier", "Currency"]], change)
    with pytest.raises(RefusedFile, match=said):
        list(GrantReader().read(path, "sha", path.name))


def test_a_chart_sheet_is_passed_over(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("Data").write(0, 0, 1)
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Data!$A$1:$A$1"})
        book.add_chartsheet("Chart").set_chart(chart)
    assert Workbook(tmp_path / "a.xlsx").sheet_names == ["Data"]


HEADINGS = {
    "Identifier": "G1",
    "Currency": "GBP",
    "Amount Awarded": 1500,
    "Award Date": "2024-01-31",
    "Recipient Org:Identifier": "GB-COH-01234567",
    "Recipient Org:Name": "Firm",
    "Funding Org:Identifier": "F",
    "Amount Disbursed": 10,
}


@pytest.mark.parametrize(
    ("column", "severity"), [("Amount Awarded", "error"), ("Identifier", "error"), ("Amount Disbursed", "warning")]
)
def test_an_error_in_a_grants_workbook_is_named_by_its_cell(tmp_path, column, severity):
    reference = f"{'ABCDEFGH'[list(HEADINGS).index(column)]}2"
    path = write(tmp_path / "a.xlsx", [HEADINGS, HEADINGS.values()], cell(reference, "<v>#REF!</v>", ' t="e"'))
    (chunk,) = GrantReader().read(path, "sha", path.name)
    (finding,) = chunk.findings
    assert (finding.cell, finding.reason_code, finding.severity) == (reference, "error_cell", severity)
    assert "#REF!" in finding.message
    assert chunk.rows.num_rows == (severity == "warning")


def test_every_kind_of_column_of_the_return_refuses_an_error():
    from ingestion.files.values import BadValue

    for table in return_contract().tables:
        for column in table.cells:
            with pytest.raises(BadValue) as bad:
                column.read(NoValue("#N/A"))
            assert bad.value.reason_code == "error_cell"


def test_a_disk_that_gives_nothing_now_says_nothing_of_the_workbook(tmp_path, monkeypatch):
    path = write(tmp_path / "book.xlsx", [["a"], [1]])

    def failing(*_given):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="Input/output"):
        broken.setattr("ingestion.files.excel._sheet", failing)
        Workbook(path)
    assert rows_of(path)[1] == ["a"]


@pytest.mark.parametrize("damage", [OSError("Invalid data stream"), OSError(errno.EINVAL, "Invalid argument")])
def test_what_zip_says_of_damaged_content_refuses_the_file(tmp_path, monkeypatch, damage):
    path = write(tmp_path / "book.xlsx", [["a"], [1]])

    def failing(*_given):
        raise damage

    monkeypatch.setattr("ingestion.files.excel._sheet", failing)
    with pytest.raises(RefusedFile, match=r"cannot be opened as an \.xlsx workbook"):
        Workbook(path)


@pytest.mark.parametrize("name", ["ada@firm.example", "Ada 07700 900123"])
def test_a_sheet_whose_name_holds_contact_details_is_shown_by_its_number(tmp_path, name):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for sheet in ("Grants 2023-24", name):
            book.add_worksheet(sheet).write_row(0, 0, [sheet, 1])
    workbook = Workbook(path)
    assert workbook.sheet_names == ["Grants 2023-24", "(withheld) 2"]
    assert dict(workbook.rows("(withheld) 2")) == {1: [name, 1.0]}
    edit(path, lambda text: text.replace("</sheetData>", ""), "xl/worksheets/sheet2.xml")
    with pytest.raises(RefusedFile, match=re.escape("the sheet (withheld) 2 is damaged")):
        Workbook(path)
