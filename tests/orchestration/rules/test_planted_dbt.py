"""Every data test of dbt sees the fault that its kind is for, and lets clean rows pass: the SQL that dbt compiled, on
rows of nothing but the columns that it asks of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from common.sql import literal, quoted
from orchestration.dbt_compiled import CLOCK_MARK, DataTest, compiled
from orchestration.dbt_runner import ensure_parsed
from orchestration.rules.of_dbt import kinds_of_tests

_TABLE = re.compile(r'"warehouse"\."(\w+)"\."(\w+)"')


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def asked(home) -> dict[str, tuple[str, dict[str, Any]]]:
    """Each data test's kind and arguments."""
    manifest = json.loads(ensure_parsed(home).read_text(encoding="utf-8"))
    return {
        name: (node["test_metadata"]["name"], node["test_metadata"]["kwargs"])
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "test"
    }


def _rows(kind: str, said: Mapping[str, Any]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows that a test of a kind must let pass, and those of which it must not."""
    column = said.get("column_name", "")
    match kind:
        case "not_null":
            return [{column: "'a'"}], [{column: "'a'"}, {column: "NULL"}]
        case "unique":
            return [{column: "'a'"}, {column: "'b'"}], [{column: "'a'"}, {column: "'a'"}]
        case "unique_combination":
            names = said["columns"]
            one, other = dict.fromkeys(names, "'a'"), dict.fromkeys(names, "'a'") | {names[-1]: "'b'"}
            return [one, other], [one, other, other]
        case "accepted_values":
            good = [{column: literal(str(value))} for value in said["values"]]
            return good, [*good, {column: "'none of these'"}]
        case "relationships":
            return [{column: "'known'"}], [{column: "'known'"}, {column: "'nobody'"}]
    raise AssertionError(f"{kind}: no test plants its fault; add its rows here")


def _against(connection: duckdb.DuckDBPyConnection, test: DataTest, rows: list[dict[str, str]], parent: str) -> int:
    """How many rows are against a test where its table holds these."""
    values = ", ".join(f"({', '.join(row.values())})" for row in rows)
    columns = ", ".join(map(quoted, rows[0]))
    tables = f"tested AS (SELECT * FROM (VALUES {values}) AS rows ({columns})), "
    tables += f"parent AS (SELECT 'known' AS {quoted(parent or 'none')})"
    named = test.tested.rpartition(".")[2]
    sql = _TABLE.sub(lambda found: "tested" if found[2] == named else "parent", test.sql)
    (count,) = connection.execute(f"WITH {tables} SELECT count(*) FROM (\n{sql}\n) AS against").fetchone() or (0,)
    return int(count)


def test_every_data_test_sees_its_fault_and_lets_clean_rows_pass(home, asked):
    tests = compiled(home).tests
    assert {test.unique_id for test in tests} == set(asked)
    wrong = []
    with duckdb.connect() as connection:
        for test in tests:
            kind, said = asked[test.unique_id]
            clean, planted = _rows(kind, said)
            parent = str(said.get("field", ""))
            assert CLOCK_MARK not in test.sql
            if _against(connection, test, clean, parent) != 0:
                wrong.append(f"{test.name} does not let clean rows pass")
            if _against(connection, test, planted, parent) == 0:
                wrong.append(f"{test.name} does not see its fault")
    assert wrong == []


def test_every_kind_of_data_test_has_rows_that_are_planted():
    for kind in kinds_of_tests():
        clean, planted = _rows(kind, {"column_name": "a", "columns": ["a", "b"], "values": ["x"]})
        assert clean != planted
