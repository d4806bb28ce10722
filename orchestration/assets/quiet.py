"""A night that found nothing new: what hangs on the clock is made and judged again, and nothing else is built.

Landing, registry, code and the warehouse of the night before are as that night left them: then of its tables only those
can come out otherwise that name the clock or tell of nights. They are made again where they stand. Where the figures
come out as they were the whole night is done in the step that asks: gate, evaluation and release decide as on any other
night, by the same functions; where they do not, the night is built as any other (docs/decisions/0455).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime

import dagster as dg

from common.home import warehouse_file
from identity.organisation_keys import READS
from orchestration.assets.audit import judge
from orchestration.assets.evaluation import evaluated, facts_of
from orchestration.assets.postgresql import load_release
from orchestration.assets.release import publish_candidate
from orchestration.dbt_build import NotRefreshed, Refreshed, refresh
from orchestration.dbt_compiled import COUNT, EVALUATE, PREPARE, Model, compiled
from orchestration.evaluators import READS_BESIDE_THE_MART, keep_tables, of_another_night, says_the_same
from orchestration.night import FAILED, PUBLISHED, STOPPED, UNCHANGED, NightRecord, all_records
from orchestration.resources import Night, left_behind
from orchestration.stopping import noticing_stop, stopped_message
from quality import verdicts
from quality.fingerprint import SCHEMA, VOLATILE_TABLES
from quality.gate import Verdict
from quality.messages import explain

STAGE = "Judging by the clock"
# Says of steps that are skipped that their checks say nothing.
_DAGSTERS_PLAN = logging.getLogger("dagster._core.execution.plan.active")
_NAMED = {
    "inputs": "what was landed and decided",
    "code": "the code",
    "libraries": "the libraries it stands on",
    "evaluation": "the settings of the evaluation",
    "warehouse": "the warehouse",
    "evaluated": "the tables of the evaluation",
}


def stands(night: Night, hangs_on: Mapping[str, Collection[str]]) -> bool:
    """Whether tonight is a quiet night, which is then over but for its steps; else nothing was changed.

    `hangs_on`: by table of the mart, the indicators that hang on it. Raises dg.Failure where the gate refuses, as the
    gate's own step does.
    """
    before = _night_before(night)
    differs = _what_differs(night, before)
    if before is None or differs:
        night.update_record(built_because=differs)
        return False
    night.progress(STAGE, "what names the clock or tells of nights")
    # Read first: tonight's verdict would take its place if it were on the same candidate.
    judged_before = verdicts.load(night.home, before.candidate_fingerprint or "")
    try:
        made = _refreshed(night, {PREPARE, COUNT})
    except NotRefreshed as reason:
        night.update_record(built_because=str(reason))
        return False
    verdict = judge(night, hangs_on)
    if not verdict.passed:
        raise dg.Failure(description=explain(verdict), allow_retries=False)
    night.count_work(vars(made))
    same_figures = judged_before is not None and judged_before.figures_fingerprint == verdict.figures_fingerprint
    _evaluate(night, verdict, datetime.fromisoformat(before.clock) if same_figures else None)
    publish_candidate(night)
    load_release(night)
    _DAGSTERS_PLAN.setLevel(logging.ERROR)
    return True


def _night_before(night: Night) -> NightRecord | None:
    """The night that was opened before this one, where it went well."""
    earlier = [record for record in all_records(night.home) if record.run_id != night.run_id]
    return earlier[-1] if earlier and earlier[-1].outcome in {PUBLISHED, UNCHANGED} else None


def _what_differs(night: Night, before: NightRecord | None) -> str:
    """Why the whole night has to be built, in words; empty where nothing says so yet."""
    if night.full:
        return "it was asked for"
    if night.configuration.engine.spark is not None:
        return "Spark makes its tables"
    if before is None:
        return "there is no night before it that went well"
    now = left_behind(night)
    found = [called for name, called in _NAMED.items() if now[name] != before.left.get(name)]
    return f"not as the night before left it: {', '.join(found)}" if found else ""


def _may_differ(model: Model) -> bool:
    """Whether a night is quiet though a table came out otherwise: it tells of nights and ages, or only such read it."""
    if model.schema == SCHEMA:
        return model.name in VOLATILE_TABLES
    return model.name not in {*READS, *READS_BESIDE_THE_MART}


def _refreshed(night: Night, steps: Collection[int]) -> Refreshed:
    with noticing_stop() as signals:
        try:
            return refresh(
                night.home,
                compiled(night.home),
                steps,
                night.clock,
                _may_differ if EVALUATE not in steps else lambda _model: True,
            )
        except NotRefreshed:
            if not signals:
                raise
    # To DuckDB a signal is a query that failed.
    message = stopped_message("judging by the clock", signals[0])
    night.update_record(outcome=STOPPED, message=message)
    raise dg.Failure(description=message, allow_retries=False)


def _evaluate(night: Night, verdict: Verdict, before: datetime | None) -> None:
    """Let the evaluation of the night before be tonight's, or make it anew where the new day changes it; then what
    documents it. `before`: when that night was; None where other figures are published than then, as a check that is
    no table of the mart withholds others.
    """
    facts = facts_of(night, verdict)
    if before is not None and says_the_same(warehouse_file(night.home), facts, before.date()):
        of_another_night(night.home, facts)
    else:
        keep_tables(night.home, evaluated(night, facts))
    try:
        night.count_work(vars(_refreshed(night, {EVALUATE})))
    except NotRefreshed as reason:
        message = f"Documenting the evaluation: {reason}"
        night.update_record(outcome=FAILED, message=message)
        raise dg.Failure(description=message, allow_retries=False) from None
