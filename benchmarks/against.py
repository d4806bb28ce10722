"""`make bench-against`: nights of this tree beside those of an older commit, in turn, in one run.

The old commit is checked out into a temporary folder with an environment of its own, from its own lock. CPU seconds,
since others may use the machine; the pace of a loaded machine is in both columns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.first_quiet_small import NIGHTS

ROOT = Path(__file__).resolve().parent.parent
# What issue and docs/performance.md compare with.
COMMIT = "11e2f91"
console = Console()


def checked_out(commit: str, folder: Path) -> tuple[Path, str]:
    """The tree of a commit, and an interpreter with what its lock names: ours, where ours names the same."""
    tree, environment = folder / "tree", folder / "environment"
    tree.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "x", "-C", str(tree)], input=archive.stdout, check=True)
    if (tree / "requirements.lock").read_bytes() == (ROOT / "requirements.lock").read_bytes():
        return tree, sys.executable
    uv, python = Path(sys.executable).with_name("uv"), environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    install = [str(uv), "pip", "install", "--quiet", "--python", str(python), "--compile-bytecode"]
    subprocess.run([*install, "-r", str(tree / "requirements.lock")], check=True)
    subprocess.run([*install, "--no-deps", "-e", str(tree)], check=True)
    return tree, str(python)


def measured_night(tree: Path, python: str, home: Path, scale: float, number: int, seed: int = 1) -> dict[str, Any]:
    """What `benchmarks/first_quiet_small.py` measures of one night of a tree."""
    # Without the script's own folder, whose modules would stand for rooms of the same name.
    command = [
        python,
        "-P",
        str(ROOT / "benchmarks" / "first_quiet_small.py"),
        str(home),
        str(scale),
        str(number),
        str(seed),
    ]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    result = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return measured


def _parse_first(tree: Path, python: str) -> None:
    """dbt's parse and compilation are of the project, not of a night."""
    made = tree / "dbt_project" / "target" / "parsed" / "manifest.json"
    if not made.exists() or tree == ROOT:
        with tempfile.TemporaryDirectory() as folder:
            measured_night(tree, python, Path(folder) / "home", 0.05, 0)


def main(
    commit: Annotated[str, typer.Option(help="The commit to compare with.")] = COMMIT,
    scale: Annotated[float, typer.Option(help="Size of the programme.")] = 1,
) -> None:
    """Measure the nights of both trees in turn and print them side by side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        console.print(f"Checking out {commit} with its own environment", style="dim")
        trees = {commit: checked_out(commit, folder), "this tree": (ROOT, sys.executable)}
        for tree, python in trees.values():
            _parse_first(tree, python)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for number, night in enumerate(NIGHTS):
            for called, (tree, python) in trees.items():
                console.print(f"{night} night of {called}", style="dim")
                found[called, night] = measured_night(tree, python, folder / called / "home", scale, number)
    _print(commit, scale, found)


def _print(commit: str, scale: float, found: dict[tuple[str, str], dict[str, Any]]) -> None:
    table = Table(title=f"Nights at scale {scale:g}, CPU seconds, measured in turn in one run")
    for heading in ("", commit, "this tree", "share"):
        table.add_column(heading, justify="right" if heading else "left")
    first = found[commit, NIGHTS[0]]["cpu"]
    for night in NIGHTS:
        old, new = found[commit, night], found["this tree", night]
        table.add_row(f"{night}: {old['outcome']}, {new['outcome']}", f"{old['cpu']:.1f}", f"{new['cpu']:.1f}", "")
        table.add_row("  of the old first night", "", "", f"{new['cpu'] / first:.2f}")
        for stage in dict.fromkeys([*old["stages"], *new["stages"]]):
            table.add_row(f"  {stage}", *(f"{each['stages'].get(stage, 0):.1f}" for each in (old, new)), "")
        table.add_row("  wall, s", f"{old['wall']:.0f}", f"{new['wall']:.0f}", "")
        table.add_row("  peak memory, MiB", f"{old['peak_mib']:,.0f}", f"{new['peak_mib']:,.0f}", "")
        if new["work"]:
            said = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in new["work"].items())
            table.add_row(f"  {said}", "", "", "")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
