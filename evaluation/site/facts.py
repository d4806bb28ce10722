"""The facts behind the figures of the evaluators' site, indicator by indicator and quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows

# A page of more rows is no page to read; the rest is for the query page.
MOST_ROWS = 2000
OUTSIDE = "outside"


@dataclass(frozen=True)
class Fact:
    """What was returned or read for an indicator. It stands in the quarter it counts in, and in that it was claimed in.

    `counts_here`, `claimed_here`: whether it is part of the verified, and of the claimed figure of this quarter.
    """

    fact_key: str
    achieved_on: date | None
    partner_key: str | None
    cluster_key: str | None
    local_authority_code: str | None
    organisation: str | None
    quantity: Decimal | None
    claimed_quantity: Decimal | None
    evidence_grade: str | None
    status: str
    reason: str | None
    place: str | None
    counts_here: bool
    claimed_here: bool


@dataclass(frozen=True)
class FactsOfQuarter:
    """The facts of one indicator in one quarter; `total` of them, of which the first `MOST_ROWS` are here."""

    indicator_key: str
    period_key: str
    total: int
    facts: tuple[Fact, ...]


_FACTS = f"""
    WITH stood AS (
        SELECT indicator_key, fact_key, unnest(list_distinct([
            coalesce(own.period_key, '{OUTSIDE}'), coalesce(claim.period_key, '{OUTSIDE}')
        ])) AS stands_in
        FROM indicator_fact AS f
        LEFT JOIN dim_period AS own ON f.period_key = own.period_key AND own.is_programme_period
        LEFT JOIN dim_period AS claim ON f.claimed_period_key = claim.period_key AND claim.is_programme_period
    )
    SELECT s.indicator_key, s.stands_in, f.fact_key, f.achieved_on, f.partner_key, f.cluster_key,
        f.local_authority_code, o.name AS organisation, f.quantity, f.claimed_quantity, f.evidence_grade, f.status,
        f.not_counted_reason AS reason, f.source_place AS place,
        f.is_counted AND f.status = 'verified' AND f.period_key IS NOT DISTINCT FROM s.stands_in AS counts_here,
        f.status <> 'withdrawn' AND f.claimed_period_key IS NOT DISTINCT FROM s.stands_in AS claimed_here,
        count(*) OVER (PARTITION BY s.indicator_key, s.stands_in) AS total
    FROM stood AS s
    INNER JOIN indicator_fact AS f USING (indicator_key, fact_key)
    LEFT JOIN dim_organisation AS o USING (organisation_key)
    QUALIFY row_number() OVER (
        PARTITION BY s.indicator_key, s.stands_in ORDER BY counts_here DESC, f.achieved_on, f.fact_key
    ) <= {MOST_ROWS}
    ORDER BY s.indicator_key, s.stands_in, counts_here DESC, f.achieved_on, f.fact_key
"""


def read_facts(mart: duckdb.DuckDBPyConnection) -> Iterator[FactsOfQuarter]:
    """Every indicator and quarter that has a fact; those dated outside the programme come under `OUTSIDE`."""
    found: dict[tuple[str, str], list[Fact]] = {}
    totals: dict[tuple[str, str], int] = {}
    for row in rows(mart, _FACTS):
        at = (row.pop("indicator_key"), row.pop("stands_in"))
        totals[at] = row.pop("total")
        found.setdefault(at, []).append(Fact(**row))
    for (indicator_key, period_key), facts in found.items():
        yield FactsOfQuarter(indicator_key, period_key, totals[indicator_key, period_key], tuple(facts))
