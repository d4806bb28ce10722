"""One-way sensitivities: each assumption alone at the ends of its range, all others central (the tornado)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluation.appraisal import appraise
from evaluation.assumptions import Assumption
from evaluation.discounting import DiscountTable
from evaluation.scenarios import bounds, values

HAIRCUTS = Path(__file__).parent / "data" / "benefit_haircut.csv"
OWN_HAIRCUT = "benefit_haircut_own_forecasts"
TESTED = ("net_jobs", "gva_present_value", "gva_less_public_cost", "gva_per_public_pound")


@dataclass(frozen=True)
class Bar:
    """What one assumption alone does to one measure. Rank 1 moves it most."""

    measure: str
    name: str
    low: float
    high: float
    at_low: float
    central: float
    at_high: float
    is_required: bool
    rank: int = 0

    @property
    def swing(self) -> float:
        """Distance between the results at the two ends."""
        return abs(self.at_high - self.at_low)


def tornado(
    gross_jobs: Mapping[int, float],
    used: Mapping[str, Assumption],
    table: DiscountTable,
    *,
    applies_multiplier: bool,
    on: date,
    own_shortfall: float | None = None,
) -> list[Bar]:
    """Bars for each tested measure that could be made, the longest first; optimism bias among them.

    Optimism bias takes `own_shortfall` off every benefit where the programme's forecasts can be compared with what came
    (HM Treasury Green Book 2026, 6.80), else the generic haircuts of `on` (6.81).
    """
    central_values = values(used, "central")

    def run(haircut: float = 0.0, **changed: float) -> Mapping[str, float | None]:
        return appraise(
            gross_jobs,
            {**central_values, **changed},
            table,
            applies_multiplier=applies_multiplier,
            benefit_haircut=haircut,
        ).measures

    central = run()
    runs = []
    for name, assumption in sorted(used.items()):
        low, high = bounds(assumption)
        if low != high:
            runs.append((name, low, high, run(**{name: low}), run(**{name: high}), assumption.is_critical))
    named = {f"benefit_haircut_{haircut:.0%}".rstrip("%"): haircut for haircut in haircuts(on)}
    for name, haircut in (named if own_shortfall is None else {OWN_HAIRCUT: own_shortfall}).items():
        runs.append((name, 0.0, haircut, central, run(haircut), False))
    bars = []
    for measure in TESTED:
        if central.get(measure) is None:
            continue
        mine = []
        for name, low, high, at_low, at_high, required in runs:
            ends = at_low.get(measure), at_high.get(measure)
            if ends[0] is None or ends[1] is None or (ends[0] == ends[1] and not required):
                continue
            mine.append(
                Bar(measure, name, low, high, float(ends[0]), float(central[measure] or 0), float(ends[1]), required)
            )
        mine.sort(key=lambda bar: (-bar.swing, bar.name))
        bars += [Bar(**{**bar.__dict__, "rank": rank}) for rank, bar in enumerate(mine, start=1)]
    return bars


def haircuts(on: date, path: Path = HAIRCUTS) -> list[float]:
    """Generic shares by which benefits are cut to show optimism bias, as in force on a date."""
    with path.open(encoding="utf-8", newline="") as handle:
        return sorted(
            float(row["haircut"]) for row in csv.DictReader(handle) if date.fromisoformat(row["valid_from"]) <= on
        )
