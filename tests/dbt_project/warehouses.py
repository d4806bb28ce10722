"""Warehouses of small homes, made as a night makes one: of the SQL that dbt compiled, with the data tests after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from common.home import links_file, registry_file
from identity.links import LINK_SCHEMA
from identity.matching import Match, match
from identity.organisation_keys import ensure_registers, resolve_organisations
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


def know_no_organisation(home: Path) -> None:
    """What is kept of organisations, before there is any."""
    ensure_registers(home)
    pq.write_table(REGISTRY_SCHEMA.empty_table(), registry_file(home))
    pq.write_table(LINK_SCHEMA.empty_table(), links_file(home))


def count(home: Path, clock: datetime, *names: str, matcher: Match = match) -> None:
    """All that stands before the organisation keys, the keys, and the models of these names with all they read."""
    project = compiled(home)
    prepared = project.of_step(PREPARE)
    counted = [model for model in project.with_all_they_read(names) if model.step != PREPARE]
    _build(home, project, prepared, clock)
    resolve_organisations(home, clock, matcher)
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
