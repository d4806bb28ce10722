"""What the assets are given: tonight's home, clock, settings, run id; opened when a run starts."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from common.stop import was_stopped
from ingestion.storage.damage import require_readable
from orchestration.access import close_home
from orchestration.configuration import Configuration, load_configuration
from orchestration.night import (
    FAILED,
    STARTED,
    STOPPED,
    NightRecord,
    check_clock,
    new_run_id,
    next_number,
    only_writer,
    read_record,
    write_record,
)
from orchestration.privacy.persons import settle
from orchestration.privacy.retention import apply_retention
from orchestration.release.kept_registry import check_registry
from orchestration.returns_office import settle as settle_returns
from orchestration.settings import real_time
from orchestration.stopping import stopped_message
from orchestration.trouble import reason

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
            settle_returns(where, now)
            tonight = Night(
                home=where,
                clock=now,
                run_id=new_run_id(where, now),
                configuration=configuration,
                environment=os.environ,
                progress=progress,
                full=full,
            )
            tonight.update_record(
                dagster_run_id=context.run.run_id if context.run else None, number=next_number(where), notice=notice
            )
            opened(tonight.run_id)
            if notice:
                progress("Clock", notice)
                if context.log is not None:
                    context.log.warning(notice)
            yield tonight

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
