"""Thresholds of the seed `parameter`: the newest row in force, and never a silent null."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from tests.dbt_project.by_hand import run_dbt

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parameters")
    assert run_dbt(["seed", "--select", "parameter"], home=folder, clock=CLOCK).success
    return folder


def _value(home, name):
    inline = f"select cast({{{{ parameter('{name}') }}}} as varchar) as value"
    return run_dbt(["show", "--inline", inline, "--output", "json"], home=home, clock=CLOCK)


def _change(home, sql):
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(sql)


def test_a_parameter_without_a_row_in_force_stops_the_build_by_name(home):
    _change(home, "UPDATE seed.parameter SET valid_from = DATE '2025-05-16' WHERE parameter = 'light_touch_hours'")
    for name in ("assisted_hourz", "light_touch_hours"):
        run = _value(home, name)
        assert not run.success
        assert f"the seed parameter has no row {name} in force" in " ".join(run.failures) + str(run.events)


def test_the_newest_row_whose_day_has_come_is_in_force(home):
    columns = "parameter, value, valid_from, change_request"
    _change(
        home,
        f"INSERT INTO seed.parameter ({columns}) VALUES ('assisted_hours', 13, '2025-05-15', 'CR-4'), "
        "('assisted_hours', 99, '2025-05-16', 'CR-5')",
    )
    run = _value(home, "assisted_hours")
    assert run.success
    assert '"value": "13' in str(run.events).replace("\\", "")


def test_a_newer_edition_holds_only_by_change_request(home):
    """domain.md 2.1 R3: without one the edition of the funding agreement stands, in full."""
    _change(
        home,
        "INSERT INTO seed.parameter (parameter, value, valid_from) VALUES ('assisted_grant_gbp', 5000, '2024-04-01')",
    )
    assert '"value": "1000' in str(_value(home, "assisted_grant_gbp").events).replace("\\", "")
    _change(home, "UPDATE seed.parameter SET change_request = 'CR-7' WHERE value = 5000")
    assert '"value": "5000' in str(_value(home, "assisted_grant_gbp").events).replace("\\", "")
