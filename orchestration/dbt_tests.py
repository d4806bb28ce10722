"""The data tests of the dbt project in one pass of plain SQL.

dbt runs a test like a model, at some fifty milliseconds each, of which the query itself takes one. The tests stay
defined in dbt, and `dbt build` by hand runs them as ever: here dbt compiles them, once for each state of the project,
and a night runs what it compiled.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.dbt_runner import TARGET_DIR, compile_tests, ensure_parsed, project_fingerprint

_STORE = TARGET_DIR / "data_tests.json"


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
    if _STORE.exists():
        stored = json.loads(_STORE.read_text(encoding="utf-8"))
        if stored["project_fingerprint"] == fingerprint:
            return [DataTest(**{**test, "reads": tuple(test["reads"])}) for test in stored["tests"]]
    with tempfile.TemporaryDirectory() as folder:
        tests = [
            DataTest(node.unique_id, node.name, node.compiled_code, node.attached_node, tuple(node.depends_on.nodes))
            for node in compile_tests(Path(folder))
        ]
    tests.sort(key=lambda test: test.unique_id)
    # Two nights of different homes may find the project changed at once: each writes the same, whole.
    draft = _STORE.with_suffix(f".{id(tests)}.tmp")
    draft.write_text(
        json.dumps({"project_fingerprint": fingerprint, "tests": [asdict(test) for test in tests]}), encoding="utf-8"
    )
    draft.replace(_STORE)
    return tests


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
