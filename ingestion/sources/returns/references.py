"""References that stand more than once in one workbook: rows that say the same, and rows that contradict each other.

A reference is compared without case, outer and doubled spaces. Posts and tranches are told apart by their organisation
too: a post is its reference within its organisation. What references name from quarter to quarter is for the models to
say (docs/decisions/0150).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.sources.returns.contract import Table

Row = Mapping[str, str | None]
Numbered = tuple[int, Row]


def reference_key(reference: str | None) -> str:
    """A reference in comparable form."""
    return " ".join((reference or "").split()).upper()


def repetitions(table: Table, rows: Sequence[Numbered]) -> tuple[dict[int, int], dict[int, int]]:
    """Row numbers that repeat another row, and those that contradict one, each with the number of that other row.

    A table of the contract without `reference` has none.
    """
    groups: dict[tuple[str, ...], list[Numbered]] = defaultdict(list)
    owners = _owners(table.within, rows)
    for number, row in rows:
        groups[(*(reference_key(row[name]) for name in table.reference), owners.get(number, ""))].append((number, row))
    repeated: dict[int, int] = {}
    contradicted: dict[int, int] = {}
    for group in groups.values():
        (first, _), *others = group
        if len({_content(row) for _, row in group}) == 1:
            repeated.update({number: first for number, _ in others})
        else:
            contradicted.update({number: first for number, _ in others})
            contradicted[first] = others[0][0]
    return repeated, contradicted


def _content(row: Row) -> tuple[str, ...]:
    return tuple(reference_key(value) for value in row.values())


def _owners(within: Sequence[str] | None, rows: Sequence[Numbered]) -> dict[int, str]:
    """The organisation of each row: its number, that of a row of the same name, or its name."""
    if not within:
        return {}
    number_column, name_column = within
    given = {
        number: (re.sub(r"[^A-Z0-9]", "", (row[number_column] or "").upper()).lstrip("0"), _name(row[name_column]))
        for number, row in rows
    }
    known = {name: identifier for identifier, name in given.values() if identifier}
    return {number: identifier or known.get(name) or name for number, (identifier, name) in given.items()}


def _name(name: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", " ", (name or "").lower()).strip()
