"""Homes made by the real command line, shared by the tests that only read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("product", deadline=None)
settings.load_profile("product")

WMIP = Path(sys.executable).with_name("wmip")


def clean_environment(**extra: str) -> dict[str, str]:
    """The machine's environment without any of the product's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WMIP_", "DAGSTER_"))}
    return {**kept, **extra}


def wmip(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the console script as a user would."""
    return subprocess.run(
        [str(WMIP), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=clean_environment(COLUMNS="200", **environment),
        timeout=600,
        check=False,
    )


@dataclass(frozen=True)
class Home:
    """A home after one `wmip demo`."""

    path: Path
    output: str

    @property
    def truth(self) -> dict:
        return json.loads((self.path / "sandbox_truth.json").read_text(encoding="utf-8"))

    def query(self, sql: str) -> list[tuple]:
        mart = (self.path / "releases" / "current" / "mart.duckdb").resolve()
        with duckdb.connect(str(mart), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """Make (once a worker) the home of a seed and scale by `wmip demo`."""
    made: dict[tuple[int, float], Home] = {}

    def make(seed: int = 1, scale: float = 1) -> Home:
        if (seed, scale) not in made:
            path = tmp_path_factory.mktemp(f"seed{seed}") / "home"
            result = wmip("demo", "--home", path, "--seed", str(seed), "--scale", str(scale))
            assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
            made[(seed, scale)] = Home(path, result.stdout)
        return made[(seed, scale)]

    return make


@pytest.fixture(scope="session")
def small_release(demo_home: Callable[..., Home]) -> Home:
    """A small released home for tests that only read; group them with `xdist_group("small_release")`."""
    return demo_home(scale=0.1)
