import os
import time

import dagster as dg

from orchestration.settings import Configuration
from orchestration.triggers import QUIET_SECONDS, build_inbox_sensor, build_schedule, inbox_state


def _drop(folder, name, age):
    path = folder / "returns" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_an_empty_inbox_or_one_still_being_written_has_no_state(tmp_path):
    assert inbox_state(tmp_path, time.time()) is None
    _drop(tmp_path, "a.xlsx", age=0)
    assert inbox_state(tmp_path, time.time()) is None
    assert inbox_state(tmp_path, time.time() + QUIET_SECONDS + 1) is not None


def test_office_lock_files_do_not_count(tmp_path):
    _drop(tmp_path, "~$a.xlsx", age=60)
    assert inbox_state(tmp_path, time.time()) is None


def test_the_state_changes_with_a_new_file_only(tmp_path):
    _drop(tmp_path, "a.xlsx", age=60)
    first = inbox_state(tmp_path, time.time())
    assert inbox_state(tmp_path, time.time()) == first
    _drop(tmp_path, "b.xlsx", age=60)
    assert inbox_state(tmp_path, time.time()) != first


def test_the_sensor_asks_for_one_run_a_change(tmp_path, monkeypatch):
    monkeypatch.setenv("WMIP_HOME", str(tmp_path))
    sensor = build_inbox_sensor(Configuration())
    _drop(tmp_path / "inbox", "a.xlsx", age=60)
    result = sensor(dg.build_sensor_context())
    assert len(result.run_requests) == 1
    again = sensor(dg.build_sensor_context(cursor=result.cursor))
    assert isinstance(again, dg.SkipReason)


def test_the_schedule_is_two_in_london_all_year():
    schedule = build_schedule(Configuration())
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Europe/London")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    chosen = Configuration.model_validate({"orchestration": {"schedule_enabled": True}})
    assert build_schedule(chosen).default_status is dg.DefaultScheduleStatus.RUNNING
