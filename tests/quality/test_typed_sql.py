"""What somebody typed reads one file: it writes nothing, reads nothing else, and cannot open a way to."""

from __future__ import annotations

import duckdb
import pytest

from quality.gate import run_gate
from quality.typed_sql import NotAQuery, open_read_only, require_query
from tests.quality.test_gate import CLOCK, FILLED

WRITES = [
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{candidate}.wal'",
    "COPY (SELECT 1) TO '{candidate}'",
    "EXPORT DATABASE '{folder}/out'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/out.csv'",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/out.csv'",
    "ATTACH '{folder}/other.duckdb'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "CREATE PERSISTENT SECRET s (TYPE S3)",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TABLE t AS PIVOT mart.fct_job ON job_key USING sum(fte)",
    "COPY (PIVOT mart.fct_job ON job_key USING sum(fte)) TO '{folder}/out.csv'",
    "WITH p AS (PIVOT mart.fct_job ON job_key USING sum(fte)) INSERT INTO mart.fct_job FROM p",
    "DELETE FROM mart.fct_job",
    "CALL pragma_version()",
]
READS = [
    "SELECT * FROM read_text('{folder}/secret.txt')",
    "SELECT * FROM read_csv('{folder}/secret.txt')",
    "SELECT * FROM '{folder}/secret.csv'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_parquet('https://192.0.2.1/x.parquet')",
]


@pytest.fixture
def folder(candidate):
    (candidate.parent / "secret.txt").write_text("secret")
    (candidate.parent / "secret.csv").write_text("secret\n1\n")
    return candidate.parent


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_but_a_query_runs(folder, candidate, statement):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with open_read_only(candidate), pytest.raises(NotAQuery, match="only queries"):
        require_query(statement.format(folder=folder, candidate=candidate))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("query", READS)
def test_a_query_reads_nothing_else_of_the_machine(folder, candidate, query):
    text = query.format(folder=folder)
    require_query(text)
    with open_read_only(candidate) as connection, pytest.raises(duckdb.Error, match=r"disabled by|Permission"):
        connection.execute(text)


def test_the_lock_holds_for_every_connection_of_the_process(candidate):
    with open_read_only(candidate), duckdb.connect(str(candidate), read_only=True) as other:
        for statement in ("SET enable_external_access = true", "COPY (SELECT 1) TO '/tmp/never.csv'"):
            with pytest.raises(duckdb.Error, match=r"locked|disabled"):
                other.execute(statement)
        with open_read_only(candidate) as second:
            assert second.execute("SELECT count(*) FROM mart.fct_job").fetchall() == [(3,)]


@pytest.mark.parametrize(
    "query",
    ["SELECT 1;", "FROM mart.fct_job", "WITH a AS (SELECT 1) FROM a", "DESCRIBE mart.fct_job", "SHOW ALL TABLES",
     "SUMMARIZE mart.fct_job", "PIVOT mart.fct_job ON job_key USING sum(fte)", "VALUES (1)",
     "WITH a AS (FROM mart.fct_job) PIVOT a ON job_key USING sum(fte); -- £;"],
)  # fmt: skip
def test_whatever_reads_the_file_runs(candidate, query):
    require_query(query)
    with open_read_only(candidate) as connection:
        assert connection.sql(query).fetchall()


def test_several_queries_at_once_are_none():
    with pytest.raises(NotAQuery, match="one query"):
        require_query("SELECT 1; SELECT 2")
    with pytest.raises(NotAQuery, match="one query"):
        require_query("-- nothing")


def test_a_check_of_a_tenant_that_is_more_than_a_query_is_a_failed_check(folder, candidate, suite):
    def of_a_check(statement):
        batch = "" if "{batch}" in statement else "  /* {batch} */"
        return statement.replace("{folder}", str(folder)).replace("{candidate}", str(candidate)) + batch

    statements = {f"own_{number}": statement for number, statement in enumerate([*WRITES, *READS])}
    before = {path: path.read_bytes() for path in folder.iterdir()}
    own = suite(FILLED, *({"name": name, "unexpected_rows": of_a_check(text)} for name, text in statements.items()))
    verdict = run_gate(candidate, suites=[own], enabled_sources=(), clock=CLOCK)
    assert {result.check_name: result.outcome for result in verdict.results} == {
        "job_key_filled": "passed",
        **dict.fromkeys(statements, "error"),
    }
    assert not verdict.passed
    after = {path: path.read_bytes() for path in folder.iterdir()}
    assert {path for path in after if after[path] != before.get(path)} == {own}
