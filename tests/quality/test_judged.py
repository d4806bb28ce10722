"""A judgement of an earlier night stands for what is the same, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from quality import gate as gate_module
from quality.gate import run_gate

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
NEGATIVE = {"name": "no_negative_fte", "severity": "warning", "unexpected_rows": "SELECT * FROM {batch} WHERE fte < 0"}
FILLED = {
    "name": "job_key_filled",
    "expectation": "expect_column_values_to_not_be_null",
    "arguments": {"column": "job_key"},
}
# Offending from a day on.
LATE = {"name": "in_time", "unexpected_rows": "SELECT job_key FROM {batch} WHERE {as_of} > TIMESTAMP '2025-05-20'"}
BROKEN = {"name": "broken", "severity": "warning", "unexpected_rows": "SELECT gone FROM {batch}"}


@pytest.fixture
def gate(candidate, tmp_path, monkeypatch):
    """A night's gate; which checks the engine was asked about."""
    asked = []

    def evaluate(warehouse, checks):
        asked.extend(check.name for check, _ in checks)
        return engine(warehouse, checks)

    engine = gate_module.evaluate
    monkeypatch.setattr(gate_module, "evaluate", evaluate)

    def run(path, clock=CLOCK, home="home"):
        asked.clear()
        verdict = run_gate(
            candidate,
            suites=[path],
            enabled_sources=["returns"],
            clock=clock,
            judgements=tmp_path / home / "judgements.json",
            judged_here=tmp_path / "here.json" if home != "home" else None,
        )
        return verdict, sorted(asked)

    return run


def change(candidate, sql):
    with duckdb.connect(str(candidate)) as connection:
        connection.execute(sql)


def same(one, other):
    """Whether two verdicts say the same, but when."""
    said = [
        [(r.check_name, r.outcome, r.observed, r.failing_rows, r.failing_keys) for r in v.results] for v in (one, other)
    ]
    return said[0] == said[1]


def test_what_finds_the_same_is_not_judged_again_and_says_the_same(gate, suite):
    path = suite(NEGATIVE, FILLED, LATE)
    first, asked = gate(path)
    assert asked == ["in_time", "job_key_filled", "no_negative_fte"]
    second, asked = gate(path, CLOCK + timedelta(days=1))
    assert (asked, second.judged_before, same(first, second)) == ([], 3, True)
    assert second.results[0].checked_at == CLOCK + timedelta(days=1)
    assert second.counts == {"failed": 1, "passed": 2}


def test_what_the_clock_alone_changes_is_judged_again(gate, suite):
    path = suite(LATE, FILLED)
    assert gate(path)[0].passed
    late, asked = gate(path, CLOCK + timedelta(days=9))
    assert (asked, late.passed) == (["in_time"], False)


def test_other_rows_of_the_table_are_judged_by_the_checks_that_see_them(gate, suite, candidate):
    path = suite(NEGATIVE, FILLED, LATE)
    gate(path)
    change(candidate, "UPDATE mart.fct_job SET fte = -2 WHERE job_key = 'a'")
    verdict, asked = gate(path)
    assert asked == ["job_key_filled", "no_negative_fte"]
    assert verdict.results[0].failing_rows == 2


def test_a_check_that_says_something_else_is_another_one(gate, suite):
    gate(suite(NEGATIVE, FILLED))
    other = NEGATIVE | {"unexpected_rows": "SELECT * FROM {batch} WHERE fte <= -1"}
    assert gate(suite(other, FILLED))[1] == ["no_negative_fte"]


def test_what_could_not_be_evaluated_is_asked_again(gate, suite):
    path = suite(BROKEN, FILLED)
    for _ in range(2):
        verdict, asked = gate(path)
        assert "broken" in asked
        assert not verdict.passed


@pytest.mark.parametrize("harm", ["{", "[]", '{"job_key_filled": 1}', '{"job_key_filled": {"question": "x"}}'])
def test_judgements_that_cannot_be_read_are_none(gate, suite, tmp_path, harm):
    path = suite(NEGATIVE, FILLED)
    gate(path)
    (tmp_path / "home" / "judgements.json").write_text(harm)
    assert gate(path)[1] == ["job_key_filled", "no_negative_fte"]


def test_another_home_of_the_installation_is_not_asked_about_queries_that_find_the_same(gate, suite, tmp_path):
    path = suite(NEGATIVE, FILLED, LATE, BROKEN)
    one, asked = gate(path, CLOCK + timedelta(days=9), "one")
    assert asked == ["broken", "in_time", "job_key_filled", "no_negative_fte"]
    other, asked = gate(path, CLOCK + timedelta(days=9), "other")
    # An expectation is judged on its table, whose rows only the engine sees.
    assert asked == ["broken", "job_key_filled"]
    assert same(one, other)
    assert next(r.failing_keys for r in other.results if r.check_name == "in_time")
    said = (tmp_path / "here.json").read_text()
    assert '"failing_keys": []' in said
    assert not any(f'"{key}"' in said for r in one.results for key in r.failing_keys)


def test_other_rows_are_judged_in_another_home_too(gate, suite, candidate):
    path = suite(NEGATIVE)
    gate(path, home="one")
    change(candidate, "UPDATE mart.fct_job SET fte = -2 WHERE job_key = 'a'")
    verdict, asked = gate(path, home="other")
    assert asked == ["no_negative_fte"]
    assert verdict.results[0].failing_rows == 2


@pytest.mark.parametrize("harm", ["{", "[]", "7", '{"x": 1}'])
def test_judgements_beside_the_installation_that_cannot_be_read_are_none(gate, suite, tmp_path, harm):
    path = suite(NEGATIVE)
    (tmp_path / "here.json").write_text(harm)
    assert gate(path, home="one")[1] == ["no_negative_fte"]
    assert gate(path, home="other")[1] == []


def test_an_installation_that_cannot_be_written_to_is_asked_again(gate, suite, tmp_path):
    (tmp_path / "here.json").mkdir()
    path = suite(NEGATIVE)
    for home in ("one", "other"):
        verdict, asked = gate(path, home=home)
        assert (asked, verdict.counts) == (["no_negative_fte"], {"failed": 1})
