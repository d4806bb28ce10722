"""What several bodies brought about together: each keeps its credit, the programme counts it once.

A pack goes from hand to hand: a few organisations that several bodies helped are not told in numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows

# As disclosure control has it of businesses and agreements (evaluation/disclosure/public_tables.yaml).
FEWEST = 5


@dataclass(frozen=True)
class Overlap:
    """Of one indicator so far: the bodies' own counts added up, and what of it several count. `is_few`: too few to be
    told in numbers.
    """

    by_bodies: Decimal
    several: Decimal

    @property
    def is_few(self) -> bool:
        """Whether those who know one of them could tell the others."""
        return self.several < FEWEST


_OVERLAPS = """
    SELECT o.indicator_key, coalesce(sum(o.value) FILTER (o.line = 'partner'), 0) AS by_bodies,
        coalesce(sum(o.value) FILTER (o.line = 'overlap'), 0) AS several
    FROM indicator_overlap AS o
    INNER JOIN dim_indicator AS i USING (indicator_key)
    -- Of pounds and shares of posts nobody sees here of how few organisations they are.
    WHERE i.unit NOT IN ('GBP', 'FTE')
    GROUP BY o.indicator_key
    -- What is withheld has no sum.
    HAVING count(*) = count(o.value)
    ORDER BY o.indicator_key
"""


def read_overlaps(mart: duckdb.DuckDBPyConnection) -> dict[str, Overlap]:
    """By indicator; nothing of a release of before it was told, nor where no two bodies count the same."""
    if not has_table(mart, "indicator_overlap"):
        return {}
    found = {row.pop("indicator_key"): Overlap(**row) for row in rows(mart, _OVERLAPS)}
    return {key: overlap for key, overlap in found.items() if overlap.several}
