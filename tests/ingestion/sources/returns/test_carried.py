"""Two versions of the return land side by side, and the next workbook begins with what both said."""

import shutil
from pathlib import Path

import openpyxl
import pytest

from ingestion.catalogue import return_contract
from ingestion.sources.returns.carried import carried_rows
from ingestion.sources.returns.template import Known, write_template
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, POST, SESSION, TRANCHE, _write

OFFICE = Path(__file__).parents[3] / "fixtures" / "real" / "office"
REGISTER = (
    "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\n"
    "CB01,A body,,2023-04-01,\nCB02,B,,2023-04-01,\n"
)
PILOT = {
    "Intervention ref": "P1",
    "Title": "Sensors",
    "Type": "Pilot",
    "Agreement signed on": "01/05/2024",
    "Status": "Live",
    "Evidence": "Signed agreement",
}


def quarter(period, submitted_on, number=1, partner="CB01"):
    return {"Period": period, "Submitted on": submitted_on, "Submission number": number, "Cluster body code": partner}


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """A home that has read two quarters of a body on version 1, one of them corrected, and one on version 2."""
    home = tmp_path_factory.mktemp("home")
    registers, inbox = home / "inbox" / "registers", home / "inbox" / "returns"
    registers.mkdir(parents=True)
    inbox.mkdir()
    (registers / "partners.csv").write_text(REGISTER, encoding="utf-8")
    Nights("registers", home, {}, {}).good_night(0)
    forecasts = [
        {"Indicator": "Jobs created", "Period": "2024-25-Q3", "Forecast value": 1},
        {"Indicator": "Jobs created", "Period": "2024-25-Q4", "Forecast value": 2},
    ]
    firms = [{**BUSINESS, "Business name": "Old name"}, {**BUSINESS, "Business ref": "B9", "Business name": "Other"}]
    followed = {**POST, "Post ref": "J2", "Follow-up FTE": 13, "Follow-up on": "30/09/2024"}
    _write(
        inbox / "q1.xlsx",
        cover=quarter("2024-25-Q1", "10/07/2024"),
        rows={
            "INTERVENTIONS": [PILOT, {**PILOT, "Intervention ref": "P2", "Title": "Cells", "Status": "Completed"}],
            "BUSINESSES": firms,
            "SUPPORT": [{**SESSION, "Date": "01/05/2024"}],
            "JOBS": [{**POST, "Started on": "01/05/2024", "Follow-up FTE": None, "Follow-up on": None}, followed],
            "LEVERAGE": [{**TRANCHE, "Stage": "Committed"}, {**TRANCHE, "Agreement ref": "L9", "Stage": "Realised"}],
            "FORECAST": forecasts,
        },
    )
    wrong = {**BUSINESS, "Business ref": "B7", "Business name": "Slip"}
    _write(inbox / "q2.xlsx", cover=quarter("2024-25-Q2", "10/10/2024"), rows={"BUSINESSES": [wrong]})
    _write(inbox / "q2b.xlsx", cover=quarter("2024-25-Q2", "11/10/2024", 2), rows={"BUSINESSES": [BUSINESS]})
    _write(inbox / "b.xlsx", cover=quarter("2024-25-Q1", "10/07/2024", partner="CB02"), rows={"BUSINESSES": [wrong]})
    shutil.copyfile(OFFICE / "return-v2-exceljs-4.4.0.xlsx", inbox / "q4.xlsx")
    read = Nights("returns", home, {}, {})
    read.good_night(1)
    return read


def test_both_versions_land_in_the_same_streams(nights):
    covers = {row["file_name"]: row["template_version"] for row in nights.rows("covers")}
    assert covers == {"q1.xlsx": "1", "q2.xlsx": "1", "q2b.xlsx": "1", "b.xlsx": "1", "q4.xlsx": "2"}
    sessions = {row["file_name"]: row for row in nights.rows("support_sessions")}
    assert set(sessions) == {"q1.xlsx", "q4.xlsx"}
    assert {row["sheet"] for row in sessions.values()} == {"Businesses", "Support sessions"}
    asked = {column.name for column in return_contract().table("SUPPORT").columns}
    assert all(asked <= set(row) for row in sessions.values())
    assert {row["file_name"] for row in nights.rows("sections")} == {"q4.xlsx"}, "version 1 does not ask"
    assert nights.last is not None
    assert nights.last.drifts == []


def test_the_next_workbook_begins_with_what_was_last_said_of_what_is_open(nights):
    known = carried_rows(nights.home, return_contract(), "CB01", "2024-25-Q3")
    assert [row["intervention_ref"] for row in known["INTERVENTIONS"]] == ["P1"], "the other one is completed"
    named = {row["business_ref"]: row["business_name"] for row in known["BUSINESSES"]}
    assert named == {"B1": BUSINESS["Business name"], "B9": "Other"}, "the correction's, not the slip's; nobody else's"
    assert [row["post_ref"] for row in known["JOBS"]] == [POST["Post ref"]], "the other one was followed up"
    assert [row["stage"] for row in known["LEVERAGE"]] == ["committed"]
    assert [row["forecast_value"] for row in known["FORECAST"]] == ["1", "2"]
    assert set(known) == {"INTERVENTIONS", "BUSINESSES", "JOBS", "LEVERAGE", "FORECAST"}
    later = carried_rows(nights.home, return_contract(), "CB01", "2024-25-Q4")
    assert [row["forecast_value"] for row in later["FORECAST"]] == ["2"]


def test_of_what_comes_later_and_of_a_new_home_nothing_is_known(nights, tmp_path):
    assert not any(carried_rows(nights.home, return_contract(), "CB01", "2024-25-Q1").values())
    assert carried_rows(tmp_path, return_contract(), "CB01", "2024-25-Q4") == {}


def test_what_it_begins_with_stands_in_the_workbook(nights, tmp_path):
    known = Known(rows=carried_rows(nights.home, return_contract(), "CB01", "2024-25-Q3"))
    write_template(tmp_path / "w.xlsx", {"partner_code": "CB01", "period_key": "2024-25-Q3"}, known)
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    firms = [book["Businesses"][cell].value for cell in ("A5", "B5", "A6", "A7")]
    assert firms == ["B1", BUSINESS["Business name"], "B9", None]
    assert book["Leverage"]["F5"].value == "Committed"
