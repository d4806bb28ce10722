"""One night: its identity and clock, the lock that makes it the only writer, the record of how it ended.

No Dagster here: the command line, the assets and the sensors all read and write nights through this module.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.errors import NightFailed

BLOCKED, FAILED, PUBLISHED, UNCHANGED = "blocked", "failed", "published", "unchanged"


@dataclass
class NightRecord:
    """How a night ended: `runs/<run_id>/night.json`. Counts and keys only, never values."""

    run_id: str
    clock: str
    dagster_run_id: str | None = None
    outcome: str = "started"
    release_id: str | None = None
    candidate_fingerprint: str | None = None
    message: str = ""
    sources: list[dict[str, Any]] = field(default_factory=list)
    gate: dict[str, Any] = field(default_factory=dict)


def new_run_id(home: Path, clock: datetime) -> str:
    """The night's id: its clock, with a counter when that second already had a night. Grain: one run."""
    stem = clock.strftime("%Y%m%dT%H%M%SZ")
    run_id, count = stem, 1
    while (home / "runs" / run_id).exists():
        count += 1
        run_id = f"{stem}-{count}"
    return run_id


def record_path(home: Path, run_id: str) -> Path:
    """Where the record of one night lies."""
    return home / "runs" / run_id / "night.json"


def read_record(home: Path, run_id: str) -> NightRecord | None:
    """The record of one night, or None when it left none."""
    path = record_path(home, run_id)
    if not path.exists():
        return None
    return NightRecord(**json.loads(path.read_text(encoding="utf-8")))


def write_record(home: Path, record: NightRecord) -> None:
    """Write the record so that a reader never sees half of it."""
    path = record_path(home, record.run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(record), indent=2, sort_keys=True), encoding="utf-8")
    temporary.replace(path)


def latest_record(home: Path) -> NightRecord | None:
    """The newest night that left a record, by the clock it ran on."""
    records = [read_record(home, path.parent.name) for path in (home / "runs").glob("*/night.json")]
    return max((r for r in records if r is not None), key=lambda r: (r.clock, len(r.run_id), r.run_id), default=None)


def record_of_run(home: Path, dagster_run_id: str) -> NightRecord | None:
    """The night that a run of Dagster was, or None when it ended before it opened one."""
    records = (read_record(home, path.parent.name) for path in (home / "runs").glob("*/night.json"))
    return next((r for r in records if r is not None and r.dagster_run_id == dagster_run_id), None)


@contextmanager
def only_writer(home: Path) -> Iterator[None]:
    """Hold the home's writer lock; the kernel drops it if this process dies, however it dies.

    Raises NightFailed at once, naming the holder, when another run has it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".writer.lock").open("a+", encoding="utf-8") as handle:
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
