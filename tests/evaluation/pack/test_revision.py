"""The revision triangle: each quarter as it was known, a table, and a picture with its words."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.programme import IndicatorDefinition
from evaluation.pack.revision import picture, read_triangles

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


def test_of_what_is_withheld_no_revision_is_told(mart):
    """Neither that it was not revised, nor by how much what was known before it had been."""
    mart.execute(
        "UPDATE indicator_revision SET value = NULL "
        "WHERE period_key = '2023-24-Q1' AND known_in_period_key = '2023-24-Q4'"
    )
    triangle = read_triangles(mart)["jobs_created"]
    assert triangle.figures["2023-24-Q1"]["2023-24-Q4"] is None
    assert (triangle.withheld, triangle.revision("2023-24-Q1"), triangle.revision("2023-24-Q3")) == (
        ("2023-24-Q1",),
        None,
        0,
    )
    assert triangle.was_revised("2023-24-Q1", "2023-24-Q3")
    assert not triangle.was_revised("2023-24-Q1", "2023-24-Q4")
    svg = picture(JOBS, triangle).svg
    assert "No quarter that is shown was revised since. Withheld in part or whole: Q1 2023-24." in svg


def test_a_figure_is_compared_with_the_last_that_was_not_withheld(mart):
    mart.execute("UPDATE indicator_revision SET value = NULL WHERE known_in_period_key = '2023-24-Q3'")
    assert read_triangles(mart)["jobs_created"].was_revised("2023-24-Q1", "2023-24-Q4")


def test_a_triangle_of_which_all_is_withheld_says_nothing(mart):
    assert read_triangles(mart)["jobs_created"].says_anything
    mart.execute("UPDATE indicator_revision SET value = NULL")
    assert not read_triangles(mart)["jobs_created"].says_anything


def test_of_a_body_and_of_claims(mart):
    assert read_triangles(mart, scope="partner", key="CB01")["jobs_created"].revision("2023-24-Q1") == 0
    assert read_triangles(mart, scope="partner", key="CB02") == {}
    assert read_triangles(mart, basis="claimed")["jobs_created"].figures == {"2023-24-Q1": {"2023-24-Q4": 9}}


def test_the_picture_says_what_was_revised(mart):
    svg = picture(JOBS, read_triangles(mart)["jobs_created"]).svg
    assert "Q1 2023-24 by +1.5" in svg
    assert "Q3 2023-24 by" not in svg
    assert len(re.findall("<path", svg)) > 2
