"""Each statistical rule sees its planted fault, and lets pass what is as usual; where there is too little to compare
with it says so. The candidate is two years of a programme of four bodies, all alike but for small differences.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from quality.gate import Verdict
from quality.statistics import profile
from quality.statistics.judge import judge
from quality.statistics.results import as_checks, versions, with_statistics
from quality.statistics.rules import statistics
from tests.quality.statistics.programme import MART

CLOCK = datetime.fromisoformat("2025-05-15")
RULES = {rule.id: rule for rule in statistics().rules}
_NEWEST = "claimed_period_key = '2024-25-Q4'"
FAULTS = {
    "statistics_body_figures": "UPDATE mart.indicator_fact SET claimed_quantity = claimed_quantity * 20 "
    f"WHERE {_NEWEST} AND partner_key = 'CB02'",
    "statistics_body_records": f"DELETE FROM mart.indicator_fact WHERE {_NEWEST} AND partner_key = 'CB02'",
    "statistics_source_records": "INSERT INTO mart.indicator_fact SELECT facts.* FROM mart.indicator_fact AS facts, "
    f"range(9) WHERE {_NEWEST}",
    "statistics_settled_figures": "UPDATE mart.indicator_value SET value = value * 4 WHERE scope_key = 'CB03' "
    "AND period_key = '2023-24-Q2'",
    "statistics_unusual_rows": "UPDATE mart.fct_leverage SET amount_gbp = 2000000 "
    "WHERE leverage_key = 'CB012023-24-Q11'",
    "statistics_signed_in_beside_headcount": "UPDATE staging.stg_returns__events SET signed_in = 2300, headcount = 25 "
    "WHERE source_place = 'CB012023-24-Q11'",
    "statistics_volume": "DELETE FROM mart.fct_support WHERE partner_key = 'CB04' AND hash(support_key) % 3 > 0",
    "statistics_null_share": "UPDATE mart.indicator_fact SET local_authority_code = NULL WHERE hash(fact_key) % 4 = 0",
    "statistics_category_share": "UPDATE mart.fct_support SET channel = 'online'",
    "statistics_mean": "UPDATE mart.fct_support SET support_hours = support_hours * 60",
    "statistics_spread": "UPDATE mart.fct_job SET post_hours = post_hours * 60 WHERE hash(job_key) % 2 = 0",
    "statistics_freshness": "UPDATE mart.fct_support SET supported_on = DATE '2024-06-01'",
}


@pytest.fixture(scope="module")
def candidate(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("candidate") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(MART)
    return path


@pytest.fixture(scope="module")
def published(candidate, tmp_path_factory) -> Path:
    """The release that serves, with the profiles of eight releases two months apart."""
    path = tmp_path_factory.mktemp("release") / "mart.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS release; ATTACH '{candidate}' AS candidate (READ_ONLY); USE candidate")
        profiled = profile.profile_sql(CLOCK)
        connection.execute(f"""
            CREATE TABLE release.data_profile AS
            SELECT 'R' || number AS release_id, TIMESTAMP '2024-01-01' + INTERVAL (2 * number) MONTH AS released_at, *
            FROM ({profiled}), range(8) AS releases (number)
        """)
        connection.execute("CREATE TABLE release.indicator_value AS FROM candidate.mart.indicator_value")
        connection.execute("CREATE TABLE release.return_expected AS FROM candidate.mart.return_expected")
    return path


def _judged(warehouse: Path, earlier: Path | None, *names: str):
    rules = [RULES[name] for name in names] or None
    return {one.rule.id: one for one in judge(warehouse, earlier, CLOCK, rules)}


def test_what_is_as_usual_passes_every_rule_and_was_compared(candidate, published):
    said = _judged(candidate, published)
    assert {name: one.shown for name, one in said.items() if one.beyond} == {}
    assert [name for name, one in said.items() if not one.compared] == []


def test_every_rule_has_a_fault():
    assert set(FAULTS) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sees_its_fault(rule, candidate, published, tmp_path):
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(candidate.read_bytes())
    with duckdb.connect(str(broken)) as connection:
        connection.execute(FAULTS[rule])
    said = _judged(broken, published, rule)[rule]
    assert said.beyond and said.shown, said


def test_2300_signed_in_beside_25_heads_is_offered_with_its_row(candidate, tmp_path):
    rule = "statistics_signed_in_beside_headcount"
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(candidate.read_bytes())
    with duckdb.connect(str(broken)) as connection:
        connection.execute(FAULTS[rule])
    said = _judged(broken, None, rule)[rule]
    assert said.shown == ("CB012023-24-Q11 CB01 returns fct_event.signed_in: 2300 where 25 is usual",)


def test_without_a_release_before_it_says_that_there_is_nothing_to_compare_with(candidate):
    said = _judged(candidate, None, "statistics_null_share")["statistics_null_share"]
    assert said.evaluation == "nothing to compare with yet: fewer than 3 releases so far"


def test_the_results_are_in_the_verdict_and_a_comparison_that_fails_blocks(candidate, published, tmp_path):
    verdict = with_statistics(Verdict("c", "f", "s", CLOCK, []), candidate, published, CLOCK)
    assert [result.check_name for result in verdict.results] == [check.name for check in as_checks()]
    assert len(set(versions().values())) == len(versions()) == len(RULES)
    assert {result.outcome for result in verdict.results} == {"passed"}
    lacking = tmp_path / "warehouse.duckdb"
    lacking.write_bytes(candidate.read_bytes())
    with duckdb.connect(str(lacking)) as connection:
        connection.execute("DROP TABLE mart.fct_job")
    verdict = with_statistics(Verdict("c", "f", "s", CLOCK, []), lacking, published, CLOCK)
    assert {result.outcome for result in verdict.results} == {"error"}
    assert all(result.blocks for result in verdict.results)


def test_a_release_carries_on_the_newest_profiles_and_the_last_of_each_quarter():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE kept AS
            SELECT day::TIMESTAMP AS released_at
            FROM range(DATE '2022-01-01', DATE '2024-12-31', INTERVAL 1 DAY) AS t (day)
        """)
        days = [f"{day:%Y-%m-%d}" for (day,) in connection.execute(profile.kept_sql("kept")).fetchall()]
    assert sorted(days) == [
        *("2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31", "2024-03-31", "2024-06-30", "2024-09-30"),
        *("2024-12-24", "2024-12-25", "2024-12-26", "2024-12-27", "2024-12-28", "2024-12-29", "2024-12-30"),
    ]
