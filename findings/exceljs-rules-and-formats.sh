#!/usr/bin/env bash
# exceljs makes NaN of a date rule that is a function, and a date of a number whose format has an escaped letter: what it
# saves no longer checks dates, and 30 hours are a day in January 1900. A rule that is a number and a quoted unit stay.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check xlsxwriter==3.3.1
(cd "$work" && npm install --silent --no-audit --no-fund exceljs@4.4.0)
"$work/venv/bin/python" - "$work/in.xlsx" <<'PY'
import sys

import xlsxwriter

with xlsxwriter.Workbook(sys.argv[1]) as book:
    sheet = book.add_worksheet()
    sheet.data_validation("A1", {"validate": "date", "criteria": ">=", "value": "=DATE(2020,1,1)"})
    sheet.data_validation("A2", {"validate": "date", "criteria": ">=", "value": 43831})
    sheet.write_number("B1", 30, book.add_format({"num_format": r"0\ \d"}))
    sheet.write_number("B2", 30, book.add_format({"num_format": '0 "d"'}))
PY
cat > "$work/look.js" <<'JS'
const ExcelJS = require('exceljs');
const kind = value => value instanceof Date ? 'a date' : String(value);
(async () => {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile('in.xlsx');
  const sheet = book.worksheets[0];
  const rules = ['A1', 'A2'].map(cell => String(sheet.getCell(cell).dataValidation.formulae[0]));
  const cells = ['B1', 'B2'].map(cell => kind(sheet.getCell(cell).value));
  console.log(`exceljs ${require('exceljs/package.json').version}: rules ${rules.join(' | ')}; cells ${cells.join(' | ')}`);
  if (!/NaN|Invalid/.test(rules[0]) || /NaN|Invalid/.test(rules[1])) process.exit(1);
  if (cells[0] !== 'a date' || cells[1] !== '30') process.exit(1);
})();
JS
cd "$work" && node look.js
