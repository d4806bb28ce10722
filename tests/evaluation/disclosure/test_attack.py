"""The attack: whoever adds and subtracts everything published learns no unsafe figure closely.

`make test-disclosure` attacks a thousand random programmes; a slice of them is attacked here.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure.configuration import Scope, Series
from evaluation.disclosure.contributions import SeriesCells
from evaluation.disclosure.public_rows import quarter_rows
from evaluation.disclosure.series import protect_series
from tests.conftest import examples
from tests.evaluation.disclosure.attacker import Attacker
from tests.evaluation.disclosure.makers import BY_QUARTER, PEOPLE, quarters, row
from tests.evaluation.disclosure.programmes import Programme, fact, programme

CLUSTERS = ["health", "clean", "auto", "rail"]
Q1 = "2023-24-Q1"
BOTH = Series(rules="any", scopes={Scope.PARTNER: "quarter", Scope.CLUSTER: "quarter"})
PROGRAMMES = int(os.environ.get("WMIP_TEST_PROGRAMMES", "40"))
# Of all, so many at a time: one that is found names few seeds.
BATCH = 20


@pytest.mark.parametrize("first", range(0, PROGRAMMES, BATCH))
def test_random_programmes(first):
    found = [
        problem
        for seed in range(first, min(first + BATCH, PROGRAMMES))
        for problem in programme(seed).attacked(insiders=0 if seed % 5 else 2)
    ]
    assert found == []


def made(rows, bodies, kind: str, count: int = 1) -> Programme:
    return Programme("tested", rows, bodies, quarters(count), BOTH, kind)


def test_money_of_three_contributors_with_two_bodies_in_a_cluster():
    """Shown by cluster, and less the body beside it, it came out to the penny."""
    bodies = {"b1": "auto", "b2": "auto", "b3": "rail", "b4": "rail"}
    rows = [fact(Q1, "b1", "auto", f"a{n}", 1000.01 + n) for n in range(3)]
    for body, size in (("b2", 30), ("b3", 28), ("b4", 22)):
        rows += [fact(Q1, body, bodies[body], f"{body}-{n}", 900.0 + 10 * n) for n in range(size)]
    assert made(rows, bodies, "money").attacked(insiders=6) == []


def test_a_count_of_four_where_a_cluster_is_one_body_and_two_are_as_large():
    """The ties were broken by the body's key in one breakdown and by the cluster's in the other."""
    bodies = {"b1": "rail", "b2": "auto", "b3": "health", "b4": "clean"}
    numbers = {"b1": 4, "b2": 12, "b3": 12, "b4": 30}
    rows = [fact(Q1, body, cluster, "", numbers[body]) for body, cluster in bodies.items()]
    tested = made(rows, bodies, "people")
    assert tested.attacked() == []
    by_quarter, _ = tested.public()
    shown = {r["scope_key"] for r in by_quarter if r["scope"] != "programme" and r["value"] is not None}
    assert {key for key in shown if key in bodies} == {body for body, cluster in bodies.items() if cluster in shown}


def test_random_quarters_of_fifteen_people_a_body():
    """Of 300 such quarters 113 gave a hidden figure away."""
    draw = random.Random(15)
    bodies = {f"b{number:02}": CLUSTERS[number % 4] for number in range(11)}
    found = []
    for _ in range(60):
        rows = [
            fact(Q1, body, cluster, "", number)
            for body, cluster in bodies.items()
            if (number := round(draw.gauss(15, 6))) > 0
        ]
        found += made(rows, bodies, "people").attacked()
    assert found == []


@examples(25)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=5, max_size=5))
def test_rounded_counts_of_people(numbers):
    rounded = PEOPLE.model_copy(update={"rounding": 5})
    time = quarters(5)
    cells = SeriesCells(
        row(quarter.period_key, cluster, "", number)
        for quarter, row_of in zip(time, numbers, strict=True)
        for cluster, number in zip(CLUSTERS, row_of, strict=True)
        if number
    )
    categories = {Scope.CLUSTER: CLUSTERS}
    public = protect_series(cells, time, BY_QUARTER, rounded, categories)
    shown = [r["value"] for r in quarter_rows("tested", public, BY_QUARTER, time, categories)]
    assert all(value is None or value == 0 or (value >= 10 and value % 5 == 0) for value in shown)


def shown_row(scope: str, key: str, value: float | None) -> dict:
    status = "c" if value is None else None
    return {
        "scope": scope,
        "scope_key": key,
        "period_key": Q1,
        "value": value,
        "status": status,
        "cumulative_value": value,
        "cumulative_status": status,
    }


@pytest.mark.parametrize("linked", [False, True])
def test_the_attacker_is_one_worth_fearing(linked):
    """One hidden figure is found, exactly: in a row whose total is known, and through the breakdown that is linked."""
    rows = [shown_row("programme", "programme", 46)]
    if linked:
        attacker = Attacker([Q1], {}, {"b1": "auto", "b2": "auto", "b3": "rail", "b4": "rail"})
        rows += [shown_row("partner", key, v) for key, v in {"b1": 3, "b2": 8, "b3": None, "b4": None}.items()]
        rows[1]["value"] = rows[1]["cumulative_value"] = None
        rows += [shown_row("cluster", "auto", 11), shown_row("cluster", "rail", 35)]
        attacker.read(rows, [])
        found = attacker.interval(attacker.unknowns("linked", "partner", "b1", [Q1]))
    else:
        attacker = Attacker([Q1], {})
        rows += [shown_row("cluster", k, v) for k, v in {"health": 23, "clean": 12, "auto": None, "rail": 8}.items()]
        attacker.read(rows, [])
        found = attacker.interval(attacker.unknowns("cluster", "cluster", "auto", [Q1]))
    assert found == pytest.approx((3, 3))
