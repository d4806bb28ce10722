import subprocess
import sys
from datetime import UTC, datetime

import pytest

from orchestration.errors import NightFailed
from orchestration.night import NightRecord, latest_record, new_run_id, only_writer, read_record, write_record

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
