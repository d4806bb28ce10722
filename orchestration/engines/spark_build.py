"""Makes models of the dbt project on Apache Spark and takes them over into the warehouse of a home.

Spark reads the landing where it lies and makes each model as a Parquet table in a folder that the cluster shares with
this machine. The warehouse takes every table over from there, held to its contract: what comes after (organisation
keys, data tests, gate, release) is the same as on DuckDB.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.home import earlier_warehouse_file, make_private, warehouse_file
from common.sql import listed, literal, quoted
from orchestration.dbt_build import BrokenContract, Build, require_contract
from orchestration.dbt_compiled import COUNT, PREPARE, Compiled, Model, filled_in, of_night
from orchestration.dbt_runner import PROJECT_DIR
from orchestration.engines.spark_dialect import spark_type
from orchestration.engines.spark_project import HOME_MARK, SHIPPED_MARK, compiled_for_spark
from orchestration.engines.spark_recursion import without_recursion
from orchestration.engines.spark_session import open_session, require_ready
from orchestration.unchanged import Ledger

if TYPE_CHECKING:
    import duckdb

    from orchestration.configuration import SparkConfiguration

# Below the shared folder: what Spark makes tonight, and what the project brings with it.
_MADE, _SHIPPED = "spark/made", "spark/shipped"
_SEEDS = "seeds"
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
_INSTANTS = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}


def build(
    home: Path,
    project: Compiled,
    models: Sequence[Model],
    clock: datetime,
    on_model: Callable[[Model], None],
    configured: SparkConfiguration,
) -> Build:
    """Make `models`, in their order, on Spark, and each then in the home's warehouse; what reads one that failed is
    left out. A view of the project is a table here.

    `on_model` is told of each before it is made. Raises UserError when Spark cannot be used from here.
    """
    import duckdb

    home = home.resolve()
    require_ready(configured)
    queries, spark = compiled_for_spark(home), _Spark(configured, home)
    marks = {**of_night(clock), HOME_MARK: spark.shared, SHIPPED_MARK: f"{spark.shared}/{_SHIPPED}"}
    failed: tuple[type[Exception], ...] = (duckdb.Error, BrokenContract, *spark.errors)
    made, lost, steps = Build(), set[str](), {model.step for model in models}
    if PREPARE in steps:
        spark.clear()
    with duckdb.connect(str(warehouse_file(home))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH IF NOT EXISTS {literal(project.seeds)} AS {_SEEDS} (READ_ONLY)")
        if PREPARE in steps:
            for path in sorted((PROJECT_DIR / "reference").glob("*.parquet")):
                spark.give(connection, f"read_parquet({literal(path)})", f"reference/{path.name}")
        ledger = Ledger(connection, home, earlier_warehouse_file(home))
        for schema in sorted({model.schema for model in models}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            spark.run(f"CREATE DATABASE IF NOT EXISTS {schema} LOCATION {literal(spark.place_of(schema))}")
        for model in models:
            if lost & set(model.reads):
                lost.add(model.unique_id)
                continue
            on_model(model)
            started = time.perf_counter()
            try:
                if model.kind == "seed":
                    _give_seed(connection, spark, model)
                else:
                    _make(connection, spark, model, filled_in(queries[model.unique_id], marks))
                # No model that DuckDB makes is made of this: what follows on DuckDB takes nothing over.
                ledger.note(model, "spark")
                if model.comments:
                    connection.execute(f"BEGIN;\n{model.comments};\nCOMMIT")
            except failed as error:
                lost.add(model.unique_id)
                said = str(error).strip().partition("JVM stacktrace")[0].strip()
                made.failures.append(f"{model.unique_id.partition('.')[0]} {model.name}: {said}")
            else:
                made.seconds[model.unique_id] = time.perf_counter() - started
        ledger.write()
    if COUNT in steps:
        # The warehouse has it all: no pseudonym lies in a second place once the night is over.
        spark.clear()
    return made


class _Spark:
    """A session, and the folder that the cluster shares with this machine: a path, or an address that both can open."""

    def __init__(self, configured: SparkConfiguration, home: Path) -> None:
        self.shared = configured.shared or str(home)
        self._session = open_session(configured, f"{self.shared}/{_MADE}")

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What a statement that fails raises."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        return (PySparkException, Py4JError)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return [tuple(row) for row in self._session.sql(statement).collect()]

    def place_of(self, table: str) -> str:
        """The folder in which a table (`schema.name`) or the tables of a schema are made."""
        return f"{self.shared}/{_MADE}/{table.replace('.', '/')}"

    def make(self, table: str, query: str) -> None:
        """Make a table."""
        self.run(f"DROP TABLE IF EXISTS {table}")
        self.run(f"CREATE TABLE {table} USING parquet LOCATION {literal(self.place_of(table))} AS {query}")

    def clear(self) -> None:
        """Empty the places of ours, as far as they are folders of this machine."""
        for place in (_MADE, _SHIPPED):
            if self._is_folder:
                shutil.rmtree(Path(self.shared, place), ignore_errors=True)

    def give(self, connection: duckdb.DuckDBPyConnection, relation: str, file: str) -> str:
        """Lay a relation of DuckDB's down among what is shipped, as a Parquet file; the folder it is in."""
        path = f"{self.shared}/{_SHIPPED}/{file}"
        folder, _, _ = path.rpartition("/")
        if self._is_folder:
            make_private(Path(folder))
        connection.execute(f"COPY (FROM {relation}) TO {literal(path)}")
        return folder

    @property
    def _is_folder(self) -> bool:
        return "://" not in self.shared


def _give_seed(connection: duckdb.DuckDBPyConnection, spark: _Spark, model: Model) -> None:
    """A loaded seed as a table of the warehouse and of Spark. dbt-spark would load empty cells as the text `None`."""
    name, on_spark = f"{quoted(model.schema)}.{quoted(model.name)}", f"{model.schema}.{model.name}"
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {_SEEDS}.{name}")
    folder = spark.give(connection, name, f"{model.schema}/{model.name}/{model.name}.parquet")
    described = connection.execute(f"DESCRIBE {name}").fetchall()
    columns = ", ".join(f"`{column}` {spark_type(data_type)}" for column, data_type, *_ in described)
    spark.run(f"DROP TABLE IF EXISTS {on_spark}")
    spark.run(f"CREATE TABLE {on_spark} ({columns}) USING parquet LOCATION {literal(folder)}")


def _make(connection: duckdb.DuckDBPyConnection, spark: _Spark, model: Model, query: str) -> None:
    table = f"{model.schema}.{model.name}"

    def lay_down(name: str, part: str) -> bool:
        spark.make(name, part)
        return bool(spark.run(f"SELECT 1 FROM {name} LIMIT 1"))

    spark.make(table, without_recursion(lay_down, query, f"{model.schema}.round_of_{model.name}"))
    _take_over(connection, model, f"read_parquet({literal(f'{spark.place_of(table)}/*.parquet')})")


def _take_over(connection: duckdb.DuckDBPyConnection, model: Model, made: str) -> None:
    """What Spark made as a table of the warehouse. Raises BrokenContract unless it has the columns and types of the
    model's contract; Spark counts in narrower numbers, has one kind of instants, and makes a decimal a digit wider with
    every sum and difference. Raises duckdb.Error for a number that its column cannot hold.
    """
    found = {str(row[0]): str(row[1]) for row in connection.execute(f"DESCRIBE FROM {made}").fetchall()}
    declared = dict(model.columns)
    selected = []
    for name, data_type in found.items():
        wanted = declared.get(name, data_type)
        is_alike = _places(data_type) == _places(wanted) or any(
            {data_type, wanted} <= kind for kind in (_WHOLE, _INSTANTS)
        )
        selected.append(f"CAST({quoted(name)} AS {wanted}) AS {quoted(name)}" if is_alike else quoted(name))
    query = f"(SELECT {', '.join(selected)} FROM {made})"
    if model.columns:
        require_contract(connection, model, query)
        query = f"(SELECT {listed(declared)} FROM {query})"
    connection.execute(f"CREATE OR REPLACE TABLE {quoted(model.schema)}.{quoted(model.name)} AS FROM {query}")


def _places(data_type: str) -> str:
    """How many decimal places numbers of a type have; of one that is no decimal, its name."""
    return data_type.partition(",")[2] if data_type.startswith("DECIMAL(") else data_type
