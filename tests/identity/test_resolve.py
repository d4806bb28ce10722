"""Records of one organisation get one key, and keep it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from identity.exact import exact_links
from identity.links import MENTION_COLUMNS
from identity.resolve import REGISTRY_SCHEMA, resolve
from tests.conftest import examples

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
SCHEMA = pa.schema([(name, pa.string()) for name in MENTION_COLUMNS])


def records(*rows: dict) -> pa.Table:
    made = [{"source_system": "returns", "source_record_id": str(number), **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(made, schema=SCHEMA)


def exactly(found: pa.Table, previous: pa.Table | None, clock: datetime) -> pa.Table:
    return resolve(found, exact_links(found), previous, clock)


def keys(table: pa.Table) -> dict[str, str]:
    return {row["source_record_id"]: row["organisation_key"] for row in table.to_pylist()}


def resolved(*rows: dict, previous: pa.Table | None = None, clock: datetime = CLOCK) -> dict[str, str]:
    return keys(exactly(records(*rows), previous, clock))


def test_a_company_number_joins_whatever_the_names():
    found = resolved(
        {"company_number": "01234567", "normalised_name": "anvil"},
        {"company_number": "01234567", "normalised_name": "hammer"},
        {"company_number": "07654321", "normalised_name": "anvil"},
    )
    assert found["0"] == found["1"] != found["2"]


def test_a_name_needs_a_postcode_or_a_domain_beside_it():
    found = resolved(
        {"normalised_name": "anvil", "postcode": "B1 1AA"},
        {"normalised_name": "anvil", "postcode": "B1 1AA", "company_number": "01234567"},
        {"normalised_name": "anvil", "postcode": "CV1 1AA"},
        {"normalised_name": "anvil", "domain": "anvil.example"},
    )
    assert found["0"] == found["1"]
    assert len({found["0"], found["2"], found["3"]}) == 3


def test_records_of_a_name_only_join_their_like_and_nothing_else():
    table = exactly(
        records(
            {"normalised_name": "anvil"}, {"normalised_name": "anvil"}, {"normalised_name": "anvil", "domain": "x.y"}
        ),
        None,
        CLOCK,
    )
    found = keys(table)
    assert found["0"] == found["1"] != found["2"]
    methods = {row["source_record_id"]: (row["match_method"], row["match_probability"]) for row in table.to_pylist()}
    assert methods["0"] == ("name_only", None)
    assert methods["2"] == ("single", 1.0)


def test_links_chain():
    found = resolved(
        {"company_number": "01234567", "normalised_name": "a", "postcode": "B1 1AA"},
        {"normalised_name": "a", "postcode": "B1 1AA", "domain": "a.example"},
        {"normalised_name": "a", "domain": "a.example", "charity_number": "123456"},
    )
    assert len(set(found.values())) == 1


def test_the_loser_of_a_merge_belongs_to_its_winner():
    found = resolved({"company_number": "01234567"}, {"same_as_record_id": "0"})
    assert found["0"] == found["1"]


def test_a_key_stays_when_a_better_identifier_comes():
    first = exactly(records({"normalised_name": "a", "postcode": "B1 1AA"}), None, CLOCK)
    later = resolved(
        {"normalised_name": "a", "postcode": "B1 1AA", "company_number": "01234567"},
        previous=first,
        clock=CLOCK + timedelta(days=1),
    )
    assert later["0"] == keys(first)["0"]


def test_organisations_that_turn_out_to_be_one_go_on_under_the_older_key():
    old = exactly(records({"company_number": "01234567"}), None, CLOCK)
    both = exactly(
        records({"company_number": "01234567"}, {"charity_number": "123456"}),
        old,
        CLOCK + timedelta(days=1),
    )
    joined = resolved(
        {"company_number": "01234567", "charity_number": "123456"},
        {"charity_number": "123456"},
        previous=both,
        clock=CLOCK + timedelta(days=2),
    )
    assert set(joined.values()) == {keys(old)["0"]}


def test_what_falls_apart_leaves_the_key_with_the_larger_part():
    same = {"company_number": "01234567"}
    whole = exactly(records(same, same, same), None, CLOCK)
    apart = resolved(same, same, {"company_number": "07654321"}, previous=whole, clock=CLOCK + timedelta(days=1))
    assert apart["0"] == apart["1"] == keys(whole)["0"] != apart["2"]


def test_a_merge_that_is_undone_gives_both_organisations_their_old_keys():
    one, other = {"company_number": "01234567"}, {"charity_number": "123456"}
    apart = exactly(records(one, other), None, CLOCK)
    joined = exactly(records({**one, **other}, other), apart, CLOCK + timedelta(days=1))
    assert len(set(keys(joined).values())) == 1
    assert resolved(one, other, previous=joined, clock=CLOCK + timedelta(days=2)) == keys(apart)


def test_a_record_that_is_away_goes_with_the_organisation_it_was_of():
    anvil, hammer = {"company_number": "01234567"}, {"charity_number": "123456"}
    first = exactly(records(anvil, anvil), None, CLOCK)
    second = exactly(records(anvil, anvil, hammer, hammer), first, CLOCK + timedelta(days=1))
    joined = exactly(records(anvil, anvil, {**anvil, **hammer}).slice(2), second, CLOCK + timedelta(days=2)).to_pylist()
    assert {row["organisation_key"] for row in joined if row["is_current"]} == {keys(second)["2"]}
    merged = exactly(records(anvil, anvil, {**anvil, **hammer}), second, CLOCK + timedelta(days=2))
    assert set(keys(merged).values()) == {keys(first)["0"]}, "the one that is away is of the older organisation too"


def test_a_key_that_was_given_up_is_given_to_nobody_else():
    anvil = {"company_number": "01234567"}
    given = resolved(anvil)["0"]
    later = exactly(records(anvil), None, CLOCK + timedelta(days=9))
    assert keys(later)["0"] == given, "the same record gives the same key anywhere"
    again = resolve(records(anvil), exact_links(records(anvil)), None, CLOCK + timedelta(days=9), {given})
    assert keys(again)["0"] != given


def test_a_registry_of_an_earlier_version_is_taken_on():
    rows = [{"company_number": "01234567"}, {"company_number": "01234567"}, {"charity_number": "123456"}]
    now = exactly(records(*rows), None, CLOCK)
    before = now.select(REGISTRY_SCHEMA.names[:6])
    assert exactly(records(*rows), before, CLOCK + timedelta(days=1)).equals(now)


def test_a_record_that_is_away_for_a_night_comes_back_under_its_key():
    first = exactly(records({"company_number": "01234567"}, {"charity_number": "123456"}), None, CLOCK)
    away = exactly(records({"company_number": "01234567"}), first, CLOCK + timedelta(days=1))
    back = resolved(
        {"company_number": "01234567"},
        {"charity_number": "123456"},
        previous=away,
        clock=CLOCK + timedelta(days=2),
    )
    assert back == keys(first)


_row = st.fixed_dictionaries(
    {
        "normalised_name": st.sampled_from([None, "a", "b", "c"]),
        "company_number": st.sampled_from([None, "00000001", "00000002"]),
        "charity_number": st.sampled_from([None, "111111"]),
        "postcode": st.sampled_from([None, "B1 1AA", "CV1 1AA"]),
        "domain": st.sampled_from([None, "a.example"]),
    }
)


@examples(10)
@given(st.lists(_row, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter_and_a_second_night_changes_nothing(rows, random):
    table = records(*rows)
    first = exactly(table, None, CLOCK)
    order = list(range(len(table)))
    random.shuffle(order)
    assert exactly(table.take(order), None, CLOCK).equals(first)
    assert exactly(table, first, CLOCK + timedelta(days=1)).equals(first)
