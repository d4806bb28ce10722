"""The attack: whoever adds and subtracts everything published learns no unsafe figure closely."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclosure.configuration import RuleSet, Scope, Series
from evaluation.disclosure.contributions import PROGRAMME_KEY, SeriesCells, facts_of, merge
from evaluation.disclosure.figures import Timeline, quarter_rows, year_rows
from evaluation.disclosure.rules import is_unsafe, upper_protection
from evaluation.disclosure.series import protect_series
from tests.evaluation.disclosure.attacker import Attacker
from tests.evaluation.disclosure.makers import AMOUNTS, BUSINESSES, BY_QUARTER, BY_YEAR, PEOPLE, quarters, row

CLUSTERS = ["health", "clean", "auto", "rail"]
CATEGORIES = {Scope.CLUSTER: CLUSTERS}


def exposed(cells: SeriesCells, series: Series, rules: RuleSet, count: int) -> Iterator[str]:
    """Every unsafe figure the attacker learns too closely."""
    time = quarters(count)
    public = protect_series(cells, time, series, rules, CATEGORIES)
    by_quarter = list(quarter_rows("tested", public, series, Timeline(time), CATEGORIES))
    by_year = list(year_rows("tested", public, series, Timeline(time), CATEGORIES))
    keys = [quarter.period_key for quarter in time]
    years = {
        quarter.financial_year: [q.period_key for q in time if q.financial_year == quarter.financial_year]
        for quarter in time
    }
    attacker = Attacker(keys, CLUSTERS, "cluster")
    attacker.read(by_quarter, by_year, years)
    stretches = [[key] for key in keys] + list(years.values()) + [keys[: end + 1] for end in range(1, len(keys))]
    for stretch in stretches:
        for category in [None, *CLUSTERS]:
            scope, name = (Scope.PROGRAMME, PROGRAMME_KEY) if category is None else (Scope.CLUSTER, category)
            facts = facts_of(merge(cells.cells(scope, key).get(name, {}) for key in stretch), rules)
            if not is_unsafe(facts, rules):
                continue
            low, high = attacker.interval(stretch, category)
            if rules.kind == "count":
                narrow = high - low < rules.threshold - 1e-6
            else:
                narrow = high < facts.value + upper_protection(facts, rules) - 1e-3 * facts.value
            if narrow:
                yield f"{name} in {stretch}: {facts.value} known to lie in [{low}, {high}]"


small_count = st.one_of(st.integers(0, 4), st.integers(0, 30))


@st.composite
def contributions(draw, count: int, *, amounts: bool):
    rows = []
    for quarter in quarters(count):
        for cluster in CLUSTERS[: draw(st.integers(2, 4))]:
            number = draw(small_count)
            # Some businesses come again, in another quarter or cluster.
            pool = st.integers(0, 40) if amounts else st.integers(0, 10_000)
            for who in draw(st.lists(pool, min_size=number, max_size=number, unique=True)):
                amount = draw(st.sampled_from([1, 10, 100, 5000])) * (1 + who % 7) if amounts else 1
                rows.append(row(quarter.period_key, cluster, f"org{who}", amount))
    return SeriesCells(rows)


@st.composite
def heads(draw, count: int):
    rows = [
        row(quarter.period_key, cluster, "", number)
        for quarter in quarters(count)
        for cluster in CLUSTERS
        if (number := draw(st.one_of(st.just(0), st.integers(1, 12), st.integers(0, 80))))
    ]
    return SeriesCells(rows)


@settings(max_examples=25, deadline=None)
@given(heads(count=5))
def test_counts_of_people_by_quarter(cells):
    assert list(exposed(cells, BY_QUARTER, PEOPLE, 5)) == []


@settings(max_examples=25, deadline=None)
@given(heads(count=5))
def test_rounded_counts_of_people(cells):
    rounded = PEOPLE.model_copy(update={"rounding": 5})
    time = quarters(5)
    public = protect_series(cells, time, BY_QUARTER, rounded, CATEGORIES)
    shown = [r["value"] for r in quarter_rows("tested", public, BY_QUARTER, Timeline(time), CATEGORIES)]
    assert all(value is None or value == 0 or (value >= 10 and value % 5 == 0) for value in shown)


@settings(max_examples=25, deadline=None)
@given(contributions(8, amounts=False))
def test_counts_of_businesses_by_year(cells):
    assert list(exposed(cells, BY_YEAR, BUSINESSES, 8)) == []


@settings(max_examples=20, deadline=None)
@given(contributions(8, amounts=True))
def test_sums_of_money_by_year(cells):
    assert list(exposed(cells, BY_YEAR, AMOUNTS, 8)) == []


def test_the_attacker_is_one_worth_fearing():
    """One hidden cell in a row whose total is known is found, exactly."""
    attacker = Attacker(["2023-24-Q1"], CLUSTERS, "cluster")
    shown = {"health": 23, "clean": 12, "auto": None, "rail": 8}
    rows = [
        {
            "scope": "programme",
            "scope_key": "programme",
            "period_key": "2023-24-Q1",
            "value": 46,
            "cumulative_value": 46,
        }
    ]
    rows += [
        {"scope": "cluster", "scope_key": key, "period_key": "2023-24-Q1", "value": value, "cumulative_value": value}
        for key, value in shown.items()
    ]
    attacker.read(rows, [], {})
    assert attacker.interval(["2023-24-Q1"], "auto") == pytest.approx((3, 3))
