"""Where the tables of a return stand in a workbook: found by their tags, or by their headings where a tag was lost.

A sheet may be renamed, rows and columns moved: a tag or a row of headings is looked for on every sheet, first on the
contract's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestion.files.row_check import column_letter, find_columns, heading_key, match_headings
from ingestion.files.values import is_empty
from ingestion.findings import RefusedFile
from ingestion.sources.returns.blanks import said_of_table
from ingestion.sources.returns.contract import ReturnContract, SpreadColumn, Table, Tags

Sheets = Mapping[str, Sequence[Sequence[Any]]]
"""The cells of every sheet, from A1."""
Tag = tuple[str, str]
"""A table, and START or END."""


@dataclass(frozen=True)
class Spot:
    """A cell (row and column from 0)."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.sheet}!{column_letter(self.column)}{self.row + 1}"


@dataclass(frozen=True)
class Block:
    """Where a table stands (rows and columns from 0): its first row of headings, the row after its last, its columns
    (`right`: the first that is not of it). `begins`: the row of its START cell. `lost`: the tags that are not there.
    """

    sheet: str
    begins: int
    first: int
    end: int
    left: int
    right: int | None = None
    lost: tuple[str, ...] = ()

    def holds(self, row: int) -> bool:
        """Whether a row is of the table, its tags included."""
        return self.begins <= row <= self.end

    def cells(self, row: Sequence[Any]) -> list[Any]:
        """The cells of a row that are the table's; positions stay those of the sheet."""
        mine = row[self.left : self.right]
        return [*[None] * self.left, *mine] if mine else []


@dataclass
class Headings:
    """Where the columns of a table stand: its own, and those of its spread with the labels each means."""

    shown: list[Any]
    own: dict[str, int]
    spread: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def tags_of(sheets: Sheets, tags: Iterable[Tags]) -> dict[Tags, dict[Tag, list[Spot]]]:
    """Every cell of a workbook that begins or ends a table, by kind of tag."""
    found: dict[Tags, dict[Tag, list[Spot]]] = {kind: {} for kind in tags}
    begins = tuple({beginning for kind in found for beginning in kind.begins})
    for sheet, rows in sheets.items():
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if not isinstance(cell, str) or len(cell) > _LONGEST_TAG or not cell.lstrip().startswith(begins):
                    continue
                for kind, spots in found.items():
                    tag = kind.read(cell)
                    if tag is not None:
                        spots.setdefault(tag, []).append(Spot(sheet, row, column))
    return found


_LONGEST_TAG = 120


class Layout:
    """Where the tables of a contract stand in a workbook. `problems`: what keeps it from being read, in words."""

    def __init__(
        self,
        contract: ReturnContract,
        sheets: Sheets,
        spots: Mapping[Tag, Sequence[Spot]],
        all_spots: Mapping[Tags, Mapping[Tag, Sequence[Spot]]] | None = None,
    ) -> None:
        self.contract, self.sheets = contract, sheets
        self._spots, self._all_spots = spots, all_spots or {}
        self.problems: list[str] = []
        self.blocks: dict[str, Block] = {}

    def find_tables(self) -> None:
        """Find every table of the contract."""
        for table in self.contract.tables:
            block = self._block(table)
            if block is not None:
                self.blocks[table.table] = block
        self.blocks = {name: self._beside_others(block) for name, block in self.blocks.items()}

    def _block(self, table: Table) -> Block | None:
        block = self.tagged(table.table, self.contract.tags, table.lead_rows)
        if block is None and not self.is_twice(table.table):
            block = self._by_headings(table)
            if block is None:
                self.problems.append(self._missing(table))
        elif block is not None and block.end <= block.first:
            self.problems.append(
                f"sheet {block.sheet}: the table {table.table} has no headings below its cell "
                f"{self.contract.tags.starts(table.table)}"
            )
            return None
        return block

    def of_list(self, name: str) -> Block | None:
        """Where a list of the contract stands; None where its START cell is lost or stands twice."""
        described = self.contract.lists[name]
        tags = described.tags or self.contract.tags
        return Layout(self.contract, self.sheets, self._all_spots.get(tags, {})).tagged(described.table, tags)

    def is_twice(self, name: str) -> bool:
        """Whether a tag of a table stands twice, which is told of as a problem."""
        found = [(kind, spots) for kind in ("START", "END") if len(spots := self._spots.get((name, kind), ())) > 1]
        for kind, spots in found:
            tag = self.contract.tags.starts(name) if kind == "START" else self.contract.tags.ends(name)
            said = (
                f"the cell {tag} stands twice, in {spots[0]} and {spots[1]}; put all rows into one table and remove "
                "the other"
            )
            if said not in self.problems:
                self.problems.append(said)
        return bool(found)

    def tagged(self, name: str, tags: Tags, lead_rows: int = 0) -> Block | None:
        """A table between its tags; None where its START cell is lost or one of them stands twice."""
        starts, ends = self._spots.get((name, "START"), ()), self._spots.get((name, "END"), ())
        if len(starts) != 1 or len(ends) > 1:
            return None
        start = starts[0]
        first = start.row + 1 + lead_rows
        end = next((spot for spot in ends if spot.sheet == start.sheet and spot.row > start.row), None)
        if end is None:
            ends_with = tags.ends(name)
            below = self._next_tag(start.sheet, start.row)
            return Block(start.sheet, start.row, first, below, start.column, lost=(ends_with,) if ends_with else ())
        right = end.column + 1 if end.column > start.column else None
        return Block(start.sheet, start.row, first, end.row, start.column, right)

    def _next_tag(self, sheet: str, row: int) -> int:
        rows = self.sheets[sheet]
        below = {
            spot.row: kind
            for (_, kind), spots in self._spots.items()
            for spot in spots
            if spot.sheet == sheet and spot.row > row
        }
        end = min(below, default=len(rows))
        # What stands alone right above the next table is its title.
        has_title = below.get(end) == "START" and sum(not is_empty(cell) for cell in rows[end - 1]) == 1
        return self._without_notes(sheet, row, end - 1 if has_title and end - 1 > row else end)

    def _without_notes(self, sheet: str, row: int, end: int) -> int:
        """The row after the last of a table that nothing ends: texts that stand alone below a blank row are notes."""
        rows = self.sheets[sheet]
        is_note = False
        for index in range(end - 1, row, -1):
            filled = [cell for cell in rows[index] if not is_empty(cell)]
            if not filled and is_note:
                end, is_note = index, False
            elif filled and (len(filled) > 1 or not isinstance(filled[0], str) or said_of_table(filled)):
                break
            else:
                is_note = bool(filled)
        return end

    def _by_headings(self, table: Table) -> Block | None:
        """A table whose START cell is lost, by its headings, where they stand in one place alone that is no other
        table's.
        """
        others = [
            block
            for other in self.contract.tables
            if other is not table and (block := self.tagged(other.table, self.contract.tags, other.lead_rows))
        ]
        places = [table.sheet, *(sheet for sheet in self.sheets if sheet != table.sheet)]
        found: list[Block] = []
        for sheet in (sheet for sheet in places if sheet in self.sheets):
            for row in range(len(self.sheets[sheet])):
                left = self._left_of_headings(table, sheet, row)
                is_of_another = any(block.sheet == sheet and block.holds(row) for block in others)
                if left is not None and not is_of_another:
                    ends = self._spots.get((table.table, "END"), ())
                    end = next((spot.row for spot in ends if spot.sheet == sheet and spot.row > row), None)
                    below = self._next_tag(sheet, row) if end is None else end
                    lost = (self.contract.tags.starts(table.table),) if table.found_by == "tags" else ()
                    found.append(Block(sheet, row - 1, row, below, left, lost=lost))
            if found:
                break
        return found[0] if len(found) == 1 else None

    def _left_of_headings(self, table: Table, sheet: str, row: int) -> int | None:
        wanted = {heading_key(column.heading) for column in table.columns}
        standing = [at for at, cell in enumerate(self.sheets[sheet][row]) if heading_key(cell) in wanted]
        if not standing:
            return None
        rows = self.sheets[sheet][row : row + table.heading_rows]
        block = Block(sheet, row - 1, row, row + len(rows), standing[0])
        try:
            headings_of(table, [block.cells(cells) for cells in rows], "")
        except RefusedFile:
            return None
        return standing[0]

    def _missing(self, table: Table) -> str:
        tag = self.contract.tags.starts(table.table)
        where = "" if table.sheet in self.sheets else f"the sheet {table.sheet} is missing, and with it "
        return (
            f"sheet {table.sheet}: {where}the cell {tag} is missing, and the headings of the table {table.name} stand "
            "nowhere else; use the template's workbook unchanged"
        )

    def _beside_others(self, block: Block) -> Block:
        """Cut at the left of a table that stands to its right."""
        if block.right is not None:
            return block
        others = [
            other.left
            for other in self.blocks.values()
            if other.sheet == block.sheet
            and other.left > block.left
            and other.begins <= block.end
            and block.begins <= other.end
        ]
        return Block(
            block.sheet, block.begins, block.first, block.end, block.left, min(others, default=None), block.lost
        )


def headings_of(table: Table, rows: Sequence[Sequence[Any]], where: str) -> Headings:
    """Where the columns of a table stand, from its rows of headings. Raises RefusedFile naming those that lack."""
    width = max(map(len, rows), default=0)
    own_texts = [[_text(cells, at) for at in range(width)] for cells in rows]
    shown = [next((texts[at] for texts in own_texts if texts[at]), None) for at in range(width)]
    if table.single:
        key = heading_key(table.columns[0].heading)
        at = next((at for at, text in enumerate(shown) if heading_key(text) == key), None)
        if at is None:
            raise RefusedFile(f"{where}: the heading {table.columns[0].heading} is missing; use the template's")
        return Headings(shown, {table.columns[0].name: at})
    own = match_headings(table.cells, shown, where)
    if table.spread is None:
        return Headings(shown, own)
    filled = _filled(own_texts)
    found: list[tuple[int, dict[str, str]]] = []
    missing: list[str] = []
    for column in table.spread.columns:
        named = " / ".join(filter(None, column.headings))
        standing = [at for at in range(width) if _is_below(column, filled, at)]
        if not standing:
            missing.append(named)
            continue
        if len(standing) > 1:
            first, second = (column_letter(at) for at in standing[:2])
            raise RefusedFile(f"{where}: the heading {named} stands twice, in columns {first} and {second}; remove one")
        found.append((standing[0], {**column.labels, **_labels(table, filled, standing[0], where)}))
    if missing:
        raise RefusedFile(f"{where}: the heading {', '.join(missing)} is missing; use the template's headings")
    return Headings(shown, own, found)


def _text(cells: Sequence[Any], at: int) -> str | None:
    cell = cells[at] if at < len(cells) else None
    return None if is_empty(cell) or not isinstance(cell, (str, int, float)) else str(cell)


def _filled(rows: Sequence[Sequence[str | None]]) -> list[list[str]]:
    """Keys of headings; one merged over several columns is that of each, up to where a heading above begins."""
    filled: list[list[str]] = []
    for number, texts in enumerate(rows):
        keys: list[str] = []
        is_last = number == len(rows) - 1 and number > 0
        for at, text in enumerate(texts):
            begins_above = any(above[at] for above in rows[:number])
            before = keys[-1] if keys and not begins_above and not is_last else ""
            keys.append(heading_key(text) if text else before)
        filled.append(keys)
    return filled


def _is_below(column: SpreadColumn, filled: Sequence[Sequence[str]], at: int) -> bool:
    wanted = [heading_key(heading) for heading in column.headings]
    return all(not key or (row < len(filled) and filled[row][at] == key) for row, key in enumerate(wanted))


def _labels(table: Table, filled: Sequence[Sequence[str]], at: int, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for label in table.spread.labels if table.spread else ():
        if label.heading_row is None:
            continue
        known = {heading_key(text): landed for text, landed in label.allowed.items()}
        key = filled[label.heading_row - 1][at] if label.heading_row <= len(filled) else ""
        if key not in known:
            raise RefusedFile(
                f"{where}: row {label.heading_row} of the headings takes one of {', '.join(label.allowed)} in column "
                f"{column_letter(at)}; use the template's headings"
            )
        found[label.name] = known[key]
    return found


def listed(sheets: Sheets, block: Block, heading: str, matching: Mapping[str, str]) -> Iterator[str]:
    """The values of a list in the workbook below a heading, of the rows that have these values below those headings."""
    rows = [block.cells(cells) for cells in sheets[block.sheet][block.first : block.end]]
    if not rows:
        return
    wanted = {name: {heading_key(name)} for name in (heading, *matching)}
    at = find_columns(wanted, rows[0])
    missing = [name for name in wanted if name not in at]
    if missing:
        raise RefusedFile(
            f"sheet {block.sheet}: the heading {', '.join(missing)} of a list that drop-downs take their values from "
            "is missing; use the template's workbook unchanged"
        )
    for cells in rows[1:]:
        values = {name: _text(cells, position) for name, position in at.items()}
        if all(heading_key(values[name]) == heading_key(value) for name, value in matching.items()):
            value = values[heading]
            if value is not None:
                yield value
