"""The register as it is committed: the seed of the mart's `quality_rule`, and the page of the docs made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from orchestration.code_version import ROOT
from orchestration.rules.gather import SEED, as_seed
from orchestration.rules.of_dbt import kinds_of_tests
from quality.register import QualityRule

PAGE = ROOT / "docs" / "quality-rules.md"
_HEAD = """\
<!-- Made by `wmip docs index` from what declares the rules; do not edit. -->
# Data-quality rules

Every rule of the product, whichever part of it judges. A rule is declared beside its check; this page and the mart's
`quality_rule` (with what each looks at, and since when it is in force) are made of that. Dimensions are those of the UK
Government Data Quality Framework. **critical** keeps what it protects from being published, **error** refuses a row or
file, **warning** and **note** are told. What came of each: `quality_result` (the gate), `finding` (rows, files,
records), `source_drift` (streams). How to add a check: [quality-gate.md](quality-gate.md#adding-a-check).
"""
_ORIGINS = {
    "gate": "The gate: over the candidate",
    "statistics": "Statistics: beside earlier releases",
    "model": "Models: records beside each other",
    "reader": "Readers: rows, cells, files and streams",
}


def register_lists(rules: Mapping[str, QualityRule]) -> dict[Path, str]:
    """The seed and the page as they are to be committed."""
    return {SEED: as_seed(rules), PAGE: _HEAD + "\n".join(_page(rules.values())) + "\n"}


def _page(rules: Collection[QualityRule]) -> Iterator[str]:
    for origin, title in _ORIGINS.items():
        yield f"\n## {title}\n"
        yield "| rule | says | dimension | severity | looks at | indicators | who puts it right | how |\n|" + 8 * "---|"
        for rule in rules:
            if rule.origin == origin:
                yield _line(
                    *(f"`{rule.rule_id}`", rule.statement, rule.dimension, rule.severity, ", ".join(rule.tables)),
                    *(", ".join(rule.indicators), rule.fixed_by, rule.remedy),
                )
    yield "\n## Contracts of returns: a whole workbook\n"
    yield "In [return-rules.md](return-rules.md), with the cells at which each is said."
    yield "\n## Data tests of dbt: every table that is made\n"
    yield "Each is one of these; which table has which stands in `quality_rule`. One that fails ends the night.\n"
    yield "| kind | says | dimension | how |\n|" + 4 * "---|"
    for name, kind in kinds_of_tests().items():
        yield _line(f"`{name}`", kind.statement, kind.dimension, kind.remedy)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('<', '&lt;') for cell in cells)} |"
