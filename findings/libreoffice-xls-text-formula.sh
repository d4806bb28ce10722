#!/usr/bin/env bash
# LibreOffice, asked to convert an .xlsx to .xls, stores the number 0 for a formula that gives text: it keeps the text it
# read, does not calculate, and writes no text beside the formula. Every reader of the .xls then sees 0. Needs soffice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xlsxwriter==3.3.1 xlrd==2.0.2 python-calamine==0.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import xlsxwriter

with xlsxwriter.Workbook("plain.xlsx") as book:
    sheet = book.add_worksheet("Data")
    sheet.write_formula(0, 0, '="0123"&"4567"', None, "01234567")
    sheet.write_formula(1, 0, "=1+1", None, 2)
PYTHON
soffice "-env:UserInstallation=file://$folder/profile" --headless --convert-to xls --outdir "$folder" "$folder/plain.xlsx" >/dev/null 2>&1
soffice --version
venv/bin/python - <<'PYTHON'
import sys
from importlib.metadata import version

import xlrd
from python_calamine import CalamineWorkbook

print("Python", sys.version.split()[0], *(f"{name} {version(name)}" for name in ("xlsxwriter", "xlrd", "python-calamine")))
sheet = xlrd.open_workbook("plain.xls").sheet_by_index(0)
by_xlrd = [sheet.cell_value(row, 0) for row in range(2)]
by_calamine = [row[0] for row in CalamineWorkbook.from_path("plain.xls").get_sheet_by_index(0).to_python()]
print("the .xlsx holds 01234567 and 2; of the .xls xlrd reads", by_xlrd, "and calamine", by_calamine)
assert by_xlrd == by_calamine == [0.0, 2.0]
PYTHON
