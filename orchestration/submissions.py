"""The submissions of a body's quarter beside each other: what differs cell by cell, and which may be handed in.

Every submission stays landed and in `originals/`; the greatest number counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.home import inbox_folder
from ingestion.catalogue import SOURCES, return_contract
from ingestion.storage.latest import read_latest
from orchestration.errors import UserError

SOURCE = "returns"
_COVER = ("submission_number", "submitted_on", "file_name", "file_sha256")


@dataclass(frozen=True)
class Submission:
    """A workbook that was handed in and read."""

    number: int
    submitted_on: str
    file_name: str
    sha256: str


@dataclass(frozen=True)
class CellChange:
    """One cell that two submissions say otherwise; `change` is added or removed where a whole row is."""

    table: str
    reference: str
    column: str
    change: str
    before: str | None
    after: str | None
    place: str


def submissions_of(home: Path, partner: str, period: str) -> list[Submission]:
    """What a body handed in of a quarter and was read, by number; of two with one number the first submitted."""
    covers = SOURCES[SOURCE].stream("covers")
    found = [
        Submission(int(number), submitted_on or "", name, sha256)
        for code, quarter, number, submitted_on, name, sha256 in read_latest(
            home, SOURCE, covers, ("partner_code", "period_key", *_COVER)
        )
        if (code, quarter) == (partner, period)
    ]
    return sorted(found, key=lambda one: (one.number, one.submitted_on, one.file_name))


def require_new(home: Path, cover: Mapping[str, Any], sha256: str) -> None:
    """Raise UserError for a workbook that is here already, or that a later submission stands before."""
    partner, period, number = str(cover["partner_code"]), str(cover["period_key"]), int(cover["submission_number"])
    here = submissions_of(home, partner, period)
    same = next((one for one in here if one.sha256 == sha256), None)
    if same is not None:
        raise UserError(
            f"this very workbook is here already: submission {same.number} of {partner} {period}, {same.file_name}, "
            f"submitted on {same.submitted_on}. Nothing was changed and nothing is to be done"
        )
    waiting = _waiting(home, sha256)
    if waiting is not None:
        raise UserError(f"this very workbook waits in the inbox already, as {waiting.name}; the next night reads it")
    latest = max(here, key=lambda one: one.number, default=None)
    if latest is not None and number <= latest.number:
        raise UserError(
            f"submission {latest.number} of {partner} {period} is here already ({latest.file_name}, submitted on "
            f"{latest.submitted_on}), and stands before submission {number}. A correction is submission "
            f"{latest.number + 1}: put that on the cover. `wmip returns diff` shows what differs"
        )


def _waiting(home: Path, sha256: str) -> Path | None:
    from ingestion.files.inbox import sha256_of

    files = (path for path in sorted(inbox_folder(home, SOURCE).glob("*")) if path.is_file() and path.name[0] != ".")
    return next((path for path in files if sha256_of(path) == sha256), None)


def compare(home: Path, partner: str, period: str, before: int | None, after: int | None) -> list[CellChange]:
    """What changed from one submission to a later one; without numbers, from the last but one to the last.

    Rows that were refused are in neither: they are findings (`return_finding`). Raises UserError for a number that was
    not handed in.
    """
    here = submissions_of(home, partner, period)
    numbers = sorted({one.number for one in here})
    if before is None and after is None and len(numbers) < 2:
        said = f"one, number {numbers[0]}" if numbers else "none"
        raise UserError(f"{partner} {period} has {said} that was read; two are needed to compare")
    later = _numbered(here, numbers[-1] if after is None else after, partner, period)
    if before is None:
        earlier_numbers = [number for number in numbers if number < later.number]
        if not earlier_numbers:
            raise UserError(f"{partner} {period} has no submission before {later.number}")
        before = earlier_numbers[-1]
    return list(_changes(home, _numbered(here, before, partner, period), later))


def _numbered(here: list[Submission], number: int, partner: str, period: str) -> Submission:
    found = next((one for one in here if one.number == number), None)
    if found is None:
        known = ", ".join(str(one.number) for one in here) or "none"
        raise UserError(f"there is no submission {number} of {partner} {period} that was read; there is {known}")
    return found


def _changes(home: Path, before: Submission, after: Submission) -> Iterator[CellChange]:
    for table in return_contract().tables:
        columns = table.landed
        stream = SOURCES[SOURCE].stream(table.stream)
        found = read_latest(home, SOURCE, stream, ("file_sha256", "sheet", "row_number", *columns))
        key = [columns.index(name) for name in table.reference or columns]
        old, new = (_by_reference([row for row in found if row[0] == one.sha256], key) for one in (before, after))
        for reference in sorted({*old, *new}):
            yield from _row_changes(
                table.table, " ".join(filter(None, reference[:-1])), columns, old.get(reference), new.get(reference)
            )


def _by_reference(rows: list[tuple[Any, ...]], key: list[int]) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Rows by what names them, and a number where several are named alike."""
    found: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for row in sorted(rows, key=lambda row: (row[1] or "", int(row[2]))):
        reference = tuple(" ".join(str(row[3 + at] or "").lower().split()) for at in key)
        nth = 1
        while (*reference, str(nth)) in found:
            nth += 1
        found[(*reference, str(nth))] = row
    return found


def _row_changes(
    table: str, reference: str, columns: tuple[str, ...], old: tuple[Any, ...] | None, new: tuple[Any, ...] | None
) -> Iterator[CellChange]:
    row = new or old or ()
    place = f"{row[1]}!{row[2]}"
    change = "added" if old is None else "removed" if new is None else "changed"
    for at, column in enumerate(columns, start=3):
        was, now = old[at] if old else None, new[at] if new else None
        if was != now:
            yield CellChange(table, reference, column, change, was, now, place)
