"""The workbook: live totals with the mart's values written beside them, nothing invented, the same bytes again."""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from evaluation.pack.build import WORKBOOK, build_pack
from evaluation.pack.sheets.sheet import HEADING, Sheet, Styles
from tests.evaluation.pack.marts import LABELS, NASTY

SHEETS = [
    "Headline",
    "By quarter",
    "By cluster body",
    "By local authority",
    "Finance",
    "Leverage",
    "Milestones",
    "Risks",
    "Data quality",
    "Restatements",
    "Caveats",
    "Sign-off",
    "Data for pivots",
]
NAMESPACE = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


class Book:
    """Values as a viewer that does not calculate shows them, and the formulas behind them."""

    def __init__(self, path: Path) -> None:
        self.book = CalamineWorkbook.from_path(path)
        self.formulas: dict[str, dict[str, str]] = {}
        with zipfile.ZipFile(path) as archive:
            for number, name in enumerate(self.book.sheet_names, start=1):
                root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
                self.formulas[name] = {
                    cell.attrib["r"]: formula.text or ""
                    for cell in root.iterfind(".//s:c", NAMESPACE)
                    if (formula := cell.find("s:f", NAMESPACE)) is not None
                }

    def rows(self, sheet: str) -> list[list]:
        return self.book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)

    def row(self, sheet: str, label: str, start: int = 0) -> list:
        return next(row for row in self.rows(sheet)[start:] if row and row[0] == label)

    def cell(self, sheet: str, address: str):
        column, row = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", address).groups()
        number = 0
        for letter in column:
            number = number * 26 + ord(letter) - 64
        return self.rows(sheet)[int(row) - 1][number - 1]

    def sum(self, sheet: str, span: str) -> float:
        first, last = (re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", part).groups() for part in span.split(":"))
        letters = [chr(c) for c in range(ord(first[0]), ord(last[0]) + 1)]
        cells = [
            self.cell(sheet, f"{letter}{row}") for letter in letters for row in range(int(first[1]), int(last[1]) + 1)
        ]
        return sum(cell for cell in cells if isinstance(cell, float))


@pytest.fixture(scope="module")
def book(pack) -> Book:
    return Book(pack / WORKBOOK)


def test_it_has_every_sheet_in_order(book):
    assert book.book.sheet_names == SHEETS


def test_every_sum_written_beside_its_formula_is_the_sum_of_the_cells_shown(book):
    checked = 0
    for sheet, formulas in book.formulas.items():
        for address, formula in formulas.items():
            if found := re.fullmatch(r"SUM\(([^()]+)\)", formula):
                assert book.cell(sheet, address) == pytest.approx(book.sum(sheet, found[1])), (sheet, address)
                checked += 1
    assert checked > 30


def test_every_difference_written_beside_its_formula_is_the_difference_of_its_cells(book):
    checked = 0
    for sheet, formulas in book.formulas.items():
        for address, formula in formulas.items():
            if found := re.fullmatch(r"([A-Z]+\d+)-([A-Z]+\d+)", formula):
                expected = book.cell(sheet, found[1]) - book.cell(sheet, found[2])
                assert book.cell(sheet, address) == pytest.approx(expected), (sheet, address)
                checked += 1
    assert checked > 5


def test_the_headline_is_the_mart_by_formula(book, marts):
    for key, code, name, verified, claimed in marts.mart.execute("""
        SELECT indicator_key, indicator_code, name, actual_value, claimed_value
        FROM dim_indicator INNER JOIN indicator_performance USING (indicator_key) WHERE is_headline
    """).fetchall():
        row = book.row("Headline", f"{code} {name}")
        assert Decimal(str(row[5])) == verified, key
        assert Decimal(str(row[9])) == claimed, key
    assert sum(formula.startswith("'By quarter'!") for formula in book.formulas["Headline"].values()) == 14


def test_the_headline_says_between_what_the_figures_lie_while_organisations_wait(book):
    (said,) = (cell for row in book.rows("Headline") for cell in row if str(cell).startswith("H4:"))
    assert said == (
        "H4: 21 to 24 once people have said of 1 pair of organisations whether they are one, each decided the way that "
        "counts fewest or most. As shown all are two; if all are one, 22."
    )


def test_the_worked_example_of_the_jobs_stands_on_the_headline(book):
    row = book.row("Headline", "H5 Jobs created")
    assert row[2:10] == [1.0, 5.0, -4.0, 4.5, "no target stated", "x", "x", 9.5]
    assert row[10:] == ["- No target stated"] * 3 + ["no target stated"]


def test_a_target_gives_variance_and_share_and_the_rating_is_words_and_a_shape(book):
    row = book.row("Headline", "H1 Pilots funded")
    assert row[6:9] == [15.0, -13.0, pytest.approx(2 / 15)]
    assert row[10:13] == ["■ Red", "○ Not rated", "■ Red"], "the rating, that of output, that of forecast"
    assert book.row("Headline", "H6 Event attendees")[10] == "● Green"


def test_what_the_returns_do_not_carry_is_x_and_never_a_number(book):
    assert book.row("Headline", "H1 Pilots funded")[3:5] == ["x", "x"], "no forecast was returned"
    for item in ("Programme budget", "Programme spend to date", "Clawback"):
        assert book.row("Finance", item)[2] == "x"
    assert book.row("Risks", "Risk register (impact, likelihood, proximity, owner)")[1] == "x"
    assert "x" in book.row("Risks", "Check that does not hold")


def test_committed_and_realised_are_never_added(book):
    row = book.row("Leverage", "All quarters")
    assert row[1:3] == [200000.5, 150000.25]
    assert row[5] == pytest.approx(50000.25)
    everything = [cell for line in book.rows("Leverage") for cell in line if isinstance(cell, float)]
    assert not any(abs(cell - 350000.75) < 0.01 for cell in everything)


def test_the_claim_comes_down_to_the_figure(book):
    rows = book.rows("Leverage")
    start = next(i for i, row in enumerate(rows) if row[0] == "Returned as realised, not withdrawn")
    assert [row[1] for row in rows[start : start + 5]] == [205000.25, -30000.0, -20000.0, -5000.0, 150000.25]


def test_breakdowns_come_from_the_public_mart_and_keep_its_marks(book):
    cells = {row[0]: row[4] for row in book.rows("By local authority")[6:11] if row[0]}
    assert cells == {
        "Birmingham": 23.0, "Coventry": 12.0, "Dudley": "c", "Sandwell": "c", "Sum of the figures shown": 35.0,
    }  # fmt: skip
    assert book.row("By cluster body", NASTY)[5] == 4.5, "the sum of its public years"
    assert book.row("By cluster body", "Second body")[5] == "c"


def test_the_sum_of_no_figure_is_its_mark_and_not_nought(book):
    """Jobs of the year 2023-24 are 3 and c; of businesses assisted nothing is shown by body."""
    sums = [row for row in book.rows("By cluster body") if row and row[0] == "Sum of the figures shown"]
    assert all(cell in ("c", "x") or cell > 0 for row in sums for cell in row[1:] if cell != "")
    assert {row[4] for row in sums} == {"x"}
    assert {row[5] for row in sums} == {4.5, 3.0}


def test_without_a_public_mart_there_is_no_breakdown(bare_pack):
    bare = Book(bare_pack / WORKBOOK)
    for sheet in ("By cluster body", "By local authority"):
        assert "disclosure control" in bare.rows(sheet)[1][0]
        assert not any(isinstance(cell, float) for row in bare.rows(sheet) for cell in row)
    assert any(
        "no earlier release" in cell for row in bare.rows("Restatements") for cell in row if isinstance(cell, str)
    )


def test_a_restatement_of_a_body_is_as_confidential_as_its_figures(book):
    """The breakdowns protect a business in a body's quarter; a list of what changed there must not tell it."""
    (line,) = [row[:6] for row in book.rows("Restatements") if row and row[0] == "H4 Businesses assisted"]
    assert line == ["H4 Businesses assisted", "Q4 2023-24, CB01", "waiting", "c", "c", "revision"]


def test_restatements_tell_closed_quarters_from_open_ones(book):
    lines = [row[:6] for row in book.rows("Restatements") if len(row) > 5 and isinstance(row[5], float)]
    assert lines == [
        ["H1 Pilots funded", "Q1 2023-24", "closed: a material restatement", 0.0, 1.0, 1.0],
        ["H6 Event attendees", "Q1 2024-25", "open: still filling", 30.0, 75.0, 45.0],
    ]


def test_milestones_count_each_intervention_once(book):
    row = book.row("Milestones", "All")
    assert row[6:9] == [3.0, 110000.0, 90000.0]
    assert book.row("Milestones", "ref-12")[3] == "CB01, CB02"
    assert book.row("Milestones", "Terminated before first spend")[1:4] == [0.0, 1.0, 0.0]


def test_it_has_no_macro_and_is_set_up_for_print(pack):
    with zipfile.ZipFile(pack / WORKBOOK) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
        for number in range(1, len(SHEETS) + 1):
            sheet = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert 'orientation="landscape"' in sheet
            assert 'fitToHeight="0"' in sheet
        assert 'state="frozen"' in archive.read("xl/worksheets/sheet1.xml").decode()


def test_its_properties_carry_the_clock_of_the_release(pack):
    with zipfile.ZipFile(pack / WORKBOOK) as archive:
        assert "2024-05-15T02:00:00Z" in archive.read("docProps/core.xml").decode()


def test_a_text_that_begins_like_a_formula_is_none(tmp_path):
    import xlsxwriter

    from evaluation.pack.workbook import OPTIONS

    with xlsxwriter.Workbook(str(tmp_path / "texts.xlsx"), OPTIONS) as workbook:
        sheet = Sheet(workbook, Styles(workbook), "Texts", "=1+1", footer="", widths=(20, 20))
        sheet.text("=1+2")
        sheet.columns(["@SUM(A1)", "+1"])
        sheet.line(["=1+3", "-1+4"])
    book = Book(tmp_path / "texts.xlsx")
    assert book.formulas["Texts"] == {}
    assert [cell for row in book.rows("Texts") for cell in row if cell] == [
        "=1+1", "=1+2", "@SUM(A1)", "+1", "=1+3", "-1+4",
    ]  # fmt: skip


def test_the_same_release_gives_the_same_bytes(pack, marts, tmp_path):
    again = build_pack(marts.mart, tmp_path, public=marts.public, previous=marts.previous, source_labels=LABELS)
    assert [path.read_bytes() for path in again] == [(pack / path.name).read_bytes() for path in again]


def test_a_pivot_gets_one_row_a_figure_and_no_cut_that_is_not_public(book, marts, pack):
    rows = book.rows("Data for pivots")
    (start,) = (at for at, row in enumerate(rows) if row[0] == "Code")
    assert rows[start][:5] == ["Code", "Indicator", "Unit", "Financial year", "Quarter"]
    figures = [row for row in rows[start + 1 :] if row[0]]
    whole = [row for row in figures if row[5] == "programme"]
    verified = [row for row in whole if row[0] == "H5" and row[8] == "verified"]
    assert sum(row[9] for row in verified) == 4.5
    assert {row[8] for row in whole} == {"verified", "claimed"}
    cuts = marts.public.execute(
        "SELECT count(*), count(value) FROM indicator_value WHERE scope <> 'programme'"
    ).fetchone()
    of_cuts = [row for row in figures if row[5] != "programme"]
    assert (len(of_cuts), sum(isinstance(row[9], float) for row in of_cuts)) == cuts
    assert all(isinstance(row[9], float) or row[10] in ("c", "x") for row in figures)
    with zipfile.ZipFile(pack / WORKBOOK) as archive:
        table = archive.read("xl/tables/table1.xml").decode()
    last = start + 1 + len(figures)
    assert f'ref="A{start + 1}:K{last}"' in table


def test_a_text_that_takes_several_lines_has_the_height_for_them(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as workbook:
        sheet = Sheet(workbook, Styles(workbook), "One", "Title", footer="", widths=[10, 10])
        sheet.columns(["Name", "Hours of support given"])
        sheet.line(["short", Decimal(1)])
        sheet.line(["a name of more letters than the column has", Decimal(1)])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    heights = {row.attrib["r"]: row.attrib.get("ht") for row in root.iterfind(".//s:row", NAMESPACE)}
    assert heights == {"1": "24", "2": "40.5", "3": None, "4": "54"}


def test_headings_stand_over_what_is_below_them(pack):
    """A heading is where its column's values are: figures to the right, text to the left, marks wherever they fall."""
    for sheet in load_workbook(pack / WORKBOOK):
        for heading in (
            cell for row in sheet.iter_rows() for cell in row if cell.fill.fgColor.rgb == f"FF{HEADING[1:]}"
        ):
            if heading.value and (below := _first_value(sheet, heading.row + 1, heading.column)) is not None:
                told = f"{sheet.title}!{heading.coordinate} {heading.value}"
                assert heading.alignment.horizontal == below.alignment.horizontal, told


def _first_value(sheet, row, column):
    """The first cell of a column of a table that is more than a mark."""
    while row <= sheet.max_row and sheet.cell(row, 1).value is not None:
        cell = sheet.cell(row, column)
        if (cell.value is not None and len(str(cell.value)) > 1) or isinstance(cell.value, int | float):
            return cell
        row += 1
    return None
