"""The data-quality note: checks, waivers, what was refused, how old the sources are."""

from __future__ import annotations

from evaluation.pack import wording
from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Sheet

NAME = "Data quality"


def write(sheet: Sheet, figures: PackFigures) -> None:
    """Write the note."""
    sheet.text(
        "Nothing is released that did not pass its gate. The full receipt is receipt.json in the folder of the release."
    )
    _checks(sheet, figures)
    _kept_back(sheet, figures)
    _warnings_and_waivers(sheet, figures)
    _sources(sheet, figures)
    _returns(sheet, figures)
    _refused(sheet, figures)


def _checks(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Checks by dimension")
    sheet.columns(["Dimension", "Checks", "Hold", "Do not hold", "Not applicable"])
    first = sheet.row
    lines = figures.assurance.dimensions
    for line in lines:
        sheet.line([line.dimension.capitalize(), line.checks, line.passed, line.failed, line.not_applicable], "count")
    totals = (
        sum(line.checks for line in lines),
        sum(line.passed for line in lines),
        sum(line.failed for line in lines),
        sum(line.not_applicable for line in lines),
    )
    sums = [sheet.sum_of(first, sheet.row - 1, column, value) for column, value in enumerate(totals, start=1)]
    sheet.line(["All", *sums], "count", total=True)


def _warnings_and_waivers(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Checks that do not hold")
    sheet.columns(["Check", "Meaning", "Found", "For", "What to do", "Severity"], figures_from=6)
    for warning in figures.assurance.warnings:
        sheet.line([warning.check, warning.meaning, warning.observed, warning.owner, warning.remedy, warning.severity])
    if not figures.assurance.warnings:
        sheet.line(["None"])
    sheet.heading("Waivers in force")
    sheet.columns(["Check", "Reason", "For", "Approved by", "Until"], figures_from=5)
    for waiver in figures.assurance.waivers:
        sheet.line([waiver.check, waiver.reason, waiver.scope, waiver.approved_by, waiver.expires_on])
    if not figures.assurance.waivers:
        sheet.line(["None"])


def _kept_back(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Withheld figures (w), and figures that stand under a waiver")
    sheet.columns(["Check", "Figures", "Withheld or waived", "Why"], figures_from=4)
    for one in figures.assurance.kept_back:
        sheet.line([one.rule, one.what, one.status, one.reason])
    if not figures.assurance.kept_back:
        sheet.line(["None"])


def _sources(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Sources and their age")
    sheet.columns(["Source", "Last good read", "That night", "Age (days)", "Rows read", "Rows refused"], figures_from=3)
    first = sheet.row
    sources = figures.assurance.sources
    for source in sources:
        sheet.line(
            [
                wording.spoken(figures.source_labels, source.source),
                wording.moment(source.last_good_read_at),
                source.status,
                source.age_days,
                source.rows_read,
                source.rows_quarantined,
            ],
            "count",
        )
    last = sheet.row - 1
    read, refused = sum(s.rows_read for s in sources), sum(s.rows_quarantined for s in sources)
    sheet.line(
        ["All", "", "", "", sheet.sum_of(first, last, 4, read), sheet.sum_of(first, last, 5, refused)],
        "count",
        total=True,
    )


def _returns(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Returns of the cluster bodies")
    sheet.columns(["Quarter", "Missing", "Owed", "Here", "Waived"], figures_from=2)
    first = sheet.row
    lines = figures.assurance.returns
    for line in lines:
        sheet.line(
            [wording.quarter(line.period_key), line.missing or "none", line.expected, line.received, line.waived],
            "count",
        )
    last = sheet.row - 1
    totals = (
        sum(line.expected for line in lines),
        sum(line.received for line in lines),
        sum(line.waived for line in lines),
    )
    sums = [sheet.sum_of(first, last, column, value) for column, value in enumerate(totals, start=2)]
    if lines:
        sheet.line(["All quarters", "", *sums], "count", total=True)


def _refused(sheet: Sheet, figures: PackFigures) -> None:
    sheet.heading("Rows in quarantine: not counted, kept with their place and reason")
    sheet.columns(["Source", "Table", "Reason", "Rows"], figures_from=3)
    first = sheet.row
    for row in figures.assurance.quarantined:
        sheet.line([row.source, row.stream.replace("_", " "), row.reason.replace("_", " "), row.rows], "count")
    if figures.assurance.quarantined:
        total = sheet.sum_of(first, sheet.row - 1, 3, figures.assurance.rows_quarantined)
        sheet.line(["All", "", "", total], "count", total=True)
    sheet.heading("Files refused whole, and kept")
    sheet.columns(["File", "Reason"], figures_from=2)
    for file in figures.assurance.refused:
        sheet.line([file.name, file.reason])
    if not figures.assurance.refused:
        sheet.line(["None"])
