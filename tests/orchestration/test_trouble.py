"""Faults of the disk and of damaged files come as one sentence, whatever library met them."""

from __future__ import annotations

import errno
import os
import re
from datetime import UTC, datetime
from types import SimpleNamespace

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.storage.read_log import StreamReport, write_log
from orchestration.night import NightRecord, read_record, write_record
from orchestration.resources import Night, say_why
from orchestration.run_night import prepare_dagster_home, run_night
from orchestration.trouble import after_sources, disk_trouble, reason


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/landing"), r"disk is full \(/x/landing\); .* MiB"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "disk is full"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "read-only"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/srv"), r"this account write there \(/srv\)"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), "the disk reports errors"),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), "disk is full"),
        (RuntimeError("(sqlite3.OperationalError) attempt to write a readonly database"), "read-only"),
        (RuntimeError("IO Error: Could not write file /x/a.duckdb: No space left on device"), "disk is full"),
        (RuntimeError("failed to offload data block … set by the 'max_temp_directory_size' setting"), "disk is full"),
    ],
)  # fmt: skip
def test_a_disk_is_spoken_of_in_one_sentence(tmp_path, error, said):

    assert re.search(said, disk_trouble(tmp_path, error))
    try:
        try:
            raise error
        except Exception as first:
            raise ValueError("the step failed") from first
    except ValueError as wrapped:
        assert re.search(said, reason(tmp_path, wrapped))


@pytest.mark.parametrize(
    ("flag", "free", "said"), [(0, 0, "disk is full"), (os.ST_RDONLY, 9, "read-only"), (0, 9, None)]
)
def test_where_sqlite_does_not_say_what_the_disk_is_asked(tmp_path, monkeypatch, flag, free, said):
    disk = SimpleNamespace(f_flag=flag, f_bavail=free, f_frsize=1024**2)
    monkeypatch.setattr("orchestration.trouble.os.statvfs", lambda _path: disk)
    assert (said or "reports errors") in disk_trouble(tmp_path, "(sqlite3.OperationalError) disk I/O error")
    linked = disk_trouble(tmp_path, "(sqlite3.OperationalError) disk I/O error (see: https://sqlalche.me/e/21/e3q8)")
    assert "sqlalche" not in linked
    assert "(/O)" not in disk_trouble(tmp_path, "(sqlite3.OperationalError) disk I/O error")
    opened = disk_trouble(tmp_path, "(sqlite3.OperationalError) unable to open database file")
    assert opened is None if said is None else said in opened


def test_another_error_keeps_its_own_words(tmp_path):
    assert disk_trouble(tmp_path, ValueError("4 is not 5")) is None
    assert reason(tmp_path, ValueError("4 is not 5")) == "4 is not 5"
    assert reason(tmp_path, KeyError()) == "KeyError"


def test_an_error_of_reading_is_led_back_to_the_damaged_file(tmp_path):
    path = tmp_path / "landing/returns/jobs/20250515T020000Z_a.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"title": [f"post {number * 7919}" for number in range(5000)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[200:2000] = bytes(1800)
    path.write_bytes(content)
    with pytest.raises(duckdb.Error) as met:
        duckdb.execute(f"SELECT max(title) FROM read_parquet('{path}')").fetchall()
    assert str(path) in reason(tmp_path, met.value)
    assert "originals/" in reason(tmp_path, met.value)


def test_a_source_that_was_not_read_leads_and_its_consequences_follow(tmp_path):
    when = datetime(2025, 5, 15, 2, tzinfo=UTC)
    assert after_sources(tmp_path, "r1", "2 of 9 checks fail.") == "2 of 9 checks fail."
    for source, status, message in (("returns", "loaded", None), ("hubspot", "failed", "HubSpot answered 500")):
        streams = [
            StreamReport("r1", source, stream, when, when, "full", status, message=message)
            for stream in ("companies", "contacts")
        ]
        write_log(tmp_path, "r1", source, streams)
    assert after_sources(tmp_path, "r1", "2 of 9 checks fail.") == (
        "hubspot was not read tonight: HubSpot answered 500\nWhat follows may come of that.\n\n2 of 9 checks fail."
    )


def _interrupted() -> RuntimeError:
    error = RuntimeError("Query interrupted")
    error.__cause__ = KeyboardInterrupt()
    return error


@pytest.mark.parametrize(
    ("error", "outcome", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/landing"), "failed", "the disk is full (/x/landing)"),
        (ValueError("4 is not 5"), "failed", "4 is not 5"),
        (_interrupted(), "stopped", "the night was stopped while running step. Nothing is half done"),
    ],
)
def test_the_record_of_a_night_says_why_a_step_failed_whoever_started_it(tmp_path, error, outcome, said):
    @dg.resource
    def night(_context):
        return Night(tmp_path, None, "r1", None, {}, lambda _stage, _message: None)

    @dg.asset(required_resource_keys={"night"})
    def step():
        raise error

    write_record(tmp_path, NightRecord("r1", "2025-05-15"))
    job = dg.define_asset_job("job", hooks={say_why})
    defs = dg.Definitions(assets=[step], jobs=[job], resources={"night": night}, executor=dg.in_process_executor)
    assert not defs.resolve_job_def("job").execute_in_process(raise_on_error=False).success
    record = read_record(tmp_path, "r1")
    assert record.outcome == outcome
    assert record.message.startswith(said)


@pytest.mark.parametrize("file", ["history/runs.db", "schedules/schedules.db"])
def test_a_log_of_dagster_that_is_damaged_is_named(tmp_path, monkeypatch, file):
    monkeypatch.setenv("DAGSTER_HOME", str(prepare_dagster_home(tmp_path)))
    path = tmp_path / "dagster" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x: [" * 3 + bytes(2000))
    record = run_night(tmp_path, lambda _stage, _message: None)
    assert record.outcome == "failed"
    assert f"{tmp_path / 'dagster'} cannot be used" in record.message
    assert "move that folder away" in record.message
