"""Milestones: pilots and scaled interventions with their stage."""

from __future__ import annotations

from decimal import Decimal

from evaluation.pack import notes, wording
from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Formula, Sheet, marked

NAME = "Milestones"
_HEADINGS = (
    "Reference", "Title", "Kind", "Cluster body", "Stage", "Signed or confirmed", "Counts", "Award (GBP)",
    "New funding (GBP)",
)  # fmt: skip
_KIND, _STAGE, _COUNTS, _AWARD, _FUNDING = 2, 4, 6, 7, 8


def write(sheet: Sheet, figures: PackFigures) -> None:
    """Each intervention once, then how many are at which stage."""
    sheet.text("Each intervention once, however many bodies returned it.")
    sheet.gap()
    sheet.columns(_HEADINGS, freeze=True, figures_from=_AWARD)
    first = sheet.row
    for item in figures.interventions:
        sheet.line(
            [
                item.ref,
                item.title,
                wording.spoken(wording.INTERVENTION, item.kind),
                item.bodies,
                wording.stages(item.stage),
                item.started_on,
                item.counts,
                marked(item.award_gbp, "z"),
                marked(item.new_funding_gbp, "z"),
            ],
            "GBP",
        )
    if figures.interventions:
        _totals(sheet, figures, first)
        _stages(sheet, figures, first)
    sheet.heading("Not in the returns")
    for text in notes.NOT_RETURNED_MILESTONE:
        sheet.line([text, wording.NOT_AVAILABLE])


def _totals(sheet: Sheet, figures: PackFigures, first: int) -> None:
    last = sheet.row - 1
    awards = sum((item.award_gbp for item in figures.interventions if item.award_gbp is not None), Decimal(0))
    funding = sum(
        (item.new_funding_gbp for item in figures.interventions if item.new_funding_gbp is not None), Decimal(0)
    )
    counted: Formula | str = Formula(
        f'=COUNTIF({sheet.cell(first, _COUNTS)}:{sheet.cell(last, _COUNTS)},"yes")',
        sum(item.is_counted is True for item in figures.interventions),
    )
    if any(item.is_counted is None for item in figures.interventions):
        counted = wording.WITHHELD
    sheet.line(
        [
            "All", "", "", "", "", "", counted,
            sheet.sum_of(first, last, _AWARD, awards),
            sheet.sum_of(first, last, _FUNDING, funding),
        ],
        ["", "", "", "", "", "", "count", "GBP", "GBP"],
        total=True,
    )  # fmt: skip


def _stages(sheet: Sheet, figures: PackFigures, first: int) -> None:
    last = first + len(figures.interventions) - 1
    kinds = sorted({item.kind for item in figures.interventions}, key=lambda kind: (kind == "scaled", kind))
    sheet.heading("Stage of each kind")
    sheet.columns(["Stage", *(wording.spoken(wording.INTERVENTION, kind) for kind in kinds)])
    head = sheet.row - 1
    for stage in sorted({item.stage for item in figures.interventions}):
        row = sheet.row
        counts = [
            Formula(
                f"=COUNTIFS({sheet.cell(first, _KIND, fixed=True)}:{sheet.cell(last, _KIND, fixed=True)},"
                f"{sheet.cell(head, column)},"
                f"{sheet.cell(first, _STAGE, fixed=True)}:{sheet.cell(last, _STAGE, fixed=True)},{sheet.cell(row, 0)})",
                sum(item.kind == kind and item.stage == stage for item in figures.interventions),
            )
            for column, kind in enumerate(kinds, start=1)
        ]
        sheet.line([wording.stages(stage), *counts], "count")
