"""The interval audit: what someone who adds and subtracts everything published can learn of a hidden figure.

The attacker knows that nothing is negative, that sums add up, and all that is shown. The least and the most a hidden
figure can then be is its feasibility interval (Hundepool et al., *Statistical Disclosure Control*, Wiley 2012,
section 4.3), found by linear programming. Bodies in clusters over time are a table with one hierarchical dimension and
steps, which is a network: its extreme points are whole numbers, so for counts the interval is exact too.

One stretch of time of one cut is all that hangs together: the programme's figure of every step is known, so what is
hidden in one stretch, or by one cut, says nothing of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluation.disclosure.errors import NotProtectable

TOLERANCE = 1e-6
# HiGHS works to absolute tolerances: sums of pounds are brought to this size first.
SIZE = 10_000.0

Unknowns = Sequence[int]


@dataclass(frozen=True)
class Target:
    """A hidden figure: the unknowns it is the sum of, its true value, and what its interval must cover."""

    unknowns: Unknowns
    truth: float
    width: float
    top: float


@dataclass
class Attack:
    """All an attacker knows of `size` unknown figures, none of them negative. `own`: their own part of some of them."""

    size: int
    rows: list[tuple[Unknowns, float, float]] = field(default_factory=list)
    own: dict[int, float] = field(default_factory=dict)

    def know(self, unknowns: Unknowns, low: float, high: float) -> None:
        """The sum of some unknowns lies between two values."""
        self.rows.append((unknowns, low, high))

    def narrow(self, targets: Sequence[Target]) -> list[int]:
        """The positions of the targets that are not protected.

        One possible table speaks for all targets at once, so most are settled by a few tables that push all of them
        up or down together; only what remains is looked at one by one.
        """
        if not targets:
            return []
        solver = _Solver(self, max((target.truth for target in targets), default=0.0))
        picks = np.zeros((len(targets), self.size))
        for place, target in enumerate(targets):
            picks[place, list(target.unknowns)] = 1.0
        low = high = np.array([target.truth for target in targets])

        def open_targets() -> list[int]:
            return [place for place, target in enumerate(targets) if not _covers(low[place], high[place], target)]

        pending = open_targets()
        progress = True
        while pending and progress:
            for direction in (1.0, -1.0):
                values = picks @ solver.extreme(direction * picks[pending].sum(axis=0))
                low, high = np.minimum(low, values), np.maximum(high, values)
            progress = len(found := open_targets()) < len(pending)
            pending = found
        for place in pending:
            for direction in (1.0, -1.0):
                values = picks @ solver.extreme(direction * picks[place])
                low, high = np.minimum(low, values), np.maximum(high, values)
        return open_targets()


def _covers(low: float, high: float, target: Target) -> bool:
    slack = TOLERANCE * max(1.0, target.top)
    return high - low >= target.width - slack and high >= target.top - slack


class _Solver:
    """The attacker's knowledge as one linear programme."""

    def __init__(self, attack: Attack, largest: float) -> None:
        from scipy.optimize import Bounds, LinearConstraint
        from scipy.sparse import csr_array

        highs = [high for _, _, high in attack.rows if np.isfinite(high)]
        self._scale = SIZE / max(SIZE, largest, *highs) if highs else 1.0
        starts = np.cumsum([0, *(len(unknowns) for unknowns, _, _ in attack.rows)])
        columns = np.array([place for unknowns, _, _ in attack.rows for place in unknowns], dtype=int)
        matrix = csr_array((np.ones(len(columns)), columns, starts), shape=(len(attack.rows), attack.size))
        low = np.array([low for _, low, _ in attack.rows]) * self._scale
        high = np.array([high for _, _, high in attack.rows]) * self._scale
        self._known = LinearConstraint(matrix, low, high)
        least = np.zeros(attack.size)
        least[list(attack.own)] = list(attack.own.values())
        self._bounds = Bounds(least * self._scale, np.inf)

    def extreme(self, push: NDArray[np.float64]) -> NDArray[np.float64]:
        """A possible table in which the pushed unknowns are as large as can be."""
        from scipy.optimize import milp

        result = milp(-push, constraints=self._known, bounds=self._bounds)
        if result.x is None:
            # Fail closed: what contradicts itself cannot be audited, so it is not shown.
            raise NotProtectable(f"no table fits what is published: {result.message}")
        found: NDArray[np.float64] = result.x / self._scale
        return found
