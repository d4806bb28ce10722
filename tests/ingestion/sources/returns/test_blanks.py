"""Five kinds of empty, which are never taken for each other or for nought."""

import pytest

from ingestion.files.values import Column, NotGiven
from ingestion.sources.returns.blanks import (
    NIL,
    NOT_ANSWERED,
    NOT_DUE,
    WITHHELD,
    blank_or_value,
    said_of_table,
)
from tests.ingestion.sources.test_returns import BUSINESS, _read, _write

NUMBER = Column("n", "Headcount", "headcount")
TEXT = Column("t", "Company number")
NAME = Column("o", "Business name", "name_of_organisation")
OPEN = Column("x", "Plan", "open_text")
CHOICE = Column("c", "Evidence", "choice", allowed={"None": "none", "Signed sheet": "signed_sheet"})


@pytest.mark.parametrize(
    ("column", "cell", "kept"),
    [
        (NUMBER, "nil", 0),
        (NUMBER, " None ", 0),
        (NUMBER, "n/a", NotGiven(NOT_DUE, "n/a")),
        (NUMBER, "Not\u00a0yet due", NotGiven(NOT_DUE, "Not yet due")),
        (NUMBER, "TBC", NotGiven(NOT_ANSWERED, "TBC")),
        (NUMBER, "-", NotGiven(NOT_ANSWERED, "-")),
        (TEXT, "withheld", NotGiven(WITHHELD, "withheld")),
        (TEXT, "nil", "nil"),
        (NAME, "n/a", NotGiven(NOT_DUE, "n/a")),
        # A firm may be called so.
        (NAME, "Unknown", "Unknown"),
        (NAME, "Nil", "Nil"),
        # There it is the answer.
        (OPEN, "N/A", "N/A"),
        (CHOICE, "None", "None"),
        (CHOICE, "n/a", NotGiven(NOT_DUE, "n/a")),
        (NUMBER, 0, 0),
        (NUMBER, None, None),
    ],
)
def test_what_a_cell_says_of_why_it_holds_nothing(column, cell, kept):
    assert blank_or_value(column, cell) == kept


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ([None, "Nil return", ""], NIL),
        (["nothing to report."], NIL),
        (["n/a"], NOT_DUE),
        (["withheld"], WITHHELD),
        (["B1"], None),
        (["nil", 3], None),
        ([], None),
    ],
)
def test_what_the_one_row_of_a_table_says(cells, state):
    assert said_of_table(cells) == state


def test_each_kind_of_empty_lands_apart(tmp_path):
    firm = {**BUSINESS, "Charity number": "n/a", "Website": "withheld", "Cluster tag": "tbc", "Postcode": ""}
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [firm]}, leave_out=("Sole trader",))
    rows, findings = _read(path)
    (landed,) = rows["businesses"]
    assert [landed[name] for name in ("charity_number", "website", "cluster_tag", "postcode")] == [None] * 4
    assert landed["not_given"] == (
        "sole_trader: not_asked, charity_number: not_due, website: withheld, cluster_tag: not_answered"
    )
    assert [finding for finding in findings if finding.severity == "error"] == []


def test_a_table_that_says_nil_is_a_nil_return_and_no_row(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "JOBS": [{"Post ref": "Nil return"}]})
    rows, findings = _read(path)
    assert rows["jobs"] == []
    (said,) = rows["sections"]
    assert (said["section"], said["nothing_to_report"], said["not_given"]) == ("jobs", "yes", "rows: nil")
    assert [(f.reason_code, f.severity) for f in findings if f.stream == "jobs"] == [("table_has_no_rows", "note")]


def test_what_must_be_filled_in_is_told_with_the_words_that_stand_there(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Business name": "n/a"}]})
    rows, findings = _read(path)
    assert rows["businesses"] == []
    assert [f.message for f in findings if f.column_name == "business_name"] == [
        "Business name says 'n/a'; it must be filled in"
    ]
