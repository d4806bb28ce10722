"""What the figures that count organisations could be, once people decide about the pairs that wait."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows


@dataclass(frozen=True)
class IdentityInterval:
    """Of one indicator so far: the least and the most, and what it is if every pair that waits is one organisation."""

    lower: Decimal
    upper: Decimal
    all_same: Decimal


@dataclass(frozen=True)
class Waiting:
    """Pairs of organisations that wait for people, the counted facts that hang on them, and what could change."""

    pairs: int
    counted_facts: int
    intervals: dict[str, IdentityInterval]


_INTERVALS = """
    SELECT indicator_key, lower_value AS lower, upper_value AS upper, all_same_value AS all_same
    FROM indicator_identity
    -- One that is withheld has none.
    QUALIFY period_key = max(period_key) OVER () AND lower_value IS NOT NULL
    ORDER BY indicator_key
"""
_PAIRS = """
    SELECT (SELECT count(*) FROM organisation_review) AS pairs, count(DISTINCT counted.fact_key) AS counted_facts
    FROM (
        SELECT left_organisation_key AS organisation_key FROM organisation_review
        UNION SELECT right_organisation_key FROM organisation_review
    ) AS waiting
    INNER JOIN (
        SELECT organisation_key, fact_key FROM indicator_fact
        WHERE is_counted AND indicator_key IN ('businesses_assisted', 'jobs_created', 'resource_levered')
        UNION
        SELECT members.organisation_key, facts.fact_key
        FROM indicator_fact AS facts
        INNER JOIN fct_collaboration_member AS members
            ON facts.fact_key = 'new_collaborations:' || members.collaboration_key
        WHERE facts.is_counted
    ) AS counted USING (organisation_key)
"""


def read_waiting(mart: duckdb.DuckDBPyConnection) -> Waiting:
    """What waits in a release; nothing in one of before it was told."""
    if not has_table(mart, "indicator_identity"):
        return Waiting(0, 0, {})
    (counts,) = rows(mart, _PAIRS)
    intervals = {row.pop("indicator_key"): IdentityInterval(**row) for row in rows(mart, _INTERVALS)}
    return Waiting(**counts, intervals=intervals)
