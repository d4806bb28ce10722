"""The register of data-quality rules: what every rule says, whichever part of the product judges it.

A rule is declared beside the check that judges it (a suite, a return contract, a dbt test, a model); the register is
gathered from there and keeps nothing of its own but the day since which each rule is in it. What came of a rule on a
release stands in `quality_result`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from quality.suites import CheckDefinition, Dimension

Origin = Literal["gate", "dbt_test", "return_contract", "reader", "model", "statistics"]
"""Who judges it: the gate (`quality/suites`), a data test of dbt, a contract of returns over a whole workbook, a reader
over a row, cell or file, a model that puts records side by side, or a comparison with earlier releases.
"""
Severity = Literal["critical", "error", "warning", "note"]
"""critical keeps what it protects from being published, error refuses the row or file, warning and note are told."""


class InvalidRegister(Exception):
    """Two rules of one id, or a rule that does not say all of itself; the message names it."""


@dataclass(frozen=True)
class QualityRule:
    """One rule. `statement`: what must hold, or what is told where it does not; `tables`: what it looks at;
    `indicators`: whose figures hang on these (`all`); `fixed_by`: who must put right what it finds, `remedy`: how;
    `declared_in`: the file beside whose check it is declared; `since`: the day it came into the register, ISO.
    """

    rule_id: str
    origin: Origin
    statement: str
    dimension: Dimension
    severity: Severity
    tables: tuple[str, ...]
    indicators: tuple[str, ...]
    fixed_by: str
    remedy: str
    declared_in: str
    since: str = ""


Register = Mapping[str, QualityRule]
"""Every rule by its id."""


def register(rules: Iterable[QualityRule], since: Mapping[str, str], today: str) -> dict[str, QualityRule]:
    """The rules by id, in order of origin and id, each with its day: that of before, or today for one that is new.

    Raises InvalidRegister for an id that two rules have, and for a rule that leaves something unsaid.
    """
    listed = sorted(rules, key=lambda rule: (rule.origin, rule.rule_id))
    twice = [name for name, count in Counter(rule.rule_id for rule in listed).items() if count > 1]
    if twice:
        raise InvalidRegister(f"{', '.join(twice)}: two rules have this id; one of them needs another")
    for rule in listed:
        said = {name: getattr(rule, name) for name in ("statement", "fixed_by", "remedy", "declared_in")}
        unsaid = [name for name, text in said.items() if not text.strip()]
        if unsaid:
            raise InvalidRegister(f"{rule.declared_in}: {rule.rule_id} does not say: {', '.join(unsaid)}")
    return {rule.rule_id: replace(rule, since=since.get(rule.rule_id, today)) for rule in listed}


def of_checks(checks: Iterable[CheckDefinition], origin: Origin, declared_in: str) -> list[QualityRule]:
    """The rules that checks are, of suites or of comparisons with what was before."""
    return [
        QualityRule(
            rule_id=check.name,
            origin=origin,
            statement=check.meaning,
            dimension=check.dimension,
            severity=check.severity,
            tables=(check.table,),
            indicators=(),
            fixed_by=check.owner,
            remedy=check.remedy,
            declared_in=declared_in,
        )
        for check in checks
    ]
