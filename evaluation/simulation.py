"""Monte Carlo over the stated ranges: seeded, with intervals, and with the figures at fewer draws to judge by.

Every assumption with a range is drawn by itself from a triangular distribution (low, value, high); correlations
between assumptions are not known and not modelled. Whole years are drawn and then rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.additionality import Figure
from evaluation.appraisal import appraise
from evaluation.assumptions import Assumption
from evaluation.discounting import DiscountTable
from evaluation.scenarios import bounds, values
from evaluation.vocabulary import meaning

SIMULATED = ("net_jobs", "gva_present_value", "gva_less_public_cost", "gva_per_public_pound", "cost_per_net_job")
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
DRAWS = 10_000
SEED = 1
# The same draws, cut off earlier: how far the figures still move with more of them.
_CUTS = (0.05, 0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Statistic:
    """One statistic of one measure over the first `draws` draws. `standard_error` is that of the mean, else None."""

    measure: str
    draws: int
    name: str
    value: float
    standard_error: float | None
    is_final: bool


def draw(used: Mapping[str, Assumption], draws: int, seed: int) -> dict[str, Figure]:
    """Draws by assumption name; one without a range stays a number. The same seed and register give the same draws."""
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn: dict[str, Figure] = dict(values(used, "central"))
    for name in sorted(used):
        low, high = bounds(used[name])
        if low == high:
            continue
        sample = generator.triangular(low, float(used[name].value), high, draws)
        known = meaning(name)
        drawn[name] = np.rint(sample) if known is not None and known.kind == "years" else sample
    return drawn


def simulate(
    gross_jobs: Mapping[int, float],
    used: Mapping[str, Assumption],
    table: DiscountTable,
    *,
    applies_multiplier: bool,
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[Statistic]:
    """Mean, standard deviation and percentiles of every simulated measure that could be made."""
    measures = appraise(gross_jobs, draw(used, draws, seed), table, applies_multiplier=applies_multiplier).measures
    found = []
    for measure in SIMULATED:
        if measures.get(measure) is None:
            continue
        sample = np.broadcast_to(np.asarray(measures[measure], dtype=float), (draws,))
        for cut in sorted({max(2, round(draws * share)) for share in _CUTS}):
            found += _statistics(measure, sample[:cut], is_final=cut == draws)
    return found


def _statistics(measure: str, sample: np.ndarray, *, is_final: bool) -> list[Statistic]:
    count = len(sample)
    spread = float(np.std(sample, ddof=1))
    found = [
        Statistic(measure, count, "mean", float(np.mean(sample)), spread / count**0.5, is_final),
        Statistic(measure, count, "standard_deviation", spread, None, is_final),
    ]
    ends = np.percentile(sample, PERCENTILES)
    found += [
        Statistic(measure, count, f"p{share:02}", float(end), None, is_final)
        for share, end in zip(PERCENTILES, ends, strict=True)
    ]
    return found
