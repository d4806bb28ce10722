"""Figures as text: one way of rounding, whoever shows them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evaluation.numbers import fixed, millions, number, number_format, percent, short_number


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        # Halves go up, also where the digit before is even.
        ("4.85", "FTE", "4.9"),
        ("4.75", "FTE", "4.8"),
        ("662194.5", "GBP", "£662,195"),
        ("662193.5", "GBP", "£662,194"),
        ("-0.5", "GBP", "\N{MINUS SIGN}£1"),
        ("1.005", "ratio", "1.01"),
        ("5", "FTE", "5.0"),
        ("1234", "count", "1,234"),
        ("2.25", "count", "2.3"),
    ],
)
def test_a_half_is_rounded_up_in_every_unit(value, unit, written):
    assert number(Decimal(value), unit) == written


def test_large_amounts_of_money_are_shortened_where_room_is_short():
    assert millions(Decimal(1_225_000), "GBP") == "£1.23m"
    assert millions(Decimal("999999.5"), "GBP") == "£1,000,000"
    assert millions(Decimal(1_225_000), "businesses") == "1,225,000"
    assert short_number(Decimal(12_500), "GBP") == "£13k"
    assert short_number(Decimal("-2345000"), "GBP") == "\N{MINUS SIGN}£2.35m"


def test_shares_and_fixed_places_round_the_same_way():
    assert percent(Decimal("0.125")) == "13%"
    assert fixed(Decimal("1000.125"), 2) == "1,000.13"


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("4.85", "FTE", "#,##0.0"),
        ("5", "FTE", "#,##0.0"),
        ("0.125", "share", "0%"),
        ("1.005", "ratio", "#,##0.00"),
        ("2", "businesses", "#,##0"),
        ("2.25", "businesses", "#,##0.0"),
        ("-662194.5", "GBP", "£#,##0;[Black]-£#,##0"),
    ],
)
def test_a_spreadsheet_shows_as_many_decimals_as_the_text_has(value, unit, shown):
    assert number_format(Decimal(value), unit) == shown
