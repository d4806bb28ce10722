"""Publication: the steps, the disk, a kill."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest import mock

import duckdb

from orchestration.code_version import ROOT
from orchestration.release.context import BuildContext, Step
from tests.conftest import clean_environment
from tests.faults.fault import Planted
from tests.faults.stage import (
    NOTHING,
    PUBLISHED,
    STEPS,
    Stage,
)
from tests.orchestration import test_publishing_killed as killed


def faults() -> Iterator[Planted]:
    """Every fault of this place."""
    for position, step in enumerate((*STEPS, Step("writing the manifest", lambda _context: None))):
        for what, error in (
            ("fails", ValueError("it broke")),
            ("meets a full disk", OSError(errno.ENOSPC, "No space left on device")),
        ):
            said = "the disk is full" if isinstance(error, OSError) else "it broke"
            yield Planted(
                f"step_{position}_{what}".replace(" ", "_"),
                "publication",
                f"before {step.doing} a step {what}",
                NOTHING,
                partial(_failing_step, position, error),
                said,
                is_quick=(position, said) == (3, "the disk is full"),
            )
    for name in ("sync_tree", "_write_manifest", "row_counts"):
        yield Planted(
            f"disk_full_{name}",
            "publication",
            f"the disk fills up in {name}",
            NOTHING,
            partial(_full_disk, f"orchestration.release.publication.{name}"),
            "the disk is full",
        )
    yield Planted(
        "copied_otherwise",
        "publication",
        "the copied tables are not those that were judged",
        NOTHING,
        _changed_while_copied,
        "not those the gate judged",
    )
    for moment in killed.MOMENTS:
        expected = PUBLISHED if moment in killed.SERVES_THE_NEW else NOTHING
        yield Planted(
            "killed_" + "_".join(moment),
            "publication",
            f"the process is killed {moment[2]} {moment[1]} ({moment[0]})",
            expected,
            partial(_killed, moment),
        )


def _failing_step(position: int, error: Exception, stage: Stage) -> None:
    def broken(_context: BuildContext) -> None:
        raise error

    steps = (*STEPS[:position], Step("being broken", broken), *STEPS[position:])
    with stage.opened():
        stage.judge()
        stage.publish(steps=steps)


def _full_disk(target: str, stage: Stage) -> None:
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with stage.opened():
        stage.judge()
        with mock.patch(target, full):
            stage.publish()


def _changed_while_copied(stage: Stage) -> None:
    from orchestration.release.steps import mart

    copied = mart.copy_schema

    def changing(connection: duckdb.DuckDBPyConnection, schema: str, *rest: Any, **more: Any) -> list[str]:
        names = copied(connection, schema, *rest, **more)
        connection.execute("UPDATE release.main.indicator_value SET value = 99")
        return names

    with stage.opened():
        stage.judge()
        with mock.patch.object(mart, "copy_schema", changing):
            stage.publish()


_NIGHT = """
import importlib, os, signal, sys
from pathlib import Path
from orchestration.release.context import Step
from tests.faults.stage import STEPS, Stage

def killed(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

stage, module, name, when = Stage(Path(sys.argv[1])), *sys.argv[2:]
steps = STEPS
if module == "steps":
    steps = (*STEPS[:int(name)], Step("being killed", killed), *STEPS[int(name):])
else:
    place = importlib.import_module("orchestration.release." + module)
    real = getattr(place, name)
    setattr(place, name, killed if when == "before" else lambda *a, **k: (real(*a, **k), killed()))
stage.publish(steps=steps)
"""


def _killed(moment: tuple[str, str, str], stage: Stage) -> None:
    """A publication that is killed; what serves is looked at before the next night makes it good."""
    assert stage.judge().passed
    made = subprocess.run(
        [sys.executable, "-c", _NIGHT, str(stage.home), *moment],
        cwd=ROOT,
        env=clean_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    # Nothing is dropped or forgotten here, so that some moments do not come.
    assert made.returncode in {-signal.SIGKILL, 0}, made.stderr
