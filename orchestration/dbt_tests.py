"""The data tests of the dbt project in one pass of plain SQL, as dbt compiled them (orchestration/dbt_compiled.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.dbt_compiled import DataTest, filled_in, of_night


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


def ready(tests: Iterable[DataTest], built: Iterable[str], before: Iterable[str]) -> list[DataTest]:
    """The tests that can be run now that the nodes `built` stand beside those built `before`, and could not earlier."""
    now, earlier = set(built), set(before)
    return [test for test in tests if now & set(test.reads) and set(test.reads) <= now | earlier]


def run_tests(warehouse: Path, tests: Sequence[DataTest], clock: datetime) -> list[Outcome]:
    """Run tests on a warehouse, which is only read. A test that cannot be run is an error, never a pass."""
    import duckdb

    outcomes, marks = [], of_night(clock)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for test in tests:
            query = f"SELECT count(*) FROM (\n{filled_in(test.sql, marks)}\n) AS against"
            try:
                found: Any = connection.execute(query).fetchone()
            except duckdb.Error as error:
                outcomes.append(Outcome(test, 0, str(error)))
            else:
                outcomes.append(Outcome(test, int(found[0])))
    return outcomes
