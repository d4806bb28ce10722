"""Secondary suppression, and the audit that shows it suffices.

The attacker knows that every cell is a sum of finest cells, none negative, and all that is published, in this and
earlier releases. The audit asks what is the least and the most a suppressed cell can then be: the feasibility
interval (Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, section 4.3; domain.md section 5). Counts are
solved in whole numbers, sums as a linear programme, both by HiGHS through scipy.

Where an interval is too narrow, the missing room is made at the least cost: of all pairs of tables that agree with
what stays published and differ enough in that cell, take the pair that departs least from the published cells, each
departure weighing the cell's value, and suppress the cells in which it departs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array

TOLERANCE = 1e-6
MOST_NODES = 10_000
Known = frozenset[int]
NOTHING_MORE: Known = frozenset()


@dataclass(frozen=True)
class Target:
    """A suppressed cell: the width its interval must have, and how far above the value it must reach.

    `unsafe`: by itself, not only hidden to protect others.
    """

    row: int
    width: float
    upper: float = 0.0
    unsafe: bool = True


@dataclass(frozen=True)
class Problem:
    """What is true, what is shown, and what may be suppressed. Rows are cells, or facts such as "has not shrunk".

    `matrix @ unknowns` gives the rows; `truth` their true values; `low`, `high` what a row tells while shown;
    `least` what an attacker assumes of it once suppressed; `cap` the largest value an unknown is given.
    """

    matrix: csr_array
    truth: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    least: NDArray[np.float64]
    suppressible: NDArray[np.bool_]
    integral: bool
    cap: float

    def bounds(self, hidden: NDArray[np.bool_], known: Known) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What an attacker knows of each row; `known`: rows one contributor knows of itself."""
        low = np.where(hidden, self.least, self.low)
        high = np.where(hidden, np.inf, self.high)
        rows = sorted(known)
        low[rows] = high[rows] = self.truth[rows]
        return low, high

    def unknown(self, row: int) -> NDArray[np.float64]:
        """One row of the matrix, dense."""
        return self.matrix[[row], :].toarray()[0]


@dataclass
class Suppression:
    """Which rows are hidden in the end; `exposed`: cells that what was published earlier gives away already."""

    hidden: NDArray[np.bool_]
    exposed: list[int] = field(default_factory=list)


@dataclass
class Intervals:
    """For each row the widest interval proved possible so far: every solution speaks for all cells at once."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def include(self, rows: NDArray[np.float64]) -> None:
        """Widen by one more possible table."""
        np.minimum(self.low, rows, out=self.low)
        np.maximum(self.high, rows, out=self.high)

    def satisfy(self, target: Target, truth: float) -> bool:
        """Whether the target is protected."""
        slack = TOLERANCE * max(1.0, target.width)
        width = self.high[target.row] - self.low[target.row]
        return bool(width >= target.width - slack and self.high[target.row] >= truth + target.upper - slack)


def unprotected(
    problem: Problem,
    hidden: NDArray[np.bool_],
    targets: Sequence[Target],
    known: Known = NOTHING_MORE,
    proved: Intervals | None = None,
) -> list[Target]:
    """The audit: the targets that someone who knows what is published can bound too tightly."""
    intervals = proved or Intervals(problem.truth.copy(), problem.truth.copy())
    return [target for target in targets if not _is_protected(problem, hidden, target, known, intervals)]


def _is_protected(
    problem: Problem, hidden: NDArray[np.bool_], target: Target, known: Known, intervals: Intervals
) -> bool:
    truth = float(problem.truth[target.row])
    for direction in (-1.0, 1.0):
        if intervals.satisfy(target, truth):
            return True
        rows = _extreme(problem, hidden, target.row, known, direction)
        if rows is not None:
            intervals.include(rows)
    return intervals.satisfy(target, truth)


def feasible_interval(
    problem: Problem, hidden: NDArray[np.bool_], row: int, known: Known = NOTHING_MORE
) -> tuple[float, float]:
    """Least and most a row can be, given what is published; the most is at most `problem.cap` per unknown."""
    found = [_extreme(problem, hidden, row, known, direction) for direction in (1.0, -1.0)]
    low, high = (float(problem.truth[row] if rows is None else rows[row]) for rows in found)
    return low, high


def _extreme(
    problem: Problem, hidden: NDArray[np.bool_], row: int, known: Known, direction: float
) -> NDArray[np.float64] | None:
    low, high = problem.bounds(hidden, known)
    unknowns = problem.matrix.shape[1]
    found = _solve(direction * problem.unknown(row), problem.matrix, low, high, problem, unknowns)
    return None if found is None else problem.matrix @ found


def _solve(
    cost: NDArray[np.float64],
    matrix: Any,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    problem: Problem,
    unknowns: int,
    gap: float = 0.0,
) -> NDArray[np.float64] | None:
    """The first `unknowns` variables are finest cells, the rest departures."""
    more = len(cost) - unknowns
    result = milp(
        cost,
        constraints=LinearConstraint(matrix, low, high),
        bounds=Bounds(np.zeros(len(cost)), np.concatenate([np.full(unknowns, problem.cap), np.full(more, np.inf)])),
        integrality=np.concatenate([np.full(unknowns, int(problem.integral)), np.zeros(more)]),
        # Where the search stops early it errs to the safe side; a limit of time would give other answers another day.
        options={"node_limit": MOST_NODES, "mip_rel_gap": gap},
    )
    if result.x is None:
        return None
    found: NDArray[np.float64] = result.x[:unknowns]
    return np.rint(found) if problem.integral else found


def make_room(
    problem: Problem, hidden: NDArray[np.bool_], target: Target, known: Known = NOTHING_MORE
) -> NDArray[np.int64] | None:
    """The rows to suppress so that `target` is protected; None if no suppression can.

    Unknowns: two possible tables, then for each published cell its departure from what is published.
    """
    low, high = problem.bounds(hidden, known)
    closed = hidden | ~problem.suppressible
    closed[sorted(known)] = True
    open_rows = np.flatnonzero(~closed)
    if not len(open_rows):
        return None
    firm, may = problem.matrix[np.flatnonzero(closed)], problem.matrix[open_rows]
    departs = eye_array(len(open_rows), format="csr")
    one = problem.matrix[[target.row]]
    matrix = block_array(
        [
            [firm, None, None],
            [None, firm, None],
            [may, None, departs],
            [None, may, departs],
            [may, None, -departs],
            [None, may, -departs],
            [may, None, None],
            [None, may, None],
            [one, -one, None],
            [one, None, None],
        ],
        format="csr",
    )
    endless = np.full(2 * len(open_rows), np.inf)
    at_least = np.concatenate([np.tile(low[closed], 2), np.tile(low[open_rows], 2), -endless])
    at_least = np.concatenate([at_least, np.tile(problem.least[open_rows], 2)])
    at_least = np.concatenate([at_least, [target.width, problem.truth[target.row] + target.upper]])
    at_most = np.concatenate([np.tile(high[closed], 2), endless, np.tile(high[open_rows], 2), endless])
    at_most = np.concatenate([at_most, [np.inf, np.inf]])
    unknowns = 2 * problem.matrix.shape[1]
    cost = np.concatenate([np.zeros(unknowns), np.maximum(problem.truth[open_rows], 1.0)])
    found = _solve(cost, matrix, at_least, at_most, problem, unknowns, gap=0.1)
    if found is None:
        return None
    tables = (may @ found[: unknowns // 2], may @ found[unknowns // 2 :])
    slack = TOLERANCE * np.maximum(1.0, problem.truth[open_rows])
    departed = [(t < low[open_rows] - slack) | (t > high[open_rows] + slack) for t in tables]
    return open_rows[departed[0] | departed[1]]


def suppress(
    problem: Problem,
    hidden: NDArray[np.bool_],
    primary: Sequence[Target],
    secondary: Callable[[int], Target],
    insiders: Callable[[NDArray[np.bool_]], Sequence[tuple[Known, Sequence[Target]]]],
) -> Suppression:
    """Suppress until nobody can bound a suppressed cell too tightly. The same problem gives the same answer.

    `hidden`: rows suppressed from the start; `primary`: their targets; `secondary`: the target of a row suppressed to
    protect others; `insiders`: given the rows hidden, what single contributors know and what they must not learn.
    Suppressing more never narrows an interval, so from outside each target is looked at once; a contributor knows more
    with every cell that is its own, so the insiders are asked again until nothing changes.
    """
    result = Suppression(hidden.copy())
    waiting = [(NOTHING_MORE, target) for target in primary]
    while waiting:
        before = result.hidden.sum()
        _protect_all(problem, result, waiting, secondary)
        if result.hidden.sum() == before:
            break
        waiting = [
            (known, target)
            for known, targets in insiders(result.hidden)
            for target in unprotected(problem, result.hidden, targets, known)
        ]
    return result


def _protect_all(
    problem: Problem, result: Suppression, waiting: Sequence[tuple[Known, Target]], secondary: Callable[[int], Target]
) -> None:
    intervals = Intervals(problem.truth.copy(), problem.truth.copy())
    queue = deque(waiting)
    while queue:
        known, target = queue.popleft()
        if not unprotected(problem, result.hidden, [target], known, None if known else intervals):
            continue
        room = make_room(problem, result.hidden, target, known)
        if room is not None:
            result.hidden[room] = True
            queue.extend((NOTHING_MORE, secondary(int(row))) for row in room)
        elif target.unsafe and target.row not in result.exposed:
            result.exposed.append(target.row)
