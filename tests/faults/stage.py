"""A small night to plant faults in: the gate's own world as candidate, opened, judged and published as a night does.

Everything is the product's: opening (`night_resource`), gate, verdict, publication. Only the candidate is not built but
laid out (`tests.orchestration.rules.world`), and the evaluation is one row.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from common.home import registry_file, warehouse_file
from ingestion.catalogue import providers
from ingestion.storage.office import append
from orchestration.cli.options import current_mart
from orchestration.dbt_compiled import compiled
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import NightFailed
from orchestration.lineage import Lineage
from orchestration.release import integrity, store
from orchestration.release.context import Step
from orchestration.release.publication import publish
from orchestration.release.steps.registry import keep_registry
from orchestration.resources import Night, night_resource
from quality import verdicts
from quality.gate import Declared, Verdict, run_gate, without_withheld
from quality.suites import gate_suites, suites_fingerprint
from tests.orchestration.rules import world
from tests.orchestration.test_release import CORE, evaluate

FIRST = datetime(2025, 5, 15, 2, tzinfo=UTC)
TONIGHT = FIRST + timedelta(days=1)
SERVES = "2025-05-15.1"
# What may become of tonight's figures.
PUBLISHED, TOLD, KEPT_BACK, NOTHING, NOT_SHOWN = (
    "published",
    "published, and told",
    "published without what it protects",
    "nothing published",
    "not shown, and made anew",
)


@cache
def hangs_on() -> dict[str, list[str]]:
    """By table of the mart the indicators that hang on it, as the night asks the graph of the models."""
    with tempfile.TemporaryDirectory() as folder:
        return Lineage(json.loads(ensure_parsed(Path(folder)).read_text(encoding="utf-8"))).indicators_on_tables()


STEPS = (*CORE, Step("keeping the organisation keys", keep_registry))
ENABLED = ("returns",)


@dataclass(frozen=True)
class Ended:
    """What became of the figures, and what was said."""

    outcome: str
    said: str = ""


class Stage:
    """A home of which a first night was published; tonight's candidate says something else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.suites = gate_suites(home)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL on the candidate."""
        with duckdb.connect(str(warehouse_file(self.home))) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def opened(self, clock: datetime = TONIGHT, **options: Any) -> Iterator[Night]:
        """The night as a run opens it: lock, clock, registry, landing, persons."""
        with dg.build_resources({"night": night_resource(self.home, clock, **options)}) as given:
            yield given.night

    def judge(self, enabled: Collection[str] = ENABLED, clock: datetime = TONIGHT) -> Verdict:
        """The gate on the candidate; its verdict is kept, and a candidate that passed evaluated."""
        verdict = run_gate(
            warehouse_file(self.home),
            suites=gate_suites(self.home),
            enabled_sources=enabled,
            clock=clock,
            # The world's rows are all of returns: every check applies.
            declared=Declared(dict.fromkeys(providers(), ENABLED), ("guest:.*",), hangs_on()),
            judgements=self.home / "verdicts" / "judgements.json",
        )
        verdict = without_withheld(warehouse_file(self.home), verdict)
        verdicts.save(self.home, verdict)
        if verdict.passed:
            evaluate(self.home, verdict.publishes)
        return verdict

    def publish(self, clock: datetime = TONIGHT, steps: tuple[Step, ...] = STEPS) -> object:
        """The release step, by the suites that lie there now."""
        return publish(
            self.home,
            clock=clock,
            code_version="campaign",
            input_fingerprint="inputs",
            keep=5,
            suites_fingerprint=suites_fingerprint(gate_suites(self.home)),
            steps=steps,
        )

    def night(self, enabled: Collection[str] = ENABLED, clock: datetime = TONIGHT, **options: Any) -> None:
        """A whole night on the candidate that lies there."""
        with self.opened(clock, **options):
            self.judge(enabled, clock)
            self.publish(clock)


def _prepare(home: Path) -> None:
    home.mkdir()
    with duckdb.connect(str(warehouse_file(home))) as connection:
        world.build(connection, compiled(home).models)
    registry_file(home).parent.mkdir()
    pq.write_table(pa.table({"source_record_id": ["1", "2", "3"]}), registry_file(home))
    stage = Stage(home)
    with stage.opened(FIRST):
        append(home, "return_status", [{"partner_code": "CB01", "period_key": "2023-24-Q1", "status": "locked"}], FIRST)
        verdict = stage.judge(clock=FIRST)
        assert verdict.passed, [result for result in verdict.results if result.outcome != "passed"]
        stage.publish(FIRST)
    assert store.current_release(home) == SERVES
    stage.query("UPDATE mart.dim_partner SET name = 'what tonight says'")


class Theatre:
    """Makes stages: the first night once, a copy for each fault."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._first = folder / "first"

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """A stage of a fault's own; gone afterwards."""
        if not self._first.exists():
            _prepare(self._first)
        self._count += 1
        home = self._folder / f"stage{self._count}"
        shutil.copytree(self._first, home, symlinks=True)
        try:
            yield Stage(home)
        finally:
            shutil.rmtree(home)


def play(stage: Stage, act: Callable[[Stage], object]) -> Ended:
    """Let a fault be met, and say what became of the figures. What serves must be whole whatever happens."""
    said = ""
    try:
        act(stage)
    except Exception as error:  # noqa: BLE001 - whatever a night ends with is what it said
        said = " | ".join(_chain(error))
    return _ended(stage.home, said)


def shown_all_the_same(mart: Path) -> list[tuple[Any, ...]]:
    """Figures of a released mart that are withheld and say a number all the same."""
    with duckdb.connect(str(mart), read_only=True) as connection:
        return connection.execute(
            "FROM indicator_value "
            "WHERE quality_status = 'withheld' AND basis = 'verified' AND cumulative_value IS NOT NULL"
        ).fetchall()


def _chain(error: BaseException | None) -> Iterator[str]:
    """What was said, from the outermost in: Dagster wraps what a resource raises."""
    while error is not None:
        yield f"{type(error).__name__}: {error}"
        error = error.__cause__


def _ended(home: Path, said: str) -> Ended:
    current = store.current_release(home)
    try:
        current_mart(home)
    except NightFailed as refused:
        return Ended(NOT_SHOWN, str(refused))
    assert current is not None
    problems = integrity.verify(home, current)
    if problems:
        return Ended(f"BROKEN: {'; '.join(problems)}", said)
    if current == SERVES:
        return Ended(NOTHING, said)
    shown = store.show(home, current)
    verdict = verdicts.load(home, shown["manifest"]["candidate_fingerprint"])
    if verdict is None or not verdict.passed:
        return Ended("BROKEN: published without a passing verdict", said)
    receipt = shown["receipt"]
    if receipt["withheld"]:
        if shown_all_the_same(home / "releases" / current / integrity.MART):
            return Ended("BROKEN: a withheld figure is shown", said)
        return Ended(KEPT_BACK, "; ".join(f"{one['scope']}: {one['rule']}" for one in receipt["withheld"]))
    failed = [check["check"] for check in receipt["checks"] if check["outcome"] == "failed"]
    return Ended(TOLD, ", ".join(failed)) if failed else Ended(PUBLISHED, said)
