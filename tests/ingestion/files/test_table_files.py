"""Tables read in batches are the tables that were written, and checked as row by row."""

import csv
import io
import zipfile
from decimal import Decimal

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.child import _Child, bounded
from ingestion.files.delimited_text import rows_of_text
from ingestion.files.limits import Limits
from ingestion.files.row_check import RawRow, check_table
from ingestion.files.table_files import Cells, read_tables, unpacked
from ingestion.files.values import Column
from ingestion.findings import RefusedFile
from ingestion.ledgers import QUARANTINE
from ingestion.storage.latest import read_latest
from tests.conftest import examples
from tests.ingestion.files.file_kinds import KINDS, prepare
from tests.ingestion.sources.nights import Nights

COLUMNS = [
    Column("id", "Id", required=True),
    Column("amount", "Amount", "award", True, minimum=Decimal(0)),
    Column("day", "Day", "date"),
    Column("kind", "Kind", "choice", allowed={"One": "one", "Two": "two"}),
    Column("name", "Name", "name_of_organisation"),
    Column("note", "Note", "open_text"),
    Column("jobs", "Jobs", "headcount", above=Decimal(1), essential=False),
    Column("paid", "Paid", "money", maximum=Decimal("1000.5")),
    Column("company", "Company", "company_number"),
    Column("postcode", "Postcode", "postcode", essential=False),
]
POSITIONS = {column.name: at for at, column in enumerate(COLUMNS)}
# What no file can hold (surrogates), and what ends a file or a line for one reader only, is not drawn.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00\ufeff"), max_size=6)
cell = st.one_of(
    text,
    st.sampled_from(["", "1,234.50", "£5", "-1", "31/12/2024", "2024-02-30", "2024-01-01T10:00:00Z", "one", " TWO "]),
)
table = st.lists(st.lists(cell, min_size=5, max_size=5), max_size=12)
# What lands as it stands, what is nearly so, what is wrong, and what is withheld; most cells of a column are right.
right = {
    "id": ["a-1", "B 2", "0121"],
    "amount": ["1", "250.00", "0.5", "999999999999.99"],
    "company": ["01234567", "SC123456"],
    "postcode": ["B1 1AA", "WS10 7QQ"],
}
odd = st.sampled_from(
    [
        *(
            "",
            " ",
            "0",
            "00",
            "0.0",
            "-0.0",
            "-1",
            "1.",
            ".5",
            "007",
            "1e3",
            "1 000",
            "1000.5",
            "1000.50",
            "1000.500001",
            "2.0",
        ),
        *("1000000000000", "1000000000000.000001", "999999999999.9999999999999999", "1" * 17, "1" * 60),
        *(
            "Please select",
            "please select an option",
            " PLEASE  SELECT ",
            "a  b",
            "a\u00a0b",
            "\u2003a",
            "a\u200bb",
            "a\u1680b",
        ),
        *(
            "a\x1cb",
            "a\x1eb",
            "\x07a",
            "a\tb",
            "a\nb",
            "\x85",
            "a~~~~b",
            "ann@example.org",
            "ring 0121 496 0123",
            "AB 12 34 56 C",
        ),
        *("123456", "sc123456", "b11aa", "B1  1AA", "sw1a1aa", "12345678", "31/12/2024", "one"),
    ]
)


@st.composite
def mostly_right(draw):
    return [
        [
            draw(odd) if draw(st.integers(0, 5)) == 0 else draw(st.sampled_from(right.get(column.name, [""])))
            for column in COLUMNS
        ]
        for _ in range(draw(st.integers(0, 6)))
    ]


def _cells_of(path):
    (found,) = read_tables(path)
    rows = {}
    for batch in found.rows:
        if isinstance(batch, Cells):
            for at, row in enumerate(batch.batch.to_pylist()):
                rows[batch.first + at] = list(row.values())
        else:
            rows |= {row.number: list(row.cells) for row in batch}
    return rows


@given(rows=table, ragged=st.booleans())
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_csv_is_read_as_it_was_written(tmp_path, rows, ragged):
    if ragged and rows:
        rows[len(rows) // 2] = rows[len(rows) // 2][:3]
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([["a", "b", "c", "d", "e"], *rows])
    read = _cells_of(path)
    assert {number: cells for number, cells in read.items() if any(cells)} == {
        number: cells for number, cells in enumerate(rows, 2) if any(cells)
    }


@given(rows=st.one_of(st.lists(st.lists(st.one_of(cell, odd), min_size=10, max_size=10), max_size=6), mostly_right()))
@examples(80)
def test_checked_by_column_or_by_row_is_the_same(rows):
    check = TableCheck(COLUMNS, POSITIONS, "s", "t", "f#!")
    batch = pa.RecordBatch.from_arrays(
        [pa.array([row[i] for row in rows], pa.string()) for i in range(10)], [str(i) for i in range(10)]
    )
    by_column = check.check_cells(Cells(2, batch))
    by_row = check_table(
        COLUMNS,
        POSITIONS,
        [RawRow(number, row) for number, row in enumerate(rows, 2)],
        source="s",
        stream="t",
        place="f#!",
    )
    assert by_column.rows.to_pylist() == [{**row, NUMBER: number} for number, row in by_row.rows]
    assert by_column.findings == by_row.findings


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n1,"x\n2,y\n')
    with pytest.raises(RefusedFile, match="opened and never closed"):
        _cells_of(tmp_path / "a.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "a.csv").write_text("name,b\nCafé £,2\n", encoding=encoding)
    assert _cells_of(tmp_path / "a.csv") == {2: ["Café £", "2"]}


def test_rows_and_cells_of_a_sheet_are_numbered_as_in_excel(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as workbook:
        sheet = workbook.add_worksheet("Data")
        sheet.write_row(3, 2, ["H1", "H2"])
        sheet.write_row(5, 2, ["x", 7])
    (found,) = read_tables(tmp_path / "a.xlsx", heading_row=4)
    assert found.headings == [None, None, "H1", "H2"]
    (rows,) = found.rows
    assert (rows[-1].number, rows[-1].cells) == (6, [None, None, "x", 7.0])


def _zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_a_zip_with_one_file_is_that_file(tmp_path):
    _zip(tmp_path / "a.zip", {"folder/in.csv": "a,b\n1,2\n", "__MACOSX/._in.csv": "x"})
    with unpacked(tmp_path / "a.zip", tmp_path / "spool") as path:
        assert _cells_of(path) == {2: ["1", "2"]}
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("files", [{}, {"a.csv": "", "b.csv": ""}])
def test_a_zip_with_none_or_several_is_refused(tmp_path, files):
    _zip(tmp_path / "a.zip", files)
    with pytest.raises(RefusedFile, match=f"holds {len(files)} files"), unpacked(tmp_path / "a.zip", tmp_path / "s"):
        pass


def test_what_is_no_zip_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(io.BytesIO(b"PK not really").getvalue())
    with pytest.raises(RefusedFile, match="cannot be opened"), unpacked(tmp_path / "a.zip", tmp_path / "s"):
        pass


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_rows_of_a_small_text_are_told_by_the_sign_that_parts_them_and_their_first_lines(sign):
    lines = [
        sign.join(["name", "when", "note", "kind"]) + "\n",
        "\n",
        sign.join([" Ada ", '"May 1, 2024; 9:00"', '"two\n']),
        sign.join(['lines"', "x"]) + "\n",
        sign * 3 + "\n",
        sign.join(["Bo", "", "", ""]) + "\n",
    ]
    assert [(row.number, row.cells) for row in rows_of_text(lines)] == [
        (1, ["name", "when", "note", "kind"]),
        (3, ["Ada", "May 1, 2024; 9:00", "two\nlines", "x"]),
        (6, ["Bo", "", "", ""]),
    ]


def test_a_text_that_is_no_table_is_refused():
    # Other libraries raise the limit for the whole process.
    before = csv.field_size_limit(1000)
    try:
        with pytest.raises(RefusedFile, match="not a CSV file"):
            list(rows_of_text(["a," + "b" * 1001]))
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize(
    "name", ["grants.csv", "mapped.csv", "innovate_uk.csv", "gateway_to_research.csv", "claims.csv"]
)
def test_a_row_with_more_values_than_headings_is_refused_with_its_place(tmp_path, name):
    kind = KINDS[name]
    prepare(tmp_path, kind)
    lines = kind.make(1).decode().splitlines()
    # Blank cells beyond the last heading are what a spreadsheet leaves.
    path = kind.drop(tmp_path, 1, "\n".join([lines[0], lines[1] + ",1", lines[2] + ", ,", lines[3], ""]).encode())
    nights = Nights(kind.source, tmp_path, {}, {})
    nights.good_night(1)
    assert (len(nights.rows(kind.stream)), nights.stream(kind.stream).rows_read) == (2, 3)
    assert read_latest(tmp_path, "quarantine", QUARANTINE, ("place", "reason_code")) == [
        (f"{path.name}#!2", "too_many_cells")
    ]


def _reason(path):
    with pytest.raises(RefusedFile) as refused:
        [list(table.rows) for table in read_tables(path)]
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', "in the row that begins in line 3, a quotation mark is opened and never closed"),
        ('a,b\n1,"2" x\n3,4"\n', "in the row that begins in line 2, text goes on after a closing quotation mark"),
        ("a;b\n1;2\n", "the headings are parted by semicolons, not by commas"),
        ("a\tb\n1\t2\n", "the headings are parted by tabs, not by commas"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_where_and_what_to_do(tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    assert said in _reason(tmp_path / "a.csv")


def test_a_value_below_a_heading_that_is_blank_at_the_end_has_no_place(tmp_path):
    # A spreadsheet in which one row was shifted saves every row as long as that one.
    (tmp_path / "a.csv").write_text("a,b,\n1,2,\n3,4,5\n")
    (table,) = read_tables(tmp_path / "a.csv")
    assert table.headings == ["a", "b"]
    assert [(row.number, row.has_surplus) for rows in table.rows for row in rows] == [(2, False), (3, True)]
    (tmp_path / "a.csv").write_text("a,b,\n1,2,\n3,4,5\n")
    (table,) = read_tables(tmp_path / "a.csv", width=3)
    assert [batch.batch.num_columns for batch in table.rows] == [3], "a row of headings above names the third"


def _rows_of(path):
    (table,) = read_tables(path)
    yield sum(cells.batch.num_rows for cells in table.rows)


def test_a_table_of_many_columns_is_read_in_the_memory_of_one_of_few(tmp_path):
    path = tmp_path / "wide.csv"
    row = ",".join(f"value {number}" for number in range(60))
    path.write_text(f"{row}\n" * 40_000, encoding="utf-8")
    # One that read before holds what it took then.
    _Child.end()
    assert list(bounded(_rows_of, path, within=Limits(memory_megabytes=550))) == [39_999]
