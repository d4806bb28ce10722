"""Which return a workbook is, and whose: its contract by tags and cover, then what the cover says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ingestion.files.row_check import heading_key
from ingestion.files.values import BadValue, is_empty
from ingestion.files.written import quotable
from ingestion.findings import RefusedFile
from ingestion.sources.returns.contract import CoverField, ReturnContract
from ingestion.sources.returns.layout import Layout, Sheets, Spot, Tag, tags_of

Cover = dict[str, str | None]


def recognised(sheets: Sheets, contracts: Sequence[ReturnContract], taken: Collection[str]) -> tuple[Layout, Cover]:
    """Where a workbook's tables are to be found and what its cover says, by the contract it names.

    `taken`: the templates that are taken here. Raises RefusedFile for a workbook that is no return, one of another
    programme or round, and one whose cover cannot be read.
    """
    kinds = (tags for contract in contracts for tags in contract.kinds_of_tags)
    spots = tags_of(sheets, dict.fromkeys(kinds))
    ranked = [(_likeness(contract, sheets, spots[contract.tags], taken), at) for at, contract in enumerate(contracts)]
    likeness, at = max(ranked)
    contract = contracts[at]
    own = " or ".join(dict.fromkeys(_called(other) for other in contracts if other.template in taken))
    if not any(likeness[:2]):
        raise RefusedFile(
            "is not a return: no cell of it begins a table, and no cover says which return it is; use the template's "
            f"workbook. What is read here: {own}"
        )
    layout = Layout(contract, sheets, spots[contract.tags], spots)
    wrong = [
        f"{_place(spot, field)}: {field.heading} is not {_known_values(contracts, contract, field.name)}{_found(raw)}"
        for field, spot, raw in _fields(layout, sheets)
        if field.name in contract.cover.must_be and _read_or_none(field, raw) != contract.cover.must_be[field.name]
    ]
    if contract.template not in taken:
        raise RefusedFile(
            f"this {'looks like' if wrong else 'is'} a {_called(contract)}, not the {own} that is read here; give the "
            f"workbook of that return (to read this one too, add {contract.template} to WMIP_RETURNS)"
        )
    if wrong:
        raise RefusedFile(f"{'; '.join(wrong)}; use this round's workbook ({_called(contract)})")
    return layout, _cover(layout, sheets)


def _called(contract: ReturnContract) -> str:
    return f"{contract.title} ({contract.template})"


def _likeness(
    contract: ReturnContract, sheets: Sheets, spots: Mapping[Tag, Sequence[Spot]], taken: Collection[str]
) -> tuple[int, int, bool, int]:
    """How much of a contract a workbook has: what its cover must say, its tables; then its own before others."""
    layout = Layout(contract, sheets, spots)
    named = sum(
        _read_or_none(field, raw) == contract.cover.must_be[field.name]
        for field, _, raw in _fields(layout, sheets)
        if field.name in contract.cover.must_be
    )
    tables = sum((table.table, "START") in spots for table in contract.tables)
    return named, tables, contract.template in taken, contract.version


def _known_values(contracts: Sequence[ReturnContract], contract: ReturnContract, name: str) -> str:
    values = [
        other.cover.must_be[name]
        for other in contracts
        if other.template == contract.template and name in other.cover.must_be
    ]
    return " or ".join(dict.fromkeys(values))


def _found(raw: Any) -> str:
    if is_empty(raw):
        return " (it is empty)"
    shown = quotable(raw) or (raw if isinstance(raw, str) and raw.replace(" ", "").isalpha() and len(raw) < 30 else "")
    return f" (found: {shown})" if shown else ""


def _place(spot: Spot | None, field: CoverField) -> str:
    return f"sheet {field.sheet}" if spot is None else f"sheet {spot.sheet}, cell {str(spot).rpartition('!')[2]}"


def _read_or_none(field: CoverField, raw: Any) -> str | None:
    try:
        return field.cell.read(raw)
    except BadValue:
        return None


def _cover(layout: Layout, sheets: Sheets) -> Cover:
    """What a cover says. Raises RefusedFile telling all that is wrong with it."""
    cover: Cover = dict(layout.contract.cover.constants)
    wrong: list[str] = []
    for field, spot, raw in _fields(layout, sheets):
        try:
            cover[field.name] = field.cell.read(raw)
        except BadValue as bad:
            wrong.append(f"{_place(spot, field)}: {field.message or bad}")
    if wrong:
        raise RefusedFile("; ".join(wrong))
    return cover


def _fields(layout: Layout, sheets: Sheets) -> Iterator[tuple[CoverField, Spot | None, Any]]:
    """Each field of the cover, where its cell stands, and what stands there. Raises RefusedFile for one told twice."""
    described = layout.contract.cover
    beside = _rows_beside(layout, sheets)
    for given in described.fields:
        field = given if given.sheet else given.model_copy(update={"sheet": described.sheet})
        if field.stands == "beside" and field.table is None:
            spot = beside.get(heading_key(field.heading))
        elif field.table is not None:
            spot = _below_tag(layout, sheets, field)
        else:
            spot = _below_heading(sheets, field)
        yield field, spot, None if spot is None else _cell(sheets, spot)


def _cell(sheets: Sheets, spot: Spot) -> Any:
    rows = sheets[spot.sheet]
    cells = rows[spot.row] if spot.row < len(rows) else ()
    return cells[spot.column] if spot.column < len(cells) else None


def _rows_beside(layout: Layout, sheets: Sheets) -> dict[str, Spot]:
    """The cells beside the headings of the cover's table, by heading."""
    block = layout.tagged(layout.contract.cover.table, layout.contract.tags)
    found: dict[str, Spot] = {}
    if block is None:
        return found
    wanted = {heading_key(field.heading) for field in layout.contract.cover.fields}
    for row in range(block.first, block.end):
        cells = block.cells(sheets[block.sheet][row])
        heading = cells[block.left] if len(cells) > block.left else None
        key = heading_key(heading)
        if key not in wanted:
            continue
        if key in found:
            raise RefusedFile(f"sheet {block.sheet}: {heading} stands twice; keep one")
        found[key] = Spot(block.sheet, row, block.left + 1)
    return found


def _below_tag(layout: Layout, sheets: Sheets, field: CoverField) -> Spot | None:
    block = layout.tagged(str(field.table), layout.contract.tags)
    if block is None:
        return _below_heading(sheets, field)
    return Spot(block.sheet, min(block.first + 1 + field.guidance_rows, max(block.first, block.end - 1)), block.left)


def _below_heading(sheets: Sheets, field: CoverField) -> Spot | None:
    """The cell below a heading on the field's sheet, where that stands there once."""
    key = heading_key(field.heading)
    found = [
        Spot(str(field.sheet), row + 1 + field.guidance_rows, column)
        for row, cells in enumerate(sheets.get(str(field.sheet), ()))
        for column, cell in enumerate(cells)
        if isinstance(cell, str) and heading_key(cell) == key
    ]
    return found[0] if len(found) == 1 else None
