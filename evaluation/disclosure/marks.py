"""`r`: which published figures differ from what an earlier release published in the same row.

A row is marked once its own figure changed, and stays marked. What became public is remembered row by row, as it was
published: nothing confidential is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

REVISED = "r"
# A figure of a row, and the mark beside it.
MEASURES = (("value", "status"), ("cumulative_value", "cumulative_status"))
SCHEMA = pa.schema(
    [
        ("indicator_key", pa.string()),
        ("scope", pa.string()),
        ("scope_key", pa.string()),
        ("time", pa.string()),
        ("measure", pa.string()),
        ("value", pa.float64()),
        ("is_revised", pa.bool_()),
    ]
)

Key = tuple[str, ...]


@dataclass
class PublishedFigures:
    """What releases showed last of every row: the figure, and whether it had changed by then."""

    figures: dict[Key, tuple[float, bool]] = field(default_factory=dict)

    @classmethod
    def from_table(cls, table: pa.Table) -> PublishedFigures:
        """As an earlier release remembered it."""
        return cls({tuple(row.values())[:5]: (row["value"], row["is_revised"]) for row in table.to_pylist()})

    def to_table(self) -> pa.Table:
        """To remember, in one order."""
        rows = [(*key, *self.figures[key]) for key in sorted(self.figures)]
        return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)

    def mark(self, rows: Iterable[dict[str, Any]]) -> None:
        """Mark what differs in rows of `indicator_value` or `indicator_year`, and remember what they show."""
        for row in rows:
            for measure, status in MEASURES:
                if (value := row.get(measure)) is None:
                    continue
                key = _key(row, measure)
                before, was_revised = self.figures.get(key, (value, False))
                is_revised = was_revised or value != before
                if is_revised:
                    row[status] = REVISED
                self.figures[key] = (value, is_revised)


def _key(row: Mapping[str, Any], measure: str) -> Key:
    time = row.get("period_key") or row["financial_year"]
    return row["indicator_key"], row["scope"], row["scope_key"], time, measure
