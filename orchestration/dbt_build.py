"""Makes models and seeds of the dbt project on a warehouse, in one pass of the SQL that dbt compiled."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import earlier_warehouse_file, warehouse_file
from common.sql import listed, literal, quoted
from orchestration.dbt_compiled import Compiled, DataTest, Model, filled_in, of_night
from orchestration.dbt_runner import PROJECT_DIR

if TYPE_CHECKING:
    import duckdb

_SEEDS = "seeds"


@dataclass
class Build:
    """What came of a build: seconds of each model that stands, which of them are as the night before made them, and
    what failed, in DuckDB's words.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    taken_over: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class NotRefreshed(Exception):
    """A warehouse was left as it was, since it has to be built; the message says why."""


class BrokenContract(Exception):
    """A model whose columns are not those of its contract."""


def build(
    home: Path, project: Compiled, models: Sequence[Model], clock: datetime, on_model: Callable[[Model], None]
) -> Build:
    """Make `models`, in their order, in a home's warehouse; what reads one that failed is left out, as dbt does. A
    table that would be made of the same as the night before is taken over from its warehouse, where that is kept.

    `on_model` is told of each before it is made. A signal that arrives meanwhile ends the build as DuckDB or Python
    says it.
    """
    import duckdb

    from orchestration.unchanged import Ledger

    made, lost, marks = Build(), set[str](), of_night(clock)
    with _warehouse(home, project) as connection:
        ledger = Ledger(connection, home.resolve(), earlier_warehouse_file(home.resolve()))
        for schema in sorted({model.schema for model in models}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for model in models:
            if lost & set(model.reads):
                lost.add(model.unique_id)
                continue
            on_model(model)
            started, sql = time.perf_counter(), filled_in(model.sql, marks)
            made_of = ledger.made_of(model, sql if model.sql else project.seeds_digest)
            try:
                if model.kind != "view" and ledger.take_over(model, made_of):
                    made.taken_over.append(model.unique_id)
                else:
                    _make(connection, model, sql)
                    ledger.note(model, made_of)
                if model.comments:
                    # Each would be a commit of its own.
                    connection.execute(f"BEGIN;\n{model.comments};\nCOMMIT")
            except (duckdb.Error, BrokenContract) as error:
                lost.add(model.unique_id)
                made.failures.append(f"{model.unique_id.partition('.')[0]} {model.name}: {str(error).strip()}")
            else:
                made.seconds[model.unique_id] = time.perf_counter() - started
        ledger.write()
    return made


@dataclass(frozen=True)
class Refreshed:
    """How many models of a warehouse were made again and stood, how many tests were run and stood."""

    models_made: int
    models_as_before: int
    data_tests_run: int
    data_tests_as_before: int


def refresh(
    home: Path,
    project: Compiled,
    steps: Collection[int],
    clock: datetime,
    may_differ: Callable[[Model], bool],
) -> Refreshed:
    """Make again in a home's warehouse, as the night before left it, what would be made of something else tonight: the
    models of `steps`, and the data tests on them.

    All or nothing. Raises NotRefreshed, the warehouse being as it was, when a model came out otherwise that may not
    differ, when one cannot be made, and when a test fails.
    """
    import duckdb

    from orchestration.unchanged import Ledger

    marks = of_night(clock)
    models = [model for model in project.models if model.step in steps]
    later = {model.unique_id for model in project.models if model.step > max(steps)}
    here = {model.unique_id for model in models}
    tests = [test for test in project.tests if here & set(test.reads) and not later & set(test.reads)]
    made, run = 0, 0
    with _warehouse(home, project) as connection:
        connection.execute("BEGIN")
        try:
            ledger = Ledger(connection, home.resolve())
            for model in models:
                sql = filled_in(model.sql, marks)
                made_of = ledger.made_of(model, sql if model.sql else project.seeds_digest)
                if ledger.stands(model, made_of):
                    continue
                before = ledger.content_of(model)
                _make(connection, model, sql)
                if model.comments:
                    connection.execute(model.comments)
                ledger.note(model, made_of)
                made += 1
                if ledger.content_of(model) != before and not may_differ(model):
                    raise NotRefreshed(f"{model.schema}.{model.name} comes out otherwise tonight")
            passed = dict[str, str]()
            for test in tests:
                made_of = ledger.made_of(test, sql := filled_in(test.sql, marks))
                if not ledger.stands(test, made_of):
                    _require_none(connection, test, sql)
                    passed[test.unique_id] = made_of
                    run += 1
            ledger.note_passed(passed)
            ledger.write()
        except (duckdb.Error, BrokenContract) as error:
            connection.execute("ROLLBACK")
            raise NotRefreshed(str(error).strip()) from error
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    return Refreshed(made, len(models) - made, run, len(tests) - run)


def _require_none(connection: duckdb.DuckDBPyConnection, test: DataTest, sql: str) -> None:
    against = connection.execute(f"SELECT count(*) FROM (\n{sql}\n) AS against").fetchone()
    if against is None or against[0]:
        raise NotRefreshed(f"the test {test.name} does not hold")


@contextmanager
def kept_open(home: Path) -> Iterator[None]:
    """Whoever opens a home's warehouse meanwhile finds it open: it is read, and brought to the disk, once for all."""
    import duckdb

    with duckdb.connect(str(warehouse_file(home.resolve()))):
        yield


@contextmanager
def _warehouse(home: Path, project: Compiled) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse as dbt opens it (dbt_project/profiles.yml), with the loaded seeds beside it."""
    import duckdb

    where = home.resolve()
    with duckdb.connect(str(warehouse_file(where))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # Sources name their files relative to the home.
        connection.execute(f"SET file_search_path = {literal(f'{where},{PROJECT_DIR}')}")
        connection.execute(f"ATTACH IF NOT EXISTS {literal(project.seeds)} AS {_SEEDS} (READ_ONLY)")
        yield connection


def _make(connection: duckdb.DuckDBPyConnection, model: Model, sql: str) -> None:
    name = f"{quoted(model.schema)}.{quoted(model.name)}"
    if model.kind == "seed":
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {_SEEDS}.{name}")
        return
    query = f"(\n{sql}\n)"
    if model.columns:
        require_contract(connection, model, query)
        query = f"SELECT {listed(column for column, _ in model.columns)} FROM {query}"
    connection.execute(f"CREATE OR REPLACE {model.kind.upper()} {name} AS {query}")


def require_contract(connection: duckdb.DuckDBPyConnection, model: Model, query: str) -> None:
    """Raises BrokenContract unless a query has the columns and types of a model's contract, in whatever order."""
    described = connection.execute(f"DESCRIBE {query}").fetchall()
    found, declared = {str(row[0]): str(row[1]) for row in described}, dict(model.columns)
    odd = [
        f"{name} is {found.get(name, 'not there')}, declared {declared.get(name, 'not at all')}"
        for name in sorted(found.keys() | declared.keys())
        if found.get(name) != declared.get(name)
    ]
    if odd:
        raise BrokenContract(f"its columns are not those of its contract: {'; '.join(odd)}")
