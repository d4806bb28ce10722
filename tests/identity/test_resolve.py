"""Records of one organisation get one key, and keep it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from identity.exact import exact_links
from identity.links import MENTION_COLUMNS
from identity.resolve import resolve
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


@examples(25)
@given(st.lists(_row, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter_and_a_second_night_changes_nothing(rows, random):
    table = records(*rows)
    first = exactly(table, None, CLOCK)
    order = list(range(len(table)))
    random.shuffle(order)
    assert exactly(table.take(order), None, CLOCK).equals(first)
    assert exactly(table, first, CLOCK + timedelta(days=1)).equals(first)
