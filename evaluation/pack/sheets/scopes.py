"""Indicators by cluster body and by local authority, after disclosure control."""

from __future__ import annotations

from decimal import Decimal

from evaluation.pack import wording
from evaluation.pack.breakdown import CONFIDENTIAL, Breakdown, ShownFigure
from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Formula, Sheet, marked

BY_BODY = "By cluster body"
BY_AREA = "By local authority"


def write(sheet: Sheet, figures: PackFigures, cut: Breakdown | None, heading: str, note: str) -> None:
    """Write one breakdown, so far and by financial year, or say that the release has none."""
    if cut is None or cut.up_to is None:
        sheet.text("Not in this release: these figures are shown after disclosure control only, and none is public.")
        return
    sheet.text(f"{note} To the end of {wording.quarter(cut.up_to)}.")
    sheet.text("c: confidential. x: not available, or not public. w: withheld, a check failed.")
    _block(sheet, figures, cut, heading, "So far", freeze=True)
    for year in cut.years:
        _block(sheet, figures, cut, heading, f"Financial year {year} alone", year=year)
    sheet.gap()
    sheet.text(
        "The sum of the figures shown is not the figure of the programme: marked figures are not in it, and the "
        "programme counts a business once."
    )


def _block(
    sheet: Sheet,
    figures: PackFigures,
    cut: Breakdown,
    heading: str,
    title: str,
    *,
    year: str | None = None,
    freeze: bool = False,
) -> None:
    sheet.heading(title)
    sheet.columns([heading, *(f"{item.code} {item.name} ({item.unit})" for item in figures.headline)], freeze=freeze)
    units = ["", *(indicator.unit for indicator in figures.headline)]
    first = sheet.row
    columns: list[list[ShownFigure]] = [[] for _ in figures.headline]
    for scope in cut.scopes:
        shown = [_shown(cut, scope.key, indicator.key, year) for indicator in figures.headline]
        sheet.line([scope.name, *(marked(item.value, item.mark) for item in shown)], units)
        for column, item in zip(columns, shown, strict=True):
            column.append(item)
    if cut.scopes:
        sums = [_sum(sheet, first, number, found) for number, found in enumerate(columns, start=1)]
        sheet.line(["Sum of the figures shown", *sums], units, total=True)
    if year is None and cut.unknown_shares:
        shares = [marked(cut.unknown_shares.get(indicator.key)) for indicator in figures.headline]
        sheet.line(["Share of which nothing says where", *shares], "share")


def _sum(sheet: Sheet, first: int, column: int, found: list[ShownFigure]) -> Formula | str:
    """The sum of what is shown; where nothing is, the mark that says why: the sum of no figure is not nought."""
    values = [item.value for item in found if item.value is not None]
    if values:
        return sheet.sum_of(first, sheet.row - 1, column, sum(values, Decimal(0)))
    marks = {item.mark for item in found}
    return next((mark for mark in (wording.WITHHELD, CONFIDENTIAL) if mark in marks), wording.NOT_AVAILABLE)


def _shown(cut: Breakdown, scope_key: str, indicator_key: str, year: str | None) -> ShownFigure:
    found = (
        cut.figures.get((scope_key, indicator_key))
        if year is None
        else cut.by_year.get((scope_key, indicator_key, year))
    )
    return found or ShownFigure(None, wording.NOT_AVAILABLE)
