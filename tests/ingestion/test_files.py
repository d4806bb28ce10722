"""Inbox files on their way into the landing: whole or not at all, and each row once."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.catalogue import QUARANTINE, SOURCES
from ingestion.landing import read_latest
from ingestion.nightly import ingest_source

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
HEADINGS = (
    "Identifier,Title,Currency,Amount Awarded,Award Date,"
    "Recipient Org:Identifier,Recipient Org:Name,Funding Org:Identifier"
)
GRANTS = SOURCES["threesixtygiving"].stream("grants")


@pytest.fixture
def night(tmp_path):
    nights = iter(range(100))

    def read():
        number = next(nights)
        return ingest_source(
            "threesixtygiving",
            home=tmp_path,
            config={},
            clock=CLOCK + timedelta(days=number),
            run_id=f"r{number}",
            environment={},
        )

    return read


def _drop(home, name, text):
    folder = home / "inbox" / "grants"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def _csv(*grants):
    rows = [f"{identifier},T,GBP,{amount},2024-01-02,GB-COH-01234567,Firm,F" for identifier, amount in grants]
    return "\n".join([HEADINGS, *rows]) + "\n"


def _landed(home):
    return dict(read_latest(home, "threesixtygiving", GRANTS, ("grant_id", "amount_awarded")))


def test_a_file_that_is_refused_at_its_end_lands_nothing(tmp_path, night):
    grant = {
        "id": "1",
        "currency": "GBP",
        "amountAwarded": 5,
        "awardDate": "2024-01-01",
        "recipientOrganization": [{"id": "GB-COH-01234567", "name": "Firm"}],
        "fundingOrganization": [{"id": "F"}],
    }
    whole = json.dumps({"grants": [{**grant, "id": str(number)} for number in range(25_000)]})
    _drop(tmp_path, "a.json", whole[:-2])
    _drop(tmp_path, "b.csv", _csv(("B", 7)))
    report = night()
    assert [(file.status, file.rows_loaded) for file in report.files] == [("refused", 0), ("loaded", 1)]
    assert "after" in report.files[0].reason
    assert _landed(tmp_path) == {"B": "7"}
    assert not (tmp_path / "spool" / "threesixtygiving").exists()


def test_a_file_whose_rows_are_all_refused_takes_nothing_from_the_file_before_it(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 6)))
    _drop(tmp_path, "b.csv", _csv(("3", "tbc")))
    _drop(tmp_path, "c.csv", _csv(("4", 8)))
    report = night()
    assert [(file.status, file.rows_loaded, file.rows_quarantined) for file in report.files] == [
        ("loaded", 2, 0),
        ("loaded", 0, 1),
        ("loaded", 1, 0),
    ]
    assert _landed(tmp_path) == {"1": "5", "2": "6", "4": "8"}


def test_the_findings_of_a_refused_file_are_not_kept(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", "tbc")) + '2,"never closed')
    assert [file.status for file in night().files] == ["refused"]
    assert read_latest(tmp_path, "quarantine", QUARANTINE, ("place",)) == []


def test_a_grant_that_is_given_again_is_a_new_version_and_said(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 6), ("1", 9)))
    (stream,) = night().streams
    assert (stream.rows_read, stream.rows_landed) == (3, 2)
    assert stream.message == "1 row(s) have the key of a later row, which stands"
    _drop(tmp_path, "b.csv", _csv(("2", 8)))
    assert night().streams[0].rows_landed == 1
    assert _landed(tmp_path) == {"1": "9", "2": "8"}
    assert night().streams[0].status == "unchanged"


def test_a_row_is_quarantined_alone_with_its_place(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", "tbc"), ("3", 7)))
    (stream,) = night().streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_quarantined) == (3, 2, 1)
    assert read_latest(tmp_path, "quarantine", QUARANTINE, ("place", "cell", "reason_code")) == [
        ("a.csv#!3", "D3", "not_a_number")
    ]
