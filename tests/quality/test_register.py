"""The register refuses what nobody could read or tell apart, and keeps since when a rule is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quality.register import InvalidRegister, QualityRule, register

RULE = QualityRule(
    rule_id="no_negative_money",
    origin="gate",
    statement="No money is below zero.",
    dimension="validity",
    severity="critical",
    tables=("fct_leverage",),
    indicators=(),
    fixed_by="cluster bodies",
    remedy="Ask for a corrected return.",
    declared_in="quality/suites/validity.yaml",
)


def test_a_rule_keeps_its_day_and_a_new_one_gets_todays():
    rules = register([RULE, replace(RULE, rule_id="a_new_one")], {"no_negative_money": "2026-01-31"}, "2026-11-30")
    assert {name: rule.since for name, rule in rules.items()} == {
        "a_new_one": "2026-11-30",
        "no_negative_money": "2026-01-31",
    }


def test_two_rules_of_one_id_are_refused_by_name():
    with pytest.raises(InvalidRegister, match="no_negative_money: two rules have this id"):
        register([RULE, replace(RULE, origin="model")], {}, "2026-11-30")


def test_a_rule_that_leaves_something_unsaid_is_refused_with_its_file():
    with pytest.raises(InvalidRegister, match=r"validity\.yaml: no_negative_money does not say: remedy"):
        register([replace(RULE, remedy=" ")], {}, "2026-11-30")
