"""Time: quarters that wait for others, years, and that later quarters change nothing that was decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure.configuration import Scope
from evaluation.disclosure.errors import ManualReviewNeeded
from evaluation.disclosure.public_rows import quarter_rows, year_rows
from evaluation.disclosure.series import protect_series, steps_of, years_of
from tests.conftest import examples
from tests.evaluation.disclosure.makers import (
    AMOUNTS,
    BUSINESSES,
    BY_QUARTER,
    BY_YEAR,
    PEOPLE,
    businesses,
    cells,
    people,
    quarters,
    row,
)

Q1, Q2, Q3, Q4 = (f"2023-24-Q{number}" for number in (1, 2, 3, 4))
CATEGORIES = {Scope.CLUSTER: ["auto", "clean", "health"]}


def shown(found, series, rules, count, scope, key):
    time = quarters(count)
    public = protect_series(found, time, series, rules, CATEGORIES)
    return [
        (r["value"], r["status"], r["cumulative_value"], r["cumulative_status"])
        for r in quarter_rows("tested", public, series, time, CATEGORIES)
        if (r["scope"], r["scope_key"]) == (scope, key)
    ]


def test_a_small_quarter_waits_for_the_next_one():
    found = cells(businesses(Q1, health=3), businesses(Q2, health=60), businesses(Q3, health=2))
    assert steps_of(found, quarters(3), BUSINESSES) == [(Q1, Q2)]
    assert shown(found, BY_YEAR, BUSINESSES, 3, "programme", "programme") == [
        (None, "c", None, "c"),
        (None, "c", 63, None),
        (None, "c", None, "c"),
    ]


def test_a_quarter_without_anything_is_shown_as_nought():
    found = cells(people(Q1, health=20), people(Q3, health=20))
    assert shown(found, BY_QUARTER, PEOPLE, 3, "cluster", "health") == [
        (20, None, 20, None),
        (0, None, 20, None),
        (20, None, 40, None),
    ]


def test_a_hidden_quarter_hides_what_is_cumulated_after_it():
    found = cells(people(Q1, health=30, clean=3, auto=15), people(Q2, health=30, clean=20, auto=15))
    assert shown(found, BY_QUARTER, PEOPLE, 2, "cluster", "clean") == [(None, "c", None, "c"), (20, None, None, "c")]
    assert shown(found, BY_QUARTER, PEOPLE, 2, "cluster", "health") == [(30, None, 30, None), (30, None, 60, None)]


def test_a_cut_by_year_is_shown_at_the_years_end():
    found = cells(*(businesses(period, health=5, clean=8, auto=20) for period in (Q1, Q2, Q3, Q4)))
    assert shown(found, BY_YEAR, BUSINESSES, 4, "cluster", "health") == [
        (None, "x", None, "x"),
        (None, "x", None, "x"),
        (None, "x", None, "x"),
        (None, "x", 20, None),
    ]
    time = quarters(4)
    public = protect_series(found, time, BY_YEAR, BUSINESSES, CATEGORIES)
    by_year = {(r["scope"], r["scope_key"]): r["value"] for r in year_rows("tested", public, BY_YEAR, time, CATEGORIES)}
    assert by_year == {
        ("programme", "programme"): 132,
        ("cluster", "auto"): 80,
        ("cluster", "clean"): 32,
        ("cluster", "health"): 20,
    }


def test_a_year_ends_within_a_step_that_crosses_it():
    steps = [(Q1, Q2), (Q3,), (Q4, "2024-25-Q1"), ("2024-25-Q2",)]
    assert years_of(steps, quarters(8)) == [[(Q1, Q2), (Q3,), (Q4, "2024-25-Q1")]]


def test_a_key_that_gives_the_programme_away_is_hidden_by_the_audit():
    """All of a quarter's businesses are of one cluster but three: the year's figure would tell them."""
    found = cells(businesses(Q1, health=50), businesses(Q2, health=3, clean=2), businesses(Q3), businesses(Q4))
    rows = shown(found, BY_YEAR, BUSINESSES, 4, "cluster", "health")
    assert rows[3][2] is None


def test_breakdowns_that_cannot_be_protected_are_not_shown_and_the_programme_is():
    """A count that must stay uncertain by more than there is: nothing that is hidden could be."""
    wide = BUSINESSES.model_copy(update={"protection": 50})
    found = cells(businesses(Q1, health=3, clean=17, auto=1))
    time = quarters(1)
    public = protect_series(found, time, BY_QUARTER, wide, CATEGORIES)
    assert public.withheld == [Scope.CLUSTER]
    rows = list(quarter_rows("tested", public, BY_QUARTER, time, CATEGORIES))
    assert {(r["scope"], r["value"], r["status"]) for r in rows} == {("programme", 21, None), ("cluster", None, "c")}


def test_less_than_nothing_needs_a_person():
    with pytest.raises(ManualReviewNeeded):
        protect_series(cells([row(Q1, "health", "one", -5)]), quarters(1), BY_YEAR, AMOUNTS, CATEGORIES)


def test_an_open_indicator_is_shown_as_it_is():
    found = cells(businesses(Q1, health=1), businesses(Q2, health=2))
    assert shown(found, BY_QUARTER, None, 2, "cluster", "health") == [(1, None, 1, None), (2, None, 3, None)]


heads = st.lists(st.tuples(*[st.integers(0, 25)] * 3), min_size=2, max_size=8)


@examples(60)
@given(heads)
def test_later_quarters_change_nothing_that_was_shown(numbers):
    time = quarters(len(numbers))
    found = cells(
        *(people(q.period_key, auto=a, clean=c, health=h) for q, (a, c, h) in zip(time, numbers, strict=True))
    )
    before = protect_series(found, time[:-1], BY_QUARTER, PEOPLE, CATEGORIES)
    after = protect_series(found, time, BY_QUARTER, PEOPLE, CATEGORIES)
    for scope, blocks in before.blocks.items():
        assert list(after.blocks[scope][: len(blocks)]) == list(blocks)


@examples(30)
@given(heads, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(numbers, random):
    time = quarters(len(numbers))
    rows = [
        item
        for q, (a, c, h) in zip(time, numbers, strict=True)
        for item in people(q.period_key, auto=a, clean=c, health=h)
    ]
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = (protect_series(cells(found), time, BY_QUARTER, PEOPLE, CATEGORIES) for found in (rows, shuffled))
    assert one == other
