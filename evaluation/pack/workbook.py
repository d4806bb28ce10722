"""The funder's workbook. No macro; totals are live formulas; the same figures give the same bytes."""

from __future__ import annotations

from pathlib import Path

from evaluation.pack.figures import PackFigures
from evaluation.pack.sheets import assurance, closing, headline, milestones, money, pivot, quarters, risks, scopes
from evaluation.pack.sheets.sheet import Sheet, Styles

# A text stays a text, whatever it begins with; formulas are written as such.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def write_workbook(figures: PackFigures, path: Path) -> None:
    """Write the workbook; its properties carry the release's time, not the machine's."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), OPTIONS) as workbook:
        release = figures.release
        workbook.set_properties(
            {
                "title": f"{release.programme}: funder pack of release {release.release_id}",
                "subject": f"Release {release.release_id}",
                "author": release.programme,
                "comments": f"Code {release.code_version}; inputs {release.input_fingerprint}",
                "created": release.released_at,
            }
        )
        styles = Styles(workbook)

        def sheet(name: str, title: str, *widths: int) -> Sheet:
            footer = f"{release.programme}, release {release.release_id}"
            return Sheet(workbook, styles, name, title, footer=footer, widths=widths)

        quarter_widths = (30, 13, *(12 for _ in figures.quarters), 14)
        scope_widths = (32, *(17 for _ in figures.headline))
        first = sheet(headline.NAME, release.programme, 26, 12, 11, 11, 11, 13, 16, 13, 10, 13, 18, 14, 14, 44)
        by_quarter = sheet(quarters.NAME, "Indicators by quarter", *quarter_widths)
        rows = quarters.write(by_quarter, figures)
        headline.write(first, figures, by_quarter, rows)
        scopes.write(
            sheet(scopes.BY_BODY, "Verified figures so far, by cluster body", *scope_widths),
            figures,
            figures.by_body,
            "Cluster body",
            "What each body brought about, after disclosure control.",
        )
        scopes.write(
            sheet(scopes.BY_AREA, "Verified figures so far, by local authority", *scope_widths),
            figures,
            figures.by_area,
            "Local authority",
            "Where the organisations are, by the postcode of their site, after disclosure control.",
        )
        money.write_finance(sheet(money.FINANCE, "Finance", 44, 12, 18), figures)
        money.write_leverage(sheet(money.LEVERAGE, "Leverage", 44, 16, 16, 17, 17, 20), figures)
        milestones.write(
            sheet(milestones.NAME, "Milestones and pilot stage", 24, 36, 20, 14, 24, 16, 9, 16, 18), figures
        )
        risks.write(sheet(risks.NAME, "Risks", 44, 60, 11, 11, 11, 20), figures)
        assurance.write(sheet(assurance.NAME, "Data-quality note", 34, 44, 22, 18, 30, 14), figures)
        closing.write_restatements(sheet(closing.RESTATEMENTS, "Restatements", 30, 16, 24, 16, 16, 16), figures)
        closing.write_caveats(sheet(closing.CAVEATS, "Caveats and definitions", 32, 52, 60, 14, 16, 11), figures)
        closing.write_sign_off(sheet(closing.SIGN_OFF, "Sign-off", 34, 56, 28, 28, 16), figures)
        pivot.write(sheet(pivot.NAME, "Data for pivots", 9, 30, 14, 13, 9, 18, 24, 34, 10, 15, 9), figures)
        first_sheet = workbook.get_worksheet_by_name(headline.NAME)
        first_sheet.activate()
