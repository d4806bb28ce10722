"""What is hidden of linked breakdowns: what follows from them is a safe sum and no further."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure.configuration import RuleSet, Scope
from evaluation.disclosure.contributions import SeriesCells, facts_of
from evaluation.disclosure.linked import Linked, Pattern
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.suppression import hide
from tests.conftest import examples
from tests.evaluation.disclosure.makers import AMOUNTS, BUSINESSES, PEOPLE, row
from tests.evaluation.disclosure.programmes import fact

CATEGORIES = ["birmingham", "coventry", "dudley", "sandwell", "walsall"]
Q1 = "2023-24-Q1"
LINKED = (Scope.PARTNER, Scope.CLUSTER)


def hidden(rows, rules: RuleSet, more: tuple[str, ...] = ()) -> Pattern:
    """The pattern of one breakdown."""
    linked = Linked(SeriesCells(rows), (Scope.CLUSTER,), [(Q1,)], [Scope.CLUSTER])
    return hide(linked, {Scope.CLUSTER: [*CATEGORIES, *more]}, rules)[Scope.CLUSTER]


def counted(**numbers: int):
    return [row(Q1, key, f"{key}-{n}") for key, count in numbers.items() for n in range(count)]


def both(rows, rules: RuleSet) -> tuple[set[str], set[str]]:
    """What is hidden by body, and by cluster."""
    linked = Linked(SeriesCells(rows), LINKED, [(Q1,)], LINKED)
    patterns = hide(linked, {scope: [] for scope in LINKED}, rules)
    return set(patterns[Scope.PARTNER].hidden), set(patterns[Scope.CLUSTER].hidden)


def heads(**bodies: tuple[str, int]):
    return [fact(Q1, body, cluster, "", number) for body, (cluster, number) in bodies.items()]


def test_the_smallest_safe_category_is_hidden_with_the_unsafe_one():
    assert hidden(counted(birmingham=23, coventry=12, dudley=3, sandwell=8), BUSINESSES).hidden == {
        "dudley",
        "sandwell",
    }


def test_nothing_is_hidden_where_all_is_safe():
    assert hidden(counted(birmingham=23, coventry=5), BUSINESSES) == Pattern()


def test_two_small_categories_that_add_up_to_a_small_number_need_a_third():
    found = hidden(counted(birmingham=23, coventry=12, dudley=1, sandwell=2), BUSINESSES)
    assert found.hidden == {"dudley", "sandwell", "coventry"}


def test_empty_categories_are_hidden_where_showing_them_would_tell_all():
    pattern = hidden(counted(birmingham=1, coventry=1, dudley=1, sandwell=1, walsall=1), BUSINESSES, ("solihull",))
    assert pattern.all_hidden
    assert "solihull" in pattern.hidden


def test_one_business_in_several_categories_is_one_business():
    rows = [
        row(Q1, "birmingham", "one"),
        row(Q1, "coventry", "one"),
        row(Q1, "coventry", "two"),
        *counted(dudley=40),
    ]
    assert hidden(rows, BUSINESSES).hidden == {"birmingham", "coventry", "dudley"}, "two are too few to be a known sum"


def test_who_is_alone_in_a_hidden_sum_does_not_learn_another_one():
    rows = [
        *(row(Q1, "birmingham", f"b{n}", 100) for n in range(8)),
        *(row(Q1, "coventry", f"c{n}", 90) for n in range(8)),
        row(Q1, "dudley", "alone", 500),
    ]
    assert len(hidden(rows, AMOUNTS).hidden) >= 3


def test_a_hidden_body_that_is_all_of_its_cluster_hides_the_cluster():
    """The larger of two that are the same is no help, and of two as large the same one is hidden in both breakdowns."""
    bodies, clusters = both(heads(b9=("auto", 4), b1=("clean", 12), b5=("health", 12), b3=("rail", 40)), PEOPLE)
    assert bodies == {"b9", "b1"}
    assert clusters == {"auto", "clean"}


def test_what_is_left_of_a_cluster_is_not_a_small_number():
    """12 of 14 shown beside the cluster would leave 2."""
    bodies, clusters = both(heads(b1=("auto", 12), b2=("auto", 2), b3=("rail", 30), b4=("rail", 40)), PEOPLE)
    assert bodies == {"b1", "b2"}
    assert clusters == set()


def test_grants_that_no_body_returned_do_not_follow_from_their_cluster():
    rows = [fact(Q1, "b1", "auto", f"a{n}") for n in range(12)] + [fact(Q1, "", "auto", f"g{n}") for n in range(2)]
    rows += [fact(Q1, "b2", "rail", f"r{n}") for n in range(20)]
    bodies, clusters = both(rows, BUSINESSES)
    assert bodies | clusters, "14 of the cluster less 12 of its body are the two"


def test_where_a_body_held_its_events_links_the_authority_too():
    """23 in Dudley less the 15 of the other body that was there are 8."""
    cut = (*LINKED, Scope.LOCAL_AUTHORITY)
    rows = [
        fact(Q1, body, cluster, "", number, authority)
        for body, cluster, number, authority in (
            ("b1", "auto", 8, "dudley"),
            ("b2", "rail", 15, "dudley"),
            ("b3", "auto", 14, "walsall"),
            ("b4", "rail", 50, "walsall"),
        )
    ]
    patterns = hide(Linked(SeriesCells(rows), cut, [(Q1,)], cut), {scope: [] for scope in cut}, PEOPLE)
    assert "b1" in patterns[Scope.PARTNER].hidden
    assert "b2" in patterns[Scope.PARTNER].hidden or "dudley" in patterns[Scope.LOCAL_AUTHORITY].hidden


def test_facts_of_other_clusters_than_the_bodys_link_nothing():
    rows = [fact(Q1, "b1", cluster, f"{cluster}{n}") for cluster in ("auto", "rail", "clean") for n in range(9)]
    rows += [fact(Q1, "b2", cluster, f"{cluster}2{n}") for cluster in ("auto", "rail", "clean") for n in range(9)]
    assert both(rows, BUSINESSES) == (set(), set())


@examples(200)
@given(
    st.dictionaries(st.sampled_from(CATEGORIES), st.integers(1, 30), min_size=1),
    st.sampled_from([BUSINESSES, PEOPLE]),
)
def test_what_is_hidden_is_never_a_small_sum(numbers, rules):
    rows = [row(Q1, key, "", count) for key, count in numbers.items()] if rules is PEOPLE else counted(**numbers)
    cells = SeriesCells(rows)
    linked = Linked(cells, (Scope.CLUSTER,), [(Q1,)], [Scope.CLUSTER])
    if is_unsafe(facts_of(linked.cell(linked.whole), rules), rules):
        return
    pattern = hide(linked, {Scope.CLUSTER: CATEGORIES}, rules)[Scope.CLUSTER]
    for node, cell in linked.figures.items():
        assert node[1] in pattern.hidden or not is_unsafe(facts_of(cell, rules), rules)
    if pattern.hidden:
        together = linked.cell(leaf for leaf in linked.whole if leaf[0] in pattern.hidden)
        assert not is_unsafe(facts_of(together, rules), rules)
        assert len(pattern.hidden) >= 2
