"""`wmip run`, `wmip demo`, `wmip scorecard`: start a night and show how it ended."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.home import runs_folder
from orchestration.access import make_home
from orchestration.cli.options import Home, console, misplaced_said, resolve_home, warn
from orchestration.cli.progress import NightProgress
from orchestration.cli.scorecard import print_night, print_scorecard, what_became_of, what_serves
from orchestration.errors import NightFailed, NightStopped, UserError
from orchestration.night import ENDED_WITHOUT_RELEASE, STOPPED, UNCHANGED, NightRecord
from orchestration.release.store import current_release
from orchestration.run_night import run_night
from orchestration.settings import load_settings
from orchestration.stopping import stopped_message

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.faults import Fault as SandboxFault
    from sandbox.server import SandboxServer

TRUTH = "sandbox_truth.json"
# Long enough for the last good data of a source to be too old for the gate.
OUTAGE = timedelta(days=8)


class Fault(StrEnum):
    """What `wmip demo --fault` can break, once a clean night was published."""

    duplicate_attendances = "duplicate_attendances"
    negative_money = "negative_money"
    orphan_keys = "orphan_keys"
    missing_source = "missing_source"
    half_empty_fetch = "half_empty_fetch"
    check_raises = "check_raises"


class By(StrEnum):
    """What the scorecard breaks its figures down by."""

    quarter = "quarter"
    partner = "partner"


def _night(
    home: Path, clock: datetime | None, job: str | None = None, *, accept_clock: bool = False, full: bool = False
) -> NightRecord:
    try:
        with NightProgress(console) as progress:
            return run_night(home, progress, job, clock=clock, accept_clock=accept_clock, full=full)
    except KeyboardInterrupt:
        raise NightStopped(f"{stopped_message('starting')}. {what_serves(home)}") from None


def _conclude(home: Path, record: NightRecord) -> None:
    if record.outcome in ENDED_WITHOUT_RELEASE:
        kind = NightStopped if record.outcome == STOPPED else NightFailed
        if not record.run_id:
            raise kind(record.message)
        print_night(console, home, record)
        serves = f"Release {record.release_id} serves as files" if record.release_id else what_serves(home)
        raise kind(f"{what_became_of(record)}. {serves}")
    print_scorecard(console, home)
    if record.notices:
        warn(record.notices)
    if record.outcome == UNCHANGED:
        console.print(f"Nothing changed since release {record.release_id}: no new release was made.")


def run(
    home: Home = None,
    accept_clock: Annotated[
        bool,
        typer.Option("--accept-clock", help="The clock is right, though the last night of the home ran later by it."),
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Make and judge everything anew, also what is as the night before left it.")
    ] = False,
) -> None:
    """Run tonight's job: read the enabled sources, build, check, publish.

    The same Dagster job the schedule runs. Exit code 1 when nothing could be published.

    Examples:

        wmip run

        wmip run --home /srv/wmip
    """
    folder = resolve_home(home)
    if not folder.exists():
        raise UserError(
            f"{folder} does not exist. Create it with your files in {folder}/inbox/ "
            "(returns/, grants/, registers/), or see a pretend programme with `wmip demo`."
        )
    if found := misplaced_said(folder):
        warn(found)
    settings = load_settings()
    accepted = accept_clock or settings.accept_clock
    _conclude(folder, _night(folder, settings.clock, accept_clock=accepted, full=full or settings.full))


def scorecard(
    home: Home = None,
    by: Annotated[By | None, typer.Option(help="Also show verified figures by this.")] = None,
) -> None:
    """Show the current release: indicators against targets, gate result, sources and their age.

    Examples:

        wmip scorecard

        wmip scorecard --by partner
    """
    folder = resolve_home(home)
    print_scorecard(console, folder, by.value if by else None)


def _claim_home(home: Path, seed: int, scale: float) -> None:
    """Let the sandbox have an empty home, or its own from before; never somebody's real one."""
    truth = home / TRUTH
    if truth.exists():
        made = json.loads(truth.read_text(encoding="utf-8")).get("options", {})
        if made and (made["seed"], made["scale"]) != (seed, scale):
            raise UserError(
                f"{home} holds a sandbox of seed {made['seed']} and scale {made['scale']:g}; "
                "give another --home, or delete that folder first"
            )
    elif home.exists() and any(home.iterdir()):
        raise UserError(f"{home} is not empty and not a sandbox; give the demo another --home")


def demo(
    home: Home = None,
    seed: Annotated[int, typer.Option(help="Which pretend programme; the same seed gives the same mart.")] = 1,
    scale: Annotated[float, typer.Option(min=0.05, help="1 is the size of the programme.")] = 1,
    fault: Annotated[
        Fault | None, typer.Option(help="Once a clean night was published, run one with this broken.")
    ] = None,
) -> None:
    """See it work: a pretend West Midlands with dirty returns, its source APIs, one night, the scorecard.

    Leaves `sandbox_truth.json` with the true figures in the home. Run it again for a second night.

    Examples:

        wmip demo

        wmip demo --home /tmp/other --seed 7

        wmip demo --fault half_empty_fetch
    """
    from sandbox.options import Options
    from sandbox.programme import Programme
    from sandbox.server import SandboxServer

    folder = resolve_home(home)
    _claim_home(folder, seed, scale)
    make_home(folder)
    with console.status("Inventing a programme and writing its returns"):
        programme = Programme.generate(Options(seed=seed, scale=scale))
        # First what says whose home it is: a demo that is stopped here can be started again.
        programme.write_truth(folder / TRUTH)
        programme.write_inbox(folder)
    with SandboxServer(programme) as server:
        server.configure(folder, os.environ)
        console.print(f"A pretend programme (seed {seed}, scale {scale:g}) returns its quarters to {folder}")
        serving = current_release(folder)
        if fault is None or serving is None:
            record = _night(folder, _clock(folder), full=load_settings().full)
            if fault is None or record.outcome in ENDED_WITHOUT_RELEASE:
                _conclude(folder, record)
                _hint(folder)
                return
            serving = record.release_id
        console.print(f"Release {serving} serves. Another night, with {fault.value}:")
        _conclude(folder, _faulty_night(folder, fault, server))


def _clock(home: Path, extra: timedelta = timedelta(0)) -> datetime:
    """The sandbox's own time: each further night of a home is a day later."""
    from sandbox.options import SANDBOX_CLOCK

    nights = len(list(runs_folder(home).glob("*/night.json")))
    return SANDBOX_CLOCK + timedelta(days=nights) + extra


def _faulty_night(home: Path, fault: Fault, server: SandboxServer) -> NightRecord:
    from orchestration.graph import AUDIT, CANDIDATE
    from sandbox import faults

    planted: SandboxFault = faults.FAULTS[fault.value]
    clock = _clock(home, OUTAGE if fault is Fault.missing_source else timedelta(0))
    if not planted.breaks_candidate:
        planted.plant(home, server)
        try:
            return _night(home, clock)
        finally:
            planted.clean_up(home)
    record = _night(home, clock, CANDIDATE)
    if record.outcome in ENDED_WITHOUT_RELEASE:
        return record
    planted.plant(home, server)
    return _night(home, clock, AUDIT)


def _hint(home: Path) -> None:
    here = "" if home == Path("data").resolve() else f" --home {home}"
    console.print(
        f"\nNext: wmip scorecard --by quarter{here}   wmip trace jobs_created{here}   "
        f'wmip sql "SELECT * FROM indicator_performance"{here}',
        style="dim",
        highlight=False,
    )
