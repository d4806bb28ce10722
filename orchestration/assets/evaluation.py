"""The evaluation as assets: Parquet made of a candidate that passed its gate, which dbt then documents.

The verdict is looked up here as well: started alone on a candidate that failed, this computes nothing.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from common.home import warehouse_file
from orchestration.evaluators import EvaluatorFailed, NightFacts, keep_tables, run_evaluators
from orchestration.night import BLOCKED, FAILED
from orchestration.release.approval import GateRefused, approved_verdict
from orchestration.resources import Night
from quality.receipt import gate_status
from quality.suites import gate_suites, suites_fingerprint

if TYPE_CHECKING:
    import pyarrow as pa

    from quality.gate import Verdict

# The dbt source whose tables evaluators make, and the folder of the home in which they lie.
SOURCE = "evaluated"
STAGE = "Evaluating"


def _specs(manifest: Mapping[str, Any], mart_keys: set[dg.AssetKey]) -> list[dg.AssetSpec]:
    """One asset a table of the dbt source, downstream of the whole mart: its checks stand before it."""
    tables = [node for node in manifest["sources"].values() if node["source_name"] == SOURCE]
    return [
        dg.AssetSpec(
            dg.AssetKey([SOURCE, node["name"]]),
            deps=sorted(mart_keys),
            description=node["description"],
            group_name="evaluation",
            kinds={"python", "parquet"},
            owners=["team:evaluation"],
        )
        for node in sorted(tables, key=lambda node: node["name"])
    ]


def facts_of(night: Night, verdict: "Verdict") -> NightFacts:
    """On what tonight's evaluation stands."""
    return NightFacts(night.clock.date(), verdict.publishes, gate_status(verdict), night.configuration.evaluation)


def evaluated(night: Night, facts: NightFacts) -> "dict[str, pa.Table]":
    """Every evaluator's tables of tonight's candidate. Raises dg.Failure."""
    try:
        return run_evaluators(warehouse_file(night.home), facts, lambda message: night.progress(STAGE, message))
    except EvaluatorFailed as failure:
        raise _failed(night, str(failure)) from failure


def _failed(night: Night, message: str) -> dg.Failure:
    night.update_record(outcome=FAILED, message=message)
    return dg.Failure(description=message, allow_retries=False)


def build_evaluation_asset(manifest: Mapping[str, Any], mart_keys: set[dg.AssetKey]) -> dg.AssetsDefinition:
    """The step between the gate and the release that makes every table of the source `evaluated`."""
    specs = _specs(manifest, mart_keys)
    expected = {spec.key.path[-1] for spec in specs}

    @dg.multi_asset(name="evaluate", specs=specs, required_resource_keys={"night"})
    def evaluate(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        night: Night = context.resources.night
        night.progress(STAGE, "asking for the verdict")
        try:
            verdict = approved_verdict(night.home, suites_fingerprint(gate_suites(night.home)))
        except GateRefused as refusal:
            night.update_record(outcome=BLOCKED, message=str(refusal))
            raise dg.Failure(description=str(refusal), allow_retries=False) from None
        tables = evaluated(night, facts_of(night, verdict))
        if tables.keys() != expected:
            odd = ", ".join(sorted(tables.keys() ^ expected))
            raise _failed(night, f"evaluation failed: the dbt source {SOURCE} and the evaluators differ in {odd}")
        keep_tables(night.home, tables)
        for name in sorted(tables):
            yield dg.MaterializeResult(asset_key=dg.AssetKey([SOURCE, name]), metadata={"rows": tables[name].num_rows})

    return evaluate
