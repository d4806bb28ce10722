"""Exports of grant systems, read by mappings of the home's; fixtures are made here and stand for no real system."""

import csv
import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingestion.apis.mapping import InvalidMapping
from ingestion.catalogue import addressee
from ingestion.files.values import BadValue, Column
from ingestion.findings import RefusedFile
from ingestion.ingest import ingest_source
from ingestion.ledgers import QUARANTINE
from ingestion.readiness import probe_source
from ingestion.sources.mapped_grants.grant_mapping import load_grant_mapping
from ingestion.sources.mapped_grants.reader import read_grants
from ingestion.storage.latest import read_latest
from tests.conftest import examples
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights

MAPPING = {
    "title": "Council",
    "dates": "day_first",
    "columns": {
        "grant_id": "Ref",
        "award_date": "Decided",
        "amount_awarded": "Amount",
        "currency": "Currency",
        "recipient_name": "Organisation",
        "recipient_company_number": "Company no",
        "status": "State",
    },
    "constants": {"currency": "GBP"},
    "values": {"status": {"Live": "awarded", "Left": "withdrawn"}},
    "skip": {"Organisation": ["Total"]},
}
ROW = {
    "Ref": "G1",
    "Decided": "31/03/2024",
    "Amount": "1,234.50",
    "Currency": "GBP",
    "Organisation": "Aston Castings Ltd",
    "Company no": "1234567",
    "State": "Live",
    "Officer notes": "",
    "Contact e-mail": "jane@example.org",
}


@pytest.fixture
def council(tmp_path):
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    _map(tmp_path)
    return Nights("mapped_grants", tmp_path, {}, {})


def _map(home, name="council", text=None, **changes):
    path = home / "mappings" / "grants" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {key: value for key, value in {**MAPPING, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(content, sort_keys=False) if text is None else text, encoding="utf-8")
    return path


def _write(path: Path, rows, above=()):
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerows([*above, *rows])
    else:
        with xlsxwriter.Workbook(str(path)) as workbook:
            day = workbook.add_format({"num_format": "dd/mm/yyyy"})
            sheet = workbook.add_worksheet("Awards")
            for number, row in enumerate([*above, *rows]):
                for index, cell in enumerate(row):
                    sheet.write(number, index, cell, day if isinstance(cell, date) else None)
    return path


def _drop(nights, *rows, name="export.csv", above=()):
    cells = [{**ROW, **row} for row in rows]
    return _write(nights.home / "inbox" / "grants" / name, [list(ROW), *(list(row.values()) for row in cells)], above)


def _found(nights):
    return read_latest(nights.home, "quarantine", QUARANTINE, ("place", "cell", "column_name", "reason_code"))


def _data(rows):
    leaves = ("_", "file")
    return sorted(sorted((k, v) for k, v in row.items() if not k.startswith(leaves) and v) for row in rows)


def test_csv_and_workbook_land_the_same_rows(council):
    _drop(council, {}, {"Ref": "1002", "Decided": "45383"}, {"Organisation": "Total", "Ref": "", "Amount": "9"})
    council.good_night(0)
    landed = _data(council.rows("grants"))
    typed = {"Ref": 1002, "Decided": date(2024, 4, 1), "Amount": 1234.5, "Company no": 1234567}
    _drop(council, {"Decided": 45382}, typed, {"Organisation": "Total", "Ref": ""}, name="export.xlsx")
    file = council.home / "inbox" / "grants" / "export.xlsx"
    read = read_grants(file, file.name, load_grant_mapping(council.home / "mappings" / "grants" / "council.yaml"))
    assert _data({**row, "grant_system": "council"} for row in read.rows) == landed
    assert (len(landed), read.skipped, read.personal, read.unused) == (2, 1, ["Contact e-mail"], ["Officer notes"])
    assert "jane" not in str(council.rows("grants"))


@pytest.mark.parametrize(
    ("column", "value", "cell", "code"),
    [
        ("Amount", "tbc", "C3", "not_a_number"),
        ("Amount", "-1", "C3", "too_small"),
        ("Amount", "", "C3", "missing"),
        ("Ref", "", "A3", "missing"),
        ("Decided", "31/02/2024", "B3", "not_a_date"),
        ("Decided", "03/31/2024", "B3", "not_a_date"),
        ("Currency", "GPB", "D3", "not_allowed"),
        ("State", "Perhaps", "G3", "not_allowed"),
        ("Ref", "jane@example.org", "A3", "names_a_person"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_wrong_value_quarantines_its_row_alone_with_its_cell(council, column, value, cell, code, suffix):
    _drop(council, {}, {"Ref": "G2", column: value}, name=f"export.{suffix}")
    council.good_night(0)
    assert set(council.latest("grants")) == {("council", "G1")}
    ((place, found, _, reason),) = _found(council)
    assert (place, found, reason) == (f"export.{suffix}#{'!' if suffix == 'csv' else 'Awards!'}3", cell, code)


def test_rows_of_one_grant_that_differ_are_all_refused_and_equal_ones_count_once(council):
    _drop(council, {}, {}, {"Ref": "G2"}, {"Ref": "G2", "Amount": "5"})
    council.good_night(0)
    assert set(council.latest("grants")) == {("council", "G1")}
    assert [(place, code) for place, _, _, code in _found(council)] == [
        ("export.csv#!4", "repeated_key"),
        ("export.csv#!5", "repeated_key"),
    ]


def test_a_grant_to_a_person_lands_without_the_person(council):
    columns = {**MAPPING["columns"], "recipient_kind": "Currency", "title": "Officer notes"}
    columns.pop("currency")
    _map(council.home, columns=columns, values={**MAPPING["values"], "recipient_kind": {"P": "individual"}})
    _drop(council, {"Currency": "P", "Organisation": "Jane Roe", "Officer notes": "Jane's studio"})
    council.good_night(0)
    (row,) = council.rows("grants")
    assert (row["title"], row["recipient_name"], row["recipient_company_number"]) == (
        "Grant to an individual",
        None,
        None,
    )


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_headings_over_two_rows_are_joined_and_a_merged_cell_holds_for_its_columns(council, suffix):
    columns = {"grant_id": "Ref", "award_date": "Award / Date", "amount_awarded": "Award / Amount"}
    columns |= {"recipient_name": "Recipient / Name"}
    _map(council.home, columns=columns, values=None, skip=None, heading_row=[2, 3])
    rows = [["", "Date", "Amount", "Name"], ["G1", "01/02/2024", 5, "Aston Ltd"]]
    above = [["Report"], ["Ref", "Award", "", "Recipient"]]
    _write(council.home / "inbox" / "grants" / f"export.{suffix}", rows, above)
    council.good_night(0)
    (row,) = council.rows("grants")
    assert (row["award_date"], row["amount_awarded"], row["recipient_name"]) == ("2024-02-01", "5", "Aston Ltd")


def _refusal(council):
    report = council.night(0)
    assert [file.status for file in report.files] == ["refused"], report
    return report.files[0].reason


def test_a_heading_that_stands_twice_is_refused_with_both_columns(council):
    path = _drop(council, {})
    path.write_text(path.read_text(encoding="utf-8-sig").replace("Officer notes", "amount "), encoding="utf-8")
    assert "stands twice, in columns C and H" in _refusal(council)


def test_a_file_two_mappings_claim_is_refused_with_both(council):
    _map(council.home, "other")
    _drop(council, {})
    reason = _refusal(council)
    assert "mappings/grants/council.yaml and mappings/grants/other.yaml are both for it" in reason


def test_a_file_of_the_name_without_a_heading_is_refused_by_name_of_the_heading(council):
    _map(council.home, files={"name": "EXPORT*"})
    path = _drop(council, {})
    path.write_text(path.read_text(encoding="utf-8-sig").replace("Amount", "Sum"), encoding="utf-8")
    assert "the heading Amount of mappings/grants/council.yaml is missing in row 1" in _refusal(council)


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(council):
    _map(council.home, sheet="Grants", files={"name": "export*"})
    _drop(council, {}, name="export.xlsx")
    assert "the sheet Grants of mappings/grants/council.yaml is missing; there are Awards" in _refusal(council)


def test_other_files_of_the_folder_go_where_they_went(council):
    other = council.home / "inbox" / "grants" / "grants.csv"
    other.write_text("Identifier,Title\n1,2\n", encoding="utf-8")
    assert addressee(other, "grants").name == "threesixtygiving"
    assert addressee(_drop(council, {}), "grants").name == "mapped_grants"


def test_a_file_refused_before_it_had_a_mapping_is_read_once_it_has_one(council):
    path = council.home / "mappings" / "grants" / "council.yaml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    _drop(council, {})
    other = {"home": council.home, "config": {}, "clock": FIRST_NIGHT, "run_id": "r0", "environment": {}}
    assert [file.status for file in ingest_source("threesixtygiving", **other).files] == ["refused"]
    path.write_text(text, encoding="utf-8")
    council.good_night(1)
    assert set(council.latest("grants")) == {("council", "G1")}
    assert council.good_night(2).files == []


def test_a_mapping_that_cannot_be_used_fails_the_source_and_holds_its_files(council):
    right = (council.home / "mappings" / "grants" / "council.yaml").read_text(encoding="utf-8")
    _map(council.home, text=right.replace("grant_id", "grant_idd"))
    path = _drop(council, {})
    council.night(0)
    assert council.stream("grants").status == "failed"
    assert "unknown field" in council.messages
    assert addressee(path, "grants").name == "mapped_grants"
    (probe,) = probe_source("mapped_grants", {}, {}, council.home, datetime.now(UTC))
    assert not probe.passed
    _map(council.home, text=right)
    council.good_night(1)
    assert set(council.latest("grants")) == {("council", "G1")}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "line 20: colour: unknown setting; known are title, files"),
        (
            {"columns": {**MAPPING["columns"], "amuont": "X"}},
            "line 11: columns.amuont: unknown field; known are grant_id",
        ),
        ({"columns": {"grant_id": "Ref"}}, "amount_awarded is missing; name its column, or give it under constants"),
        ({"columns": {**MAPPING["columns"], "title": "Contact e-mail"}}, "looks personal"),
        ({"columns": ["Ref"]}, "columns: expected names with their values"),
        ({"constants": {"currency": "GPB"}}, "constants.currency: "),
        ({"constants": {"grant_id": "1"}}, "constants.grant_id: unknown constant"),
        ({"values": {"status": {"Live": "yes"}}}, "values.status.Live: must mean one of: awarded, withdrawn"),
        ({"values": {"recipient_kind": {"P": "individual"}}}, "values.recipient_kind: has no column"),
        ({"dates": "american"}, "line 2: dates: takes one of: day_first, month_first"),
        ({"heading_row": [1, 3]}, "heading_row: takes the number of a row"),
        ({"delimiter": "x"}, "delimiter: takes one of"),
        ({"skip": {"Ref": "Total"}}, "skip.Ref: expected a list"),
        ({"title": None}, "title: is missing"),
    ],
)
def test_a_wrong_mapping_is_told_by_file_line_and_key(tmp_path, changes, said):
    with pytest.raises(InvalidMapping) as raised:
        load_grant_mapping(_map(tmp_path, **changes))
    assert said in str(raised.value)
    assert str(raised.value).startswith("mappings/grants/council.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [", "is not valid YAML at line 1"),
        ("- a", "expected settings"),
        ("title: a\ntitle: b", "line 2: title: stands twice, first in line 1"),
    ],
)
def test_a_file_that_is_no_mapping_is_told(tmp_path, text, said):
    with pytest.raises(InvalidMapping, match=said):
        load_grant_mapping(_map(tmp_path, text=text))


@pytest.mark.parametrize(
    ("form", "raw", "read"),
    [
        ("day_first", "03/04/2024", "2024-04-03"),
        ("month_first", "03/04/2024", "2024-03-04"),
        ("month_first", "3-4-24 10:30", "2024-03-04"),
        (None, "31.03.2024", "2024-03-31"),
        (None, "03/31/2024", "2024-03-31"),
        (None, "04/04/2024", "2024-04-04"),
        (None, "2024-04-03", "2024-04-03"),
        (None, 45382.0, "2024-03-31"),
        (None, "03/04/2024", None),
        ("month_first", "31/03/2024", None),
    ],
)
def test_dates_are_read_in_the_order_declared(form, raw, read):
    column = Column("award_date", "Decided", kind="ordered_date", form=form)
    if read is None:
        with pytest.raises(BadValue):
            column.read(raw)
    else:
        assert column.read(raw) == read


def test_a_file_for_no_mapping_is_no_grants_file(tmp_path):
    mapping = load_grant_mapping(_map(tmp_path))
    path = _write(tmp_path / "x.csv", [["A", "B"], ["1", "2"]])
    with pytest.raises(RefusedFile, match="the heading Ref, Decided"):
        read_grants(path, path.name, mapping)


_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "Ref": st.sampled_from(["G1", "G2", "G3", "G4", ""]),
            "Amount": st.sampled_from(["1", "1,000", "£2.50", "tbc"]),
            "Decided": st.sampled_from(["01/02/2024", "45382", "soon"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@examples(30)
@given(rows=_ROWS, seed=st.integers(0, 1000))
def test_the_order_of_columns_and_rows_does_not_change_what_is_landed(tmp_path_factory, rows, seed):
    home = tmp_path_factory.mktemp("order")
    mapping = load_grant_mapping(_map(home))
    cells = [list(ROW), *(list({**ROW, **row}.values()) for row in rows)]
    order = random.Random(seed)
    columns, below = order.sample(range(len(ROW)), len(ROW)), order.sample(cells[1:], len(rows))
    turned = [[row[index] for index in columns] for row in [cells[0], *below]]
    one = read_grants(_write(home / "one.csv", cells), "one.csv", mapping)
    two = read_grants(_write(home / "two.csv", turned), "two.csv", mapping)
    assert _data(one.rows) == _data(two.rows)
    codes = [sorted((found.column_name, found.reason_code) for found in read.findings) for read in (one, two)]
    assert codes[0] == codes[1]
