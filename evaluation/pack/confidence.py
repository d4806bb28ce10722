"""How far the programme's figures so far can be relied on, and why no further."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows


@dataclass(frozen=True)
class Confidence:
    """Of one indicator so far: shares of its claims and of the returns that are due, and a grade with its reasons.

    `grade` is None where nothing was claimed and no return is due. Shares are None where there is nothing to share.
    """

    verified_share: Decimal | None
    evidenced_share: Decimal | None
    claimed_share: Decimal | None
    returns_received: int
    returns_expected: int
    grade: str | None
    reason: str


# The last quarter that is over: one that is still filling owes no return yet, and nobody's claim is late in it.
_SO_FAR = """
    SELECT indicator_key, verified_share, evidenced_share, claimed_share, returns_received, returns_expected, grade,
        grade_reason AS reason
    FROM indicator_confidence
    WHERE scope = 'programme' AND span = 'so_far'
        AND period_key = coalesce(
            (SELECT max(period_key) FROM dim_period WHERE is_programme_period AND status <> 'open'),
            (SELECT max(period_key) FROM indicator_confidence)
        )
    ORDER BY indicator_key
"""


def read_confidence(mart: duckdb.DuckDBPyConnection) -> dict[str, Confidence]:
    """The confidence in each indicator; of none in a mart of before it was told."""
    if not has_table(mart, "indicator_confidence"):
        return {}
    return {row.pop("indicator_key"): Confidence(**row) for row in rows(mart, _SO_FAR)}
