from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from ingestion.files.values import BadValue, Column, Covered, NotGiven, is_empty
from ingestion.files.written import hours_of, quotable, worded_date

DATE = Column("d", "Started on", "date")
HOURS = Column("h", "Hours", "hours", above=Decimal(0), maximum=Decimal(24))
MONEY = Column("m", "Amount (£)", "money")


@pytest.mark.parametrize(
    "text",
    [
        "6 May 2025",
        "6th May 2025",
        "06-May-25",
        "06-MAY-2025",
        "Tue 6 May 2025",
        "Tuesday, 6 May 2025",
        "6 of May 2025",
        "6th of May, 2025",
        "6.May.2025".replace(".", " "),
        "May 6, 2025",
        "May 6th 2025",
        "6\u00a0May\u202f2025 ",
    ],
)
def test_a_date_with_its_month_in_words_is_that_day(text):
    assert DATE.read(text) == "2025-05-06"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("4th July 2025", date(2025, 7, 4)),
        ("1st Sept 2024", date(2024, 9, 1)),
        ("29 Feb 2024", date(2024, 2, 29)),
        ("29 Feb 2025", None),
        ("31st June 2025", None),
        # 6 May 2025 was a Tuesday: one of the two is wrong.
        ("Friday 6 May 2025", None),
        ("May 2025", None),
        ("6 Mai 2025", None),
        ("6 May", None),
        ("May 6 25", None),
    ],
)
def test_what_is_no_day_is_none(text, day):
    assert worded_date(text) == day


@pytest.mark.parametrize(
    ("raw", "hours"),
    [
        ("7:30", "7.5"),
        ("07:30:00", "7.5"),
        ("26:30", "26.5"),
        ("7h 30m", "7.5"),
        ("7.5 hours", "7.5"),
        ("7.5hrs", "7.5"),
        ("45 min", "0.75"),
        ("1 hour and 15 minutes", "1.25"),
        (time(7, 30), "7.5"),
        (timedelta(days=1, hours=2, minutes=30), "26.5"),
        # 26:30 in a cell that Excel formats as a time of the day.
        (datetime(1900, 1, 1, 2, 30), "26.5"),  # noqa: DTZ001
        (timedelta(minutes=20), "0.3333"),
    ],
)
def test_a_time_is_its_hours(raw, hours):
    assert hours_of(raw) == Decimal(hours)


@pytest.mark.parametrize("raw", ["7:60", "7:3", "", "half a day", "h", 7.5, None, datetime(2025, 5, 6, 7, 30)])  # noqa: DTZ001
def test_what_is_no_time_has_no_hours_of_its_own(raw):
    assert hours_of(raw) is None


def test_hours_are_landed_as_a_number_within_the_bounds_of_their_column():
    assert [HOURS.read(raw) for raw in ("7:30", time(7, 30), timedelta(hours=7.5), 7.5, "7.5")] == ["7.5"] * 5
    for raw, code in (("26:30", "too_large"), (timedelta(0), "too_small"), ("seven", "not_a_number")):
        with pytest.raises(BadValue) as bad:
            HOURS.read(raw)
        assert bad.value.reason_code == code


@pytest.mark.parametrize(
    ("column", "raw", "said"),
    [
        (DATE, "31/02/2023", "(found: 31/02/2023)"),
        (DATE, "45000", "(found: 45000)"),
        (HOURS, "about two", "(found: about two)"),
        (MONEY, "£1.2m", "(found: £1.2m)"),
        (HOURS, time(0), "(found: 00:00:00)"),
    ],
)
def test_a_message_repeats_figures_and_dates(column, raw, said):
    with pytest.raises(BadValue) as bad:
        column.read(raw)
    assert str(bad.value).endswith(said)


@pytest.mark.parametrize("raw", ["Ada Lovelace", "07700 900123", "12345678", "ada@firm.example", "QQ 12 34 56 C", True])
def test_a_message_repeats_nothing_that_could_name_or_reach_a_person(raw):
    assert quotable(raw) is None
    with pytest.raises(BadValue) as bad:
        DATE.read(raw)
    assert str(raw) not in str(bad.value)


def test_a_slip_in_a_choice_is_told_with_what_may_be_meant():
    column = Column("c", "Channel", "choice", allowed={"In person": "in_person", "Online": "online"})
    with pytest.raises(BadValue, match=r"takes one of: In person, Online \(is Online meant\?\)"):
        column.read("On line")
    with pytest.raises(BadValue, match=r"takes one of: In person, Online$"):
        column.read("Ada Lovelace")


def test_of_many_choices_a_message_tells_twelve():
    column = Column("c", "Ward", "choice", allowed={f"Ward {n}": f"w{n}" for n in range(40)})
    with pytest.raises(BadValue, match="Ward 11 and 28 more"):
        column.read("nowhere")


def test_a_cell_that_merged_cells_cover_is_refused_with_what_to_do():
    assert is_empty(Covered("B5:B7"))
    with pytest.raises(BadValue, match="Hours is part of the merged cells B5:B7; unmerge them") as bad:
        HOURS.read(Covered("B5:B7"))
    assert bad.value.reason_code == "merged_cells"


def test_a_cell_that_says_why_it_is_empty_is_empty_and_its_words_are_repeated_where_it_must_be_filled():
    assert HOURS.read(NotGiven("not_due", "n/a")) is None
    with pytest.raises(BadValue, match="Hours says 'n/a'; it must be filled in"):
        Column("h", "Hours", "hours", required=True).read(NotGiven("not_due", "n/a"))
