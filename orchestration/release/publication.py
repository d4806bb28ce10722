"""Builds a release step by step out of readers' sight, and lets them see it by one switch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common.durable import sync, sync_tree
from common.home import make_private, releases_folder
from orchestration.access import open_public_parts
from orchestration.errors import NightFailed
from orchestration.release import store
from orchestration.release.approval import GateRefused, approved_verdict, evaluation_fingerprint
from orchestration.release.context import BuildContext, Step
from orchestration.release.ingredients import changed, ingredients
from orchestration.release.integrity import (
    MANIFEST,
    SEEN_MARK,
    DamagedRelease,
    altered,
    checksums,
    of_the_mart,
    read_manifest,
    row_counts,
    sealed,
    write_json,
)
from orchestration.release.pruning import prune
from orchestration.release.steps.evaluation import copy_evaluation
from orchestration.release.steps.gate_kept import keep_gate
from orchestration.release.steps.inputs import write_inputs
from orchestration.release.steps.mart import add_gate_tables, copy_mart, write_mart_parquet
from orchestration.release.steps.open_data import write_open_data
from orchestration.release.steps.pack import write_pack
from orchestration.release.steps.public import protect_public_mart
from orchestration.release.steps.receipt import write_receipt
from orchestration.release.steps.registry import keep_registry
from orchestration.release.steps.site import write_sites
from orchestration.release.steps.statistics import add_statistics
from orchestration.release.steps.trace import write_trace
from orchestration.trouble import disk_trouble
from quality.receipt import gate_status

# The products of a release, in the order they are made: each may read what those before it wrote.
STEPS: tuple[Step, ...] = (
    Step("copying the checked tables", copy_mart),
    Step("copying the evaluation tables", copy_evaluation),
    Step("adding the gate's results", add_gate_tables),
    Step("comparing it with what was before", add_statistics),
    Step("writing Parquet", write_mart_parquet),
    Step("protecting the public view", protect_public_mart),
    Step("writing open data", write_open_data),
    Step("opening the figures to their facts", write_trace),
    Step("writing the pack", write_pack),
    Step("keeping the organisation keys", keep_registry),
    Step("writing down what it was made of", write_inputs),
    Step("keeping what judged it", keep_gate),
    Step("writing the receipt", write_receipt),
    Step("writing the sites", write_sites),
)


class ReleaseNotMade(NightFailed):
    """A step of building the release failed; the message names it. The last release keeps serving."""


@dataclass(frozen=True)
class Published:
    """A new release was made and is current; what had changed since the one before."""

    release_id: str
    because: list[str] = field(default_factory=list, compare=False)


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
    run_id: str = "",
    public_readable: bool = False,
    progress: Callable[[str], None] = _no_progress,
    steps: tuple[Step, ...] = STEPS,
) -> Published | Unchanged:
    """Publish the candidate if the gate passed it, or say that nothing changed.

    Raises GateRefused, or ReleaseNotMade when a step fails; the current release is then untouched.
    """
    verdict = approved_verdict(home, suites_fingerprint)
    folder = releases_folder(home)
    make_private(folder)
    current = _serving(home)
    store.clean_up(home, current)
    evaluated = evaluation_fingerprint(home, verdict)
    made_of = ingredients(home, verdict, evaluated, code_version)
    because, previous = _compare(home, current, made_of)
    if current is not None and not because:
        open_public_parts(home, public_readable)
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
        made_of=made_of,
        previous=previous,
        because=because,
        run_id=run_id,
    )
    _build(context, steps, progress)
    progress("switching readers to the new release")
    context.building.rename(folder / release_id)
    sync(folder)
    open_public_parts(home, public_readable)
    store.switch(home, release_id)
    (folder / release_id / SEEN_MARK).touch()
    prune(home, keep)
    return Published(release_id, because)


def _serving(home: Path) -> str | None:
    """The current release; none where the link to it is broken, which the release that is made now mends."""
    try:
        return store.current_release(home)
    except DamagedRelease:
        if (releases_folder(home) / "current").is_symlink():
            return None
        raise


def _compare(home: Path, current: str | None, made_of: dict[str, str]) -> tuple[list[str], str | None]:
    """Why the current release does not stand for what is there now, and the release to tell changes against.

    One that was altered since it was published is not served on: another is made, and not compared with what is broken.
    """
    if current is None:
        return [], None
    try:
        because, odd = changed(made_of, read_manifest(home, current)), altered(home, current)
    except DamagedRelease as damage:
        return [str(damage)], None
    if odd:
        because.append(f"release {current} was altered after it was published: {'; '.join(odd)}")
    return because, None if of_the_mart(odd) else current


def _build(context: BuildContext, steps: tuple[Step, ...], progress: Callable[[str], None]) -> None:
    """Every step, then the manifest over all they wrote. A folder that did not become a release is removed."""
    try:
        for step in (*steps, Step("writing the manifest", _write_manifest), Step("writing it to the disk", _sync)):
            progress(step.doing)
            _run(step, context)
    except BaseException:
        shutil.rmtree(context.building, ignore_errors=True)
        raise


def _run(step: Step, context: BuildContext) -> None:
    try:
        step.build(context)
    except GateRefused:
        raise
    except Exception as error:
        said = disk_trouble(context.home, error) or error or type(error).__name__
        raise ReleaseNotMade(f"release {context.release_id} was not made: {step.doing} failed: {said}") from error


def _sync(context: BuildContext) -> None:
    sync_tree(context.building)


def _write_manifest(context: BuildContext) -> None:
    manifest = {
        "release_id": context.release_id,
        "previous_release": context.previous,
        "released_at": context.clock.isoformat(),
        "gate_status": gate_status(context.verdict),
        "because": context.because,
        "input_fingerprint": context.input_fingerprint,
        "candidate_fingerprint": context.verdict.candidate_fingerprint,
        "published_fingerprint": context.verdict.publishes,
        **context.made_of,
        "rows": row_counts(context.mart),
        "files": checksums(context.building),
    }
    write_json(context.building / MANIFEST, sealed(manifest))
