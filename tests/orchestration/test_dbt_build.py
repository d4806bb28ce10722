"""The pass that makes the models: what dbt would make of them, and what it would refuse."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from common.home import warehouse_file
from orchestration.dbt_build import build
from orchestration.dbt_compiled import COUNT, EVALUATE, PREPARE, Compiled, Model, compiled
from quality.fingerprint import table_fingerprints
from tests.dbt_project.by_hand import run_dbt

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
SCHEMAS = ("seed", "staging", "intermediate", "mart", "evaluation")


@pytest.fixture
def seeds(tmp_path):
    file = tmp_path / "seeds.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA s; CREATE TABLE s.given AS SELECT '01' AS code, DATE '2024-01-02' AS day")
    return file


def a_model(name, sql, *reads, kind="table", **more):
    return Model(f"model.p.{name}", name, "s", kind, (), sql, tuple(f"model.p.{of}" for of in reads), **more)


def made(tmp_path, seeds, *models):
    said = []
    result = build(tmp_path, Compiled(tuple(models), (), seeds), models, CLOCK, lambda model: said.append(model.name))
    return result, said


def rows(tmp_path, sql):
    with duckdb.connect(str(warehouse_file(tmp_path)), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_seeds_tables_and_views_stand_with_their_clock_and_descriptions(tmp_path, seeds):
    comments = "COMMENT ON TABLE s.late IS 'Late. Grain: code.'; COMMENT ON COLUMN s.late.code IS 'Its code; see b''s.'"
    late = "SELECT code, day < CAST('@WMIP_CLOCK@' AS TIMESTAMP) AS late FROM warehouse.s.given -- none"
    result, said = made(
        tmp_path,
        seeds,
        a_model("given", "", kind="seed"),
        a_model("late", late, "given", comments=comments, columns=(("late", "BOOLEAN"), ("code", "VARCHAR"))),
        a_model("seen", "SELECT * FROM warehouse.s.late", "late", kind="view"),
    )
    assert (result.failures, said, list(result.seconds)) == (
        [],
        ["given", "late", "seen"],
        [f"model.p.{n}" for n in said],
    )
    assert rows(tmp_path, "SELECT * FROM s.seen") == [(True, "01")], "the contract says the order of columns"
    assert rows(tmp_path, "SELECT table_type FROM information_schema.tables WHERE table_name = 'seen'") == [("VIEW",)]
    assert rows(tmp_path, "SELECT comment FROM duckdb_columns() WHERE comment IS NOT NULL") == [("Its code; see b's.",)]
    assert rows(tmp_path, "SELECT comment FROM duckdb_tables() WHERE comment IS NOT NULL") == [("Late. Grain: code.",)]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1 AS n", "n is INTEGER, declared BIGINT"),
        ("SELECT 1::BIGINT AS n, 2 AS more", "more is INTEGER, declared not at all"),
        ("SELECT 1::BIGINT AS other", "n is not there, declared BIGINT; other is BIGINT, declared not at all"),
    ],
)
def test_a_model_that_breaks_its_contract_is_not_made(tmp_path, seeds, sql, said):
    result, _ = made(tmp_path, seeds, a_model("a", sql, columns=(("n", "BIGINT"),)))
    assert result.failures == [f"model a: its columns are not those of its contract: {said}"]
    assert rows(tmp_path, "SELECT * FROM duckdb_tables() WHERE schema_name = 's'") == []


def test_what_reads_a_model_that_failed_is_left_out_and_the_rest_is_made(tmp_path, seeds):
    models = [
        a_model("bad", "SELECT gone FROM warehouse.s.nowhere"),
        a_model("after", "SELECT * FROM warehouse.s.bad", "bad"),
        a_model("last", "SELECT * FROM warehouse.s.after", "after"),
        a_model("apart", "SELECT 1 AS n"),
    ]
    result, said = made(tmp_path, seeds, *models)
    assert said == ["bad", "apart"]
    assert list(result.seconds) == ["model.p.apart"]
    (failure,) = result.failures
    assert failure.startswith("model bad: ")
    assert "nowhere" in failure


def test_a_build_over_an_older_one_leaves_nothing_of_it(tmp_path, seeds):
    made(tmp_path, seeds, a_model("a", "SELECT 1 AS n"))
    made(tmp_path, seeds, a_model("a", "SELECT 2 AS other"))
    assert rows(tmp_path, "FROM s.a") == [(2,)]


@pytest.mark.slow
def test_dbt_build_by_hand_makes_the_same(small_copy):
    """Every table and view of the warehouse, row for row and type for type, with all its comments."""

    def of_warehouse():
        with duckdb.connect(str(warehouse_file(small_copy)), read_only=True) as connection:
            connection.execute(f"SET file_search_path = '{small_copy.resolve()}'")
            tables = {schema: table_fingerprints(connection, schema) for schema in SCHEMAS}
            comments = connection.execute(
                "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal "
                "UNION ALL SELECT schema_name, table_name, '', comment FROM duckdb_tables() ORDER BY ALL"
            ).fetchall()
        return tables, comments

    warehouse_file(small_copy).unlink()
    assert run_dbt(["build", "--exclude-resource-type", "test", "unit_test"], home=small_copy, clock=CLOCK).success
    by_hand = of_warehouse()
    warehouse_file(small_copy).unlink()
    project = compiled(small_copy)
    for step in (PREPARE, COUNT, EVALUATE):
        assert build(small_copy, project, project.of_step(step), CLOCK, lambda _model: None).failures == []
    assert of_warehouse() == by_hand
    assert sum(len(tables) for tables in by_hand[0].values()) > 200
