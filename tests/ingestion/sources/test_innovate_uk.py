"""Innovate UK's list of funded projects, from generated rows under its published headings."""

import csv
from collections import Counter
from datetime import date

import pytest
import xlsxwriter

from ingestion.catalogue import addressee
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.latest import read_latest
from tests.ingestion.sources.nights import Nights

# Synthetic rows: the headings are Innovate UK's, nothing else is.
ROW = {
    "Competition Reference": "2301_WM",
    "Competition Title": "Accelerator pilots",
    "Programme Title": "Innovation",
    "Sector": "Materials",
    "Application Number": "10000001",
    "Project Number": "77001",
    "Project Title": "Lighter castings",
    "Public Description": "Written by Jane Roe, jane@example.org",
    "Competition Year": "2023/24",
    "Innovate UK Product Type": "Collaborative R&D",
    "Participant Name": "Aston Castings Ltd",
    "Is Lead Participant (Yes/No)": "Yes",
    "CRN": "1234567",
    "Project Start Date": "45017",
    "Project End Date": "31/03/2024",
    "Award Offered (£)": "£60,000",
    "Total Costs (£)": "100000.50",
    "Actual Spend to Date (£)": "",
    "Participant Withdrawn From Project": "No",
    "Project Status": "Live",
    "Enterprise Size": "Micro/Small",
    "Postcode": "B7 4BB",
    "Address Region": "West Midlands",
    "Address LEP": "",
    "Address Local Authority": "Birmingham",
    "In Multiple LEPs": "No",
    "ISCF": "",
}


@pytest.fixture
def funded(tmp_path):
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    return Nights("innovate_uk", tmp_path, {}, {})


def _drop(nights, *rows, name="list.csv"):
    path = nights.home / "inbox" / "grants" / name
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.DictWriter(handle, list(ROW))
            writer.writeheader()
            writer.writerows({**ROW, **row} for row in rows)
    else:
        with xlsxwriter.Workbook(str(path)) as workbook:
            workbook.add_worksheet("Notes").write(0, 0, "How to read this list")
            sheet = workbook.add_worksheet("Projects")
            sheet.write_row(0, 0, list(ROW))
            for number, row in enumerate(rows, 1):
                sheet.write_row(number, 0, list({**ROW, **row}.values()))
    return path


def test_the_list_is_told_from_360giving_by_its_headings(funded):
    path = _drop(funded, {})
    assert len(ROW) == 27
    assert addressee(path, "grants").name == "innovate_uk"
    other = path.with_name("grants.csv")
    other.write_text("Identifier,Title\n1,2\n", encoding="utf-8")
    assert addressee(other, "grants").name == "threesixtygiving"


def test_a_row_a_participant_is_landed_without_free_text(funded):
    _drop(funded, {})
    funded.good_night(0)
    (row,) = funded.rows("participants")
    assert (row["participation_id"], row["crn"], row["is_lead"]) == ("77001:1234567", "1234567", "yes")
    assert (row["project_start"], row["project_end"]) == ("2023-04-01", "2024-03-31")
    assert (row["award_offered"], row["total_costs"], row["actual_spend"]) == ("60000", "100000.5", None)
    assert "Jane" not in str(row)
    assert "jane" not in str(row)


def test_workbook_and_csv_give_the_same_rows(funded):
    numbers = {"CRN": 1234567, "Project Start Date": 45017, "Award Offered (£)": 60000, "Project End Date": 45382}
    _drop(funded, numbers, name="list.xlsx")
    funded.good_night(0)
    (row,) = funded.rows("participants")
    assert row["_source_record"].endswith(":Projects!2")
    _drop(funded, {})
    funded.good_night(1)
    assert {name: value for name, value in row.items() if not name.startswith(("_", "file"))} == {
        name: value for name, value in funded.rows("participants")[-1].items() if not name.startswith(("_", "file"))
    }


def test_a_number_with_or_without_its_zero_is_one_participation(funded):
    _drop(funded, {"CRN": "01234567"}, {"CRN": "1234567", "Project Number": "77002"})
    funded.good_night(0)
    _drop(funded, {"CRN": "1234567", "Award Offered (£)": "70000"}, name="list 2.csv")
    funded.good_night(1)
    assert set(funded.latest("participants")) == {"77001:1234567", "77002:1234567"}
    assert funded.latest("participants")["77001:1234567"]["award_offered"] == "70000"


def test_participants_without_a_number_are_told_apart_by_name(funded):
    _drop(funded, {"CRN": "", "Participant Name": "Aston University"}, {"CRN": "", "Participant Name": "BCU"})
    funded.good_night(0)
    assert len(funded.latest("participants")) == 2


def test_rows_of_one_participant_that_differ_are_both_kept_and_equal_ones_once(funded):
    _drop(funded, {}, {"Award Offered (£)": "5000"}, {})
    funded.good_night(0)
    awards = Counter({key: row["award_offered"] for key, row in funded.latest("participants").items()})
    assert awards == {"77001:1234567": "60000", "77001:1234567:2": "5000"}


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("Award Offered (£)", "tbc", "not_a_number"),
        ("Award Offered (£)", "-1", "too_small"),
        ("Award Offered (£)", "", "missing"),
        ("Participant Name", "", "missing"),
        ("Award Offered (£)", "1e13", "too_large"),
        ("Participant Withdrawn From Project", "perhaps", "not_allowed"),
    ],
)
def test_a_wrong_value_quarantines_its_row_alone(funded, column, value, code):
    _drop(funded, {}, {"Project Number": "77002", column: value})
    funded.good_night(0)
    assert set(funded.latest("participants")) == {"77001:1234567"}
    found = read_latest(funded.home, "quarantine", QUARANTINE, ("place", "reason_code"))
    assert found == [("list.csv#!3", code)]


@pytest.mark.parametrize("value", ["soon", "0.5"])
def test_a_date_that_is_none_leaves_the_money_beside_it(funded, value):
    _drop(funded, {}, {"Project Number": "77002", "Project Start Date": value})
    funded.good_night(0)
    assert funded.latest("participants")["77002:1234567"]["award_offered"] == "60000"
    assert funded.latest("participants")["77002:1234567"]["project_start"] is None
    assert read_latest(funded.home, "quarantine", QUARANTINE, ("place",)) == []
    found = read_latest(funded.home, "findings", FINDINGS, ("place", "rule", "severity"))
    assert found == [("list.csv#!3", "not_a_date", "warning")]
    assert funded.stream("participants").rows_quarantined == 0


def test_a_list_without_a_column_it_needs_is_refused_whole(funded):
    path = _drop(funded, {})
    path.write_text(path.read_text(encoding="utf-8-sig").replace("Project Number", "Ref"), encoding="utf-8")
    report = funded.night(0)
    assert [file.status for file in report.files] == ["refused"]
    assert "Project Number is missing" in report.files[0].reason


@pytest.mark.parametrize("serial", [1, 45017, 109_574])
def test_serial_dates_are_those_of_excel(funded, serial):
    _drop(funded, {"Project Start Date": str(serial)})
    funded.good_night(0)
    (row,) = funded.rows("participants")
    assert date.fromisoformat(row["project_start"]).toordinal() - date(1899, 12, 30).toordinal() == serial


def test_the_published_headings_are_no_drift(funded):
    _drop(funded, {})
    funded.good_night(0)
    assert funded.drifts == []
