"""Check a table people filled in against its contract: rows that are right, findings about those that are not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA

from ingestion.files.values import BadValue, Column, NoValue, clean_text, holds_controls, is_empty, value_class
from ingestion.findings import ERROR, NOTE, WARNING, Finding, RefusedFile
from ingestion.persons.contact_details import withhold

CONTACT_DETAILS = "contact_details_withheld"
CONTROL_CHARACTERS = "control_characters"
TOO_MANY_CELLS = "too_many_cells"
KEY_JOIN = "\x1f"
"""Joins the columns of a key; `ingestion.storage.landing` joins them in the same way."""


@dataclass(frozen=True)
class RawRow:
    """A row as it stands in the file: its number (from 1) and the cells by position. `has_surplus`: it has values
    beyond the last heading of a text file, so that nobody knows which value belongs to which heading.
    """

    number: int
    cells: Sequence[Any]
    has_surplus: bool = False


def width_of(headings: Sequence[Any]) -> int:
    """How many columns a table has: up to its last heading. What stands beyond it belongs to no heading."""
    return max((at for at, heading in enumerate(headings, 1) if clean_text(str(heading or ""))), default=0)


def row_of_text(number: int, cells: Sequence[str], width: int) -> RawRow:
    """A row of a text file whose table has so many columns."""
    return RawRow(number, cells, has_surplus=any(cell.strip() for cell in cells[width:]))


def surplus(source: str, stream: str, place: str) -> Finding:
    """The refusal of a row that `has_surplus`."""
    return Finding(
        source=source,
        stream=stream,
        place=place,
        column_name="row",
        reason_code=TOO_MANY_CELLS,
        message="has more values than there are headings, so that none of them can be placed; put text "
        "that holds a comma into quotation marks, as a spreadsheet does when it saves",
        value_class="text",
    )


@dataclass
class CheckedTable:
    """Rows in landed form with their row numbers, what is wrong with the others, and what these land without.

    `refused`: the others as far as they can be read, each with the columns that cannot.
    """

    rows: list[tuple[int, dict[str, str | None]]] = field(default_factory=list)
    refused: list[tuple[int, dict[str, str | None], frozenset[str]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


_PARTED = re.compile(r"\s*([:/])\s*")


def heading_key(heading: Any) -> str:
    """Headings are compared without case, doubled and no-break blanks, blanks around a colon or slash, and a star at
    the end.
    """
    text = str(heading or "")
    return _key(text) if len(text) < _LONG_HEADING else _key.__wrapped__(text)


_LONG_HEADING = 300


@lru_cache(maxsize=8192)
def _key(text: str) -> str:
    plain = " ".join(clean_text(unicodedata.normalize("NFKC", text)).split())
    return _PARTED.sub(r"\1", plain).rstrip("*").strip().lower()


def find_columns(
    names: Mapping[str, Collection[str]],
    headings: Sequence[Any],
    *,
    required: Collection[str] = (),
    key: Callable[[Any], str] = heading_key,
    where: str = "",
) -> dict[str, int]:
    """Position of each column that has a heading, by any of its names (as `key` gives them); the first of two.

    `where` stands before a message. Raises RefusedFile when a heading of a required column stands twice.
    """
    standing: dict[str, list[int]] = {}
    for index, heading in enumerate(headings):
        standing.setdefault(key(heading), []).append(index)
    positions: dict[str, int] = {}
    for column, known in names.items():
        found = [standing[name] for name in known if name in standing]
        twice = next((indices for indices in found if len(indices) > 1), None)
        if twice and column in required:
            raise RefusedFile(
                f"{where}the heading {_shown(headings[twice[0]])} stands twice, in columns {column_letter(twice[0])} "
                f"and {column_letter(twice[1])}; rename or remove one of them"
            )
        if found:
            positions[column] = min(map(min, found))
    return positions


def near_headings(unread: Iterable[Any], missing: Iterable[str]) -> dict[str, str]:
    """Headings that nobody reads and that one slip of the keyboard keeps from a heading that is missing, with that."""
    wanted = {heading_key(name): name for name in missing if len(heading_key(name)) >= _LONG_ENOUGH}
    found = {}
    for heading in unread:
        given = heading_key(heading)
        meant = next((name for known, name in wanted.items() if _one_slip_apart(given, known)), None)
        if meant is not None:
            found[_shown(heading)] = meant
    return found


# Shorter headings (`lat`, `ward`) are too near to each other to say what was meant.
_LONG_ENOUGH = 5


def _one_slip_apart(given: str, known: str) -> bool:
    """Whether one letter was left out, added, changed, or swapped with its neighbour; blanks and signs aside."""
    given, known = re.sub(r"[\W_]", "", given), re.sub(r"[\W_]", "", known)
    return abs(len(given) - len(known)) <= 1 and OSA.distance(given, known, score_cutoff=1) <= 1


def _shown(heading: Any) -> str:
    return " ".join(clean_text(str(heading or "")).split())


def column_letter(index: int) -> str:
    """Spreadsheet letters of a column position (0 is A)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def match_headings(columns: Sequence[Column], headings: Sequence[Any], where: str) -> dict[str, int]:
    """Position of each column's heading. A column that some rows must fill needs its heading too.

    Raises RefusedFile naming the needed headings that are missing, or stand twice.
    """
    needed = [column for column in columns if column.required or column.required_when or column.required_unless]
    positions = find_columns(
        {column.name: {heading_key(column.heading)} for column in columns},
        headings,
        required={column.name for column in needed},
        where=f"{where}: ",
    )
    missing = lacking(needed, positions)
    if missing:
        raise RefusedFile(
            f"{where}: the heading {', '.join(missing)} is missing{meant(headings, missing)}; "
            "use the template's headings"
        )
    return positions


def meant(headings: Sequence[Any], missing: Sequence[str]) -> str:
    """What stands there in place of missing headings, for a message; nothing when nothing is near."""
    near = near_headings(headings, missing)
    return f" (is {', '.join(f'{given!r} meant for {name}' for given, name in near.items())}?)" if near else ""


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
    blank_rows: bool = False,
) -> CheckedTable:
    """Check every row; all that is wrong with a row is found at once. Blank rows are skipped, unless `blank_rows` are
    to be judged too. Contact details in a text are withheld, with a warning at the cell.

    `place` is what stands before the row number in a finding's place; `key` the columns that say which record it is.
    """
    checked = CheckedTable()
    read = set(positions.values())
    needed = [positions[column.name] for column in columns if column.required and column.name in positions]
    for raw in rows:
        if not blank_rows and _is_blank(raw.cells, read, needed):
            continue
        if raw.has_surplus:
            checked.findings.append(surplus(source, stream, f"{place}{raw.number}"))
            continue
        row, problems = _read_row(columns, positions, raw)
        unread = frozenset(column.name for column, *_, severity in problems if severity == ERROR)
        if unread:
            checked.refused.append((raw.number, row, unread))
        else:
            checked.rows.append((raw.number, row))
        for column, code, kind, message, severity in problems:
            index = positions.get(column.name)
            checked.findings.append(
                Finding(
                    source=source,
                    stream=stream,
                    place=f"{place}{raw.number}",
                    column_name=column.name,
                    reason_code=code,
                    message=f"{message}. The row counts without it" if severity == WARNING else message,
                    cell=None if index is None else f"{column_letter(index)}{raw.number}",
                    value_class=kind,
                    key=record_key(row, key),
                    severity=severity,
                )
            )
    return checked


def _is_blank(cells: Sequence[Any], read: set[int], needed: Sequence[int]) -> bool:
    """Whether nobody filled in a row. A formula nobody calculated makes none in a column nobody reads, nor where it is
    all there is and a cell that must be filled in is empty: a template's own.
    """
    filled = [at for at, cell in enumerate(cells) if not is_empty(cell)]
    if any(not isinstance(cells[at], NoValue) or (at in read and cells[at].shown) for at in filled):
        return False
    return not (read & set(filled)) or any(at not in filled for at in needed)


_Problem = tuple[Column, str, str, str, str]


def _read_row(
    columns: Sequence[Column], positions: Mapping[str, int], raw: RawRow
) -> tuple[dict[str, str | None], list[_Problem]]:
    """A row in landed form, and what is wrong with it: column, code, class of value, message, severity."""
    row: dict[str, str | None] = {}
    problems: list[_Problem] = []

    def note(column: Column, code: str, kind: str, message: str) -> None:
        problems.append((column, code, kind, message, ERROR if column.essential else WARNING))

    for column in columns:
        index = positions.get(column.name)
        cell = raw.cells[index] if index is not None and index < len(raw.cells) else None
        try:
            value = column.read(cell)
        except BadValue as bad:
            row[column.name] = None
            note(column, bad.reason_code, bad.value_class, str(bad))
            continue
        row[column.name], what = (None, None) if value is None else withhold(value, column.text_kind)
        if holds_controls(cell):
            said = f"{column.heading} holds control characters, which are left out"
            problems.append((column, CONTROL_CHARACTERS, "text", said, NOTE))
        if what:
            said = f"{column.heading} holds {what}, which is withheld; take it out"
            problems.append((column, CONTACT_DETAILS, "contact", said, WARNING))
    wrong = {column.name for column, *_, severity in problems if severity != NOTE}
    for column in columns:
        if row[column.name] is None and column.name not in wrong:
            message = _conditional_problem(column, row)
            if message:
                note(column, "missing", value_class(None), message)
    return row, problems
