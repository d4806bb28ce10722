"""Inbox files on their way into the landing: whole or not at all, and each row once."""

import errno
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from common.home import stream_folder
from ingestion.catalogue import SOURCES
from ingestion.files import night_reader as file_readers
from ingestion.ingest import ingest_source
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.storage.latest import read_latest
from ingestion.storage.spool import Spool

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
HEADINGS = (
    "Identifier,Title,Currency,Amount Awarded,Award Date,"
    "Recipient Org:Identifier,Recipient Org:Name,Funding Org:Identifier"
)
GRANTS = SOURCES["threesixtygiving"].stream("grants")


@pytest.fixture
def night(tmp_path):
    nights = iter(range(100))

    def read(**config):
        number = next(nights)
        return ingest_source(
            "threesixtygiving",
            home=tmp_path,
            config=config,
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


def test_a_grant_that_is_given_again_is_a_new_version(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 6)))
    night()
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 8)))
    (stream,) = night().streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_unchanged) == (2, 2, 0), "a row says which file it is of"
    assert _landed(tmp_path) == {"1": "5", "2": "8"}
    assert night().streams[0].status == "unchanged"


def test_different_grants_with_one_id_are_all_quarantined_and_the_landed_one_stays(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    night()
    _drop(tmp_path, "a.csv", _csv(("1", 6), ("2", 6), ("1", 7), ("3", 1), ("3", 1), ("4", "tbc")))
    report = night()
    (stream,) = report.streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_unchanged) == (6, 2, 0)
    assert (stream.rows_repeated, stream.rows_quarantined) == (1, 3)
    assert [(file.rows_loaded, file.rows_quarantined, file.rows_landed) for file in report.files] == [(3, 3, 2)]
    assert _landed(tmp_path) == {"1": "5", "2": "6", "3": "1"}
    found = read_latest(tmp_path, "quarantine", QUARANTINE, ("place", "reason_code", "message"))
    assert [row[:2] for row in found] == [
        ("a.csv#!2", "repeated_key"),
        ("a.csv#!4", "repeated_key"),
        ("a.csv#!7", "not_a_number"),
    ]
    assert "same grant_id as a.csv#!4" in found[0][2] and "as a.csv#!2" in found[1][2]
    assert read_latest(tmp_path, "findings", FINDINGS, ("place", "rule", "severity")) == [
        ("a.csv#!6", "repeated_row", "note")
    ]


def test_many_findings_of_a_kind_are_counted_not_listed(tmp_path, night, monkeypatch):
    monkeypatch.setattr("ingestion.findings.MOST_ALIKE", 3)
    _drop(tmp_path, "a.csv", _csv(*((str(number), "tbc") for number in range(5)), ("5", 1)))
    (stream,) = night().streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_quarantined) == (6, 1, 5)
    found = read_latest(tmp_path, "quarantine", QUARANTINE, ("place", "message"))
    assert [place for place, _ in found] == ["a.csv", "a.csv#!2", "a.csv#!3", "a.csv#!4"]
    assert found[0][1].startswith("and 2 more rows like this: Amount Awarded is not a number")


def test_a_row_that_cannot_be_accounted_for_fails_the_source_and_lands_nothing(tmp_path, night, monkeypatch):
    keep = Spool.keep

    def losing(spool, file_name=None):
        part = keep(spool, file_name)
        if part is not None and file_name == "a.csv":
            table = pq.read_table(part.path)
            pq.write_table(table.slice(0, len(table) - 1), part.path)
        return part

    monkeypatch.setattr(Spool, "keep", losing)
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 6)))
    _drop(tmp_path, "b.csv", _csv(("3", 7)))
    (stream,) = night().streams
    assert stream.status == "failed"
    assert "3 rows were read and 2 accounted for" in stream.message
    assert _landed(tmp_path) == {}
    monkeypatch.undo()
    assert night().streams[0].rows_landed == 3, "the files were not entered as read"


def _as_before_promises(home):
    """The ledger as it was when it did not say where a file's rows are."""
    for path in (home / "landing" / "inbox" / "files").glob("*.parquet"):
        table = pq.read_table(path)
        new = {"rows_landed", "landed_in", "error_class"}
        pq.write_table(table.drop_columns(sorted(new & set(table.schema.names))), path)


def _lose(home, sha256):
    """Take the rows of a file out of the landing."""
    for path in stream_folder(home, "threesixtygiving", "grants").glob("2*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.filter(pc.not_equal(table["file_sha256"], sha256)), path)


def test_a_home_that_lost_a_file_reads_it_again_and_stands_over_nothing_newer(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", 6)))
    lost = night().files[0].file.sha256
    _lose(tmp_path, lost)
    _as_before_promises(tmp_path)
    (tmp_path / "inbox" / "grants" / "a.csv").unlink()
    _drop(tmp_path, "b.csv", _csv(("3", 8)))
    report = night()
    assert [(file.file.name, file.status) for file in report.files] == [("a.csv", "loaded"), ("b.csv", "loaded")]
    assert "1 file(s) read again" in report.streams[0].message
    assert _landed(tmp_path) == {"1": "5", "2": "6", "3": "8"}
    assert night().files == [], "once is enough"

    # The list was sent again since, with another grant 1 and without 2: what it was before has no claim any more.
    _drop(tmp_path, "a.csv", _csv(("1", 9)))
    night()
    _lose(tmp_path, lost)
    _as_before_promises(tmp_path)
    report = night()
    assert [file.file.sha256 for file in report.files] == [lost]
    assert (report.streams[0].rows_read, report.streams[0].rows_landed, report.streams[0].rows_repeated) == (2, 0, 2)
    assert _landed(tmp_path) == {"1": "9", "3": "8"}
    assert night().files == []


def test_a_load_that_is_gone_is_made_again_from_its_files(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    _drop(tmp_path, "b.csv", _csv(("2", "tbc")))
    night()
    (load,) = stream_folder(tmp_path, "threesixtygiving", "grants").glob("2*.parquet")
    load.unlink()
    assert [file.file.name for file in night().files] == ["a.csv"]
    assert _landed(tmp_path) == {"1": "5"}


def test_a_lost_file_that_is_no_longer_kept_is_told_of_and_read_when_it_is_dropped_again(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    night()
    for path in (*(tmp_path / "originals").iterdir(), *(tmp_path / "inbox" / "grants").iterdir()):
        path.unlink()
    for path in stream_folder(tmp_path, "threesixtygiving", "grants").glob("2*.parquet"):
        path.unlink()
    assert "1 entries of the inbox not read" in night().streams[0].message
    assert read_latest(tmp_path, "findings", FINDINGS, ("place", "rule")) == [("a.csv", "lost_rows")]
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    night()
    assert _landed(tmp_path) == {"1": "5"}


def test_what_is_no_plain_file_or_has_no_name_in_utf_8_is_told_of(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    folder = tmp_path / "inbox" / "grants"
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(_csv(("9", 9)))
    (folder / "folder.csv").mkdir()
    (folder / "link.csv").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe.csv")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")).write_text(_csv(("2", 6)))
    report = night()
    assert {file.file.name: file.status for file in report.files} == {"a.csv": "loaded", "caf\\xe9.csv": "refused"}
    assert read_latest(tmp_path, "findings", FINDINGS, ("source", "stream", "place", "rule")) == [
        ("inbox", "grants", name, "no_plain_file") for name in ("folder.csv", "link.csv", "pipe.csv")
    ]
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")).rename(folder / "cafe.csv")
    night()
    assert _landed(tmp_path) == {"1": "5", "2": "6"}, "renamed, it is read"


READ = file_readers._read


def read_with_faults(opened_as, source, read, file):
    """A reader that is harmless but for these names, in the process where files are read."""
    match file.name:
        case "a.csv":
            raise ZeroDivisionError("ann@example.org")
        case name if "dies" in name:
            os._exit(7)
        case "hangs.csv":
            time.sleep(60)
        case "eats.csv":
            bytearray(2_000_000_000)
        case "gone.csv":
            file.path.unlink()
    yield from READ(opened_as, source, read, file)


def test_whatever_a_reader_meets_is_a_refused_file(tmp_path, night, monkeypatch, caplog):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))
    _drop(tmp_path, "b.csv", _csv(("2", 6)))
    monkeypatch.setattr(file_readers, "_read", read_with_faults)
    report = night()
    assert [(file.status, file.error_class) for file in report.files] == [
        ("refused", "ZeroDivisionError"),
        ("loaded", None),
    ]
    assert "a.csv" in caplog.text and "ann@example.org" not in caplog.text + report.files[0].reason
    _drop(tmp_path, "gone.csv", _csv(("3", 7)))
    report = night()
    assert [file.file.name for file in report.files] == ["a.csv"], "one that vanishes is not entered as read"
    assert ("gone.csv", "unreadable_file") in read_latest(tmp_path, "findings", FINDINGS, ("place", "rule"))
    monkeypatch.undo()
    _drop(tmp_path, "gone.csv", _csv(("3", 7)))
    night()
    assert _landed(tmp_path) == {"1": "5", "2": "6", "3": "7"}


@pytest.mark.long
def test_a_reader_that_dies_hangs_or_eats_memory_takes_no_other_file_with_it(tmp_path, night, monkeypatch, caplog):
    names = ["dies.csv", "eats.csv", "hangs.csv"]
    for at, name in enumerate(names):
        _drop(tmp_path, name, _csv((name, at)))
    for name in ("b.csv", "f.csv", "z.csv"):
        _drop(tmp_path, name, _csv((name, 6), (f"{name}2", "tbc")))
    monkeypatch.setattr(file_readers, "_read", read_with_faults)
    report = night(limits={"seconds": 5})
    assert {file.file.name: (file.status, file.error_class) for file in report.files} == {
        **dict.fromkeys(("b.csv", "f.csv", "z.csv"), ("loaded", None)),
        "dies.csv": ("refused", "code 7"),
        "eats.csv": ("refused", "MemoryError"),
        "hangs.csv": ("refused", "TimeoutError"),
    }
    assert _landed(tmp_path) == {"b.csv": "6", "f.csv": "6", "z.csv": "6"}
    (stream,) = report.streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_quarantined) == (6, 3, 3)
    assert all(name in caplog.text for name in names)
    monkeypatch.undo()
    report = night()
    assert [file.file.name for file in report.files] == names, "it may have been the machine: they are read again"
    assert set(_landed(tmp_path)) == {*names, "b.csv", "f.csv", "z.csv"}


def test_a_file_that_the_disk_does_not_give_now_is_refused_by_nobody_and_read_the_next_night(
    tmp_path, night, monkeypatch
):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))

    def failing(*_given, **_more):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("ingestion.files.night_reader.bounded", failing)
        assert night().files == []
    assert ("a.csv", "unreadable_file") in read_latest(tmp_path, "findings", FINDINGS, ("place", "rule"))
    night()
    assert _landed(tmp_path) == {"1": "5"}


def test_a_stop_that_a_query_turns_into_an_error_refuses_no_file(tmp_path, night, monkeypatch):
    _drop(tmp_path, "a.csv", _csv(("1", 5)))

    def stopped(*_):
        raise RuntimeError("Query interrupted") from KeyboardInterrupt()

    monkeypatch.setattr(Spool, "add", stopped)
    with pytest.raises(KeyboardInterrupt):
        night()
    monkeypatch.undo()
    report = night()
    assert [file.status for file in report.files] == ["loaded"]
    assert _landed(tmp_path) == {"1": "5"}


def test_a_row_is_quarantined_alone_with_its_place(tmp_path, night):
    _drop(tmp_path, "a.csv", _csv(("1", 5), ("2", "tbc"), ("3", 7)))
    (stream,) = night().streams
    assert (stream.rows_read, stream.rows_landed, stream.rows_quarantined) == (3, 2, 1)
    assert read_latest(tmp_path, "quarantine", QUARANTINE, ("place", "cell", "reason_code")) == [
        ("a.csv#!3", "D3", "not_a_number")
    ]


def test_a_source_reads_within_the_limits_of_its_settings(tmp_path, night):
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    with xlsxwriter.Workbook(str(tmp_path / "inbox" / "grants" / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(_csv(("G1", 1), ("G2", 2)).splitlines()):
            sheet.write_row(at, 0, line.split(","))
    (file,) = night(limits={"cells": 23}).files
    assert (file.status, "more than 23 from the first to the last" in file.reason) == ("refused", True)
    assert _landed(tmp_path) == {}


@pytest.mark.parametrize(
    "limits", [{"cell": 1}, {"cells": 0}, {"cells": "many"}, {"cells": True}, {"second": 9}, ["cells"]]
)
def test_limits_that_cannot_be_used_fail_the_source_in_words(tmp_path, night, limits):
    (stream,) = night(limits=limits).streams
    assert stream.status == "failed"
    assert stream.message.startswith("limits: ")
