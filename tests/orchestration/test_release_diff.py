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

FACT = """
    fact_key VARCHAR, indicator_key VARCHAR, status VARCHAR, is_counted BOOLEAN, not_counted_reason VARCHAR,
    quantity DECIMAL(18, 4), claimed_quantity DECIMAL(18, 4), evidence_grade VARCHAR, period_key VARCHAR,
    partner_key VARCHAR, organisation_key VARCHAR
"""
KEPT = "('jobs:1', 'jobs_created', 'verified', true, NULL, 1, 1, 'B', '2023-24-Q1', 'CB01', 'org_a')"
GONE = "('jobs:2', 'jobs_created', 'verified', true, NULL, 0.5, 0.5, 'B', '2023-24-Q1', 'CB01', 'org_b')"
CLAIMED = "('jobs:3', 'jobs_created', 'claimed', false, 'no_follow_up', 0, 1, NULL, '2023-24-Q1', 'CB02', 'org_c')"
VERIFIED = "('jobs:3', 'jobs_created', 'verified', true, NULL, 1, 1, 'B', '2023-24-Q1', 'CB02', 'org_c')"
NEW = "('events:1', 'event_attendees', 'verified', true, NULL, 1, 1, 'A', '2023-24-Q1', 'CB01', 'org_a')"


def _release(home: Path, release_id: str, code: str, facts: list[str], values: list[str]) -> None:
    folder = home / "releases" / release_id
    folder.mkdir(parents=True)
    manifest = {
        "released_at": "2025-07-01T02:00:00+00:00", "gate_status": "passed", "code_version": code,
        "input_fingerprint": "inputs",
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with duckdb.connect(str(folder / "mart.duckdb")) as connection:
        connection.execute(f"""
            CREATE TABLE release_info AS SELECT '{release_id}' AS release_id,
                TIMESTAMP '2025-07-01 02:00:00' AS released_at, TIMESTAMP '2025-07-01 01:00:00' AS data_as_of,
                '{code}' AS code_version, 'inputs' AS input_fingerprint, 'passed' AS gate_status;
            CREATE TABLE indicator_fact ({FACT});
            INSERT INTO indicator_fact VALUES {", ".join(facts)};
            CREATE TABLE indicator_value (indicator_key VARCHAR, period_key VARCHAR, scope VARCHAR,
                scope_key VARCHAR, basis VARCHAR, value DECIMAL(18, 4));
            INSERT INTO indicator_value VALUES {", ".join(values)};
        """)


@pytest.fixture
def home(tmp_path) -> Path:
    def value(figure: str, scope: str = "programme", period: str = "2023-24-Q1") -> str:
        return f"('jobs_created', '{period}', '{scope}', '{scope}', 'verified', {figure})"

    _release(tmp_path, "2025-07-01.1", "1.0", [KEPT, GONE, CLAIMED], [value("1.5"), value("1.5", "partner")])
    _release(
        tmp_path, "2025-07-01.2", "1.1", [KEPT, VERIFIED, NEW],
        [value("2"), value("2", "partner"), value("0.25", period="2023-24-Q2")],
    )  # fmt: skip
    (tmp_path / "releases" / "current").symlink_to("2025-07-01.2")
    return tmp_path


def _run(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["release", "diff", *arguments, "--home", str(home)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_figures_that_changed_are_told_with_old_new_and_difference(home):
    found = compare(home, "2025-07-01.1", "2025-07-01.2").values
    key = ("jobs_created", "2023-24-Q1", "programme", "programme", "verified")
    changed = next(value for value in found if value.scope == "programme" and value.period_key == "2023-24-Q1")
    assert changed == ValueChange(*key, Decimal("1.5"), Decimal(2))
    assert changed.difference == Decimal("0.5")
    appeared = next(value for value in found if value.period_key == "2023-24-Q2")
    assert (appeared.before, appeared.difference) == (None, Decimal("0.25"))
    assert len(found) == 3


def test_facts_that_came_went_or_changed_are_told_by_column(home):
    facts = compare(home, "2025-07-01.1", "2025-07-01.2").facts
    assert FactChange("event_attendees", "events:1", "added", None, "verified") in facts
    assert FactChange("jobs_created", "jobs:2", "removed", "verified", None) in facts
    assert FactChange("jobs_created", "jobs:3", "status", "claimed", "verified") in facts
    assert {fact.change for fact in facts if fact.fact_key == "jobs:3"} == {
        "status", "is_counted", "not_counted_reason", "quantity", "evidence_grade",
    }  # fmt: skip
    assert not [fact for fact in facts if fact.fact_key == "jobs:1"]


def test_backwards_is_the_mirror_image(home):
    there, back = (compare(home, a, b) for a, b in [("2025-07-01.1", "2025-07-01.2"), ("2025-07-01.2", "2025-07-01.1")])
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
    for expected in ("1.0", "1.1", "the same", "+0.50", "removed", "1 more figures changed at other scopes"):
        assert expected in shown


def test_csv_and_json_carry_the_same_rows(home):
    rows = list(csv.DictReader(io.StringIO(_run(home, "2025-07-01.1", "--format", "csv", "--rows", "--scope", "all"))))
    content = json.loads(_run(home, "2025-07-01.1", "--format", "json", "--rows", "--scope", "all"))
    assert {row["kind"] for row in rows} == {"release", "value", "fact"}
    assert len([row for row in rows if row["kind"] == "value"]) == len(content["values"]) == 3
    assert len([row for row in rows if row["kind"] == "fact"]) == len(content["facts"]) == 7
    assert next(row for row in rows if row["kind"] == "release")["change"] == "code_version"
    assert content["values"][0]["difference"] == "0.5000"


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
    for release_id, status, value in (("2025-07-01.1", "=1+1", "2"), ("2025-07-01.2", "@x", "1.5")):
        fact = KEPT.replace("'verified'", f"'{status}'")
        _release(
            tmp_path, release_id, "1.0", [fact], [f"('jobs_created', 'Q', 'programme', '-p', 'verified', {value})"]
        )
    rows = list(
        csv.DictReader(io.StringIO(_run(tmp_path, "2025-07-01.1", "2025-07-01.2", "--format", "csv", "--rows")))
    )
    (fact,) = [row for row in rows if row["kind"] == "fact"]
    assert (fact["before"], fact["after"]) == ("'=1+1", "'@x")
    (figure,) = [row for row in rows if row["kind"] == "value"]
    assert (figure["scope_key"], figure["difference"]) == ("'-p", "-0.5000")
