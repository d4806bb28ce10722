"""What an attacker can know of all releases together, as rows over unknowns: the input of `suppress`.

The unknowns are the finest cells of the new release and those of earlier releases that differ from it: a finest cell
that did not change is one unknown, since an attacker may guess as much (a closed quarter does not change).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from disclosure.cells import Cell, Space, checked, facts_of_cells
from disclosure.configuration import TableConfiguration
from disclosure.differencing import SAME, EarlierRelease
from disclosure.errors import InvalidContributions, TableTooLarge
from disclosure.protected import ProtectedCell
from disclosure.rounding import round_to_base, rounded_interval
from disclosure.rules import Facts, unsafe_because, upper_protection
from disclosure.suppress import Problem, Target

MOST_UNKNOWNS = 20_000
# HiGHS works to absolute tolerances: sums of pounds are brought to this size first.
SIZE = 10_000.0

Interval = tuple[float, float]


@dataclass(frozen=True)
class Past:
    """An earlier release, what it shows, and the configuration it was made with."""

    release: EarlierRelease
    shown: Mapping[Cell, ProtectedCell]
    table: TableConfiguration


@dataclass
class Rows:
    """The problem while it is put together."""

    integral: bool
    truth_of_unknowns: list[float]
    parts: list[NDArray[np.int64]] = field(default_factory=list)
    signs: list[NDArray[np.float64]] = field(default_factory=list)
    shown: list[Interval] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    suppressible: list[bool] = field(default_factory=list)

    def add(
        self,
        unknowns: NDArray[np.int64],
        shown: Interval,
        least: float = 0.0,
        suppressible: bool = False,
        signs: NDArray[np.float64] | None = None,
    ) -> int:
        """One row; returns its number."""
        self.parts.append(unknowns)
        self.signs.append(np.ones(len(unknowns)) if signs is None else signs)
        self.shown.append(shown)
        self.least.append(least)
        self.suppressible.append(suppressible)
        return len(self.parts) - 1

    def scale(self) -> float:
        """By what all figures are multiplied."""
        return 1.0 if self.integral else SIZE / max(sum(self.truth_of_unknowns), 1.0)

    def problem(self) -> Problem:
        """The rows as one matrix, scaled."""
        scale = self.scale()
        starts = np.concatenate([[0], np.cumsum([len(part) for part in self.parts])])
        matrix = csr_array(
            (np.concatenate(self.signs), np.concatenate(self.parts), starts),
            shape=(len(self.parts), len(self.truth_of_unknowns)),
        )
        low, high = (np.array(bounds, dtype=float) * scale for bounds in zip(*self.shown, strict=True))
        truth = matrix @ (np.array(self.truth_of_unknowns) * scale)
        # What is shown exactly is exactly true, also after summing floats in another order.
        exact = low == high
        low[exact] = high[exact] = truth[exact]
        return Problem(
            matrix=matrix,
            truth=truth,
            low=low,
            high=high,
            least=np.array(self.least) * scale,
            suppressible=np.array(self.suppressible),
            integral=self.integral,
            cap=10 * float(np.abs(truth).max(initial=0.0)) + 100,
        )


@dataclass(frozen=True)
class Attack:
    """The problem, where the new release's cells are in it, and the targets that earlier releases left."""

    problem: Problem
    scale: float
    row: Mapping[Cell, int]
    earlier_targets: tuple[Target, ...]
    cell: Mapping[int, Cell]


def shown_interval(value: float, table: TableConfiguration) -> Interval:
    """What a published figure tells of the true one to someone who knows the rules.

    A rounded count that is published is either nought or at least the threshold, or it would have been suppressed.
    """
    if table.rounding is None:
        return value, value
    low, high = rounded_interval(value, table.rounding.base, table.kind == "frequency")
    if table.kind == "magnitude" or table.rules.threshold is None:
        return low, high
    if low > 0:
        return max(low, table.rules.threshold), high
    return (0, high) if high >= table.rules.threshold else (0, 0)


def target(row: int, facts: Facts, space: Space, scale: float, unsafe: bool = True) -> Target:
    """What the configuration demands of the interval of one suppressed cell."""
    width = space.table.required_width(facts.value)
    upper = upper_protection(facts, space.table.rules) if unsafe else 0.0
    if space.table.kind == "frequency":
        return Target(row, math.floor(width) + 1, upper, unsafe)
    return Target(row, width * scale, upper * scale, unsafe)


def assemble(now: Mapping[Cell, Facts], finest: Mapping[Cell, Facts], past: Sequence[Past], space: Space) -> Attack:
    """All that is known, of the new release and of earlier ones (oldest first).

    `now`: facts of the cells to publish; `finest`: of the finest cells. Raises TableTooLarge.
    """
    shape = tuple(len(paths) for paths in space.paths)
    if math.prod(shape) * (1 + len(past)) > MOST_UNKNOWNS:
        raise TableTooLarge(f"table {space.table.name}: too many combinations of categories; drop a level or a link")
    grid = np.arange(math.prod(shape)).reshape(shape)
    integral = space.table.kind == "frequency"
    rows = Rows(integral, [facts.value for _, facts in sorted(finest.items())])
    row: dict[Cell, int] = {}
    least = 1.0 if integral and space.table.zeros == "publish" else 0.0
    for cell, facts in sorted(now.items()):
        shown = facts.value if space.table.rounding is None else round_to_base(facts.value, space.table.rounding.base)
        empty = facts.contributors == 0
        row[cell] = rows.add(
            _unknowns(cell, grid, space),
            shown_interval(shown, space.table),
            0.0 if empty else least,
            suppressible=not empty or space.table.zeros == "suppress",
        )
    earlier_targets: list[tuple[int, Facts]] = []
    current = grid
    for release in reversed(past):
        if release.release.contributions is None:
            _add_public_only(rows, release, now, grid, space)
        else:
            current = _add_with_contributions(rows, release, current, grid, space, earlier_targets)
    scale = rows.scale()
    targets = tuple(target(number, facts, space, scale) for number, facts in earlier_targets)
    return Attack(rows.problem(), scale, row, targets, {number: cell for cell, number in row.items()})


def _unknowns(cell: Cell, grid: NDArray[np.int64], space: Space) -> NDArray[np.int64]:
    chosen = [
        np.array([place for place, path in enumerate(paths) if path[: len(node)] == node], dtype=int)
        for node, paths in zip(cell, space.paths, strict=True)
    ]
    return grid[np.ix_(*chosen)].ravel()


def _add_public_only(rows: Rows, past: Past, now: Mapping[Cell, Facts], grid: NDArray[np.int64], space: Space) -> None:
    """Without the contributions of then: what still holds of the new release."""
    for cell, said in sorted(past.shown.items()):
        if said.value is None or cell not in now:
            continue
        low, high = shown_interval(said.value, past.table)
        value = now[cell].value
        if low - SAME <= value <= high + SAME:
            rows.add(_unknowns(cell, grid, space), (low, high))
        elif space.table.releases == "cumulative" and value > high:
            rows.add(_unknowns(cell, grid, space), (low, math.inf))


def _add_with_contributions(
    rows: Rows,
    past: Past,
    later: NDArray[np.int64],
    grid: NDArray[np.int64],
    space: Space,
    targets: list[tuple[int, Facts]],
) -> NDArray[np.int64]:
    """The unknowns of an earlier release and what it said of them; its unsafe cells go to `targets`."""
    then = checked(past.release.contributions, space.table, space.dimensions)
    finest = facts_of_cells(then, [space.finest], space)
    values = np.array([finest[cell].value for cell in sorted(finest)]).reshape(grid.shape)
    after = np.array(rows.truth_of_unknowns)[later]
    changed = np.abs(values - after) > SAME
    mine = later.copy()
    mine[changed] = len(rows.truth_of_unknowns) + np.arange(changed.sum())
    rows.truth_of_unknowns.extend(values[changed].tolist())
    if space.table.releases == "cumulative":
        for before, since in zip(mine[changed & (after > values)], later[changed & (after > values)], strict=True):
            rows.add(np.array([since, before]), (0.0, math.inf), signs=np.array([1.0, -1.0]))
    facts = facts_of_cells(then, {tuple(map(len, cell)) for cell in past.shown}, space)
    least = 1.0 if rows.integral and space.table.zeros == "publish" else 0.0
    for cell, said in sorted(past.shown.items()):
        unknowns = _unknowns(cell, mine, space)
        if said.value is None:
            number = rows.add(unknowns, (least if facts[cell].contributors else 0.0, math.inf))
            if unsafe_because(facts[cell], space.table.rules, space.table.zeros == "suppress"):
                targets.append((number, facts[cell]))
            continue
        low, high = shown_interval(said.value, past.table)
        if not low - SAME <= facts[cell].value <= high + SAME:
            raise InvalidContributions(
                f"table {space.table.name}: release {past.release.release_id} was not made of the contributions given"
            )
        rows.add(unknowns, (low, high))
    return mine
