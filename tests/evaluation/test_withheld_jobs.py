"""Where the gate keeps jobs back, nothing is modelled of those that are left."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from evaluation.assumptions import AssumptionSet
from evaluation.gross import read_gross_jobs
from evaluation.gross_to_net import Circumstances, evaluate

ON = date(2025, 5, 15)


@pytest.mark.parametrize(("second", "is_withheld"), [("3", False), ("NULL", True)])
def test_a_quarter_that_is_withheld_takes_every_modelled_figure_with_it(second, is_withheld):
    with duckdb.connect() as mart:
        mart.execute(f"""
            CREATE TABLE dim_period AS SELECT 'Q' || n AS period_key, '2024-25' AS financial_year,
                DATE '2024-03-31' + to_months(3 * n::INTEGER) AS ends_on FROM (VALUES (1), (2)) AS t (n);
            CREATE TABLE indicator_value AS
                SELECT 'jobs_created' AS indicator_key, 'programme' AS scope, 'programme' AS scope_key, b AS basis,
                    q AS period_key, n::DECIMAL(18, 4) AS value
                FROM (VALUES ('Q1', 2), ('Q2', {second})) AS t (q, n), (VALUES ('verified'), ('claimed')) AS u (b);
            CREATE TABLE indicator_fact (indicator_key VARCHAR, organisation_key VARCHAR, is_counted BOOLEAN,
                status VARCHAR, not_counted_reason VARCHAR);
            CREATE TABLE indicator_forecast (indicator_key VARCHAR, partner_key VARCHAR, period_key VARCHAR,
                forecast_value DOUBLE, returned_period_key VARCHAR);
        """)
        gross = read_gross_jobs(mart, ON)
    assert gross.is_withheld is is_withheld
    tables = evaluate(gross, [AssumptionSet("none", ())], Circumstances(ON, "candidate", "passed"))
    results = tables["evaluation_result"].to_pylist()
    (run,) = tables["evaluation_run"].to_pylist()
    said = {
        row["missing"] for row in results if row["missing"] and row["missing"].startswith("jobs_created is withheld")
    }
    assert {row["gross_verified_fte"] for row in (*results, run)} == ({None} if is_withheld else {5})
    assert len(said) == is_withheld
    assert {row["modelled_value"] for row in results} == {None}
