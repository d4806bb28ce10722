"""An attacker who shares nothing with the code under test: reads the public rows, solves for what is hidden.

For one indicator and one cut the unknowns are the figures of every quarter and category. Everything published - of the
category and of the programme, by quarter, cumulated and by year - is an equation; nothing is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

Row = Mapping[str, Any]


@dataclass
class Attacker:
    """Knows the rows of `indicator_value` and `indicator_year` of one indicator."""

    quarters: Sequence[str]
    categories: Sequence[str]
    scope: str

    def __post_init__(self) -> None:
        self._left: list[np.ndarray] = []
        self._right: list[float] = []
        self._scale = 1.0

    def _mask(self, quarters: Iterable[str], category: str | None) -> np.ndarray:
        mask = np.zeros((len(self.quarters), len(self.categories)))
        for quarter in quarters:
            place = self.quarters.index(quarter)
            if category is None:
                mask[place, :] = 1
            else:
                mask[place, self.categories.index(category)] = 1
        return mask.ravel()

    def _learn(self, quarters: Iterable[str], category: str | None, value: float | None) -> None:
        if value is not None:
            self._left.append(self._mask(quarters, category))
            self._right.append(float(value))

    def read(self, by_quarter: Iterable[Row], by_year: Iterable[Row], years: Mapping[str, Sequence[str]]) -> None:
        """Every figure of the programme and of the cut."""
        for row in by_quarter:
            if row["scope"] not in ("programme", self.scope):
                continue
            category = None if row["scope"] == "programme" else row["scope_key"]
            end = self.quarters.index(row["period_key"])
            self._learn([row["period_key"]], category, row["value"])
            self._learn(self.quarters[: end + 1], category, row["cumulative_value"])
        for row in by_year:
            if row["scope"] in ("programme", self.scope):
                category = None if row["scope"] == "programme" else row["scope_key"]
                self._learn(years[row["financial_year"]], category, row["value"])

    def interval(self, quarters: Sequence[str], category: str | None) -> tuple[float, float]:
        """Least and most a figure can be. Without any equation that bounds it, the most is infinite."""
        wanted = self._mask(quarters, category)
        # Sums of pounds are brought to a size the solver's tolerances are made for.
        scale = max(1.0, max(self._right, default=1.0) / 1000)
        bounds = []
        for sign in (1.0, -1.0):
            result = linprog(
                sign * wanted,
                A_eq=np.array(self._left) if self._left else None,
                b_eq=np.array(self._right) / scale if self._right else None,
                bounds=(0, None),
                method="highs",
            )
            if result.status == 3:
                bounds.append(np.inf)
                continue
            assert result.status == 0, f"what is published contradicts itself: {result.message}"
            bounds.append(sign * result.fun * scale)
        return bounds[0], bounds[1]
