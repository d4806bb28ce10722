"""`make bench-identity-scale`: what matching costs as mentions grow, against a register of five million companies."""

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

from benchmarks.identity import Judged

console = Console(width=140)


def _child(warehouse: Path, *options: str) -> str:
    command = [sys.executable, "-m", "benchmarks.one_matching", "--warehouse", str(warehouse)]
    return subprocess.run([*command, *options], stdout=subprocess.PIPE, text=True, check=True).stdout


def main(
    mentions: Annotated[list[int] | None, typer.Option(help="How many mentions; 0.1, 0.3 and 1 million.")] = None,
    companies: Annotated[int, typer.Option(help="Companies in the register.")] = 5_000_000,
) -> None:
    """Match pretend countries of growing size, each in a process of its own, and print what it took."""
    table = Table(title=f"Matching against {companies:,} companies")
    for heading in (
        "mentions",
        "names of companies met",
        "pairs compared",
        "processor, s",
        "seconds",
        "ms a mention",
        "peak, MiB",
        "precision",
        "recall",
    ):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "country.duckdb"
        for size in sorted(mentions or [100_000, 300_000, 1_000_000]):
            console.print(f"{size:,} mentions", style="dim")
            _child(warehouse, "--mentions", str(size), "--companies", str(companies))
            found: dict[str, Any] = json.loads(_child(warehouse).splitlines()[-1])
            judged = Judged(*found["pairs"])
            table.add_row(
                f"{found['mentions']:,}",
                f"{found['register_names_met']:,}",
                f"{found['pairs_compared']:,}",
                f"{found['processor_seconds']:.0f}",
                f"{found['seconds']:.0f}",
                f"{1000 * found['processor_seconds'] / found['mentions']:.2f}",
                f"{found['memory_peak_mib']:,.0f}",
                f"{judged.precision:.4f}",
                f"{judged.recall:.4f}",
            )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
