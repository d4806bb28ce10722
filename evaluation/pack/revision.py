"""The revision triangle of an indicator: each quarter as it was known at the end of it and of every one since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation import numbers
from evaluation.pack import wording
from evaluation.pack.charts import INK, QUIET, VERIFIED_COLOUR, render
from evaluation.pack.drawn import Picture, drawn_once
from evaluation.pack.mart_rows import has_table, rows
from evaluation.pack.programme import IndicatorDefinition


@dataclass(frozen=True)
class Triangle:
    """Figures of an indicator by its quarter and by the quarter in which they were known; `vintages` in order.

    None is a figure that the release withholds.
    """

    vintages: tuple[str, ...]
    figures: Mapping[str, Mapping[str, Decimal | None]]

    @property
    def withheld(self) -> tuple[str, ...]:
        """Quarters of which a figure is withheld, as it was known at some time."""
        return tuple(period for period, said in self.figures.items() if None in said.values())

    @property
    def says_anything(self) -> bool:
        """Whether a figure of it is not withheld."""
        return any(value is not None for said in self.figures.values() for value in said.values())

    def revision(self, period_key: str) -> Decimal | None:
        """By how much a quarter's figure differs from what was first reported of it; None if some of it is withheld."""
        said = self.figures[period_key]
        figures = [value for at in self.vintages if (value := said.get(at)) is not None]
        return None if period_key in self.withheld else figures[-1] - figures[0]

    def was_revised(self, period_key: str, vintage: str) -> bool:
        """Whether a figure is not that of the vintage before."""
        said, before = self.figures[period_key], None
        for at in self.vintages:
            figure = said.get(at)
            if at == vintage:
                return None not in (before, figure) and figure != before
            before = before if figure is None else figure
        return False


def read_triangles(
    mart: duckdb.DuckDBPyConnection, *, basis: str = "verified", scope: str = "programme", key: str | None = None
) -> dict[str, Triangle]:
    """The triangle of each indicator of which anything was ever reported; `key`: of one body, cluster or authority."""
    if not has_table(mart, "indicator_revision"):
        return {}
    found: dict[str, dict[str, dict[str, Decimal | None]]] = {}
    for row in rows(
        mart,
        "SELECT indicator_key, period_key, known_in_period_key AS vintage, value FROM indicator_revision "
        "WHERE basis = $basis AND scope = $scope AND coalesce($key, scope_key) = scope_key ORDER BY ALL",
        {"basis": basis, "scope": scope, "key": key},
    ):
        found.setdefault(row["indicator_key"], {}).setdefault(row["period_key"], {})[row["vintage"]] = row["value"]
    return {
        indicator: Triangle(tuple(sorted({vintage for said in figures.values() for vintage in said})), figures)
        for indicator, figures in found.items()
    }


@drawn_once
def picture(indicator: IndicatorDefinition, triangle: Triangle) -> Picture:
    """A line a quarter over the quarters in which it was known; what was never revised runs level."""
    import altair as alt

    data = [
        {
            "of": _short(period),
            "known": _short(vintage),
            "value": float(value),
            "last": vintage == triangle.vintages[-1],
        }
        for period, said in triangle.figures.items()
        for vintage, value in said.items()
        if value is not None
    ]
    base = alt.Chart(alt.Data(values=data)).encode(
        x=alt.X(
            "known:O",
            axis=alt.Axis(
                labelAngle=0, grid=False, title="known at the end of", titleColor=QUIET, titleFontWeight="normal"
            ),
        ),
        y=alt.Y(
            "value:Q", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(tickCount=4, domain=False, ticks=False)
        ),
        detail="of:N",
    )
    chart = alt.layer(
        base.mark_line(strokeWidth=1.8, color=VERIFIED_COLOUR),
        base.mark_point(filled=True, size=26, opacity=1, color=VERIFIED_COLOUR),
        base.transform_filter("datum.last").mark_text(align="left", dx=7, color=INK, fontSize=11).encode(text="of:N"),
    ).properties(width=420, height=170)
    said = "; ".join(
        f"{wording.quarter(period)} by {numbers.number(moved, indicator.unit, plus=True)}"
        for period in triangle.figures
        if (moved := triangle.revision(period))
    )
    withheld = ", ".join(map(wording.quarter, triangle.withheld))
    return render(
        chart,
        f"revision-{indicator.key}",
        f"{indicator.name}: each quarter as it was known",
        f"A line for each quarter over the quarters in which it was known. "
        f"{f'Revised since it was first reported: {said}' if said else 'No quarter that is shown was revised since'}. "
        f"{f'Withheld in part or whole: {withheld}. ' if withheld else ''}"
        "The figures are in the table.",
    )


def _short(period_key: str) -> str:
    return period_key[2:].replace("-Q", " Q")
