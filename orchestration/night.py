"""One night: its identity and clock, the lock that makes it the only writer, the record of how it ended.

No Dagster here: the command line, the assets and the sensors all read and write nights through this module.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common.durable import write_text
from common.home import lock_file, make_private, run_folder, runs_folder
from orchestration.access import make_home, written_privately
from orchestration.errors import NightFailed, UserError

STARTED, PUBLISHED, UNCHANGED = "started", "published", "unchanged"
BLOCKED, FAILED, STOPPED, DAMAGED = "blocked", "failed", "stopped", "damaged"
# Of a night that ended without a word: killed, or a run of a part of it.
UNFINISHED = "unfinished"
ENDED_WITHOUT_RELEASE = frozenset({BLOCKED, FAILED, STOPPED})

# A clock that jumped further than this is told of: a programme has a night at least once a quarter.
LONG_PAUSE = timedelta(days=100)


@dataclass
class NightRecord:
    """How a night ended: `runs/<run_id>/night.json`. Counts and keys only, never values."""

    run_id: str
    clock: str
    dagster_run_id: str | None = None
    outcome: str = STARTED
    release_id: str | None = None
    candidate_fingerprint: str | None = None
    message: str = ""
    gate: dict[str, Any] = field(default_factory=dict)
    # Counts the nights of a home: their order, whatever their clocks said. 0 in records of before it was written down.
    number: int = 0
    # A clock that jumped: what people should know of a night that went well all the same.
    notice: str = ""
    # That the release which served when it began is not what was published.
    release_notice: str = ""
    # Why everything was built, by what it is made of; empty where nothing was, since nothing was new.
    built_because: str = ""
    # Fingerprints of what it left behind, by which the next one knows whether anything is new.
    left: dict[str, str] = field(default_factory=dict)
    # What was done and what was taken over, being made of the same as the night before: models, data tests, checks.
    work: dict[str, int] = field(default_factory=dict)
    # What the machine's clock said, whatever the night's own.
    started_at: str = ""
    ended_at: str = ""
    # Each stage in its order, with the seconds it took: `{"stage": …, "seconds": …}`.
    stages: list[dict[str, Any]] = field(default_factory=list)
    # Sources that were not read, each with the reason.
    not_read: dict[str, str] = field(default_factory=dict)
    # Returns whose day is over, `<body>:<quarter>`.
    returns_late: list[str] = field(default_factory=list)
    # What readers see when it ends.
    serving: str | None = None
    # Every alert that was looked at, raised or not: orchestration/alerts.py.
    alerts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def notices(self) -> str:
        """All that was odd of it, whether it went well or not."""
        return ". ".join(filter(None, (self.notice, self.release_notice)))

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it did not say when it ended."""
        if not self.started_at or not self.ended_at:
            return None
        return (datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.started_at)).total_seconds()

    @property
    def without_outcome(self) -> str:
        """Why a night has none: one that was killed says nothing more, one that was run in part when it ended."""
        if self.outcome != STARTED:
            return ""
        return "a part of a night was run, and ended" if self.ended_at else "it left no outcome: at work, or killed"


def new_run_id(home: Path, clock: datetime) -> str:
    """The night's id: its clock, with a counter when that second already had a night. Grain: one run."""
    stem = clock.strftime("%Y%m%dT%H%M%SZ")
    run_id, count = stem, 1
    while run_folder(home, run_id).exists():
        count += 1
        run_id = f"{stem}-{count}"
    return run_id


def next_number(home: Path) -> int:
    """The number of the night that is opened now."""
    last = latest_record(home)
    return 1 if last is None else last.number + 1


def _clock_of(run_id: str) -> str:
    """The clock a night ran on, as its id says it; nothing when it does not."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return ""


def check_clock(home: Path, clock: datetime, accepted: bool = False) -> str:
    """What people should know of the clock beside that of the last night; empty when nothing.

    Raises UserError when it is earlier, unless that was `accepted`: an older release would become current, and quarters
    that are public be withdrawn.
    """
    last = latest_record(home)
    if last is None or not last.clock:
        return ""
    before = datetime.fromisoformat(last.clock)
    if clock < before:
        said = f"the clock says {clock:%F %T} UTC, but the last night of {home} ran at {before:%F %T}"
        if not accepted:
            raise UserError(
                f"{said}: either it is slow now, or it was fast then. Nothing was changed. Put the clock (or "
                "WMIP_CLOCK) right; if it is right now and was wrong then, confirm that with `wmip run --accept-clock`"
            )
        return f"{said}; that was accepted"
    if clock - before > LONG_PAUSE:
        return (
            f"the clock is {(clock - before).days} days after the last night. If it is fast, put it right and confirm "
            "that with `wmip run --accept-clock`: quarters may have become public too early"
        )
    return ""


def record_path(home: Path, run_id: str) -> Path:
    """Where the record of one night lies."""
    return run_folder(home, run_id) / "night.json"


def read_record(home: Path, run_id: str) -> NightRecord | None:
    """The record of one night, or None when it left none; of a damaged one, a record that says so."""
    path = record_path(home, run_id)
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {each.name for each in fields(NightRecord)}
        # What a later version of the product wrote besides is not ours to read.
        return NightRecord(**{name: value for name, value in content.items() if name in known})
    except (ValueError, TypeError, AttributeError) as error:
        return NightRecord(
            run_id,
            _clock_of(run_id),
            outcome=DAMAGED,
            message=f"{path}, what that night said of itself, cannot be read ({error}). It is a log: no figure depends "
            "on it. Remove the file and the next night's takes its place",
        )


def write_record(home: Path, record: NightRecord) -> None:
    """Write the record so that a reader never sees half of it."""
    path = record_path(home, record.run_id)
    make_private(path.parent)
    write_text(path, json.dumps(asdict(record), indent=2, sort_keys=True))


def all_records(home: Path) -> list[NightRecord]:
    """Every night in the order they were opened, whatever their clocks said; those of before they were numbered go by
    their clock.
    """
    records = [read_record(home, path.parent.name) for path in runs_folder(home).glob("*/night.json")]
    ordered = sorted((r for r in records if r is not None), key=lambda r: (r.clock, len(r.run_id), r.run_id))
    number = 0
    for record in ordered:
        # A damaged record does not say its number: it comes right after the night before it by the clock.
        record.number = number if record.outcome == DAMAGED else record.number
        number = max(number, record.number)
    return sorted(ordered, key=lambda r: r.number)


def latest_record(home: Path) -> NightRecord | None:
    """The night that was opened last."""
    records = all_records(home)
    return records[-1] if records else None


def record_of_run(home: Path, dagster_run_id: str) -> NightRecord | None:
    """The night that a run of Dagster was, or None when it ended before it opened one."""
    records = (read_record(home, path.parent.name) for path in runs_folder(home).glob("*/night.json"))
    return next((r for r in records if r is not None and r.dagster_run_id == dagster_run_id), None)


@contextmanager
def only_writer(home: Path) -> Iterator[None]:
    """Hold the home's writer lock; the kernel drops it if this process dies, however it dies.

    What its holder writes is for its account alone. Raises NightFailed at once, naming the holder, when another run has
    the lock.
    """
    make_home(home)
    with written_privately(), lock_file(home).open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise NightFailed(
                f"another run is writing to {home} ({handle.read().strip() or 'holder unknown'}). "
                "Wait for it to end, then start again; nothing was changed."
            ) from None
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        yield
