"""The public page of each return contract: what is asked, what a cell takes, what it is landed as, and the rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ingestion.catalogue import return_contracts
from ingestion.sources.returns.contract import Column, ReturnContract, Table, differences
from ingestion.sources.returns.wording import needed, takes, usual
from orchestration.code_version import ROOT

FOLDER = ROOT / "docs" / "returns"
_HEAD = "<!-- Made by `wmip docs index` from ingestion/sources/returns/contracts/*.yaml; do not edit. -->\n"


def return_pages() -> dict[Path, str]:
    """Every such page as it is to be committed."""
    contracts = {(contract.template, contract.version): contract for contract in return_contracts()}
    return {
        FOLDER / page_name(contract): contract_page(contract, contracts.get((template, version - 1)))
        for (template, version), contract in contracts.items()
    }


def page_name(contract: ReturnContract) -> str:
    """The page of a contract."""
    return f"{contract.template.lower().replace('-', '_')}_v{contract.version}.md"


def contract_page(contract: ReturnContract, before: ReturnContract | None) -> str:
    """The page of one contract. `before`: the version that it follows, None for the first."""
    parts = chain(_opening(contract, before), _cover(contract), *(_table(table) for table in contract.tables))
    return _HEAD + "\n".join((*parts, *_rules(contract))) + "\n"


def _opening(contract: ReturnContract, before: ReturnContract | None) -> Iterator[str]:
    yield f"# {contract.title}: `{contract.template}`, version {contract.version}\n"
    ends = f" and end at `{contract.tags.end}`" if contract.tags.end else ", and go down to the last filled row"
    yield (
        f"What a workbook of this version asks, and what becomes of it. Tables begin at a cell `{contract.tags.start}`"
        f"{ends}. How files are read: [contracts.md](../contracts.md) section 3.\n"
    )
    if contract.changes and before is not None:
        yield f"## What is new since version {before.version}\n"
        yield from (f"- {change}" for change in contract.changes)
        computed = list(differences(before, contract))
        if computed:
            yield f"\nCompared with the file of version {before.version}: {'; '.join(computed)}.\n"


def _cover(contract: ReturnContract) -> Iterator[str]:
    cover = contract.cover
    yield f"## Cover (sheet {cover.sheet})\n"
    yield from _lines("field", "column", "takes", "means")
    for field in cover.fields:
        must = cover.must_be.get(field.name)
        what = f"`{must}`" if must else f"{'required' if field.required else 'optional'}: {takes(field)}"
        yield _line(field.heading, f"`{field.name}`", what, field.guidance)
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.name} (sheet {table.sheet})\n"
    yield f"{table.guidance or table.description} Table `{table.table}`, landed as `returns/{table.stream}`."
    if table.reference:
        within = f" within {' or '.join(_headings(table, table.within))}" if table.within else ""
        yield f"A record is known by {' and '.join(_headings(table, table.reference))}{within}."
    for name, parent in table.references.items():
        yield f"{table.column(name).heading} stands in the table `{parent}` of the same workbook."
    yield ""
    yield from _lines("heading", "column", "takes", "usually", "means")
    for column in table.columns:
        what = f"{needed(table, column)}: {_landed(column) if column.allowed else takes(column)}"
        yield _line(column.heading, f"`{column.name}`", what, usual(column), column.guidance)
    yield ""


def _headings(table: Table, names: tuple[str, ...]) -> list[str]:
    return [table.column(name).heading for name in names]


def _landed(column: Column) -> str:
    return ", ".join(label if label == slug else f"{label} → `{slug}`" for label, slug in column.allowed.items())


def _rules(contract: ReturnContract) -> Iterator[str]:
    if not contract.rules:
        return
    yield "## Rules over the whole return\n"
    yield "An error refuses its row, a warning and a note are told and kept beside it.\n"
    yield from _lines("rule", "severity", "where", "says", "what to do", "owner")
    for rule in contract.rules:
        where = ", ".join(rule.at) or "the whole return"
        yield _line(f"`{rule.id}`", rule.severity, where, _said(rule.text), _said(rule.remedy), rule.owner)


def _said(text: str) -> str:
    """A sentence of a rule without the braces that it is filled in at."""
    return text.replace("{heading}", "the column").replace("{", "<").replace("}", ">")


def _lines(*headings: str) -> Iterator[str]:
    yield _line(*headings)
    yield "|" + "---|" * len(headings)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"
