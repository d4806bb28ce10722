import os
import time

import dagster as dg
import pytest
from pydantic import ValidationError

from orchestration.configuration import Configuration
from orchestration.night import NightRecord, write_record
from orchestration.triggers import QUIET_SECONDS, build_failure_sensor, build_inbox_sensor, build_schedule, inbox_state


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


def test_the_sensor_asks_for_one_run_a_change(tmp_path):
    sensor = build_inbox_sensor(tmp_path, Configuration())
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


def test_when_the_night_starts_can_be_chosen_and_a_wrong_choice_is_explained():
    chosen = Configuration.model_validate({"orchestration": {"schedule": "30 3 * * 1-5", "timezone": "UTC"}})
    schedule = build_schedule(chosen)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * 1-5", "UTC")
    for wrong in ({"schedule": "at two"}, {"timezone": "Birmingham"}):
        with pytest.raises(ValidationError, match="is not a"):
            Configuration.model_validate({"orchestration": wrong})


def test_the_failure_sensor_speaks_of_the_night_that_failed_and_of_no_other(tmp_path, monkeypatch):
    sent = []
    night_failed = build_failure_sensor(tmp_path)
    monkeypatch.setattr("orchestration.triggers.notify_once", lambda home, run_id, title, body: sent.append(body))
    write_record(tmp_path, NightRecord("20250515T020000Z", "2025-05-15", "another", "blocked", message="an older one"))

    @dg.op
    def breaks() -> None:
        raise dg.Failure(description="another run is writing")

    @dg.job
    def nightly() -> None:
        breaks()

    with dg.instance_for_test() as instance:
        result = nightly.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="night_failed",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        night_failed(context)
        write_record(
            tmp_path, NightRecord("20250516T020000Z", "2025-05-16", result.run_id, "failed", message="a model broke")
        )
        night_failed(context)
    assert "older" not in sent[0]
    assert "keeps serving" in sent[0]
    assert "a model broke" in sent[1]
