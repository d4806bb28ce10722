"""CSV for people: what a spreadsheet opens, with no text in it that the spreadsheet would run as a formula.

Every CSV of the product is written here (decision 0139). Parquet, JSON and workbooks keep texts as they are: the first
two are read by programs, and a workbook's cell says by itself that it holds text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

# OWASP, "CSV Injection": signs, tab, carriage return, line feed, and the signs as East Asian keyboards give them.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_MARKS_TEXT = "'"


def inert(value: object) -> object:
    """A cell that no spreadsheet runs: a text that begins like a formula gets an apostrophe before it.

    Numbers, days and instants stand as they are, negative ones too: it is the value's type that counts.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_BEGINS_FORMULA):
        return _MARKS_TEXT + value
    return value


def write_csv(file: TextIO, columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a heading and rows; what is null is empty. Open a file with `newline=""` and UTF-8."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(inert, columns))
    writer.writerows(map(inert, row) for row in rows)
