"""From one release to the next: a figure moves only when its change is as safe as a figure."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure.configuration import Scope, Series
from evaluation.disclosure.contributions import SeriesCells, facts_of, merge
from evaluation.disclosure.revision import Edition, revise
from evaluation.disclosure.rules import is_unsafe
from evaluation.disclosure.series import protect_series
from tests.conftest import examples
from tests.evaluation.disclosure.attacker import changes_told
from tests.evaluation.disclosure.makers import (
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
from tests.evaluation.disclosure.programmes import PROTECTIONS, fact, programme

Q1, Q2, Q3, Q4 = (f"2023-24-Q{number}" for number in (1, 2, 3, 4))
CLUSTERS = ["auto", "clean", "health"]
CATEGORIES = {Scope.CLUSTER: CLUSTERS}


def edition(found: SeriesCells, *periods: str) -> Edition:
    return Edition(found, frozenset(periods))


def revised(now, editions, count=1, series=BY_QUARTER, rules=PEOPLE):
    return revise(now, editions, quarters(count), series, rules, CATEGORIES)


def total(found: SeriesCells, period: str, cluster: str) -> float:
    return sum(found.cells(Scope.CLUSTER, period).get(cluster, {}).values())


def test_the_first_release_shows_what_there_is():
    now = cells(people(Q1, health=40))
    outcome = revised(now, [])
    assert outcome.cells is now
    assert (outcome.held, outcome.revised) == ([], [])


def test_one_late_attendee_is_held_back():
    before = cells(people(Q1, health=40, clean=20, auto=30))
    outcome = revised(cells(people(Q1, health=41, clean=20, auto=30)), [edition(before, Q1)])
    assert outcome.held == [Q1]
    assert total(outcome.cells, Q1, "health") == 40


def test_ten_late_attendees_are_shown():
    before = cells(people(Q1, health=40, clean=20, auto=30))
    outcome = revised(cells(people(Q1, health=50, clean=20, auto=30)), [edition(before, Q1)])
    assert outcome.revised == [Q1]
    assert total(outcome.cells, Q1, "health") == 50


def test_a_new_quarter_is_shown_beside_one_that_is_held():
    before = cells(people(Q1, health=40, clean=20, auto=30))
    now = cells(people(Q1, health=41, clean=20, auto=30), people(Q2, health=35, clean=15, auto=25))
    outcome = revised(now, [edition(before, Q1)], count=2)
    assert outcome.held == [Q1]
    assert (total(outcome.cells, Q1, "health"), total(outcome.cells, Q2, "health")) == (40, 35)


def test_five_moved_from_one_cluster_to_another_count_in_both():
    before = cells(people(Q1, health=40, clean=20, auto=30))
    assert revised(cells(people(Q1, health=35, clean=25, auto=30)), [edition(before, Q1)]).held == [Q1]


def test_a_figure_that_would_appear_or_vanish_is_held_back():
    before = cells(people(Q1, health=40, clean=8, auto=30))
    assert revised(cells(people(Q1, health=40, clean=18, auto=30)), [edition(before, Q1)]).held == [Q1]


def test_businesses_that_left_and_came_count_as_changes():
    first = businesses(Q1, health=10, clean=20, auto=30)
    swapped = [item for item in first if item["contributor"] != f"health-{Q1}-0"] + [row(Q1, "health", "newcomer")]
    found = [*first, *(item for period in (Q2, Q3, Q4) for item in businesses(period, health=9, clean=9, auto=9))]
    now = [*swapped, *found[len(first) :]]
    outcome = revised(cells(now), [edition(cells(found), Q1, Q2, Q3, Q4)], 4, BY_YEAR, BUSINESSES)
    assert outcome.held == [Q1], "the same number, but two businesses are another"


def test_small_steps_do_not_hide_behind_one_another():
    """Each change is safe against the latest release, but not against the one before."""
    oldest = cells(people(Q1, health=40, clean=20, auto=30))
    latest = cells(people(Q1, health=55, clean=20, auto=30))
    outcome = revised(cells(people(Q1, health=43, clean=20, auto=30)), [edition(latest, Q1), edition(oldest, Q1)])
    assert outcome.held == [Q1]


def test_an_open_indicator_follows_the_mart():
    now = cells(businesses(Q1, health=3))
    assert (
        revise(now, [edition(cells(businesses(Q1, health=2)), Q1)], quarters(1), BY_QUARTER, None, CATEGORIES).cells
        is now
    )


counts = st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=3, max_size=3)
changes = st.lists(st.tuples(*[st.sampled_from([0, 0, 0, 1, 5, 9, 10, 20])] * 3), min_size=3, max_size=3)


@examples(80)
@given(counts, changes, st.integers(1, 3))
def test_no_difference_between_two_releases_is_a_small_number(numbers, late, covered):
    time = quarters(3)

    def made(values) -> SeriesCells:
        return cells(
            *(people(q.period_key, auto=a, clean=c, health=h) for q, (a, c, h) in zip(time, values, strict=True))
        )

    before = made(numbers)
    now = made([tuple(a + b for a, b in zip(n, d, strict=True)) for n, d in zip(numbers, late, strict=True)])
    periods = [quarter.period_key for quarter in time[:covered]]
    outcome = revise(now, [edition(before, *periods)], time, BY_QUARTER, PEOPLE, CATEGORIES)
    earlier = protect_series(before, time[:covered], BY_QUARTER, PEOPLE, CATEGORIES)
    later = protect_series(outcome.cells, time, BY_QUARTER, PEOPLE, CATEGORIES)
    for scope, blocks in earlier.blocks.items():
        for old, new in zip(blocks, later.blocks[scope], strict=False):
            assert (old.periods, old.pattern) == (new.periods, new.pattern)
            hidden = [sum(merge(b.cells.get(k, {}) for k in old.pattern.hidden).values()) for b in (old, new)]
            known = [
                (old.shown(k, PEOPLE), new.shown(k, PEOPLE)) for k in {*old.cells, *new.cells} - old.pattern.hidden
            ]
            for one, other in [*known, hidden]:
                change = abs(other - one)
                assert not is_unsafe(facts_of({"": change} if change else {}, PEOPLE), PEOPLE)


def test_what_is_left_of_a_cluster_may_not_change_by_a_small_number():
    """Cluster and shown body tell that the two hidden ones of auto are two more, whatever those of rail are."""
    bodies = {"b1": "auto", "b2": "auto", "b3": "auto", "b4": "rail", "b5": "rail", "b6": "rail"}
    linked = Series(rules="people", scopes={Scope.PARTNER: "quarter", Scope.CLUSTER: "quarter"})
    categories = {Scope.PARTNER: ["", *bodies], Scope.CLUSTER: ["auto", "rail"]}

    def made(**heads: int) -> SeriesCells:
        return SeriesCells(fact(Q1, body, bodies[body], "", number) for body, number in heads.items())

    def outcome(**heads: int):
        before = made(b1=40, b2=8, b3=9, b4=40, b5=8, b6=9)
        return revise(made(**heads), [edition(before, Q1)], quarters(1), linked, PEOPLE, categories)

    assert outcome(b1=50, b2=8, b3=9, b4=40, b5=8, b6=9).revised == [Q1]
    assert outcome(b1=50, b2=8, b3=11, b4=40, b5=8, b6=19).held == [Q1]


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("seed", range(24))
def test_no_change_of_a_linked_figure_that_follows_is_a_small_one(seed, share):
    """Bodies and clusters, two releases: whatever follows from both by subtraction changed by enough, or not at all."""
    before = programme(seed)
    draw = random.Random(seed)
    late = [
        fact(
            quarter.period_key,
            body,
            cluster,
            "" if before.kind == "people" else f"late{n}",
            {"people": 3, "businesses": 1, "money": 100}[before.kind],
        )
        for quarter in before.time
        for body, cluster in sorted(before.bodies.items())
        if draw.random() < share
        for n in range(draw.choice([2, 12, 12, 12]))
    ]
    everything = SeriesCells([*before.rows, *late])
    periods = frozenset(quarter.period_key for quarter in before.time)
    outcome = revise(
        everything,
        [Edition(SeriesCells(before.rows), periods)],
        before.time,
        before.series,
        before.rules,
        before.categories,
    )
    after = replace(before, rows=[row for period in sorted(periods) for row in outcome.cells.rows_of(period)])
    attacker, rows = before.attacker()
    assert [row["value"] is None for row in rows] == [row["value"] is None for row in after.attacker()[1]]
    assert list(changes_told(attacker, rows, before.rows, after.rows, PROTECTIONS[before.kind][1])) == []
