"""The dbt models as assets: the builds before and after the organisation keys, and the one after the gate."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.dbt_build import Build, build, kept_open
from orchestration.dbt_compiled import COUNT, EVALUATE, PREPARE, Compiled, DataTest, Model, compiled, step_of
from orchestration.dbt_tests import Outcome, ready, run_tests
from orchestration.night import FAILED, STOPPED
from orchestration.resources import Night
from orchestration.stopping import noticing_stop, stopped_message
from orchestration.triggers import NIGHTLY
from orchestration.trouble import after_sources, damage, disk_trouble
from orchestration.unchanged import set_aside

OWNER = "team:warehouse"
# Layers whose dbt tests are asset checks of their own: what others read. Every event costs the night some ten
# milliseconds, and a test of the layers before that fails stops the build all the same, with its name.
CHECKED_LAYERS = {"mart", "evaluation"}
_BUILT = {"model", "seed"}
Node = Mapping[str, Any]


def asset_key(node: Node) -> dg.AssetKey:
    """`[schema, table]`, the schema being the layer; a source's key stands in its `meta`, that of a landed stream."""
    if node["resource_type"] == "source":
        named = node["meta"].get("dagster", {}).get("asset_key")
        return dg.AssetKey(named or [node["source_name"], node["name"]])
    return dg.AssetKey([node["schema"], node["name"]])


def _spec(node: Node, manifest: Mapping[str, Any]) -> dg.AssetSpec:
    read = [manifest["nodes"].get(key) or manifest["sources"][key] for key in node["depends_on"].get("nodes", ())]
    columns = [
        dg.TableColumn(name, type=column["data_type"] or "?", description=column["description"])
        for name, column in node["columns"].items()
    ]
    return dg.AssetSpec(
        asset_key(node),
        deps={asset_key(each) for each in read},
        # The SQL is one click away and would bury it.
        description=node["description"],
        group_name=node["schema"],
        owners=[OWNER],
        kinds={"dbt", "duckdb"},
        tags=dict.fromkeys(node["tags"], ""),
        code_version=hashlib.sha1(node["raw_code"].encode(), usedforsecurity=False).hexdigest()
        if node["resource_type"] == "model"
        else node["checksum"]["checksum"],
        metadata={
            "dagster/table_name": node["relation_name"].replace('"', ""),
            "dagster/column_schema": dg.TableSchema(columns=columns),
        },
    )


def _checks(manifest: Mapping[str, Any], step: int) -> Iterator[dg.AssetCheckSpec]:
    """An asset check for each test of a table that others read; none for the layers before."""
    for node in manifest["nodes"].values():
        tested = manifest["nodes"].get(node.get("attached_node") or "")
        if node["resource_type"] != "test" or tested is None or step_of(tested["tags"]) != step:
            continue
        if tested["schema"] in CHECKED_LAYERS:
            others = {key for key in node["depends_on"]["nodes"] if key != tested["unique_id"]}
            yield dg.AssetCheckSpec(
                node["name"],
                asset=asset_key(tested),
                description=node["description"] or None,
                blocking=True,
                additional_deps=sorted(asset_key(manifest["nodes"][key]) for key in others),
            )


def _as_check_results(
    context: dg.AssetExecutionContext, outcomes: Iterable[Outcome], manifest: Mapping[str, Any]
) -> Iterator[dg.AssetCheckResult]:
    for outcome in outcomes:
        key = asset_key(manifest["nodes"][outcome.test.tested])
        if dg.AssetCheckKey(key, outcome.test.name) in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=outcome.test.name,
                passed=outcome.passed,
                metadata={"rows against it": outcome.failures} if outcome.error is None else {"error": outcome.error},
            )


def _tests_of(project: Compiled, sources: Collection[str], step: int) -> list[DataTest]:
    """The tests that can be run once the models of a step stand."""
    built = {model.unique_id for model in project.models if model.step == step}
    earlier = {model.unique_id for model in project.models if model.step < step}.union(sources)
    return ready(project.tests, built, earlier)


def _make(night: Night, project: Compiled, models: Sequence[Model], on_model: Callable[[Model], None]) -> Build:
    """Make models with the engine that wmip.yaml names; what is made of a checked mart, on DuckDB, where that lies."""
    spark = night.configuration.engine.spark
    if spark is None or any(model.step == EVALUATE for model in models):
        return build(night.home, project, models, night.clock, on_model)
    from orchestration.engines.spark_build import build as build_on_spark

    return build_on_spark(night.home, project, models, night.clock, on_model, spark)


def _build(
    context: dg.AssetExecutionContext,
    manifest: Mapping[str, Any],
    title: str,
    step: int,
    stage: str = "Building the mart",
) -> Iterator[Any]:
    """One build: its models and seeds, then the tests that can be run on them."""
    night: Night = context.resources.night
    night.progress(stage, title)
    project = compiled(night.home)
    models = project.of_step(step)
    outcomes: list[Outcome] = []
    with kept_open(night.home):
        with noticing_stop() as signals:
            # To DuckDB a signal is a query that failed.
            made = _make(night, project, models, lambda model: night.progress(stage, model.name))
        if signals:
            raise _stopped(night, stage, title, signals[0])
        if not made.failures:
            night.progress(stage, f"{title}: tests")
            outcomes = _run_tests(night, stage, title, _tests_of(project, manifest["sources"], step))
            _say_what_was_not_done(night, made, outcomes)
    for model in models:
        key = dg.AssetKey([model.schema, model.name])
        if model.unique_id in made.seconds and key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"seconds": round(made.seconds[model.unique_id], 3)})
    yield from _as_check_results(context, outcomes, manifest)
    failures = made.failures or [str(outcome) for outcome in outcomes if not outcome.passed]
    if failures:
        said = " | ".join(failures[:10])
        # A model that cannot read what it reads fails in DuckDB's words, and many after it.
        cause = disk_trouble(night.home, said) or damage(night.home)
        failed = f"{title}: {len(failures)} dbt node(s) failed. {said}"
        message = cause or after_sources(night.home, night.run_id, failed)
        night.update_record(outcome=FAILED, message=message)
        raise dg.Failure(description=message, allow_retries=False)


def _say_what_was_not_done(night: Night, made: Build, outcomes: Sequence[Outcome]) -> None:
    """Into tonight's record, which counts over all steps."""
    counted = Counter(
        models_made=len(made.seconds) - len(made.taken_over),
        models_as_before=len(made.taken_over),
        data_tests_run=sum(outcome.was_run for outcome in outcomes),
        data_tests_as_before=sum(not outcome.was_run for outcome in outcomes),
    )
    night.count_work(counted)


def _run_tests(night: Night, stage: str, title: str, tests: Sequence[DataTest]) -> list[Outcome]:
    with noticing_stop() as signals:
        outcomes = run_tests(night.home, tests, night.clock)
    if signals:
        raise _stopped(night, stage, title, signals[0])
    return outcomes


def _stopped(night: Night, stage: str, title: str, by: str) -> dg.Failure:
    """Writes down that the night was stopped; what its step ends with."""
    message = stopped_message(f"{stage.lower()} ({title[0].lower()}{title[1:]})", by)
    night.update_record(outcome=STOPPED, message=message)
    return dg.Failure(description=message, allow_retries=False)


def build_model_assets(manifest: Mapping[str, Any], stands: Callable[[Night], bool]) -> list[dg.AssetsDefinition]:
    """`stands`: whether nothing is new, so that a whole night is over before anything is built.

    The three builds: everything tagged `prepare` (seeds, staging, organisation records); the candidate; and, tagged
    `evaluation`, what is made of a candidate that passed.
    """
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in _BUILT]

    def declared(step: int) -> dict[str, Any]:
        return {
            "specs": [_spec(node, manifest) for node in nodes if step_of(node["tags"]) == step],
            "check_specs": list(_checks(manifest, step)),
            "can_subset": True,
            "required_resource_keys": {"night"},
        }

    @dg.multi_asset(name="prepare", **declared(PREPARE))
    def prepare(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night: Night = context.resources.night
        if context.job_name == NIGHTLY and stands(night):
            # Nothing is made, and the steps behind are skipped.
            context.log.info("Nothing new was read: what stands since the night before was judged by tonight's clock")
            return
        set_aside(night.home, keep=not night.full)
        yield from _build(context, manifest, "Staging the landed streams", PREPARE)

    @dg.multi_asset(name="build_mart", **declared(COUNT))
    def build_mart(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, manifest, "Counting the indicators", COUNT)

    @dg.multi_asset(name="build_evaluation", **declared(EVALUATE))
    def build_evaluation(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _build(context, manifest, "Documenting the evaluation", EVALUATE, "Evaluating")

    return [prepare, build_mart, build_evaluation]
