"""The revision triangle: each quarter as it was known, a table, and a picture with its words."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.programme import IndicatorDefinition
from evaluation.pack.revision import picture, read_triangles, withheld_quarters

JOBS = IndicatorDefinition(
    "jobs_created", "H5", "Jobs created", "FTE", "", "", 1, "B", True, None, None, None, "not_stated", False, None, ""
)


@pytest.fixture
def mart():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE indicator_revision AS
            SELECT 'jobs_created' AS indicator_key, t.* REPLACE (value::DECIMAL(18, 4) AS value) FROM (VALUES
                ('2023-24-Q1', '2023-24-Q2', 'programme', 'p', 'verified', 3),
                ('2023-24-Q1', '2023-24-Q3', 'programme', 'p', 'verified', 5),
                ('2023-24-Q1', '2023-24-Q4', 'programme', 'p', 'verified', 4.5),
                ('2023-24-Q3', '2023-24-Q3', 'programme', 'p', 'verified', 2),
                ('2023-24-Q3', '2023-24-Q4', 'programme', 'p', 'verified', 2),
                ('2023-24-Q1', '2023-24-Q4', 'programme', 'p', 'claimed', 9),
                ('2023-24-Q1', '2023-24-Q4', 'partner', 'CB01', 'verified', 1)
            ) AS t (period_key, known_in_period_key, scope, scope_key, basis, value)
        """)
        yield connection


def test_a_triangle_has_a_row_a_quarter_and_a_column_a_vintage(mart):
    triangle = read_triangles(mart)["jobs_created"]
    assert triangle.vintages == ("2023-24-Q2", "2023-24-Q3", "2023-24-Q4")
    assert triangle.figures["2023-24-Q1"] == dict(zip(triangle.vintages, map(Decimal, ("3", "5", "4.5")), strict=True))
    assert "2023-24-Q2" not in triangle.figures["2023-24-Q3"]
    assert triangle.revision("2023-24-Q1") == Decimal("1.5")
    revised = {
        (period, at) for period in triangle.figures for at in triangle.vintages if triangle.was_revised(period, at)
    }
    assert revised == {("2023-24-Q1", "2023-24-Q3"), ("2023-24-Q1", "2023-24-Q4")}


def test_a_figure_that_is_withheld_stands_in_no_triangle(mart):
    mart.execute("UPDATE indicator_revision SET value = NULL WHERE known_in_period_key = '2023-24-Q4'")
    triangle = read_triangles(mart)["jobs_created"]
    assert (triangle.vintages[-1], triangle.revision("2023-24-Q1")) == ("2023-24-Q3", 2)
    withheld = withheld_quarters(mart, "jobs_created", scope="programme", key=None)
    assert withheld == {"2023-24-Q1", "2023-24-Q3"}
    assert withheld_quarters(mart, "jobs_created", scope="partner", key="CB02") == set()


def test_of_a_body_and_of_claims(mart):
    assert read_triangles(mart, scope="partner", key="CB01")["jobs_created"].revision("2023-24-Q1") == 0
    assert read_triangles(mart, scope="partner", key="CB02") == {}
    assert read_triangles(mart, basis="claimed")["jobs_created"].figures == {"2023-24-Q1": {"2023-24-Q4": 9}}


def test_the_picture_says_what_was_revised(mart):
    svg = picture(JOBS, read_triangles(mart)["jobs_created"]).svg
    assert "Q1 2023-24 by +1.5" in svg
    assert "Q3 2023-24 by" not in svg
    assert len(re.findall("<path", svg)) > 2
