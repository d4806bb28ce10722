"""`make bench-readers`: rows a second through API sources and file readers; peak memory as a grants file grows."""

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

console = Console()
_SAME_ROWS = 20_000


def _reading(source: str, *options: str) -> dict[str, Any]:
    """One reading in a process and home of its own."""
    console.print(f"{source} {' '.join(options)}", style="dim")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.one_reading", "--home", str(Path(folder) / "home")]
        result = subprocess.run([*command, "--source", source, *options], stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return measured


def _grants(kind: str, rows: int) -> dict[str, Any]:
    return _reading("threesixtygiving", "--grants", kind, "--rows", str(rows))


def _speeds(scale: float) -> Table:
    table = Table(title="Rows a second, landed (server and reader share the processors)")
    for heading in ("", "rows", "seconds", "rows a second"):
        table.add_column(heading, justify="right" if heading else "left")
    for title, found in (
        *((f"{name} (sandbox API)", _reading(name, "--scale", str(scale))) for name in ("eventbrite", "hubspot")),
        *((f"{name} (sandbox files)", _reading(name, "--scale", str(scale))) for name in ("returns",)),
        *((f"grants, {kind}", _grants(kind, _SAME_ROWS)) for kind in ("csv", "json", "xlsx")),
    ):
        speed = found["rows"] / found["seconds"]
        table.add_row(title, f"{found['rows']:,}", f"{found['seconds']:.1f}", f"{speed:,.0f}")
    return table


def _memory(sizes: list[int]) -> Table:
    table = Table(title="Peak memory of a process that reads a grants CSV")
    for heading in ("rows", "file, MB", "seconds", "rows a second", "peak, MiB", "ratio to the smallest"):
        table.add_column(heading, justify="right")
    smallest: float | None = None
    for rows in sizes:
        found = _grants("csv", rows)
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
    rows: Annotated[list[int] | None, typer.Option("--rows", help="Sizes; default 20k, 200k, 2M.")] = None,
    scale: Annotated[float, typer.Option(help="Size of the sandbox's programme.")] = 1,
) -> None:
    """Measure every reader and print the figures."""
    speeds, memory = _speeds(scale), _memory(rows or [20_000, 200_000, 2_000_000])
    console.print(speeds)
    console.print(memory)


if __name__ == "__main__":
    typer.run(main)
