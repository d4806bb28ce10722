"""The register of the rules over returns: a seed of the mart and a page of the docs, made by `wmip docs index`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from evaluation.spreadsheets import write_csv
from ingestion.catalogue import return_contracts
from ingestion.sources.returns.contract import ReturnContract
from ingestion.sources.returns.rules import Rule, cell_rules, worded
from orchestration.code_version import ROOT

SEED = ROOT / "dbt_project" / "seeds" / "return_rule_declared.csv"
PAGE = ROOT / "docs" / "return-rules.md"
CELL_OWNER = "data team"
_HEAD = """\
<!-- Made by `wmip docs index` from the contracts of returns and ingestion/finding_rules.yaml; do not edit. -->
# Rules over returns

What is said of a return, whether an officer checks it, the page or the night reads it. An **error** refuses its row; a
**warning** may be confirmed with a reason, which is kept; a **note** is only said. Of one cell only the gravest is
told. In the mart: table `return_rule`; what was found: `finding`.
How rules are judged: [decisions/0300](decisions/0300-rules-over-a-return.md).
"""


@dataclass(frozen=True)
class Registered:
    """One rule of one version of a return."""

    template: str
    template_version: int
    rule: str
    scope: str
    severity: str
    owner: str
    stands_at: str
    text: str
    remedy: str


def registered() -> list[Registered]:
    """Every rule of every version of every return, in order."""
    return [row for contract in return_contracts() for row in _of(contract)]


def _of(contract: ReturnContract) -> Iterator[Registered]:
    for cell in cell_rules():
        said = (cell.severity, CELL_OWNER, "every table", cell.text, cell.remedy)
        yield Registered(contract.template, contract.version, cell.id, "cell", *said)
    for rule in contract.rules:
        said = (rule.severity, rule.owner, _where(rule, contract), worded(rule.text), worded(rule.remedy))
        yield Registered(contract.template, contract.version, rule.id, "return", *said)


def _where(rule: Rule, contract: ReturnContract) -> str:
    """The headings at which a rule is said, by table."""
    return (
        "; ".join(
            f"{name}: {', '.join(contract.table(name).column(column).heading for column in columns)}"
            for name, columns in rule.at.items()
        )
        or "the whole return"
    )


def rule_lists() -> dict[Path, str]:
    """The seed and the page as they are to be committed."""
    written = io.StringIO()
    rows = registered()
    write_csv(written, [field.name for field in fields(Registered)], [astuple(row) for row in rows])
    return {SEED: written.getvalue(), PAGE: _HEAD + "\n".join(_page(rows)) + "\n"}


def _page(rows: list[Registered]) -> Iterator[str]:
    newest: dict[tuple[str, str], Registered] = {(row.template, row.rule): row for row in rows}
    for template in dict.fromkeys(row.template for row in rows):
        of_this = [row for (name, _), row in newest.items() if name == template]
        for scope, title in (("return", "over the whole return"), ("cell", "of single cells and rows")):
            yield f"\n## `{template}`: {title}\n"
            yield "| rule | severity | stands at | what is wrong | what to do | owner |\n|---|---|---|---|---|---|"
            for row in of_this:
                if row.scope == scope:
                    cells = (f"`{row.rule}`", row.severity, row.stands_at, row.text, row.remedy, row.owner)
                    yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
