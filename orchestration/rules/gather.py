"""Every data-quality rule of the product in one register, and the seed that keeps since when each is in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from evaluation.spreadsheets import write_csv
from orchestration.code_version import ROOT
from orchestration.dbt_runner import ensure_parsed
from orchestration.rules.lineage import ALL, RuleLineage
from orchestration.rules.of_dbt import of_models, of_tests
from orchestration.rules.of_ingestion import EVERY_STREAM, of_readers, of_returns
from quality.register import QualityRule, of_checks, register
from quality.statistics.results import as_checks
from quality.statistics.rules import PATH as STATISTICS
from quality.suites import load_suites, suite_paths

SEED = ROOT / "dbt_project" / "seeds" / "quality_rule_declared.csv"
COLUMNS = [field.name for field in fields(QualityRule)]


def gathered(home: Path, today: str) -> dict[str, QualityRule]:
    """Every rule of the product. `home` only where dbt may parse for; `today`: the day of those that are new.

    Raises InvalidRegister, or what a file says that cannot be used.
    """
    manifest = json.loads(ensure_parsed(home).read_text(encoding="utf-8"))
    lineage = RuleLineage(manifest)
    return register((_with_indicators(rule, lineage) for rule in _all(manifest)), since(), today)


def _with_indicators(rule: QualityRule, lineage: RuleLineage) -> QualityRule:
    found = {indicator for table in rule.tables for indicator in lineage.indicators(table)}
    # A reader may tell of any stream.
    is_of_all = ALL in found or rule.tables == (EVERY_STREAM,)
    return replace(rule, indicators=(ALL,) if is_of_all else tuple(sorted(found)))


def _all(manifest: Mapping[str, Any]) -> Iterator[QualityRule]:
    for path in suite_paths():
        yield from of_checks(load_suites([path]), "gate", str(path.relative_to(ROOT)))
    yield from of_checks(as_checks(), "statistics", str(STATISTICS.relative_to(ROOT)))
    yield from of_returns()
    yield from of_readers()
    yield from of_models(manifest)
    yield from of_tests(manifest)


def since() -> dict[str, str]:
    """Since when each rule is in the register, as the seed keeps it."""
    if not SEED.exists():
        return {}
    with SEED.open(encoding="utf-8", newline="") as handle:
        return {row["rule_id"]: row["since"] for row in csv.DictReader(handle)}


def as_seed(rules: Mapping[str, QualityRule]) -> str:
    """The register as the seed of the mart's `quality_rule`; several tables or indicators are joined by |."""
    written = io.StringIO()
    write_csv(written, COLUMNS, [_row(rule) for rule in rules.values()])
    return written.getvalue()


def _row(rule: QualityRule) -> list[str]:
    said = [getattr(rule, name) for name in COLUMNS]
    return ["|".join(value) if isinstance(value, tuple) else value for value in said]
