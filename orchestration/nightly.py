"""Run the Dagster job from a process of our own: what the schedule runs, watched from the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.access import make_home, written_privately
from orchestration.night import FAILED, STOPPED, NightRecord, record_of_run, write_record
from orchestration.notifications import failed_notice, notify_once
from orchestration.settings import switch_telemetry_off
from orchestration.stopping import stopped_message

if TYPE_CHECKING:
    import dagster as dg

    from orchestration.resources import Progress

# Runs started by the schedule, a sensor or a person queue behind one another. Nothing is sent anywhere.
DAGSTER_YAML = """\
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
event_log_storage:
  module: orchestration.event_log
  class: OpenEventLog
  config:
    base_dir: {env: DAGSTER_HOME}
"""


# The command line shows progress and the outcome itself; Dagster keeps the full log in its storage.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_dagster_home(home: Path) -> Path:
    """Dagster's own folder below the home, with its settings; also sets `DAGSTER_HOME` of this process."""
    folder = (home / "dagster").resolve()
    make_home(home)
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def _how_it_failed(result: dg.ExecuteInProcessResult, doing: str) -> tuple[str, str]:
    """Outcome and innermost message of the step that failed first, or of the run when no step started."""
    for event in result.all_events:
        data: Any = event.event_specific_data
        error = getattr(data, "error", None)
        if error is None:
            continue
        if event.is_step_failure and data.user_failure_data is not None:
            return FAILED, str(data.user_failure_data.description)
        while error.cause is not None:
            error = error.cause
        if error.cls_name in {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}:
            return STOPPED, stopped_message(doing)
        # Dagster puts the error's type in front of what it says.
        return FAILED, re.sub(rf"^(?:\w+\.)*{error.cls_name}: ", "", str(error.message).strip())
    return FAILED, "the run failed without saying why; see the run in Dagster"


def run_night(home: Path, progress: Progress, job: str | None = None) -> NightRecord:
    """Run tonight's job on a home and return how it ended; grain: one run.

    Never raises for a night that failed: the record says so, and why.
    """
    switch_telemetry_off()
    os.environ["WMIP_HOME"] = str(home)
    prepare_dagster_home(home)
    import dagster as dg
    from dagster._core.utils import make_new_run_id

    from orchestration.graph import build_defs
    from orchestration.triggers import NIGHTLY

    doing = _Doing(progress)
    with written_privately(), dg.DagsterInstance.get() as instance:
        job_def = build_defs(doing).resolve_job_def(job or NIGHTLY)
        dagster_run_id = make_new_run_id()
        try:
            result = job_def.execute_in_process(
                instance=instance, raise_on_error=False, run_config=_QUIET, run_id=dagster_run_id
            )
            outcome, message = ("", "") if result.success else _how_it_failed(result, doing.what)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            outcome, message = STOPPED, stopped_message(doing.what)
    record = record_of_run(home, dagster_run_id)
    if record is None:
        # The run ended before a night was opened: another writer, a clock put back, settings that do not load.
        return NightRecord("", "", outcome=outcome, message=message)
    if outcome and record.outcome == "started":
        record.outcome, record.message = outcome, message
        write_record(home, record)
    if record.outcome in {FAILED, STOPPED}:
        notify_once(home, record.run_id, *failed_notice(record.message))
    return record


class _Doing:
    """Passes progress on, and remembers what is being done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.what = "starting"

    def __call__(self, stage: str, message: str) -> None:
        self.what = f"{stage[:1].lower()}{stage[1:]}"
        self._progress(stage, message)
