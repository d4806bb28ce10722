"""The verdict on the candidate as it is now: whoever makes something of a candidate asks here first."""

from __future__ import annotations

from pathlib import Path

import duckdb

from common.home import warehouse_file
from quality import verdicts
from quality.fingerprint import combine, table_fingerprints
from quality.gate import Verdict
from quality.messages import explain
from quality.withholding import PUBLISHED

EVALUATION = "evaluation"
# Which candidate and which day an evaluation is of changes every night; it does not make the figures new.
_OF_THE_NIGHT = frozenset({"evaluation_run"})


class GateRefused(Exception):
    """The candidate may not be published; the message says why."""


def approved_verdict(home: Path, suites_fingerprint: str) -> Verdict:
    """The verdict on the candidate as it is now. Raises GateRefused unless it is a pass by tonight's suites."""
    warehouse = warehouse_file(home)
    if not warehouse.exists():
        raise GateRefused("there is no candidate: run the night first")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = table_fingerprints(connection)
        published = combine(tables | table_fingerprints(connection, PUBLISHED))
    candidate = combine(tables)
    verdict = verdicts.load(home, candidate)
    if verdict is None and (path := verdicts.path_of(home, candidate)).exists():
        raise GateRefused(
            f"the verdict on this candidate cannot be read: {path} is damaged. Run the whole night, or the job "
            "audit_and_publish: the gate writes it anew"
        )
    if verdict is None:
        raise GateRefused(
            "the gate has not judged this candidate as it is now: run the whole night, or the job "
            "audit_and_publish; starting the release alone publishes nothing"
        )
    if verdict.suites_fingerprint != suites_fingerprint:
        raise GateRefused("the verdict is stale: other checks were in force when it was given; run the gate again")
    if not verdict.passed:
        raise GateRefused(explain(verdict))
    if published != verdict.publishes:
        raise GateRefused(
            "what is withheld was not taken out of what would be published, or that was changed since: run the whole "
            "night, or the job audit_and_publish"
        )
    return verdict


def evaluation_fingerprint(home: Path, verdict: Verdict) -> str:
    """Fingerprint of what the evaluation tables say. Raises GateRefused unless they were made of this candidate."""
    again = "run the whole night, or the job audit_and_publish"
    with duckdb.connect(str(warehouse_file(home)), read_only=True) as connection:
        prints = table_fingerprints(connection, EVALUATION)
        if "evaluation_run" not in prints:
            raise GateRefused(f"the candidate has not been evaluated: {again}")
        made_of = connection.execute(
            f"SELECT DISTINCT candidate_fingerprint FROM {EVALUATION}.evaluation_run"
        ).fetchall()
    if made_of != [(verdict.publishes,)]:
        raise GateRefused(f"the evaluation tables were made of another candidate than the one the gate passed: {again}")
    return combine(prints, without=_OF_THE_NIGHT)
