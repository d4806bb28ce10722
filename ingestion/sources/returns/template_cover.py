"""The front sheet of the return workbook: whose return it is, how to fill it in, how far each section is.

Progress is counted by formulas; what they give at first is stored with them, for programs that do not calculate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingestion.sources.returns.contract import ReturnContract, Table
from ingestion.sources.returns.template_checks import HINT, cover_rule, is_missing, whole_column
from ingestion.sources.returns.template_sheet import Filled, cell_value
from ingestion.sources.returns.wording import heading

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from ingestion.sources.returns.template_styles import Styles

COMPLETE, NOTHING, UNANSWERED = "Complete", "Nothing to report", "Not answered yet"
LOOK_OVER = "Complete; from earlier returns: look it over"
BOTH = "Has rows: empty Nothing to report"
_WIDTHS = (30, 30, 10, 16, 46)
_LAST = len(_WIDTHS) - 1
_STEPS_AT = 4
# Characters of an instruction that one line across holds.
_LINE = 140


class FrontSheet:
    """Writes the front sheet. `known`: what is known of the cover; `rows`: with what the tables begin."""

    def __init__(
        self, sheet: Worksheet, contract: ReturnContract, styles: Styles, known: Mapping[str, str], rows: Filled
    ) -> None:
        self.sheet, self.contract, self.styles = sheet, contract, styles
        self.known = {**contract.cover.must_be, **known}
        self.rows = rows
        self.tables = [table for table in contract.tables if not table.answers]

    def write(self) -> None:
        """Write it. The sections stand last: nothing may stand below them, where rows are read."""
        sheet, styles, contract = self.sheet, self.styles, self.contract
        sheet.hide_gridlines(2)
        for at, width in enumerate(_WIDTHS):
            sheet.set_column(at, at, width)
        sheet.write(0, 0, contract.title, styles.title)
        sheet.set_row(0, 26)
        sheet.set_row(1, 20)
        whose = (self.known.get(name) for name in ("partner_name", "partner_code", "period_key"))
        sheet.write(1, 0, " · ".join(filter(None, whose)), styles.subtitle)
        for at, step in enumerate(contract.guidance, _STEPS_AT):
            sheet.merge_range(at, 0, at, _LAST, f"{at - _STEPS_AT + 1}.  {step}", styles.step)
            sheet.set_row(at, 15 * (1 + len(step) // _LINE) + 2)
        top = self._fields(_STEPS_AT + len(contract.guidance) + 1)
        answers = next((table for table in contract.tables if table.answers), None)
        if answers is not None:
            self._sections(answers, top + 1)
        styles.print_set_up(sheet)
        styles.protect(sheet)

    def _fields(self, top: int) -> int:
        """The fields that say whose return it is; returns the row below them."""
        sheet, styles, cover = self.sheet, self.styles, self.contract.cover
        sheet.write(top, 0, self.contract.tags.starts(cover.table), styles.tag)
        sheet.write_row(top + 1, 0, ["Field", "Value"], styles.heading)
        for row, described in enumerate(cover.fields, top + 2):
            value = self.known.get(described.name)
            sheet.write(row, 0, heading(described), styles.label)
            if described.name in cover.must_be:
                sheet.write(row, 1, value, styles.fixed)
            elif value:
                sheet.write(row, 1, cell_value(described, value), styles.input(described, carried=True))
            else:
                sheet.write_blank(row, 1, None, styles.input(described))
            sheet.merge_range(row, 2, row, _LAST, described.guidance, styles.hint)
            rule = cover_rule(described)
            if rule:
                sheet.data_validation(row, 1, row, 1, rule)
            if described.required:
                self._colour((row, 1, row, 1), f"LEN(B{row + 1})=0", "missing")
        return top + 2 + len(cover.fields)

    def _sections(self, answers: Table, top: int) -> None:
        """A row for each section with how far it is, and above all how many are done."""
        sheet, styles = self.sheet, self.styles
        section, nothing = answers.columns
        sheet.write(top, 0, self.contract.tags.starts(answers.table), styles.tag)
        sheet.write_row(top + 1, 0, [section.heading, nothing.heading, *answers.not_read], styles.heading)
        sheet.write_comment(top + 1, 1, nothing.guidance, HINT)
        tables = {table.stream: table for table in self.tables}
        first, last = top + 2, top + 1 + len(section.allowed)
        for at, (label, stream) in enumerate(section.allowed.items(), first):
            table = tables[stream]
            sheet.write_url(at, 0, f"internal:'{table.sheet}'!A1", styles.link, label)
            sheet.write_blank(at, 1, None, styles.input(nothing))
            sheet.write_formula(at, 2, f"=COUNTA({whole_column(table, 0)})", styles.count, self._filled(table))
            sheet.write_formula(at, 3, f"={_missing_cells(table)}", styles.count, self._missing(table))
            sheet.write_formula(at, 4, _state_formula(at + 1, self._filled(table)), styles.state, self._state(table))
        sheet.data_validation(first, 1, last, 1, cover_rule(nothing) or {})
        for begins, style in ((COMPLETE, "done"), (NOTHING, "done"), (UNANSWERED, "missing"), (BOTH, "wrong")):
            self._colour((first, 4, last, 4), f'LEFT(E{first + 1},{len(begins)})="{begins}"', style)
        self._colour((first, 4, last, 4), f"AND(C{first + 1}>0,D{first + 1}>0)", "missing")
        states, count = f"$E${first + 1}:$E${last + 1}", len(section.allowed)
        done = f'COUNTIF({states},"{COMPLETE}*")+COUNTIF({states},"{NOTHING}")'
        at_first = sum(self._state(table) == LOOK_OVER for table in self.tables)
        said = f" of {count} sections done"
        sheet.write_formula(2, 0, f'={done}&"{said}"', styles.strong, f"{at_first}{said}")
        bar = f'=REPT("█",2*({done}))&REPT("░",2*({count}-({done})))'
        sheet.write_formula(2, 1, bar, styles.bar, "█" * (2 * at_first) + "░" * (2 * (count - at_first)))

    def _colour(self, area: tuple[int, int, int, int], formula: str, style: str) -> None:
        """Colour cells where a formula is true; exceljs spoils every other kind of rule."""
        rule = {"type": "formula", "criteria": f"={formula}", "format": getattr(self.styles, style)}
        self.sheet.conditional_format(*area, {**rule, "stop_if_true": True})

    def _filled(self, table: Table) -> int:
        return len(self.rows.get(table.table, ()))

    def _missing(self, table: Table) -> int:
        return sum(is_missing(column, row) for row in self.rows.get(table.table, ()) for column in table.columns)

    def _state(self, table: Table) -> str:
        if not self._filled(table):
            return UNANSWERED
        missing = self._missing(table)
        return f"{missing} cells missing" if missing else LOOK_OVER


def _state_formula(row: int, carried: int) -> str:
    """How far a section is, by its row of the front sheet and the number of rows that it began with."""
    complete = f'IF(C{row}={carried},"{LOOK_OVER}","{COMPLETE}")'
    filled = f'IF(B{row}="Yes","{BOTH}",IF(D{row}=0,{complete},D{row}&" cells missing"))'
    return f'=IF(C{row}=0,IF(B{row}="Yes","{NOTHING}","{UNANSWERED}"),{filled})'


def _missing_cells(table: Table) -> str:
    """Cells that must be filled and are not: in rows whose first cell is, and as the kind of the row has it."""
    names = [column.name for column in table.columns]
    counts = []
    for at, column in enumerate(table.columns):
        empty = f'{whole_column(table, at)},""'
        if column.required and at:
            counts.append(f'COUNTIFS({whole_column(table, 0)},"<>",{empty})')
        for other, value in column.required_when.items():
            beside = whole_column(table, names.index(other))
            counts.append(f'COUNTIFS({beside},"{table.column(other).label(value)}",{empty})')
        for other, value in column.required_unless.items():
            beside = whole_column(table, names.index(other))
            counts.append(f'COUNTIFS({beside},"<>",{beside},"<>{table.column(other).label(value)}",{empty})')
    return "+".join(counts) or "0"
