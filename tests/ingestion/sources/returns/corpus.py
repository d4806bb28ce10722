"""Return workbooks as people send them, made from the contract, each with the findings that are expected at its cells.

`python -m tests.ingestion.sources.returns.corpus FOLDER` writes the two that other programs were given to save again
(tests/fixtures/real/office/corpus).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from ingestion.catalogue import return_contract
from ingestion.files.row_check import column_letter

CONTRACT = return_contract(version=1)
COVER = {
    "template": "WMIP-RETURN",
    "template_version": 1,
    "programme": "WMIP",
    "partner_code": "CB01",
    "period_key": "2023-24-Q1",
    "submission_number": 1,
    "submitted_on": "14/07/2023",
}
TOP, LEFT = 2, 1
Tables = dict[str, list[dict[str, Any]]]


@dataclass
class Place:
    """Where the tables of a workbook were written."""

    first_row: dict[str, int] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)

    def cell(self, table: str, column: str, offset: int = 0) -> str:
        """Sheet and cell of a column in the row of a table (from 0)."""
        letter = column_letter(self.columns[table][column])
        return f"{CONTRACT.table(table).sheet}!{letter}{self.first_row[table] + offset}"


def labelled(table: str, row: dict[str, str | None]) -> dict[str, Any]:
    """A row in landed form, as people would type it."""
    return {name: _typed(table, name, value) for name, value in row.items() if value is not None}


def _typed(table: str, name: str, value: str) -> Any:
    column = CONTRACT.table(table).column(name)
    if column.kind == "yes_no":
        return value.title()
    if column.is_number:
        try:
            return float(value)
        except ValueError:
            return value
    return column.label(value)


def write(
    path: Path,
    tables: Tables,
    cover: dict[str, Any] | None = None,
    *,
    top: int = TOP,
    left: int = LEFT,
    sheets: dict[str, str] | None = None,
    without: tuple[str, ...] = (),
    edit: Any = None,
) -> Place:
    """Write a workbook. `sheets`: other names for sheets; `without`: tags that are left out; `edit`: what else is done
    to it before it is closed, given the book, its sheets by name and the places.
    """
    place, lines, named = Place(), {}, sheets or {}
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        clock, length = book.add_format({"num_format": "h:mm"}), book.add_format({"num_format": "[h]:mm"})
        opened = {"Cover": book.add_worksheet(named.get("Cover", "Cover"))}
        facts = {CONTRACT_FIELDS[name]: value for name, value in {**COVER, **(cover or {})}.items()}
        opened["Cover"].write_column(0, 0, ["WMIP:COVER:START", "Field", *facts, "WMIP:COVER:END"])
        opened["Cover"].write_column(1, 1, ["Value", *facts.values()])
        for table in CONTRACT.tables:
            name = table.table
            if table.sheet not in opened:
                opened[table.sheet] = book.add_worksheet(named.get(table.sheet, table.sheet))
            sheet, line = opened[table.sheet], lines.get(table.sheet, top)
            if f"{name}:START" not in without:
                sheet.write(line, left, f"WMIP:{name}:START")
            headings = [column for column in table.columns if column.name not in without]
            sheet.write_row(line + 1, left, [column.heading for column in headings])
            place.columns[name] = {column.name: left + at for at, column in enumerate(headings)}
            place.first_row[name] = line + 3
            for offset, row in enumerate(tables.get(name, [])):
                for column, value in row.items():
                    if column in without:
                        continue
                    at = (line + 2 + offset, place.columns[name][column])
                    if isinstance(value, datetime):
                        sheet.write_datetime(*at, value, day)
                    elif isinstance(value, time):
                        sheet.write_datetime(*at, value, clock)
                    elif isinstance(value, Length):
                        sheet.write_number(*at, value.hours / 24, length)
                    else:
                        sheet.write(*at, value)
            line += 2 + len(tables.get(name, []))
            if f"{name}:END" not in without:
                sheet.write(line, left, f"WMIP:{name}:END")
            lines[table.sheet] = line + 3
        if edit:
            edit(book, opened, place)
    return place


@dataclass(frozen=True)
class Length:
    """A duration, in a cell that is formatted [h]:mm."""

    hours: float


CONTRACT_FIELDS = {entry.name: entry.heading for entry in CONTRACT.cover.fields} | {"nil_return": "Nothing to report"}


def good() -> Tables:
    """A row of each table, right in every cell, in landed form."""
    from tests.ingestion.sources.returns.test_rules import ROWS, SECOND_MEMBER

    rows = {name: [dict(row)] for name, row in ROWS.items()}
    rows["MEMBERS"].append({**ROWS["MEMBERS"], **SECOND_MEMBER})
    return {name: [labelled(name, row) for row in found] for name, found in rows.items()}


def spoilt() -> Tables:
    """The same with four cells that are wrong, and what people really type in others."""
    tables = good()
    tables["SUPPORT"][0] |= {"supported_on": "6th May 2023", "support_hours": Length(7.5)}
    tables["SUPPORT"].append({**tables["SUPPORT"][0], "session_ref": "S2", "supported_on": "31/02/2023"})
    tables["JOBS"][0] |= {"contracted_hours": "lots"}
    tables["EVENTS"][0] |= {"mode": "Onlin"}
    tables["INTERVENTIONS"][0] |= {"award_gbp": "\u00a340,000\u00a0"}
    tables["LEVERAGE"][0] |= {"evidence": "Please select an option"}
    return tables


SPOILT_CELLS = (
    ("SUPPORT", "supported_on", 1, "not_a_date"),
    ("JOBS", "contracted_hours", 0, "not_a_number"),
    ("EVENTS", "mode", 0, "not_allowed"),
    ("LEVERAGE", "evidence", 0, "missing"),
)


if __name__ == "__main__":
    write(Path(sys.argv[1]) / "good.xlsx", good())
    write(Path(sys.argv[1]) / "spoilt.xlsx", spoilt())
