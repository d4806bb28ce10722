"""What changed between two releases is said completely: figures, facts, code, inputs."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from evaluation.site.changes import ValueChange
from orchestration.cli.main import app
from orchestration.errors import UserError
from orchestration.release.difference import FactChange, compare
from orchestration.release.evidence import _moved_by
from tests.evaluation.trace.marts import add_mart, fact

KEPT = fact("jobs:1")
GONE = fact("jobs:2", exact_quantity=15, exact_claimed_quantity=15, organisation_key="org_b")
CLAIMED = fact("jobs:3", status="claimed", not_counted_reason="no_follow_up", evidence_grade=None, partner_key="CB02")
VERIFIED = fact("jobs:3", partner_key="CB02")
LATER = fact("jobs:4", exact_quantity=7.5, exact_claimed_quantity=7.5, period_key="2023-24-Q2")
NEW = fact("events:1", indicator_key="event_attendees", exact_unit="attendances", exact_per_unit=1, exact_quantity=1,
    exact_claimed_quantity=1, period_key="2022-23-Q4", claimed_period_key="2022-23-Q4")  # fmt: skip
A, B = "2025-07-01.1", "2025-07-01.2"


def _release(home: Path, release_id: str, code: str, facts: list[dict], inputs: str = "inputs") -> None:
    folder = home / "releases" / release_id
    folder.mkdir(parents=True)
    manifest = {
        "released_at": "2025-07-01T02:00:00+00:00", "gate_status": "passed", "code_version": code,
        "input_fingerprint": inputs,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with duckdb.connect() as connection:
        add_mart(connection, "mart", facts, code=code, inputs=inputs, file=folder / "mart.duckdb")


@pytest.fixture
def home(tmp_path) -> Path:
    _release(tmp_path, A, "1.0", [KEPT, GONE, CLAIMED])
    _release(tmp_path, B, "1.1", [KEPT, VERIFIED, LATER, NEW], "others")
    (tmp_path / "releases" / "current").symlink_to(B)
    return tmp_path


def _run(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["release", "diff", *arguments, "--home", str(home)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_figures_that_changed_are_told_with_old_new_and_difference(home):
    found = compare(home, A, B).values
    programme = {value.period_key: value for value in found if (value.scope, value.basis) == ("programme", "verified")}
    key = ("jobs_created", "2023-24-Q1", "programme", "whole", "verified")
    assert programme["2023-24-Q1"] == ValueChange(*key, Decimal("1.5"), Decimal(2))
    assert programme["2023-24-Q1"].difference == Decimal("0.5")
    assert (programme["2023-24-Q2"].before, programme["2023-24-Q2"].difference) == (None, Decimal("0.25"))


def test_a_figure_that_is_withheld_did_not_fall_to_nothing(home):
    with duckdb.connect(str(home / "releases" / B / "mart.duckdb")) as mart:
        mart.execute("UPDATE indicator_value SET value = NULL, exact_value = NULL WHERE period_key = '2023-24-Q1'")
    found = {(one.period_key, one.scope, one.basis): one for one in compare(home, A, B).values}
    hidden, new = found["2023-24-Q1", "programme", "verified"], found["2023-24-Q2", "programme", "verified"]
    assert (hidden.before, hidden.after, hidden.difference) == (Decimal("1.5"), None, None)
    assert new.difference == Decimal("0.25")
    said = _run(home, A)
    assert "not shown" in said
    assert "-1.50" not in said
    assert [_moved_by([hidden, new]), _moved_by([new])] == ["not shown", "0.2500"]


def test_what_moved_a_figure_adds_up_to_the_difference_and_says_why(home):
    content = json.loads(_run(home, A, "--format", "json", "--scope", "all", "--rows"))
    assert content["values"]
    for value in content["values"]:
        cell = {name: value[name] for name in ("indicator_key", "period_key", "scope", "scope_key", "basis")}
        causes = [one for one in content["causes"] if cell.items() <= one.items()]
        assert sum(Decimal(one["difference"]) for one in causes) == Decimal(value["difference"])
        moved = [one for one in content["movements"] if cell.items() <= one.items()]
        assert sum(Decimal(one["difference"]) for one in moved) == Decimal(value["difference"]) * 30
    told = {(one["fact_key"], one["cause"]) for one in content["movements"] if one["basis"] == "verified"}
    assert told == {("jobs:2", "removed"), ("jobs:3", "changed"), ("jobs:4", "new")}


def test_facts_that_came_went_or_changed_are_told_by_column(home):
    facts = compare(home, A, B).facts
    assert FactChange("event_attendees", "events:1", "added", None, "verified") in facts
    assert FactChange("jobs_created", "jobs:2", "removed", "verified", None) in facts
    assert FactChange("jobs_created", "jobs:3", "status", "claimed", "verified") in facts
    assert {fact.change for fact in facts if fact.fact_key == "jobs:3"} == {
        "status", "is_counted", "not_counted_reason", "quantity", "evidence_grade",
    }  # fmt: skip
    assert not [fact for fact in facts if fact.fact_key == "jobs:1"]


def test_backwards_is_the_mirror_image(home):
    there, back = (compare(home, a, b) for a, b in [(A, B), ("2025-07-01.2", "2025-07-01.1")])
    assert [-value.difference for value in there.values] == [value.difference for value in back.values]
    assert sum(count for (_, change), count in there.fact_counts.items() if change == "added") == sum(
        count for (_, change), count in back.fact_counts.items() if change == "removed"
    )


def test_a_release_does_not_differ_from_itself(home):
    same = compare(home, "2025-07-01.2", "2025-07-01.2")
    assert (same.values, same.facts) == ([], [])
    assert all(item.is_same for item in same.info)
    assert "No figure changed" in _run(home, "2025-07-01.2")


def test_the_table_shows_code_input_figures_and_counts(home):
    shown = _run(home, "2025-07-01.1")
    for expected in ("1.0", "1.1", "the same", "+0.50", "removed", "more figures changed at other scopes"):
        assert expected in shown


def test_csv_and_json_carry_the_same_rows(home):
    rows = list(csv.DictReader(io.StringIO(_run(home, "2025-07-01.1", "--format", "csv", "--rows", "--scope", "all"))))
    content = json.loads(_run(home, "2025-07-01.1", "--format", "json", "--rows", "--scope", "all"))
    assert {row["kind"] for row in rows} == {"release", "value", "cause", "movement", "fact"}
    for kind, name in (("value", "values"), ("cause", "causes"), ("movement", "movements"), ("fact", "facts")):
        assert len([row for row in rows if row["kind"] == kind]) == len(content[name]) > 0
    assert next(row for row in rows if row["kind"] == "release")["change"] == "code_version"
    (programme,) = [
        value
        for value in content["values"]
        if (value["scope"], value["basis"], value["period_key"]) == ("programme", "verified", "2023-24-Q1")
    ]
    assert (programme["before"], programme["difference"]) == ("1.5000", "0.5000")


def test_without_rows_facts_are_counted(home):
    content = json.loads(_run(home, "2025-07-01.1", "--format", "json"))
    assert "facts" not in content
    assert {"indicator_key": "jobs_created", "change": "removed", "facts": 1} in content["fact_counts"]


def test_an_unknown_release_is_named(home):
    with pytest.raises(UserError, match=r"no release 2020-01-01\.1"):
        CliRunner().invoke(
            app, ["release", "diff", "2020-01-01.1", "--home", str(home)], catch_exceptions=False, standalone_mode=False
        )


def test_a_text_that_begins_like_a_formula_is_none_in_csv_and_a_negative_difference_is_a_number(tmp_path):
    for release_id, status, hours in ((A, "=1+1", 60), (B, "@x", 45)):
        told = fact("jobs:1", status=status, partner_key="-p", exact_claimed_quantity=hours)
        _release(tmp_path, release_id, "1.0", [told])
    rows = list(csv.DictReader(io.StringIO(_run(tmp_path, A, B, "--format", "csv", "--rows", "--scope", "partner"))))
    (changed,) = [row for row in rows if row["kind"] == "fact" and row["change"] == "status"]
    assert (changed["before"], changed["after"]) == ("'=1+1", "'@x")
    (figure,) = [row for row in rows if row["kind"] == "value"]
    assert (figure["scope_key"], figure["difference"]) == ("'-p", "-0.5000")
