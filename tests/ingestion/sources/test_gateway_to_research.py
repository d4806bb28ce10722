"""Gateway to Research's export, published rows and rows made up under its headings."""

import csv
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.catalogue import addressee
from tests.ingestion.sources.nights import Nights

PUBLISHED = Path(__file__).parents[2] / "fixtures" / "real" / "gateway_to_research" / "ahrc_west_midlands.csv"
ROW = {
    "FundingOrgName": "EPSRC",
    "ProjectReference": "EP/X000001/1",
    "LeadROName": "Aston University",
    "Department": "Jane Roe's Group",
    "ProjectCategory": "Research Grant",
    "PISurname": "Roe",
    "PIFirstName": "Jane",
    "PIOtherNames": "",
    "PI ORCID iD": "0000-0000-0000-0000",
    "StudentSurname": "Doe",
    "Title": "Lighter castings",
    "StartDate": "01/10/2023",
    "EndDate": "30/09/2026",
    "AwardPounds": "123,456",
    "ExpenditurePounds": "",
    "Region": "West Midlands",
    "Status": "Active",
    "GTRProjectUrl": "https://gtr.ukri.org/projects?ref=EP/X000001/1",
    "ProjectId": "ABC-1",
    "FundingOrgId": "F-1",
    "LeadROId": "L-1",
    "PIId": "PI-1",
}


@pytest.fixture
def exports(tmp_path):
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    return Nights("gateway_to_research", tmp_path, {}, {})


def _drop(nights, *rows, name="projectsearch-1.csv", without=()):
    path = nights.home / "inbox" / "grants" / name
    headings = [heading for heading in ROW if heading not in without]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, headings, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**ROW, **row} for row in rows)
    return path


def test_published_rows_have_the_counts_and_sums_of_the_publisher(exports):
    shutil.copy(PUBLISHED, exports.home / "inbox" / "grants")
    exports.good_night(0)
    rows = exports.rows("projects")
    assert len(rows) == 240
    assert sum(Decimal(row["award_pounds"]) for row in rows) == 58_580_146
    assert len({row["lead_organisation_id"] for row in rows}) == 8


def test_an_export_is_told_from_other_files_of_the_folder(exports):
    assert addressee(_drop(exports, {}), "grants").name == "gateway_to_research"


def test_no_person_is_landed(exports):
    _drop(exports, {})
    exports.good_night(0)
    (row,) = exports.rows("projects")
    assert not {"Roe", "Jane", "Doe", "PI-1"} & {str(value) for value in row.values()}
    assert "Jane" not in str(row)


def test_dates_amounts_and_place_are_read(exports):
    _drop(exports, {})
    exports.good_night(0)
    (row,) = exports.rows("projects")
    assert (row["start_date"], row["end_date"], row["award_pounds"]) == ("2023-10-01", "2026-09-30", "123456")
    assert row["_source_record"] == f"{row['file_sha256']}:2"


def test_an_award_of_nothing_is_an_award_and_one_that_is_no_number_is_quarantined(exports):
    _drop(exports, {"AwardPounds": "0"}, {"ProjectId": "ABC-2", "AwardPounds": "tbc"})
    report = exports.night(0)
    assert exports.live("projects") == {"ABC-1"}
    assert report.files[0].rows_quarantined == 1


def test_an_export_without_awards_is_refused_whole(exports):
    _drop(exports, {}, without=["AwardPounds"])
    report = exports.night(0)
    assert (report.files[0].status, exports.rows("projects")) == ("refused", [])
    assert "the heading AwardPounds is missing" in report.files[0].reason


def test_a_later_search_deletes_nothing_and_renews_what_it_finds(exports):
    _drop(exports, {}, {"ProjectId": "ABC-2"})
    exports.good_night(0)
    _drop(exports, {"Status": "Closed"}, name="projectsearch-2.csv")
    exports.good_night(1)
    assert exports.live("projects") == {"ABC-1", "ABC-2"}
    assert exports.latest("projects")["ABC-1"]["status"] == "Closed"
