"""The grey zone of matching: shown to people side by side, decided by them, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from common.home import registry_file
from identity.decisions import read_decisions
from identity.resolve import REGISTRY_SCHEMA
from ingestion.files.workbooks import Workbook
from orchestration.errors import UserError
from orchestration.organisation_review import COMPARED, HEADINGS, decide, evidence_in_words, waiting
from orchestration.review_workbook import rows_of, write_review
from tests.conftest import wmip

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
EVIDENCE = (
    '{"comparisons": [{"name": "name", "level": "alike", "weight": 7.25}, '
    '{"name": "place", "level": "elsewhere", "weight": -2.5}], "vetoes": ["charity_number"]}'
)
RECORDS = [
    ("hubspot", "1", "o1", "Anvil Ltd", "01234567", "B1 1AA"),
    ("returns", "CB01:business:B1", "o2", "=Anvil (Midlands)", "01234567", "B2 2BB"),
    ("returns", "CB01:business:B2", "o2", "Anvil Midlands", None, None),
    ("eventbrite", "7", "o3", "Hammer", None, None),
]


@pytest.fixture
def home(tmp_path):
    """A home whose last night left two pairs to people."""
    leave_pairs(tmp_path)
    return tmp_path


def leave_pairs(home):
    """What a night leaves of two pairs that wait."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as db:
        columns = ", ".join(f"{name} VARCHAR" for name in ("source_system", "source_record_id", *COMPARED.values()))
        db.execute(f"CREATE SCHEMA intermediate; CREATE TABLE intermediate.int_organisation__record ({columns})")
        db.execute(
            "CREATE SCHEMA mart; CREATE TABLE mart.bridge_organisation_record "
            "(source_system VARCHAR, source_record_id VARCHAR, organisation_key VARCHAR)"
        )
        for system, name, key, called, number, postcode in RECORDS:
            db.execute("INSERT INTO mart.bridge_organisation_record VALUES (?, ?, ?)", [system, name, key])
            db.execute(
                "INSERT INTO intermediate.int_organisation__record BY NAME SELECT ? AS source_system, "
                "? AS source_record_id, ? AS name, ? AS company_number, ? AS postcode",
                [system, name, called, number, postcode],
            )
        db.execute(
            "CREATE TABLE mart.organisation_review AS SELECT * FROM (VALUES "
            "('o1', 'o2', 'hubspot', '1', 'returns', 'CB01:business:B1', 'name', 0.7, ?, 3, NULL, NULL), "
            "('o1', 'o3', 'hubspot', '1', 'eventbrite', '7', 'name', 0.6, '{}', 9, DATE '2025-05-01', 'lead')) "
            "AS given (left_organisation_key, right_organisation_key, left_source_system, left_source_record_id, "
            "right_source_system, right_source_record_id, match_method, match_probability, evidence, counted_facts, "
            "looked_at_on, looked_at_by_role)",
            [EVIDENCE],
        )  # fmt: skip
    registry_file(home).parent.mkdir(exist_ok=True)
    rows = [{"source_system": system, "source_record_id": name, "organisation_key": key}
            for system, name, key, *_ in RECORDS]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, REGISTRY_SCHEMA), registry_file(home))


def row(left="hubspot 1", right="returns CB01:business:B1", verdict="same", **given):
    """A row as it is read from a workbook."""
    (one, first), (other, second) = left.split(" ", 1), right.split(" ", 1)
    said = (one, first, other, second, verdict, "one board", "evaluator", date(2025, 5, 14))
    return dict(zip(HEADINGS, said, strict=True)) | {name.capitalize(): value for name, value in given.items()}


def test_both_sides_stand_beside_each_other_with_the_evidence_in_words(home):
    first, second = waiting(home)
    assert (first.counted_facts, first.looked_at) == (9, "lead, 2025-05-01")
    assert second.left.said["name"] == "Anvil Ltd"
    assert (second.right.names, second.right.record_count) == ("=Anvil (Midlands); Anvil Midlands", 2)
    assert second.evidence == "name: alike (+7.2)\nplace: elsewhere (-2.5)\nagainst: charity_number"
    assert evidence_in_words(None) == ""


def test_the_workbook_is_filled_in_and_read_back(home, tmp_path):
    target = tmp_path / "review.xlsx"
    assert wmip("organisations", "review", "--home", home, "--output", target).returncode == 0
    assert target.stat().st_mode & 0o077 == 0
    book = openpyxl.load_workbook(target)
    sheet = book["Pairs"]
    at = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(3, at["Name B"]).value == "=Anvil (Midlands)"
    assert sheet.cell(3, at["Name B"]).data_type == "s", "no text is a formula"
    for heading, value in (("Decision", "Same"), ("Reason", "one board"), ("Role", "evaluator")):
        sheet.cell(3, at[heading]).value = value
    sheet.cell(3, at["Date"]).value = date(2025, 5, 14)
    book.save(target)
    done = wmip("organisations", "decide", target, "--home", home, WMIP_CLOCK="2025-05-15T02:00:00Z")
    assert done.returncode == 0, done.stderr
    assert "1 decision(s) recorded, 0 known already, 1 row(s) without one, 0 row(s) refused" in done.stdout
    (decision,) = read_decisions(home)
    assert str(decision) == "hubspot 1 = returns CB01:business:B1"
    assert (decision.reason, decision.role, decision.decided_on) == ("one board", "evaluator", date(2025, 5, 14))
    again = wmip("organisations", "decide", target, "--home", home, WMIP_CLOCK="2025-05-16T02:00:00Z")
    assert "0 decision(s) recorded, 1 known already" in again.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decision": "maybe"}, "Decision"),
        ({"reason": None}, "Reason"),
        ({"role": " "}, "Role"),
        ({"role": "ann@firm.example"}, "Role holds an e-mail address"),
        ({"date": "soon"}, "Date"),
        ({"date": date(2025, 5, 16)}, "Date: 2025-05-16 is after today"),
        ({"right": "returns CB09:business:B1"}, "returns CB09:business:B1 is no record of this home"),
        ({"right": "hubspot 1"}, "both sides are the same record"),
    ],
)
def test_a_row_that_is_wrong_is_told_of_and_the_others_stand(home, given, said):
    named = {name: given.pop(name) for name in list(given) if name == "right"}
    outcome = decide(home, [(2, row(**named, **given)), (3, row(right="eventbrite 7", verdict="unsure"))], CLOCK)
    assert list(outcome.errors) == [2]
    assert said in outcome.errors[2][0]
    assert [decision.verdict for decision in outcome.recorded] == ["unsure"]


def test_a_row_without_a_decision_is_none_and_rows_that_differ_are_both_refused(home):
    outcome = decide(
        home,
        [
            (2, row(verdict=None, reason=None)),
            (3, row()),
            (4, row("returns CB01:business:B1", "hubspot 1", "different")),
        ],
        CLOCK,
    )
    assert outcome.undecided == 1
    assert outcome.errors == {
        3: ["row 4 decides otherwise of the same two records"],
        4: ["row 3 decides otherwise of the same two records"],
    }
    assert read_decisions(home) == []


def test_a_contradiction_names_the_rows_and_the_decisions_it_is_made_of(home):
    decide(home, [(2, row())], CLOCK)
    outcome = decide(
        home,
        [
            (2, row("hubspot 1", "eventbrite 7")),
            (3, row("returns CB01:business:B1", "eventbrite 7", "different")),
            (4, row("returns CB01:business:B2", "hubspot 1", "unsure")),
        ],
        CLOCK,
    )
    assert sorted(outcome.errors) == [2, 3]
    (said,) = outcome.errors[3]
    assert said == (
        "contradicts what else is decided: eventbrite 7 ≠ returns CB01:business:B1 (row 3), but "
        "eventbrite 7 = hubspot 1 (row 2), hubspot 1 = returns CB01:business:B1 (decision 1)"
    )
    assert [str(decision) for decision in outcome.recorded] == ["hubspot 1 ? returns CB01:business:B2"]


def test_what_was_decided_since_the_night_waits_no_more_and_who_was_unsure_may_say_so_again(home):
    decide(home, [(2, row()), (3, row(right="eventbrite 7", verdict="unsure"))], CLOCK)
    assert [pair.right.record.source_system for pair in waiting(home)] == ["eventbrite"]


def test_a_workbook_without_the_headings_is_refused_and_one_saved_as_text_is_read(home, tmp_path):
    (tmp_path / "other.csv").write_text("System A,Record A\nhubspot,1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"no sheet has the headings System A, .*wmip organisations review"):
        rows_of(Workbook(tmp_path / "other.csv"))
    lines = [",".join(HEADINGS), "hubspot,1,eventbrite,7,different,two boards,evaluator,14/05/2025"]
    (tmp_path / "pairs.csv").write_text("\n".join(lines), encoding="utf-8")
    outcome = decide(home, rows_of(Workbook(tmp_path / "pairs.csv")), CLOCK)
    assert outcome.errors == {}
    assert [decision.decided_on for decision in outcome.recorded] == [date(2025, 5, 14)]


def test_without_a_night_there_is_nothing_to_review(tmp_path):
    with pytest.raises(UserError, match="no night has counted"):
        waiting(tmp_path)
    write_review([], tmp_path / "none.xlsx")
    assert rows_of(Workbook(tmp_path / "none.xlsx")) == []
