"""Risks: what the mart itself shows. A register of risks with impact and owner is in no return."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.pack import notes, wording
from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Sheet

NAME = "Risks"


def write(sheet: Sheet, figures: PackFigures) -> None:
    """Signals from the data, then what is not there."""
    sheet.text("Signals that the data themselves give. They are no risk register: the returns do not carry one.")
    sheet.gap()
    sheet.columns(
        ["Signal", "What was found", "Impact", "Likelihood", "Proximity", "Owner"], freeze=True, figures_from=6
    )
    for signal, found, owner in _signals(figures):
        sheet.line([signal, found, *(wording.NOT_AVAILABLE,) * 3, owner])
    sheet.heading("Not in the returns")
    for text in (*notes.NOT_RETURNED_RISK, *notes.NOT_RETURNED_EQUALITY):
        sheet.line([text, wording.NOT_AVAILABLE])


def _signals(figures: PackFigures) -> Iterator[tuple[str, str, str]]:
    assurance = figures.assurance
    for warning in assurance.warnings:
        yield "Check that does not hold", f"{warning.meaning} Found: {warning.observed}.", warning.owner
    for waiver in assurance.waivers:
        yield "Waiver", f"{waiver.check} for {waiver.scope}, until {wording.day(waiver.expires_on)}", waiver.approved_by
    for line in assurance.returns:
        if line.missing:
            yield "Return missing", f"{wording.quarter(line.period_key)}: {line.missing}", "cluster bodies"
    for source in assurance.sources:
        if source.status in {"failed", "refused"} or source.age_days:
            yield (
                "Source not fresh",
                (
                    f"{wording.spoken(figures.source_labels, source.source)}: {source.status}, "
                    f"last good read {wording.moment(source.last_good_read_at)}"
                ),
                "data engineering",
            )
    for indicator in figures.headline:
        if not indicator.has_target:
            yield "No target stated", f"{indicator.code} {indicator.name}", "programme office"
    for item in figures.interventions:
        if "terminated" in item.stage:
            yield "Pilot terminated", f"{item.ref} ({item.bodies})", "cluster bodies"
