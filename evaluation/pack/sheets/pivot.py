"""One row a figure, as an Excel table: what a pivot table is made of."""

from __future__ import annotations

from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Sheet

NAME = "Data for pivots"
_HEADINGS = (
    "Code", "Indicator", "Unit", "Financial year", "Quarter", "Scope", "Key", "Name", "Basis", "Value", "Status",
)  # fmt: skip


def write(sheet: Sheet, figures: PackFigures) -> None:
    """Write the sheet."""
    sheet.text(
        "In a pivot filter one scope, one basis and one indicator before adding values up: scopes are cuts of the same "
        "whole, and verified is part of claimed. Where a value is empty, Status says why (c, x); empty is not zero.",
        lines=2,
    )
    sheet.gap()
    by_key = {indicator.key: indicator for indicator in figures.indicators}
    rows = []
    for figure in figures.long_figures:
        indicator = by_key[figure.indicator_key]
        year, _, quarter = figure.period_key.rpartition("-")
        words = (indicator.code, indicator.name, indicator.unit, year, quarter)
        rows.append(
            (*words, figure.scope, figure.scope_key, figure.scope_name, figure.basis, figure.value, figure.status)
        )
    sheet.table("figures", _HEADINGS, rows)
