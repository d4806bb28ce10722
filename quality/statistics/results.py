"""What the statistics say of a candidate, as the gate's results: they are in the verdict, and told where it is told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from quality.check_outcome import Evaluation
from quality.gate import Verdict, result_of
from quality.statistics.comparisons import COMPARISONS
from quality.statistics.judge import Withheld, judge
from quality.statistics.rules import statistics
from quality.suites import CheckDefinition


def as_checks() -> list[CheckDefinition]:
    """The statistical rules as checks: what they say, without a query of their own."""
    return [
        CheckDefinition(
            name=rule.id,
            dimension=rule.dimension,
            severity=rule.severity,
            table=rule.table,
            owner=rule.fixed_by,
            meaning=rule.statement,
            remedy=rule.remedy,
            unexpected_rows=rule.compares,
            # What there is nothing to compare of, the comparison says itself.
            may_be_empty=True,
        )
        for rule in statistics().rules
    ]


def versions() -> dict[str, str]:
    """The version of each rule, for the receipt: the first characters of a SHA-256 over all that it says and asks."""
    return {
        rule.id: hashlib.sha256((rule.model_dump_json() + COMPARISONS[rule.compares]).encode()).hexdigest()[:12]
        for rule in statistics().rules
    }


def with_statistics(verdict: Verdict, warehouse: Path, earlier: Path | None, clock: datetime) -> Verdict:
    """A verdict with the results of the statistics. A comparison that cannot be made is an error, never a pass."""
    said: dict[str, Evaluation | str]
    try:
        withheld = Withheld.of(verdict)
        said = {one.rule.id: one.evaluation for one in judge(warehouse, earlier, clock, withheld=withheld)}
    except duckdb.Error as error:
        message = str(error).partition("\n")[0][:300]
        failed = Evaluation(False, f"not evaluated: {message}", 0, [], error=message)
        said = {rule.id: failed for rule in statistics().rules}
    rows = {result.table_name: result.rows_checked for result in verdict.results}
    results = [result_of(check, said[check.name], rows.get(check.table, 0), clock) for check in as_checks()]
    return replace(verdict, results=[*verdict.results, *results])
