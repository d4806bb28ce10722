"""Homes made by the real command line, shared by the tests that only read them."""

from __future__ import annotations

import fcntl
import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("product", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=5)
settings.load_profile("product")

SMALL = 0.1
WMIP = Path(sys.executable).with_name("wmip")


def examples(number: int, **more: Any) -> settings:
    """So many examples, or the few of the profile `fast`."""
    few = settings.get_profile("fast").max_examples
    return settings(max_examples=few if settings.default.max_examples == few else number, **more)


def clean_environment(**extra: str) -> dict[str, str]:
    """The machine's environment without any of the product's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WMIP_", "DAGSTER_"))}
    return {**kept, **extra}


def wmip(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type a command. A night gets a process of its own; what only looks would spend one on imports."""
    words = [str(WMIP), *map(str, arguments)]
    variables = clean_environment(**{"COLUMNS": "200", **environment})
    if {"demo", "run"} & set(words):
        return subprocess.run(words, capture_output=True, text=True, env=variables, timeout=600, check=False)
    return _typed(words, variables)


def _typed(words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The console script, in this process. What it does not turn into a sentence comes through."""
    from orchestration.cli.main import main
    from orchestration.cli.options import console, errors

    # A console measures itself when it is made, and takes a terminal that calls itself dumb for 80 wide.
    console.width = errors.width = int(variables["COLUMNS"])
    stdout, stderr = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    on_stop = signal.getsignal(signal.SIGTERM)
    try:
        with (
            mock.patch.dict(os.environ, variables, clear=True),
            mock.patch.object(sys, "argv", words),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        signal.signal(signal.SIGTERM, on_stop)
    return subprocess.CompletedProcess(words, code or 0, stdout.getvalue(), stderr.getvalue())


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


# What `make test-fast` leaves out beside the slow: whole nights, builds of the models, campaigns of attacks; and the
# contract tests of sources, which read one night after night: by what their modules name.
LONG_FIXTURES = {"demo_home", "small_release", "small_copy"}
NIGHTLY = {"Loopback", "Nights", "ingest_source"}
LONG_PLACES = (
    "tests/bi/",
    "tests/dbt_project/",
    "tests/end_to_end/",
    "tests/evaluation/disclosure/test_attack.py",
    "tests/evaluation/disclosure/test_revision.py",
    "tests/faults/",
    "tests/identity/test_key_history.py",
    "tests/identity/test_resolve.py",
    "tests/ingestion/files/test_attacks.py",
    "tests/ingestion/files/test_child.py",
    "tests/ingestion/files/test_fuzz.py",
    "tests/ingestion/sources/test_faults.py",
    "tests/ingestion/storage/test_damage.py",
    "tests/orchestration/dictionary/",
    "tests/orchestration/postgresql/",
    "tests/orchestration/rules/test_planted_dbt.py",
    "tests/orchestration/test_dbt_tests.py",
    "tests/orchestration/test_event_log.py",
    "tests/orchestration/test_persons.py",
    "tests/orchestration/test_publishing_killed.py",
    "tests/orchestration/test_release.py",
    "tests/orchestration/test_release_statistics.py",
    "tests/orchestration/test_returns_command.py",
    "tests/orchestration/test_returns_office.py",
    "tests/orchestration/test_site.py",
    "tests/orchestration/test_unchanged.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One worker runs all tests of a group, else of a file: what they share is made once."""
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler.loadgroup import LoadGroupScheduling

    class ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group = super()._split_scope(nodeid)
            return nodeid.partition("::")[0] if group == nodeid else group

    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what takes a night, a server or a campaign, and begin with it: short ones fill the gaps."""
    for item in items:
        # The name of a test begins with its path.
        is_read = item.nodeid.startswith("tests/ingestion/sources/") and not NIGHTLY.isdisjoint(vars(item.module))
        is_there = is_read or item.nodeid.startswith(LONG_PLACES)
        if is_there or not LONG_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What collecting imports stays: looking through it for what can go was a quarter of its time, and goes on in every
    test and worker unless it is set apart.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
