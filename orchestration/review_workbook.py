"""The workbook in which people decide about pairs of organisations: written, and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from identity.decisions import Verdict
from ingestion.files.workbooks import Workbook
from orchestration.errors import UserError
from orchestration.organisation_review import COMPARED, DECIDED, HEADINGS, NAMED, Pair

SHEET = "Pairs"


def write_review(pairs: Sequence[Pair], target: Path) -> None:
    """Write the workbook in which people decide: evidence side by side, and what is asked of each pair."""
    import xlsxwriter

    compared = [f"{heading} {side}" for heading in COMPARED for side in "AB"]
    columns = [
        *NAMED, *compared, "All names A", "All names B", "Records A", "Records B", "Probability", "Linked by",
        "Evidence (bits)", "Counted facts", "Looked at", *DECIDED,
    ]  # fmt: skip
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": "Organisations to be told apart", "comments": "Personal data: stays in the home"})
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "same": book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#E2EFDA"}),
            "open": book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF8DC"}),
            "date": book.add_format({"valign": "top", "bg_color": "#FFF8DC", "num_format": "yyyy-mm-dd"}),
        }
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, len(NAMED))
        sheet.write_row(0, 0, columns, styles["head"])
        sheet.set_column(0, len(columns) - 1, 16)
        sheet.set_column(columns.index("Evidence (bits)"), columns.index("Evidence (bits)"), 40)
        for number, pair in enumerate(pairs, start=1):
            _write_pair(sheet, number, pair, columns, styles)
        at = columns.index("Decision")
        verdicts = [verdict.value for verdict in Verdict]
        message = "same, different or unsure; nothing while nobody looked"
        rule = {"validate": "list", "source": verdicts, "error_message": message}
        sheet.data_validation(1, at, max(len(pairs), 1) + 200, at, rule)
        about = book.add_worksheet("How to")
        about.set_column(0, 0, 110, styles["text"])
        about.write_column(0, 0, _HOW_TO)


def _write_pair(sheet: Any, number: int, pair: Pair, columns: Sequence[str], styles: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {
        "System A": pair.left.record.source_system,
        "Record A": pair.left.record.source_record_id,
        "System B": pair.right.record.source_system,
        "Record B": pair.right.record.source_record_id,
        "All names A": pair.left.names,
        "All names B": pair.right.names,
        "Records A": pair.left.record_count,
        "Records B": pair.right.record_count,
        "Probability": pair.probability,
        "Linked by": pair.method,
        "Evidence (bits)": pair.evidence,
        "Counted facts": pair.counted_facts,
        "Looked at": pair.looked_at,
    }
    alike = set()
    for heading, column in COMPARED.items():
        values[f"{heading} A"], values[f"{heading} B"] = pair.left.said[column], pair.right.said[column]
        if pair.left.said[column] and pair.left.said[column].casefold() == pair.right.said[column].casefold():
            alike |= {f"{heading} A", f"{heading} B"}
    for at, heading in enumerate(columns):
        style = (
            "date" if heading == "Date" else "open" if heading in DECIDED else "same" if heading in alike else "text"
        )
        if values.get(heading) in (None, ""):
            sheet.write_blank(number, at, None, styles[style])
        else:
            sheet.write(number, at, values[heading], styles[style])


_HOW_TO = """\
Each row is two organisations that the matcher can neither join nor keep apart. Fill in the four yellow cells; leave a \
row as it is while nobody looked.
Decision: same (one organisation), different (two), unsure (looked at, cannot be told: the pair goes on waiting).
Reason: what decided it, such as 'same board and address on both web sites'. Role: who decides, such as 'evaluator'; \
never a person. Date: of the decision.
Green: both sides say the same. Evidence: what was compared, how it came out, and its weight in bits; above nothing \
speaks for one organisation.
Counted facts: how many counted facts hang on either organisation.
You may add rows of your own, with the records of bridge_organisation_record: to join two that do not wait, or to part \
records that were joined.
`wmip organisations decide FILE` reads it back. The last word on two records holds, over rules and model, until \
somebody decides otherwise.
This workbook names organisations, some of them persons trading under their own name: it stays with the evaluators.
""".splitlines()


def rows_of(workbook: Workbook) -> list[tuple[int, dict[str, Any]]]:
    """The rows below the headings of the first sheet that has them, by their number. Raises UserError without one."""
    for name in workbook.sheet_names:
        headings: dict[str, int] = {}
        found = []
        for number, cells in workbook.rows(name):
            if not headings:
                at = {" ".join(str(cell).split()).casefold(): place for place, cell in enumerate(cells) if cell}
                if all(heading.casefold() in at for heading in HEADINGS):
                    headings = {heading: at[heading.casefold()] for heading in HEADINGS}
                continue
            row = {heading: cells[place] if place < len(cells) else None for heading, place in headings.items()}
            if any(value not in (None, "") for value in row.values()):
                found.append((number, row))
        if headings:
            return found
    raise UserError(
        f"no sheet has the headings {', '.join(HEADINGS)} in one row; `wmip organisations review` writes a workbook "
        "that has them"
    )
