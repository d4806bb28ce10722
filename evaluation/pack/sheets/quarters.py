"""Indicators by quarter: verified, claimed and forecast. The headline sheet takes its figures from here."""

from __future__ import annotations

from decimal import Decimal

from evaluation.pack import wording
from evaluation.pack.figures import CLAIMED, VERIFIED, PackFigures
from evaluation.pack.programme import Indicator
from evaluation.pack.sheets.sheet import Formula, Sheet, marked

NAME = "By quarter"
FIRST_QUARTER = 2


def write(sheet: Sheet, figures: PackFigures) -> dict[str, int]:
    """Write the sheet. Returns the row of each indicator's verified figures."""
    sheet.text(
        "A figure belongs to the quarter in which its condition was first met. Verified and claimed are never added."
    )
    sheet.heading("Verified: counted once, with evidence")
    rows = _block(sheet, figures, VERIFIED, freeze=True)
    sheet.heading("Claimed: as returned, duplicates and all")
    _block(sheet, figures, CLAIMED, freeze=False)
    sheet.heading("Forecast by the cluster bodies (f)")
    sheet.columns(_headings(figures), figures_from=FIRST_QUARTER)
    for indicator in figures.headline:
        forecasts = [figures.forecasts.get((indicator.key, quarter.key)) for quarter in figures.quarters]
        values = [marked(None if forecast is None else forecast.value) for forecast in forecasts]
        total = sum((forecast.value for forecast in forecasts if forecast is not None), Decimal(0))
        _line(sheet, indicator, values, total if any(forecasts) else None)
    return rows


def _headings(figures: PackFigures) -> list[str]:
    return ["Indicator", "Unit", *(wording.quarter(quarter.key) for quarter in figures.quarters), "All quarters"]


def _block(sheet: Sheet, figures: PackFigures, basis: str, *, freeze: bool) -> dict[str, int]:
    sheet.columns(_headings(figures), freeze=freeze, figures_from=FIRST_QUARTER)
    rows = {}
    for indicator in figures.indicators:
        found = [figures.quarter_figures[(indicator.key, quarter.key, basis)].value for quarter in figures.quarters]
        values = [marked(value, wording.WITHHELD) for value in found]
        whole = None if None in found else sum((value for value in found if value is not None), Decimal(0))
        rows[indicator.key] = _line(sheet, indicator, values, whole, wording.WITHHELD)
    return rows


def _line(
    sheet: Sheet,
    indicator: Indicator,
    values: list[Decimal | str],
    total: Decimal | None,
    without: str = wording.NOT_AVAILABLE,
) -> int:
    """`without`: what stands for a sum of which a part is missing; a sum of the rest would be smaller in silence."""
    first, last = sheet.cell(sheet.row, FIRST_QUARTER), sheet.cell(sheet.row, FIRST_QUARTER + len(values) - 1)
    whole = without if total is None or not values else Formula(f"=SUM({first}:{last})", total)
    return sheet.line([f"{indicator.code} {indicator.name}", indicator.unit, *values, whole], indicator.unit)
