"""What enters an evaluation is read from the mart: jobs, and how far they stayed behind what bodies had forecast."""

from datetime import date

import duckdb
import pytest

from evaluation.gross import ForecastError, read_gross_jobs

QUARTERS = [f"2023-24-Q{number}" for number in (1, 2, 3, 4)]
ON = date(2024, 6, 1)


@pytest.fixture
def mart():
    """Four quarters that are over and one that is not, two bodies, no jobs and no forecasts."""
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE dim_period AS SELECT * FROM (VALUES
                ('2023-24-Q1', '2023-24', DATE '2023-06-30'), ('2023-24-Q2', '2023-24', DATE '2023-09-30'),
                ('2023-24-Q3', '2023-24', DATE '2023-12-31'), ('2023-24-Q4', '2023-24', DATE '2024-03-31'),
                ('2024-25-Q1', '2024-25', DATE '2024-06-30')
            ) AS t (period_key, financial_year, ends_on);
            CREATE TABLE indicator_value (
                indicator_key VARCHAR, scope VARCHAR, scope_key VARCHAR, period_key VARCHAR, basis VARCHAR,
                value DECIMAL(18, 4)
            );
            CREATE TABLE indicator_forecast (
                indicator_key VARCHAR, partner_key VARCHAR, period_key VARCHAR, returned_period_key VARCHAR,
                forecast_value DECIMAL(18, 4)
            );
            CREATE TABLE indicator_fact (
                indicator_key VARCHAR, organisation_key VARCHAR, is_counted BOOLEAN, status VARCHAR,
                not_counted_reason VARCHAR
            );
        """)
        yield connection


def _verified(mart, period, value, partner="CB01"):
    for scope, key in (("partner", partner), ("programme", "all")):
        mart.execute(
            "INSERT INTO indicator_value VALUES ('jobs_created', ?, ?, ?, 'verified', ?)", [scope, key, period, value]
        )


def _forecast(mart, period, returned, value, partner="CB01"):
    mart.execute(
        "INSERT INTO indicator_forecast VALUES ('jobs_created', ?, ?, ?, ?)", [partner, period, returned, value]
    )


def test_the_first_forecast_before_a_quarter_is_what_it_is_held_against(mart):
    for period in QUARTERS:
        _verified(mart, period, 6)
        _forecast(mart, period, "2022-23-Q4", 10)
        # Neither a later one nor one returned with the quarter itself, which knows how it ended.
        _forecast(mart, period, "2023-24-Q4" if period != "2023-24-Q4" else "2023-24-Q3", 6)
        _forecast(mart, period, period, 6)
    found = read_gross_jobs(mart, ON)
    assert found.forecast_error == ForecastError(pytest.approx(0.4), 4)
    assert found.by_year == {2023: 24.0}


def test_fewer_than_four_quarters_say_nothing(mart):
    for period in QUARTERS[:3]:
        _verified(mart, period, 6)
        _forecast(mart, period, "2022-23-Q4", 10)
    assert read_gross_jobs(mart, ON).forecast_error is None


def test_a_quarter_that_is_not_over_is_left_out(mart):
    for period in [*QUARTERS[:3], "2024-25-Q1"]:
        _verified(mart, period, 6)
        _forecast(mart, period, "2022-23-Q4", 10)
    assert read_gross_jobs(mart, ON).forecast_error is None
    assert read_gross_jobs(mart, date(2024, 7, 1)).forecast_error == ForecastError(pytest.approx(0.4), 4)


def test_bodies_are_added_and_what_did_better_than_forecast_is_no_shortfall(mart):
    for period in QUARTERS:
        _verified(mart, period, 12)
        _verified(mart, period, 3, partner="CB02")
        _forecast(mart, period, "2022-23-Q4", 10)
        _forecast(mart, period, "2022-23-Q4", 5, partner="CB02")
    assert read_gross_jobs(mart, ON).forecast_error == ForecastError(0.0, 4)


def test_a_body_without_a_forecast_is_not_compared(mart):
    for period in QUARTERS:
        _verified(mart, period, 5)
        _verified(mart, period, 50, partner="CB02")
        _forecast(mart, period, "2022-23-Q4", 10)
    assert read_gross_jobs(mart, ON).forecast_error == ForecastError(pytest.approx(0.5), 4)
