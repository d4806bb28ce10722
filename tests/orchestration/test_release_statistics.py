"""What is far from usual, and what the next release is compared with, go into the release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from common.home import release_folder, warehouse_file
from orchestration.release.context import BuildContext
from orchestration.release.steps.statistics import add_statistics
from quality.consequence import Consequence, Scope
from quality.gate import CheckResult, Verdict
from quality.statistics.results import with_statistics
from tests.quality.statistics.programme import MART

PLANTED = "UPDATE mart.fct_leverage SET amount_gbp = 2000000 WHERE leverage_key = 'CB012023-24-Q11'"


def _publish(home: Path, number: int, previous: str | None, verdict: Verdict | None = None) -> str:
    clock = datetime(2025, 5, number, 2, tzinfo=UTC)
    release_id = f"{clock:%Y-%m-%d}.1"
    building = release_folder(home, release_id)
    building.mkdir(parents=True)
    with duckdb.connect(str(building / "mart.duckdb")) as connection:
        connection.execute(f"ATTACH '{warehouse_file(home)}' AS candidate (READ_ONLY)")
        for table in ("indicator_value", "return_expected"):
            connection.execute(f"CREATE TABLE {table} AS FROM candidate.mart.{table}")
    verdict = verdict or Verdict("c", "f", "s", clock, [])
    add_statistics(BuildContext(home, building, release_id, clock, "1", "i", verdict, {}, previous))
    return release_id


def _rows(home: Path, release_id: str, sql: str) -> list[tuple]:
    with duckdb.connect(str(release_folder(home, release_id) / "mart.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_release_offers_what_is_unusual_and_carries_on_what_the_one_before_keeps(tmp_path):
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(MART)
    first = _publish(tmp_path, 1, None)
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(PLANTED)
    second = _publish(tmp_path, 2, first)
    assert _rows(tmp_path, first, "FROM statistical_alert") == []
    assert _rows(tmp_path, second, "SELECT rule_id, partner_key, place, observed FROM statistical_alert") == [
        ("statistics_unusual_rows", "CB01", "CB01 2023-24-Q1.xlsx#Leverage!5", 2_000_000)
    ]
    kept = "SELECT release_id, count(*) FROM data_profile GROUP BY 1 ORDER BY 1"
    (one,) = _rows(tmp_path, first, kept)
    assert one[1] > 200
    assert _rows(tmp_path, second, kept) == [one, (second, one[1])]
    comments = "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'data_profile' AND comment IS NULL"
    assert _rows(tmp_path, second, comments) == [(0,)]


@pytest.mark.parametrize(
    ("scope", "is_withheld"),
    [
        (Scope(partner_key="CB01", period_key="2023-24-Q1"), True),
        (Scope("resource_levered"), True),
        (Scope(partner_key="CB02"), False),
        (Scope("jobs_created"), False),
        (Scope(breakdown="cluster"), False),
    ],
)
def test_what_is_unusual_is_offered_without_the_number_of_a_figure_that_is_withheld(tmp_path, scope, is_withheld):
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(f"{MART}; {PLANTED}")
    passed = CheckResult(
        "a", "validity", "critical", "t", "passed", "", 1, 0, [], "", "", "", datetime(2025, 5, 1, tzinfo=UTC)
    )
    verdict = Verdict(
        "c", "f", "s", passed.checked_at, [passed],
        circumstances={"hangs_on": {"fct_leverage": ["resource_levered"]}},
        consequences=[Consequence("returned", scope, "not returned")],
    )  # fmt: skip
    release = _publish(tmp_path, 1, None, verdict)
    offered = "SELECT place, observed, usual, lower, upper, score FROM statistical_alert"
    ((place, *numbers),) = _rows(tmp_path, release, offered)
    assert place == "CB01 2023-24-Q1.xlsx#Leverage!5"
    assert numbers.count(None) == (5 if is_withheld else 0)
    told = with_statistics(verdict, warehouse_file(tmp_path), None, verdict.checked_at)
    (said,) = (key for result in told.results for key in result.failing_keys)
    assert said.endswith("fct_leverage.amount_gbp: withheld") is is_withheld


def test_typical_number_and_spread_of_one_or_two_amounts_are_not_kept(tmp_path):
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(
            f"{MART}; DELETE FROM mart.fct_leverage WHERE partner_key = 'CB01' AND leverage_key NOT IN ("
            "SELECT leverage_key FROM mart.fct_leverage WHERE partner_key = 'CB01' LIMIT 2)"
        )
    release = _publish(tmp_path, 1, None)
    kept = "SELECT DISTINCT partner_key, measure FROM data_profile WHERE column_name = 'amount_gbp'"
    bodies = {body for body, measure in _rows(tmp_path, release, kept)}
    assert "CB01" not in bodies
    assert "CB02" in bodies


def test_a_release_after_one_of_an_earlier_version_begins_anew(tmp_path):
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(MART)
    first = _publish(tmp_path, 1, None)
    with duckdb.connect(str(release_folder(tmp_path, first) / "mart.duckdb")) as connection:
        connection.execute("ALTER TABLE data_profile DROP COLUMN row_count")
    second = _publish(tmp_path, 2, first)
    assert {release for (release,) in _rows(tmp_path, second, "SELECT release_id FROM data_profile")} == {second}
