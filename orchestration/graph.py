"""Assembles the Dagster graph: assets, checks, jobs, schedule, sensors.

Loads without secrets, without a network and without Great Expectations.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets.audit import build_gate
from orchestration.assets.evaluation import build_evaluation_asset
from orchestration.assets.identity import organisation_record
from orchestration.assets.landing import build_landing_assets
from orchestration.assets.models import build_model_assets
from orchestration.assets.postgresql import POSTGRESQL_KEY, postgresql_release
from orchestration.assets.quiet import stands
from orchestration.assets.release import RELEASE_KEY, build_release_asset
from orchestration.dbt_runner import ensure_parsed
from orchestration.lineage import Lineage
from orchestration.resources import Progress, night_resource, say_why, silent
from orchestration.triggers import NIGHTLY, build_triggers

CANDIDATE = "build_candidate"
AUDIT = "audit_and_publish"


def build_defs(
    home: Path, clock: datetime | None = None, progress: Progress = silent, **overrides: Any
) -> dg.Definitions:
    """Assets, checks, jobs, schedule and sensors of a home.

    `clock`: the instant of its nights, else the real one when a run starts. `progress(stage, message)` is told what a
    run does. `overrides`: resources that stand in the place of ours (`night`).
    """
    manifest = json.loads(ensure_parsed(home).read_text(encoding="utf-8"))
    hangs_on = Lineage(manifest).indicators_on_tables()
    models = build_model_assets(manifest, partial(stands, hangs_on=hangs_on))
    mart_keys = {key for asset in models for key in asset.keys if key.path[0] == "mart"}
    evaluation_keys = {key for asset in models for key in asset.keys if key.path[0] == "evaluation"}
    evaluate = build_evaluation_asset(manifest, mart_keys)
    gate = build_gate(mart_keys, hangs_on)
    schedule, sensors = build_triggers(home)
    after_gate = dg.AssetSelection.assets(RELEASE_KEY, POSTGRESQL_KEY, *evaluate.keys, *evaluation_keys)
    gate_checks = dg.AssetSelection.checks(gate)
    return dg.Definitions(
        assets=[
            *build_landing_assets(),
            *models,
            organisation_record,
            evaluate,
            build_release_asset(mart_keys | evaluation_keys),
            postgresql_release,
        ],
        asset_checks=[gate],
        jobs=[
            dg.define_asset_job(
                NIGHTLY,
                selection=dg.AssetSelection.all(),
                description="Read every source, build the candidate, check it, evaluate and publish it if it passes.",
                hooks={say_why},
            ),
            dg.define_asset_job(
                CANDIDATE,
                selection=dg.AssetSelection.all() - after_gate - gate_checks,
                description="Read every source and build the candidate; nothing is checked or published.",
                hooks={say_why},
            ),
            dg.define_asset_job(
                AUDIT,
                selection=after_gate | gate_checks,
                description="Check the candidate that is there, evaluate and publish it if it passes.",
                hooks={say_why},
            ),
        ],
        schedules=[schedule],
        sensors=sensors,
        resources={"night": night_resource(home, clock, progress), **overrides},
        # DuckDB takes one writing process at a time, so all steps of a run share one.
        executor=dg.in_process_executor,
    )
