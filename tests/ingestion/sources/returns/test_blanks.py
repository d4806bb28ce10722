"""Five kinds of empty, which are never taken for each other or for nought."""

import pytest

from ingestion.catalogue import return_contract
from ingestion.files.inbox import FileRead
from ingestion.files.values import Column, NotGiven
from ingestion.sources.returns.blanks import (
    NIL,
    NOT_ANSWERED,
    NOT_DUE,
    WITHHELD,
    blank_or_value,
    said_of_table,
)
from ingestion.sources.returns.reader import ReturnReader
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


@pytest.mark.parametrize(
    ("words", "why"), [("n/a", NOT_DUE), ("Not yet due", NOT_DUE), ("withheld", WITHHELD), ("tbc", NOT_ANSWERED)]
)
def test_a_table_that_says_why_it_has_no_rows_lands_as_that(tmp_path, words, why):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [BUSINESS], "JOBS": [{"Post ref": words}]})
    rows, findings = _read(path)
    assert rows["jobs"] == []
    (said,) = rows["sections"]
    assert (said["section"], said["nothing_to_report"], said["not_given"]) == ("jobs", None, f"rows: {why}")
    assert [f.reason_code for f in findings if f.stream == "jobs"] == ["table_has_no_rows"]


def _all_say(tmp_path, **words):
    """A return of version 1 in which each table says of itself why it has no rows (nil, if not said otherwise)."""
    tables = return_contract(version=1).tables
    rows = {one.table: [{one.columns[0].heading: words.get(one.table, "nil")}] for one in tables}
    path = _write(tmp_path / "r.xlsx", rows={name: one for name, one in rows.items() if words.get(name) != ""})
    return ReturnReader(["CB01"], FileRead(tmp_path)).read(path, "f" * 64)


def test_a_return_of_which_each_table_says_nil_is_a_nil_return(tmp_path):
    rows, findings = _all_say(tmp_path)
    assert {finding.reason_code for finding in findings} == {"table_has_no_rows"}
    assert rows["covers"][0]["nil_return"] == "yes"
    assert {row["nothing_to_report"] for row in rows["sections"]} == {"yes"}
    assert len(rows["sections"]) == len(return_contract(version=1).tables)


@pytest.mark.parametrize("words", [{"JOBS": ""}, {"JOBS": "withheld"}])
def test_a_return_without_a_row_of_which_one_table_does_not_say_nil_is_an_empty_one(tmp_path, words):
    rows, findings = _all_say(tmp_path, **words)
    assert "empty_return" in {finding.reason_code for finding in findings}
    assert rows["covers"] == []


def test_what_must_be_filled_in_is_told_with_the_words_that_stand_there(tmp_path):
    path = _write(tmp_path / "r.xlsx", rows={"BUSINESSES": [{**BUSINESS, "Business name": "n/a"}]})
    rows, findings = _read(path)
    assert rows["businesses"] == []
    assert [f.message for f in findings if f.column_name == "business_name"] == [
        "Business name says 'n/a'; it must be filled in"
    ]
