"""A publication that is killed at any moment leaves a whole release serving, and the next night makes it good."""

from __future__ import annotations

import signal
import subprocess
import sys

import duckdb
import pytest

from orchestration.code_version import ROOT
from orchestration.release import integrity, store
from tests.conftest import clean_environment
from tests.orchestration.test_release import build_candidate, home, judge, publish  # noqa: F401 - home is a fixture

# Publishes as a night does, and is killed where it is told: before or after a function, or in place of a step.
NIGHT = """
import importlib, os, signal, sys
from pathlib import Path
from orchestration.release.context import Step
from tests.orchestration.test_release import CORE, publish

def killed(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

home, module, name, when = Path(sys.argv[1]), *sys.argv[2:]
steps = CORE
if module == "steps":
    steps = (*CORE[:int(name)], Step("being killed", killed), *CORE[int(name):])
else:
    place = importlib.import_module("orchestration.release." + module)
    real = getattr(place, name)
    setattr(place, name, killed if when == "before" else lambda *a, **k: (real(*a, **k), killed()))
publish(home, steps=steps, keep=1)
"""
MOMENTS = [
    ("store", "clean_up", "before"),
    ("store", "new_building", "after"),
    ("steps", "0", "in"),
    ("steps", "2", "in"),
    ("steps", "5", "in"),
    ("publication", "_write_manifest", "before"),
    ("publication", "_write_manifest", "after"),
    ("publication", "sync_tree", "after"),
    # The folder has its name, and nobody was switched to it.
    ("publication", "sync", "before"),
    ("publication", "open_public_parts", "after"),
    ("store", "switch", "before"),
    ("store", "switch", "after"),
    ("publication", "prune", "before"),
    ("pruning", "_forget", "before"),
]
SERVES_THE_NEW = {("store", "switch", "after"), ("publication", "prune", "before"), ("pruning", "_forget", "before")}


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(moment, id="-".join(moment), marks=() if moment[1] == "switch" else pytest.mark.slow)
        for moment in MOMENTS
    ],
)
def test_a_publication_killed_at_any_moment_is_made_good(home, moment):  # noqa: F811 - the fixture
    publish(home)
    build_candidate(home, 5)
    judge(home)
    night = subprocess.run(
        [sys.executable, "-c", NIGHT, str(home), *moment], cwd=ROOT, env=clean_environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert night.returncode == -signal.SIGKILL, night.stderr
    serving = store.current_release(home)
    assert serving == ("2025-07-01.2" if moment in SERVES_THE_NEW else "2025-07-01.1")
    assert integrity.verify(home, serving) == []
    assert _value(home) == (5 if moment in SERVES_THE_NEW else 4)

    publish(home, keep=1)
    assert _value(home) == 5
    assert integrity.verify(home, store.current_release(home)) == []
    assert [item.problem for item in store.list_releases(home)] == [None] * len(store.list_releases(home))
    left = {path.name for path in (home / "releases").iterdir()}
    assert left <= {"current", ".disclosure", "2025-07-01.1", "2025-07-01.2"}


def _value(home) -> int:  # noqa: F811 - a folder
    with duckdb.connect(str((home / "releases/current/mart.duckdb").resolve()), read_only=True) as connection:
        return connection.execute("SELECT value FROM indicator_value").fetchone()[0]
