"""`make bench-readers`: rows a second of every reader, CPU beside DuckDB's own reading, peak memory as sources grow."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.generated import KINDS

console = Console()
_SAME_ROWS = 20_000


def _reading(*options: str) -> dict[str, Any]:
    """One reading in a process and home of its own."""
    console.print(" ".join(options), style="dim")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.one_reading", "--home", str(Path(folder) / "home")]
        result = subprocess.run([*command, *options], stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return measured


def _generated(kind: str, rows: int) -> dict[str, Any]:
    return _reading("--generated", kind, "--rows", str(rows))


def _sandbox(source: str, scale: float) -> dict[str, Any]:
    return _reading("--source", source, "--scale", str(scale))


def _speeds(scale: float) -> Table:
    table = Table(title="Rows a second, landed (server and reader share the processors)")
    for heading in ("", "rows", "seconds", "rows a second"):
        table.add_column(heading, justify="right" if heading else "left")
    for title, found in (
        *((f"{name} (sandbox API)", _sandbox(name, scale)) for name in ("eventbrite", "hubspot")),
        ("returns (sandbox files)", _sandbox("returns", scale)),
        *((kind, _generated(kind, _SAME_ROWS)) for kind in KINDS),
    ):
        speed = found["rows"] / found["seconds"]
        table.add_row(title, f"{found['rows']:,}", f"{found['seconds']:.1f}", f"{speed:,.0f}")
    return table


def _beside_duckdb(sizes: dict[str, int]) -> Table:
    """CPU seconds of reading and landing, the child that reads included, beside those of DuckDB's own COPY."""
    table = Table(title="CPU seconds beside DuckDB's own way from CSV to Parquet")
    for heading in ("", "rows", "CPU", "DuckDB's", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for kind, rows in sizes.items():
        found = _generated(kind, rows)
        ours, theirs = found["cpu_seconds"], found["duckdb_cpu_seconds"]
        table.add_row(kind, f"{rows:,}", f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.1f}")
    return table


def _of_apis(scales: list[float]) -> Table:
    table = Table(title="Peak memory of a process that reads an API, as the programme grows")
    for heading in ("", "scale", "rows", "before, MiB", "peak, MiB"):
        table.add_column(heading, justify="right" if heading else "left")
    for source in ("eventbrite", "hubspot"):
        for scale in scales:
            found = _sandbox(source, scale)
            memory = (f"{found[name]:,.0f}" for name in ("memory_before_mib", "memory_peak_mib"))
            table.add_row(source, f"{scale:g}", f"{found['rows']:,}", *memory)
    return table


def _memory(kind: str, sizes: list[int]) -> Table:
    table = Table(title=f"Peak memory of a process that reads {kind}")
    for heading in ("rows", "file, MB", "seconds", "rows a second", "peak, MiB", "ratio to the smallest"):
        table.add_column(heading, justify="right")
    smallest: float | None = None
    for rows in sizes:
        found = _generated(kind, rows)
        smallest = smallest or found["memory_peak_mib"]
        table.add_row(
            f"{rows:,}",
            f"{found['bytes'] / 1e6:,.0f}",
            f"{found['seconds']:.1f}",
            f"{found['rows'] / found['seconds']:,.0f}",
            f"{found['memory_peak_mib']:,.0f}",
            f"{found['memory_peak_mib'] / smallest:.2f}",
        )
    return table


def main(
    grants: Annotated[list[int] | None, typer.Option(help="Sizes of the grants file; 20k, 200k, 2M.")] = None,
    companies: Annotated[list[int] | None, typer.Option(help="Sizes of the company register; 50k, 500k, 5M.")] = None,
    scale: Annotated[float, typer.Option(help="Size of the sandbox's programme.")] = 1,
) -> None:
    """Measure every reader and print the figures."""
    speeds = _speeds(scale)
    beside = _beside_duckdb({"grants.csv": 200_000, "companies": 550_000})
    growing = [
        _of_apis([scale, 10 * scale]),
        _memory("grants.csv", grants or [20_000, 200_000, 2_000_000]),
        _memory("companies", companies or [50_000, 500_000, 5_000_000]),
    ]
    console.print(speeds, beside, *growing)


if __name__ == "__main__":
    typer.run(main)
