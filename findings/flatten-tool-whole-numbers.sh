#!/usr/bin/env bash
# flatten-tool, which turns spreadsheets into 360Giving and Open Contracting JSON, cuts 12.5 of an .xlsx to 12 where the schema
# asks for a whole number, and says nothing. Of a .csv it keeps 12.5, as text, and warns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check flattentool==0.28.0 openpyxl==3.1.5
cd "$work"
venv/bin/python - <<'PY'
import csv
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import flattentool
import openpyxl
from flattentool.exceptions import DataErrorWarning

properties = {"id": {"type": "string"}, "months": {"type": "integer"}}
Path("schema.json").write_text(json.dumps({"type": "object", "properties": properties}))
rows = [("id", "months"), ("a", 12.5), ("b", 12)]
book = openpyxl.Workbook()
for row in rows:
    book.active.append(row)
book.save("grants.xlsx")
Path("csv").mkdir()
with Path("csv/grants.csv").open("w", newline="") as file:
    csv.writer(file).writerows(rows)

seen = {}
for name, kind in (("grants.xlsx", "xlsx"), ("csv", "csv")):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        flattentool.unflatten(name, input_format=kind, output_name="out.json", root_list_path="grants", root_id="", schema="schema.json")
    grants = json.loads(Path("out.json").read_text())["grants"]
    seen[kind] = [grant["months"] for grant in grants], any(issubclass(one.category, DataErrorWarning) for one in warned)
    print(f"flattentool {version('flattentool')}, openpyxl {version('openpyxl')}: {kind}: months, and whether it warns: {seen[kind]}")
assert seen == {"xlsx": ([12, 12], False), "csv": (["12.5", 12], True)}
PY
