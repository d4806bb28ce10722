"""Homes made by the real command line, shared by the tests that only read them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("product", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=10)
settings.load_profile("product")

SMALL = 0.1
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


# What `make test-fast` leaves out beside the slow: whole nights, builds of the models, servers, campaigns of attacks.
LONG_FIXTURES = {"demo_home", "small_release", "small_copy"}
LONG_PLACES = (
    "bi",
    "dbt_project",
    "end_to_end",
    "evaluation/disclosure/test_attack.py",
    "evaluation/disclosure/test_revision.py",
    "ingestion/files/test_attacks.py",
    "ingestion/files/test_fuzz.py",
    "ingestion/sources/test_faults.py",
    "ingestion/storage/test_damage.py",
    "orchestration/dictionary",
    "orchestration/postgresql",
    "orchestration/test_dbt_tests.py",
    "orchestration/test_persons.py",
    "orchestration/test_publishing_killed.py",
    "orchestration/test_release.py",
    "orchestration/test_returns_command.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what takes a night, a server or a campaign."""
    tests = Path(__file__).parent
    places = [tests / place for place in LONG_PLACES]
    for item in items:
        is_there = any(place == item.path or place in item.path.parents for place in places)
        if is_there or LONG_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """Makes the home of a seed and scale by `wmip demo`, once for all workers. Only read it; to change one, copy it."""
    base = tmp_path_factory.getbasetemp()
    # The workers' own folders lie side by side in that of the whole run.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo_homes"
    shared.mkdir(exist_ok=True)

    def make(seed: int = 1, scale: float = 1) -> Home:
        folder = shared / f"seed{seed}_scale{scale:g}"
        said = folder / "output.txt"
        with (shared / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not said.exists():
                result = wmip("demo", "--home", folder / "home", "--seed", str(seed), "--scale", str(scale))
                assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
                said.write_text(result.stdout, encoding="utf-8")
        return Home(folder / "home", said.read_text(encoding="utf-8"))

    return make


@pytest.fixture(scope="session")
def small_release(demo_home: Callable[..., Home]) -> Home:
    """A small released home for tests that only read."""
    return demo_home(scale=SMALL)


@pytest.fixture
def small_copy(small_release: Home, tmp_path: Path) -> Path:
    """A small released home of the test's own."""
    return shutil.copytree(small_release.path, tmp_path / "home", symlinks=True)


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict]]]:
    """An address that notifications can be sent to, and the messages that came."""
    messages = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/", messages
    server.shutdown()
    server.server_close()
