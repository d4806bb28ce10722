"""Every check of the gate sees the fault that it is for, and lets a candidate without it pass: the SQL that the gate
runs, on a candidate small enough to see at a glance. How the gate judges what comes back: tests/quality.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.dbt_compiled import compiled
from quality import gate
from quality.suites import CheckDefinition, load_suites, suite_paths
from tests.orchestration.rules import world

CHECKS = {check.name: check for check in load_suites(suite_paths())}
CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


def _set(column: str, value: str, where: str = "true") -> Callable[[CheckDefinition], str]:
    return lambda check: f"UPDATE mart.{check.table} SET {column} = {value} WHERE {where}"


def _emptied(check: CheckDefinition) -> str:
    return f"DELETE FROM mart.{check.table}"


def _doubled(check: CheckDefinition) -> str:
    return f"INSERT INTO mart.{check.table} SELECT * FROM mart.{check.table}"


# Of families: what the names of their checks are like, and the fault by what the name says.
FAMILIES: dict[str, Callable[[CheckDefinition, dict[str, str]], str]] = {
    r".*_has_rows": lambda check, _: _emptied(check),
    r".*_has_its_columns": lambda check, _: f"ALTER TABLE mart.{check.table} DROP COLUMN {LAST[check.table]}",
    r"(?P<table>[a-z]+_[a-z]+)_(?P<column>[a-z_]+)_is_filled": lambda check, said: _set(said["column"], "NULL")(check),
    r"no_orphan_(?P<column>[a-z_]+)_in_.*": lambda check, said: _set(said["column"], "'nobody'")(check),
    r"no_negative_(?P<column>[a-z_]+)_in_.*": lambda check, said: _set(said["column"], "-1")(check),
    r"no_address_in_(?P<text>.*)": lambda check, said: _set(
        said["text"].removeprefix(f"{check.table}_"), "'ask ann@example.org'"
    )(check),
}
LAST = {
    "indicator_fact": "not_counted_reason",
    "indicator_value": "exact_cumulative_value",
    "indicator_performance": "rag_reason",
}
FAULTS: dict[str, Callable[[CheckDefinition], str]] = {
    # accuracy
    "unidentified_heads_are_within_the_limit": lambda _: "UPDATE mart.fct_event SET unidentified_headcount = 3",
    "jobs_do_not_exceed_the_employment_increase": _set("follow_up_fte", "4.9"),
    "attendances_add_up_to_their_events": _set("total_attendances", "11"),
    "counted_figures_are_not_more_than_claimed": _set("exact_cumulative_value", "99", "basis = 'verified'"),
    "counted_businesses_are_alive_in_the_register": _set("company_status", "'dissolved'"),
    # completeness
    "counted_facts_have_date_and_period": _set("achieved_on", "NULL"),
    "headline_indicators_are_all_there": lambda check: (
        f"DELETE FROM mart.{check.table} WHERE indicator_key LIKE 'jobs%'"
    ),
    "organisations_are_resolved": _set("organisation_key", "'nobody'"),
    "areas_of_assisted_businesses_are_known": _set("local_authority_code", "'unknown'"),
    "every_expected_return_is_here": lambda _: (
        "UPDATE mart.return_expected SET is_received = false, due_on = DATE '2020-01-01'"
    ),
    "figures_are_there_or_say_why": _set("value", "NULL"),
    "waivers_name_a_check": _set("check_name", "'no_such_check'"),
    # consistency
    "rows_read_are_accounted_for": _set("rows_landed", "6"),
    "findings_are_of_registered_rules": _set("rule", "'no_such_rule'"),
    "verified_values_are_sums_of_facts": _set("exact_value", "99", "basis = 'verified'"),
    "claimed_values_are_sums_of_facts": _set("exact_value", "99", "basis = 'claimed'"),
    "cumulative_is_running_sum": _set("exact_cumulative_value", "99"),
    "figures_are_exact_sums_divided_once": _set("value", "value + 0.01"),
    "areas_add_up_to_the_programme": _set("exact_value", "99", "scope = 'local_authority'"),
    "clusters_add_up_to_the_programme": _set("exact_value", "99", "scope = 'cluster'"),
    "bodies_never_exceed_the_programme": _set("exact_value", "99", "scope = 'partner'"),
    "counted_facts_are_verified_with_evidence": _set("evidence_grade", "4"),
    "uncounted_facts_say_why": _set("not_counted_reason", "NULL"),
    "realised_is_not_more_than_committed": _set("amount_gbp", "1001", "stage = 'realised'"),
    # timeliness
    "every_enabled_source_was_ever_read": _set("last_good_read_at", "NULL"),
    "sources_are_not_older_than_a_week": _set("last_good_read_age_days", "7.5"),
    "enabled_sources_reported_tonight": _set("is_latest_run", "false"),
    "fetches_are_complete": _set("status", "'refused'"),
    "sources_answered_tonight": _set("status", "'failed'"),
    "enabled_sources_ever_gave_a_row": _set("rows_landed", "0"),
    "returns_came_in_time": _set("is_on_time", "false"),
    # uniqueness
    "one_award_stands_in_one_source": lambda check: (
        f"{_doubled(check)}; UPDATE mart.fct_grant_award SET source_system = 'x' || rowid::VARCHAR"
    ),
    # validity
    "post_is_at_most_one_fte": _set("post_fte", "1.2"),
    "support_session_fits_in_a_day": _set("support_hours", "24.5"),
    "fact_status_is_known": _set("status", "'guessed'"),
    "value_basis_is_known": _set("basis", "'guessed'"),
    "target_status_is_known": _set("target_status", "'guessed'"),
    "no_invented_target": _set("target_value", "5"),
    "ratings_are_the_worse_of_their_parts": lambda _: "UPDATE mart.indicator_rating SET rag = 'red'",
    "company_numbers_have_their_shape": _set("company_number", "'1234567'"),
    "person_keys_are_pseudonyms": _set("person_key", "'ann@example.org'"),
    "counted_facts_are_in_programme_quarters": lambda _: "UPDATE mart.dim_period SET is_programme_period = false",
    "counted_facts_are_not_in_the_future": _set("achieved_on", "DATE '2025-06-30'"),
}


def _fault(check: CheckDefinition) -> str:
    """The SQL that plants a check's fault: its own, that of its family, or for uniqueness rows that stand twice."""
    if check.name in FAULTS:
        return FAULTS[check.name](check)
    for form, fault in FAMILIES.items():
        if found := re.fullmatch(form, check.name):
            return fault(check, found.groupdict())
    assert check.dimension == "uniqueness", f"{check.name}: no test plants its fault; add one to FAULTS"
    return _doubled(check)


@pytest.fixture(scope="module")
def candidate(tmp_path_factory):
    with duckdb.connect() as connection:
        world.build(connection, compiled(tmp_path_factory.mktemp("home")).models)
        yield connection


def _against(candidate: duckdb.DuckDBPyConnection, check: CheckDefinition) -> list:
    words = gate._filled_in({"returns"}, CLOCK, gate.Declared(person_keys=("guest:.*",)), CHECKS)
    sql = str(gate._sql(check, words))
    return candidate.execute(sql.format(batch=f"mart.{check.table}")).fetchall()


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_sees_its_fault_and_lets_clean_data_pass(candidate, name):
    check = CHECKS[name]
    assert candidate.execute(f"SELECT count(*) FROM mart.{check.table}").fetchone() != (0,), "there is nothing to pass"
    assert _against(candidate, check) == []
    candidate.execute("BEGIN")
    try:
        candidate.execute(_fault(check))
        assert _against(candidate, check), "the planted fault passed"
    finally:
        candidate.execute("ROLLBACK")


def test_every_planted_fault_is_of_a_check_that_there_is():
    assert set(FAULTS) <= set(CHECKS)
