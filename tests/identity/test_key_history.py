"""Merges, splits and moves are events with reasons; no key changes without one, and every old key leads somewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.decisions import Decision, Record, Verdict, as_table
from identity.exact import exact_links
from identity.key_history import key_events, retired_keys, unwritten
from identity.links import LINK_SCHEMA
from identity.resolve import resolve
from tests.conftest import examples
from tests.identity.test_resolve import keys, records

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
NONE_DECIDED = as_table([])
ANVIL, HAMMER = {"company_number": "01234567"}, {"charity_number": "123456"}


class Nights:
    """Nights of one home, without files."""

    def __init__(self) -> None:
        self.registry: pa.Table | None = None
        self.events: list[dict] = []
        self.clock = CLOCK

    def night(self, found: pa.Table, links: pa.Table | None = None, decisions: pa.Table = NONE_DECIDED) -> list[dict]:
        """What happened to keys in a night with these records."""
        links = exact_links(found) if links is None else links
        resolved = resolve(found, links, self.registry, self.clock, retired_keys(pa.Table.from_pylist(self.events)))
        events = key_events(self.registry, resolved, links, decisions, self.clock).to_pylist()
        self.registry, self.clock = resolved, self.clock + timedelta(days=1)
        self.events += events
        return events

    def keys(self) -> dict[str, str]:
        return keys(self.registry)

    def leads_to(self, key: str) -> str:
        """The key that a key leads to."""
        live = set(self.registry["organisation_key"].to_pylist())
        while key not in live:
            key = [e for e in self.events if e["old_organisation_key"] == key and e["change"] == "merged"][-1][
                "new_organisation_key"
            ]
        return key


@pytest.fixture
def nights() -> Nights:
    return Nights()


def test_a_quiet_night_and_a_new_organisation_are_no_events(nights):
    nights.night(records(ANVIL))
    before = nights.keys()
    assert nights.night(records(ANVIL, HAMMER)) == []
    assert nights.keys()["0"] == before["0"]


def test_a_record_that_comes_and_ties_two_organisations_merges_them(nights):
    nights.night(records(ANVIL))
    nights.night(records(ANVIL, HAMMER))
    before = nights.keys()
    (event,) = nights.night(records(ANVIL, HAMMER, {**ANVIL, **HAMMER}))
    assert event | {"event_key": None} == {
        "event_key": None,
        "happened_at": (CLOCK + timedelta(days=2)).replace(tzinfo=None),
        "change": "merged",
        "old_organisation_key": before["1"],
        "new_organisation_key": before["0"],
        "record_count": 1,
        "reason": "record_new",
        "match_method": "charity_number",
        "match_probability": 1.0,
        "decision_number": None,
    }
    assert nights.leads_to(before["1"]) == before["0"]


def test_a_record_that_was_corrected_merges_and_splits_and_the_old_key_comes_back(nights):
    nights.night(records(ANVIL, HAMMER))
    before = nights.keys()
    (merged,) = nights.night(records({**ANVIL, **HAMMER}, HAMMER))
    assert (merged["change"], merged["reason"]) == ("merged", "record_changed")
    (split,) = nights.night(records(ANVIL, HAMMER))
    assert (split["change"], split["reason"], split["match_method"]) == ("split", "record_changed", None)
    assert (split["old_organisation_key"], split["new_organisation_key"]) == (
        merged["new_organisation_key"],
        merged["old_organisation_key"],
    )
    assert nights.keys() == before


def test_what_held_two_parts_together_is_gone(nights):
    nights.night(records({**ANVIL, **HAMMER}, ANVIL, HAMMER))
    (split,) = nights.night(records({**ANVIL, **HAMMER}, ANVIL, HAMMER).slice(1))
    assert (split["change"], split["reason"]) == ("split", "record_gone")


def test_records_that_go_over_to_another_organisation_are_moved(nights):
    nights.night(records(ANVIL, ANVIL, HAMMER))
    before = nights.keys()
    (moved,) = nights.night(records(ANVIL, HAMMER, HAMMER))
    assert (moved["change"], moved["reason"], moved["record_count"]) == ("moved", "record_changed", 1)
    assert (moved["old_organisation_key"], moved["new_organisation_key"]) == (before["0"], before["2"])


def test_other_rules_are_the_reason_where_no_record_changed(nights):
    table = records(ANVIL, HAMMER)
    nights.night(table)
    link = {
        "left_source_system": "returns",
        "left_source_record_id": "0",
        "right_source_system": "returns",
        "right_source_record_id": "1",
        "match_method": "probabilistic",
        "match_probability": 0.99,
        "evidence": "{}",
        "state": "accepted",
    }
    (merged,) = nights.night(table, pa.Table.from_pylist([link], LINK_SCHEMA))
    assert (merged["reason"], merged["match_method"], merged["match_probability"]) == (
        "matching_changed",
        "probabilistic",
        0.99,
    )
    (split,) = nights.night(table)
    assert (split["change"], split["reason"]) == ("split", "matching_changed")


def test_a_decision_is_the_reason_and_says_its_number(nights):
    table = records(ANVIL, HAMMER, ANVIL)
    nights.night(table)
    ends = (Record("returns", "0"), Record("returns", "1"))
    same = as_table([Decision(*ends, Verdict.SAME, "one board", "evaluator", date(2025, 5, 16), 7)])
    link = {
        "left_source_system": "returns",
        "left_source_record_id": "0",
        "right_source_system": "returns",
        "right_source_record_id": "1",
        "match_method": "decision",
        "match_probability": None,
        "evidence": "{}",
        "state": "accepted",
    }
    joined = pa.concat_tables([exact_links(table), pa.Table.from_pylist([link], LINK_SCHEMA)])
    (merged,) = nights.night(table, joined, same)
    assert (merged["reason"], merged["match_method"], merged["decision_number"]) == ("decision", "decision", 7)
    different = as_table([Decision(*ends, Verdict.DIFFERENT, "two boards", "evaluator", date(2025, 5, 17), 8)])
    (split,) = nights.night(table, exact_links(table), different)
    assert (split["change"], split["reason"], split["decision_number"]) == ("split", "decision", 8)


def test_an_event_that_a_night_wrote_before_it_was_cut_short_is_not_written_again(nights):
    nights.night(records(ANVIL, HAMMER))
    registry = nights.registry
    nights.night(records({**ANVIL, **HAMMER}, HAMMER))
    written = pa.Table.from_pylist(nights.events)
    nights.registry = registry
    again = nights.night(records({**ANVIL, **HAMMER}, HAMMER))
    assert len(again) == 1
    assert len(unwritten(pa.Table.from_pylist(again), written)) == 0
    assert len(unwritten(pa.Table.from_pylist(again), written.slice(1))) == 1


_row = st.fixed_dictionaries(
    {
        "normalised_name": st.sampled_from([None, "a", "b"]),
        "company_number": st.sampled_from([None, "00000001", "00000002"]),
        "charity_number": st.sampled_from([None, "111111"]),
        "postcode": st.sampled_from([None, "B1 1AA"]),
    }
)
_nights = st.lists(st.dictionaries(st.integers(0, 5), _row, min_size=1), min_size=2, max_size=4)


@examples(8)
@given(_nights)
def test_no_key_changes_without_an_event_and_every_key_ever_given_leads_to_one_in_use(sent):
    nights, ever = Nights(), set[str]()
    for rows in sent:
        before = nights.keys() if nights.registry else {}
        table = records(*rows.values())
        names = pa.array([str(name) for name in rows], pa.string())
        table = table.set_column(1, "source_record_id", names)
        events = nights.night(table)
        after = nights.keys()
        told = {(event["old_organisation_key"], event["new_organisation_key"]) for event in events}
        assert {(before[name], after[name]) for name in before if before[name] != after[name]} == told
        ever |= set(after.values())
        live = set(after.values())
        assert all(nights.leads_to(key) in live for key in ever)
        merged = [event["old_organisation_key"] for event in events if event["change"] == "merged"]
        assert not live & set(merged)
        assert len(merged) == len(set(merged)), "a key leads to one other"
        assert nights.night(table) == [], "and nothing happens when the same is read again"
        assert nights.keys() == after


@examples(6)
@given(st.lists(_row, min_size=1, max_size=7), st.data())
def test_increments_in_any_order_end_in_the_same_organisations(rows, data):
    table = records(*rows)
    order = data.draw(st.permutations(range(len(rows))))
    nights = Nights()
    for count in range(1, len(rows) + 1):
        nights.night(table.take(order[:count]))
    at_once = keys(resolve(table, exact_links(table), None, CLOCK))
    assert _groups(nights.keys()) == _groups(at_once)


def _groups(given: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(name for name in given if given[name] == key) for key in given.values()}
