"""The verdict on the candidate as it is now: whoever makes something of a candidate asks here first."""

from __future__ import annotations

from pathlib import Path

from quality import verdicts
from quality.fingerprint import mart_fingerprint
from quality.gate import Verdict
from quality.messages import explain


class GateRefused(Exception):
    """The candidate may not be published; the message says why."""


def approved_verdict(home: Path, suites_fingerprint: str) -> Verdict:
    """The verdict on the candidate as it is now. Raises GateRefused unless it is a pass by tonight's suites."""
    warehouse = home / "warehouse.duckdb"
    if not warehouse.exists():
        raise GateRefused("there is no candidate: run the night first")
    verdict = verdicts.load(home, mart_fingerprint(warehouse))
    if verdict is None:
        raise GateRefused(
            "the gate has not judged this candidate as it is now: run the whole night, or the job "
            "audit_and_publish; starting the release alone publishes nothing"
        )
    if verdict.suites_fingerprint != suites_fingerprint:
        raise GateRefused("the verdict is stale: other checks were in force when it was given; run the gate again")
    if not verdict.passed:
        raise GateRefused(explain(verdict))
    return verdict
