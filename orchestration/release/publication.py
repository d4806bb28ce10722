"""Builds a release step by step out of readers' sight, and lets them see it by one switch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.errors import NightFailed
from orchestration.release import store
from orchestration.release.context import BuildContext, Step
from orchestration.release.gate import GateRefused, approved_verdict, evaluation_fingerprint
from orchestration.release.integrity import MANIFEST, SEEN_MARK, checksums, row_counts, sync, sync_tree, write_json
from orchestration.release.pruning import prune
from orchestration.release.steps.evaluation import copy_evaluation
from orchestration.release.steps.mart import add_gate_tables, copy_mart, write_mart_parquet
from orchestration.release.steps.open_data import write_open_data
from orchestration.release.steps.pack import write_pack
from orchestration.release.steps.public import protect_public_mart
from orchestration.release.steps.receipt import write_receipt
from quality.receipt import gate_status

# The products of a release, in the order they are made: each may read what those before it wrote.
STEPS: tuple[Step, ...] = (
    Step("copying the checked tables", copy_mart),
    Step("copying the evaluation tables", copy_evaluation),
    Step("adding the gate's results", add_gate_tables),
    Step("writing Parquet", write_mart_parquet),
    Step("protecting the public view", protect_public_mart),
    Step("writing open data", write_open_data),
    Step("writing the pack", write_pack),
    Step("writing the receipt", write_receipt),
)


class ReleaseNotMade(NightFailed):
    """A step of building the release failed; the message names it. The last release keeps serving."""


@dataclass(frozen=True)
class Published:
    """A new release was made and is current."""

    release_id: str


@dataclass(frozen=True)
class Unchanged:
    """Nothing changed since the current release; none was made."""

    release_id: str


def _no_progress(_doing: str) -> None:
    """The listener when nobody watches."""


def publish(
    home: Path,
    *,
    clock: datetime,
    code_version: str,
    input_fingerprint: str,
    keep: int,
    suites_fingerprint: str,
    progress: Callable[[str], None] = _no_progress,
    steps: tuple[Step, ...] = STEPS,
) -> Published | Unchanged:
    """Publish the candidate if the gate passed it, or say that nothing changed.

    Raises GateRefused, or ReleaseNotMade when a step fails; the current release is then untouched.
    """
    verdict = approved_verdict(home, suites_fingerprint)
    folder = store.releases_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    store.clean_up(home)
    current = store.current_release(home)
    evaluated = evaluation_fingerprint(home, verdict)
    if current is not None:
        manifest = store.read_manifest(home, current)
        published = manifest["figures_fingerprint"], manifest.get("evaluation_fingerprint")
        if published == (verdict.figures_fingerprint, evaluated):
            return Unchanged(current)
    release_id = store.next_id(home, clock)
    context = BuildContext(
        home=home,
        building=store.new_building(home, release_id),
        release_id=release_id,
        clock=clock,
        code_version=code_version,
        input_fingerprint=input_fingerprint,
        verdict=verdict,
        evaluation_fingerprint=evaluated,
        previous=current,
    )
    _build(context, steps, progress)
    progress("switching readers to the new release")
    context.building.rename(folder / release_id)
    sync(folder)
    store.switch(home, release_id)
    (folder / release_id / SEEN_MARK).touch()
    prune(home, keep)
    return Published(release_id)


def _build(context: BuildContext, steps: tuple[Step, ...], progress: Callable[[str], None]) -> None:
    """Every step, then the manifest over all they wrote. A folder that did not become a release is removed."""
    try:
        for step in steps:
            progress(step.doing)
            _run(step, context)
        _write_manifest(context)
        sync_tree(context.building)
    except BaseException:
        shutil.rmtree(context.building, ignore_errors=True)
        raise


def _run(step: Step, context: BuildContext) -> None:
    try:
        step.build(context)
    except GateRefused:
        raise
    except Exception as error:
        raise ReleaseNotMade(
            f"release {context.release_id} was not made: {step.doing} failed: {error or type(error).__name__}"
        ) from error


def _write_manifest(context: BuildContext) -> None:
    write_json(
        context.building / MANIFEST,
        {
            "release_id": context.release_id,
            "previous_release": context.previous,
            "released_at": context.clock.isoformat(),
            "gate_status": gate_status(context.verdict),
            "code_version": context.code_version,
            "input_fingerprint": context.input_fingerprint,
            "candidate_fingerprint": context.verdict.candidate_fingerprint,
            "figures_fingerprint": context.verdict.figures_fingerprint,
            "evaluation_fingerprint": context.evaluation_fingerprint,
            "rows": row_counts(context.mart),
            "files": checksums(context.building),
        },
    )
