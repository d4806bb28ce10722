"""Rounding to a base, and what a rounded figure still tells.

References: Hundepool et al., *Statistical Disclosure Control* (Wiley, 2012), section 5.4; the "10-5 rule" of ONS is
a threshold of 10 with nearest rounding to base 5 (domain.md section 5).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from disclosure.cells import Cell
from disclosure.errors import RoundingImpossible


def round_to_base(value: float, base: int) -> int:
    """The nearest multiple of `base`, halves up; the same value always rounds the same way."""
    return base * math.floor(value / base + 0.5)


def rounded_interval(shown: float, base: int, integral: bool) -> tuple[float, float]:
    """Lowest and highest non-negative value that `round_to_base` shows as `shown`; whole numbers if `integral`."""
    if integral:
        return max(0, shown - base // 2), shown + (base - 1) // 2
    return max(0.0, shown - base / 2), shown + base / 2


def controlled_rounding(
    values: Mapping[Cell, float], made_of: Mapping[Cell, Sequence[Cell]], base: int
) -> dict[Cell, int]:
    """Every cell to a neighbouring multiple of `base` so that the rounded cells still add up; multiples stay.

    `made_of`: for each cell the finest cells it is the sum of. Of all such roundings one with the least total
    deviation, the same for the same table. Raises RoundingImpossible if there is none.
    """
    cells = sorted(values)
    finest = sorted({part for cell in cells for part in made_of[cell]})
    column = {part: number for number, part in enumerate(finest)}
    rows = [(row, column[part]) for row, cell in enumerate(cells) for part in made_of[cell]]
    matrix = csr_array(
        (np.ones(len(rows)), tuple(np.array(rows, dtype=int).reshape(-1, 2).T)), shape=(len(cells), len(finest))
    )
    truth = np.array([values[cell] for cell in cells], dtype=float)
    below = np.floor(truth / base)
    over = truth - base * below
    # A cell is at `below` or one above it, so its deviation is linear in the number of steps up.
    cost = matrix.T @ np.where(over > 0, base - 2 * over, 0)
    result = milp(
        cost,
        constraints=LinearConstraint(matrix, below, np.ceil(truth / base)),
        bounds=Bounds(0, np.inf),
        integrality=np.ones(len(finest)),
    )
    if result.x is None:
        raise RoundingImpossible(f"no additive rounding to base {base} exists; use method nearest")
    steps = np.rint(matrix @ np.rint(result.x))
    return {cell: int(base * step) for cell, step in zip(cells, steps, strict=True)}
