"""What both engines accept and read differently, and what one of them has not."""

from __future__ import annotations

import re
import unicodedata

import duckdb
import pytest

from orchestration.dbt_runner import PROJECT_DIR
from orchestration.engines.spark_dialect import as_spark_means_it, spark_type
from orchestration.engines.spark_recursion import without_recursion


@pytest.mark.parametrize(
    ("compiled", "meant"),
    [
        ("select a from t order by a, b desc", "SELECT a FROM t ORDER BY a NULLS LAST, b DESC"),
        (
            "select row_number() over (partition by a order by b) as n from t",
            "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b NULLS LAST) AS n FROM t",
        ),
        (
            "select a / b / 2",
            "SELECT CAST(CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0) AS DOUBLE) / NULLIF(CAST(2 AS DOUBLE), 0)",
        ),
        (
            "select (a + b) / (select c from u)",
            "SELECT CAST(a + b AS DOUBLE) / NULLIF(CAST((SELECT c FROM u) AS DOUBLE), 0)",
        ),
        (
            "select cast(a as varchar), try_cast(a as timestamptz) from t",
            "SELECT CAST(a AS STRING), TRY_CAST(a AS TIMESTAMP) FROM t",
        ),
        # A backslash stays one.
        (r"select a rlike '\\d' from parquet.`/h/x/*.parquet`", r"SELECT a RLIKE '\\d' FROM parquet.`/h/x/*.parquet`"),
    ],
)
def test_a_query_means_on_spark_what_it_means_on_duckdb(compiled, meant):
    assert as_spark_means_it(compiled) == meant


def test_types_of_contracts_have_a_name_on_spark():
    declared = [
        "varchar",
        "timestamptz",
        "timestamp",
        "decimal(18, 2)",
        "integer",
        "bigint",
        "double",
        "date",
        "boolean",
    ]
    on_spark = ["STRING", "TIMESTAMP", "TIMESTAMP", "DECIMAL(18, 2)", "INT", "BIGINT", "DOUBLE", "DATE", "BOOLEAN"]
    assert [spark_type(each) for each in declared] == on_spark


CHAINS = """
with recursive links as (select * from merged where loser <> winner),
followed as (
    select loser, winner from links
    union
    select followed.loser, links.winner from followed inner join links on followed.winner = links.loser
)
select loser, min(winner) as least, count(*) as reached from followed group by loser
"""


def test_a_recursion_by_rounds_reaches_what_a_recursive_query_does():
    """Two chains, a circle, something merged into itself and a pair that stands twice."""
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("k", "l"), ("l", "m"), ("m", "k"), ("s", "s"), ("x", "y"), ("x", "y")]
    laid_down = []
    with duckdb.connect() as connection:
        connection.execute("create table merged (loser varchar, winner varchar)")
        connection.executemany("insert into merged values (?, ?)", pairs)

        def lay_down(table: str, query: str) -> bool:
            laid_down.append(table)
            connection.execute(f"create table {table} as {query}")
            return connection.execute(f"select 1 from {table} limit 1").fetchone() is not None

        query = without_recursion(lay_down, CHAINS, "round_of_chains")
        assert "RECURSIVE" not in query.upper()
        assert connection.sql(query).order("loser").fetchall() == connection.sql(CHAINS).order("loser").fetchall()
    assert laid_down == [f"round_of_chains_followed_{number}" for number in range(4)]


def test_a_query_that_does_not_recur_is_left_alone():
    def refuse(table: str, query: str) -> bool:
        raise AssertionError(f"{table} was laid down")

    assert without_recursion(refuse, "WITH a AS (SELECT 1 AS n) SELECT n FROM a", "x").endswith("SELECT n FROM a")


def test_a_recursion_without_an_end_is_refused():
    with pytest.raises(NotImplementedError, match="n recurs without a UNION"):
        without_recursion(
            lambda table, query: True,
            "with recursive n as (select 1 as i union all select i + 1 from n) select * from n",
            "x",
        )


def test_letters_lose_their_marks_on_spark_as_on_duckdb():
    text = (PROJECT_DIR / "macros/compat/text.sql").read_text(encoding="utf-8")
    (marked,) = re.findall("set marked = '(.*)'", text)
    (bare,) = re.findall("set bare = '(.*)'", text)
    assert len(marked) == len(bare)
    folded = dict(zip(marked, bare, strict=True))
    lower = [
        letter
        for letter in map(chr, [*range(0xC0, 0x530), *range(0x1E00, 0x2000)])
        if letter == letter.lower() and unicodedata.category(letter) == "Ll"
    ]
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select letter, strip_accents(letter) from (select unnest(?) as letter)", [lower]
        ).fetchall()
    assert {letter: found for letter, found in rows if found != letter} == {
        letter: folded[letter] for letter, found in rows if letter in folded
    }
