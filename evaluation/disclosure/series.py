"""One indicator over time in public: which quarters, years and categories are shown.

Time comes first. Quarters are taken together into *steps* until the programme's figure of a step is safe; a step that
is not safe yet waits for the next quarter. Cuts by quarter are shown by step, cuts by year by the financial year.
Every step and year is decided from its own figures alone, so what was decided once stays when later quarters come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.disclosure.configuration import RuleSet, Scope, Series
from evaluation.disclosure.contributions import EMPTY, Cell, Leaf, Quarter, SeriesCells, facts_of, merge
from evaluation.disclosure.errors import ManualReviewNeeded, NotProtectable
from evaluation.disclosure.linked import Block, Linked, Pattern, Periods, leaves_over
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.suppression import hide

Categories = Mapping[Scope, Sequence[str]]


@dataclass(frozen=True)
class KnownSum:
    """A sum that follows from what is shown: some leaves of a cut over some quarters."""

    cut: tuple[Scope, ...]
    periods: Periods
    leaves: frozenset[Leaf]

    def of(self, cells: SeriesCells) -> Cell:
        """Who contributed how much to it."""
        found = leaves_over(cells, self.cut, self.periods)
        return merge(found.get(leaf, EMPTY) for leaf in sorted(self.leaves))


@dataclass(frozen=True)
class PublicSeries:
    """What is public of one indicator: blocks in order of time, by scope.

    `known`: what follows from them exactly. `withheld`: scopes that could not be protected and have no block.
    """

    blocks: Mapping[Scope, Sequence[Block]]
    rules: RuleSet | None
    known: Sequence[KnownSum] = ()
    withheld: Sequence[Scope] = ()


@dataclass
class _Shown:
    """The breakdowns of one cut as they are decided."""

    blocks: dict[Scope, list[Block]]
    known: list[KnownSum] = field(default_factory=list)


def protect_series(
    cells: SeriesCells, quarters: Sequence[Quarter], series: Series, rules: RuleSet | None, categories: Categories
) -> PublicSeries:
    """The public version of one indicator over its public quarters.

    Breakdowns that hold the same facts are protected as one; where that cannot be done none of them is shown. Raises
    ManualReviewNeeded where someone contributed less than nothing.
    """
    public = [quarter for quarter in quarters if quarter.is_public]
    if rules is None:
        singles = [(quarter.period_key,) for quarter in public]
        return PublicSeries(
            {
                scope: [_block(cells, scope, periods) for periods in singles]
                for scope in (Scope.PROGRAMME, *series.scopes)
            },
            None,
        )
    if cells.has_negatives:
        raise ManualReviewNeeded("has negative contributions")
    steps = steps_of(cells, public, rules)
    blocks: dict[Scope, Sequence[Block]] = {Scope.PROGRAMME: [_block(cells, Scope.PROGRAMME, step) for step in steps]}
    known: list[KnownSum] = []
    withheld: list[Scope] = []
    for cut in series.cuts:
        try:
            shown = _protect_cut(cells, cut, steps, public, series, rules, categories)
        except NotProtectable:
            shown = _Shown({scope: [] for scope in cut})
            withheld += cut
        blocks |= shown.blocks
        known += shown.known
    return PublicSeries(blocks, rules, known, withheld)


def _protect_cut(
    cells: SeriesCells,
    cut: tuple[Scope, ...],
    steps: Sequence[Periods],
    public: Sequence[Quarter],
    series: Series,
    rules: RuleSet,
    categories: Categories,
) -> _Shown:
    """Scope by scope the blocks of a cut. What is shown by quarter is decided first, and stays when the year ends."""
    shown = _Shown({scope: [] for scope in cut})
    for scopes, stretch in _stretches(cut, steps, public, series):
        periods = {period for step in stretch for period in step}
        decided = {
            scope: [block for block in shown.blocks[scope] if periods & set(block.periods)]
            for scope in cut
            if scope not in scopes
        }
        # By quarter nothing is known yet of what is shown by year.
        linked = Linked(cells, cut, stretch, scopes, {scope: found for scope, found in decided.items() if found})
        patterns = hide(linked, categories, rules)
        for scope, pattern in patterns.items():
            shown.blocks[scope].append(_block(cells, scope, linked.periods, pattern))
        hidden = {(scope, key) for scope, pattern in patterns.items() for key in pattern.hidden}
        shown.known += [KnownSum(cut, linked.periods, residue.leaves) for residue in linked.residues(hidden)]
    return shown


def _stretches(
    cut: tuple[Scope, ...], steps: Sequence[Periods], public: Sequence[Quarter], series: Series
) -> Iterator[tuple[list[Scope], Sequence[Periods]]]:
    for resolution, stretches in (("quarter", [[step] for step in steps]), ("year", years_of(steps, public))):
        if scopes := [scope for scope in cut if series.scopes[scope] == resolution]:
            for stretch in stretches:
                yield scopes, stretch


def steps_of(cells: SeriesCells, quarters: Sequence[Quarter], rules: RuleSet) -> list[Periods]:
    """Consecutive quarters taken together until the programme's figure is safe. Quarters at the end may wait."""
    steps: list[Periods] = []
    waiting: list[str] = []
    for quarter in quarters:
        waiting.append(quarter.period_key)
        if not is_unsafe(facts_of(_programme(cells, waiting), rules), rules):
            steps.append(tuple(waiting))
            waiting = []
    return steps


def years_of(steps: Sequence[Periods], quarters: Sequence[Quarter]) -> list[list[Periods]]:
    """Steps taken together until a financial year ends with them or within them. An unfinished year waits."""
    last = {quarter.period_key for quarter in quarters if quarter.quarter == 4}
    years: list[list[Periods]] = []
    waiting: list[Periods] = []
    for step in steps:
        waiting.append(step)
        if last & set(step):
            years.append(waiting)
            waiting = []
    return years


def _programme(cells: SeriesCells, periods: Sequence[str]) -> Cell:
    return merge(cell for period in periods for cell in cells.cells(Scope.PROGRAMME, period).values())


def _over(cells: SeriesCells, scope: Scope, periods: Sequence[str]) -> dict[str, Cell]:
    """Categories with something in a stretch of time."""
    keys = sorted({key for period in periods for key in cells.cells(scope, period)})
    return {key: merge(cells.cells(scope, period).get(key, EMPTY) for period in periods) for key in keys}


def _block(cells: SeriesCells, scope: Scope, periods: Periods, pattern: Pattern | None = None) -> Block:
    return Block(periods, _over(cells, scope, periods), pattern or Pattern())
