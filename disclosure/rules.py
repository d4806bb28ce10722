"""When a cell is unsafe by itself: threshold, (n,k) dominance, p%.

Definitions: Hundepool et al., *Statistical Disclosure Control* (Wiley, 2012), chapters 4 and 5; parameters as
published with ACRO (`safe_threshold`, `safe_nk_n`, `safe_nk_k`, `safe_pratio_p`); domain.md section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Why a cell is not shown as it is. For evaluators only: which rule struck bounds the value it struck."""

    FEW_CONTRIBUTORS = "few contributors"
    DOMINANCE = "dominated by its largest contributors"
    P_PERCENT = "its largest contribution can be estimated"
    ZERO = "an empty cell says something of everyone in its group"
    DIFFERENCING = "the change since an earlier release is unsafe"
    PROTECTS_OTHERS = "protects another cell"
    ROUNDED = "rounded"


class Dominance(BaseModel):
    """(n,k) rule. `n`: number of largest contributors; `k`: share of the total, 0 to 1, they may not exceed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: int = Field(ge=1)
    k: float = Field(gt=0, lt=1)


class Rules(BaseModel):
    """The rules of one table. `threshold`: least number of contributors; `p_percent`: a share, so 0.10 is 10%."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: int | None = Field(default=None, ge=2)
    dominance: Dominance | None = None
    p_percent: float | None = Field(default=None, gt=0, lt=1)

    @property
    def any(self) -> bool:
        """Whether a cell can be unsafe at all."""
        return any(rule is not None for rule in (self.threshold, self.dominance, self.p_percent))

    @property
    def largest_needed(self) -> int:
        """How many of a cell's largest contributions the rules look at."""
        return max(2, self.dominance.n if self.dominance else 0)


@dataclass(frozen=True)
class Facts:
    """What the rules need of one cell. Grain: one cell of one table; `value` in the unit of the measure.

    `largest`: the largest contributions by contributor, descending; `sole`: the contributor, if there is only one.
    """

    value: float
    contributors: int
    largest: tuple[float, ...] = ()
    sole: str | None = None


EMPTY = Facts(value=0, contributors=0)


def below_threshold(contributors: int, threshold: int) -> bool:
    """Threshold rule: unsafe if there are contributors but fewer than `threshold`."""
    return 0 < contributors < threshold


def is_dominated(total: float, largest: Sequence[float], n: int, k: float) -> bool:
    """(n,k) rule: unsafe if the `n` largest contributions make up more than the share `k` of the total."""
    return total > 0 and sum(largest[:n]) > k * total


def p_percent_ratio(total: float, largest: Sequence[float]) -> float:
    """(total - x1 - x2) / x1: how far the second largest contributor misses when it estimates the largest.

    `largest` is descending. A total of nothing has ratio 0: everyone's contribution is known.
    """
    first = largest[0] if largest else 0
    second = largest[1] if len(largest) > 1 else 0
    return (total - first - second) / first if first > 0 else 0.0


def fails_p_percent(total: float, largest: Sequence[float], p: float) -> bool:
    """p% rule: unsafe if the largest contribution can be estimated to within the share `p` of itself."""
    return p_percent_ratio(total, largest) < p


def unsafe_because(facts: Facts, rules: Rules, zeros_are_disclosive: bool) -> tuple[Reason, ...]:
    """The rules a cell breaks, in a fixed order; empty if it is safe."""
    if facts.contributors == 0:
        return (Reason.ZERO,) if zeros_are_disclosive and rules.any else ()
    reasons = []
    if rules.threshold is not None and below_threshold(facts.contributors, rules.threshold):
        reasons.append(Reason.FEW_CONTRIBUTORS)
    if rules.dominance and is_dominated(facts.value, facts.largest, rules.dominance.n, rules.dominance.k):
        reasons.append(Reason.DOMINANCE)
    if rules.p_percent is not None and fails_p_percent(facts.value, facts.largest, rules.p_percent):
        reasons.append(Reason.P_PERCENT)
    return tuple(reasons)


def upper_protection(facts: Facts, rules: Rules) -> float:
    """How far above the value an attacker must still find the cell possible, in the unit of the measure.

    The least U for which a cell of `value + U` with the same largest contributions would be safe: for p%
    U = p x1 - (total - x1 - x2), for (n,k) U = (x1 + … + xn)/k - total (Hundepool et al. 2012, section 4.2.2).
    """
    needed = [0.0]
    if rules.dominance:
        needed.append(sum(facts.largest[: rules.dominance.n]) / rules.dominance.k - facts.value)
    if rules.p_percent is not None and facts.largest:
        needed.append(rules.p_percent * facts.largest[0] - (facts.value - sum(facts.largest[:2])))
    return max(needed)
