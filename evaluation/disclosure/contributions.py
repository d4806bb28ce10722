"""Who contributed how much to which public figure, read from a mart.

Only verified and counted facts contribute: claims are working figures of the cluster bodies, and shown beside the
verified ones they would tell how few were not accepted.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from evaluation.disclosure.configuration import CUTS, PublicConfiguration, RuleSet, Scope
from evaluation.disclosure.rules import Facts

PROGRAMME_KEY = "programme"
# Facts that belong to no category of a cut, such as grants, which no cluster body returned. They have no row of
# their own in the mart, but follow from the total.
NO_KEY = ""

# Contributor and amount. What is counted itself (persons at events) has the empty contributor.
Cell = Mapping[str, float]
# One category of every scope of a cut.
Leaf = tuple[str, ...]
# One row of the contributions.
Row = Mapping[str, Any]
EMPTY: Cell = {}

SCHEMA = pa.schema(
    [
        ("indicator_key", pa.string()),
        ("period_key", pa.string()),
        *((str(scope), pa.string()) for scope in CUTS),
        ("contributor", pa.string()),
        ("amount", pa.float64()),
    ]
)

_CONTRIBUTIONS = """
WITH rule AS (SELECT unnest($indicators) AS indicator_key, unnest($contributors) AS contributor_kind),

member AS (
    SELECT collaboration_key, organisation_key, count(*) OVER (PARTITION BY collaboration_key) AS members
    FROM fct_collaboration_member
),

leverage AS (
    SELECT partner_key || ':' || agreement_ref || ':' || tranche AS leverage_ref, any_value(source_type) AS source_type
    FROM fct_leverage
    GROUP BY ALL
)

SELECT
    fact.indicator_key,
    fact.period_key,
    coalesce(fact.partner_key, '') AS partner,
    fact.cluster_key AS cluster,
    fact.local_authority_code AS local_authority,
    coalesce(organisation.organisation_type, 'unknown') AS organisation_type,
    coalesce(organisation.size_band, 'unknown') AS size_band,
    coalesce(leverage.source_type, 'unknown') AS leverage_source,
    CASE rule.contributor_kind
        WHEN 'itself' THEN ''
        WHEN 'organisation' THEN coalesce(fact.organisation_key, fact.fact_key)
        ELSE coalesce(member.organisation_key, fact.fact_key)
    END AS contributor,
    -- The shares of an agreement's members add up to the agreement.
    sum(CAST(fact.exact_quantity AS DOUBLE) / fact.exact_per_unit / coalesce(member.members, 1)) AS amount
FROM indicator_fact AS fact
INNER JOIN rule ON fact.indicator_key = rule.indicator_key
LEFT JOIN dim_organisation AS organisation ON fact.organisation_key = organisation.organisation_key
LEFT JOIN leverage
    ON
        fact.indicator_key IN ('resource_levered', 'resource_committed')
        AND split_part(fact.fact_key, ':', 1) || ':' || leverage.leverage_ref = fact.fact_key
LEFT JOIN member
    ON
        rule.contributor_kind = 'member'
        AND split_part(fact.fact_key, ':', 1) || ':' || member.collaboration_key = fact.fact_key
WHERE fact.is_counted AND fact.status = 'verified' AND fact.exact_quantity <> 0
GROUP BY ALL
ORDER BY ALL
"""


@dataclass(frozen=True)
class Quarter:
    """One quarter of the programme. `is_public`: whether its figures may be shown yet."""

    period_key: str
    financial_year: str
    quarter: int
    is_public: bool


def quarters(mart: duckdb.DuckDBPyConnection, configuration: PublicConfiguration, today: date) -> list[Quarter]:
    """The programme's quarters in order; public are those that ended long enough before `today`."""
    limit = today - timedelta(days=configuration.public_after_days)
    rows = mart.execute(
        "SELECT period_key, financial_year, quarter, ends_on FROM dim_period WHERE is_programme_period ORDER BY 1"
    ).fetchall()
    return [Quarter(key, year, int(number), ends_on <= limit) for key, year, number, ends_on in rows]


def read_contributions(mart: duckdb.DuckDBPyConnection, configuration: PublicConfiguration) -> pa.Table:
    """Grain: indicator, quarter, category of every cut, contributor. Rows in one order whatever the mart's."""
    kinds = {name: configuration.rules_of(name) for name in sorted(configuration.indicators)}
    return (
        mart.sql(
            _CONTRIBUTIONS,
            params={
                "indicators": list(kinds),
                "contributors": [rules.contributor if rules else "itself" for rules in kinds.values()],
            },
        )
        .to_arrow_table()
        .cast(SCHEMA)
    )


class SeriesCells:
    """The contributions of one indicator, by quarter, cut and category."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[str(row["period_key"])].append(row)
        self._leaves: dict[tuple[tuple[Scope, ...], str], dict[Leaf, Cell]] = {}

    def rows_of(self, period: str) -> list[Row]:
        """The rows of one quarter, in order."""
        return self._rows.get(period, [])

    def with_periods_of(self, other: SeriesCells, periods: Iterable[str]) -> SeriesCells:
        """The same with some quarters taken from another reading."""
        chosen = set(periods)
        rows = [row for period, found in self._rows.items() if period not in chosen for row in found]
        rows += [row for period in sorted(chosen) for row in other.rows_of(period)]
        return SeriesCells(rows)

    def cells(self, scope: Scope, period: str) -> Mapping[str, Cell]:
        """By category, who contributed how much in a quarter. Categories with nothing are missing."""
        cut = () if scope is Scope.PROGRAMME else (scope,)
        return {leaf[0] if leaf else PROGRAMME_KEY: cell for leaf, cell in self.leaves(cut, period).items()}

    def leaves(self, cut: tuple[Scope, ...], period: str) -> Mapping[Leaf, Cell]:
        """The same by one category of every scope of a cut: the smallest figures its breakdowns are sums of."""
        if (cut, period) not in self._leaves:
            found: dict[Leaf, dict[str, float]] = defaultdict(lambda: defaultdict(float))
            for row in self.rows_of(period):
                found[tuple(str(row[scope]) for scope in cut)][str(row["contributor"])] += float(row["amount"])
            self._leaves[(cut, period)] = {leaf: dict(cell) for leaf, cell in found.items()}
        return self._leaves[(cut, period)]

    @property
    def has_negatives(self) -> bool:
        """Whether anyone contributed less than nothing."""
        return any(float(row["amount"]) < 0 for rows in self._rows.values() for row in rows)


def merge(cells: Iterable[Cell]) -> Cell:
    """Several figures as one: a contributor to two of them is one contributor to both."""
    merged: dict[str, float] = defaultdict(float)
    for cell in cells:
        for contributor, amount in cell.items():
            merged[contributor] += amount
    return dict(merged)


def value_of(cell: Cell) -> float:
    """The figure itself, the same in whatever order its contributions come."""
    return round(math.fsum(cell.values()), 4)


def facts_of(cell: Cell, rules: RuleSet) -> Facts:
    """What the rules need of a figure."""
    value = value_of(cell)
    if rules.contributor == "itself":
        return Facts(value, math.ceil(value))
    most = max(2, rules.dominance.n if rules.dominance else 0)
    return Facts(value, len(cell), tuple(sorted(cell.values(), reverse=True)[:most]))
