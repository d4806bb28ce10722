"""Worked figures of the rules; ACRO's published defaults are n=2, k=0.90, p=0.10, threshold 10."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure.rounding import round_to_base, rounded_interval
from evaluation.disclosure.rules import (
    Dominance,
    Facts,
    Rules,
    below_threshold,
    fails_p_percent,
    is_dominated,
    is_unsafe,
    p_percent_ratio,
    upper_protection,
)

ACRO = Rules(threshold=10, dominance=Dominance(n=2, k=0.90), p_percent=0.10)
ACRO_CASES = Path(__file__).parents[2] / "fixtures" / "disclosure" / "acro_cases.jsonl"
WITHOUT_THRESHOLD = Rules(threshold=2, dominance=ACRO.dominance, p_percent=ACRO.p_percent)


def facts(*contributions: float) -> Facts:
    return Facts(sum(contributions), len(contributions), tuple(sorted(contributions, reverse=True)[:2]))


def test_one_large_contributor_is_unsafe():
    found = facts(900, 60, 25, 15)
    assert p_percent_ratio(found.value, found.largest) == pytest.approx(0.0444, abs=5e-5)
    assert fails_p_percent(found.value, found.largest, 0.10)
    assert sum(found.largest) / found.value == pytest.approx(0.96)
    assert is_dominated(found.value, found.largest, n=2, k=0.90)


def test_even_contributors_are_safe():
    found = facts(300, 250, 200, 150, 100)
    assert p_percent_ratio(found.value, found.largest) == pytest.approx(1.5)
    assert sum(found.largest) / found.value == pytest.approx(0.55)
    assert not is_unsafe(found, WITHOUT_THRESHOLD)
    assert is_unsafe(found, ACRO), "five contributors are fewer than ACRO's ten"


@pytest.mark.parametrize(("contributors", "unsafe"), [(0, False), (1, True), (9, True), (10, False)])
def test_the_threshold_is_the_least_that_is_shown(contributors, unsafe):
    assert below_threshold(contributors, 10) is unsafe


def test_nothing_is_safe_and_one_contributor_never_is():
    assert not is_unsafe(Facts(0, 0), ACRO)
    assert is_unsafe(facts(100), WITHOUT_THRESHOLD)


@pytest.mark.parametrize("case", [json.loads(line) for line in ACRO_CASES.read_text(encoding="utf-8").splitlines()])
def test_the_rules_say_what_acro_says(case):
    found = facts(*case["contributions"])
    broken = {
        "threshold": below_threshold(found.contributors, ACRO.threshold),
        "dominance": is_dominated(found.value, found.largest, n=2, k=0.90),
        "p_percent": fails_p_percent(found.value, found.largest, 0.10),
    }
    assert sorted(rule for rule, is_broken in broken.items() if is_broken) == case["broken"]


@given(st.lists(st.integers(1, 10_000), min_size=3, max_size=8))
def test_a_figure_raised_by_its_upper_protection_is_safe(contributions):
    found = facts(*contributions)
    raised = Facts(found.value + upper_protection(found, WITHOUT_THRESHOLD) + 1e-6, 9, found.largest)
    assert not is_unsafe(raised, WITHOUT_THRESHOLD)


def test_figures_are_rounded_each_by_itself():
    assert [round_to_base(value, 5) for value in (23, 12, 3, 8, 46)] == [25, 10, 5, 10, 45]


@given(st.integers(0, 10_000), st.sampled_from([3, 5, 10]))
def test_a_rounded_figure_tells_an_interval_that_holds_the_true_one(value, base):
    low, high = rounded_interval(round_to_base(value, base), base)
    assert low <= value <= high
