"""The dbt models as assets: the builds before and after the organisation keys, and the one after the gate."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from common.home import warehouse_file
from orchestration.dbt_runner import run_dbt
from orchestration.dbt_tests import DataTest, Outcome, data_tests, ready, run_tests
from orchestration.night import FAILED, STOPPED
from orchestration.resources import Night
from orchestration.stopping import noticing_stop, stopped_message
from orchestration.trouble import after_sources, damage, disk_trouble

PREPARE = "tag:prepare"
EVALUATION = "tag:evaluation"
OWNER = "team:warehouse"
# Layers whose dbt tests are asset checks of their own: what others read. Every event costs the night some ten
# milliseconds, and a test of the layers before that fails stops the build all the same, with its name.
CHECKED_LAYERS = {"mart", "evaluation"}


class RoomTranslator(DagsterDbtTranslator):
    """Asset keys and groups of dbt nodes: `[layer, table]`, the layer being the schema; seeds are `seed`."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`[schema, name]`; a source's key stands in its `meta` and is that of a landed stream."""
        if dbt_resource_props["resource_type"] == "source":
            return cast("dg.AssetKey", super().get_asset_key(dbt_resource_props))
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The schema: staging, intermediate, mart or seed."""
        if dbt_resource_props["resource_type"] == "source":
            return "landing"
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Everything in the dbt project is owned by those who keep the warehouse."""
        return [OWNER] if dbt_resource_props["resource_type"] != "source" else []

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description alone: the SQL is one click away and would bury it."""
        return str(dbt_resource_props.get("description", ""))

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """An asset check for each test of a table that others read; none for the layers before."""
        if asset_spec.key.path[0] not in CHECKED_LAYERS:
            return None
        return cast("dg.AssetCheckSpec", super().get_asset_check_spec(asset_spec, manifest, unique_id, project))


TRANSLATOR = RoomTranslator()


def _as_dagster_events(
    context: dg.AssetExecutionContext, events: list[dict[str, Any]], manifest: Mapping[str, Any]
) -> Iterator[Any]:
    for event in events:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        yield from message.to_default_asset_events(manifest, TRANSLATOR, context=context)


def _as_check_results(
    context: dg.AssetExecutionContext, outcomes: Iterable[Outcome], manifest: Mapping[str, Any]
) -> Iterator[dg.AssetCheckResult]:
    for outcome in outcomes:
        key = TRANSLATOR.get_asset_key(manifest["nodes"][outcome.test.tested])
        if dg.AssetCheckKey(key, outcome.test.name) in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=outcome.test.name,
                passed=outcome.passed,
                metadata={"rows against it": outcome.failures} if outcome.error is None else {"error": outcome.error},
            )


def _stage(node: Mapping[str, Any]) -> int:
    """In which of the three builds a model or seed is made."""
    tags = {f"tag:{tag}" for tag in node["tags"]}
    return 0 if PREPARE in tags else 2 if EVALUATION in tags else 1


def _tests_of(night: Night, manifest: Mapping[str, Any], stage: int) -> list[DataTest]:
    built: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] in {"model", "seed"}:
            built[_stage(node)].add(unique_id)
    earlier = set(manifest["sources"]).union(*(built[before] for before in range(stage)))
    return ready(data_tests(night.home), built[stage], earlier)


def _build(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    selection: list[str],
    title: str,
    number: int,
    stage: str = "Building the mart",
) -> Iterator[Any]:
    """One build: its models and seeds by dbt, then the tests that can be run on them, in one pass of SQL."""
    night: Night = context.resources.night
    night.progress(stage, title)

    def on_event(event: dict[str, Any]) -> None:
        if event["info"].get("name") == "LogStartLine":
            night.progress(stage, event["data"]["node_info"]["node_name"])

    run = run_dbt(
        ["build", *selection, "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"],
        home=night.home,
        clock=night.clock,
        on_event=on_event,
    )
    if run.stopped_by is not None:
        raise _stopped(night, stage, title, run.stopped_by)
    yield from _as_dagster_events(context, run.events, manifest)
    failures = run.failures or ([] if run.success else ["dbt did not end well and named no node"])
    if not failures:
        night.progress(stage, f"{title}: tests")
        outcomes = _run_tests(night, stage, title, _tests_of(night, manifest, number))
        yield from _as_check_results(context, outcomes, manifest)
        failures = [str(outcome) for outcome in outcomes if not outcome.passed]
    if failures:
        said = " | ".join(failures[:10])
        # A model that cannot read what it reads fails in dbt's words, and many after it.
        cause = disk_trouble(night.home, said) or damage(night.home)
        failed = f"{title}: {len(failures)} dbt node(s) failed. {said}"
        message = cause or after_sources(night.home, night.run_id, failed)
        night.update_record(outcome=FAILED, message=message)
        raise dg.Failure(description=message, allow_retries=False)


def _run_tests(night: Night, stage: str, title: str, tests: Sequence[DataTest]) -> list[Outcome]:
    with noticing_stop() as signals:
        outcomes = run_tests(warehouse_file(night.home), tests)
    if signals:
        # To DuckDB a signal is a query that failed.
        raise _stopped(night, stage, title, signals[0])
    return outcomes


def _stopped(night: Night, stage: str, title: str, by: str) -> dg.Failure:
    """Writes down that the night was stopped; what its step ends with."""
    message = stopped_message(f"{stage.lower()} ({title[0].lower()}{title[1:]})", by)
    night.update_record(outcome=STOPPED, message=message)
    return dg.Failure(description=message, allow_retries=False)


def build_model_assets(manifest_path: Path) -> list[dg.AssetsDefinition]:
    """The three builds: everything tagged `prepare` (seeds, staging, organisation records); the candidate; and, tagged
    `evaluation`, what is made of a candidate that passed.
    """
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))

    @dbt_assets(
        manifest=manifest,
        select=PREPARE,
        name="prepare",
        dagster_dbt_translator=TRANSLATOR,
        required_resource_keys={"night"},
    )
    def prepare(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night
        # The candidate is rebuilt from landing, registry and seeds every night: nothing of an earlier,
        # perhaps interrupted, build can be in it.
        for leftover in night.home.glob("warehouse.duckdb*"):
            leftover.unlink()
        yield from _build(context, manifest, ["--select", PREPARE], "Staging the landed streams", 0)

    @dbt_assets(
        manifest=manifest,
        exclude=f"{PREPARE} {EVALUATION}",
        name="build_mart",
        dagster_dbt_translator=TRANSLATOR,
        required_resource_keys={"night"},
    )
    def build_mart(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, manifest, ["--exclude", PREPARE, EVALUATION], "Counting the indicators", 1)

    @dbt_assets(
        manifest=manifest,
        select=EVALUATION,
        name="build_evaluation",
        dagster_dbt_translator=TRANSLATOR,
        required_resource_keys={"night"},
    )
    def build_evaluation(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, manifest, ["--select", EVALUATION], "Documenting the evaluation", 2, "Evaluating")

    return [prepare, build_mart, build_evaluation]
