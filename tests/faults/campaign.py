"""`make test-faults`: every planted fault, and whether it came out as it must; `--write` makes the page of them."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from orchestration.code_version import code_version
from tests.faults.fault import PLACES, Planted
from tests.faults.planted import planted
from tests.faults.stage import Ended, Theatre, play

PAGE = Path(__file__).parents[2] / "docs" / "fault-campaign.md"
_HEAD = """\
<!-- Made by `python -m tests.faults.campaign --write`; do not edit. -->
# The fault campaign

{total} faults are planted, each in a home of its own of which a good night was published, and each is met by the
product's own opening, gate, verdict and publication (`tests/faults/`). Whatever happens, what serves must be whole, and
nothing may be published without a passing verdict. `make test-faults` plays them all; a slice is part of the tests.
What attacks on files come to stands in [fault-table.md](fault-table.md).

| tonight's figures are | faults |
|---|---|
{counts}
"""


def page(faults: Iterable[Planted]) -> str:
    """The table of outcomes, by place."""
    listed = list(faults)
    counted = Counter(fault.expected for fault in listed)
    counts = "\n".join(f"| {outcome} | {count} |" for outcome, count in sorted(counted.items()))
    parts = [_HEAD.format(total=len(listed), counts=counts)]
    for place in PLACES:
        of_place = [fault for fault in listed if fault.place == place]
        rows = "\n".join(f"| {fault.what.replace('|', '/')} | {fault.expected} |" for fault in of_place)
        head = f"## {place[0].upper()}{place[1:]}: {len(of_place)}\n\n| planted | tonight's figures are |\n|---|---|\n"
        parts.append(f"{head}{rows}\n")
    return "\n".join(parts)


def wrong(fault: Planted, ended: Ended) -> str | None:
    """What is not as it must be; None when all is."""
    if ended.outcome != fault.expected:
        return f"{fault.name}: {ended.outcome}, not {fault.expected}. {ended.said[:400]}"
    if fault.says not in ended.said:
        return f"{fault.name}: {fault.says!r} was not said, but {ended.said[:400]!r}"
    return None


def main(arguments: list[str] | None = None) -> int:
    """Play the faults that are chosen and not kept. Exit code 1 when one came out otherwise."""
    chosen = _arguments().parse_args(arguments)
    faults = planted()
    if chosen.write:
        PAGE.write_text(page(faults), encoding="utf-8")
        print(f"{PAGE}: {len(faults)} faults")
        return 0
    played = [fault for fault in faults if not chosen.names or fault.name.startswith(tuple(chosen.names))]
    kept = _kept(chosen.kept)
    open_ones = [fault.name for fault in played if fault.name not in kept]
    if len(open_ones) < len(played):
        print(f"{len(played) - len(open_ones)} of {len(played)} came out as they must before, by the same code")
    started = time.monotonic()
    odd = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(max(1, min(chosen.jobs, len(open_ones))), get_context("spawn")) as processes,
    ):
        told = [processes.submit(_told, Path(folder), name) for name in open_ones]
        for number, one in enumerate(as_completed(told), start=1):
            name, found = one.result()
            odd += [found] if found else []
            _keep(chosen.kept, name, found)
            print(f"{number:>4} of {len(open_ones)}  {f'WRONG {found}' if found else name}", flush=True)
    counted = Counter(fault.expected for fault in played)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
    print(f"\n{len(played)} faults, {len(open_ones)} of them in {time.monotonic() - started:,.0f} s: {outcomes}")
    print("\n".join(odd) if odd else "each came out as it must")
    return 1 if odd else 0


def _arguments() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.faults.campaign", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of the names of faults; default all")
    parser.add_argument("--jobs", type=int, default=1, help="so many at a time")
    parser.add_argument("--kept", type=Path, help="a file of what came out as it must, which is not played again")
    parser.add_argument("--write", action="store_true", help="play nothing, make the page")
    return parser


def _kept(path: Path | None) -> set[str]:
    """The faults that came out as they must by the code of now."""
    if path is None or not path.exists():
        return set()
    said = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {one["fault"] for one in said if one["code"] == code_version()}


def _keep(path: Path | None, name: str, found: str | None) -> None:
    if path is not None and found is None:
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"code": code_version(), "fault": name}) + "\n")


@cache
def _theatre(folder: Path) -> Theatre:
    """One a process."""
    (own := folder / str(os.getpid())).mkdir()
    return Theatre(own)


def _told(folder: Path, name: str) -> tuple[str, str | None]:
    """Play a fault: its name, and what is not as it must be."""
    logging.disable(logging.INFO)
    (fault,) = (one for one in planted() if one.name == name)
    with _theatre(folder).stage() as stage:
        return name, wrong(fault, play(stage, fault.act))


if __name__ == "__main__":
    sys.exit(main())
