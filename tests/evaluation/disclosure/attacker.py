"""An attacker who shares nothing with the code under test: reads the public rows, solves for what is hidden.

For one indicator the unknowns are the figures of every quarter by cluster body, with the cluster each body is of, and
by every other cut. Everything published is an equation: programme, body, cluster and category, by quarter, cumulated
and by year. Nothing is negative; where noughts are shown, what is marked confidential is not nought.

What must not be found is worked out here from the contributions, by rules written down here once more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

Row = Mapping[str, Any]
# A quarter and a part of the programme: ("partner", body, cluster) or (scope, category).
Unknown = tuple[str, tuple[str, ...]]
# Figures are compared to this share of themselves: the solver's own error.
SHARE = 1e-6


@dataclass(frozen=True)
class Protection:
    """The rules as the documentation says them."""

    threshold: int
    is_sum: bool = False
    counts_itself: bool = False
    width: float = 0.0
    n: int = 2
    k: float = 0.9
    p: float = 0.1

    def is_unsafe(self, amounts: Mapping[str, float]) -> bool:
        """Threshold, dominance and p% of a figure, from who contributed how much."""
        total = sum(amounts.values())
        number = math.ceil(total - 1e-9) if self.counts_itself else len(amounts)
        if 0 < number < self.threshold:
            return True
        if not self.is_sum or not amounts:
            return False
        largest = sorted(amounts.values(), reverse=True)
        rest = total - sum(largest[:2])
        return sum(largest[: self.n]) > self.k * total + 1e-9 or rest < self.p * largest[0] - 1e-9

    def is_told(self, amounts: Mapping[str, float], low: float, high: float) -> bool:
        """Whether an interval around an unsafe figure tells too much."""
        total = sum(amounts.values())
        slack = SHARE * max(1.0, total)
        if not self.is_sum:
            return high - low < (self.width or self.threshold) - slack
        largest = sorted(amounts.values(), reverse=True)
        top = max(total, sum(largest[: self.n]) / self.k, self.p * largest[0] + sum(largest[:2]))
        return high < top - slack * 10 or high - low < 0.1 * total - slack


@dataclass
class Attacker:
    """Knows the rows of `indicator_value` and `indicator_year` of one indicator, and of `dim_partner`.

    `bodies`: the cluster of every body; empty where the indicator's facts do not follow it. `loose`: bodies some of
    whose facts lie in other clusters; nobody outside knows in which. `others`: clusters may hold facts of no body.
    `counts`: what is counted are whole things. `venues`: by quarter and body the authorities in which it held events,
    as they were announced; then the breakdown by authority is one more sum of the same.
    """

    quarters: Sequence[str]
    years: Mapping[str, Sequence[str]]
    bodies: Mapping[str, str] = field(default_factory=dict)
    loose: Collection[str] = ()
    others: bool = False
    counts: bool = True
    venues: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.linked = ("partner", "cluster", "local_authority") if self.venues else ("partner", "cluster")
        self.parts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._known: list[tuple[list[int], float, float]] = []
        self._place: dict[Unknown, int] = {}

    def read(self, by_quarter: Iterable[Row], by_year: Iterable[Row]) -> None:
        """Every figure of the programme and of all cuts."""
        by_quarter, by_year = list(by_quarter), list(by_year)
        self._lay_out([*by_quarter, *by_year])
        for rows, until in ((by_quarter, self._quarter), (by_year, self._year)):
            for figure, status, stretch_of in until():
                noughts = {(r["scope"], self._stretch_key(r)) for r in rows if r[figure] == 0}
                for row in rows:
                    stretch = stretch_of(row)
                    if stretch is None:
                        continue
                    for cut in self._cuts(row["scope"]):
                        unknowns = self.unknowns(cut, row["scope"], row["scope_key"], stretch)
                        if row[figure] is not None:
                            self._known.append((unknowns, float(row[figure]), float(row[figure])))
                        elif self.counts and row[status] == "c" and (row["scope"], self._stretch_key(row)) in noughts:
                            self._known.append((unknowns, 1.0, np.inf))

    @staticmethod
    def _stretch_key(row: Row) -> str:
        return str(row.get("period_key") or row.get("financial_year"))

    def _quarter(self) -> Iterator[tuple[str, str, Any]]:
        yield "value", "status", lambda row: self._public([row["period_key"]])
        yield (
            "cumulative_value",
            "cumulative_status",
            lambda row: self._public([q for q in self.quarters if q <= row["period_key"]]),
        )

    def _year(self) -> Iterator[tuple[str, str, Any]]:
        yield "value", "status", lambda row: self._public(self.years.get(row["financial_year"], ()))

    def _public(self, stretch: Sequence[str]) -> Sequence[str] | None:
        return stretch if stretch and set(stretch) <= set(self.quarters) else None

    def _lay_out(self, rows: Sequence[Row]) -> None:
        keys: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            keys[row["scope"]].add(row["scope_key"])
        keys.pop("programme", None)
        if self.bodies and set(self.linked) <= keys.keys():
            clusters = sorted(keys["cluster"])
            self.parts["linked"] = [
                (body, cluster)
                for body in sorted(keys["partner"])
                for cluster in (clusters if body in self.loose else [self.bodies[body]])
            ]
            if self.others:
                self.parts["linked"] += [("", cluster) for cluster in sorted(keys["cluster"])]
            if self.venues:
                places = sorted(keys["local_authority"])
                self.parts["linked"] = [(*part, place) for part in self.parts["linked"] for place in places]
            for scope in self.linked:
                del keys[scope]
        for scope in sorted(keys):
            rest = [("",)] if scope == "partner" else []
            self.parts[scope] = [*((key,) for key in sorted(keys[scope])), *rest]
        self.parts = dict(self.parts) or {"programme": [("programme",)]}
        for cut, parts in self.parts.items():
            for part in parts:
                for quarter in self.quarters:
                    self._place[quarter, (cut, *part)] = number = len(self._place)
                    if cut == "linked" and self.venues and part[2] not in self.venues.get((quarter, part[0]), ()):
                        self._known.append(([number], 0.0, 0.0))

    def _cuts(self, scope: str) -> list[str]:
        if scope == "programme":
            return list(self.parts)
        return ["linked"] if scope in self.linked and "linked" in self.parts else [scope]

    def scopes_of(self, cut: str) -> tuple[str, ...]:
        """The scopes that the parts of a cut name."""
        return self.linked if cut == "linked" else (cut,)

    def unknowns(self, cut: str, scope: str, key: str, stretch: Iterable[str]) -> list[int]:
        """The unknowns a figure is the sum of."""
        at = self.scopes_of(cut).index(scope) if scope != "programme" else 0
        parts = [part for part in self.parts[cut] if scope == "programme" or part[at] == key]
        return [self._place[quarter, (cut, *part)] for quarter in stretch for part in parts]

    def interval(self, unknowns: Sequence[int], own: Mapping[int, float] | None = None) -> tuple[float, float]:
        """Least and most a sum can be. `own`: what a contributor knows to be in single unknowns."""
        wanted = np.zeros(len(self._place))
        wanted[list(unknowns)] = 1
        lows = np.zeros(len(self._place))
        for place, amount in (own or {}).items():
            lows[place] = amount
        # Sums of pounds are brought to a size the solver's tolerances are made for.
        scale = max(1.0, max((abs(low) for _, low, _ in self._known), default=1.0) / 1000)
        equal = [(places, low) for places, low, high in self._known if low == high]
        least = [(places, low) for places, low, high in self._known if low != high]
        bounds = []
        for sign in (1.0, -1.0):
            result = linprog(
                sign * wanted,
                A_eq=self._matrix([places for places, _ in equal]),
                b_eq=np.array([low for _, low in equal]) / scale if equal else None,
                A_ub=self._matrix([places for places, _ in least], -1.0),
                b_ub=-np.array([low for _, low in least]) / scale if least else None,
                bounds=np.column_stack([lows / scale, np.full(len(lows), np.inf)]),
                method="highs",
            )
            if result.status == 3:
                bounds.append(np.inf)
                continue
            assert result.status == 0, f"what is published contradicts itself: {result.message}"
            bounds.append(sign * result.fun * scale)
        return bounds[0], bounds[1]

    def _matrix(self, rows: Sequence[Sequence[int]], sign: float = 1.0) -> csr_array | None:
        if not rows:
            return None
        starts = np.cumsum([0, *(len(row) for row in rows)])
        places = np.array([place for row in rows for place in row], dtype=int)
        return csr_array((np.full(len(places), sign), places, starts), shape=(len(rows), len(self._place)))

    def follows(self, unknowns: Sequence[int]) -> bool:
        """Whether a sum follows exactly from what is shown, by adding and subtracting."""
        wanted = np.zeros(len(self._place))
        wanted[list(unknowns)] = 1
        shown = self._matrix([places for places, low, high in self._known if low == high])
        if shown is None:
            return False
        rows = shown.toarray().T
        found, *_ = np.linalg.lstsq(rows, wanted, rcond=None)
        return bool(np.abs(rows @ found - wanted).max() < 1e-7)

    def stretches(self) -> list[list[str]]:
        """Every quarter, year and time so far."""
        found = [[quarter] for quarter in self.quarters]
        found += [list(year) for year in self.years.values() if set(year) <= set(self.quarters)]
        found += [list(self.quarters[:end]) for end in range(2, len(self.quarters) + 1)]
        return [list(stretch) for stretch in dict.fromkeys(map(tuple, found))]


def _amounts(truth: Iterable[Row], parts: set[tuple[str, ...]], scopes: Sequence[str], stretch: Sequence[str]) -> Any:
    found: dict[str, float] = defaultdict(float)
    for row in truth:
        if row["period_key"] in stretch and tuple(row[scope] for scope in scopes) in parts:
            found[row["contributor"]] += row["amount"]
    return dict(found)


def _named(attacker: Attacker, hidden: Mapping[str, set[str]]) -> Iterator[tuple[str, str, list[tuple[str, ...]]]]:
    """The figures and sums of figures that an attacker looks for: cut, name, parts.

    Every body, cluster, category; what is hidden of a cluster, and of the programme, as one sum; any two hidden bodies.
    """
    for cut, parts in attacker.parts.items():
        for key in sorted({part[0] for part in parts}):
            yield cut, key or "no body", [part for part in parts if part[0] == key]
        if cut != "linked":
            yield cut, f"all hidden by {cut}", [part for part in parts if part[0] in hidden[cut]]
            continue
        for cluster in sorted({part[1] for part in parts}):
            inside = [part for part in parts if part[1] == cluster]
            yield cut, cluster, inside
            yield cut, f"{cluster} but what is shown", [p for p in inside if p[0] in hidden["partner"]]
        for place in sorted({part[2] for part in parts if len(part) > 2}):
            inside = [part for part in parts if part[2] == place]
            yield cut, place, inside
            yield cut, f"{place} but what is shown", [p for p in inside if p[0] in hidden["partner"]]
        yield cut, "hidden authorities", [p for p in parts if len(p) > 2 and p[2] in hidden["local_authority"]]
        yield cut, "hidden clusters", [part for part in parts if part[1] in hidden["cluster"]]
        yield cut, "hidden bodies", [part for part in parts if part[0] in hidden["partner"]]
        yield (
            cut,
            "hidden bodies of clusters that are hidden",
            [part for part in parts if part[0] in hidden["partner"] and part[1] in hidden["cluster"]],
        )
        bodies = sorted({part[:2] for part in parts if part[0] in hidden["partner"]})
        for one, other in combinations(bodies, 2):
            if one[1] == other[1]:
                yield cut, f"{one[0]} and {other[0]}", [part for part in parts if part[:2] in (one, other)]


def _hidden(rows: Iterable[Row], stretch: Sequence[str], years: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """By scope, what is not shown of a stretch, by any table."""
    seen: dict[str, set[str]] = defaultdict(set)
    shown: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        own = years.get(row["financial_year"]) if "financial_year" in row else [row["period_key"]]
        seen[row["scope"]].add(row["scope_key"])
        if list(own or ()) == list(stretch) and row["value"] is not None:
            shown[row["scope"]].add(row["scope_key"])
    found = {scope: keys - shown[scope] for scope, keys in seen.items()}
    found.setdefault("partner", set()).add("")
    found.setdefault("cluster", set())
    found.setdefault("local_authority", set())
    return found


def exposed(
    attacker: Attacker, rows: Sequence[Row], truth: Sequence[Row], protection: Protection, *, insiders: int = 0
) -> Iterator[str]:
    """Every unsafe figure that is learnt too closely. `rows`: both public tables; `truth`: the contributions.

    `insiders`: how many contributors, the largest first, are asked too what they learn of others: not another's amount
    to within p%, and no unsafe figure but their own.
    """
    for stretch in attacker.stretches():
        hidden = _hidden(rows, stretch, attacker.years)
        for cut, name, parts in _named(attacker, hidden):
            amounts = _amounts(truth, set(parts), attacker.scopes_of(cut), stretch)
            if not parts or not amounts or not protection.is_unsafe(amounts):
                continue
            unknowns = [attacker._place[quarter, (cut, *part)] for quarter in stretch for part in parts]
            low, high = attacker.interval(unknowns)
            if protection.is_told(amounts, low, high):
                yield f"{name} in {stretch}: {sum(amounts.values())} known to lie in [{low}, {high}]"
                continue
            for who in _insiders(truth, insiders):
                own = _own(attacker, truth, cut, who)
                others = {key: amount for key, amount in amounts.items() if key != who}
                if not others or len(parts) > 1:
                    continue
                mine = amounts.get(who, 0.0)
                low, high = attacker.interval(unknowns, own)
                most = max(others.values())
                if high - mine < (1 + protection.p) * most * (1 - 1e-4):
                    yield f"{who} learns that one of {name} in {stretch} has at most {high - mine}, true {most}"
                if mine == 0 and high - low < SHARE * high:
                    yield f"{who} learns {name} in {stretch} exactly: {high}"


def changes_told(
    attacker: Attacker, rows: Sequence[Row], before: Sequence[Row], after: Sequence[Row], protection: Protection
) -> Iterator[str]:
    """Every change from one release to the next that follows exactly and is unsafe. Both show the same rows."""
    for stretch in attacker.stretches():
        for cut, name, parts in _named(attacker, _hidden(rows, stretch, attacker.years)):
            old, new = (_amounts(truth, set(parts), attacker.scopes_of(cut), stretch) for truth in (before, after))
            moved = {who: abs(new.get(who, 0.0) - old.get(who, 0.0)) for who in sorted({*old, *new})}
            moved = {who: amount for who, amount in moved.items() if amount > 1e-9}
            unknowns = [attacker._place[quarter, (cut, *part)] for quarter in stretch for part in parts]
            if moved and protection.is_unsafe(moved) and attacker.follows(unknowns):
                yield f"{name} in {stretch} changed by {moved}"


def _insiders(truth: Sequence[Row], number: int) -> list[str]:
    totals: dict[str, float] = defaultdict(float)
    for row in truth:
        totals[row["contributor"]] += row["amount"]
    return sorted(totals, key=lambda who: (-totals[who], who))[:number]


def _own(attacker: Attacker, truth: Sequence[Row], cut: str, who: str) -> dict[int, float]:
    own: dict[int, float] = defaultdict(float)
    for row in truth:
        if row["contributor"] == who and row["period_key"] in attacker.quarters:
            part = tuple(row[scope] for scope in attacker.scopes_of(cut))
            own[attacker._place[row["period_key"], (cut, *part)]] += row["amount"]
    return own
