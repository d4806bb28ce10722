"""The pages that the report's figures open to: each figure has a page, and its rows add up to it."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from evaluation.trace.links import link_of
from evaluation.trace.pages import write_pages
from tests.evaluation.trace.marts import add_mart, fact

HOSTILE = '<script>alert("x")</script>.xlsx#Jobs!4'
FACTS = [
    fact("A", exact_quantity=20, exact_claimed_quantity=20), fact("B", exact_quantity=20, exact_claimed_quantity=30),
    fact("C", partner_key="CB02", period_key="2023-24-Q2", source_place=HOSTILE),
    fact("D", not_counted_reason="vacant"),
    fact("E", source_record_id="hubspot/meetings/5", source_place="hubspot/meetings/5", source_system="hubspot"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("indicator_performance/jobs_created/actual_value", "jobs_created.html#all/verified"),
        ("indicator_performance/jobs_created/claimed_value", "jobs_created.html#all/claimed"),
        ("indicator_value/jobs_created/2023-24-Q1/claimed", "jobs_created.html#2023-24-Q1/claimed"),
        ("indicator_value/jobs_created/2023-24-Q1/verified/cumulative", "jobs_created.html#to-2023-24-Q1/verified"),
        ("public/partner/CB01/jobs_created", "jobs_created.html#all/verified/partner/CB01"),
        ("public/partner/CB01/jobs_created/2023-24", "jobs_created.html#2023-24/verified/partner/CB01"),
        ("indicator_performance/jobs_created/target_value", None),
        ("evaluation_result/programme/local/net_jobs/central", None),
    ],
)
def test_what_a_figure_opens_to(source, link):
    assert link_of(source) == link


@pytest.fixture
def page(tmp_path):
    return _page(tmp_path)


def _page(tmp_path, hide="SELECT 1"):
    from datetime import UTC, datetime

    with duckdb.connect() as connection:
        add_mart(connection, "mart", FACTS)
        connection.execute("USE mart")
        connection.execute(
            "CREATE OR REPLACE TABLE dim_indicator AS SELECT 'jobs_created' AS indicator_key, 'H5' AS indicator_code, "
            "'Jobs <created>' AS name, 'FTE' AS unit, 'what' AS definition, 'how' AS counting_rule, "
            "1 AS definition_version, 'B' AS minimum_evidence_grade, true AS is_headline"
        )
        connection.execute(
            "CREATE TABLE indicator_performance AS SELECT 'jobs_created' AS indicator_key, NULL AS target_value, "
            "NULL AS lower_value, NULL AS upper_value, 'not_stated' AS target_status, false AS is_approximate, "
            "NULL AS rag, 'no target stated' AS rag_reason"
        )
        connection.execute(hide)
        read = {"hubspot/meetings/5": datetime(2025, 7, 1, 1, tzinfo=UTC)}
        (written,) = write_pages(connection, tmp_path / "trace", lambda system, _: read if system == "hubspot" else {})
    return written.read_text(encoding="utf-8")


def test_the_rows_of_a_quarter_add_up_to_what_stands_over_them(page):
    sums = {}
    for quarter, section in re.findall(r'<section id="([^"]+)">(.*?)</section>', page, re.DOTALL):
        for basis, rows in re.findall(r'data-basis="(\w+)">.*?<tbody>(.*?)</tbody>', section, re.DOTALL):
            sums[quarter, basis] = sum(map(Decimal, re.findall(r'data-q="([\d.-]+)"', rows)))
    # Of D nothing counts, of B ten hours do not.
    assert sums == {
        ("2023-24-Q1", "verified"): 70, ("2023-24-Q1", "claimed"): 140, ("2023-24-Q1", "not_counted"): 40,
        ("2023-24-Q2", "verified"): 30,
    }  # fmt: skip
    assert "70 contracted hours / 30 = 2.3333, 3 facts" in page
    assert '<tr data-partner="CB01" data-cluster="creative" data-local_authority="E08000025" data-q="20.0000">' in page


def test_a_place_says_where_and_when_and_no_name_of_a_file_is_markup(page):
    assert "r.xlsx, sheet Jobs, cells A4:B4" in page
    assert "hubspot/meetings/5, read 2025-07-01 01:00 UTC" in page
    assert "&lt;script&gt;" in page
    assert page.count("<script>") == 1
    assert "Jobs &lt;created&gt;" in page


def test_what_the_release_does_not_show_is_no_sum_of_what_is_left(tmp_path):
    hide = "UPDATE indicator_value SET exact_value = NULL WHERE scope = 'programme' AND period_key = '2023-24-Q1'"
    page = _page(tmp_path, hide)
    assert "70 contracted hours" not in page
    assert "x, not available, 3 facts" in page
    assert 'data-hidden="2023-24-Q1/claimed/programme/programme 2023-24-Q1/verified/programme/programme"' in page
