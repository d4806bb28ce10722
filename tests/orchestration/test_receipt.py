"""What a receipt says beside the verdict, as data and as a page, and that a release can be judged again by it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import duckdb
import pytest
import yaml

from orchestration.code_version import commit
from orchestration.release import integrity, rejudged
from orchestration.release.context import Step
from orchestration.release.inputs import by_stream, described, registry_files
from orchestration.release.receipt_page import render
from orchestration.release.steps.gate_kept import keep_gate
from quality import verdicts
from quality.gate import run_gate
from quality.receipt import Evidence, build_receipt
from quality.suites import suites_fingerprint
from tests.conftest import wmip
from tests.orchestration.test_release import (  # noqa: F401 - home is a fixture
    CLOCK,
    CORE,
    build_candidate,
    evaluate,
    home,
    judge,
    publish,
    write_registry,
)

OWN_CHECKS = [
    {"name": "no_negative_value", "unexpected_rows": "SELECT value FROM {batch} WHERE value < 0"},
    {"name": "values_have_facts", "filled_from": ["intermediate.int_fact__all"]},
    {
        "name": "indicators_are_seeded",
        "unexpected_rows": "SELECT 1 FROM {batch} WHERE indicator_key NOT IN (SELECT name FROM seed.indicator)",
    },
    {
        "name": "facts_are_not_negative",
        "unexpected_rows": "SELECT 1 FROM {batch} WHERE (SELECT min(amount) FROM intermediate.int_fact__all) < 0",
    },
]
COMMON = {
    "table": "indicator_value",
    "dimension": "validity",
    "severity": "critical",
    "owner": "office",
    "meaning": "It holds.",
    "remedy": "Mend.",
}


def receipt_of(home, release_id):  # noqa: F811 - a folder
    return json.loads((home / "releases" / release_id / "receipt.json").read_text(encoding="utf-8"))


def test_it_says_which_tables_were_judged_who_assured_and_what_changed(home):  # noqa: F811 - the fixture
    publish(home)
    first = receipt_of(home, "2025-07-01.1")
    judged = {table["table"]: table["is_judged"] for table in first["tables"]}
    assert judged["indicator_value"]
    assert not judged["evaluation_run"]
    assert not judged["quality_result"]
    assert len({table["fingerprint"] for table in first["tables"]}) > 3
    assert first["changes"] == {
        "previous_release": None, "because": [], "not_compared": None, "indicators": [],
    }  # fmt: skip
    assert first["made_by"]["duckdb"] == duckdb.__version__
    assert first["assurance"] == [], "this evaluation says of nobody who assured it"


def test_an_assurer_stands_beside_the_analyst(home):  # noqa: F811 - the fixture
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            "CREATE OR REPLACE TABLE evaluation.evaluation_run AS SELECT candidate_fingerprint, 'programme' AS "
            "assumption_set, 'ab12' AS assumption_set_sha256, 'lead' AS analyst, 'lead' AS assurer, 'not_assured' AS "
            "assurance_status, 'the assurer is the analyst' AS assurance_reason FROM evaluation.evaluation_run"
        )
    publish(home)
    (said,) = receipt_of(home, "2025-07-01.1")["assurance"]
    assert (said["assurer"], said["assurance_status"]) == ("lead", "not_assured")
    page = (home / "releases/2025-07-01.1/receipt.html").read_text(encoding="utf-8")
    assert "the assurer is the analyst" in page


def test_the_figures_that_moved_are_told_by_indicator(home):  # noqa: F811 - the fixture
    columns = "'2024-25-Q1' AS period_key, 'programme' AS scope, 'all' AS scope_key, 'verified' AS basis"
    for value in (4, 9):
        build_candidate(home, value)
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.execute(f"CREATE OR REPLACE TABLE mart.indicator_value AS SELECT *, {columns} FROM "
                               "mart.indicator_value")  # fmt: skip
        judge(home)
        publish(home)
    changes = receipt_of(home, "2025-07-01.2")["changes"]
    assert changes["previous_release"] == "2025-07-01.1"
    assert changes["because"] == ["the figures"]
    assert changes["indicators"] == [
        {"indicator_key": "jobs_created", "figures": 1, "verified_by": "5", "claimed_by": "0"}
    ]


def test_the_page_shows_what_somebody_has_to_act_on_first_and_takes_nothing_for_markup(home):  # noqa: F811
    verdict = judge(home)
    failed = replace(verdict.results[0], check_name="odd", outcome="failed", severity="warning", observed="<b>2</b>")
    evidence = Evidence(
        waivers=[
            {
                "check_name": "odd",
                "scope_key": "CB01:2024-25-Q1",
                "reason": "a merger",
                "approved_by_role": "manager",
                "expires_on": "2025-09-30",
            }
        ],
        withheld=[{"scope": "indicator:H1", "rule": "odd", "reason": "is not proven"}],
        changes={"previous_release": None, "because": [], "not_compared": None, "indicators": []},
    )  # fmt: skip
    receipt = build_receipt(
        replace(verdict, results=[*verdict.results, failed]), release_id="r", rules={"odd": "0123456789ab"},
        evidence=evidence,
    )  # fmt: skip
    page = render(receipt)
    assert page == render(receipt)
    assert page.index("&lt;b&gt;2&lt;/b&gt;") < page.index("no_orphans")
    assert "<b>2" not in page
    for said in ("indicator:H1", "is not proven", "a merger", "1 of 2", "0123456789ab"):
        assert said in page
    assert "http" not in page.replace("http-equiv", ""), "the page loads nothing"


def test_inputs_are_told_by_stream_with_their_rows_and_content(tmp_path):
    path = write_registry(tmp_path, 3)
    path.with_suffix(".damaged").write_bytes(b"")
    files = described(tmp_path, registry_files(tmp_path))
    assert [(file.path, file.rows) for file in files] == [("registry/organisation_record.parquet", 3)]
    (stream,) = by_stream(files)
    assert (stream["stream"], stream["rows"], stream["loads"]) == ("registry", 3, 1)
    write_registry(tmp_path, 4)
    (other,) = by_stream(described(tmp_path, registry_files(tmp_path)))
    assert other["fingerprint"] != stream["fingerprint"]


@pytest.mark.parametrize("where", ["checkout", "worktree", "packed"])
def test_the_commit_is_read_from_the_files_of_git(tmp_path, where):
    main = tmp_path / "main" / ".git"
    (main / "refs" / "heads").mkdir(parents=True)
    (main / "HEAD").write_text("ref: refs/heads/main\n")
    root = tmp_path / "main"
    if where == "packed":
        (main / "packed-refs").write_text("# pack-refs\nabc1 refs/heads/main\n")
    else:
        (main / "refs" / "heads" / "main").write_text("abc1\n")
    if where == "worktree":
        folder = main / "worktrees" / "other"
        folder.mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "commondir").write_text("../..\n")
        root = tmp_path / "other"
        root.mkdir()
        (root / ".git").write_text(f"gitdir: {folder}\n")
    assert commit(root) == "abc1"
    assert commit(tmp_path / "nowhere") is None


@pytest.fixture
def judged_home(home):  # noqa: F811 - the fixture
    """A home with checks of its own, whose candidate was judged by them and published with what judged it."""
    (home / "checks").mkdir()
    own = home / "checks" / "own.yaml"
    own.write_text(yaml.safe_dump({"checks": [{**COMMON, **check} for check in OWN_CHECKS]}), encoding="utf-8")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            "CREATE SCHEMA intermediate; CREATE SCHEMA seed;"
            "CREATE TABLE seed.indicator AS SELECT 'jobs_created' AS name;"
            "CREATE TABLE intermediate.int_fact__all AS SELECT 'p_0' AS person_key, 1 AS amount"
        )
    return home


def published_with_its_gate(home, monkeypatch):  # noqa: F811 - a folder
    suites = [home / "checks" / "own.yaml"]
    for module in ("orchestration.release.steps.gate_kept", "orchestration.release.steps.receipt"):
        monkeypatch.setattr(f"{module}.gate_suites", lambda _home: suites)
    verdict = run_gate(home / "warehouse.duckdb", suites=suites, enabled_sources=["returns"], clock=CLOCK)
    assert verdict.passed
    verdicts.save(home, verdict)
    evaluate(home, verdict.candidate_fingerprint)
    steps = (*CORE, Step("keeping what judged it", keep_gate))
    return publish(home, suites_fingerprint=suites_fingerprint(suites), steps=steps).release_id


def test_a_release_is_judged_again_by_what_it_keeps(judged_home, monkeypatch):
    release_id = published_with_its_gate(judged_home, monkeypatch)
    release = judged_home / "releases" / release_id
    again = rejudged.rejudge(judged_home, release_id)
    assert (again.checks, again.of_receipt, again.problems, again.notes) == (3, 4, [], [])
    assert again.not_asked == {"they read what a release does not keep": ["facts_are_not_negative"]}
    kept = release / "gate" / "relations" / "intermediate.int_fact__all.parquet"
    assert b"p_0" not in kept.read_bytes(), "of what was not published only whether there were rows is kept"

    # A hand changes a figure and everything that would tell of it.
    with duckdb.connect(str(release / "mart.duckdb")) as connection:
        connection.execute("UPDATE indicator_value SET value = -4")
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"]["mart.duckdb"] = integrity.file_facts(release / "mart.duckdb")
    (release / "manifest.json").write_text(json.dumps(integrity.sealed(
        {name: said for name, said in manifest.items() if name != integrity.SEAL})))  # fmt: skip
    assert integrity.verify(judged_home, release_id) == []
    assert rejudged.rejudge(judged_home, release_id).problems == [
        "its tables are not those that the gate judged",
        "check no_negative_value: the receipt says passed with 0 row(s) against it, judged again it is failed with 1",
    ]


def test_a_release_of_before_says_that_its_gate_cannot_be_run(home):  # noqa: F811 - the fixture
    publish(home)
    again = rejudged.rejudge(home, "2025-07-01.1")
    assert (again.checks, again.problems) == (0, [])
    assert "cannot be run again" in again.notes[0]


def test_verify_runs_the_gate_of_a_night_again(small_release):
    shown = wmip("release", "verify", "--home", small_release.path)
    assert shown.returncode == 0, shown.stderr
    asked, every = map(int, re.search(r"says of (\d+) of (\d+) checks", shown.stdout).groups())
    left_out = re.findall(r"  (\d+) were not asked again, as (.*)", shown.stdout)
    assert every - asked == int(left_out[0][0])
    # The product's checks read nothing that a release does not keep.
    assert [reason.startswith("they compared with releases before it") for _, reason in left_out] == [True]


@pytest.mark.parametrize("is_whole", [True, False])
def test_of_a_release_that_withholds_checks_of_tables_that_are_here_whole_are_asked_again(
    judged_home, monkeypatch, is_whole
):
    release_id = published_with_its_gate(judged_home, monkeypatch)
    path = judged_home / "releases" / release_id / "receipt.json"
    receipt = json.loads(path.read_text(encoding="utf-8"))
    assert all(table["is_whole"] for table in receipt["tables"])
    receipt["withheld"] = [{"scope": "partner:CB01", "rule": "a", "reason": "b"}]
    for table in receipt["tables"]:
        table["is_whole"] = is_whole or table["table"] != "indicator_value"
    path.write_text(json.dumps(receipt), encoding="utf-8")
    again = rejudged.rejudge(judged_home, release_id)
    in_part = [names for reason, names in again.not_asked.items() if "(indicator_value)" in reason]
    assert (again.checks, again.of_receipt, len(in_part)) == ((3, 4, 0) if is_whole else (0, 4, 1))
