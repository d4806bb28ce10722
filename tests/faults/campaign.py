"""`make test-faults`: every planted fault, and whether it came out as it must; `--write` makes the page of them."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

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


def main(arguments: list[str]) -> int:
    """Play every fault, or those whose names begin as an argument says. Exit code 1 when one came out otherwise."""
    faults = planted()
    if "--write" in arguments:
        PAGE.write_text(page(faults), encoding="utf-8")
        print(f"{PAGE}: {len(faults)} faults")
        return 0
    chosen = [fault for fault in faults if not arguments or fault.name.startswith(tuple(arguments))]
    odd: list[str] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        theatre = Theatre(Path(folder))
        for number, fault in enumerate(chosen, start=1):
            with theatre.stage() as stage:
                found = wrong(fault, play(stage, fault.act))
            odd += [found] if found else []
            shown = f"WRONG {found}" if found else fault.name
            print(f"{number:>4} of {len(chosen)}  {fault.place:<22} {shown}", flush=True)
    counted = Counter(fault.expected for fault in chosen)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counted.items()))
    print(f"\n{len(chosen)} faults in {time.monotonic() - started:,.0f} s: {outcomes}")
    print("\n".join(odd) if odd else "each came out as it must")
    return 1 if odd else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
