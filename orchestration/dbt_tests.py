"""The data tests of the dbt project in one pass of plain SQL, as dbt compiled them (orchestration/dbt_compiled.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.home import earlier_warehouse_file, warehouse_file
from orchestration.dbt_compiled import DataTest, filled_in, of_night


@dataclass(frozen=True)
class Outcome:
    """What came of a test: rows against it, or why it could not be run. `was_run`: False for one that passed the night
    before on the same.
    """

    test: DataTest
    failures: int
    error: str | None = None
    was_run: bool = True

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


def run_tests(home: Path, tests: Sequence[DataTest], clock: datetime) -> list[Outcome]:
    """Run tests on a home's warehouse. A test that cannot be run is an error, never a pass; one that passed the night
    before on the same content, to the row, is not run again.
    """
    import duckdb

    from orchestration.unchanged import Ledger

    outcomes, passed, marks = [], dict[str, str](), of_night(clock)
    with duckdb.connect(str(warehouse_file(home))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        ledger = Ledger(connection, home.resolve(), earlier_warehouse_file(home))
        for test in tests:
            sql = filled_in(test.sql, marks)
            made_of = ledger.made_of(test, sql)
            if ledger.passed_before(test, made_of):
                outcomes.append(Outcome(test, 0, was_run=False))
                passed[test.unique_id] = made_of
                continue
            try:
                found: Any = connection.execute(f"SELECT count(*) FROM (\n{sql}\n) AS against").fetchone()
            except duckdb.Error as error:
                outcomes.append(Outcome(test, 0, str(error)))
                continue
            outcomes.append(Outcome(test, int(found[0])))
            if outcomes[-1].passed:
                passed[test.unique_id] = made_of
        ledger.note_passed(passed)
        ledger.write()
    return outcomes
