"""The data tests of the dbt project in one pass of plain SQL.

dbt runs a test like a model, at some fifty milliseconds each, of which the query itself takes one. The tests stay
defined in dbt, and `dbt build` by hand runs them as ever: here dbt compiles them, once for each state of the project,
and a night runs what it compiled.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.dbt_runner import TARGET_DIR, compile_tests, ensure_parsed, project_fingerprint

_STORE = TARGET_DIR / "data_tests.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DataTest:
    """A data test: the query that returns the rows against it, and everything it reads. `tested`: its model."""

    unique_id: str
    name: str
    sql: str
    tested: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a test: rows against it, or why it could not be run."""

    test: DataTest
    failures: int
    error: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it was run and no row is against it."""
        return self.error is None and self.failures == 0

    def __str__(self) -> str:
        said = self.error or f"Got {self.failures} result{'' if self.failures == 1 else 's'}, and none are allowed"
        return f"test {self.test.name}: {said}"


def data_tests(home: Path) -> list[DataTest]:
    """Every data test, compiled for the project as it is now."""
    ensure_parsed(home)
    fingerprint = project_fingerprint()
    stored = _stored(fingerprint)
    if stored is not None:
        return stored
    with tempfile.TemporaryDirectory() as folder:
        tests = [
            DataTest(node.unique_id, node.name, node.compiled_code, node.attached_node, tuple(node.depends_on.nodes))
            for node in compile_tests(Path(folder))
        ]
    tests.sort(key=lambda test: test.unique_id)
    # Two nights of different homes may find the project changed at once: each writes the same, whole.
    draft = _STORE.with_suffix(f".{id(tests)}.tmp")
    content = json.dumps([asdict(test) for test in tests])
    draft.write_text(f"{_head(fingerprint, content)}\n{content}", encoding="utf-8")
    draft.replace(_STORE)
    return tests


def _stored(fingerprint: str) -> list[DataTest] | None:
    """The tests as they were compiled, when that was for this project and they are there as they were kept."""
    try:
        head, _, content = _STORE.read_text(encoding="utf-8").partition("\n")
    except FileNotFoundError:
        return None
    except ValueError:
        head = content = ""
    if head != _head(fingerprint, content):
        if head.startswith(fingerprint) or not head:
            log.warning("%s is damaged: the tests are compiled anew", _STORE)
        return None
    return [DataTest(**{**test, "reads": tuple(test["reads"])}) for test in json.loads(content)]


def _head(fingerprint: str, content: str) -> str:
    """First line of the store: which project it is of, and its checksum."""
    return f"{fingerprint} {hashlib.sha256(content.encode()).hexdigest()}"


def ready(tests: Iterable[DataTest], built: Iterable[str], before: Iterable[str]) -> list[DataTest]:
    """The tests that can be run now that the nodes `built` stand beside those built `before`, and could not earlier."""
    now, earlier = set(built), set(before)
    return [test for test in tests if now & set(test.reads) and set(test.reads) <= now | earlier]


def run_tests(warehouse: Path, tests: Sequence[DataTest]) -> list[Outcome]:
    """Run tests on a warehouse, which is only read. A test that cannot be run is an error, never a pass."""
    import duckdb

    outcomes = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for test in tests:
            try:
                found: Any = connection.execute(f"SELECT count(*) FROM (\n{test.sql}\n) AS against").fetchone()
            except duckdb.Error as error:
                outcomes.append(Outcome(test, 0, str(error)))
            else:
                outcomes.append(Outcome(test, int(found[0])))
    return outcomes
