"""Submissions of one quarter beside each other: what differs, and which is refused (docs/decisions/0312)."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingestion.catalogue import SOURCES
from ingestion.ingest import ensure_landing
from ingestion.ledgers import LEDGERS
from ingestion.storage.latest import read_latest
from orchestration.cli.return_status import app
from orchestration.errors import NightFailed, UserError
from orchestration.submissions import CellChange, compare, require_new, submissions_of
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, PILOT, _write

PARTNERS = "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\nCB01,One,,2023-04-01,\n"
QUARTER = ("CB01", "2023-24-Q1")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two submissions of one quarter that were read, and one that was refused whole."""
    home = tmp_path_factory.mktemp("submissions") / "home"
    for kind in ("registers", "returns"):
        (home / "inbox" / kind).mkdir(parents=True)
    (home / "inbox" / "registers" / "partners.csv").write_text(PARTNERS, encoding="utf-8")
    inbox = home / "inbox" / "returns"
    _write(inbox / "first.xlsx", rows={"INTERVENTIONS": [PILOT], "BUSINESSES": [BUSINESS]})
    second = {
        "INTERVENTIONS": [{**PILOT, "Title": "Another title"}],
        "BUSINESSES": [
            {**BUSINESS, "Business ref": "B2"},
            {**BUSINESS, "Business ref": "B3", "Organisation type": "?"},
        ],
    }
    _write(inbox / "second.xlsx", cover={"Submission number": "2", "Submitted on": "20/07/2023"}, rows=second)
    _write(inbox / "alien.xlsx", cover={"Cluster body code": "CB66"}, rows={"BUSINESSES": [BUSINESS]})
    ensure_landing(home)
    for source in ("registers", "returns"):
        Nights(source, home, {}, {}).good_night(0)
    return home


def test_the_cells_that_differ_are_told(home):
    changes = compare(home, *QUARTER, None, None)
    titles = [one for one in changes if one.column == "title"]
    assert [(one.table, one.change, one.after) for one in titles] == [("INTERVENTIONS", "changed", "Another title")]
    rows = {(one.reference, one.change) for one in changes if one.table == "BUSINESSES"}
    assert rows == {("b1", "removed"), ("b2", "added")}, "the refused row is in neither"
    assert all(one.place.split("!")[1].isdigit() for one in changes)


def test_the_command_gives_the_same_as_json(home):
    result = CliRunner().invoke(
        app, ["diff", "--partner", "CB01", "--period", "2023-24-Q1", "--format", "json", "--home", str(home)]
    )
    assert [CellChange(**one) for one in json.loads(result.stdout)] == compare(home, *QUARTER, 1, 2)


def test_numbers_that_were_not_handed_in_are_refused_with_those_that_were(home):
    with pytest.raises(UserError, match=r"no submission 7 of CB01 2023-24-Q1 that was read; there is 1, 2"):
        compare(home, *QUARTER, 1, 7)
    with pytest.raises(UserError, match=r"CB01 2023-24-Q2 has none that was read"):
        compare(home, "CB01", "2023-24-Q2", None, None)


def test_an_identical_workbook_is_recognised_and_a_stale_one_refused(home):
    cover = {"partner_code": "CB01", "period_key": "2023-24-Q1", "submission_number": "1"}
    first, second = submissions_of(home, *QUARTER)
    with pytest.raises(UserError, match=r"here already: submission 1 of CB01 2023-24-Q1, first.xlsx"):
        require_new(home, cover, first.sha256)
    for number in ("1", "2"):
        with pytest.raises(UserError, match=r"submission 2 .* is here already .* A correction is submission 3"):
            require_new(home, {**cover, "submission_number": number}, "other")
    require_new(home, {**cover, "submission_number": "3"}, "other")
    assert second.submitted_on == "2023-07-20"


def test_a_file_refused_whole_leaks_into_no_stream(home):
    """Neither the body it names nor anything it lists is known afterwards; the file itself is kept."""
    for stream in SOURCES["returns"].streams:
        assert "CB66" not in str(read_latest(home, "returns", stream, ("partner_code",)))
        assert "alien.xlsx" not in str(read_latest(home, "returns", stream, ("file_name",)))
    with pytest.raises(UserError, match="has none"):
        compare(home, "CB66", "2023-24-Q1", None, None)
    (ledger,) = [
        row
        for row in read_latest(home, "inbox", LEDGERS["inbox"], ("file_name", "status", "file_sha256"))
        if row[0] == "alien.xlsx"
    ]
    assert ledger[1] == "refused"
    assert (home / "originals" / ledger[2]).exists()


def test_submitting_again_what_was_read_is_refused_politely(home):
    result = CliRunner().invoke(app, ["submit", str(home / "inbox" / "returns" / "second.xlsx"), "--home", str(home)])
    assert isinstance(result.exception, UserError | NightFailed)
    assert "here already" in str(result.exception)
