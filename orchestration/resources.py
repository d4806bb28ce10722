"""What the assets are given: tonight's home, clock, settings, run id; resolved when a run starts."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion.storage.damage import require_readable
from orchestration.access import close_home
from orchestration.night import (
    FAILED,
    STARTED,
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
from orchestration.settings import Configuration, load_configuration, load_settings
from orchestration.trouble import reason

Progress = Callable[[str, str], None]


def silent(_stage: str, _message: str) -> None:
    """The progress listener of runs nobody watches."""


@dataclass(frozen=True)
class Night:
    """One run's context. Its process holds the writer lock of the home from start to end."""

    home: Path
    clock: datetime
    run_id: str
    configuration: Configuration
    environment: Mapping[str, str]
    progress: Progress

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


def night_resource(progress: Progress = silent) -> dg.ResourceDefinition:
    """The `night` resource: one per run, because all steps of a run share one process.

    `progress(stage, message)` is told what is being done.
    """

    @dg.resource(description="Tonight's home, clock, settings and run id; holds the home's writer lock.")
    @contextmanager
    def night(context: dg.InitResourceContext) -> Iterator[Night]:
        settings = load_settings()
        home = settings.home.resolve()
        with only_writer(home):
            clock = settings.now()
            configuration = load_configuration(home)
            notice = check_clock(home, clock, settings.accept_clock)
            check_registry(home)
            require_readable(home)
            close_home(home)
            settle_persons(home, clock, configuration, os.environ, progress)
            opened = Night(
                home=home,
                clock=clock,
                run_id=new_run_id(home, clock),
                configuration=configuration,
                environment=os.environ,
                progress=progress,
            )
            opened.update_record(
                dagster_run_id=context.run.run_id if context.run else None, number=next_number(home), notice=notice
            )
            if notice:
                progress("Clock", notice)
                if context.log is not None:
                    context.log.warning(notice)
            yield opened

    return night


@dg.failure_hook(required_resource_keys={"night"})
def say_why(context: dg.HookContext) -> None:
    """Write into tonight's record why a step failed, unless the step did so itself; whoever started the night."""
    night: Night = context.resources.night
    record, error = read_record(night.home, night.run_id), context.op_exception
    if record is not None and record.outcome == STARTED and error is not None:
        night.update_record(outcome=FAILED, message=reason(night.home, error))
