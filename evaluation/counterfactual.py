"""Difference in differences: the effect on those treated, when there is a comparison group.

This is impact measurement, apart from the additionality adjustment, which is not: the latter is never scoreable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

# Above this the groups differ too much before treatment for a plain comparison.
BALANCED_BELOW = 0.1


@dataclass(frozen=True)
class DifferenceInDifferences:
    """Average effect on the treated, in the outcome's unit, and the deadweight it implies."""

    effect_on_treated: float
    implied_deadweight: float | None


def difference_in_differences(
    treated_before: float, treated_after: float, comparison_before: float, comparison_after: float
) -> DifferenceInDifferences:
    """(T1 - T0) - (C1 - C0) of group means. What the comparison had too is deadweight, as a share of the
    treated's change.

    No deadweight is implied when the treated did not change.
    """
    change = treated_after - treated_before
    anyway = comparison_after - comparison_before
    return DifferenceInDifferences(change - anyway, anyway / change if change else None)


def standardised_mean_difference(treated: Sequence[float], comparison: Sequence[float]) -> float:
    """Difference of means in pooled standard deviations, for one characteristic before treatment.

    Balanced when its size is below `BALANCED_BELOW`. Raises ValueError with fewer than two values in a group.
    """
    if len(treated) < 2 or len(comparison) < 2:
        raise ValueError("a standardised mean difference needs at least two values in each group")
    spread: float = ((variance(treated) + variance(comparison)) / 2) ** 0.5
    difference: float = fmean(treated) - fmean(comparison)
    if spread == 0:
        return 0.0 if difference == 0 else float("inf")
    return difference / spread
