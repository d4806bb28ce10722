import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from orchestration.errors import NightFailed, UserError
from orchestration.night import (
    NightRecord,
    check_clock,
    latest_record,
    new_run_id,
    next_number,
    only_writer,
    read_record,
    write_record,
)

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


def test_a_second_night_in_the_same_second_gets_its_own_id(tmp_path):
    assert new_run_id(tmp_path, CLOCK) == "20250515T020000Z"
    (tmp_path / "runs" / "20250515T020000Z").mkdir(parents=True)
    assert new_run_id(tmp_path, CLOCK) == "20250515T020000Z-2"


def test_a_record_comes_back_as_written(tmp_path):
    record = NightRecord("r1", CLOCK.isoformat(), "blocked", message="why", gate={"passed": False})
    write_record(tmp_path, record)
    assert read_record(tmp_path, "r1") == record
    assert read_record(tmp_path, "r2") is None


def test_the_latest_record_goes_by_the_nights_clock_then_its_count(tmp_path):
    for run_id, clock in (
        ("20250515T020000Z", "2025-05-15"),
        ("20250515T020000Z-2", "2025-05-15"),
        ("x", "2024"),
    ):
        write_record(tmp_path, NightRecord(run_id, clock))
    assert latest_record(tmp_path).run_id == "20250515T020000Z-2"


def test_a_second_writer_is_refused_and_told_who_holds_the_home(tmp_path):
    with only_writer(tmp_path), pytest.raises(NightFailed, match=r"another run is writing.*process \d+"):  # noqa: SIM117
        with only_writer(tmp_path):
            pass
    with only_writer(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free_again(tmp_path):
    code = (
        "import os, pathlib, signal\n"
        "from orchestration.night import only_writer\n"
        f"with only_writer(pathlib.Path({str(tmp_path)!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -9
    with only_writer(tmp_path):
        pass


def test_the_last_night_is_the_one_opened_last_whatever_its_clock(tmp_path):
    for number, clock in ((1, "2025-05-15T02:00:00+00:00"), (2, "2031-01-01T02:00:00+00:00"), (3, "2025-05-16")):
        write_record(tmp_path, NightRecord(f"r{number}", clock, number=number))
    assert latest_record(tmp_path).run_id == "r3"
    assert next_number(tmp_path) == 4


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"clock": "x"}', "\x00"])
def test_a_damaged_record_says_so_and_stops_nothing(tmp_path, content):
    write_record(tmp_path, NightRecord("20250514T020000Z", "2025-05-14T02:00:00+00:00", "published", number=7))
    path = tmp_path / "runs" / "20250515T020000Z" / "night.json"
    path.parent.mkdir()
    path.write_text(content)
    last = latest_record(tmp_path)
    assert (last.run_id, last.outcome) == ("20250515T020000Z", "damaged")
    assert str(path) in last.message
    assert next_number(tmp_path) == 8


def test_a_clock_that_went_back_is_refused_until_it_is_accepted(tmp_path):
    assert check_clock(tmp_path, CLOCK) == ""
    write_record(tmp_path, NightRecord("ahead", (CLOCK + timedelta(days=30)).isoformat(), "published", number=1))
    with pytest.raises(UserError, match=r"2025-05-15 02:00:00 UTC, but the last night .* 2025-06-14.*--accept-clock"):
        check_clock(tmp_path, CLOCK)
    assert "that was accepted" in check_clock(tmp_path, CLOCK, accepted=True)
    write_record(tmp_path, NightRecord("right", CLOCK.isoformat(), "unchanged", number=2))
    assert check_clock(tmp_path, CLOCK + timedelta(days=1)) == "", "once accepted, nights go on from there"


def test_a_clock_that_jumped_ahead_is_told_of(tmp_path):
    write_record(tmp_path, NightRecord("r", CLOCK.isoformat(), "published", number=1))
    assert check_clock(tmp_path, CLOCK + timedelta(days=90)) == ""
    assert "400 days after the last night" in check_clock(tmp_path, CLOCK + timedelta(days=400))
