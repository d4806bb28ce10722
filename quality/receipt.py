"""The receipt that goes with a release: what was checked, on which rows of which inputs, by which rules, with what
outcome; what was waived and withheld, who assured, what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from quality.gate import Verdict
from quality.suites import CheckDefinition


def gate_status(verdict: Verdict) -> str:
    """`passed`, `passed_with_warnings`, `passed_with_figures_withheld` or `blocked`."""
    if not verdict.passed:
        return "blocked"
    if any(one.status == "withheld" for one in verdict.consequences):
        return "passed_with_figures_withheld"
    return "passed_with_warnings" if verdict.counts.get("failed") else "passed"


@dataclass(frozen=True)
class Evidence:
    """What a receipt says beside the verdict, as plain data. Fields: docs/releases.md."""

    waivers: list[dict[str, Any]] = field(default_factory=list)
    withheld: list[dict[str, Any]] = field(default_factory=list)
    waived: list[dict[str, Any]] = field(default_factory=list)
    material_restatements: list[dict[str, Any]] = field(default_factory=list)
    """Of locked quarters (domain.md 2.1 R12)."""
    made_by: dict[str, Any] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    assurance: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)


def rule_versions(checks: Iterable[CheckDefinition]) -> dict[str, str]:
    """The version of each rule: the first twelve characters of a SHA-256 over all that its definition says."""
    return {check.name: hashlib.sha256(check.model_dump_json().encode()).hexdigest()[:12] for check in checks}


def build_receipt(
    verdict: Verdict, *, release_id: str, rules: dict[str, str], evidence: Evidence | None = None
) -> dict[str, Any]:
    """A receipt as plain data for `receipt.json`. `rules`: the version of each check that judged."""
    return {
        "release_id": release_id,
        "gate_status": gate_status(verdict),
        "candidate_fingerprint": verdict.candidate_fingerprint,
        "published_fingerprint": verdict.publishes,
        "suites_fingerprint": verdict.suites_fingerprint,
        "checked_at": verdict.checked_at.isoformat(),
        "outcomes": verdict.counts,
        **asdict(evidence or Evidence()),
        "checks": [
            {
                "check": result.check_name,
                "rule_version": rules.get(result.check_name),
                "dimension": result.dimension,
                "severity": result.severity,
                "table": result.table_name,
                "rows_checked": result.rows_checked,
                "outcome": result.outcome,
                "observed": result.observed,
                "failing_rows": result.failing_rows,
                "meaning": result.meaning,
                "owner": result.owner,
                "remedy": result.remedy,
            }
            for result in verdict.results
        ],
    }
