"""Random programmes for the attack: bodies in clusters, quarters, contributors. The same seed, the same programme."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.disclosure.configuration import LINKED, RuleSet, Scope, Series
from evaluation.disclosure.contributions import Quarter, SeriesCells
from evaluation.disclosure.public_rows import quarter_rows, year_rows
from evaluation.disclosure.series import protect_series
from tests.evaluation.disclosure.attacker import Attacker, Protection, exposed
from tests.evaluation.disclosure.makers import AMOUNTS, BUSINESSES, PEOPLE, quarters, row

PROTECTIONS = {
    "people": (PEOPLE, Protection(threshold=10, counts_itself=True)),
    "businesses": (BUSINESSES, Protection(threshold=5)),
    "money": (AMOUNTS, Protection(threshold=5, is_sum=True)),
}
AUTHORITIES = ("birmingham", "coventry", "dudley", "sandwell")


@dataclass(frozen=True)
class Programme:
    """One indicator of a programme: who contributed what, how the bodies lie in clusters, how fine it is shown."""

    name: str
    rows: Sequence[dict[str, Any]]
    bodies: Mapping[str, str]
    time: Sequence[Quarter]
    series: Series
    kind: str
    others: bool = False
    loose: frozenset[str] = frozenset()

    def public(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The rows of `indicator_value` and of `indicator_year` after disclosure control."""
        categories = self.categories
        public = protect_series(SeriesCells(self.rows), self.time, self.series, self.rules, categories)
        return (
            list(quarter_rows("tested", public, self.series, self.time, categories)),
            list(year_rows("tested", public, self.series, self.time, categories)),
        )

    @property
    def rules(self) -> RuleSet:
        return PROTECTIONS[self.kind][0]

    def attacked(self, insiders: int = 0) -> list[str]:
        """What an attacker finds in the public rows."""
        attacker, rows = self.attacker()
        found = exposed(attacker, rows, self.rows, PROTECTIONS[self.kind][1], insiders=insiders)
        return [f"{self.name}: {problem}" for problem in found]

    def attacker(self) -> tuple[Attacker, list[dict[str, Any]]]:
        """An attacker who has read the public rows, and these."""
        keys = [quarter.period_key for quarter in self.time]
        years: dict[str, list[str]] = {}
        for quarter in self.time:
            years.setdefault(quarter.financial_year, []).append(quarter.period_key)
        venues: dict[tuple[str, str], set[str]] = {}
        for item in self.rows if Scope.LOCAL_AUTHORITY in self.series.linked else ():
            venues.setdefault((item["period_key"], item["partner"]), set()).add(item["local_authority"])
        counts = self.kind != "money"
        attacker = Attacker(keys, years, self.bodies, self.loose, self.others, counts, venues)
        by_quarter, by_year = self.public()
        attacker.read(by_quarter, by_year)
        return attacker, [*by_quarter, *by_year]

    @property
    def categories(self) -> dict[Scope, list[str]]:
        return {
            Scope.PARTNER: ["", *sorted(self.bodies)],
            Scope.CLUSTER: sorted(set(self.bodies.values())),
            Scope.LOCAL_AUTHORITY: list(AUTHORITIES),
        }


def programme(seed: int) -> Programme:
    """A programme of any kind: both mappings, counts and money, by quarter and by year, facts of no body or none."""
    draw = random.Random(seed)
    one_to_one = draw.random() < 0.4
    kind = draw.choice(sorted(PROTECTIONS))
    clusters = [f"cluster{number}" for number in range(draw.randint(2, 5 if one_to_one else 3))]
    if one_to_one:
        # The order of keys is not that of clusters: ties are broken differently by body and by cluster.
        names = draw.sample(range(10, 99), len(clusters))
        bodies = {f"body{name}": cluster for name, cluster in zip(names, clusters, strict=True)}
    else:
        number = draw.randint(len(clusters), 4 * len(clusters))
        bodies = {f"body{n:02}": clusters[n] if n < len(clusters) else draw.choice(clusters) for n in range(number)}
    time = quarters(draw.choice([1, 1, 2, 3, 4, 5]))
    others = not one_to_one and draw.random() < 0.2
    # Some bodies have facts of other clusters too.
    loose = frozenset(body for body in sorted(bodies) if draw.random() < 0.3) if draw.random() < 0.15 else frozenset()
    resolution = {
        Scope.PARTNER: draw.choice(["quarter", "quarter", "year"]),
        Scope.CLUSTER: draw.choice(["quarter", "quarter", "year"]),
        Scope.LOCAL_AUTHORITY: draw.choice(["quarter", "year"]),
    }
    rows = [
        item
        for quarter in time
        for body, cluster in [*sorted(bodies.items()), *([("", draw.choice(clusters))] if others else [])]
        for where in ([cluster, draw.choice(clusters)] if body in loose else [cluster])
        for item in _facts(draw, kind, quarter.period_key, body, where)
    ]
    # Where everyone knows in which authority the events were, that breakdown is linked too.
    linked = (*LINKED, Scope.LOCAL_AUTHORITY) if draw.random() < 0.3 else LINKED
    mapping = "one-to-one" if one_to_one else f"{len(bodies)} bodies in {len(clusters)} clusters"
    series = Series(rules=kind, scopes=resolution, linked=linked)
    name = f"seed {seed}, {kind}, {mapping}, {len(time)} quarters"
    return Programme(name, rows, bodies, time, series, kind, others, loose)


def _facts(draw: random.Random, kind: str, period: str, body: str, cluster: str) -> list[dict[str, Any]]:
    # Few different numbers, so that figures are often the same.
    number = draw.choice([0, 0, 1, 2, 3, 4, 4, 5, 6, 6, 8, 12, 12, 20])
    place = draw.choice(AUTHORITIES)
    if kind == "people":
        found = [fact(period, body, cluster, "", number * draw.choice([1, 3]), place)] if number else []
    else:
        # Some businesses come again, in another quarter or with another body.
        who = draw.sample(range(60), min(number, 20))
        amounts = [1.0 if kind == "businesses" else draw.choice([1, 10, 100, 5000]) * (1 + n % 7) for n in who]
        found = [fact(period, body, cluster, f"org{n}", amount, place) for n, amount in zip(who, amounts, strict=True)]
    return found


def fact(
    period: str, body: str, cluster: str, contributor: str, amount: float = 1.0, authority: str = "birmingham"
) -> dict[str, Any]:
    """A contribution to one body of one cluster."""
    return {**row(period, cluster, contributor, amount), "partner": body, "local_authority": authority}
