"""One row of categories: what is hidden follows as a sum and no further."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclosure.contributions import facts_of, merge
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.suppression import Pattern, hide, hide_more
from tests.evaluation.disclosure.makers import AMOUNTS, BUSINESSES, PEOPLE

CATEGORIES = ["birmingham", "coventry", "dudley", "sandwell", "walsall"]


def counted(**numbers: int) -> dict[str, dict[str, float]]:
    return {key: {f"{key}-{n}": 1.0 for n in range(count)} for key, count in numbers.items() if count}


def test_the_smallest_safe_category_is_hidden_with_the_unsafe_one():
    row = counted(birmingham=23, coventry=12, dudley=3, sandwell=8)
    assert hide(row, list(row), BUSINESSES) == Pattern(frozenset({"dudley", "sandwell"}))


def test_nothing_is_hidden_where_all_is_safe():
    assert hide(counted(birmingham=23, coventry=5), CATEGORIES, BUSINESSES) == Pattern()


def test_two_small_categories_that_add_up_to_a_small_number_need_a_third():
    row = counted(birmingham=23, coventry=12, dudley=1, sandwell=2)
    assert hide(row, CATEGORIES, BUSINESSES).hidden == {"dudley", "sandwell", "coventry"}


def test_empty_categories_are_hidden_where_showing_them_would_tell_all():
    row = counted(birmingham=1, coventry=1, dudley=1, sandwell=1, walsall=1)
    pattern = hide(row, [*CATEGORIES, "solihull"], BUSINESSES)
    assert pattern.all_hidden
    assert "solihull" in pattern.hidden


def test_one_business_in_several_categories_is_one_business():
    row = {"birmingham": {"one": 1.0}, "coventry": {"one": 1.0, "two": 1.0}, "dudley": counted(dudley=40)["dudley"]}
    assert hide(row, CATEGORIES, BUSINESSES).hidden == set(row), "two businesses are too few to be known as a sum"


def test_who_is_alone_in_a_hidden_sum_does_not_learn_another_one():
    row = {
        "birmingham": {f"b{n}": 100.0 for n in range(8)},
        "coventry": {f"c{n}": 90.0 for n in range(8)},
        "dudley": {"alone": 500.0},
    }
    assert len(hide(row, CATEGORIES, AMOUNTS).hidden) >= 3


def test_more_is_hidden_until_all_is():
    row = counted(birmingham=23, coventry=12, dudley=3, sandwell=8)
    pattern = hide(row, CATEGORIES, BUSINESSES)
    seen = [len(pattern.hidden)]
    while not pattern.all_hidden:
        pattern = hide_more(pattern, row, CATEGORIES, BUSINESSES)
        seen.append(len(pattern.hidden))
    assert seen == sorted(set(seen))
    assert pattern.hidden == set(CATEGORIES)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(CATEGORIES), st.integers(1, 30), min_size=1),
    st.sampled_from([BUSINESSES, PEOPLE]),
)
def test_what_is_hidden_is_never_a_small_sum(numbers, rules):
    row = {key: {"": float(count)} for key, count in numbers.items()}
    if rules is BUSINESSES:
        row = counted(**numbers)
    total = facts_of(merge(row.values()), rules)
    pattern = hide(row, CATEGORIES, rules)
    for key, cell in row.items():
        assert key in pattern.hidden or not is_unsafe(facts_of(cell, rules), rules)
    if pattern.hidden and not is_unsafe(total, rules):
        hidden = facts_of(merge(row[key] for key in pattern.hidden if key in row), rules)
        assert not is_unsafe(hidden, rules)
        assert len(pattern.hidden) >= 2
