"""`make bench`: the night at scale 1 and 10 by stage, beside its SQL alone; rows a second, memory.

`--scale 30 --scale 100` is `make bench-large`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

console = Console()


def _night(home: Path, scale: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.one_first_night", "--home", str(home), "--scale", str(scale)]
    started = time.perf_counter()
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    measured["process_seconds"] = time.perf_counter() - started - measured["generate_seconds"]
    return measured


def _plain_sql(home: Path) -> dict[str, float]:
    """What `benchmarks.plain_sql` measures of a home that had its night."""
    command = [sys.executable, "-m", "benchmarks.plain_sql", str(home)]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return measured


def _landed_rows(home: Path) -> int:
    row = duckdb.sql(f"SELECT sum(rows_landed) FROM read_parquet('{home}/runs/*/source_run/*.parquet')").fetchone()
    return int(row[0]) if row and row[0] else 0


def main(
    scales: Annotated[list[float] | None, typer.Option("--scale", help="Sizes; default 1 and 10.")] = None,
) -> None:
    """Measure nights and print them side by side."""
    table = Table(title="The night, measured in one run")
    table.add_column("")
    columns: list[dict[str, str]] = []
    for scale in scales or [1, 10]:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            console.print(f"Scale {scale:g}", style="dim")
            night = _night(home, scale)
            plain = _plain_sql(home)
            plain_cpu = plain["models_cpu"] + plain["tests_cpu"]
            rows = _landed_rows(home)
            reading = night["stages"].get("Reading returns", 0.0)
            columns.append(
                {
                    "outcome": night["outcome"],
                    **{f"  {stage}, s": f"{seconds:.1f}" for stage, seconds in night["stages"].items()},
                    "whole night, s": f"{night['night_seconds']:.1f}",
                    "with start of the process, s": f"{night['process_seconds']:.1f}",
                    "whole night, CPU s": f"{night['night_cpu_seconds']:.1f}",
                    f"{plain['models']} models as plain SQL, CPU s": f"{plain['models_cpu']:.1f}",
                    f"{plain['tests']} data tests as plain SQL, CPU s": f"{plain['tests_cpu']:.1f}",
                    "ratio night / plain SQL": f"{night['night_cpu_seconds'] / plain_cpu:.1f}",
                    "rows landed": f"{rows:,}",
                    "rows landed a second": f"{rows / reading:,.0f}" if reading else "",
                    "peak memory, MiB": f"{night['memory_peak_mib']:,.0f}",
                }
            )
            table.add_column(f"scale {scale:g}", justify="right")
    for name in dict.fromkeys(key for column in columns for key in column):
        table.add_row(name, *(column.get(name, "") for column in columns))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
