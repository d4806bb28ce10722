"""What starts a night and what watches it: the schedule, the inbox sensor, the failure sensor."""

import hashlib
import time
from pathlib import Path

import dagster as dg

from common.home import inbox_folder
from orchestration.configuration import Configuration, load_configuration
from orchestration.night import FAILED, STARTED, record_of_run
from orchestration.notifications import failed_notice, notify_once

NIGHTLY = "nightly"
QUIET_SECONDS = 5


def _status(enabled: bool) -> tuple[dg.DefaultScheduleStatus, dg.DefaultSensorStatus]:
    if enabled:
        return dg.DefaultScheduleStatus.RUNNING, dg.DefaultSensorStatus.RUNNING
    return dg.DefaultScheduleStatus.STOPPED, dg.DefaultSensorStatus.STOPPED


def inbox_state(inbox: Path, now: float) -> str | None:
    """Fingerprint of names, sizes and times in the inbox; None while empty or still being written."""
    files = sorted(p for p in inbox.glob("*/*") if p.is_file() and not p.name.startswith((".", "~$")))
    if not files:
        return None
    facts = [(str(path.relative_to(inbox)), path.stat()) for path in files]
    if any(now - stat.st_mtime < QUIET_SECONDS for _, stat in facts):
        return None
    listing = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in facts)
    return hashlib.sha256(listing.encode()).hexdigest()


def build_schedule(configuration: Configuration) -> dg.ScheduleDefinition:
    """02:00 London time, summer and winter, unless `wmip.yaml` says otherwise."""
    chosen = configuration.orchestration
    return dg.ScheduleDefinition(
        name="nightly",
        job_name=NIGHTLY,
        cron_schedule=chosen.schedule,
        execution_timezone=chosen.timezone,
        default_status=_status(chosen.schedule_enabled)[0],
        description=f"Starts the night: {chosen.schedule} ({chosen.timezone}).",
    )


def build_inbox_sensor(home: Path, configuration: Configuration) -> dg.SensorDefinition:
    """Runs the night when files were dropped in the inbox, once a change."""
    folder = inbox_folder(home)

    @dg.sensor(
        name="inbox",
        job_name=NIGHTLY,
        minimum_interval_seconds=30,
        default_status=_status(configuration.orchestration.inbox_sensor_enabled)[1],
        description="A return, grants file or register was dropped in the inbox.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        state = inbox_state(folder, time.time())
        if state is None:
            return dg.SkipReason(f"nothing settled in {folder}")
        if state == context.cursor:
            return dg.SkipReason("the inbox has not changed since the last run it started")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)

    return inbox


def build_failure_sensor(home: Path) -> dg.SensorDefinition:
    """Tells people of a run that failed, also of one that died before it could say so itself."""

    @dg.run_failure_sensor(
        name="night_failed",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends a notification when a run failed, also one that died before it could say so itself.",
    )
    def night_failed(context: dg.RunFailureSensorContext) -> None:
        record = record_of_run(home, context.dagster_run.run_id)
        run_id = record.run_id if record else context.dagster_run.run_id
        reason = record.message if record and record.message else context.failure_event.message or "no message"
        outcome = record.outcome if record and record.outcome != STARTED else FAILED
        if outcome in load_configuration(home).notifications.nights:
            notify_once(home, run_id, *failed_notice(reason))

    return night_failed


def build_triggers(home: Path) -> tuple[dg.ScheduleDefinition, list[dg.SensorDefinition]]:
    """Schedule and sensors, on or off as `wmip.yaml` of the home says."""
    where = home.resolve()
    configuration = load_configuration(where)
    return build_schedule(configuration), [build_inbox_sensor(where, configuration), build_failure_sensor(where)]
