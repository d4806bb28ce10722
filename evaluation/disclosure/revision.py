"""From one public release to the next: what may change.

A figure published twice gives away its change, so the change must be as safe as a figure. Nights are many and late
returns few, so most changes are not; they are *held back*: the public goes on seeing the earlier figures of that
stretch of time, and the change is made once it is safe. Nothing is lost, no night is stopped, evaluators see the true
figures in the mart (docs/decisions/0021).

What was published is remembered as its contributions, in the release's own folder, which only evaluators can read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.disclosure.configuration import RuleSet, Scope, Series
from evaluation.disclosure.contributions import EMPTY, Cell, Quarter, SeriesCells, facts_of
from evaluation.disclosure.linked import Block, Periods
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.series import Categories, PublicSeries, protect_series, steps_of, years_of


@dataclass(frozen=True)
class Edition:
    """What one release made public of one indicator: the contributions of every quarter it covered."""

    cells: SeriesCells
    periods: frozenset[str]


@dataclass
class Revised:
    """The contributions to publish tonight. `held`: quarters whose change waits; `revised`: quarters that changed."""

    cells: SeriesCells
    held: list[str] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)


def revise(
    now: SeriesCells,
    editions: Sequence[Edition],
    quarters: Sequence[Quarter],
    series: Series,
    rules: RuleSet | None,
    categories: Categories,
) -> Revised:
    """Tonight's figures as far as the earlier public ones allow. `editions`: newest first."""
    if rules is None or not editions or now.has_negatives:
        return Revised(now)
    latest = editions[0]
    kept = now.with_periods_of(latest.cells, latest.periods)
    result = Revised(kept)
    public = [quarter for quarter in quarters if quarter.is_public]
    for unit in _units(kept, public, series, rules):
        changed = [p for p in unit if p in latest.periods and _differs(now, kept, p)]
        if not changed:
            continue
        proposed = result.cells.with_periods_of(now, changed)
        stretch = [quarter for quarter in public if quarter.period_key in unit]
        if _same_pattern(result.cells, proposed, stretch, series, rules, categories) and all(
            _safe_change(edition, proposed, stretch, series, rules, categories) for edition in editions
        ):
            result.cells = proposed
            result.revised += changed
        else:
            result.held += changed
    return result


def _units(cells: SeriesCells, public: Sequence[Quarter], series: Series, rules: RuleSet) -> list[Periods]:
    """Stretches of time no figure crosses, the unfinished one at the end included."""
    steps = steps_of(cells, public, rules)
    units: list[Periods]
    if "year" in series.scopes.values():
        units = [tuple(period for step in year for period in step) for year in years_of(steps, public)]
    else:
        units = list(steps)
    done = {period for unit in units for period in unit}
    rest = tuple(quarter.period_key for quarter in public if quarter.period_key not in done)
    return [*units, rest] if rest else units


def _differs(one: SeriesCells, other: SeriesCells, period: str) -> bool:
    return one.rows_of(period) != other.rows_of(period)


def _same_pattern(
    before: SeriesCells,
    after: SeriesCells,
    stretch: Sequence[Quarter],
    series: Series,
    rules: RuleSet,
    categories: Categories,
) -> bool:
    """Whether the same figures are shown: what appears or disappears between releases tells of what was hidden."""
    one, other = (protect_series(cells, stretch, series, rules, categories) for cells in (before, after))
    return _pattern(one) == _pattern(other)


def _pattern(public: PublicSeries) -> Mapping[Scope, list[tuple[Periods, object]]]:
    return {scope: [(block.periods, block.pattern) for block in blocks] for scope, blocks in public.blocks.items()}


def _safe_change(
    edition: Edition,
    after: SeriesCells,
    stretch: Sequence[Quarter],
    series: Series,
    rules: RuleSet,
    categories: Categories,
) -> bool:
    """Whether nobody learns from an edition and tonight's figures what neither tells."""
    covered = [quarter for quarter in stretch if quarter.period_key in edition.periods]
    if all(not _differs(edition.cells, after, quarter.period_key) for quarter in covered):
        return True
    before, now = (protect_series(cells, covered, series, rules, categories) for cells in (edition.cells, after))
    if _pattern(before) != _pattern(now):
        return False
    told = [
        *((known.of(edition.cells), known.of(after)) for known in dict.fromkeys([*before.known, *now.known])),
        *(pair for scope, blocks in before.blocks.items() for pair in _shown(blocks, now.blocks[scope])),
    ]
    return all(not is_unsafe(facts_of(_change(old, new), rules), rules) for old, new in told)


def _shown(before: Sequence[Block], after: Sequence[Block]) -> Iterator[tuple[Cell, Cell]]:
    """Every figure that both releases show; what follows from them is in what is known."""
    for old, new in zip(before, after, strict=True):
        for key in sorted({*old.cells, *new.cells} - old.pattern.hidden):
            yield old.cells.get(key, EMPTY), new.cells.get(key, EMPTY)


def _change(before: Cell, after: Cell) -> Cell:
    """By contributor, how much changed, up or down."""
    moved = {key: abs(after.get(key, 0.0) - before.get(key, 0.0)) for key in sorted({*before, *after})}
    return {key: amount for key, amount in moved.items() if amount > 1e-9}
