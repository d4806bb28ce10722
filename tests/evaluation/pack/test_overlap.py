"""What several bodies count, beside what the programme counts once."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.overlap import Overlap, read_overlaps


@pytest.fixture
def mart():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE dim_indicator AS FROM (VALUES
                ('businesses_assisted', 'count'), ('new_collaborations', 'count'), ('pilots_funded', 'count'),
                ('event_attendees', 'count'), ('resource_levered', 'GBP')
            ) AS given (indicator_key, unit);
            CREATE TABLE indicator_overlap AS
            SELECT indicator_key, period_key, line, partner_key, value::DECIMAL(18, 4) AS value
            FROM (VALUES
                ('businesses_assisted', 'Q1', 'partner', 'A', 20), ('businesses_assisted', 'Q2', 'partner', 'B', 12),
                ('businesses_assisted', 'Q1', 'overlap', NULL, 4), ('businesses_assisted', 'Q2', 'overlap', NULL, 3),
                ('businesses_assisted', 'Q1', 'programme', NULL, 25),
                ('new_collaborations', 'Q1', 'partner', 'A', 9), ('new_collaborations', 'Q1', 'overlap', NULL, 4),
                ('pilots_funded', 'Q1', 'partner', 'A', 9),
                ('event_attendees', 'Q1', 'partner', 'A', NULL), ('event_attendees', 'Q1', 'overlap', NULL, 9),
                ('resource_levered', 'Q1', 'partner', 'A', 9), ('resource_levered', 'Q1', 'overlap', NULL, 9)
            ) AS given (indicator_key, period_key, line, partner_key, value);
        """)
        yield connection


def test_the_overlap_is_a_line_and_a_few_organisations_are_no_number(mart):
    found = read_overlaps(mart)
    assert found == {
        "businesses_assisted": Overlap(Decimal(32), Decimal(7)),
        "new_collaborations": Overlap(Decimal(9), Decimal(4)),
    }
    assert [overlap.is_few for overlap in found.values()] == [False, True]


def test_a_release_of_before_says_nothing(mart):
    mart.execute("DROP TABLE indicator_overlap")
    assert read_overlaps(mart) == {}
