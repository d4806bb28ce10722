"""What the figures that count organisations could be, while pairs of them wait for people."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.identity import IdentityInterval, Waiting, read_waiting


@pytest.fixture
def mart():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE indicator_identity AS FROM (VALUES
                ('businesses_assisted', '2023-24-Q1', 4.0, 3.0, 3.0, 4.0),
                ('businesses_assisted', '2023-24-Q2', 9.0, 8.0, 7.0, 10.0),
                ('new_collaborations', '2023-24-Q2', 5.0, 5.0, 5.0, 5.0)
            ) AS given (indicator_key, period_key, all_different_value, all_same_value, lower_value, upper_value);
            CREATE TABLE organisation_review AS FROM (VALUES ('a', 'b'), ('c', 'a'))
                AS given (left_organisation_key, right_organisation_key);
            CREATE TABLE indicator_fact AS FROM (VALUES
                ('businesses_assisted', 'f1', 'a', true), ('businesses_assisted', 'f2', 'b', false),
                ('businesses_assisted', 'f3', 'z', true), ('event_attendees', 'f4', 'a', true),
                ('new_collaborations', 'new_collaborations:K', NULL, true)
            ) AS given (indicator_key, fact_key, organisation_key, is_counted);
            CREATE TABLE fct_collaboration_member AS FROM (VALUES ('K', 'b'), ('K', 'z'))
                AS given (collaboration_key, organisation_key);
        """)
        yield connection


def test_the_newest_interval_the_pairs_and_what_hangs_on_them_are_read(mart):
    found = read_waiting(mart)
    assert (found.pairs, found.counted_facts) == (2, 2)
    assert found.intervals["businesses_assisted"] == IdentityInterval(Decimal(7), Decimal(10), Decimal(8))


def test_a_release_of_before_says_nothing(mart):
    mart.execute("DROP TABLE indicator_identity")
    assert read_waiting(mart) == Waiting(0, 0, {})
