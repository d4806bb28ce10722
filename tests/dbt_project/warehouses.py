"""Warehouses of small homes, made as a night makes one: of the SQL that dbt compiled, with the data tests after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from common.home import registry_file
from identity.organisation_keys import resolve_organisations
from identity.resolve import REGISTRY_SCHEMA
from orchestration.dbt_build import build
from orchestration.dbt_compiled import PREPARE, Compiled, Model, compiled
from orchestration.dbt_tests import ready, run_tests


def make(home: Path, clock: datetime, *names: str) -> None:
    """The models of these names and all they read, and every data test that can then be run."""
    project = compiled(home)
    models = project.with_all_they_read(names)
    _build(home, project, models, clock)
    _test(home, project, models, clock)


def count(home: Path, clock: datetime, *names: str) -> None:
    """All that stands before the organisation keys, the keys, and the models of these names with all they read."""
    registry = registry_file(home)
    registry.parent.mkdir(exist_ok=True)
    pq.write_table(REGISTRY_SCHEMA.empty_table(), registry)
    project = compiled(home)
    prepared = project.of_step(PREPARE)
    counted = [model for model in project.with_all_they_read(names) if model.step != PREPARE]
    _build(home, project, prepared, clock)
    resolve_organisations(home, clock)
    _build(home, project, counted, clock)
    _test(home, project, [*prepared, *counted], clock)


def _build(home: Path, project: Compiled, models: Sequence[Model], clock: datetime) -> None:
    made = build(home, project, models, clock, lambda _model: None)
    assert made.failures == []
    assert len(made.seconds) == len(models)


def _test(home: Path, project: Compiled, models: Sequence[Model], clock: datetime) -> None:
    sources = {read for test in project.tests for read in test.reads if read.startswith("source.")}
    tests = ready(project.tests, [model.unique_id for model in models], sources)
    outcomes = run_tests(home, tests, clock)
    assert outcomes
    assert [str(outcome) for outcome in outcomes if not outcome.passed] == []
