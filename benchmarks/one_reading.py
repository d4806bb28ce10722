"""One night of one source in a process of its own, so that its peak memory is its own. Prints JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import duckdb
import psutil
import typer
import yaml

from benchmarks.generated import KINDS
from common.sql import literal
from ingestion.catalogue import SOURCES
from ingestion.ingest import SourceReport, ingest_source
from sandbox.options import SANDBOX_CLOCK, Options


@contextmanager
def _prepared(home: Path, source: str, generated: str, rows: int, scale: float) -> Iterator[dict[str, Any]]:
    """What the source reads: a generated file, or the sandbox's files and APIs; its block of `wmip.yaml`."""
    if generated:
        KINDS[generated].write(home, rows)
        yield {}
        return
    if SOURCES[source].kind == "files":
        from sandbox.programme import Programme

        Programme.generate(Options(seed=1, scale=scale)).write_inbox(home)
        yield {}
        return
    # In a process of its own, whose memory is not that of the reader.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(home, scale, theirs))
    server.start()
    os.environ.update(ours.recv())
    yield yaml.safe_load((home / "wmip.yaml").read_text(encoding="utf-8"))["sources"][source]
    ours.send("done")
    server.join()


def _serve(home: Path, scale: float, said: Connection) -> None:
    """Serve the sandbox's APIs until told that they were read; tells the tokens first."""
    from sandbox.programme import Programme
    from sandbox.server import SandboxServer

    environment: dict[str, str] = {}
    with SandboxServer(Programme.generate(Options(seed=1, scale=scale))) as server:
        server.configure(home, environment)
        # The server limits rates by itself now and then; the waiting for it is no work of the reader's.
        server.faults.rate_limits = 0
        said.send(environment)
        said.recv()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_seconds() -> float:
    """CPU of this process and of its children (those that read files, the server), ended or not."""
    process = psutil.Process()
    used = [process.cpu_times(), *(child.cpu_times() for child in process.children())]
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(each.user + each.system for each in used) + ended.ru_utime + ended.ru_stime


def _duckdb_alone(home: Path) -> float:
    """CPU seconds of DuckDB's own way from each CSV of the inbox to Parquet, every column as text; 0 without any."""
    before = _cpu_seconds()
    for path in sorted((home / "inbox").rglob("*.csv")):
        with tempfile.TemporaryDirectory(dir=home) as folder, duckdb.connect() as connection:
            relation = f"read_csv({literal(path)}, all_varchar = true)"
            connection.execute(f"COPY (FROM {relation}) TO {literal(Path(folder) / 'all.parquet')}")
    return _cpu_seconds() - before


def _read(source: str, home: Path, config: dict[str, Any]) -> SourceReport:
    return ingest_source(source, home=home, config=config, clock=SANDBOX_CLOCK, run_id="bench", environment=os.environ)


def main(
    home: Annotated[Path, typer.Option(help="An empty folder.")],
    source: Annotated[str, typer.Option(help="Name of a source, to read what the sandbox has of it.")] = "",
    generated: Annotated[str, typer.Option(help=f"Read a generated file instead: {', '.join(KINDS)}.")] = "",
    rows: Annotated[int, typer.Option(help="Rows of the generated file.")] = 20_000,
    scale: Annotated[float, typer.Option(help="Size of the sandbox's programme.")] = 1,
) -> None:
    """Prepare what a source reads, then run and time one night of it."""
    source = KINDS[generated].source if generated else source
    with _prepared(home, source, generated, rows, scale) as config:
        for earlier in SOURCES[source].reads_after:
            _read(earlier, home, {})
        before, cpu = _peak_mib(), _cpu_seconds()
        started = time.perf_counter()
        report = _read(source, home, config)
        seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
        peak = _peak_mib()
    failed = [stream.message for stream in report.streams if stream.status not in {"loaded", "unchanged"}]
    if failed:
        sys.exit(f"{source} was not read: {failed[0]}")
    rows_read = sum(stream.rows_read or 0 for stream in report.streams)
    if not rows_read:
        sys.exit(f"{source} gave no rows: {[file.reason for file in report.files][:3]}")
    files = home / "inbox" / str(SOURCES[source].inbox)
    print(
        json.dumps(
            {
                "rows": rows_read,
                "bytes": sum(path.stat().st_size for path in files.glob("*")) if files.is_dir() else 0,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "duckdb_cpu_seconds": _duckdb_alone(home),
                "memory_before_mib": before,
                "memory_peak_mib": peak,
            }
        )
    )


if __name__ == "__main__":
    typer.run(main)
