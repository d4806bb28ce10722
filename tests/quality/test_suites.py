"""The product's own checks: good data passes each of them, a broken mart does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from ingestion.catalogue import SOURCES, person_key_forms, providers
from ingestion.persons.pseudonyms import participant_key, person_key
from quality.gate import Declared, run_gate
from quality.suites import InvalidSuite, load_suites, suite_paths

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
DECLARED = Declared(providers(), person_key_forms())
CHECKS = {check.name: check for check in load_suites(suite_paths())}


@pytest.fixture
def judge(judge_by):
    """Judges a warehouse of the given tables by one of the product's checks: outcome and keys."""

    def run(name: str, *tables: str, enabled: tuple[str, ...] = ("returns",)) -> tuple[str, list[str]]:
        (found,) = judge_by([name], *tables, enabled=enabled)
        return found

    return run


@pytest.fixture
def judge_by(tmp_path):
    """Judges by several checks at once."""

    def run(names: list[str], *tables: str, enabled: tuple[str, ...] = ("returns",)) -> list[tuple[str, list[str]]]:
        warehouse = tmp_path / "warehouse.duckdb"
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as connection:
            for schema in ("mart", "staging", "intermediate", "seed"):
                connection.execute(f"CREATE SCHEMA {schema}")
            for table in tables:
                connection.execute(f"CREATE TABLE {table}")
        suite = tmp_path / "only.yaml"
        only = {"checks": [CHECKS[name].model_dump(mode="json", exclude_unset=True) for name in names]}
        suite.write_text(yaml.safe_dump(only), encoding="utf-8")
        verdict = run_gate(warehouse, suites=[suite], enabled_sources=enabled, clock=CLOCK, declared=DECLARED)
        return [(result.outcome, result.failing_keys) for result in verdict.results]

    return run


def keys(*values: str) -> str:
    rows = ", ".join(f"('{value}')" for value in values)
    return f"mart.dim_person AS SELECT * FROM (VALUES {rows}) AS t (person_key)"


def test_every_form_of_person_key_that_is_made_passes_and_an_address_does_not(judge):
    made = [
        person_key("ann@example.org", "key"),
        participant_key("meeting", "Ann", "key"),
        "ERASED-3",
        "attendee_2961",
        "tickettailor_it_77.1",
    ]
    assert judge("person_keys_are_pseudonyms", keys(*made)) == ("passed", [])
    for other in ("ann@example.org", "attendee_ann@example.org", "Ann", "p_12"):
        assert judge("person_keys_are_pseudonyms", keys(*made, other))[0] == "failed", other


def test_the_prefixes_of_guests_in_the_models_are_those_declared():
    models = Path(__file__).parents[2] / "dbt_project" / "models" / "staging"
    used = {
        prefix
        for path in models.rglob("*.sql")
        for prefix in re.findall(r"ticket_holder_columns\('\w+', '(\w+)'\)", path.read_text(encoding="utf-8"))
    }
    assert used == {source.guest_key for source in SOURCES.values() if source.guest_key}


def posts(*rows: str) -> tuple[str, str]:
    """Posts as the mart has them, of 30 hours a week each whole one."""
    columns = "job_key, organisation_key, started_on, baseline_fte, follow_up_fte, counted_fte, is_counted"
    given = f"(VALUES {', '.join(rows)}) AS t ({columns}, reason)"
    typed = (
        "* EXCLUDE (reason), CAST(reason AS VARCHAR) AS not_counted_reason, 30 * counted_fte AS counted_hours, "
        "false AS is_as_locked"
    )
    return (
        f"mart.fct_job AS SELECT {typed} FROM {given}",
        "mart.indicator_fact AS SELECT 'jobs_created' AS indicator_key, 30.0 AS exact_per_unit",
    )


def test_two_posts_of_one_day_are_good_data_and_more_than_the_increase_is_not(judge):
    # The model takes the baseline of the first by reference, P2, and the follow-up of the last, P10 of the second body.
    one_day = (
        "('CB02:P2', 'o', DATE '2024-05-01', 10.0, 11.0, 1.0, true, NULL)",
        "('CB01:P9', 'o', DATE '2024-05-01', 10.5, 12.0, 1.0, true, NULL)",
    )
    assert judge("jobs_do_not_exceed_the_employment_increase", *posts(*one_day)) == ("passed", [])
    # A later post that was left with nothing still says what the employment rose to.
    left = "('CB01:P3', 'o', DATE '2024-06-01', 10.0, 12.5, 0.0, false, 'no_employment_increase')"
    rest = "('CB01:P1', 'o', DATE '2024-05-01', 10.0, 10.0, 1.0, true, NULL)"
    assert judge("jobs_do_not_exceed_the_employment_increase", *posts(rest, left)) == ("passed", [])
    broken = "('CB01:P4', 'o', DATE '2024-07-01', 10.0, 11.0, 5.0, true, NULL)"
    assert judge("jobs_do_not_exceed_the_employment_increase", *posts(*one_day, broken)) == ("failed", ["o"])


def test_a_claim_may_be_verified_in_a_later_quarter_and_never_before_it(judge):
    def figures(*rows):
        columns = "indicator_key, period_key, scope, scope_key, basis, exact_cumulative_value"
        return f"mart.indicator_value AS SELECT * FROM (VALUES {', '.join(rows)}) AS t ({columns})"

    claimed = "('h4', 'Q1', 'partner', 'CB01', 'claimed', 1)", "('h4', 'Q2', 'partner', 'CB01', 'claimed', 1)"
    later = "('h4', 'Q1', 'partner', 'CB01', 'verified', 0)", "('h4', 'Q2', 'partner', 'CB01', 'verified', 1)"
    check = "counted_figures_are_not_more_than_claimed"
    assert judge(check, figures(*claimed, *later)) == ("passed", [])
    more = "('h4', 'Q1', 'partner', 'CB01', 'verified', 2)"
    assert judge(check, figures(*claimed, more)) == ("failed", ["h4, Q1, CB01"])


def test_a_table_may_be_empty_until_there_is_something_for_it(judge):
    empty = "mart.fct_leverage (leverage_key VARCHAR)"
    assert judge("fct_leverage_has_rows", empty, "staging.stg_returns__leverage (x INT)") == ("passed", [])
    landed = "staging.stg_returns__leverage AS SELECT 1 AS x"
    assert judge("fct_leverage_has_rows", empty, landed) == ("failed", ["fct_leverage"])


def test_a_night_that_finds_nothing_is_no_warning(judge):
    rules = "mart.quality_rule AS SELECT 'row_is_torn' AS rule_id"
    check = "findings_are_of_registered_rules"
    assert judge(check, "mart.finding (rule VARCHAR)", rules) == ("passed", [])
    assert judge(check, "mart.finding AS SELECT 'row_is_torn' AS rule", rules) == ("passed", [])
    assert judge(check, "mart.finding AS SELECT 'unheard_of' AS rule", rules) == ("failed", ["unheard_of"])


@pytest.mark.parametrize("source", ["eventbrite", "zoom", "teams", "teams_graph", "tickettailor", "zoom_report"])
def test_checks_of_events_and_persons_ask_for_any_source_of_events(judge_by, source):
    tables = (
        "mart.fct_event_attendance (event_key VARCHAR, organisation_key VARCHAR)",
        "mart.dim_organisation (organisation_key VARCHAR)",
        "mart.dim_person (person_key VARCHAR)",
        "intermediate.int_event__attendance AS SELECT 1 AS x",
        "intermediate.int_person__contact (x INT)",
    )
    names = ["fct_event_attendance_has_rows", "dim_person_has_rows", "organisations_are_resolved"]
    found = [outcome for outcome, _ in judge_by(names, *tables, enabled=(source,))]
    assert found == ["failed", "failed", "passed"]


def test_checks_of_events_and_persons_ask_for_nothing_where_no_source_has_any(judge_by):
    tables = ("mart.fct_event_attendance (event_key VARCHAR)", "mart.dim_person (person_key VARCHAR)")
    names = ["fct_event_attendance_has_rows", "dim_person_has_rows"]
    assert [outcome for outcome, _ in judge_by(names, *tables)] == ["not_applicable"] * 2


def test_no_check_asks_for_one_platform_of_several():
    alone = {"returns"}
    assert {check.requires_source for check in CHECKS.values()} - {None} == alone
    assert {check.requires for check in CHECKS.values()} - {None} <= set(providers())


def test_every_headline_indicator_of_the_seed_has_a_performance_row(judge):
    seed = "seed.indicator AS FROM (VALUES ('h1', true), ('h2', true), ('h1x', false)) t(indicator_key, is_headline)"
    shown = "mart.indicator_performance AS FROM (VALUES {}) t(indicator_key)"
    assert judge("headline_indicators_are_all_there", seed, shown.format("('h1'), ('h2')"))[0] == "passed"
    assert judge("headline_indicators_are_all_there", seed, shown.format("('h1')")) == ("failed", ["h2"])


@pytest.mark.parametrize("platform", ["eventbrite", "zoom"])
def test_a_record_of_any_platform_counts_once_and_a_sheet_is_not_asked(judge, platform):
    provides = "('eventbrite', 'attendances'), ('tickettailor', 'attendances persons'), ('zoom', 'events attendances')"
    seed = f"seed.source_system AS FROM (VALUES {provides}) t(source_system, provides)"

    def facts(*records: str) -> str:
        rows = ", ".join(f"(true, false, 'event_attendees', {record})" for record in records)
        columns = "is_counted, is_as_locked, indicator_key, source_system, source_record_id"
        return f"mart.indicator_fact AS FROM (VALUES {rows}) t({columns})"

    good = [f"'{platform}', '1'", "'tickettailor', '1'", "'returns', '7'", "'returns', '7'"]
    assert judge("counted_attendance_is_one_per_record", seed, facts(*good)) == ("passed", [])
    assert judge("counted_attendance_is_one_per_record", seed, facts(*good, good[0])) == (
        "failed",
        ["event_attendees, 1"],
    )


def test_a_column_that_left_the_mart_contract_is_named(judge):
    table = "mart.indicator_value ({} VARCHAR)"
    held = ["indicator_key", "period_key", "scope", "scope_key", "basis", "value", "cumulative_value", "exact_value"]
    columns = " VARCHAR, ".join(held)
    outcome = judge("indicator_value_has_its_columns", table.format(columns))
    assert outcome == ("failed", ["exact_cumulative_value"])
    whole = table.format(f"{columns} VARCHAR, exact_cumulative_value")
    assert judge("indicator_value_has_its_columns", whole) == ("passed", [])


def test_a_target_agreed_later_may_have_a_value_and_one_that_is_not_stated_may_not(judge):
    columns = "'h' AS indicator_key, '{}' AS target_status, {} AS target_value, {} AS lower_value, NULL AS upper_value"
    table = f"mart.indicator_performance AS SELECT {columns}, {{}} AS rag"
    assert judge("no_invented_target", table.format("agreed_later", 20, "NULL", "'amber'"))[0] == "passed"
    assert judge("no_invented_target", table.format("not_stated", 20, "NULL", "NULL"))[0] == "failed"
    assert judge("no_invented_target", table.format("not_stated", "NULL", 10, "NULL"))[0] == "failed"
    assert judge("no_invented_target", table.format("not_stated", "NULL", "NULL", "'green'"))[0] == "failed"


@pytest.mark.parametrize(
    ("shown", "office", "outcome"),
    [
        ("'red'", "NULL", "passed"),
        ("'green'", "NULL", "failed"),
        ("NULL", "NULL", "failed"),
        ("'amber'", "'amber'", "passed"),
    ],
)
def test_a_rating_that_is_neither_the_worse_part_nor_the_offices_blocks(judge, shown, office, outcome):
    columns = "indicator_key, rag, override_rag"
    parts = (
        f"mart.indicator_performance AS FROM (VALUES ('h', {shown}::VARCHAR, {office}::VARCHAR)) t({columns})",
        "mart.indicator_rating AS FROM (VALUES ('h', 'red', 5), ('h', 'green', 1)) t(indicator_key, rag, rag_level)",
    )
    assert judge("ratings_are_the_worse_of_their_parts", *parts)[0] == outcome


def test_a_waiver_of_a_check_that_there_is_not_is_told(judge):
    table = "mart.waiver AS SELECT '{}' AS check_name, 'CB01:2024-25-Q1' AS scope_key"
    assert judge("waivers_name_a_check", table.format("waivers_name_a_check"))[0] == "passed"
    assert judge("waivers_name_a_check", table.format("every_return"))[0] == "failed"


def test_an_award_that_stands_in_two_sources_blocks_and_one_with_two_participants_does_not(judge):
    def awards(*rows: tuple[str | None, str]) -> str:
        values = ", ".join(f"({'NULL' if key is None else repr(key)}, '{source}')" for key, source in rows)
        return f"mart.fct_grant_award AS SELECT * FROM (VALUES {values}) AS t (award_key, source_system)"

    good = [("innovate_uk:102345", "innovate_uk")] * 2 + [(None, "threesixtygiving"), (None, "gateway_to_research")]
    assert judge("one_award_stands_in_one_source", awards(*good)) == ("passed", [])
    twice = awards(*good, ("innovate_uk:102345", "gateway_to_research"))
    assert judge("one_award_stands_in_one_source", twice)[0] == "failed"
    assert CHECKS["one_award_stands_in_one_source"].severity == "critical"


def test_a_check_asks_every_model_of_a_kind_without_naming_its_sources():
    asked = CHECKS["fct_grant_award_has_rows"].filled_from
    assert {"intermediate.int_grant__award_innovate_uk", "intermediate.int_grant__award_mapped_grants"} <= set(asked)
    of_sources = {name.split(".")[1] for check in CHECKS.values() for name in check.filled_from if "staging." in name}
    assert {name.split("__")[0] for name in of_sources} <= {"stg_returns", "stg_registers"}


def test_a_star_that_stands_for_nothing_is_refused(tmp_path):
    suite = tmp_path / "a.yaml"
    check = CHECKS["fct_grant_award_has_rows"].model_dump(mode="json", exclude_unset=True)
    suite.write_text(yaml.safe_dump({"checks": [{**check, "filled_from": ["intermediate.int_gramt__*"]}]}))
    with pytest.raises(InvalidSuite, match="no model of dbt_project/models/intermediate begins so"):
        load_suites([suite])
