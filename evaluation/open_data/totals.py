"""Totals proved equal: the same figure in every file of a release, or nothing is published."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TypeVar

from evaluation.open_data.errors import TotalsDiffer

_MOST_LISTED = 5

Key = TypeVar("Key", bound=Hashable)


def prove_equal(totals: Mapping[str, Mapping[Key, Decimal]]) -> None:
    """Compare totals of several files with the first one's, key by key and to the last digit.

    Raises TotalsDiffer, naming file, key and both figures. A key that one file lacks differs too.
    """
    (first, expected), *others = totals.items()
    problems = []
    for name, found in others:
        for key in sorted(expected.keys() | found.keys(), key=str):
            if expected.get(key) != found.get(key):
                label = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
                problems.append(f"{label}: {_shown(found.get(key))} in {name}, {_shown(expected.get(key))} in {first}")
    if problems:
        more = f"; and {len(problems) - _MOST_LISTED} more" if len(problems) > _MOST_LISTED else ""
        raise TotalsDiffer("totals differ between files of one release: " + "; ".join(problems[:_MOST_LISTED]) + more)


def _shown(value: Decimal | None) -> str:
    return "nothing" if value is None else f"{value.normalize():,f}"
