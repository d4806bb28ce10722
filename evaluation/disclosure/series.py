"""One indicator over time in public: which quarters, years and categories are shown.

Time comes first. Quarters are taken together into *steps* until the programme's figure of a step is safe; a step that
is not safe yet waits for the next quarter. Cuts by quarter are shown by step, cuts by year by the financial year.
Every step and year is decided from its own figures alone, so what was decided once stays when later quarters come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.disclosure.audit import Attack, Target
from evaluation.disclosure.configuration import RuleSet, Scope, Series
from evaluation.disclosure.contributions import EMPTY, Cell, Quarter, SeriesCells, facts_of, merge, value_of
from evaluation.disclosure.errors import ManualReviewNeeded, NotProtectable
from evaluation.disclosure.rounding import round_to_base, rounded_interval
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.suppression import Pattern, hide, hide_more, required_top, required_width

Categories = Mapping[Scope, Sequence[str]]
Periods = tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """One stretch of time of one cut. `cells`: by category the figure before rounding, whatever is shown of it."""

    periods: Periods
    cells: Mapping[str, Cell]
    pattern: Pattern

    def shown(self, key: str, rules: RuleSet | None) -> float | None:
        """The public figure of a category; None where it is hidden."""
        if key in self.pattern.hidden:
            return None
        value = value_of(self.cells.get(key, EMPTY))
        return round_to_base(value, rules.rounding) if rules and rules.rounding else value


@dataclass(frozen=True)
class PublicSeries:
    """What is public of one indicator: blocks in order of time, by scope."""

    blocks: Mapping[Scope, Sequence[Block]]
    rules: RuleSet | None


def protect_series(
    cells: SeriesCells, quarters: Sequence[Quarter], series: Series, rules: RuleSet | None, categories: Categories
) -> PublicSeries:
    """The public version of one indicator over its public quarters.

    Raises ManualReviewNeeded where someone contributed less than nothing, NotProtectable where the audit fails.
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
    blocks: dict[Scope, list[Block]] = {Scope.PROGRAMME: [_block(cells, Scope.PROGRAMME, step) for step in steps]}
    for scope, resolution in series.scopes.items():
        stretches = [[step] for step in steps] if resolution == "quarter" else years_of(steps, public)
        blocks[scope] = [_protect_block(cells, scope, stretch, rules, categories[scope]) for stretch in stretches]
    return PublicSeries(blocks, rules)


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


def _protect_block(
    cells: SeriesCells, scope: Scope, steps: Sequence[Periods], rules: RuleSet, categories: Sequence[str]
) -> Block:
    """Hide what is unsafe and what protects it, then prove by intervals that it suffices; else hide more."""
    periods = tuple(period for step in steps for period in step)
    row = _over(cells, scope, periods)
    pattern = hide(row, categories, rules)
    while exposed := _exposed(cells, scope, steps, row, pattern, rules, categories):
        if pattern.all_hidden:
            raise NotProtectable(f"cannot be shown by {scope}: the audit finds a hidden figure exposed")
        shown = [key for key in exposed if key not in pattern.hidden]
        pattern = (
            hide(row, categories, rules, also=pattern.hidden | {shown[0]})
            if shown
            else hide_more(pattern, row, categories, rules)
        )
    return Block(periods, row, pattern)


def _exposed(
    cells: SeriesCells,
    scope: Scope,
    steps: Sequence[Periods],
    row: Mapping[str, Cell],
    pattern: Pattern,
    rules: RuleSet,
    categories: Sequence[str],
) -> list[str]:
    """The categories of which an attacker learns too much: the stretch, a quarter of it, the year so far."""
    keys = sorted({*categories, *row})
    periods = [period for step in steps for period in step]
    place = {(period, key): p * len(keys) + k for p, period in enumerate(periods) for k, key in enumerate(keys)}
    attack = Attack(len(place))
    for step in steps:
        total = value_of(_programme(cells, step))
        attack.know([place[period, key] for period in step for key in keys], *_told(total, rules))
    targets: list[tuple[str, Target]] = []
    for key in keys:
        cell = row.get(key, EMPTY)
        column = [place[period, key] for period in periods]
        if key not in pattern.hidden:
            attack.know(column, *_told(value_of(cell), rules))
        else:
            attack.know(column, 1.0 if rules.kind == "count" and not pattern.all_hidden else 0.0, float("inf"))
        stretches = [[period] for period in periods] + [periods[:end] for end in range(2, len(periods))]
        if key in pattern.hidden:
            stretches.append(periods)
        elif len(periods) == 1:
            stretches = []
        for stretch in stretches:
            unknowns = [place[period, key] for period in stretch]
            hidden = merge(cells.cells(scope, period).get(key, EMPTY) for period in stretch)
            facts = facts_of(hidden, rules)
            if is_unsafe(facts, rules):
                targets.append(
                    (key, Target(unknowns, facts.value, required_width(facts, rules), required_top(facts, rules)))
                )
    return [targets[found][0] for found in attack.narrow([target for _, target in targets])]


def _told(value: float, rules: RuleSet) -> tuple[float, float]:
    """What a figure tells of the true one once it is shown."""
    if rules.rounding is None:
        return value, value
    return rounded_interval(round_to_base(value, rules.rounding), rules.rounding)
