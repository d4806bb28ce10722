"""The data tests of the dbt project in one pass: the same tests as dbt's, each run or an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.dbt_compiled import DataTest, compiled
from orchestration.dbt_runner import ensure_parsed
from orchestration.dbt_tests import Outcome, ready, run_tests

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return json.loads(ensure_parsed(tmp_path_factory.mktemp("home")).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tests(project):
    return project.tests


def a_test(name, sql, *reads):
    return DataTest(f"test.wmip.{name}", name, sql, reads[0] if reads else "model.wmip.a", reads)


def test_every_data_test_of_the_project_is_compiled(manifest, tests):
    declared = {key for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    assert {test.unique_id for test in tests} == declared
    assert len(declared) > 300


def test_none_says_more_than_that_no_row_may_be_against_it(manifest):
    """What this pass does not know: thresholds, warnings, limits. A test that needs one has to teach it first."""
    others = [
        node["name"]
        for node in manifest["nodes"].values()
        if (
            node["resource_type"] == "test"
            and (node["config"]["severity"].lower(), node["config"]["error_if"], node["config"]["fail_calc"])
            != ("error", "!= 0", "count(*)")
        )
        or (node["resource_type"] == "test" and (node["config"]["limit"] is not None or not node["config"]["enabled"]))
    ]
    assert others == []


def test_each_is_run_once_when_the_last_table_it_reads_stands(manifest, project):
    earlier = set(manifest["sources"])
    run = []
    for step in range(3):
        built = {model.unique_id for model in project.of_step(step)}
        run += ready(project.tests, built, earlier)
        earlier |= built
    assert sorted(test.unique_id for test in run) == sorted(test.unique_id for test in project.tests)


def test_a_test_waits_for_all_it_reads():
    both = a_test("both", "", "model.a", "model.b")
    assert ready([both], {"model.a"}, set()) == []
    assert ready([both], {"model.b"}, {"model.a"}) == [both]
    assert ready([both], {"model.c"}, {"model.a", "model.b"}) == []


def test_rows_against_it_fail_it_and_what_cannot_be_run_is_no_pass(tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1), (NULL), (NULL)) AS t (a)")
    good = a_test("good", "SELECT a FROM t WHERE a > 1 -- none")
    bad = a_test("bad", "SELECT a FROM t WHERE a IS NULL")
    broken = a_test("broken", "SELECT a FROM gone")
    late = a_test("late", "SELECT a FROM t WHERE CAST('@WMIP_CLOCK@' AS TIMESTAMP) > TIMESTAMP '2025-05-15 01:59'")
    outcomes = run_tests(tmp_path, [good, bad, broken, late], CLOCK)
    assert [outcome.passed for outcome in outcomes] == [True, False, False, False]
    assert outcomes[3].failures == 3
    assert str(outcomes[1]) == "test bad: Got 2 results, and none are allowed"
    assert "gone does not exist" in str(outcomes[2])
    assert not Outcome(good, 0, "x").passed
