"""First nights on Apache Spark beside the same on DuckDB: `make test-spark`. Each is a night of some minutes."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from common.sql import listed, literal, quoted
from orchestration.night import PUBLISHED
from orchestration.resources import silent
from orchestration.run_night import run_night
from sandbox.options import SANDBOX_CLOCK, Options
from sandbox.programme import Programme
from sandbox.server import SandboxServer

pytestmark = [pytest.mark.spark, pytest.mark.timeout(7200)]
SCALE = float(os.environ.get("WMIP_TEST_SPARK_SCALE", "0.05"))
SEEDS = [int(seed) for seed in os.environ.get("WMIP_TEST_SPARK_SEEDS", "1").split(",")]
# Small data: what a query costs is its planning, its compilation and its tasks.
ENGINE = """
engine:
  spark:
    master: {master}
    options:
      spark.sql.shuffle.partitions: "2"
      spark.sql.codegen.wholeStage: "false"
      spark.sql.codegen.factoryMode: NO_CODEGEN
      spark.sql.adaptive.enabled: "false"
      spark.ui.enabled: "false"
"""
MASTER = os.environ.get("WMIP_TEST_SPARK_MASTER", "local[2]")


@pytest.fixture(scope="module", params=SEEDS)
def nights(request, tmp_path_factory) -> tuple[Path, Path]:
    """Homes of one pretend programme after a first night: on DuckDB, on Spark."""
    programme = Programme.generate(Options(seed=request.param, scale=SCALE))
    homes = []
    with SandboxServer(programme) as server, pytest.MonkeyPatch.context() as patch:
        for engine in ("duckdb", "spark"):
            home = tmp_path_factory.mktemp(engine) / "home"
            programme.write_inbox(home)
            environment: dict[str, str] = {}
            server.configure(home, environment)
            for name, value in environment.items():
                patch.setenv(name, value)
            if engine == "spark":
                with (home / "wmip.yaml").open("a", encoding="utf-8") as settings:
                    settings.write(ENGINE.format(master=MASTER))
            record = run_night(home, silent, clock=SANDBOX_CLOCK)
            assert record.outcome == PUBLISHED, record.message
            homes.append(home)
    return homes[0], homes[1]


def test_every_table_of_the_mart_is_the_same_row_for_row(nights):
    on_duckdb, on_spark = (home / "releases/current/mart.duckdb" for home in nights)
    with duckdb.connect() as connection:
        for path, name in ((on_duckdb, "one"), (on_spark, "other")):
            connection.execute(f"ATTACH {literal(path.resolve())} AS {name} (READ_ONLY)")
        tables = [
            connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'main' ORDER BY ALL",
                [name],
            ).fetchall()
            for name in ("one", "other")
        ]
        assert tables[0] == tables[1]
        assert len(tables[0]) > 50
        different = {table: _rows_apart(connection, table) for (table,) in tables[0]}
    assert {table: apart for table, apart in different.items() if apart} == {}


def _rows_apart(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    """Columns that are not the same, else the first rows of each side that the other has not."""
    described = [connection.execute(f"DESCRIBE {name}.main.{quoted(table)}").fetchall() for name in ("one", "other")]
    if described[0] != described[1]:
        return [tuple(described)]
    columns = listed(str(row[0]) for row in described[0])
    of = {name: f"SELECT {columns} FROM {name}.main.{quoted(table)}" for name in ("one", "other")}
    return [
        (name, *row)
        for name, that in (("one", "other"), ("other", "one"))
        for row in connection.execute(f"{of[name]} EXCEPT ALL {of[that]} LIMIT 3").fetchall()
    ]


def test_the_gate_said_the_same_of_both(nights):
    said = []
    for home in nights:
        with duckdb.connect(str((home / "releases/current/mart.duckdb").resolve()), read_only=True) as mart:
            said.append(mart.execute("SELECT check_name, outcome FROM quality_result ORDER BY ALL").fetchall())
    assert said[0] == said[1]
    assert len(said[0]) > 100


def test_nothing_that_spark_made_stays_behind(nights):
    _, on_spark = nights
    assert not [path for path in (on_spark / "spark").rglob("*") if path.is_file()]
