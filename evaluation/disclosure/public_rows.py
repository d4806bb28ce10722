"""A protected indicator as rows of the public tables: every quarter, every year, every category, shown or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.disclosure.configuration import Scope, Series
from evaluation.disclosure.contributions import NO_KEY, PROGRAMME_KEY, Quarter
from evaluation.disclosure.kept_back import NOTHING, KeptBack
from evaluation.disclosure.linked import Block
from evaluation.disclosure.series import Categories, PublicSeries

# Shorthand of official statistics, printed where a figure is missing or qualified (domain.md section 5).
CONFIDENTIAL = "c"
NOT_AVAILABLE = "x"
WITHHELD = "w"
UNKNOWN_KEY = "unknown"

Figure = tuple[float | None, str | None]


def quarter_rows(
    indicator: str,
    public: PublicSeries | None,
    series: Series,
    quarters: Sequence[Quarter],
    categories: Categories,
    kept_back: KeptBack = NOTHING,
) -> Iterator[dict[str, Any]]:
    """Rows of `indicator_value`. `public` is None where the whole indicator is withheld."""
    for scope, keys in _scopes(series, categories):
        by_year = series.scopes.get(scope) == "year"
        for key in keys:
            track = _Track(public, scope, key, by_year, kept_back)
            for quarter in quarters:
                value, status = track.quarter(quarter)
                cumulative, cumulative_status = track.cumulative(quarter)
                yield {
                    "indicator_key": indicator,
                    "period_key": quarter.period_key,
                    "scope": str(scope),
                    "scope_key": key,
                    "basis": "verified",
                    "value": value,
                    "status": status,
                    "cumulative_value": cumulative,
                    "cumulative_status": cumulative_status,
                }


def year_rows(
    indicator: str,
    public: PublicSeries | None,
    series: Series,
    quarters: Sequence[Quarter],
    categories: Categories,
    kept_back: KeptBack = NOTHING,
) -> Iterator[dict[str, Any]]:
    """Rows of `indicator_year`."""
    years: dict[str, list[Quarter]] = {}
    for quarter in quarters:
        years.setdefault(quarter.financial_year, []).append(quarter)
    for scope, keys in _scopes(series, categories):
        for key in keys:
            track = _Track(public, scope, key, series.scopes.get(scope) == "year", kept_back)
            for year, found in years.items():
                value, status = track.year(found)
                yield {
                    "indicator_key": indicator,
                    "financial_year": year,
                    "scope": str(scope),
                    "scope_key": key,
                    "basis": "verified",
                    "value": value,
                    "status": status,
                }


def _scopes(series: Series, categories: Categories) -> Iterator[tuple[Scope, Sequence[str]]]:
    yield Scope.PROGRAMME, [PROGRAMME_KEY]
    for scope in series.scopes:
        yield scope, [key for key in categories[scope] if key != NO_KEY]


class _Track:
    """One category over time."""

    def __init__(self, public: PublicSeries | None, scope: Scope, key: str, by_year: bool, kept_back: KeptBack) -> None:
        self._withheld = public is None
        self._blocks: Sequence[Block] = public.blocks[scope] if public else ()
        self._rules = public.rules if public else None
        self._key = key
        self._by_year = by_year
        self._kept_back = kept_back.of(scope)

    def _missing(self, quarters: Sequence[Quarter]) -> Figure | None:
        """Why there is nothing to show, if it is not the figure's own fault."""
        if self._kept_back & {quarter.period_key for quarter in quarters}:
            return None, WITHHELD
        if self._withheld or not all(quarter.is_public for quarter in quarters):
            return None, NOT_AVAILABLE
        return None

    def _sum(self, blocks: Sequence[Block]) -> Figure:
        shown = [block.shown(self._key, self._rules) for block in blocks]
        if any(value is None for value in shown):
            return None, CONFIDENTIAL
        if self._key != UNKNOWN_KEY and {key for block in blocks for key in block.cells} == {UNKNOWN_KEY}:
            # No fact says where it belongs: it may be here. That all others are nought tells no more.
            return None, NOT_AVAILABLE
        return round(sum(value for value in shown if value is not None), 4), None

    def quarter(self, quarter: Quarter) -> Figure:
        """The figure of one quarter."""
        if missing := self._missing([quarter]):
            return missing
        if self._by_year:
            return None, NOT_AVAILABLE
        found = [block for block in self._blocks if block.periods == (quarter.period_key,)]
        return self._sum(found) if found else (None, CONFIDENTIAL)

    def cumulative(self, quarter: Quarter) -> Figure:
        """The figure from the programme's start to the end of a quarter."""
        if any(period <= quarter.period_key for period in self._kept_back):
            return None, WITHHELD
        if missing := self._missing([quarter]):
            return missing
        until = [block for block in self._blocks if block.periods[-1] <= quarter.period_key]
        if not until or until[-1].periods[-1] != quarter.period_key:
            return None, NOT_AVAILABLE if self._by_year else CONFIDENTIAL
        return self._sum(until)

    def year(self, quarters: Sequence[Quarter]) -> Figure:
        """The figure of a financial year."""
        if missing := self._missing(quarters):
            return missing
        periods = {quarter.period_key for quarter in quarters}
        inside = [block for block in self._blocks if periods & set(block.periods)]
        if {period for block in inside for period in block.periods} != periods:
            return None, CONFIDENTIAL
        return self._sum(inside)


def hidden_count(public: PublicSeries) -> int:
    """How many figures are hidden that are not nothing. For the evaluators' report."""
    blocks = [block for found in public.blocks.values() for block in found]
    return sum(key in block.cells for block in blocks for key in block.pattern.hidden)
