"""What a source changes is noticed, named and counted, and no value of a person's is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.declaration import Stream
from ingestion.drift import DriftWatch, HeadingWatch, looks_personal, volume_drift

STREAM = Stream(
    name="things",
    description="Things. Grain: a thing.",
    key=("id",),
    columns=("id", "state"),
    reads=("id", "state", "properties.size"),
    ignores=("links",),
    personal=("owner_email",),
    enumerations={"state": ["open", "closed"]},
    indicators=("businesses_assisted",),
)
RECORD = {"id": 1, "state": "open", "properties": {"size": "2"}, "links": [], "owner_email": "a@b.example"}


def watched(*records, rows=()):
    watch = DriftWatch(STREAM)
    for record in records:
        watch.record(record)
    for row in rows:
        watch.row(row)
    return [(drift.kind, drift.column_name, drift.records) for drift in watch.drifts("r1", "shop")]


def test_what_is_declared_is_no_drift():
    assert watched(*[RECORD] * 6, rows=[{"state": "open"}, {"state": None}]) == []


def test_a_new_field_is_named_and_counted_also_within_another():
    assert watched(RECORD, {**RECORD, "colour": "red"}, {**RECORD, "properties": {"size": "1", "depth": "9"}}) == [
        ("new_column", "colour", 1),
        ("new_column", "properties.depth", 1),
    ]


def test_of_new_fields_single_values_are_kept_unless_they_look_personal_or_the_record_is_about_a_person():
    plain = STREAM.model_copy(update={"personal": ()})
    new = {"colour": "red", "weight": 2.5, "parts": ["a"], "note": "ring 07700 900123", "surname": "x", "gone": None}
    assert DriftWatch(plain).record({**RECORD, **new}) == '{"colour": "red", "weight": 2.5}'
    assert DriftWatch(plain).record(RECORD) is None
    assert DriftWatch(STREAM).record({**RECORD, **new}) is None, "it names personal fields: it is about people"


def test_a_pattern_may_name_what_is_ignored():
    watch = DriftWatch(STREAM.model_copy(update={"ignores": ("links", "*@*")}))
    watch.record({**RECORD, "state@label": "Open"})
    assert watch.drifts("r1", "shop") == []


def test_headings_that_are_new_or_missing_are_told_by_table():
    watch = HeadingWatch()
    watch.table(["Colour", "", "LINKS"], ["State"])
    watch.table(["Colour", "Contact e-mail"], [])
    assert [(one.kind, one.column_name, one.records) for one in watch.drifts("r1", "shop", STREAM)] == [
        ("new_column", "Colour", 2),
        ("personal_column", "Contact e-mail", 1),
        ("vanished_column", "State", 1),
    ]


def test_a_new_field_that_looks_personal_is_told_apart():
    assert watched({**RECORD, "contactName": "x", "note": "ring 07700 900123"}) == [
        ("personal_column", "contactName", 1),
        ("personal_column", "note", 1),
    ]


def test_a_field_that_no_record_has_any_more_vanished_and_few_records_say_nothing():
    bare = {name: value for name, value in RECORD.items() if name != "state"}
    assert watched(*[bare] * 5) == [("vanished_column", "state", 5)]
    assert watched(*[bare] * 4) == []
    assert watched(*[bare] * 5, RECORD) == []


def test_an_unknown_value_is_told_with_the_indicators_it_touches():
    watch = DriftWatch(STREAM)
    watch.row({"state": "on hold"})
    watch.row({"state": "ada@lovelace.example"})
    first, second = watch.drifts("r1", "shop")
    assert "looks personal" in first.message
    assert "ada" not in first.message
    assert second.message == "state holds 'on hold', which is not one of its known values"
    assert second.indicators == "businesses_assisted"


@pytest.mark.parametrize(
    "name", ["email", "E-mail address", "firstName", "last_name", "Phone", "mobile_number", "dateOfBirth", "gender"]
)
def test_names_of_personal_fields(name):
    assert looks_personal(name)


@pytest.mark.parametrize("name", ["id", "name", "organisation_name", "state", "title", "amount", "telemetry"])
def test_names_of_other_fields(name):
    assert not looks_personal(name)


@given(st.emails())
def test_a_value_that_is_an_address_is_personal_whatever_its_field_is_called(address):
    assert looks_personal("note", f"from {address} today")


@pytest.mark.parametrize(("rows", "told"), [(0, 1), (1, 0), (500, 0), (501, 1)])
def test_a_list_of_a_length_nobody_expects_is_told(rows, told):
    assert len(volume_drift("r1", "shop", STREAM, rows, (1, 500))) == told
    assert volume_drift("r1", "shop", STREAM, rows, None) == []
