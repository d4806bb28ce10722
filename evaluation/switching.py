"""Switching values: how far one assumption alone would have to move for GVA to fall to, or reach, the public cost.

Source: HM Treasury Green Book 2026, 6.104. At the switching value the present value of GVA equals that of public cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scipy.optimize import brentq

from evaluation.appraisal import appraise
from evaluation.assumptions import Assumption
from evaluation.discounting import DiscountTable
from evaluation.scenarios import bounds, values
from evaluation.vocabulary import Name, meaning

MEASURE = "gva_less_public_cost"
SWITCHES, ALWAYS_ABOVE, ALWAYS_BELOW = "switches", "always_above_cost", "always_below_cost"
# No bound is known above: looked for as far as this many times the stated value.
_FARTHEST = 1_000.0


@dataclass(frozen=True)
class Switch:
    """Where one assumption alone turns the result; all others central.

    `relative_change` is that from the central value, None where that is 0; `is_within_range` says whether it lies in
    the stated range, None where none is stated. Without a turning point `value` is None and `outcome` says which way
    the result stays.
    """

    name: str
    central: float
    value: float | None
    relative_change: float | None
    is_within_range: bool | None
    outcome: str


def switching_values(
    gross_jobs: Mapping[int, float],
    used: Mapping[str, Assumption],
    table: DiscountTable,
    *,
    applies_multiplier: bool,
) -> list[Switch]:
    """One switch for every assumption with a figure to move, in order of name; none where GVA or cost is not made."""
    central = values(used, "central")

    def result(changed: Mapping[str, float]) -> float | None:
        made = appraise(gross_jobs, {**central, **changed}, table, applies_multiplier=applies_multiplier)
        found = made.measures.get(MEASURE)
        return None if found is None else float(found)

    if result({}) is None:
        return []

    def alone(name: str) -> Callable[[float], float]:
        return lambda value: result({name: value}) or 0.0

    kinds = {name: known for name in sorted(used) if (known := meaning(name)) is not None and known.kind != "year"}
    return [_switch(used[name], known, alone(name)) for name, known in kinds.items()]


def _switch(assumption: Assumption, known: Name, result: Callable[[float], float]) -> Switch:
    central = float(assumption.value)
    lowest, highest = _domain(known, central)
    value = _whole_years(result, highest) if known.kind == "years" else _turning_point(result, lowest, highest)
    if value is None:
        outcome = ALWAYS_ABOVE if result(central) > 0 else ALWAYS_BELOW
        return Switch(assumption.name, central, None, None, None, outcome)
    low, high = bounds(assumption)
    return Switch(
        assumption.name,
        central,
        value,
        value / central - 1 if central else None,
        low <= value <= high if low != high else None,
        SWITCHES,
    )


def _domain(known: Name, central: float) -> tuple[float, float]:
    """What the assumption may be, at the widest."""
    if known.kind == "share":
        return 0.0, 1.0
    if known.kind == "years":
        return 1.0, 100.0
    return (1.0 if known.kind == "multiplier" else 0.0), max(central, 1.0) * _FARTHEST


def _turning_point(result: Callable[[float], float], lowest: float, highest: float) -> float | None:
    """Where a result that rises or falls throughout is zero; None where it is not."""
    ends = result(lowest), result(highest)
    if ends[0] == ends[1] or ends[0] * ends[1] > 0:
        return None
    return float(brentq(result, lowest, highest, xtol=1e-12, rtol=1e-12))


def _whole_years(result: Callable[[float], float], most: float) -> float | None:
    """The fewest whole years at which GVA reaches the cost; None where one year is enough or none are."""
    first, last = 1, math.floor(most)
    if result(first) >= 0 or result(last) < 0:
        return None
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if result(middle) >= 0 else (middle, last)
    return float(last)
