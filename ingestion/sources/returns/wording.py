"""How a contract's columns are put in words: for headings, notes, guidance and the page in the docs."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.sources.returns.contract import Column, Table

_KINDS = {
    "date": "a day, as dd/mm/yyyy",
    "yes_no": "Yes or No",
    "period": "a quarter of the financial year",
    "money": "pounds",
    "open_text": "text",
    "name_of_organisation": "a name",
    "text": "a short text",
}


def heading(column: Column) -> str:
    """A heading as it is written: with a star where every row needs it."""
    return f"{column.heading} *" if column.required else column.heading


def needed(table: Table, column: Column) -> str:
    """Whether a cell must be filled in."""
    if column.required:
        return "required"
    if column.required_when:
        return f"required when {_conditions(table, column.required_when)}"
    if column.required_unless:
        return f"required unless {_conditions(table, column.required_unless)}"
    return "optional"


def takes(column: Column) -> str:
    """What a cell takes: its choices, or its kind and bounds."""
    if column.allowed:
        return ", ".join(column.allowed)
    if not column.is_number:
        return _KINDS.get(column.kind, column.kind.replace("_", " "))
    cell = column.cell
    least = f"more than {column.above:,}" if column.above is not None else f"from {cell.least:,}"
    what = "pounds" if column.kind == "money" else " of ".join(filter(None, ("a number", column.unit)))
    return f"{what}, {least} to {cell.most:,}"


def usual(column: Column) -> str:
    """What is usual of a number; nothing where the contract expects nothing."""
    if column.expected_from is None or column.expected_to is None:
        return ""
    return f"{column.expected_from:,} to {column.expected_to:,}"


def note(table: Table, column: Column) -> str:
    """What stands in the note at a heading."""
    said = f"{needed(table, column).capitalize()}: {takes(column)}"
    usually = f"Usually {usual(column)}; a number beyond is asked about" if usual(column) else ""
    example = f"For example {column.example}" if column.example else ""
    return "\n".join(filter(None, (column.guidance, said, usually, example)))


def _conditions(table: Table, conditions: Mapping[str, str]) -> str:
    return " or ".join(
        f"{table.column(name).heading} is {table.column(name).label(value)}" for name, value in conditions.items()
    )
