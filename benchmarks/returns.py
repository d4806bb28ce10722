"""One Pathfinders return read and checked by us, and by pandas with pandera after the same rules, in one run.

`make bench-returns`. The other side has an environment of its own (`returns_requirements.txt`), made when it is not
there (`WMIP_BENCH_PANDERA` names its Python). Seconds are of the processor, so that what else the machine does counts
little; each side runs alternately, the median of the rounds is told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
WORKBOOKS = HERE.parent / "tests/fixtures/real/pathfinders"
GOOD, WRONG = (WORKBOOKS / f"PF_Round_2_{name}.xlsx" for name in ("Success", "General_Validation_Failures"))
ROUNDS, WARM = 3, 6


@contextmanager
def _other_python() -> Iterator[str]:
    """The Python that has pandera."""
    given = os.environ.get("WMIP_BENCH_PANDERA")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin/python")
        quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([python, *quiet, "-r", str(HERE / "returns_requirements.txt")], check=True)
        yield python


def _run(command: list[str], workbook: Path, times: int, *more: str) -> dict[str, Any]:
    done = subprocess.run([*command, str(workbook), str(times), *more], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print the table."""
    with _other_python() as python:
        ours = [sys.executable, "-m", "benchmarks.one_return"]
        theirs = [python, str(HERE / "returns_pandera.py")]
        sides: dict[str, tuple[list[str], tuple[str, ...]]] = {
            "ours": (ours, ()),
            "pandas + pandera (openpyxl, its default)": (theirs, ()),
            "pandas + pandera (calamine)": (theirs, ("calamine",)),
        }
        found = {name: len(_run(command, WRONG, 1, *more)["wrong"]) for name, (command, more) in sides.items()}
        measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, (command, more) in sides.items():
                cold = _run(command, GOOD, 1, *more)
                warm = _run(command, GOOD, WARM, *more)
                measured[name].append((cold["whole"], median(warm["seconds"][1:]), warm["megabytes"]))
    print(
        f"| {GOOD.name} | cold, s | warm, s | memory, MB | wrong cells found in {WRONG.name} |\n|---|---|---|---|---|"
    )
    base = [median(column) for column in zip(*measured["ours"], strict=True)]
    for name, runs in measured.items():
        values = [median(column) for column in zip(*runs, strict=True)]
        told = [f"{value:.2f} ({value / of:.1f} x)" for value, of in zip(values, base, strict=True)]
        print(f"| {name} | {' | '.join(told)} | {found[name]} |")


if __name__ == "__main__":
    main()
