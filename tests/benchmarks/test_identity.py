"""How the benchmark of identity judges: a mistake in it would make every matcher look better or worse."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.identity import Judged, best_token_set, judge_owners, judge_pairs, owners_together, wrong_within
from benchmarks.identity_baselines import exact_name, exact_rules
from benchmarks.identity_labelled import LabelledMentions, LabelledPair, is_other, read_publishers
from benchmarks.identity_worlds import pairs_of
from tests.identity.mentions import mentions


def test_pairs_are_counted_by_groups():
    true = ["a", "a", "a", "b", "b", "c"]
    assert pairs_of(true, [1, 1, 2, 2, 2, 3]) == (2, 2, 4), "aa and bb found, ab twice wrong, three aa and one bb true"
    assert pairs_of(true, true) == (4, 0, 4)
    assert pairs_of(true, range(6)) == (0, 0, 4)


def test_shares_of_what_was_found():
    judged = Judged(found=3, wrong=1, true=6)
    assert (judged.precision, judged.recall, judged.f1) == (0.75, 0.5, 0.6)
    assert Judged(0, 0, 5).precision == 1
    assert judge_pairs([LabelledPair("a", "b", True), LabelledPair("a", "c", False)], [True, True]) == Judged(1, 1, 1)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("GB-CHC-1", "GB-CHC-1", False),
        ("GB-CHC-1", "GB-CHC-2", True),
        ("GB-CHC-1", "GB-COH-1", False),
        ("360G-ABCT-1", "360G-ABCT-2", False),
    ],
)
def test_only_two_numbers_of_one_register_are_surely_two_organisations(one, other, apart):
    assert is_other(one, other) is apart


def test_links_within_a_publisher_and_between_two_are_told_apart():
    owners = ["GB-CHC-1", "GB-CHC-2", "GB-CHC-1", "GB-CHC-3"]
    labelled = LabelledMentions([{} for _ in owners], owners, ["first", "first", "second", "second"])
    together = owners_together(labelled, np.array([1, 1, 1, 2]))
    assert labelled.shared == {"GB-CHC-1"}
    assert judge_owners(labelled, together) == Judged(found=1, wrong=1, true=1)
    assert wrong_within(together) == 1


def test_the_best_threshold_is_that_of_the_best_f1():
    at, best = best_token_set(lambda at: Judged(found=2, wrong=0 if at >= 90 else 4, true=2))
    assert (at, best.f1) == (90, 1)


def test_the_exact_rules_are_those_of_before_there_was_a_model():
    given = mentions(
        [
            {"name": "The Anvil Ltd", "postcode": "b11aa"},
            {"name": "anvil", "postcode": "B1 1AA", "company_number": "1234567"},
            {"name": "Hammer", "company_number": "01234567"},
            {"name": "Anvil", "postcode": "CV1 1AA"},
            {"name": "Anvil"},
            {"name": "ANVIL LIMITED"},
        ]
    )
    groups = exact_rules(given).tolist()
    assert groups[0] == groups[1] == groups[2]
    assert groups[4] == groups[5]
    assert len(set(groups)) == 3
    assert len(set(exact_name(given).tolist())) == 2


def test_a_publisher_is_read_from_the_standards_json_or_a_table(tmp_path):
    (tmp_path / "one.json").write_text(
        '{"grants": [{"recipientOrganization": [{"id": "gb-chc-1", "name": "A", "postalCode": "B1 1AA"}]},'
        ' {"recipientOrganization": [{"id": "GB-CHC-1", "name": "A", "postalCode": "B1 1AA"}]}, {}]}',
        encoding="utf-8",
    )
    (tmp_path / "two.csv").write_text("id,name,postalCode\nGB-CHC-1,A Trust,\nGB-CHC-2,B,CV1 1AA\n", encoding="utf-8")
    labelled = read_publishers(tmp_path / "one.json", tmp_path / "two.csv")
    assert labelled.shared == {"GB-CHC-1"}
    assert [one["postcode"] for one in labelled.mentions] == ["B1 1AA", "B1 1AA", None, "CV1 1AA"]
