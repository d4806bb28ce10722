"""The receipt that goes with a release: what was checked, on how many rows, with what outcome."""

from __future__ import annotations

from typing import Any

from quality.gate import Verdict


def gate_status(verdict: Verdict) -> str:
    """`passed`, `passed_with_warnings` or `blocked`."""
    if not verdict.passed:
        return "blocked"
    return "passed_with_warnings" if verdict.counts.get("failed") else "passed"


def build_receipt(
    verdict: Verdict,
    *,
    release_id: str,
    waivers: list[dict[str, Any]],
    restatements: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A receipt as plain data for `receipt.json`. Waivers print beside what they waive; `restatements`: the material
    ones of locked quarters (domain.md 2.1 R12).
    """
    return {
        "release_id": release_id,
        "gate_status": gate_status(verdict),
        "candidate_fingerprint": verdict.candidate_fingerprint,
        "suites_fingerprint": verdict.suites_fingerprint,
        "checked_at": verdict.checked_at.isoformat(),
        "outcomes": verdict.counts,
        "waivers": waivers,
        "material_restatements": restatements or [],
        "checks": [
            {
                "check": result.check_name,
                "dimension": result.dimension,
                "severity": result.severity,
                "table": result.table_name,
                "rows_checked": result.rows_checked,
                "outcome": result.outcome,
                "observed": result.observed,
                "failing_rows": result.failing_rows,
                "meaning": result.meaning,
                "owner": result.owner,
            }
            for result in verdict.results
        ],
    }
