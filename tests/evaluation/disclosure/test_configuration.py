"""The configuration says what is wrong with it, where, and that nothing goes without protection by accident."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evaluation.disclosure.configuration import DEFAULT, Scope, Series, load_configuration
from evaluation.disclosure.errors import InvalidConfiguration

ROOT = Path(__file__).parents[3]


def test_every_indicator_has_its_rules():
    with (ROOT / "dbt_project/seeds/indicator.csv").open(encoding="utf-8") as handle:
        indicators = {row["indicator_key"] for row in csv.DictReader(handle)}
    assert set(load_configuration().indicators) == indicators


def test_thresholds_are_those_of_the_programme_and_of_acro():
    sets = load_configuration().rule_sets
    assert (sets["people"].threshold, sets["businesses"].threshold) == (10, 5)
    amounts = sets["amounts"]
    assert amounts.dominance is not None
    assert (amounts.dominance.n, amounts.dominance.k, amounts.p_percent) == (2, 0.90, 0.10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rules: agreements", "rules: contracts"), "contracts is not one of rule_sets"),
        (("threshold: 10}", "threshold: 1}"), "rule_sets.people.threshold"),
        (("threshold: 10}", "threshold: 10, p_percent: 0.1}"), "dominance and p_percent are for sums"),
        (("contributor: itself", "contributor: person"), "rule_sets.people.contributor"),
        (("public_after_days: 45", "public_after_days: soon"), "public_after_days"),
        (("partner: quarter", "region: quarter"), "region"),
        (
            ("linked: [partner, cluster, local_authority]", "linked: [cluster, partner]"),
            "linked: give partner, cluster",
        ),
        (("linked: [partner, cluster, local_authority]", "linked: [partner, cluster, region]"), "linked"),
        (("rules: people", "open: because"), None),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    path = tmp_path / "public_tables.yaml"
    text = DEFAULT.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    if message is None:
        load_configuration(path)
        return
    with pytest.raises(InvalidConfiguration, match=message):
        load_configuration(path)


def test_a_file_that_is_not_there_or_not_yaml(tmp_path):
    with pytest.raises(InvalidConfiguration, match="cannot be read"):
        load_configuration(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="not valid YAML"):
        load_configuration(tmp_path / "bad.yaml")


def test_breakdowns_that_hold_the_same_facts_are_one_cut():
    series = load_configuration().indicators
    assert series["jobs_created"].cuts == [(Scope.PARTNER, Scope.CLUSTER), (Scope.LOCAL_AUTHORITY,)]
    assert series["event_attendees"].cuts == [
        (Scope.PARTNER, Scope.CLUSTER, Scope.LOCAL_AUTHORITY),
        (Scope.ORGANISATION_TYPE,),
    ]
    alone = Series(rules="people", scopes={Scope.CLUSTER: "quarter"})
    assert alone.cuts == [(Scope.CLUSTER,)]
