"""Why a candidate was blocked, in words: what, where, which rows, who, what to do."""

from __future__ import annotations

from quality.gate import CheckResult, Verdict

# So many scopes of one check are named; quality_consequence has them all.
MOST_SCOPES = 10


def explain(verdict: Verdict) -> str:
    """The reasons that block a candidate, one paragraph a check; empty when nothing blocks."""
    blocking = [result for result in verdict.results if result.blocks]
    if not blocking:
        return "" if verdict.passed else "No check was evaluated: a gate that looked at nothing stays closed."
    head = f"{len(blocking)} of {len(verdict.results)} checks keep this candidate from being published."
    return "\n\n".join([head, *(_paragraph(result) for result in blocking)])


def explain_withheld(verdict: Verdict) -> str:
    """What of a candidate that passed is kept back, one paragraph a check; empty when nothing is."""
    failed = [result for result in verdict.results if result.effect == "withheld"]
    if not failed:
        return ""
    parts = [f"{len(failed)} of {len(verdict.results)} checks keep figures back; all others are published."]
    for result in failed:
        scopes = [str(one.scope) for one in verdict.consequences if one.rule_id == result.check_name and not one.waiver]
        more = f" and {len(scopes) - MOST_SCOPES} more" if len(scopes) > MOST_SCOPES else ""
        parts.append(f"{_paragraph(result)}\n  Withheld: {'; '.join(scopes[:MOST_SCOPES])}{more}")
    return "\n\n".join(parts)


def _paragraph(result: CheckResult) -> str:
    said = "could not be evaluated" if result.outcome == "error" else "failed"
    lines = [
        f"{result.check_name} {said} on table {result.table_name}: {result.observed}.",
        f"  It must hold: {result.meaning}",
    ]
    if result.failing_keys:
        more = result.failing_rows - len(result.failing_keys)
        rest = f" and {more} more" if more > 0 else ""
        lines.append(f"  Rows: {'; '.join(result.failing_keys)}{rest}")
    lines.append(f"  Owner: {result.owner}. What to do: {result.remedy}")
    return "\n".join(lines)
