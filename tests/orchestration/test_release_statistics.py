"""What is far from usual, and what the next release is compared with, go into the release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from common.home import release_folder, warehouse_file
from orchestration.release.context import BuildContext
from orchestration.release.steps.statistics import add_statistics
from quality.gate import Verdict
from tests.quality.statistics.programme import MART

PLANTED = "UPDATE mart.fct_leverage SET amount_gbp = 2000000 WHERE leverage_key = 'CB012023-24-Q11'"


def _publish(home: Path, number: int, previous: str | None) -> str:
    clock = datetime(2025, 5, number, 2, tzinfo=UTC)
    release_id = f"{clock:%Y-%m-%d}.1"
    building = release_folder(home, release_id)
    building.mkdir(parents=True)
    with duckdb.connect(str(building / "mart.duckdb")) as connection:
        connection.execute(f"ATTACH '{warehouse_file(home)}' AS candidate (READ_ONLY)")
        for table in ("indicator_value", "return_expected"):
            connection.execute(f"CREATE TABLE {table} AS FROM candidate.mart.{table}")
    verdict = Verdict("c", "f", "s", clock, [])
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


def test_a_release_after_one_of_an_earlier_version_begins_anew(tmp_path):
    with duckdb.connect(str(warehouse_file(tmp_path))) as connection:
        connection.execute(MART)
    first = _publish(tmp_path, 1, None)
    with duckdb.connect(str(release_folder(tmp_path, first) / "mart.duckdb")) as connection:
        connection.execute("ALTER TABLE data_profile DROP COLUMN row_count")
    second = _publish(tmp_path, 2, first)
    assert {release for (release,) in _rows(tmp_path, second, "SELECT release_id FROM data_profile")} == {second}
