"""The postcode directory: its column names of several years, ended postcodes, editions."""

import zipfile

import pytest

from ingestion import drift
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


# The headings of August 2026: ONSPD's 55 and NSPL's 35.
ONSPD_2026 = (
    "pcd7,pcd8,pcds,dointr,doterm,cty26cd,ced25cd,lad26cd,wd26cd,parncp26cd,usrtypind,east1m,north1m,gridind,hlth19cd,"
    "nhser24cd,ctry26cd,rgn26cd,ssr95cd,pcon24cd,eer20cd,educ23cd,ttwa15cd,pco19cd,itl25cd,wdstl05cd,oa01cd,wdcas03cd,"
    "npark16cd,lsoa01cd,msoa01cd,ruc01ind,oac01ind,oa11cd,lsoa11cd,msoa11cd,wz11cd,sicbl26cd,bua24cd,ruc11ind,oac11ind,"
    "lat,long,lep21cd1,lep21cd2,pfa23cd,imd20ind,cal26cd,icb26cd,oa21cd,lsoa21cd,msoa21cd,ruc21ind,oac21ind,imd25ind"
)
NSPL_2026 = (
    "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty26cd,ced25cd,lad26cd,wd26cd,nhser24cd,"
    "ctry26cd,rgn26cd,pcon24cd,ttwa15cd,itl25cd,npark16cd,lsoa21cd,msoa21cd,wz11cd,sicbl26cd,bua24cd,ruc21ind,oac21ind,"
    "lat,long,lep21cd1,lep21cd2,pfa23cd,imd25ind,icb26cd"
)
# What the portal's own download calls them (November 2025).
PORTAL = (
    "Postcode (7 char),Postcode (8 char),Postcode (e-GIF),Date of Introduction,Date of Termination,Postcode User Type,"
    "National Grid Reference (Easting),National Grid Reference (Northing),Grid Reference Positional Quality Indicator,"
    "Local Authority District Code (2025),Ward Code (2025),Parish and Non-Civil Parished Area Code (2025),"
    "Output Area Code (2021),Lower layer Super Output Area Code (2021),Middle layer Super Output Area Code (2021),"
    "NHS England Region Code (2024),Integrated Care Board Code (2023),Sub Integrated Care Board Location Code (2024),"
    "Cancer Alliance Code (2024),Police Force Area Code (2023),Index of Multiple Deprivation Indicator (2020),"
    "Travel to Work Area Code (2015),International Territorial Level Code (2025),Built-up Area Code (2024),"
    "Local Enterprise Partnership Code (2021) (1st instance),Local Enterprise Partnership Code (2021) (2nd instance),"
    "Region Code (2025),Latitude,Longitude"
)
CELLS = {
    "pcds": "B1 1AA",
    "postcode (e-gif)": "B1 1AA",
    "lad26cd": "E08000025",
    "local authority district code (2025)": "E08000025",
    "lsoa21cd": "E012",
    "lower layer super output area code (2021)": "E012",
    "gridind": "1",
    "grid reference positional quality indicator": "1",
}


def _row(headings, **cells):
    return ",".join({**CELLS, **cells}.get(heading.lower(), "") for heading in headings.split(","))


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
    ("name", "headings"),
    [
        ("ONSPD_AUG_2026_UK.csv", ONSPD_2026),
        ("NSPL_AUG_2026_UK.csv", NSPL_2026),
        ("ONSPD_NOV_2025_UK_-4615871342515732933.csv", PORTAL),
    ],
)
def test_the_editions_of_2026_are_read_without_drift(nights, name, headings):
    _drop(nights, name, headings, _row(headings))
    nights.good_night(0)
    (row,) = nights.latest("postcodes").values()
    found = (row["postcode"], row["local_authority_code"], row["lsoa_code"], row["grid_quality"])
    assert found == ("B1 1AA", "E08000025", "E012", "1")
    assert [one for one in nights.drifts if one[1] == drift.NEW] == []
    assert nights.rows("editions")[0]["is_complete"] == "yes"


def _zip(nights, name, members):
    folder = nights.home / "inbox" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)


def test_of_a_zip_of_several_files_the_data_file_is_read(nights):
    whole = f"{NSPL_2026}\n{_row(NSPL_2026)}\n"
    members = {
        "Data/NSPL_AUG_2026_UK.csv": whole,
        "__MACOSX/Data/._NSPL_AUG_2026_UK.csv": "a mark of a Mac",
        "Data/multi_csv/NSPL_AUG_2026_UK_B.csv": whole,
        "Documents/LA_UA names and codes UK as at 04_26.csv": "LAD26CD,LAD26NM\nE08000025,Birmingham\n",
        # Another file by that name, without the headings.
        "Documents/NSPL_AUG_2026_UK.csv": "field,meaning\npcds,postcode\n",
        "User Guide/NSPL User Guide Aug 2026.pdf": "guide",
    }
    _zip(nights, "lookup.zip", members)
    nights.good_night(0)
    assert nights.live("postcodes") == {"B1 1AA"}
    assert [(row["edition"], row["is_complete"]) for row in nights.rows("editions")] == [("2026-08", "yes")]


def test_a_zip_without_the_whole_directory_is_refused_by_name(nights):
    part = f"{NSPL_2026}\n{_row(NSPL_2026)}\n"
    _zip(nights, "NSPL_AUG_2026.zip", {"Data/NSPL_AUG_2026_UK_B.csv": part, "Data/NSPL_AUG_2026_UK_CV.csv": part})
    nights.night(0)
    (file,) = nights.last.files
    assert (file.status, "holds 2 files" in file.reason, "found: none" in file.reason) == ("refused", True, True)


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("ONSPD_MAY_2025_UK.csv", ("2025-05", True)),
        ("ONSPD_MAY_2025_UK_B.csv", ("2025-05", False)),
        ("NSPL21_FEB_2024_UK.csv", ("2024-02", True)),
        ("ONSPD_NOV_2023.csv", ("2023-11", False)),
        ("ONSPD_NOV_2025_UK_-4615871342515732933.csv", ("2025-11", True)),
    ],
)
def test_edition_and_reach_stand_in_the_name(name, edition):
    assert edition_of(name) == edition


@pytest.mark.parametrize("name", ["postcodes.csv", "ONSPD_MAI_2025_UK.csv", "ONSPD_Online_Latest_Centroids_-12.csv"])
def test_a_name_without_edition_is_refused_with_one_that_says_it(name):
    with pytest.raises(RefusedFile, match=r"does not say which edition.* name it by its edition, such as ONSPD_MAY"):
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
