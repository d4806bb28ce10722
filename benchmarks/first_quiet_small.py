"""Nights of a sandbox home by their CPU: the first, a quiet one, one with a workbook sent again. Prints JSON.

Run on the tree it lies in, or on that of another commit (`PYTHONPATH`): it asks only for what both have.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import zipfile
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

NIGHTS = ("first", "quiet", "one workbook sent again")


def cpu_seconds() -> float:
    """CPU of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Stages:
    """Listens to a night's progress; CPU seconds of each stage."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self._stage, self._since = "Starting", cpu_seconds()

    def __call__(self, stage: str, _message: str) -> None:
        """A stage goes on, or another begins."""
        now = cpu_seconds()
        self.cpu[self._stage] = self.cpu.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now


def _runner() -> Any:
    """The function that runs a night, where the tree has it."""
    try:
        from orchestration.run_night import run_night
    except ModuleNotFoundError:
        return import_module("orchestration.nightly").run_night
    return partial(run_night, clock=datetime.fromisoformat(os.environ["WMIP_CLOCK"]))


def _end_reader() -> None:
    """End the process that reads files, where the tree has one: only of those that ended the CPU is counted."""
    try:
        child = import_module("ingestion.files.child")
    except ModuleNotFoundError:
        return
    child._Child.end()


def _send_again(folder: Path) -> None:
    """One return once more, as another file."""
    again = shutil.copyfile(max(folder.glob("CB*20*.xlsx")), folder / "sent again.xlsx")
    with zipfile.ZipFile(again, "a") as archive:
        archive.comment = b"sent again"


def one_night(home: Path, scale: float, number: int, seed: int = 1) -> dict[str, Any]:
    """Run a home's night of that number, 0 the first, and measure it; making the programme is not counted."""
    from sandbox.options import SANDBOX_CLOCK, Options
    from sandbox.programme import Programme
    from sandbox.server import SandboxServer

    programme = Programme.generate(Options(seed=seed, scale=scale))
    if number == 0:
        programme.write_inbox(home)
    elif number == len(NIGHTS) - 1:
        _send_again(home / "inbox" / "returns")
    with SandboxServer(programme) as server:
        server.configure(home, os.environ)
        started, before = time.perf_counter(), cpu_seconds()
        stages, clock = Stages(), SANDBOX_CLOCK + timedelta(days=number)
        # How trees of before took it.
        os.environ["WMIP_CLOCK"] = clock.strftime("%Y-%m-%dT%H:%M:%SZ")
        record = _runner()(home, stages)
        _end_reader()
        stages("", "")
    return {
        "outcome": record.outcome,
        "message": record.message,
        "cpu": cpu_seconds() - before,
        "wall": time.perf_counter() - started,
        "stages": stages.cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "work": getattr(record, "work", {}),
    }


if __name__ == "__main__":
    print(json.dumps(one_night(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))))
