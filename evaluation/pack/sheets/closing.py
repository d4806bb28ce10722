"""The last sheets: restatements, caveats and definitions, sign-off."""

from __future__ import annotations

from evaluation.pack import notes, wording
from evaluation.pack.breakdown import CONFIDENTIAL
from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets.sheet import Formula, Sheet, marked

RESTATEMENTS = "Restatements"
CAVEATS = "Caveats"
SIGN_OFF = "Sign-off"


def write_restatements(sheet: Sheet, figures: PackFigures) -> None:
    """Verified figures that differ from the release before, and material differences of locked quarters."""
    by_key = {indicator.key: indicator for indicator in figures.indicators}
    if figures.restatements.locked:
        sheet.text(
            "Locked quarters of bodies of which something material is known otherwise than when they were locked. "
            "c: confidential."
        )
        sheet.gap()
        sheet.columns(
            ["Indicator", "Quarter, body", "Standing", "Locked", "Known", "Cause"], figures_from=3, figures_to=5
        )
        for one in figures.restatements.locked:
            indicator = by_key[one.indicator_key]
            sheet.line(
                [
                    f"{indicator.code} {indicator.name}",
                    f"{wording.quarter(one.period_key)}, {one.partner_key}",
                    one.standing,
                    marked(one.locked, CONFIDENTIAL),
                    marked(one.known, CONFIDENTIAL),
                    one.causes,
                ],
                indicator.unit,
            )
        sheet.gap()
    before = figures.restatements.before_id
    if before is None:
        sheet.text("There is no earlier release to compare with.")
        return
    sheet.text(f"Verified figures of the programme that differ from release {before}.")
    sheet.gap()
    sheet.columns(["Indicator", "Quarter", "Quarter was", "Before", "Now", "Difference"], freeze=True, figures_from=3)
    for change in figures.restatements.changes:
        indicator = by_key[change.indicator_key]
        difference = Formula(f"={sheet.cell(sheet.row, 4)}-{sheet.cell(sheet.row, 3)}", change.difference)
        sheet.line(
            [
                f"{indicator.code} {indicator.name}",
                wording.quarter(change.period_key),
                change.kind,
                change.before,
                change.after,
                difference,
            ],
            indicator.unit,
        )
    if not figures.restatements.changes:
        sheet.line(["None"])
    if figures.restatements.withheld:
        sheet.gap()
        sheet.text("Not compared, as this release or that one withholds them")
    for key, quarters in figures.restatements.withheld:
        sheet.line([f"{by_key[key].code} {by_key[key].name}", ", ".join(map(wording.quarter, quarters))])


def write_caveats(sheet: Sheet, figures: PackFigures) -> None:
    """How to read the figures, and what each indicator means."""
    for caveat in notes.CAVEATS:
        sheet.text(f"• {caveat}", lines=2)
    sheet.heading("Shorthand")
    for mark, meaning in notes.SHORTHAND:
        sheet.line(["", f"{mark} = {meaning}"])
    sheet.heading("Definitions")
    sheet.columns(["Indicator", "Definition", "Counting rule", "Unit", "Least evidence", "Version"], figures_from=6)
    for indicator in figures.indicators:
        sheet.line(
            [
                f"{indicator.code} {indicator.name}",
                indicator.definition,
                indicator.counting_rule,
                indicator.unit,
                f"grade {indicator.minimum_evidence_grade or 'none'}",
                f"version {indicator.definition_version}",
            ]
        )


def write_sign_off(sheet: Sheet, figures: PackFigures) -> None:
    """Who answers for the figures; to be filled in by hand."""
    release = figures.release
    sheet.text(
        f"Release {release.release_id} of {release.programme}, inputs {release.input_fingerprint[:12]}", bold=True
    )
    sheet.text("To be filled in. Nothing here comes from the data.")
    sheet.gap()
    sheet.columns(["Role", "Statement", "Name", "Signature", "Date"], figures_from=5)
    for role, statement in notes.SIGN_OFF:
        sheet.line([role, statement, "", "", ""])
