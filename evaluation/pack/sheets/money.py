"""Finance and leverage. Committed and realised stand beside each other and are never added."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

from evaluation.pack import notes, wording
from evaluation.pack.figures import VERIFIED, PackFigures
from evaluation.pack.leverage import COMMITTED, REALISED
from evaluation.pack.sheets.sheet import Formula, Sheet

FINANCE = "Finance"
LEVERAGE = "Leverage"


def write_finance(sheet: Sheet, figures: PackFigures) -> None:
    """Grants and awards, and what no return carries."""
    sheet.text("As far as the returns and the grants data carry it. x: not available; nothing is estimated.")
    sheet.heading("Grants of the programme to organisations")
    sheet.columns(["Financial year of the award", "Grants", "Amount (GBP)"])
    first = sheet.row
    for year in figures.grants:
        sheet.line([year.financial_year, year.awards, year.amount_gbp], ["", "count", "GBP"])
    if figures.grants:
        awards = sum(year.awards for year in figures.grants)
        amount = sum((year.amount_gbp for year in figures.grants), Decimal(0))
        last = sheet.row - 1
        sheet.line(
            ["All years", sheet.sum_of(first, last, 1, awards), sheet.sum_of(first, last, 2, amount)],
            ["", "count", "GBP"],
            total=True,
        )
    sheet.heading("Not in the returns")
    sheet.columns(["Item", "", "Amount (GBP)"])
    for item in (*notes.NOT_RETURNED_FINANCE, "Leverage for each pound spent (needs spend)"):
        sheet.line([item, "", wording.NOT_AVAILABLE])


def write_leverage(sheet: Sheet, figures: PackFigures) -> None:
    """Committed, realised and outstanding by quarter; from claim to figure; loans and equity apart."""
    sheet.text("Realised is the indicator. What is realised was committed before, so the two are never added.")
    if figures.leverage.is_withheld:
        sheet.text(
            "Withheld (w): a check failed that protects these figures; the data-quality sheet says which.", bold=True
        )
        return
    _by_quarter(sheet, figures)
    _from_claim_to_figure(sheet, figures)
    _apart(sheet, figures)


def _by_quarter(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Verified, by quarter (GBP)")
    sheet.columns(
        ["Quarter", "Committed", "Realised", "Committed so far", "Realised so far", "Outstanding at its end"],
        freeze=True,
    )
    committed, realised = (
        [figures.quarter_figures[(key, quarter.key, VERIFIED)].value or Decimal(0) for quarter in figures.quarters]
        for key in (COMMITTED, REALISED)
    )
    first = sheet.row
    for quarter, new, drawn, all_new, all_drawn in zip(
        figures.quarters, committed, realised, accumulate(committed), accumulate(realised), strict=True
    ):
        row = sheet.row
        running = [
            Formula(f"=SUM({sheet.cell(first, column, fixed=True)}:{sheet.cell(row, column)})", value)
            for column, value in ((1, all_new), (2, all_drawn))
        ]
        outstanding = Formula(f"={sheet.cell(row, 3)}-{sheet.cell(row, 4)}", all_new - all_drawn)
        sheet.line([wording.quarter(quarter.key), new, drawn, *running, outstanding], "GBP")
    if figures.quarters:
        last, row = sheet.row - 1, sheet.row
        total = Formula(f"={sheet.cell(row, 1)}-{sheet.cell(row, 2)}", sum(committed) - sum(realised) + Decimal(0))
        sheet.line(
            [
                "All quarters",
                sheet.sum_of(first, last, 1, sum(committed, Decimal(0))),
                sheet.sum_of(first, last, 2, sum(realised, Decimal(0))),
                "",
                "",
                total,
            ],
            "GBP",
            total=True,
        )


def _from_claim_to_figure(sheet: Sheet, figures: PackFigures) -> None:
    leverage = figures.leverage
    sheet.heading("From what was returned as realised to what counts (GBP)")
    sheet.columns(["Step", "Amount"])
    first = sheet.line(["Returned as realised, not withdrawn", leverage.claimed], "GBP")
    for step in leverage.steps:
        sheet.line([wording.spoken(wording.REASON, step.reason), step.amount], "GBP")
    sheet.line(["Verified: what counts", sheet.sum_of(first, sheet.row - 1, 1, leverage.realised)], "GBP", total=True)


def _apart(sheet: Sheet, figures: PackFigures) -> None:
    leverage = figures.leverage
    sheet.heading("In no figure above (GBP)")
    sheet.columns(["Kind", "Committed", "Realised"])
    for line in leverage.apart:
        sheet.line([f"{line.kind.capitalize()} (reported apart)", line.committed, line.realised], "GBP")
    sheet.line(["Pipeline (no achievement)", leverage.pipeline, "z"], "GBP")
