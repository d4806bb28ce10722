from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.files.values import BadValue, Column, NoValue, decimal_of, plain_number

DATE = Column("d", "Started on", "date")
MONEY = Column("m", "Amount (£)", "money", minimum=Decimal(0))


@pytest.mark.parametrize(
    ("raw", "landed"),
    [
        (date(2024, 3, 4), "2024-03-04"),
        (datetime(2024, 3, 4, 9), "2024-03-04"),  # noqa: DTZ001 - workbooks hold naive times
        ("04/03/2024", "2024-03-04"),
        (" 2024-03-04 ", "2024-03-04"),
        ("2014-01-21T00:00:00+00:00", "2014-01-21"),
        ("", None),
        (None, None),
        ("Please select an option", None),
    ],
)
def test_dates(raw, landed):
    assert DATE.read(raw) == landed


@pytest.mark.parametrize("raw", ["31/02/2024", "03-04-2024", "March", 45000, 45000.0, True])
def test_what_is_no_date_is_said_to_be_none(raw):
    with pytest.raises(BadValue) as bad:
        DATE.read(raw)
    assert bad.value.reason_code == "not_a_date"


@pytest.mark.parametrize(
    ("raw", "landed"),
    [
        ("1,234.50", "1234.5"),
        ("£5", "5"),
        (12.0, "12"),
        (0.1, "0.1"),
        ("1 000", "1000"),
        (0, "0"),
        ("12\u00a0345", "12345"),
        ("£ 1 234.50", "1234.5"),
        (".5", "0.5"),
        (1e-30, "0"),
        ("-0", "0"),
    ],
)
def test_numbers_as_people_write_them(raw, landed):
    assert MONEY.read(raw) == landed


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("tbc", "not_a_number"),
        ("1 5", "not_a_number"),
        ("12 34", "not_a_number"),
        ("1_234", "not_a_number"),
        ("٣", "not_a_number"),
        ("1" * 10_000, "not_a_number"),
        (10**60, "not_a_number"),
        (float("inf"), "not_a_number"),
        (2e16, "too_large"),
        ("1e400", "too_large"),
        (NoValue("#DIV/0!"), "error_cell"),
        (NoValue(), "formula_without_value"),
        ("1,23", "not_a_number"),
        ("nan", "not_a_number"),
        (True, "not_a_number"),
        (-1, "too_small"),
    ],
)
def test_bad_numbers(raw, code):
    with pytest.raises(BadValue) as bad:
        MONEY.read(raw)
    assert bad.value.reason_code == code


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        (Column("h", "Hours", "number", above=Decimal(0), maximum=Decimal(24)), 0, "too_small"),
        (Column("h", "Hours", "number", above=Decimal(0), maximum=Decimal(24)), 24.5, "too_large"),
        (Column("n", "Member number", "whole"), 1.5, "not_whole"),
        (Column("n", "Headcount", "headcount"), "07700 900123", "not_a_number"),
        (Column("n", "Headcount", "headcount"), 7700900123, "too_large"),
        (Column("n", "Headcount", "headcount"), -1, "too_small"),
        (Column("n", "Award", "award"), 2e16, "too_large"),
        (Column("n", "Hours", "hours"), 169, "too_large"),
        (Column("d", "Held on", "date"), "2023-05-01x", "not_a_date"),
        (Column("d", "Held on", "date"), "01/05/0023", "not_a_date"),
        (Column("d", "Start", "partial_date"), "2019-13", "not_a_date"),
        (Column("y", "Filled", "yes_no"), "perhaps", "not_allowed"),
        (Column("c", "Kind", "choice", allowed={"Cash": "cash"}), "gold", "not_allowed"),
        (Column("p", "Period", "period"), "2023-25-Q1", "not_a_period"),
        (Column("p", "Period", "period"), "2023-24-Q5", "not_a_period"),
        (Column("t", "Title", required=True), "  ", "missing"),
    ],
)
def test_each_kind_of_column_says_what_is_wrong(column, raw, code):
    with pytest.raises(BadValue) as bad:
        column.read(raw)
    assert bad.value.reason_code == code
    assert column.heading in str(bad.value)


@pytest.mark.parametrize("raw", ["2019", "2019-05", "2019-05-01"])
def test_a_partial_date_lands_as_it_stands(raw):
    assert Column("d", "Start", "partial_date").read(raw) == raw
    assert Column("d", "Start", "partial_date").read(2019.0) == "2019"


def test_no_text_holds_what_postgresql_refuses():
    assert Column("t", "Title").read("A\x00 \ufeffB\x1b\u200b C\ud800") == "A B C\ufffd"


def test_a_company_number_in_a_numeric_cell_stays_a_number_without_a_point():
    assert Column("c", "Company number").read(1234567.0) == "1234567"
    assert Column("c", "Company number").read("01234567") == "01234567"


def test_choices_do_not_mind_case_and_spacing():
    column = Column("k", "Kind", "choice", allowed={"In kind": "in_kind"})
    assert column.read(" IN  KIND ") == "in_kind"


# Values that no message holds by chance: with a letter that none uses, or of more digits than any has.
@given(st.one_of(st.text(min_size=5).map(lambda text: f"\u03c8{text}\u03c8"), st.integers(min_value=10**7).map(str)))
def test_a_message_never_holds_the_value(text):
    for column in (DATE, MONEY, Column("k", "Kind", "choice", allowed={"Q": "q"}), Column("y", "Filled", "yes_no")):
        try:
            column.read(text)
        except BadValue as bad:
            assert text not in str(bad)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_a_number_survives_being_written_down(number):
    assert decimal_of(plain_number(number)) == number
    assert "E" not in plain_number(number)


@pytest.mark.parametrize(
    ("given", "day"),
    [
        # One o'clock at night in Birmingham, in summer.
        ("2023-06-30T23:00:00Z", "2023-07-01"),
        ("2023-06-30T23:00Z", "2023-07-01"),
        (datetime(2023, 6, 30, 23, tzinfo=UTC), "2023-07-01"),
        ("2023-07-01T00:30:00+02:00", "2023-06-30"),
        ("2023-12-31T23:00:00Z", "2023-12-31"),
        # Without a zone it is the sender's own day.
        ("2023-06-30T23:00:00", "2023-06-30"),
        (datetime(2023, 6, 30, 23), "2023-06-30"),  # noqa: DTZ001
    ],
)
def test_an_instant_is_the_day_it_is_where_the_programme_is(given, day):
    assert Column("award_date", "Award Date", "date").read(given) == day


def test_the_programme_may_be_elsewhere(monkeypatch):
    monkeypatch.setenv("WMIP_TIME_ZONE", "America/New_York")
    assert Column("award_date", "Award Date", "date").read("2023-07-01T03:00:00Z") == "2023-06-30"
