"""The gate as blocking asset checks on the mart's tables, all evaluated in one step.

Great Expectations is imported only when the step runs. `blocking` stops the release within this run; the
release itself asks for the verdict again, so that starting it alone changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping

import dagster as dg

from common.home import judgements_file, warehouse_file
from ingestion.catalogue import person_key_forms, providers
from orchestration.dbt_runner import TARGET_DIR
from orchestration.night import BLOCKED
from orchestration.release.store import serving_mart
from orchestration.resources import Night
from orchestration.trouble import after_sources
from quality import verdicts
from quality.gate import CheckResult, Declared, Verdict, run_gate, without_withheld
from quality.messages import explain, explain_withheld
from quality.statistics.results import as_checks, with_statistics
from quality.suites import CheckDefinition, gate_suites, load_suites, suite_paths

ANY_TABLE = "indicator_fact"
# Beside what dbt made of the project: what the gate's engine said of queries that found the same, in whatever home.
JUDGED_HERE = TARGET_DIR / "judgements.json"


def mart_key(table: str) -> dg.AssetKey:
    """Asset key of a table of the mart."""
    return dg.AssetKey(["mart", table])


def _spec(check: CheckDefinition, mart_keys: set[dg.AssetKey]) -> dg.AssetCheckSpec:
    key = mart_key(check.table)
    return dg.AssetCheckSpec(
        name=check.name,
        asset=key if key in mart_keys else mart_key(ANY_TABLE),
        description=check.meaning,
        blocking=check.severity == "critical",
        metadata={"dimension": check.dimension, "owner": check.owner, "remedy": check.remedy},
    )


def _result(result: CheckResult, spec: dg.AssetCheckSpec) -> dg.AssetCheckResult:
    # What keeps back some figures alone does not stop the rest; see quality/withholding.py.
    stops = result.severity == "critical" and not result.effect
    severity = dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=result.outcome in {"passed", "not_applicable"},
        severity=severity,
        metadata={
            "outcome": result.outcome,
            "observed": result.observed,
            "rows_checked": result.rows_checked or 0,
            "failing_rows": result.failing_rows or 0,
            "failing_keys": ", ".join(result.failing_keys),
        },
    )


def judge(night: Night, hangs_on: Mapping[str, Collection[str]]) -> Verdict:
    """The gate's verdict on tonight's candidate, which is kept, with what it withholds taken out; its sum in tonight's
    record, which says why where it blocks. `hangs_on`: by table of the mart, the indicators that hang on it.
    """
    night.progress("Checking the candidate", "every suite, and what was usual before")
    warehouse = warehouse_file(night.home)
    if night.full:
        judgements_file(night.home).unlink(missing_ok=True)
    verdict = run_gate(
        warehouse,
        suites=gate_suites(night.home),
        enabled_sources=night.configuration.enabled_sources(),
        clock=night.clock,
        declared=Declared(providers(), person_key_forms(), hangs_on),
        judgements=judgements_file(night.home),
        judged_here=None if night.full else JUDGED_HERE,
    )
    verdict = without_withheld(warehouse, verdict)
    verdict = with_statistics(verdict, warehouse, serving_mart(night.home), night.clock)
    applicable = sum(result.passed is not None for result in verdict.results)
    night.count_work({"checks_judged": applicable - verdict.judged_before, "checks_as_before": verdict.judged_before})
    path = verdicts.save(night.home, verdict)
    night.update_record(
        candidate_fingerprint=verdict.candidate_fingerprint,
        gate={
            "passed": verdict.passed,
            "outcomes": verdict.counts,
            "blocked_by": [result.check_name for result in verdict.results if result.blocks],
            "verdict": str(path.relative_to(night.home)),
            "withheld": [f"{one.rule_id}: {one.scope}" for one in verdict.consequences if one.status == "withheld"],
            "kept_back": explain_withheld(verdict),
            "waived": [f"{one.rule_id}: {one.scope}" for one in verdict.consequences if one.status == "waived"],
        },
    )
    if not verdict.passed:
        message = after_sources(night.home, night.run_id, explain(verdict))
        night.update_record(outcome=BLOCKED, message=message)
    return verdict


def build_gate(mart_keys: set[dg.AssetKey], hangs_on: Mapping[str, Collection[str]]) -> dg.AssetChecksDefinition:
    """One step with a check for every check of the product's suites, and every comparison with what was before.
    `hangs_on`: see `judge`.

    A tenant's own suites (`checks/*.yaml` of the home) are run as well and decide the verdict; they are
    not known when the graph loads, so they have no check of their own in it.
    """
    specs = {check.name: _spec(check, mart_keys) for check in (*load_suites(suite_paths()), *as_checks())}

    @dg.multi_asset_check(name="gate", specs=list(specs.values()), required_resource_keys={"night"})
    def gate(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        verdict = judge(context.resources.night, hangs_on)
        own = [result for result in verdict.results if result.check_name in specs]
        yield from (_result(result, specs[result.check_name]) for result in own)
        tenant = [r for r in verdict.results if r.check_name not in specs and r.blocks]
        if tenant:
            raise dg.Failure(
                description=f"a check of this tenant failed: {', '.join(r.check_name for r in tenant)}",
                allow_retries=False,
            )

    return gate
