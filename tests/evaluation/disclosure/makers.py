"""Contributions made by hand or by Hypothesis."""

from __future__ import annotations

from collections.abc import Iterable

from evaluation.disclosure.configuration import RuleSet, Scope, Series
from evaluation.disclosure.contributions import Quarter, SeriesCells
from evaluation.disclosure.rules import Dominance

PEOPLE = RuleSet(kind="count", contributor="itself", threshold=10)
BUSINESSES = RuleSet(kind="count", contributor="organisation", threshold=5)
AMOUNTS = RuleSet(kind="sum", contributor="organisation", threshold=5, dominance=Dominance(n=2, k=0.90), p_percent=0.10)
BY_QUARTER = Series(rules="people", scopes={Scope.CLUSTER: "quarter"})
BY_YEAR = Series(rules="businesses", scopes={Scope.CLUSTER: "year"})


def quarters(count: int) -> list[Quarter]:
    found = []
    for number in range(count):
        year = f"{2023 + number // 4}-{24 + number // 4}"
        found.append(Quarter(f"{year}-Q{number % 4 + 1}", year, number % 4 + 1, True))
    return found


def row(period: str, cluster: str, contributor: str = "", amount: float = 1.0) -> dict[str, str | float]:
    return {
        "indicator_key": "tested",
        "period_key": period,
        "partner": "",
        "cluster": cluster,
        "local_authority": "unknown",
        "organisation_type": "unknown",
        "size_band": "unknown",
        "leverage_source": "unknown",
        "contributor": contributor,
        "amount": float(amount),
    }


def people(period: str, **heads: int) -> list[dict[str, str | float]]:
    return [row(period, cluster, "", number) for cluster, number in sorted(heads.items()) if number]


def businesses(period: str, **numbers: int) -> list[dict[str, str | float]]:
    """So many different businesses in each cluster."""
    return [
        row(period, cluster, f"{cluster}-{period}-{number}")
        for cluster, count in sorted(numbers.items())
        for number in range(count)
    ]


def cells(*parts: Iterable[dict[str, str | float]]) -> SeriesCells:
    return SeriesCells([item for part in parts for item in part])
