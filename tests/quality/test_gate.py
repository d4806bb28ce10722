"""The gate stays closed unless every check ran and every critical one passed."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from quality.fingerprint import mart_fingerprint
from quality.gate import run_gate
from quality.messages import explain
from quality.suites import InvalidSuite, load_suites, suite_paths, suites_fingerprint
from quality.verdicts import load, path_of, save

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
NEGATIVE = {"name": "no_negative_fte", "unexpected_rows": "SELECT job_key FROM {batch} WHERE fte < 0"}
FILLED = {
    "name": "job_key_filled",
    "expectation": "expect_column_values_to_not_be_null",
    "arguments": {"column": "job_key"},
}


def gate(candidate, *suites, enabled=("returns",)):
    return run_gate(candidate, suites=suites, enabled_sources=enabled, clock=CLOCK)


def only(verdict):
    (result,) = verdict.results
    return result


def test_a_candidate_that_holds_passes(candidate, suite):
    verdict = gate(candidate, suite(FILLED))
    assert verdict.passed
    assert only(verdict).rows_checked == 3


def test_rows_against_a_critical_check_close_the_gate_and_are_named_by_key(candidate, suite):
    verdict = gate(candidate, suite(FILLED, NEGATIVE))
    assert not verdict.passed
    failed = verdict.results[1]
    assert (failed.outcome, failed.failing_rows, failed.failing_keys) == ("failed", 1, ["c"])
    message = explain(verdict)
    for part in ("no_negative_fte", "fct_job", "Rows: c", "warehouse", "Mend it."):
        assert part in message


def test_a_warning_lets_through_and_is_told(candidate, suite):
    verdict = gate(candidate, suite(FILLED, {**NEGATIVE, "severity": "warning"}))
    assert verdict.passed
    assert verdict.counts == {"failed": 1, "passed": 1}


BROKEN = [
    {"name": "no_column", "unexpected_rows": "SELECT nothing_of_the_kind FROM {batch}"},
    {"name": "fails_as_it_runs", "unexpected_rows": "SELECT job_key FROM {batch} WHERE error(job_key) IS NULL"},
    {"name": "no_table", "table": "fct_gone", "unexpected_rows": "SELECT 1 FROM {batch}"},
    {
        "name": "missing_column",
        "expectation": "expect_column_values_to_not_be_null",
        "arguments": {"column": "gone"},
    },
    {"name": "no_such_expectation", "expectation": "expect_the_best", "arguments": {}},
]


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_a_check_that_cannot_be_evaluated_is_a_failed_check_whatever_its_severity(candidate, suite, severity):
    verdict = gate(candidate, suite(FILLED, *({**broken, "severity": severity} for broken in BROKEN)))
    good, *others = verdict.results
    assert good.outcome == "passed", "a broken check does not spoil the others"
    assert {result.check_name: result.outcome for result in others} == {one["name"]: "error" for one in BROKEN}
    assert not verdict.passed
    assert explain(verdict).count("could not be evaluated") == len(BROKEN)


def test_one_check_that_cannot_be_evaluated_closes_the_gate(candidate, suite):
    assert not gate(candidate, suite(FILLED, {**BROKEN[0], "severity": "warning"})).passed


def own_queries(candidate, suite, queries):
    """What became of queries, each the check of a suite: its result by query."""
    checks = [{"name": f"own_{number}", "unexpected_rows": query} for number, query in enumerate(queries)]
    return dict(zip(queries, gate(candidate, suite(*checks)).results, strict=True))


def test_colons_and_comments_of_a_query_are_its_own(candidate, suite):
    expected = {
        "regexp_matches(job_key, '^(?:a|b)$')": ["a", "b"],
        "regexp_matches(job_key, '^(?:x|y)$')": [],
        "job_key = 'a:b' OR fte::INTEGER = 9 -- nobody": [],
        "job_key = 'b' -- this one;": ["b"],
        "job_key = ' :later' OR '12:30:00'::TIME > '23:00'::TIME;": [],
        "regexp_matches(job_key, '^[[:alpha:]]$') AND fte < 1": ["b", "c"],
        "' :a:b \\\\:c \\:' = concat(' ', ':a:b ', chr(92), chr(92), ':c ', chr(92), ':') AND job_key = 'a'": ["a"],
        "regexp_full_match(job_key, '[ab]{{1}}')": ["a", "b"],
    }
    queries = {f"SELECT job_key FROM {{batch}} WHERE {condition}": keys for condition, keys in expected.items()}
    results = own_queries(candidate, suite, list(queries))
    assert {query: (result.outcome, sorted(result.failing_keys)) for query, result in results.items()} == {
        query: ("failed" if keys else "passed", keys) for query, keys in queries.items()
    }


def test_a_single_brace_says_how_it_is_written(candidate, suite):
    conditions = ("'[ab]{1}'", "'{a}'", "'{'")
    queries = [f"SELECT job_key FROM {{batch}} WHERE regexp_full_match(job_key, {found})" for found in conditions]
    for query, result in own_queries(candidate, suite, queries).items():
        assert result.outcome == "error", query
        assert "a brace of the SQL's own is written twice, as in '[0-9]{{8}}'" in result.observed


def test_a_measure_of_nothing_says_that_there_is_no_value(candidate, suite):
    checks = [
        {
            "name": f"{measure}_of_nothing",
            "table": "fct_empty",
            "expectation": f"expect_column_{measure}_to_be_between",
            "arguments": {"column": "fte", "min_value": 0},
        }
        for measure in ("mean", "max", "min", "sum")
    ]
    results = gate(candidate, suite(*checks)).results
    assert [(result.outcome, result.observed) for result in results] == [("failed", "no value to compare")] * 4


def test_a_gate_that_evaluated_nothing_stays_closed(candidate, suite):
    verdict = gate(candidate, suite({**FILLED, "requires_source": "hubspot"}))
    assert only(verdict).outcome == "not_applicable"
    assert not verdict.passed
    assert "looked at nothing" in explain(verdict)


def test_an_empty_table_fails_where_rows_are_asked_for(candidate, suite):
    rows = {
        "name": "has_rows",
        "table": "fct_empty",
        "expectation": "expect_table_row_count_to_be_between",
        "arguments": {"min_value": 1},
    }
    assert not gate(candidate, suite(rows)).passed


def test_the_verdict_is_bound_to_the_content_it_judged(candidate, suite, tmp_path):
    verdict = gate(candidate, suite(FILLED))
    save(tmp_path, verdict)
    assert load(tmp_path, mart_fingerprint(candidate)) == verdict
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("UPDATE mart.fct_job SET fte = 0.6 WHERE job_key = 'b'")
    assert load(tmp_path, mart_fingerprint(candidate)) is None


def test_rows_that_change_places_do_not_change_the_fingerprint_but_a_row_twice_does(candidate):
    before = mart_fingerprint(candidate)
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("CREATE OR REPLACE TABLE mart.fct_job AS FROM mart.fct_job ORDER BY fte")
    assert mart_fingerprint(candidate) == before
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("INSERT INTO mart.fct_job FROM mart.fct_job WHERE job_key = 'a'")
        connection.execute("INSERT INTO mart.fct_job FROM mart.fct_job WHERE job_key = 'a' LIMIT 1")
    assert mart_fingerprint(candidate) != before


@pytest.mark.parametrize("spoil", [lambda text: text[:-20], lambda text: text.replace('"outcome"', '"income"')])
def test_a_verdict_that_was_tampered_with_is_no_verdict(candidate, suite, tmp_path, spoil):
    verdict = gate(candidate, suite(FILLED))
    path = save(tmp_path, verdict)
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert load(tmp_path, verdict.candidate_fingerprint) is None


def test_a_verdict_filed_under_another_candidates_name_is_no_verdict(candidate, suite, tmp_path):
    path = save(tmp_path, gate(candidate, suite(FILLED)))
    other = path_of(tmp_path, "0" * 64)
    path.rename(other)
    assert load(tmp_path, "0" * 64) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("checks: []", "no checks in it"),
        ("", "no checks in it"),
        ("checks: [", "not valid YAML"),
        ("checks:\n- {name: BadName}", "check BadName: name"),
    ],
)
def test_a_suite_that_cannot_be_used_says_where_and_why(tmp_path, content, said):
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSuite, match=said) as raised:
        load_suites([path])
    assert "mine.yaml" in str(raised.value)


def test_a_check_needs_exactly_one_way_to_be_evaluated(suite):
    for extra in ({"unexpected_rows": None}, {"expectation": "expect_column_to_exist"}):
        with pytest.raises(InvalidSuite, match="either unexpected_rows or expectation"):
            load_suites([suite({**NEGATIVE, **extra})])


def test_two_checks_of_one_name_are_refused(suite):
    with pytest.raises(InvalidSuite, match="defined twice"):
        load_suites([suite(FILLED), suite(FILLED, name="other.yaml")])


def test_another_suite_is_another_fingerprint(suite):
    first = suite(FILLED)
    before = suites_fingerprint([first])
    assert suites_fingerprint([suite(FILLED, NEGATIVE)]) != before


def test_the_products_suites_cover_the_six_dimensions_and_name_an_owner_and_a_remedy():
    checks = load_suites(suite_paths())
    dimensions = {check.dimension for check in checks}
    assert dimensions == {"completeness", "uniqueness", "consistency", "timeliness", "validity", "accuracy"}
    assert all(check.owner and check.meaning and check.remedy for check in checks)
