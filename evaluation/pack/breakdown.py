"""Figures by cluster body and by area, as disclosure control lets them be shown.

Read from the public mart only: a pack goes from hand to hand, and a small count in one area can be one business. Where
a release has no public mart the pack has figures of the whole programme only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows
from evaluation.pack.wording import NOT_AVAILABLE, WITHHELD

CONFIDENTIAL = "c"
UNKNOWN = "unknown"
# A scope of the public mart, and the table that names its keys.
BODY = ("partner", "dim_partner", "partner_key")
AREA = ("local_authority", "dim_local_authority", "local_authority_code")


@dataclass(frozen=True)
class ShownFigure:
    """A verified figure of one indicator in one scope key. `value` is None where `mark` says why."""

    value: Decimal | None
    mark: str


@dataclass(frozen=True)
class Scope:
    """One cluster body or area."""

    key: str
    name: str


@dataclass(frozen=True)
class Breakdown:
    """One way to cut the programme.

    `figures` are those so far by (scope key, indicator key), `by_year` those of a financial year by (scope key,
    indicator key, year), `whole` the programme's own so far. `up_to` is the last quarter that is public; None when
    none is.
    """

    scope: str
    up_to: str | None
    scopes: tuple[Scope, ...]
    years: tuple[str, ...]
    figures: dict[tuple[str, str], ShownFigure]
    by_year: dict[tuple[str, str, str], ShownFigure]
    whole: dict[str, Decimal] = field(default_factory=dict)

    @property
    def unknown_shares(self) -> dict[str, Decimal]:
        """By indicator, how much of the programme's figure no fact places, where both are public; none for a cut of
        which every fact is placed.
        """
        found = {key: self.figures.get((UNKNOWN, key)) for key in self.whole}
        return {
            key: shown.value / self.whole[key]
            for key, shown in found.items()
            if shown is not None and shown.value is not None and self.whole[key]
        }


_NOT_SHOWN = ShownFigure(None, NOT_AVAILABLE)


def _figure(value: Decimal | None, status: str | None) -> ShownFigure:
    return ShownFigure(value, "" if value is not None else status or NOT_AVAILABLE)


def _so_far(cumulative: ShownFigure, of_years: list[ShownFigure]) -> ShownFigure:
    """The public cumulative figure; else the sum of the years where each is public; else why there is none."""
    if cumulative.value is not None:
        return cumulative
    if cumulative.mark == WITHHELD:
        return cumulative
    values = [year.value for year in of_years if year.value is not None]
    if values and len(values) == len(of_years):
        return ShownFigure(sum(values, Decimal(0)), "")
    if any(shown.mark == WITHHELD for shown in (cumulative, *of_years)):
        return ShownFigure(None, WITHHELD)
    confidential = any(shown.mark == CONFIDENTIAL for shown in (cumulative, *of_years))
    return ShownFigure(None, CONFIDENTIAL if confidential else NOT_AVAILABLE)


def read_breakdown(public: duckdb.DuckDBPyConnection, scope: str, names: str, key: str) -> Breakdown:
    """A cut of the public mart by `scope`, whose keys are named in the table `names`, column `key`."""
    scopes = tuple(Scope(**row) for row in rows(public, f"SELECT {key} AS key, name FROM {names} ORDER BY 1"))
    (newest,) = rows(public, "SELECT max(period_key) AS period FROM dim_period WHERE is_public")
    cumulative = {
        (row["scope_key"], row["indicator_key"]): _figure(row["cumulative_value"], row["cumulative_status"])
        for row in rows(
            public,
            "SELECT scope_key, indicator_key, cumulative_value, cumulative_status FROM indicator_value "
            "WHERE scope = $scope AND period_key = $period AND basis = 'verified'",
            {"scope": scope, "period": newest["period"]},
        )
    }
    by_year = {
        (row["scope_key"], row["indicator_key"], row["financial_year"]): _figure(row["value"], row["status"])
        for row in rows(
            public,
            "SELECT scope_key, indicator_key, financial_year, value, status FROM indicator_year "
            "WHERE scope = $scope AND basis = 'verified'",
            {"scope": scope},
        )
    }
    years = tuple(sorted({year for _, _, year in by_year}))
    pairs = sorted({*cumulative, *((scope_key, indicator) for scope_key, indicator, _ in by_year)})
    figures = {
        pair: _so_far(
            cumulative.get(pair, _NOT_SHOWN), [by_year[(*pair, year)] for year in years if (*pair, year) in by_year]
        )
        for pair in pairs
    }
    whole = rows(
        public,
        "SELECT indicator_key, cumulative_value AS value FROM indicator_value WHERE scope = 'programme' "
        "AND period_key = $period AND basis = 'verified' AND cumulative_value IS NOT NULL",
        {"period": newest["period"]},
    )
    by_key = {row["indicator_key"]: row["value"] for row in whole}
    return Breakdown(scope, newest["period"], scopes, years, figures, by_year, by_key)
