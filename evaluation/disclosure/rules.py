"""When a figure is unsafe by itself: threshold, (n,k) dominance, p%.

Definitions: Hundepool et al., *Statistical Disclosure Control* (Wiley, 2012), chapters 4 and 5; parameters as
published with ACRO (`safe_threshold`, `safe_nk_n`, `safe_nk_k`, `safe_pratio_p`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class Dominance(BaseModel):
    """(n,k) rule. `n`: number of largest contributors; `k`: share of the total, 0 to 1, they may not exceed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int = Field(ge=1)
    k: float = Field(gt=0, lt=1)


class Rules(BaseModel):
    """The rules of one figure. `threshold`: least number of contributors; `p_percent`: a share, so 0.10 is 10%."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: int = Field(ge=2)
    dominance: Dominance | None = None
    p_percent: float | None = Field(default=None, gt=0, lt=1)


@dataclass(frozen=True)
class Facts:
    """What the rules need of one figure. `value` in the unit of the measure.

    `largest`: contributions by contributor, descending, as many as the rules look at.
    """

    value: float
    contributors: int
    largest: tuple[float, ...] = ()


def below_threshold(contributors: int, threshold: int) -> bool:
    """Threshold rule: unsafe if there are contributors but fewer than `threshold`."""
    return 0 < contributors < threshold


def is_dominated(total: float, largest: Sequence[float], n: int, k: float) -> bool:
    """(n,k) rule: unsafe if the `n` largest contributions make up more than the share `k` of the total."""
    return total > 0 and sum(largest[:n]) > k * total


def p_percent_ratio(total: float, largest: Sequence[float]) -> float:
    """(total - x1 - x2) / x1: how far the second largest contributor misses when it estimates the largest.

    `largest` is descending and not empty.
    """
    second = largest[1] if len(largest) > 1 else 0
    return (total - largest[0] - second) / largest[0]


def fails_p_percent(total: float, largest: Sequence[float], p: float) -> bool:
    """p% rule: unsafe if the largest contribution can be estimated to within the share `p` of itself."""
    return bool(largest) and p_percent_ratio(total, largest) < p


def is_unsafe(facts: Facts, rules: Rules) -> bool:
    """Whether a figure breaks any of its rules. Nobody's contribution is safe: that nothing happened is public."""
    return (
        below_threshold(facts.contributors, rules.threshold)
        or (
            rules.dominance is not None
            and is_dominated(facts.value, facts.largest, rules.dominance.n, rules.dominance.k)
        )
        or (rules.p_percent is not None and fails_p_percent(facts.value, facts.largest, rules.p_percent))
    )


def upper_protection(facts: Facts, rules: Rules) -> float:
    """How far above the value an attacker must still find the figure possible, in the unit of the measure.

    The least U for which a figure of `value + U` with the same largest contributions would be safe: for p%
    U = p x1 - (total - x1 - x2), for (n,k) U = (x1 + … + xn)/k - total (Hundepool et al. 2012, section 4.2.2).
    """
    needed = [0.0]
    if rules.dominance:
        needed.append(sum(facts.largest[: rules.dominance.n]) / rules.dominance.k - facts.value)
    if rules.p_percent is not None and facts.largest:
        needed.append(rules.p_percent * facts.largest[0] - (facts.value - sum(facts.largest[:2])))
    return max(needed)
