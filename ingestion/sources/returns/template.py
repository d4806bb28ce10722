"""The blank return workbook of a cluster body and quarter, made from the template contract that its reader uses.

Drop-downs, dates and numbers are checked by Excel while people type; what gets past them is found by the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.catalogue import return_contract
from ingestion.files.values import NUMBERS, WHOLE
from ingestion.sources.returns.contract import Column, Cover, Table

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

ROWS = 200
"""Blank rows of each table; people insert more between START and END."""
# A number to Excel: where the rule is a function, exceljs makes NaN of it.
_FIRST_DATE = date(2000, 1, 1)


def write_template(path: Path, cover: Mapping[str, str]) -> None:
    """Write the workbook. `cover`: what is known of it by field name, such as `partner_code` and `period_key`."""
    import xlsxwriter

    contract = return_contract()
    known = {**contract.cover.must_be, **cover}
    # A text stays a text, whatever it begins with: a body's name comes from outside.
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        styles = {
            "fence": book.add_format({"font_color": "#595959", "font_size": 8}),
            "heading": book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True}),
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheet = book.add_worksheet(contract.cover.sheet)
        sheet.set_column(0, 1, 28)
        _cover(sheet, contract.cover, known, styles)
        sheets: dict[str, tuple[Worksheet, int]] = {}
        for table in contract.tables:
            name = table.sheet
            sheet, top = sheets.get(name) or (book.add_worksheet(name), 0)
            sheets[name] = (sheet, _table(sheet, top, table, styles))


def _cover(sheet: Worksheet, cover: Cover, known: Mapping[str, str], styles: Mapping[str, Any]) -> None:
    sheet.write(0, 0, f"WMIP:{cover.table}:START", styles["fence"])
    sheet.write_row(1, 0, ["Field", "Value"], styles["heading"])
    for row, column in enumerate(cover.fields, 2):
        sheet.write(row, 0, column.heading)
        sheet.write(row, 1, known.get(column.name, ""), styles["date" if column.kind == "date" else "text"])
    sheet.write(2 + len(cover.fields), 0, f"WMIP:{cover.table}:END", styles["fence"])


def _table(sheet: Worksheet, top: int, table: Table, styles: Mapping[str, Any]) -> int:
    """A table from row `top`; returns the row at which the next one may begin."""
    first, last = top + 2, top + 1 + ROWS
    sheet.write(top, 0, f"WMIP:{table.table}:START", styles["fence"])
    for at, column in enumerate(table.columns):
        heading = f"{column.heading} *" if column.required else column.heading
        sheet.write(top + 1, at, heading, styles["heading"])
        kind = column.kind
        for row in range(first, last + 1):
            sheet.write_blank(row, at, None, styles.get("date" if kind == "date" else "text" if kind == "text" else ""))
        rule = _rule(column)
        if rule is not None:
            sheet.data_validation(first, at, last, at, rule)
    sheet.set_column(0, len(table.columns) - 1, 18)
    sheet.write(last + 1, 0, f"WMIP:{table.table}:END", styles["fence"])
    return last + 4


def _rule(column: Column) -> dict[str, Any] | None:
    """What Excel lets into a column's cells; None for text."""
    kind = column.kind
    if kind == "choice":
        return {"validate": "list", "source": [str(label) for label in column.allowed]}
    if kind == "yes_no":
        return {"validate": "list", "source": ["Yes", "No"]}
    if kind == "date":
        return {"validate": "date", "criteria": ">=", "value": _FIRST_DATE, "error_message": "A date, as dd/mm/yyyy"}
    if kind in NUMBERS:
        bounds = column.cell
        what = "A whole number" if kind in WHOLE else "A number, without a pound sign"
        return {
            "validate": "integer" if kind in WHOLE else "decimal",
            "criteria": "between",
            "minimum": int(bounds.least),
            "maximum": int(bounds.most),
            "error_message": f"{what}, from {bounds.least:,} to {bounds.most:,}",
        }
    return None
