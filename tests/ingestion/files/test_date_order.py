"""Which of day and month comes first: found where the rows allow one order only, and otherwise asked for."""

# Reports have no zone.
# ruff: noqa: DTZ001

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.files.date_order import ORDERS, date_order, read_stamp
from ingestion.findings import RefusedFile

_FORMS = {"dmy": "%d/%m/%y, %H:%M:%S", "mdy": "%m/%d/%Y, %I:%M:%S %p", "ymd": "%Y-%m-%d %H:%M:%S"}
_INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda found: found.replace(microsecond=0))


@pytest.mark.parametrize(
    ("text", "order", "instant"),
    [
        ("14/11/22, 09:30:46", "dmy", datetime(2022, 11, 14, 9, 30, 46)),
        ("7/22/26, 7:00:11 PM", "mdy", datetime(2026, 7, 22, 19, 0, 11)),
        ("11/29/24 22:28", "mdy", datetime(2024, 11, 29, 22, 28)),
        ("2024-05-01 09:00:00", "ymd", datetime(2024, 5, 1, 9)),
        ("1.5.2024, 12:00 a. m.", "dmy", datetime(2024, 5, 1, 0)),
        ("Mar 28, 2020 08:07:27", "dmy", datetime(2020, 3, 28, 8, 7, 27)),
        ("August 2, 2026 10:00 PM", "mdy", datetime(2026, 8, 2, 22)),
        ("Feb 30, 2024 09:00", "ymd", None),
        ("14/11/22, 09:30:46", "mdy", None),
        ("2024-05-01 09:00:00", "dmy", None),
        ("31/02/2024 09:00", "dmy", None),
        ("14/11/22 13:00 PM", "dmy", None),
        ("noon", "dmy", None),
    ],
)
def test_a_time_is_read_in_its_order(text, order, instant):
    assert read_stamp(text, order) == instant


def test_one_row_that_allows_one_order_decides_for_all():
    assert date_order(["07/08/24 09:30", "07/22/24 09:30"]) == "mdy"
    assert date_order(["07/08/24 09:30", "22/07/24 09:30"], preferred="mdy") == "dmy", "the rows know better"


def test_the_same_either_way_needs_no_order():
    assert date_order(["05/05/24 09:30"]) in ORDERS


def test_the_name_of_a_month_needs_no_order():
    assert date_order(["Jul 8, 2024 09:30 AM"]) in ORDERS
    assert date_order(["Jul 8, 2024 09:30", "07/22/24 09:30"]) == "mdy"


def test_two_ways_are_refused_unless_the_setting_says_which():
    with pytest.raises(RefusedFile, match=r"dmy or as mdy.*date_order"):
        date_order(["07/08/24 09:30"])
    assert date_order(["07/08/24 09:30"], preferred="mdy") == "mdy"


def test_rows_that_contradict_each_other_are_refused():
    with pytest.raises(RefusedFile, match="no order"):
        date_order(["22/07/24 09:30", "07/22/24 09:30"])
    with pytest.raises(RefusedFile, match="no order"):
        date_order(["noon"])


@given(st.lists(_INSTANTS, min_size=1, max_size=6), st.sampled_from(ORDERS))
def test_it_is_right_or_refuses(instants, order):
    texts = [instant.strftime(_FORMS[order]) for instant in instants]
    try:
        found = date_order(texts)
    except RefusedFile:
        return
    assert [read_stamp(text, found) for text in texts] == instants
