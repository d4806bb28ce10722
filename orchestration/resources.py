"""What the assets are given: tonight's home, clock, settings, run id; opened when a run starts."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from common.home import evaluation_folder, warehouse_file
from common.stop import was_stopped
from ingestion.ingest import input_fingerprint
from ingestion.storage.damage import require_readable
from ingestion.storage.office import PUBLISHED_FIGURE
from ingestion.storage.read_log import not_read
from orchestration.access import close_home
from orchestration.alerts import conclude, serving
from orchestration.code_version import code_version, libraries
from orchestration.configuration import Configuration, load_configuration
from orchestration.night import (
    FAILED,
    PUBLISHED,
    STARTED,
    STOPPED,
    UNCHANGED,
    NightRecord,
    check_clock,
    new_run_id,
    next_number,
    only_writer,
    read_record,
    write_record,
)
from orchestration.night_log import keep_ended
from orchestration.privacy.persons import settle
from orchestration.privacy.retention import apply_retention
from orchestration.release.integrity import checksum
from orchestration.release.kept_registry import check_registry
from orchestration.returns_office import settle as settle_returns
from orchestration.settings import real_time
from orchestration.stopping import stopped_message
from orchestration.trouble import reason

log = logging.getLogger(__name__)
Progress = Callable[[str, str], None]
Opened = Callable[[str], None]


def silent(_stage: str, _message: str) -> None:
    """The progress listener of runs nobody watches."""


def unnoticed(_run_id: str) -> None:
    """Who is told of the nights that are opened, where nobody asked."""


@dataclass(frozen=True)
class Night:
    """One run's context. Its process holds the writer lock of the home from start to end."""

    home: Path
    clock: datetime
    run_id: str
    configuration: Configuration
    environment: Mapping[str, str]
    progress: Progress
    # Whether everything is made anew, though it was made of the same the night before.
    full: bool = False

    def count_work(self, counted: Mapping[str, int]) -> None:
        """Add to what tonight's record says was done and was taken over from the night before."""
        record = read_record(self.home, self.run_id)
        before = record.work if record is not None else {}
        self.update_record(work={name: before.get(name, 0) + counted.get(name, 0) for name in {**before, **counted}})

    def update_record(self, **changes: Any) -> NightRecord:
        """Change fields of tonight's record and write it."""
        record = read_record(self.home, self.run_id) or NightRecord(self.run_id, self.clock.isoformat())
        for name, value in changes.items():
            setattr(record, name, value)
        write_record(self.home, record)
        return record


def settle_persons(
    home: Path, clock: datetime, configuration: Configuration, environment: Mapping[str, str], progress: Progress
) -> None:
    """Before anything is read: complete what an erasure or rotation began, let go of what is kept too long.

    Raises UserError when the pseudonym key is not the one of the landing.
    """
    for erasure in settle(home, environment, clock):
        progress("Protecting persons", f"{erasure.token} completed")
    gone = apply_retention(home, clock, environment, **configuration.retention.model_dump())
    for what, count in gone.items():
        progress("Protecting persons", f"retention: {count} {what.replace('_', ' ')} let go")


class StageTimes:
    """Passes progress on, and measures how long each stage took."""

    def __init__(self, listener: Progress) -> None:
        self._listener = listener
        self._stage: str | None = None
        self._since = 0.0
        self._seconds: dict[str, float] = {}

    def __call__(self, stage: str, message: str) -> None:
        """Tell the listener what is being done now."""
        if stage != self._stage:
            self._end()
            self._stage, self._since = stage, time.monotonic()
        self._listener(stage, message)

    def _end(self) -> None:
        if self._stage is not None:
            took = time.monotonic() - self._since
            self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + took

    def measured(self) -> list[dict[str, Any]]:
        """Every stage in the order it began, with its seconds; the one at work ends here."""
        self._end()
        self._stage = None
        return [{"stage": stage, "seconds": round(seconds, 3)} for stage, seconds in self._seconds.items()]


def left_behind(night: Night) -> dict[str, str]:
    """Fingerprints of all that a quiet night has to find as the night before left it."""
    settings = night.configuration.evaluation.model_dump_json()
    return {
        # What a release said is kept when the next night opens, and is what that release was made of: it comes out as
        # it was, or the models that read it tell.
        "inputs": input_fingerprint(night.home, without=[PUBLISHED_FIGURE]),
        "code": code_version(),
        "libraries": libraries(),
        "evaluation": hashlib.sha256(settings.encode()).hexdigest(),
        "warehouse": checksum(warehouse_file(night.home)) if warehouse_file(night.home).exists() else "",
        "evaluated": _evaluated(night.home),
    }


def _evaluated(home: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(evaluation_folder(home).rglob("*.parquet")):
        digest.update(f"{path.relative_to(home)}\0{checksum(path)}".encode())
    return digest.hexdigest()


def close(night: Night, stages: StageTimes) -> None:
    """What a night writes down of itself when it ends, however it ended; and the message about it.

    A night without an outcome was stopped, or is a part of one: whoever started it says how it ended.
    """
    try:
        ended_well = (read_record(night.home, night.run_id) or NightRecord("", "")).outcome in {PUBLISHED, UNCHANGED}
        record = night.update_record(
            left=left_behind(night) if ended_well else {},
            ended_at=real_time().isoformat(),
            stages=stages.measured(),
            not_read=not_read(night.home, night.run_id),
            serving=serving(night.home),
        )
        if record.outcome != STARTED:
            conclude(night.home, record, night.configuration)
    except OSError as error:
        # The outcome stands, or the disk is full and the command line says so.
        log.warning("night %s could not write down how it ended: %s", night.run_id, error)


def night_resource(
    home: Path,
    clock: datetime | None = None,
    progress: Progress = silent,
    *,
    accept_clock: bool = False,
    full: bool = False,
    opened: Opened = unnoticed,
) -> dg.ResourceDefinition:
    """The `night` resource: one per run, because all steps of a run share one process.

    `clock`: tonight's instant, else the real one when the run starts; `accept_clock`: it is right, though the last
    night ran later by it; `full`: everything is made anew. `progress(stage, message)` is told what is being done,
    `opened(run_id)` that the night has begun.
    """
    where = home.resolve()

    @dg.resource(description="Tonight's home, clock, settings and run id; holds the home's writer lock.")
    @contextmanager
    def night(context: dg.InitResourceContext) -> Iterator[Night]:
        with only_writer(where):
            now = clock or real_time()
            configuration = load_configuration(where)
            notice = check_clock(where, now, accept_clock)
            check_registry(where)
            require_readable(where)
            close_home(where)
            settle_persons(where, now, configuration, os.environ, progress)
            unread = settle_returns(where, now)
            keep_ended(where)
            stages = StageTimes(progress)
            tonight = Night(
                home=where,
                clock=now,
                run_id=new_run_id(where, now),
                configuration=configuration,
                environment=os.environ,
                progress=stages,
                full=full,
            )
            tonight.update_record(
                dagster_run_id=context.run.run_id if context.run else None,
                number=next_number(where),
                notice=notice,
                release_notice=unread,
                started_at=real_time().isoformat(),
            )
            opened(tonight.run_id)
            for stage, told in (("Clock", notice), ("Release", unread)):
                if told:
                    progress(stage, told)
                    if context.log is not None:
                        context.log.warning(told)
            try:
                yield tonight
            finally:
                close(tonight, stages)

    return night


@dg.failure_hook(required_resource_keys={"night"})
def say_why(context: dg.HookContext) -> None:
    """Write into tonight's record why a step failed or was stopped, whoever started the night; unless the step did."""
    night: Night = context.resources.night
    record, error = read_record(night.home, night.run_id), context.op_exception
    if record is not None and record.outcome == STARTED and error is not None:
        if was_stopped(error):
            doing = f"running {context.op.name.replace('_', ' ')}"
            night.update_record(outcome=STOPPED, message=stopped_message(doing))
        else:
            night.update_record(outcome=FAILED, message=reason(night.home, error))
