"""`wmip returns`: a blank workbook that its own reader takes, and filled ones before and as they are handed in."""

import json
import re

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.errors import NightFailed, UserError
from orchestration.returns_page.tokens import whose
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, EVENT, POST, SESSION, TRANCHE, _write

COVER = {
    "partner_code": "CB01",
    "partner_name": "A body",
    "period_key": "2025-26-Q1",
    "submission_number": "1",
    "submitted_on": "2025-07-10",
}


def returns(home, *arguments):
    return CliRunner().invoke(app, ["returns", *map(str, arguments), "--home", str(home)], env={"COLUMNS": "200"})


@pytest.fixture
def home(tmp_path):
    """A home that has read a partners register."""
    folder = tmp_path / "home"
    (folder / "inbox" / "registers").mkdir(parents=True)
    register = "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\nCB01,A body,,2023-04-01,\n"
    (folder / "inbox" / "registers" / "partners.csv").write_text(register, encoding="utf-8")
    Nights("registers", folder, {}, {}).good_night(0)
    return folder


def test_a_workbook_is_made_for_a_body_of_the_register_and_a_quarter(home, tmp_path):
    out = tmp_path / "b.xlsx"
    assert returns(home, "template", "--partner", "CB01", "--period", "2024-25-Q4", "--out", out).exit_code == 0
    for arguments, said in (
        (["--partner", "CB77", "--period", "2024-25-Q4"], "known are CB01"),
        (["--partner", "CB01", "--period", "2025-26-Q1"], "choose one of 2023-24-Q1, 2023-24-Q2"),
        (["--partner", "CB01", "--period", "spring"], "--period"),
        (["--partner", "CB01", "--period", "2024-25-Q4", "--out", out], "exists already"),
    ):
        result = returns(home, "template", *arguments)
        assert isinstance(result.exception, UserError)
        assert said in str(result.exception)


def test_a_filled_workbook_is_checked_cell_by_cell_and_nothing_is_written(home, tmp_path):
    rows = {"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION, {**SESSION, "Session ref": "S2", "Hours": "two"}]}
    path = _write(tmp_path / "r.xlsx", rows=rows)
    result = returns(home, "check", path)
    assert isinstance(result.exception, NightFailed)
    assert "1 row(s) would be refused" in str(result.exception)
    assert "support sessions: 1 row(s), 1 wrong" in result.stdout
    assert re.search(r"^error +Businesses +[A-Z]+\d+ +Hours", result.stdout, re.MULTILINE)
    assert not (home / "inbox" / "returns").exists()


def test_who_is_after_a_day_of_the_calendar_is_told_and_the_workbook_taken(home, tmp_path):
    calendar = (
        "period_key,partner_code,due_on,new_records_until,edits_until\n"
        "2023-24-Q1,ALL,2023-07-10,2023-07-13,2023-07-14\n"
        "2023-24-Q1,CB01,2023-07-14,,\n2023-24-Q2,CB01,2023-01-01,2023-01-01,2023-01-01\n"
    )
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION]})
    before = returns(home, "check", path)
    assert "It is submitted on" not in before.stdout
    (home / "inbox" / "registers" / "calendar.csv").write_text(calendar, encoding="utf-8")
    Nights("registers", home, {}, {}).good_night(1)
    result = returns(home, "check", path, "--format", "json")
    assert result.exit_code == 0, "it is read all the same"
    (said,) = json.loads(result.stdout)["days_missed"]
    assert said.startswith(
        "It is submitted on 2023-07-14, after the last day for new records of the quarter (2023-07-13). It is read all"
    ), "the body's own day stands before that of all, and the last day itself is in time"
    assert said in " ".join(returns(home, "check", path).stdout.split())
    assert said in " ".join(returns(home, "submit", path).stdout.split())


def test_contact_details_in_a_title_are_said_at_their_cell(home, tmp_path):
    title = "Breakfast 20/07/2023, book with jane@planted.example"
    path = _write(tmp_path / "r.xlsx", rows={"EVENTS": [{**EVENT, "Title": title}]})
    result = returns(home, "check", path)
    assert result.exit_code == 0, "the row counts without it"
    said = r"^warning +Events +[A-Z]+\d+ +Title holds an e-mail address, which is withheld; take it out"
    assert re.search(said, result.stdout, re.MULTILINE)
    assert "planted" not in result.stdout


def test_a_check_leaves_alone_what_a_night_is_writing(home, tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS]})
    new = tmp_path / "new"
    new.mkdir()
    for stream in ("inbox/files", "registers/partners"):
        (home / "landing" / stream / ".20240501T020000Z_load.parquet.tmp").write_bytes(b"half")
    before = {place: place.stat().st_mtime_ns for place in home.rglob("*")}
    assert returns(home, "check", path).exit_code == 0
    assert {place: place.stat().st_mtime_ns for place in home.rglob("*")} == before
    assert returns(new, "check", path).exit_code == 0
    assert list(new.rglob("*")) == []


def test_what_would_be_refused_whole_is_not_handed_in(home, tmp_path):
    path = _write(tmp_path / "r.xlsx", cover={"Cluster body code": "CB99"})
    result = returns(home, "submit", path)
    assert isinstance(result.exception, NightFailed)
    assert "partners register" in str(result.exception)
    assert not (home / "inbox" / "returns").exists()


def test_a_workbook_handed_in_twice_is_one_and_another_of_its_name_takes_none_away(home, tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS]})
    assert returns(home, "submit", path).exit_code == 0
    same = returns(home, "submit", path)
    assert isinstance(same.exception, UserError)
    assert "this very workbook waits in the inbox already, as r.xlsx" in str(same.exception)
    again = {"BUSINESSES": [{**BUSINESS, "Business ref": "B2"}]}
    _write(path, rows=again)
    refused = returns(home, "submit", path)
    assert isinstance(refused.exception, NightFailed)
    assert "r.xlsx has the submission number 1 of r.xlsx, which was submitted first (2023-07-14)" in str(
        refused.exception
    )
    _write(path, cover={"Submission number": 2}, rows=again)
    assert "The next night reads it" in returns(home, "submit", path).stdout
    assert sorted(one.name for one in (home / "inbox" / "returns").iterdir()) == ["r (2).xlsx", "r.xlsx"]


FIRM = {"Business name": "Aston Castings Ltd", "Company number": "01111111", "Organisation type": "Business"}
OTHER_FIRM = {"Business name": "Bilston Foundry Ltd", "Company number": "02222222", "Organisation type": "Business"}
AGREED = {
    "Collaboration ref": "C1",
    "Title": "Sensors",
    "Purpose": "Sensors",
    "Kind": "MoU",
    "Agreed on": "01/05/2023",
    "Caused by programme": "Yes",
    "Status": "Active",
    "Evidence": "Signed agreement",
}
LOG = {**SESSION, "Evidence": "Signed support log", "Hours": 7}
Q2 = {"Period": "2023-24-Q2", "Submitted on": "14/10/2023"}
REJECTED = (
    "indicator_key,partner_code,source_ref,decision,evidence_grade,decided_on,decided_by_role,reason\n"
    "businesses_assisted,CB01,B9,rejected,,2023-11-01,assurance lead,not shown\n"
)


def _return_before(home):
    """What stands in the home: the first quarter of two bodies, and a decision of the register."""
    registers, inbox = home / "inbox" / "registers", home / "inbox" / "returns"
    inbox.mkdir()
    with (registers / "partners.csv").open("a", encoding="utf-8") as handle:
        handle.write("CB02,Another body,,2023-04-01,\n")
    (registers / "verification.csv").write_text(REJECTED, encoding="utf-8")
    member = {"Collaboration ref": "C1", "Member number": 1, "Organisation name": "Mercia University"}
    _write(
        inbox / "cb01 q1.xlsx",
        rows={
            "BUSINESSES": [{**BUSINESS, **FIRM}],
            "SUPPORT": [LOG],
            "COLLABORATIONS": [AGREED],
            "MEMBERS": [
                {**member, "Organisation type": "University"},
                {**member, "Member number": 2, "Organisation name": "Aston Castings", "Organisation type": "Business"},
            ],
        },
    )
    event = {**EVENT, "Held on": "01/05/2023", "Venue postcode": "B4 7ET", "Signed in": 20}
    _write(inbox / "cb02 q1.xlsx", cover={"Cluster body code": "CB02"}, rows={"EVENTS": [event]})
    for source in ("registers", "returns"):
        Nights(source, home, {}, {}).good_night(1)
    # Waits for the next night.
    tranche = {**TRANCHE, "Source organisation": "Tame Capital", "Company number": None}
    _write(inbox / "cb02 q2.xlsx", cover={**Q2, "Cluster body code": "CB02"}, rows={"LEVERAGE": [tranche]})


def test_what_shows_beside_the_returns_before_is_said_by_cell_with_what_to_do(home, tmp_path):
    _return_before(home)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    event = {**EVENT, "Held on": "01/08/2023", "Venue postcode": "B4 7ET"}
    path = _write(
        tmp_path / "cb01 q2.xlsx",
        cover=Q2,
        rows={
            "BUSINESSES": [{**BUSINESS, **OTHER_FIRM}, {**BUSINESS, **FIRM, "Business ref": "B9"}],
            "SUPPORT": [
                {**LOG, "Date": "01/08/2023", "Channel": "Written", "Specific to the business": "No"},
                {**LOG, "Session ref": "S9", "Business ref": "B9", "Date": "02/08/2023"},
            ],
            "COLLABORATIONS": [AGREED],
            "JOBS": [{**POST, **OTHER_FIRM, "Started on": "01/07/2023"}],
            "LEVERAGE": [{**TRANCHE, "Source organisation": "Severn Capital", "Company number": None}],
            "EVENTS": [
                {**event, "Event ref": "E1", "Signed in": 12, "Headcount": 9},
                {**event, "Event ref": "E2", "Held on": "01/05/2023", "Evidence": "Headcount only", "Headcount": 20},
            ],
        },
    )
    result = returns(home, "check", path, "--rehearse")
    assert result.exception is None, (result.exception, result.stdout)
    said = result.stdout.split("Beside what was returned before:")[1]
    for expected in (
        r"^B5 \(businesses\): B1 was Aston Castings Ltd in 2023-24-Q1: .*hand in its quarter again",
        r"^B5 \(collaborations\): C1 is returned without members: those of 2023-24-Q1 stand",
        r"^B5 \(jobs created\): does not count \(not_supported_before\): .*return the support first",
        r"^B5 \(leverage\): Another body returns this agreement, tranche and amount",
        r"^B6 \(events\): CB02 returned an event of this title, day and venue too .*give them titles that differ",
        r"^B\d+ \(businesses assisted\): does not count \(rejected\)",
        r"^B\d+ \(support sessions\): does not count \(generic_advice\): .*specific to the business",
    ):
        assert re.search(expected, said, re.MULTILINE), (expected, said)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before


def test_a_workbook_is_checked_within_the_homes_own_limits(home, tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "SUPPORT": [SESSION]})
    assert returns(home, "check", path).exit_code == 0
    (home / "wmip.yaml").write_text("sources: {returns: {enabled: true, limits: {cells: 10}}}\n", encoding="utf-8")
    refused = returns(home, "check", path)
    assert isinstance(refused.exception, NightFailed)
    assert "more than 10 from the first" in str(refused.exception)
    (home / "wmip.yaml").write_text("sources: {returns: {enabled: true, limits: {cells: none}}}\n", encoding="utf-8")
    wrong = returns(home, "check", path)
    assert isinstance(wrong.exception, UserError)
    assert "limits: cells" in str(wrong.exception)


def test_an_answer_is_data_and_the_workbook_back(home, tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Postcode": "Birmingham"}]})
    marked = tmp_path / "marked.xlsx"
    result = returns(home, "check", path, "--format", "json", "--marked-up", marked)
    assert result.exit_code == 0, result.exception
    answer = json.loads(result.stdout)
    assert [one["rule"] for one in answer["findings"] if one["severity"] == "warning"] == ["postcode_unreadable"]
    assert {one["indicator"] for one in answer["counts_for"]} >= {"pilots_funded", "resource_levered"}
    assert answer["is_exact"] is False
    assert marked.is_file()
    for to, said in ((marked, "exists already"), (tmp_path / "m.xlsm", "name it so")):
        refused = returns(home, "check", path, "--marked-up", to)
        assert isinstance(refused.exception, UserError)
        assert said in str(refused.exception)


def test_a_token_is_made_for_a_body_of_the_register(home):
    made = returns(home, "token", "--partner", "CB01")
    assert made.exit_code == 0
    assert whose(home, made.stdout) == "CB01"
    assert whose(home, "x" * 43) is None
    assert "known are CB01" in str(returns(home, "token", "--partner", "CB77").exception)
