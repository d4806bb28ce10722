"""Decisions about two records: the last word holds, contradictions are found, nothing is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.decisions import (
    ContradictoryDecisions,
    Decision,
    Record,
    Verdict,
    as_table,
    contradictions,
    in_force,
    read_decisions,
    record,
)
from tests.conftest import examples

AT = datetime(2025, 5, 15, 9, tzinfo=UTC)


def decided(left: str, right: str, verdict: str, reason: str = "seen") -> Decision:
    return Decision(Record("returns", left), Record("hubspot", right), Verdict(verdict), reason, "evaluator", AT.date())


def among(one: str, other: str, verdict: str) -> Decision:
    return Decision(Record("r", one), Record("r", other), Verdict(verdict), "seen", "evaluator", date(2025, 5, 15))


def test_decisions_stay_and_the_last_word_on_a_pair_holds(tmp_path):
    assert read_decisions(tmp_path) == []
    (first,) = record(tmp_path, [decided("1", "2", "same")], AT)
    turned = Decision(first.right, first.left, Verdict.DIFFERENT, "two sites", "lead", AT.date())
    (second,) = record(tmp_path, [turned], AT + timedelta(days=1))
    assert (first.number, second.number) == (1, 2)
    assert read_decisions(tmp_path) == [first, second]
    assert [decision.verdict for decision in in_force(read_decisions(tmp_path))] == ["different"]


def test_the_last_word_holds_among_decisions_of_one_instant(tmp_path):
    for verdict in ("same", "different", "same", "different"):
        record(tmp_path, [decided("1", "2", verdict)], AT)
    assert [decision.verdict for decision in in_force(read_decisions(tmp_path))] == ["different"]


def test_a_decision_told_twice_is_written_once(tmp_path):
    assert len(record(tmp_path, [decided("1", "2", "same"), decided("3", "4", "unsure")], AT)) == 2
    assert record(tmp_path, [decided("1", "2", "same"), decided("3", "4", "unsure")], AT + timedelta(days=1)) == []
    assert len(read_decisions(tmp_path)) == 2


def test_a_equals_b_and_b_equals_c_contradicts_a_differs_from_c(tmp_path):
    record(tmp_path, [among("a", "b", "same"), among("b", "c", "same")], AT)
    with pytest.raises(ContradictoryDecisions) as refused:
        record(tmp_path, [among("x", "y", "same"), among("c", "a", "different")], AT)
    assert "r a ≠ r c (decision 4), but r a = r b (decision 1), r b = r c (decision 2)" in str(refused.value)
    assert len(read_decisions(tmp_path)) == 2, "nothing of it is written"
    record(tmp_path, [among("a", "c", "different"), among("a", "b", "different")], AT)
    assert contradictions(read_decisions(tmp_path)) == [], "the chain was taken back in the same breath"


def test_a_group_that_contradicts_itself_decides_nothing_and_the_rest_stands():
    torn = [among("a", "b", "same"), among("b", "c", "same"), among("c", "a", "different"), among("c", "d", "same")]
    rest = [among("d", "e", "unsure"), among("x", "y", "different"), among("y", "z", "same")]
    assert in_force([*torn, *rest]) == rest


def test_matching_gets_pairs_in_order_with_the_number_of_each_decision(tmp_path):
    record(tmp_path, [decided("1", "2", "same")], AT)
    assert as_table(in_force(read_decisions(tmp_path))).to_pylist() == [
        {
            "decision_number": 1,
            "left_source_system": "hubspot",
            "left_source_record_id": "2",
            "right_source_system": "returns",
            "right_source_record_id": "1",
            "decision": "same",
        }
    ]


_pair = st.sampled_from(list(combinations("abcde", 2)))
_word = st.tuples(_pair, st.sampled_from(["same", "different", "unsure"]))


@examples(60)
@given(st.lists(_word, max_size=10))
def test_a_contradiction_is_found_exactly_where_no_partition_obeys_all(words):
    decisions = [among(*pair, verdict) for pair, verdict in words]
    last = dict(words)
    obeyed = any(
        all(
            verdict == "unsure" or (verdict == "same") == (groups[pair[0]] == groups[pair[1]])
            for pair, verdict in last.items()
        )
        for groups in _partitions("abcde")
    )
    assert obeyed == (contradictions(decisions) == [])
    assert contradictions(in_force(decisions)) == [], "what is in force can be obeyed"


def _partitions(letters: str) -> list[dict[str, int]]:
    made: list[dict[str, int]] = [{}]
    for letter in letters:
        made = [{**groups, letter: group} for groups in made for group in range(max(groups.values(), default=-1) + 2)]
    return made
