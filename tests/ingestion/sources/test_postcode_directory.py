"""The postcode directory: its column names of several years, ended postcodes, editions."""

import pytest

from ingestion.findings import RefusedFile
from ingestion.sources.postcode_directory.reader import edition_of, match_columns
from tests.ingestion.sources.nights import Nights

OLD = "pcd,pcd2,pcds,dointr,doterm,oslaua,osward,oseast1m,osnrth1m,osgrdind,ctry,rgn,itl,lat,long,lsoa11,lsoa21"
NEW = (
    "pcd7,pcd8,pcds,dointr,doterm,lad25cd,wd25cd,east1m,north1m,gridind,ctry25cd,rgn25cd,itl25cd,lat,long,"
    "lsoa11cd,lsoa21cd"
)
LIVE = (
    "B1  1AA,B1   1AA,B1 1AA,198001,,E08000025,E05011151,406649,286530,1,E92000001,E12000005,E08000025,52.4,-1.9,"
    "E010,E012"
)
ENDED = (
    "B1  1AD,B1   1AD,B1 1AD,198001,199512,E08000025,E05011151,,,9,E92000001,E12000005,E08000025,99.999999,0.0,"
    "E010,E012"
)


@pytest.fixture
def nights(tmp_path):
    return Nights("postcode_directory", tmp_path, {}, {})


def _drop(nights, name, *lines):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("headings", [OLD, NEW])
def test_both_generations_of_column_names_give_the_same_rows(nights, headings):
    _drop(nights, "ONSPD_MAY_2025_UK.csv", headings, LIVE, ENDED)
    nights.good_night(0)
    found = nights.latest("postcodes")
    assert set(found) == {"B1 1AA", "B1 1AD"}
    live, ended = found["B1 1AA"], found["B1 1AD"]
    assert (live["local_authority_code"], live["lsoa_code"], live["ended_in"]) == ("E08000025", "E012", None)
    assert (ended["ended_in"], ended["grid_quality"], ended["latitude"]) == ("199512", "9", "99.999999")


def test_a_postcode_is_written_in_one_way_whatever_its_column(nights):
    _drop(nights, "NSPL_AUG_2024_UK.csv", "pcd,doterm,laua", "DY102AB,,E07000239", "B1  1AA,,E08000025")
    nights.good_night(0)
    assert nights.live("postcodes") == {"DY10 2AB", "B1 1AA"}


def test_an_edition_that_changes_nothing_lands_nothing_but_its_name(nights):
    _drop(nights, "ONSPD_FEB_2025_UK.csv", OLD, LIVE, ENDED)
    nights.good_night(0)
    _drop(nights, "ONSPD_MAY_2025_UK.csv", NEW, LIVE, ENDED)
    nights.good_night(1)
    assert nights.stream("postcodes").rows_landed == 0
    assert sorted(row["edition"] for row in nights.rows("editions")) == ["2025-02", "2025-05"]


def test_a_file_of_one_area_deletes_nothing_elsewhere(nights):
    _drop(nights, "ONSPD_FEB_2025_UK.csv", OLD, LIVE, ENDED)
    nights.good_night(0)
    _drop(nights, "ONSPD_MAY_2025_UK_B.csv", OLD, LIVE)
    nights.good_night(1)
    assert [file.status for file in nights.last.files] == ["loaded"]
    assert len(nights.live("postcodes")) == 2


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("ONSPD_MAY_2025_UK.csv", ("2025-05", True)),
        ("ONSPD_MAY_2025_UK_B.csv", ("2025-05", False)),
        ("NSPL21_FEB_2024_UK.csv", ("2024-02", True)),
        ("ONSPD_NOV_2023.csv", ("2023-11", False)),
    ],
)
def test_edition_and_reach_stand_in_the_name(name, edition):
    assert edition_of(name) == edition


@pytest.mark.parametrize("name", ["postcodes.csv", "ONSPD_MAI_2025_UK.csv"])
def test_a_name_without_edition_is_refused(name):
    with pytest.raises(RefusedFile, match="does not say which edition"):
        edition_of(name)


def test_the_latest_of_several_years_of_a_column_is_read():
    _, positions = match_columns(NEW.split(","))
    assert positions["lsoa_code"] == NEW.split(",").index("lsoa21cd")


@pytest.mark.parametrize("name", ["notes.txt", "areas.csv"])
def test_what_no_source_knows_is_refused_with_what_the_folder_takes(nights, name):
    _drop(nights, name, "code,name", "E08000025,Birmingham")
    nights.night(0)
    (file,) = nights.last.files
    assert (file.status, "BasicCompanyData" in file.reason, "ONSPD" in file.reason) == ("refused", True, True)
