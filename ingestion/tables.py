"""Check a table people filled in against its contract: rows that are right, findings about those that are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.findings import Finding, RefusedFile
from ingestion.values import BadValue, Column, is_empty, value_class

KEY_JOIN = "\x1f"
"""Joins the columns of a key; `ingestion.landing` joins them in the same way."""


@dataclass(frozen=True)
class RawRow:
    """A row as it stands in the file: its number (from 1) and the cells by position."""

    number: int
    cells: Sequence[Any]


@dataclass
class CheckedTable:
    """Rows in landed form with their row numbers, and what is wrong with the others."""

    rows: list[tuple[int, dict[str, str | None]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def heading_key(heading: Any) -> str:
    """Headings are compared without case, spacing and a trailing star."""
    return re.sub(r"\s+", " ", str(heading or "").replace("\u00a0", " ")).strip().rstrip("*").strip().lower()


def named_positions(names: Mapping[str, Sequence[str]], headings: Sequence[Any]) -> dict[str, int]:
    """Position of each column that has a heading, by any of its names (as `heading_key` gives them)."""
    given = [heading_key(heading) for heading in headings]
    return {
        column: next(index for index, heading in enumerate(given) if heading in known)
        for column, known in names.items()
        if any(heading in known for heading in given)
    }


def column_letter(index: int) -> str:
    """Spreadsheet letters of a column position (0 is A)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def match_headings(columns: Sequence[Column], headings: Sequence[Any], where: str) -> dict[str, int]:
    """Position of each column's heading. Raises RefusedFile naming the required headings that are missing."""
    positions: dict[str, int] = {}
    for index, heading in enumerate(headings):
        positions.setdefault(heading_key(heading), index)
    missing = [column.heading for column in columns if column.required and heading_key(column.heading) not in positions]
    if missing:
        raise RefusedFile(f"{where}: the heading {', '.join(missing)} is missing; use the template's headings")
    return {
        column.name: positions[heading_key(column.heading)]
        for column in columns
        if heading_key(column.heading) in positions
    }


def lacking(columns: Iterable[Column], positions: Mapping[str, int]) -> list[str]:
    """Headings of the columns that a table does not have."""
    return [column.heading for column in columns if column.name not in positions]


def _conditional_problem(column: Column, row: Mapping[str, str | None]) -> str | None:
    """Why an empty cell must not be empty beside what the rest of the row says."""
    for other, value in column.required_when.items():
        if row.get(other) == value:
            return f"{column.heading} is empty; a row of this kind needs it"
    for other, value in column.required_unless.items():
        if row.get(other) is not None and row.get(other) != value:
            return f"{column.heading} is empty; a row of this kind needs it"
    return None


def record_key(row: Mapping[str, str | None], columns: Sequence[str]) -> str | None:
    """Which record a row is of, as `landing.land` joins the columns of a key; None where one of them is empty."""
    values = [row[column] for column in columns]
    return KEY_JOIN.join(map(str, values)) if values and None not in values else None


def check_table(
    columns: Sequence[Column],
    positions: Mapping[str, int],
    rows: Iterable[RawRow],
    *,
    source: str,
    stream: str,
    place: str,
    key: Sequence[str] = (),
) -> CheckedTable:
    """Check every row; all that is wrong with a row is found at once. Blank rows are skipped.

    `place` is what stands before the row number in a finding's place; `key` the columns that say which record it is.
    """
    checked = CheckedTable()
    for raw in rows:
        if all(is_empty(cell) for cell in raw.cells):
            continue
        row: dict[str, str | None] = {}
        problems: list[tuple[Column, str, str, str]] = []
        for column in columns:
            index = positions.get(column.name)
            cell = raw.cells[index] if index is not None and index < len(raw.cells) else None
            try:
                row[column.name] = column.read(cell)
            except BadValue as bad:
                row[column.name] = None
                problems.append((column, bad.reason_code, bad.value_class, str(bad)))
        wrong = {column.name for column, *_ in problems}
        for column in columns:
            if row[column.name] is None and column.name not in wrong:
                message = _conditional_problem(column, row)
                if message:
                    problems.append((column, "missing", value_class(None), message))
        if not problems:
            checked.rows.append((raw.number, row))
            continue
        for column, code, kind, message in problems:
            index = positions.get(column.name)
            checked.findings.append(
                Finding(
                    source=source,
                    stream=stream,
                    place=f"{place}{raw.number}",
                    column_name=column.name,
                    reason_code=code,
                    message=message,
                    cell=None if index is None else f"{column_letter(index)}{raw.number}",
                    value_class=kind,
                    key=record_key(row, key),
                )
            )
    return checked
