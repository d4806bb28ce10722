#!/usr/bin/env bash
# calamine reads a duration of an .ods as a time, or as text once it lasts a day or is written without leading noughts,
# and refuses a file whose XML is indented, as the standard allows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 odfpy==1.4.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import datetime
import sys
import zipfile
from importlib.metadata import version
from xml.dom.minidom import parseString

from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from python_calamine import CalamineError, CalamineWorkbook

book = OpenDocumentSpreadsheet()
table = Table(name="Data")
book.spreadsheet.addElement(table)
for duration in ("PT07H30M00S", "PT26H30M00S", "PT7H30M"):
    row = TableRow()
    row.addElement(TableCell(valuetype="time", timevalue=duration))
    table.addElement(row)
book.save("plain.ods")
with zipfile.ZipFile("plain.ods") as plain, zipfile.ZipFile("indented.ods", "w") as indented:
    for name in plain.namelist():
        content = plain.read(name)
        indented.writestr(name, parseString(content).toprettyxml().encode() if name == "content.xml" else content)

print("Python", sys.version.split()[0], "python-calamine", version("python-calamine"), "odfpy", version("odfpy"))
read = [row[0] for row in CalamineWorkbook.from_path("plain.ods").get_sheet_by_index(0).to_python()]
print("7 h 30, 26 h 30, 7 h 30 without a nought:", read)
try:
    CalamineWorkbook.from_path("indented.ods").get_sheet_by_index(0).to_python()
    said = "read"
except CalamineError as error:
    said = f"refused: {error}"
print("the same file, indented:", said[:100])
assert read == [datetime.time(7, 30), "PT26H30M00S", "PT7H30M"], read
assert said.startswith("refused"), said
PYTHON
