"""Rules that ingestion declares: of whole returns in contracts, of rows, cells and files in `finding_rules.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingestion import finding_rules
from ingestion.catalogue import return_contracts
from ingestion.sources.returns.contract import ReturnContract
from ingestion.sources.returns.rules import Rule, worded
from orchestration.code_version import ROOT
from quality.register import QualityRule

EVERY_STREAM = "every landed stream"
RETURNED_BY = "the body that returned it"
CONTRACTS = "ingestion/sources/returns/contracts"


def of_returns() -> Iterator[QualityRule]:
    """Each rule over whole returns once, as the newest contract that has it says it."""
    newest: dict[str, tuple[Rule, ReturnContract]] = {
        rule.id: (rule, contract) for contract in return_contracts() for rule in contract.rules
    }
    for rule, contract in newest.values():
        yield QualityRule(
            rule_id=rule.id,
            origin="return_contract",
            statement=worded(rule.text),
            dimension=rule.dimension,
            severity=rule.severity,
            tables=tuple(f"returns/{contract.table(name).stream}" for name in rule.at) or ("returns/covers",),
            indicators=(),
            fixed_by=RETURNED_BY,
            remedy=worded(rule.remedy),
            declared_in=CONTRACTS,
        )


def of_readers() -> Iterator[QualityRule]:
    """Each kind of finding that readers tell of."""
    for rule in finding_rules.finding_rules():
        yield QualityRule(
            rule_id=rule.id,
            origin="reader",
            statement=rule.text,
            dimension=rule.dimension,
            severity=rule.severity,
            tables=(EVERY_STREAM,),
            indicators=(),
            fixed_by=rule.fixed_by,
            remedy=rule.remedy,
            declared_in=str(Path(finding_rules.__file__).with_suffix(".yaml").relative_to(ROOT)),
        )
