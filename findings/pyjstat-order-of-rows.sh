#!/usr/bin/env bash
# pyjstat writes the values of a data frame as JSON-stat in the order of its rows, whatever its dimensions say: a whole frame
# whose rows are in another order comes back with values at other places, without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyjstat==2.4.0 pandas==3.1.1
"$work/venv/bin/python" - <<'PY' 2>/dev/null
from importlib.metadata import version

import pandas
from pyjstat import pyjstat

CELLS = [("Dudley", "2024", 1), ("Dudley", "2025", 2), ("Walsall", "2024", 3), ("Walsall", "2025", 4)]
seen = {}
for name, order in (("sorted", (0, 1, 2, 3)), ("newest first", (1, 3, 0, 2))):
    frame = pandas.DataFrame([CELLS[row] for row in order], columns=["place", "year", "value"])
    written = pyjstat.Dataset.read(pyjstat.Dataset.read(frame).write()).write("dataframe")
    seen[name] = sorted(map(tuple, written.to_numpy().tolist()))
    print(f"pyjstat {version('pyjstat')}, pandas {version('pandas')}: {name}: {seen[name]}")
assert seen["sorted"] == CELLS
assert seen["newest first"] == [("Dudley", "2024", 4), ("Dudley", "2025", 2), ("Walsall", "2024", 3), ("Walsall", "2025", 1)], seen
PY
