"""What a release made public, remembered: what the next one is compared with.

contributions.parquet   what the public figures were made of (for evaluators only)
figures.parquet         the figures as they were published, row by row
report.json             what was hidden, held back, withheld; no figure
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.disclosure import contributions
from evaluation.disclosure.contributions import Row, SeriesCells
from evaluation.disclosure.marks import PublishedFigures
from evaluation.disclosure.revision import Edition

MEMORY = "disclosure"
"""The folder of a release in which it is remembered."""
REPORT = "report.json"
_CONTRIBUTIONS = "contributions.parquet"
_FIGURES = "figures.parquet"


@dataclass(frozen=True)
class Memory:
    """What an earlier release left. `figures`: None where it was made before they were remembered."""

    contributions: dict[str, SeriesCells]
    report: dict[str, Any]
    figures: PublishedFigures | None

    def edition(self, indicator: str) -> Edition | None:
        """What the release made public of an indicator; None where it did not show it."""
        said = self.report["indicators"].get(indicator)
        if said is None or said["withheld"] is not None:
            return None
        cells = self.contributions.get(indicator, SeriesCells(()))
        # What was withheld before it was ever public was not said.
        return Edition(cells, frozenset(self.report["public_periods"]) - frozenset(said.get("waiting", ())))

    def changed(self, indicator: str) -> set[str]:
        """The quarters of an indicator that had changed by then since they were first public."""
        said = self.report["indicators"].get(indicator)
        return set(said["revised"]) if said else set()

    def covers(self, older: Memory) -> bool:
        """Whether all that an older release made public was public, and the same, in this one.

        Whoever kept the older figures then learns no more from them than from these.
        """
        for indicator in older.report["indicators"]:
            before, after = older.edition(indicator), self.edition(indicator)
            if before is None:
                continue
            if after is None or not before.periods <= after.periods:
                return False
            if any(before.cells.rows_of(period) != after.cells.rows_of(period) for period in sorted(before.periods)):
                return False
        return True


def recall(folder: Path) -> Memory | None:
    """What was left in a folder; None where nothing was."""
    if not (folder / REPORT).exists():
        return None
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    figures = folder / _FIGURES
    return Memory(
        by_indicator(pq.read_table(folder / _CONTRIBUTIONS)),
        report,
        PublishedFigures.from_table(pq.read_table(figures)) if figures.exists() else None,
    )


def remember(folder: Path, published: Iterable[Row], figures: PublishedFigures, report: dict[str, Any]) -> None:
    """Leave all of it in a new folder."""
    folder.mkdir()
    made_of = pa.Table.from_pylist(list(published), schema=contributions.SCHEMA)
    pq.write_table(made_of, folder / _CONTRIBUTIONS, compression="zstd")
    pq.write_table(figures.to_table(), folder / _FIGURES, compression="zstd")
    (folder / REPORT).write_text(json.dumps(report, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def by_indicator(table: pa.Table) -> dict[str, SeriesCells]:
    """Contributions by the indicator they are to."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["indicator_key"], []).append(row)
    return {indicator: SeriesCells(found) for indicator, found in rows.items()}


def superseded(memories: Sequence[Memory]) -> list[int]:
    """The places of those that a newer one covers. `memories`: newest first."""
    return [place for place, older in enumerate(memories) if any(newer.covers(older) for newer in memories[:place])]
