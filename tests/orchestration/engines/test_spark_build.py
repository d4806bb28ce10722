"""What Spark made, as the warehouse takes it over."""

from __future__ import annotations

import duckdb
import pytest

from common.sql import literal
from orchestration.dbt_build import BrokenContract
from orchestration.dbt_compiled import Model
from orchestration.engines.spark_build import _take_over

CONTRACT = (("gap", "DECIMAL(18,4)"), ("count", "BIGINT"), ("made_at", "TIMESTAMP"))
MADE = "CAST(1.5 AS DECIMAL(19,4)) AS gap, CAST(2 AS INTEGER) AS count, TIMESTAMPTZ '2025-05-15 02:00:00Z' AS made_at"


@pytest.fixture
def taken_over(tmp_path):
    """`taken_over(query)`: rows and types of a model of CONTRACT that Spark made as this query says."""

    def take_over(query: str) -> tuple[list[tuple], list[str]]:
        path = literal(tmp_path / "made.parquet")
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"COPY ({query}) TO {path}")
            model = Model("model.wmip.one", "one", "main", "table", (), query, (), CONTRACT)
            _take_over(connection, model, f"read_parquet({path})")
            types = [row[1] for row in connection.execute("DESCRIBE main.one").fetchall()]
            return connection.execute("SELECT gap::VARCHAR, count, made_at::VARCHAR FROM main.one").fetchall(), types

    return take_over


def test_types_that_spark_counts_in_become_those_of_the_contract(taken_over):
    rows, types = taken_over(f"SELECT {MADE}")
    assert rows == [("1.5000", 2, "2025-05-15 02:00:00")]
    assert types == [data_type for _, data_type in CONTRACT]


@pytest.mark.parametrize(
    ("gap", "error"),
    [
        ("CAST(1.5 AS DECIMAL(19,6))", BrokenContract),
        ("1.5::DOUBLE", BrokenContract),
        ("CAST('123456789012345.5' AS DECIMAL(19,4))", duckdb.ConversionException),
    ],
    ids=["more places", "a double", "too large a number"],
)
def test_what_would_lose_something_is_no_contract_kept(taken_over, gap, error):
    with pytest.raises(error, match=r"gap|DECIMAL"):
        taken_over(f"SELECT {gap} AS gap, 2::BIGINT AS count, TIMESTAMP '2025-05-15 02:00:00' AS made_at")
