"""Delimited text, read strictly: rows with their numbers, and what is wrong with a text in words for who sent it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingestion.files.row_check import RawRow
from ingestion.files.values import clean_text
from ingestion.findings import RefusedFile

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "strokes"}
# What the csv module says, and what that means.
_MEANT = {
    "unexpected end of data": "a quotation mark is opened and never closed",
    "expected after": "text goes on after a closing quotation mark; a mark within a text is doubled",
    "field larger": "a cell is longer than any text; a quotation mark may be opened and never closed",
}


def rows_of_text(lines: Sequence[str], delimiter: str | None = None) -> Iterator[RawRow]:
    """Rows of a small delimited text that are not blank, their cells trimmed, numbered by their first line.

    Without a delimiter, what parts the cells is what stands in every row: a spreadsheet programme saves with another
    sign than it opened. Raises RefusedFile.
    """
    sign = delimiter or max(",;\t", key=lambda sign: sum(line.count(sign) for line in lines))
    for number, cells in _rows(csv.reader(lines, delimiter=sign)):
        plain = [cell.strip() for cell in cells]
        if any(plain):
            yield RawRow(number, plain)


def strict_rows(lines: Iterable[str], delimiter: str = ",") -> Iterator[list[str]]:
    """Every row of a CSV. Raises RefusedFile, saying in which line what cannot be read begins."""
    return (cells for _, cells in _rows(csv.reader(lines, delimiter=delimiter, strict=True)))


def headings_of_text(cells: Sequence[str], delimiter: str = ",") -> list[str]:
    """The headings in a row of a CSV. Raises RefusedFile where another sign than the delimiter parts them."""
    other = next((sign for sign in _NAMES if sign != delimiter and len(cells) == 1 and sign in cells[0]), None)
    if other is not None:
        raise RefusedFile(
            f"the headings are parted by {_NAMES[other]}, not by {_NAMES.get(delimiter, repr(delimiter))}; save the "
            "file anew with the right separator (in a spreadsheet: CSV, comma delimited)"
        )
    return list(map(clean_text, cells))


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows of the csv module, each with the line it begins in."""
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        meant = next((words for said, words in _MEANT.items() if said in str(error)), str(error))
        raise RefusedFile(f"not a CSV file: in the row that begins in line {begins}, {meant}") from None
