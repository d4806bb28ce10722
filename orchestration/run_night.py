"""Run the Dagster job from a process of our own: what the schedule runs, watched from the command line."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_text
from common.home import dagster_folder, make_private
from orchestration.access import make_home, written_privately
from orchestration.night import FAILED, STARTED, STOPPED, NightRecord, read_record
from orchestration.settings import switch_telemetry_off
from orchestration.stopping import stopped_message
from orchestration.trouble import disk_trouble

if TYPE_CHECKING:
    from datetime import datetime

    import dagster as dg

    from orchestration.resources import Progress

# Runs started by the schedule, a sensor or a person queue behind one another. Nothing is sent anywhere.
DAGSTER_YAML = """\
# Written by wmip at each start: what is changed here is lost.
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


# New objects after which Python looks for rings of them that nobody reaches, and how many such looks make a wider one.
# What a night imports and plans is there to its end: looking at it every 700 objects is a tenth of a quiet night's CPU.
_COLLECTED_AFTER = (50_000, 20, 20)

# The command line shows progress and the outcome itself; Dagster keeps the full log in its storage.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_dagster_home(home: Path) -> Path:
    """Dagster's own folder below the home; also sets `DAGSTER_HOME`, where Dagster looks for it.

    Its settings are written at each start: they name a module of ours, which another version may not have.
    """
    folder = dagster_folder(home).resolve()
    make_home(home)
    make_private(folder)
    settings = folder / "dagster.yaml"
    if not settings.exists() or settings.read_bytes() != DAGSTER_YAML.encode():
        write_text(settings, DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder


def _how_it_failed(home: Path, result: dg.ExecuteInProcessResult, doing: str) -> tuple[str, str]:
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
        said = re.sub(rf"^(?:\w+\.)*{error.cls_name}: ", "", str(error.message).strip())
        return FAILED, disk_trouble(home, said) or said
    return FAILED, "the run failed without saying why; see the run in Dagster"


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@_collecting_seldom()
def run_night(
    home: Path,
    progress: Progress,
    job: str | None = None,
    *,
    clock: datetime | None = None,
    accept_clock: bool = False,
    full: bool = False,
) -> NightRecord:
    """Run tonight's job on a home and return how it ended; grain: one run.

    `clock`: tonight's instant, else the real one; `accept_clock`: it is right, though the last night ran later by it;
    `full`: everything is made anew.
    Never raises for a night that failed: the record says so, and why.
    """
    switch_telemetry_off()
    prepare_dagster_home(home)
    import dagster as dg

    from orchestration.alerts import conclude
    from orchestration.configuration import load_configuration
    from orchestration.graph import build_defs
    from orchestration.resources import night_resource
    from orchestration.triggers import NIGHTLY

    doing = _Doing(progress)
    # The night that this run opened, and no other of the home.
    opened: list[str] = []
    try:
        night = night_resource(home, clock, doing, accept_clock=accept_clock, full=full, opened=opened.append)
        with written_privately(), dg.DagsterInstance.get() as instance:
            job_def = build_defs(home, night=night).resolve_job_def(job or NIGHTLY)
            result = job_def.execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET)
            outcome, message = ("", "") if result.success else _how_it_failed(home, result, doing.what)
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        outcome, message = STOPPED, stopped_message(doing.what)
    except Exception as error:
        # Dagster writes its own log all the time: a disk that fills up is often met there first.
        trouble = disk_trouble(home, error) or _log_trouble(home, error)
        if trouble is None:
            raise
        outcome, message = FAILED, trouble
    record = read_record(home, opened[0]) if opened else None
    if record is None:
        # The run ended before a night was opened: another writer, a clock put back, settings that do not load.
        return NightRecord("", "", outcome=outcome, message=message)
    if outcome and record.outcome == STARTED:
        record.outcome, record.message = outcome, message
        # On a full disk the night can still say so here.
        with suppress(OSError):
            conclude(home, record, load_configuration(home))
    return record


def _log_trouble(home: Path, error: Exception) -> str | None:
    """The sentence about Dagster's own log when that cannot be read or written."""
    import sqlalchemy.exc

    if not isinstance(error, sqlalchemy.exc.DatabaseError):
        return None
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    return (
        f"Dagster's log of runs in {dagster_folder(home)} cannot be used ({said}). No figure depends on it: move that "
        "folder away and start the night again"
    )


class _Doing:
    """Passes progress on, and remembers what is being done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.what = "starting"

    def __call__(self, stage: str, message: str) -> None:
        self.what = f"{stage[:1].lower()}{stage[1:]}"
        self._progress(stage, message)
