"""One night of a sandbox home in a process of its own, so that its peak memory is its own. Prints JSON."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.first_quiet_small import cpu_seconds
from orchestration.cli.progress import NightProgress
from orchestration.run_night import run_night
from sandbox.options import SANDBOX_CLOCK, Options
from sandbox.programme import Programme
from sandbox.server import SandboxServer


def main(
    home: Annotated[Path, typer.Option(help="An empty folder.")],
    scale: Annotated[float, typer.Option(help="Size of the programme.")] = 1,
) -> None:
    """Generate a programme, then run and time one night on it."""
    started = time.perf_counter()
    programme = Programme.generate(Options(seed=1, scale=scale))
    programme.write_inbox(home)
    generated = time.perf_counter() - started
    with SandboxServer(programme) as server:
        server.configure(home, os.environ)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, cpu = time.perf_counter(), cpu_seconds()
        with NightProgress(Console(stderr=True)) as progress:
            record = run_night(home, progress, clock=SANDBOX_CLOCK)
        night, cpu = time.perf_counter() - started, cpu_seconds() - cpu
    print(
        json.dumps(
            {
                "outcome": record.outcome,
                "message": record.message,
                "generate_seconds": generated,
                "night_seconds": night,
                "night_cpu_seconds": cpu,
                "stages": progress.seconds,
                "memory_before_mib": before / 1024,
                "memory_peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    typer.run(main)
