"""Figures of a site: one cell for each scope, time, indicator and basis, as its mart has it.

Both readers give the same shape; the public one never sees the evaluators' mart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation import numbers
from evaluation.pack import programme, wording
from evaluation.pack.breakdown import AREA, BODY, ShownFigure, read_breakdown
from evaluation.pack.mart_rows import has_table, quality_status, rows
from evaluation.pack.programme import IndicatorDefinition, Quarter, Release
from evaluation.pack.wording import NOT_AVAILABLE

VERIFIED, CLAIMED = "verified", "claimed"
SO_FAR = "all"
WHOLE = "programme"
# A scope of either mart, the table that names its keys and the column they are in.
_SCOPES = {
    WHOLE: (WHOLE, f"(VALUES ('{WHOLE}', 'Whole programme')) AS whole (scope_key, name)", "scope_key"),
    "partner": BODY,
    "cluster": ("cluster", "dim_cluster", "cluster_key"),
    "local_authority": AREA,
}
_NONE = ShownFigure(None, NOT_AVAILABLE)


@dataclass(frozen=True)
class Scope:
    """The programme, or one body, cluster or authority of it."""

    kind: str
    key: str
    name: str


@dataclass(frozen=True)
class CellKey:
    """Which figure. `time` is a quarter, a financial year, or all quarters so far."""

    kind: str
    scope_key: str
    indicator_key: str
    time: str
    basis: str


@dataclass(frozen=True)
class SiteFigures:
    """What the pages of a site show. `notes`: how disclosure control protects an indicator; of the public site only."""

    is_public: bool
    release: Release
    indicators: list[IndicatorDefinition]
    scopes: tuple[Scope, ...]
    quarters: list[Quarter]
    bases: tuple[str, ...]
    cells: Mapping[CellKey, ShownFigure]
    notes: Mapping[str, tuple[str, ...]]

    @property
    def headline(self) -> list[IndicatorDefinition]:
        """The indicators the programme is measured by."""
        return [indicator for indicator in self.indicators if indicator.is_headline]

    @property
    def years(self) -> list[str]:
        """The financial years of the quarters."""
        return sorted({year_of(quarter.key) for quarter in self.quarters})

    @property
    def times(self) -> list[str]:
        """All quarters so far, each year, each quarter."""
        return [SO_FAR, *self.years, *(quarter.key for quarter in self.quarters)]

    def of_kind(self, kind: str) -> list[Scope]:
        """The scopes of one kind."""
        return [scope for scope in self.scopes if scope.kind == kind]

    @property
    def whole(self) -> Scope:
        """The whole programme."""
        return self.of_kind(WHOLE)[0]

    def cell(self, scope: Scope, indicator_key: str, time: str, basis: str = VERIFIED) -> ShownFigure:
        """One figure; what the mart does not have is not available."""
        return self.cells.get(CellKey(scope.kind, scope.key, indicator_key, time, basis), _NONE)


def year_of(period_key: str) -> str:
    """The financial year of a quarter."""
    return period_key.rpartition("-")[0]


def written(figure: ShownFigure, unit: str) -> str:
    """A figure as every product of a release writes it, or the mark that stands in its place."""
    return figure.mark if figure.value is None else numbers.number(figure.value, unit)


def _scopes(mart: duckdb.DuckDBPyConnection) -> tuple[Scope, ...]:
    return tuple(
        Scope(kind, row["key"], row["name"])
        for kind, (_, names, key) in _SCOPES.items()
        for row in rows(mart, f"SELECT {key} AS key, name FROM {names} ORDER BY 1")
    )


_EVALUATORS = """
    SELECT v.scope AS kind, v.scope_key, v.indicator_key, v.period_key, v.basis, v.value, v.cumulative_value,
        v.exact_value, coalesce(f.per_unit, 1) AS per_unit, {quality_status} AS quality_status
    FROM indicator_value AS v
    LEFT JOIN (SELECT indicator_key, max(exact_per_unit) AS per_unit FROM indicator_fact GROUP BY 1) AS f
        USING (indicator_key)
    ORDER BY ALL
"""


def _figure(value: Decimal | None, mark: str) -> ShownFigure:
    return ShownFigure(value, "" if value is not None else mark or NOT_AVAILABLE)


@dataclass
class _Year:
    """The sum of a year's quarters in exact units, divided once, as the mart makes its own sums.

    With a quarter that is withheld it is withheld too; one of which nothing is known adds nothing to what is known.
    """

    per_unit: Decimal
    exact: Decimal = Decimal(0)
    mark: str = ""

    def add(self, exact: Decimal | None, mark: str) -> None:
        if exact is not None:
            self.exact += exact
        elif self.mark != wording.WITHHELD:
            self.mark = mark or NOT_AVAILABLE

    @property
    def figure(self) -> ShownFigure:
        if self.mark == wording.WITHHELD or (self.mark and not self.exact):
            return ShownFigure(None, self.mark)
        return ShownFigure(self.exact / self.per_unit, "")


def read_evaluators(mart: duckdb.DuckDBPyConnection) -> SiteFigures:
    """The figures of the evaluators' mart, verified and claimed."""
    release = programme.read_release(mart)
    quarters = programme.read_quarters(mart, release.released_at.date())
    begun = {quarter.key for quarter in quarters}
    cells: dict[CellKey, ShownFigure] = {}
    years: dict[CellKey, _Year] = {}
    for row in rows(mart, _EVALUATORS.format(quality_status=quality_status(mart, "indicator_value", "v"))):
        if row["period_key"] not in begun:
            continue
        of = (row["kind"], row["scope_key"], row["indicator_key"])
        mark = wording.MARKS.get(row["quality_status"], "")
        cells[CellKey(*of, row["period_key"], row["basis"])] = _figure(row["value"], mark)
        # Rows come in the order of the quarters, so the last one stands.
        cells[CellKey(*of, SO_FAR, row["basis"])] = _figure(row["cumulative_value"], mark)
        year = CellKey(*of, year_of(row["period_key"]), row["basis"])
        years.setdefault(year, _Year(row["per_unit"])).add(row["exact_value"], mark)
    cells |= {key: year.figure for key, year in years.items()}
    return SiteFigures(
        is_public=False,
        release=release,
        indicators=programme.read_definitions(mart),
        scopes=_scopes(mart),
        quarters=quarters,
        bases=(VERIFIED, CLAIMED),
        cells=cells,
        notes={},
    )


_PUBLIC_QUARTERS = """
    SELECT scope AS kind, scope_key, indicator_key, period_key, value, status
    FROM indicator_value
    WHERE basis = 'verified'
"""


def read_public(public: duckdb.DuckDBPyConnection) -> SiteFigures:
    """The figures of the public mart, after disclosure control, each with its value or its mark."""
    release = programme.read_release(public)
    quarters = [
        Quarter(**row)
        for row in rows(
            public,
            "SELECT period_key AS key, starts_on, ends_on, status FROM dim_period WHERE starts_on <= $on ORDER BY 1",
            {"on": release.released_at.date()},
        )
    ]
    cells = {
        CellKey(row["kind"], row["scope_key"], row["indicator_key"], row["period_key"], VERIFIED): ShownFigure(
            row["value"], "" if row["value"] is not None else row["status"] or NOT_AVAILABLE
        )
        for row in rows(public, _PUBLIC_QUARTERS)
        if row["kind"] in _SCOPES
    }
    for kind, (scope, names, key) in _SCOPES.items():
        cut = read_breakdown(public, scope, names, key)
        for (scope_key, indicator), shown in cut.figures.items():
            cells[CellKey(kind, scope_key, indicator, SO_FAR, VERIFIED)] = shown
        for (scope_key, indicator, year), shown in cut.by_year.items():
            cells[CellKey(kind, scope_key, indicator, year, VERIFIED)] = shown
    return SiteFigures(
        is_public=True,
        release=release,
        indicators=programme.read_definitions(public),
        scopes=_scopes(public),
        quarters=quarters,
        bases=(VERIFIED,),
        cells=cells,
        notes={key: tuple(said) for key, said in _notes(public).items()},
    )


def read_public_cumulative(public: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], Decimal]:
    """The programme's cumulative figures that are public, by indicator, quarter and basis."""
    return {
        (row["indicator_key"], row["period_key"], VERIFIED): row["cumulative_value"]
        for row in rows(
            public,
            "SELECT indicator_key, period_key, cumulative_value FROM indicator_value "
            f"WHERE scope = '{WHOLE}' AND basis = '{VERIFIED}' AND cumulative_value IS NOT NULL",
        )
    }


def read_public_network(public: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The measures of the network that are public, as they are written, by quarter and measure; or their mark."""
    quarters: dict[str, dict[str, str]] = {}
    if has_table(public, "evaluation_network_measure"):
        for row in rows(public, _PUBLIC_NETWORK):
            value, measure = row["value"], row["measure"]
            shown = (
                row["status"] or NOT_AVAILABLE
                if value is None
                else wording.network_value(Decimal(repr(value)), measure)
            )
            quarters.setdefault(row["period_key"], {})[measure] = shown
    return quarters


_PUBLIC_NETWORK = """
    SELECT period_key, measure, value, status
    FROM evaluation_network_measure
    WHERE tie_class IN ('formal', 'brokered')
    ORDER BY period_key, measure
"""
_SCOPE_WORDS = {
    WHOLE: "the whole programme",
    "partner": "cluster body",
    "cluster": "cluster",
    "local_authority": "local authority",
    "organisation_type": "type of organisation",
    "size_band": "size of organisation",
    "leverage_source": "source of leverage",
}


def _notes(public: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """How each indicator is protected, in words."""
    notes: dict[str, list[str]] = {}
    shown: dict[str, dict[str, list[str]]] = {}
    for row in rows(public, "FROM disclosure_rule ORDER BY indicator_key, scope"):
        key = row["indicator_key"]
        if key not in notes:
            notes[key] = list(_rule(row))
        shown.setdefault(key, {}).setdefault(row["resolution"], []).append(_SCOPE_WORDS.get(row["scope"], row["scope"]))
    for key, by_resolution in shown.items():
        for resolution, scopes in by_resolution.items():
            how = "Not shown by" if resolution == "not shown" else f"Shown by {resolution} for"
            notes[key].append(f"{how} {', '.join(scopes)}.")
    return notes


def _rule(row: Mapping[str, object]) -> Iterator[str]:
    if row["open_because"]:
        yield f"Not protected: {row['open_because']}."
    if row["threshold"]:
        yield f"Figures of fewer than {row['threshold']} (of {row['protected_unit']}) are marked c."
    if row["dominance_n"]:
        share = numbers.percent(Decimal(str(row["dominance_k"])))
        yield f"A sum of which the {row['dominance_n']} largest contributors are over {share} is marked c."
    if row["p_percent"]:
        share = numbers.percent(Decimal(str(row["p_percent"])))
        yield f"A sum from which the largest contribution could be told to within {share} is marked c."
    if row["rounding_base"]:
        yield f"Figures are rounded to multiples of {row['rounding_base']}."


def as_script(figures: SiteFigures) -> dict[str, object]:
    """What the filters of the scorecard choose from: every figure as it is written, never a number to add up."""

    def of(scope: Scope) -> dict[str, list[list[str]]]:
        return {
            indicator.key: [
                [written(figures.cell(scope, indicator.key, time, basis), indicator.unit) for time in figures.times]
                for basis in figures.bases
            ]
            for indicator in figures.indicators
        }

    return {
        "times": figures.times,
        "bases": figures.bases,
        "figures": {kind: {scope.key: of(scope) for scope in figures.of_kind(kind)} for kind in _SCOPES},
    }
