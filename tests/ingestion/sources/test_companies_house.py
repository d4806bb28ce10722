"""The free company data product: the published sample, and what its editions and their copies do to a reader."""

import csv
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from ingestion.catalogue import addressee
from ingestion.findings import RefusedFile
from ingestion.sources.companies_house.reader import edition_of, edition_of_file
from tests.ingestion.files.test_reading import read_with_faults
from tests.ingestion.sources.nights import Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "companies_house" / "BasicCompanyData-2018-02-01-part2_2.csv"
ROWS = list(csv.reader(io.StringIO(REAL.read_text(encoding="utf-8"))))


@pytest.fixture
def nights(tmp_path):
    return Nights("companies_house", tmp_path, {}, {})


def _drop(nights, name, rows):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)


def _changed(rows, column, value, row=1):
    """The rows with another value in one cell."""
    index = [heading.strip() for heading in rows[0]].index(column)
    copy = [list(cells) for cells in rows]
    copy[row][index] = value
    return copy


@pytest.fixture
def sample(nights):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True)
    shutil.copy(REAL, folder)
    nights.good_night(0)
    return nights


def test_the_published_sample_is_read_by_its_headings_with_their_leading_blanks(sample):
    assert len(ROWS[0]) == 55
    companies = sample.latest("companies")
    assert len(companies) == 14
    assert companies["02943302"]["name"] == '"309" WEST END LANE MANAGEMENT LIMITED'
    assert companies["02943302"]["incorporated_on"] == "1994-06-28"
    assert companies["02943302"]["confirmation_made_up_to"] == "2017-07-31"
    assert companies["02537158"]["sic_text_2"] == "73110 - Advertising agencies"


def test_a_number_without_its_zero_is_the_one_its_address_names(sample):
    companies = sample.latest("companies")
    assert "SC313991" in companies
    assert {number: row["uri"].rpartition("/")[2] for number, row in companies.items()} == {n: n for n in companies}


def test_previous_names_are_kept_in_their_order(sample):
    assert {key: (row["name"], row["changed_on"]) for key, row in sample.latest("previous_names").items()} == {
        ("10694769", "1"): ("MAZ A&T SERVICES LIMITED", "2017-04-06"),
        ("05651002", "1"): ("MAYCROSS DEVELOPMENTS LIMITED", "2006-03-30"),
    }


def test_a_file_on_which_the_reader_ended_leaves_no_edition_and_forgets_none(nights, monkeypatch):
    for name in ("1-2024-05-01", "2-2024-06-01-dies", "3-2024-04-01", "4-2024-05-02"):
        number, edition = name.split("-", 1)
        _drop(nights, f"{number}-BasicCompanyData-{edition}.csv", _changed(ROWS, "CompanyName", f"FIRM {number}"))
    monkeypatch.setattr("ingestion.files.night_reader._read", read_with_faults)
    report = nights.night(0)
    assert [(file.status, file.error_class) for file in report.files] == [
        ("loaded", None),
        ("refused", "code 7"),
        ("refused", None),
        ("loaded", None),
    ]
    assert "older than 2024-05-01" in report.files[2].reason


def test_the_edition_is_recorded_and_a_part_is_not_the_whole(sample):
    (edition,) = sample.rows("editions")
    assert (edition["edition"], edition["is_complete"], edition["rows_read"]) == ("2018-02-01", "no", "14")


def test_the_same_content_again_is_not_read_and_a_new_edition_lands_what_changed(sample):
    _drop(sample, "again.csv", [])
    shutil.copy(REAL, sample.home / "inbox" / "reference" / "BasicCompanyData-2018-02-01-part2_2 (1).csv")
    sample.night(1)
    assert sample.stream("companies").rows_read == 0
    _drop(sample, "BasicCompanyData-2018-03-01-part2_2.csv", _changed(ROWS, "CompanyStatus", "Liquidation"))
    sample.night(2)
    assert sample.stream("companies").rows_landed == 1
    assert sample.latest("companies")["02943302"]["status"] == "Liquidation"


def test_a_company_missing_from_a_part_stays_and_from_the_whole_is_deleted(sample):
    _drop(sample, "BasicCompanyData-2018-03-01-part2_2.csv", ROWS[:-1])
    sample.night(1)
    assert len(sample.live("companies")) == 14
    _drop(sample, "BasicCompanyDataAsOneFile-2018-04-01.csv", [*ROWS[:2], *ROWS[3:]])
    sample.night(2)
    assert sample.live("companies") == set(sample.latest("companies")) - {"10694769"}
    assert sample.live("previous_names") == {("05651002", "1")}
    assert sample.stream("companies").rows_deleted == 1


def test_a_whole_file_that_is_cut_short_deletes_nothing(sample):
    _drop(sample, "BasicCompanyDataAsOneFile-2018-04-01.csv", ROWS[:8])
    sample.night(1)
    assert [(file.status, "taken for incomplete" in file.reason) for file in sample.last.files] == [("refused", True)]
    assert len(sample.live("companies")) == 14


def test_of_two_whole_files_of_one_night_the_later_edition_stands(nights):
    _drop(nights, "BasicCompanyDataAsOneFile-2018-03-01.csv", ROWS)
    _drop(nights, "BasicCompanyDataAsOneFile-2018-04-01.csv", ROWS[:-1])
    nights.night(0)
    assert len(nights.live("companies")) == 13


def test_an_edition_found_late_does_not_turn_the_landing_back(sample):
    _drop(sample, "BasicCompanyData-2017-12-01-part2_2.csv", _changed(ROWS, "CompanyStatus", "Liquidation"))
    sample.night(1)
    assert [file.status for file in sample.last.files] == ["refused"]
    assert sample.latest("companies")["02943302"]["status"] == "Active"


def test_a_zip_with_one_csv_is_read_and_recognised(nights):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True)
    path = folder / "BasicCompanyDataAsOneFile-2018-02-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(REAL, "BasicCompanyDataAsOneFile-2018-02-01.csv")
    assert addressee(path, "reference").name == "companies_house"
    nights.good_night(0)
    assert len(nights.live("companies")) == 14


def _text(rows):
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue()


def test_a_zip_of_a_mac_with_the_parts_of_an_edition_is_read_part_by_part(nights):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "Archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part, rows in (("1_2", ROWS[:8]), ("2_2", [ROWS[0], *ROWS[8:]])):
            name = f"BasicCompanyData-2024-05-01-part{part}.csv"
            archive.writestr(name, _text(rows))
            archive.writestr(f"__MACOSX/._{name}", b"\x00\x05\x16\x07")
        archive.writestr(".DS_Store", b"\x00")
    nights.good_night(0)
    companies = nights.latest("companies")
    assert len(companies) == 14
    assert {row["edition"] for row in nights.latest("editions").values()} == {"2024-05-01"}
    records = {row["_source_record"].split(":", 1)[1] for row in companies.values()}
    assert {"BasicCompanyData-2024-05-01-part1_2.csv:2", "BasicCompanyData-2024-05-01-part2_2.csv:2"} <= records


def test_a_zip_with_parts_of_two_editions_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "Archive.zip", "w") as archive:
        for name in ("BasicCompanyData-2024-05-01-part1_2.csv", "BasicCompanyData-2024-06-01-part2_2.csv"):
            archive.writestr(name, _text(ROWS[:2]))
    with pytest.raises(RefusedFile, match="several editions"):
        edition_of_file(tmp_path / "Archive.zip")


@pytest.mark.parametrize("name", ["AsOneFile-2024-05-01", "-2024-05-01-part1_1"])
def test_a_name_whose_quotation_marks_do_not_close_is_refused_alone_with_its_row(sample, name):
    """Of which company the row is nobody knows, so that no whole file makes it a deleted one."""
    lines = _text(ROWS).splitlines(keepends=True)
    assert lines[1].startswith('"""309"" WEST END LANE')
    lines[1] = lines[1].replace('"""309"" WEST', '"309" WEST', 1)
    (sample.home / "inbox" / "reference" / f"BasicCompanyData{name}.csv").write_text("".join(lines), encoding="utf-8")
    sample.night(1)
    assert [(row["place"], row["reason_code"]) for row in sample.rows("rows", "quarantine")] == [
        (f"BasicCompanyData{name}.csv#!2", "quotation_mark_not_closed")
    ]
    companies = sample.latest("companies")
    assert companies["02943302"]["name"] == '"309" WEST END LANE MANAGEMENT LIMITED', "as the edition before had it"
    assert len(sample.live("companies")) == 14


def test_a_wrong_number_is_refused_alone_and_an_american_date_left_empty(nights):
    rows = _changed(_changed(ROWS, "CompanyNumber", "12-34"), "IncorporationDate", "03/28/2017", row=2)
    _drop(nights, "BasicCompanyData-2018-02-01-part2_2.csv", rows)
    nights.night(0)
    assert len(nights.live("companies")) == 13
    assert sum(row["incorporated_on"] is None for row in nights.rows("companies")) == 1
    found = {(row["place"].rpartition("#")[2], row["reason_code"]) for row in nights.rows("rows", "quarantine")}
    assert found == {("!2", "not_a_company_number")}
    remarks = {(row["place"].rpartition("#")[2], row["rule"]) for row in nights.rows("rows", "findings")}
    assert remarks == {("!3", "not_a_date")}


def test_nobodys_name_and_no_street_is_landed(nights):
    rows = _changed(_changed(ROWS, "RegAddress.CareOf", "Ada Lovelace"), "RegAddress.AddressLine1", "1 Elm Road")
    _drop(nights, "BasicCompanyData-2018-02-01-part2_2.csv", rows)
    nights.night(0)
    assert not {"Ada Lovelace", "1 Elm Road"} & {value for row in nights.rows("companies") for value in row.values()}


def test_the_name_must_say_the_edition(nights):
    _drop(nights, "companies.csv", ROWS)
    nights.night(0)
    (file,) = nights.last.files
    assert (file.status, "keep the name Companies House gave it" in file.reason) == ("refused", True)
    assert edition_of("BasicCompanyDataAsOneFile-2024-05-01.zip") == ("2024-05-01", True)
    assert edition_of("BasicCompanyData-2024-05-01-part1_7.csv") == ("2024-05-01", False)


def test_a_company_whose_row_cannot_be_read_is_not_taken_for_deleted(nights):
    _drop(nights, "BasicCompanyDataAsOneFile-2024-05-01.csv", ROWS)
    nights.good_night(0)
    number = ROWS[1][1].zfill(8)
    _drop(nights, "BasicCompanyDataAsOneFile-2024-06-01.csv", _changed(ROWS, "CompanyName", "")[:-1])
    nights.good_night(1)
    assert nights.stream("companies").rows_quarantined == 1
    assert nights.stream("companies").rows_deleted == 1
    assert number in nights.live("companies")
    assert len(nights.live("previous_names")) == 2


def test_columns_that_come_and_go_are_told(nights):
    rows = [[*cells, "x"] for cells in ROWS]
    rows[0] = [*(heading.replace("CountryOfOrigin", "Origin") for heading in ROWS[0]), "Officer surname"]
    _drop(nights, "BasicCompanyData-2024-05-01-part1_7.csv", rows)
    nights.good_night(0)
    assert nights.drifts == [
        ("companies", "new_column", "Origin", 1),
        ("companies", "personal_column", "Officer surname", 1),
        ("companies", "vanished_column", "CountryOfOrigin", 1),
    ]
