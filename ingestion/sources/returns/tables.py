"""The rows of one table of a return: read cell by cell, those that are wrong found at their cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingestion.files.row_check import CheckedTable, RawRow, check_table, column_letter, heading_key
from ingestion.files.values import BadValue, NotGiven, is_empty, value_class
from ingestion.findings import NOTE, Finding
from ingestion.persons.contact_details import withhold
from ingestion.sources.returns.blanks import NOT_ASKED, STATES, blank_or_value, holds_something, said_of_table, told
from ingestion.sources.returns.contract import NOT_GIVEN, Table
from ingestion.sources.returns.contract import Column as Described
from ingestion.sources.returns.layout import Block, Headings, Sheets
from ingestion.sources.returns.references import reference_key, repetitions

SOURCE = "returns"
Row = dict[str, Any]


@dataclass
class TableRead:
    """What was read of a table. `state`: why it has no rows, where its one row says so. `refused`: rows that its cells
    refuse, as far as they can be read, each with the columns that cannot.
    """

    rows: list[Row] = field(default_factory=list)
    refused: list[tuple[Row, frozenset[str]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    headings: Headings = field(default_factory=lambda: Headings([], {}))
    state: str | None = None


@dataclass(frozen=True)
class TableReader:
    """Reads a table that stands in a block. `lists`: the values that columns with `allowed_from` take, by row's text;
    `parents`: the references of the tables read before, `refused`: those of their rows that are refused;
    `placeholders`: what an untouched drop-down shows.
    """

    table: Table
    block: Block
    headings: Headings
    file_name: str
    sha256: str
    lists: Mapping[str, frozenset[str]]
    parents: Mapping[str, set[str]]
    refused: Mapping[str, set[str]]
    placeholders: frozenset[str] = frozenset()

    @property
    def place(self) -> str:
        """What stands before a row's number in places."""
        return f"{self.file_name}#{self.block.sheet}!"

    def read(self, sheets: Sheets, common: Row) -> TableRead:
        """Its rows with what is common to all of the workbook, and what is wrong with the others."""
        why: dict[int, dict[str, str]] = {}
        raw = list(self._raw_rows(sheets, why))
        found = TableRead(headings=self.headings)
        said = [(row.number, state) for row in raw if (state := said_of_table(row.cells))]
        filled = sum(any(map(holds_something, row.cells)) for row in raw)
        if len(said) == filled == 1 and not self.table.single:
            ((number, found.state),) = said
            found.findings.append(self._said_so(number, found.state))
            return found
        checked = check_table(
            self.table.cells,
            self.headings.own,
            raw,
            source=SOURCE,
            stream=self.table.stream,
            place=self.place,
            blank_rows=self.table.single,
        )
        self._check_lists(checked)
        found.findings += self._worded(checked.findings)
        repeated, contradicted = repetitions(self.table, checked.rows) if self.table.reference else ({}, {})
        found.findings += self._repetitions(repeated, contradicted)
        not_asked = dict.fromkeys(
            (column.name for column in self.table.columns if column.name not in self.headings.own), NOT_ASKED
        )
        cells = {row.number: row.cells for row in raw}
        for number, row in checked.rows:
            if number in contradicted:
                checked.refused.append((number, row, frozenset()))
                continue
            orphan = self._orphan(row, number)
            if orphan is not None:
                found.findings.append(orphan)
                checked.refused.append((number, row, frozenset()))
                continue
            told_of = told({**not_asked, **why.get(number, {})})
            self._land(found, number, row, cells[number], {**common, NOT_GIVEN: told_of})
        found.refused = [
            ({**row, "sheet": self.block.sheet, "row_number": str(number)}, unread)
            for number, row, unread in checked.refused
        ]
        return found

    def references(self, rows: Sequence[Row]) -> set[str]:
        """The references of rows, which those of other tables may name."""
        return {reference_key(row.get(self.table.columns[0].name)) for row in rows}

    def _raw_rows(self, sheets: Sheets, why: dict[int, dict[str, str]]) -> Iterator[RawRow]:
        """The rows below the headings, of each the cells that are read; `why` is told of those that say why not."""
        block, table = self.block, self.table
        first = block.first + table.heading_rows + table.guidance_rows
        last = block.end
        if table.single:
            first = min(first, max(block.first, block.end - 1))
            last = first + 1
        columns = {at: column for column in table.cells if (at := self.headings.own.get(column.name)) is not None}
        spread = {at for at, _ in self.headings.spread}
        width = max((*columns, *spread), default=-1) + 1
        placeholders = self.placeholders
        rows = sheets[block.sheet]
        for index in range(first, min(last, len(rows))):
            given = rows[index]
            cells: list[Any] = [None] * width
            for at in range(min(width, len(given))):
                column = columns.get(at)
                if column is None:
                    if at in spread:
                        cells[at] = given[at]
                    continue
                cell = blank_or_value(column, given[at])
                if isinstance(cell, NotGiven):
                    why.setdefault(index + 1, {})[column.name] = cell.why
                is_untouched = isinstance(cell, str) and len(cell) < 60 and heading_key(cell) in placeholders
                cells[at] = None if is_untouched else cell
            yield RawRow(index + 1, cells)

    def _land(self, found: TableRead, number: int, row: Row, cells: Sequence[Any], common: Row) -> None:
        sheet, positions = self.block.sheet, self.headings.own
        if self.table.single:
            name, answer = next(iter(row.items()))
            row = {"question": name, "answer": answer}
        if self.table.spread is None:
            first, last = (column_letter(at) for at in (min(positions.values()), max(positions.values())))
            source = f"{self.sha256}:{sheet}!{first}{number}:{last}{number}"
            found.rows.append({**common, **row, "sheet": sheet, "row_number": str(number), "_source_record": source})
            return
        value = self.table.spread.value
        for at, labels in self.headings.spread:
            cell = blank_or_value(value.cell, cells[at] if at < len(cells) else None)
            place = f"{column_letter(at)}{number}"
            try:
                landed = value.cell.read(cell)
            except BadValue as bad:
                found.findings.append(self._cell_finding(value, place, bad))
                continue
            if landed is None:
                continue
            landed, _ = withhold(landed, value.cell.text_kind)
            more = {value.name: landed, **labels, "sheet": sheet, "row_number": place}
            found.rows.append({**common, **row, **more, "_source_record": f"{self.sha256}:{sheet}!{place}"})

    def _cell_finding(self, value: Described, place: str, bad: BadValue) -> Finding:
        return Finding(
            source=SOURCE,
            stream=self.table.stream,
            place=f"{self.place}{place}",
            column_name=value.name,
            reason_code=bad.reason_code,
            message=value.message or str(bad),
            cell=place,
            value_class=bad.value_class,
        )

    def _said_so(self, number: int, state: str) -> Finding:
        return Finding(
            source=SOURCE,
            stream=self.table.stream,
            place=f"{self.place}{number}",
            column_name="",
            reason_code="table_has_no_rows",
            message=f"the table {self.table.name} says in words that it has no rows, and is taken for {state}: "
            f"{STATES[state]}",
            cell=f"{column_letter(self.block.left)}{number}",
            value_class="text",
            severity=NOTE,
        )

    def _worded(self, findings: Sequence[Finding]) -> list[Finding]:
        """Findings in the contract's words, where it has some for the column."""
        said = {column.name: column.message for column in self.table.columns if column.message}
        return [
            replace(one, message=said[one.column_name]) if one.severity != NOTE and one.column_name in said else one
            for one in findings
        ]

    def _check_lists(self, checked: CheckedTable) -> None:
        """Take out the rows of which a value is not in the list of the workbook that its column takes it from."""
        for column in self.table.columns:
            known = self.lists.get(column.allowed_from or "")
            if known is None:
                continue
            kept = []
            for number, row in checked.rows:
                value = row[column.name]
                if value is None or heading_key(value) in known:
                    kept.append((number, row))
                    continue
                checked.refused.append((number, row, frozenset([column.name])))
                at = self.headings.own[column.name]
                checked.findings.append(
                    Finding(
                        source=SOURCE,
                        stream=self.table.stream,
                        place=f"{self.place}{number}",
                        column_name=column.name,
                        reason_code="not_listed",
                        message=f"{column.heading} is not in the list of its drop-down; choose from the list",
                        cell=f"{column_letter(at)}{number}",
                        value_class=value_class(value),
                    )
                )
            checked.rows = kept

    def _repetitions(self, repeated: Mapping[int, int], contradicted: Mapping[int, int]) -> list[Finding]:
        if not repeated and not contradicted:
            return []
        named = [column for column in self.table.columns if column.name in self.table.reference]
        headings = " and ".join(column.heading for column in named)

        def finding(number: int, code: str, message: str, **more: str) -> Finding:
            return Finding(
                source=SOURCE,
                stream=self.table.stream,
                place=f"{self.place}{number}",
                column_name=named[0].name,
                reason_code=code,
                message=message,
                cell=f"{column_letter(self.headings.own[named[0].name])}{number}",
                value_class="text",
                **more,
            )

        notes = [
            finding(at, "row_repeated", f"the same row stands in {self.place}{other}; it counts once", severity=NOTE)
            for at, other in repeated.items()
        ]
        return notes + [
            finding(
                number,
                "reference_contradicted",
                f"{headings} stands in {self.place}{other} too, and the rows differ: neither is read; give each a "
                "reference of its own, or leave one out",
            )
            for number, other in contradicted.items()
        ]

    def _orphan(self, row: Mapping[str, str | None], number: int) -> Finding | None:
        for name, parent in self.table.references.items():
            reference = reference_key(row[name])
            if reference not in self.parents.get(parent, set()):
                heading = self.table.column(name).heading
                return Finding(
                    source=SOURCE,
                    stream=self.table.stream,
                    place=f"{self.place}{number}",
                    column_name=name,
                    reason_code="unknown_reference",
                    message=f"{heading} names a row of the table {parent} of this workbook that is refused itself; "
                    "correct that row, and this one counts as it stands"
                    if reference in self.refused.get(parent, set())
                    else f"{heading} is not among the rows of the table {parent} of this workbook; add it there or "
                    "correct it",
                    cell=f"{column_letter(self.headings.own[name])}{number}",
                    value_class="text",
                )
        return None


def unread_rows(table: Table, block: Block, headings: Headings, sheets: Sheets, place: str) -> Iterator[Finding]:
    """A note for each row that holds text only in columns that are not read: it is no row of the table."""
    read = {*headings.own.values(), *(at for at, _ in headings.spread)}
    if table.single:
        return
    rows = sheets[block.sheet]
    for index in range(block.first + table.heading_rows + table.guidance_rows, min(block.end, len(rows))):
        cells = block.cells(rows[index])
        others = [
            at for at, cell in enumerate(cells) if isinstance(cell, str) and at not in read and not is_empty(cell)
        ]
        if others and all(is_empty(cells[at]) for at in read if at < len(cells)):
            yield Finding(
                source=SOURCE,
                stream=table.stream,
                place=f"{place}{index + 1}",
                column_name="",
                reason_code="row_not_read",
                message=f"the row holds something only in a column that is not read ({column_letter(others[0])}), and "
                "was taken for a note",
                cell=f"{column_letter(others[0])}{index + 1}",
                value_class="text",
                severity=NOTE,
            )


def hidden_rows(table: Table, block: Block, sheets: Sheets, hidden: Sequence[int], place: str) -> Iterator[Finding]:
    """A note that rows of a table are hidden, and read all the same."""
    first = block.first + table.heading_rows + 1
    filled = [
        number
        for number in hidden
        if first <= number <= block.end
        and number <= len(sheets[block.sheet])
        and any(not is_empty(cell) for cell in block.cells(sheets[block.sheet][number - 1]))
    ]
    if filled:
        more = f" and {len(filled) - 1} more" if len(filled) > 1 else ""
        yield Finding(
            source=SOURCE,
            stream=table.stream,
            place=f"{place}{filled[0]}",
            column_name="",
            reason_code="hidden_rows",
            message=f"row {filled[0]}{more} of the table {table.name} is hidden, and read as the others are; show "
            "hidden rows to see what counts",
            cell=f"{column_letter(block.left)}{filled[0]}",
            value_class="row",
            severity=NOTE,
        )
