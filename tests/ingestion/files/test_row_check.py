import pytest

from ingestion.drift import HeadingWatch
from ingestion.files.row_check import find_columns, heading_key, match_headings, near_headings
from ingestion.files.values import Column
from ingestion.findings import RefusedFile

COLUMNS = [Column("ref", "Post ref", required=True), Column("end", "Ends on", required_when={"ref": "x"})]


@pytest.mark.parametrize(
    "written",
    [
        "Grant Programme: Title",
        "Grant Programme :Title",
        " grant  programme:\u00a0TITLE * ",
        "Grant\u00a0Programme : Title",
        "\ufeffGrant Programme:Title",
        "\uff27rant Programme\uff1aTitle",
    ],
)
def test_headings_are_one_however_they_are_spaced(written):
    assert heading_key(written) == heading_key("Grant Programme:Title")


def test_a_needed_heading_that_is_missing_refuses_the_file_once_and_says_what_stands_there():
    with pytest.raises(RefusedFile, match=r"Post ref is missing \(is 'Post reff' meant for Post ref\?\)"):
        match_headings(COLUMNS, ["Post reff", "Ends on"], "sheet Jobs")


def test_what_some_rows_must_fill_needs_its_heading_too():
    with pytest.raises(RefusedFile, match="Ends on is missing"):
        match_headings(COLUMNS, ["Post ref"], "sheet Jobs")


def test_a_needed_heading_that_stands_twice_refuses_the_file():
    with pytest.raises(RefusedFile, match="Post ref stands twice, in columns B and D"):
        match_headings(COLUMNS, ["", "Post ref", "Ends on", " post  Ref"], "sheet Jobs")


def test_of_other_headings_that_stand_twice_the_first_is_read():
    assert find_columns({"note": {"note"}}, ["Note", "note"]) == {"note": 0}


@pytest.mark.parametrize(
    "written", ["Amount Awardd", "Amout Awarded", "Amount Awradedd", "Amount Awraded", "AmountAwarded"]
)
def test_what_is_one_slip_away_is_told_apart(written):
    near = near_headings([written], ["Amount Awarded"])
    assert bool(near) == (written != "Amount Awradedd")


def test_short_headings_are_near_to_nothing():
    assert near_headings(["lat", "latt"], ["lat", "wardd"]) == {}


def test_no_pattern_hides_a_heading_that_is_one_slip_away(threesixtygiving):
    watch = HeadingWatch()
    watch.table(
        ["Recipient Org:Postal Cod", "Recipient Org:City"],
        [],
        {"Recipient Org:Postal Cod": "Recipient Org:Postal Code"},
    )
    (drift,) = watch.drifts("r", "threesixtygiving", threesixtygiving)
    assert (drift.kind, drift.column_name) == ("misspelt_column", "Recipient Org:Postal Cod")
    assert "is 'Recipient Org:Postal Code' meant?" in drift.message


@pytest.fixture
def threesixtygiving():
    from ingestion.catalogue import SOURCES

    return SOURCES["threesixtygiving"].stream("grants")
