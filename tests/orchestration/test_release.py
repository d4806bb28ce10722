"""A release is built whole out of sight or not at all, and only of what the gate passed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evaluation.disclosure.contributions import SCHEMA
from evaluation.disclosure.marks import PublishedFigures
from evaluation.disclosure.memory import MEMORY, recall
from evaluation.disclosure.memory import remember as leave
from ingestion.storage.office import append
from orchestration.cli.main import app
from orchestration.cli.options import console
from orchestration.cli.registry import app as registry_app
from orchestration.cli.releases import app as releases_app
from orchestration.errors import UserError
from orchestration.night import only_writer
from orchestration.release import approval, integrity, publication, store
from orchestration.release.context import BuildContext, Step
from orchestration.release.kept_registry import check_registry, restore_registry
from orchestration.release.pruning import memories
from orchestration.release.publication import STEPS
from orchestration.release.steps.copying import write_parquet
from orchestration.release.steps.registry import keep_registry
from quality import verdicts
from quality.fingerprint import VOLATILE_TABLES, combine, table_fingerprints
from quality.gate import CheckResult, Verdict

CLOCK = datetime(2025, 7, 1, 2, 0, tzinfo=UTC)
# The candidate below has no figures to make anything else of.
CORE = tuple(step for step in STEPS if step.build.__module__.rpartition(".")[2] in {"mart", "evaluation", "receipt"})

STEPS_WITH_REGISTRY = (*CORE, Step("keeping the organisation keys", keep_registry))
LICENCE = "open_data: {licence: {name: OGL-UK-3.0, title: Open Government Licence, path: 'https://example.org/ogl'}}"


def build_candidate(home: Path, value: int) -> None:
    home.mkdir(exist_ok=True)
    (home / "warehouse.duckdb").unlink(missing_ok=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"""
            CREATE SCHEMA mart;
            CREATE TABLE mart.indicator_value AS SELECT 'jobs_created' AS indicator_key, {value} AS value;
            COMMENT ON TABLE mart.indicator_value IS 'A sum over indicator_fact.';
            CREATE TABLE mart.source_run AS SELECT TIMESTAMP '2025-07-01 01:00:00' AS last_good_read_at;
            CREATE TABLE mart.waiver AS SELECT t.*, '' AS reason, 'role' AS approved_by_role,
                DATE '2025-01-01' AS expires_on
            FROM (VALUES ('no_orphans', 'b', true), ('no_orphans', 'c', false), ('no_such_check', 'd', true))
                AS t (check_name, scope_key, is_in_force);
            CREATE TABLE mart.indicator_restatement AS FROM (VALUES
                ('jobs_created', 'CB01', '2024-25-Q1', 10.0, 12.0, true, 'pending', true),
                ('jobs_created', 'CB01', '2024-25-Q1', 10.0, 12.0, false, 'approved', true),
                ('jobs_created', 'CB02', '2024-25-Q1', 100.0, 100.5, true, 'pending', false)
            ) AS t (indicator_key, restated_partner_key, restated_period_key, locked_value, known_value, is_open, state,
                is_material);
        """)


def judge(home: Path, outcome: str = "passed") -> Verdict:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        prints = table_fingerprints(connection)
    result = CheckResult(
        "no_orphans", "consistency", "critical", "indicator_value", outcome, "", 1, 0, [], "office", "m", "r", CLOCK
    )
    verdict = Verdict(combine(prints), combine(prints, without=VOLATILE_TABLES), "suites", CLOCK, [result])
    verdicts.save(home, verdict)
    evaluate(home, verdict.candidate_fingerprint)
    return verdict


def evaluate(home: Path, candidate_fingerprint: str, value: float = 1.5) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"""
            CREATE SCHEMA IF NOT EXISTS evaluation;
            CREATE OR REPLACE TABLE evaluation.evaluation_run AS
                SELECT '{candidate_fingerprint}' AS candidate_fingerprint;
            CREATE OR REPLACE TABLE evaluation.evaluation_result AS SELECT {value} AS modelled_value;
        """)


def publish(home: Path, **changes) -> publication.Published | publication.Unchanged:
    arguments = {
        "clock": CLOCK,
        "code_version": "test",
        "input_fingerprint": "inputs",
        "keep": 2,
        "suites_fingerprint": "suites",
        "steps": CORE,
    }
    return publication.publish(home, **{**arguments, **changes})


@pytest.fixture
def home(tmp_path) -> Path:
    build_candidate(tmp_path / "home", 4)
    judge(tmp_path / "home")
    return tmp_path / "home"


def test_a_passed_candidate_becomes_a_whole_release(home):
    published = publish(home)
    assert published == publication.Published("2025-07-01.1")
    assert store.current_release(home) == "2025-07-01.1"
    assert integrity.verify(home, "2025-07-01.1") == []
    shown = store.show(home, "2025-07-01.1")
    assert shown["manifest"]["rows"] == {
        "evaluation_result": 1, "evaluation_run": 1, "indicator_restatement": 3, "indicator_value": 1,
        "quality_consequence": 0, "quality_result": 1, "release_info": 1, "retention_rule": 3, "source_run": 1,
        "waiver": 3,
    }  # fmt: skip
    (material,) = shown["receipt"]["material_restatements"]
    assert (material["partner_key"], material["locked_value"], material["known_value"]) == ("CB01", "10.0", "12.0")
    assert (material["waiting"], material["approved"]) == ("1", "1")
    # One that expired, and one of a check that there is not, waive nothing.
    assert [waiver["scope_key"] for waiver in shown["receipt"]["waivers"]] == ["b"]
    assert "parquet/indicator_value.parquet" in shown["manifest"]["files"]
    with duckdb.connect(str(home / "releases/current/mart.duckdb"), read_only=True) as connection:
        comment = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'indicator_value'"
        ).fetchone()
        kept = connection.execute("SELECT entity, period FROM retention_rule ORDER BY entity").fetchall()
    assert comment == ("A sum over indicator_fact.",)
    assert kept == [("originals", None), ("person_keys", None), ("releases", "14 releases")]


@pytest.mark.parametrize(
    "kind",
    [
        "UUID",
        "INTERVAL",
        "TIME",
        "TIMETZ",
        "UUID[]",
        "UUID[3][]",
        "STRUCT(a TIME)",
        "MAP(VARCHAR, INTERVAL)",
        "HUGEINT",
    ],
)
def test_no_parquet_holds_a_column_that_spark_or_polars_cannot_read(tmp_path, kind):
    with duckdb.connect(str(tmp_path / "mart.duckdb")) as connection:
        connection.execute(
            f"CREATE TABLE fct_job AS SELECT 1 AS job, NULL::{kind} AS odd, TIMESTAMP '2025-07-01' AS at"
        )
    with pytest.raises(UserError, match=r"fct_job\.odd \("):
        write_parquet(tmp_path / "mart.duckdb", tmp_path / "parquet")


@pytest.mark.parametrize("kind", ["STRUCT(a TIMESTAMPTZ)", "ENUM ('TIME')", "TIMESTAMP", "BIGINT", "DECIMAL(38, 6)"])
def test_a_type_that_every_reader_reads_is_written(tmp_path, kind):
    with duckdb.connect(str(tmp_path / "mart.duckdb")) as connection:
        connection.execute(f"CREATE TABLE fct_job AS SELECT 1 AS job, NULL::{kind} AS plain")
    write_parquet(tmp_path / "mart.duckdb", tmp_path / "parquet")
    assert (tmp_path / "parquet" / "fct_job.parquet").is_file()


def test_a_new_connection_reads_the_new_release_while_another_has_the_old_one_open(home, tmp_path):
    """DuckDB keeps one instance of a file a process: of a file that was replaced a new connection would show the old
    content. A release is a new file, and the link is resolved when it is opened.
    """
    build_candidate(home, 1)
    judge(home)
    publish(home)
    mart = home / "releases" / "current" / "mart.duckdb"
    with duckdb.connect(str(mart.resolve()), read_only=True) as old:
        assert old.execute("SELECT value FROM indicator_value").fetchall() == [(1,)]
        build_candidate(home, 2)
        judge(home)
        publish(home)
        for path in (mart, mart.resolve()):
            with duckdb.connect(str(path), read_only=True) as new:
                assert new.execute("SELECT value FROM indicator_value").fetchall() == [(2,)]
        assert old.execute("SELECT value FROM indicator_value").fetchall() == [(1,)]


def test_the_same_figures_again_make_no_release(home):
    publish(home)
    assert publish(home) == publication.Unchanged("2025-07-01.1")


def test_new_assumptions_alone_make_a_release(home):
    verdict = judge(home)
    publish(home)
    evaluate(home, verdict.candidate_fingerprint, value=1.6)
    assert publish(home) == publication.Published("2025-07-01.2")


def test_a_candidate_that_was_not_evaluated_is_refused(home):
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("DROP SCHEMA evaluation CASCADE")
    with pytest.raises(approval.GateRefused, match="has not been evaluated"):
        publish(home)


def test_an_evaluation_of_another_candidate_is_refused(home):
    evaluate(home, "another")
    with pytest.raises(approval.GateRefused, match="made of another candidate"):
        publish(home)


@pytest.mark.parametrize("outcome", ["failed", "error"])
def test_a_candidate_that_failed_is_refused(home, outcome):
    build_candidate(home, 5)
    judge(home, outcome)
    with pytest.raises(approval.GateRefused):
        publish(home)
    assert store.current_release(home) is None


def test_a_candidate_changed_after_its_verdict_is_refused(home):
    build_candidate(home, 6)
    with pytest.raises(approval.GateRefused, match="has not judged this candidate"):
        publish(home)


def test_a_verdict_by_other_checks_is_refused(home):
    with pytest.raises(approval.GateRefused, match="stale"):
        publish(home, suites_fingerprint="others")


@pytest.mark.parametrize("position", range(len(CORE) + 1))
def test_a_step_that_fails_leaves_the_last_release_serving(home, position):
    publish(home)
    build_candidate(home, 9)
    judge(home)

    def broken(_context: BuildContext) -> None:
        raise ValueError("no room on the disk")

    steps = (*CORE[:position], Step("drawing the pack", broken), *CORE[position:])
    with pytest.raises(publication.ReleaseNotMade, match="drawing the pack failed: no room on the disk"):
        publish(home, steps=steps)
    assert store.current_release(home) == "2025-07-01.1"
    assert integrity.verify(home, "2025-07-01.1") == []
    assert not list((home / "releases").glob(".building-*"))
    assert publish(home) == publication.Published("2025-07-01.2")


def test_what_a_step_writes_is_in_the_manifest(home):
    def draw(context: BuildContext) -> None:
        (context.building / "pack").mkdir()
        (context.building / "pack" / "report.html").write_text("<p>4</p>", encoding="utf-8")

    publish(home, steps=(*CORE, Step("drawing the pack", draw)))
    path = home / "releases/2025-07-01.1/pack/report.html"
    assert integrity.verify(home, "2025-07-01.1") == []
    path.write_text("<p>5</p>", encoding="utf-8")
    assert integrity.verify(home, "2025-07-01.1") == ["pack/report.html has changed"]
    with pytest.raises(UserError, match="damaged"):
        store.rollback(home, "2025-07-01.1")


def test_what_a_dropped_release_made_public_is_remembered_until_a_newer_one_says_it(home):
    """Someone may have kept its files: 40, then 55 were public; without the 40 a later 43 would pass."""
    numbers = {4: 40, 5: 55, 6: 55, 7: 55, 8: 55}

    def remember(context: BuildContext) -> None:
        row = dict.fromkeys(SCHEMA.names, "") | {"indicator_key": "attendees", "period_key": "2023-24-Q1"}
        said = {"public_periods": ["2023-24-Q1"], "indicators": {"attendees": {"withheld": None, "revised": []}}}
        folder = context.building / MEMORY
        leave(folder, [row | {"amount": float(numbers[value])}], PublishedFigures(), said)

    for value in numbers:
        build_candidate(home, value)
        judge(home)
        publish(home, steps=(*CORE, Step("remembering", remember)))
    assert [item.release_id for item in store.list_releases(home)] == ["2025-07-01.5", "2025-07-01.4"]
    remembered = memories(home)
    assert [path.parent.name for path in remembered[:2]] == ["2025-07-01.5", "2025-07-01.4"]
    assert [path.name for path in remembered[2:]] == ["2025-07-01.1"], "the 55 of the second and third are said since"
    assert recall(remembered[2]).contributions["attendees"].rows_of("2023-24-Q1")[0]["amount"] == 40


def test_old_releases_go_but_the_current_and_the_pinned_stay(home):
    for value in (4, 5, 6, 7):
        build_candidate(home, value)
        judge(home)
        publish(home)
        if value == 4:
            (home / "releases/2025-07-01.1/.keep").touch()
    assert [item.release_id for item in store.list_releases(home)] == [
        "2025-07-01.4", "2025-07-01.3", "2025-07-01.1",
    ]  # fmt: skip
    store.rollback(home, "2025-07-01.1")
    assert store.current_release(home) == "2025-07-01.1"


def test_an_altered_release_is_told_of_by_a_quick_look(home):
    publish(home)
    mart = home / "releases/2025-07-01.1/mart.duckdb"
    assert integrity.altered(home, "2025-07-01.1") == []
    before = mart.stat()
    mart.write_bytes(mart.read_bytes())
    assert integrity.altered(home, "2025-07-01.1") == [], "another time alone is no other content"
    with duckdb.connect(str(mart)) as connection:
        connection.execute("UPDATE indicator_value SET value = 40")
    assert integrity.altered(home, "2025-07-01.1") == ["mart.duckdb has changed"]
    mart.write_bytes(mart.read_bytes() + b"x")
    os.utime(mart, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert integrity.altered(home, "2025-07-01.1") == ["mart.duckdb has changed"], "another size is seen at any time"
    mart.unlink()
    (mart.parent / "extra.csv").touch()
    assert integrity.altered(home, "2025-07-01.1") == ["mart.duckdb is missing", "extra.csv was added"]


def test_a_quick_look_reads_no_file_that_looks_as_it_was(home, monkeypatch):
    publish(home)
    monkeypatch.setattr("orchestration.release.integrity.checksum", lambda path: pytest.fail(f"{path} was read"))
    assert integrity.altered(home, "2025-07-01.1") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("code_version", "0.0.0+other"),
        ("released_at", "2024-01-01T02:00:00+00:00"),
        ("previous_release", "2024-01-01.1"),
        ("because", ["the figures"]),
        ("rows", {}),
        ("gate_status", "passed with nothing looked at"),
    ],
)
def test_a_hand_in_the_manifest_is_told_of(home, name, said):
    publish(home)
    manifest = home / "releases" / "2025-07-01.1" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), name: said}))
    told = ["manifest.json does not say what it was written with"]
    assert integrity.verify(home, "2025-07-01.1") == integrity.altered(home, "2025-07-01.1") == told
    assert publish(home) == publication.Published("2025-07-01.2"), "it is not taken for unchanged"


def test_a_manifest_that_was_sealed_anew_is_held_against_its_receipt(home):
    publish(home)
    manifest = home / "releases" / "2025-07-01.1" / "manifest.json"
    said = integrity.sealed({**json.loads(manifest.read_text()), "gate_status": "passed with nothing looked at"})
    manifest.write_text(json.dumps(said))
    told = ["manifest.json says another gate_status than the receipt"]
    assert integrity.verify(home, "2025-07-01.1") == integrity.altered(home, "2025-07-01.1") == told


def test_nobody_is_switched_back_while_a_night_is_writing(home):
    publish(home)
    with only_writer(home):
        result = CliRunner().invoke(app, ["release", "rollback", "2025-07-01.1", "--home", str(home)])
    assert "another run is writing" in str(result.exception)


def test_an_altered_release_is_not_taken_for_unchanged(home):
    publish(home)
    with duckdb.connect(str(home / "releases/2025-07-01.1/mart.duckdb")) as connection:
        connection.execute("UPDATE indicator_value SET value = 40")
    again = publish(home)
    assert again == publication.Published("2025-07-01.2")
    assert "was altered after it was published: mart.duckdb has changed" in again.because[-1]
    assert store.show(home, "2025-07-01.2")["manifest"]["previous_release"] is None


@pytest.mark.parametrize(
    ("change", "called"),
    [
        (lambda home: {"code_version": "other"}, "the code"),
        (lambda home: (home / "public_tables.yaml").write_text("x: 1"), "public_tables.yaml"),
        (lambda home: (home / "wmip.yaml").write_text(LICENCE), "open_data, evaluation"),
        (lambda home: (home / "wmip.yaml").write_text("evaluation: {analyst: head of research}"), "open_data, eval"),
        (
            lambda home: (home / "wmip.yaml").write_text("retention: {originals_months: 3}"),
            "retention, site or releases",
        ),
    ],
    ids=["code", "public rules", "licence", "evaluation", "retention"],
)
def test_whatever_a_release_is_made_of_makes_another_when_it_changes(home, change, called):
    publish(home)
    changes = change(home)
    again = publish(home, **(changes if isinstance(changes, dict) else {}))
    assert again == publication.Published("2025-07-01.2")
    assert [called in because for because in again.because] == [True]
    assert publish(home, **(changes if isinstance(changes, dict) else {})) == publication.Unchanged("2025-07-01.2")


def test_other_checks_make_another_release_for_its_receipt(home):
    publish(home)
    verdicts.save(home, replace(judge(home), suites_fingerprint="more"))
    again = publish(home, suites_fingerprint="more")
    assert again.because == ["the checks of the gate"]


def test_a_release_of_before_the_fingerprints_is_neither_changed_nor_damaged(home):
    publish(home)
    path = home / "releases/2025-07-01.1/manifest.json"
    manifest = json.loads(path.read_text())
    for name in ("because", "suites_fingerprint", "public_rules_fingerprint", "settings_fingerprint", integrity.SEAL):
        del manifest[name]
    for facts in manifest["files"].values():
        del facts["modified_ns"]
    path.write_text(json.dumps(manifest))
    assert integrity.altered(home, "2025-07-01.1") == []
    assert [item.problem for item in store.list_releases(home)] == [None]
    assert publish(home) == publication.Unchanged("2025-07-01.1")
    assert publish(home, code_version="upgraded").because == [
        "the code (models, disclosure control, evaluation, pack, templates)"
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\x00\x01"])
def test_a_damaged_manifest_is_named_and_stops_nothing_else(home, content):
    publish(home)
    build_candidate(home, 5)
    judge(home)
    publish(home)
    (home / "releases/2025-07-01.1/manifest.json").write_text(content)
    damaged, whole = reversed(store.list_releases(home))
    assert whole.gate_status == "passed"
    assert damaged.release_id == "2025-07-01.1"
    assert "2025-07-01.1/manifest.json" in damaged.problem
    with pytest.raises(UserError, match="backup"):
        integrity.verify(home, "2025-07-01.1")
    assert publish(home) == publication.Unchanged("2025-07-01.2")


def test_a_damaged_manifest_of_the_current_release_is_mended_by_the_next_night(home):
    publish(home)
    (home / "releases/2025-07-01.1/manifest.json").write_text("{")
    assert publish(home) == publication.Published("2025-07-01.2")


def test_a_damaged_verdict_is_named(home):
    (path,) = (home / "verdicts").iterdir()
    path.write_text("{")
    with pytest.raises(approval.GateRefused, match=f"{path.name} is damaged"):
        publish(home)


def test_a_link_to_no_release_is_told_of_and_mended_by_the_next_night(home):
    publish(home)
    current = home / "releases/current"
    current.unlink()
    current.symlink_to("gone")
    with pytest.raises(UserError, match="leads to gone, which is no whole release"):
        store.current_release(home)
    assert publish(home) == publication.Published("2025-07-01.2")
    assert store.current_release(home) == "2025-07-01.2"
    current.unlink()
    current.mkdir()
    with pytest.raises(UserError, match="no link to a release"):
        publish(home)


def write_registry(home: Path, records: int) -> Path:
    path = home / "registry" / "organisation_record.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"source_record_id": [str(number) for number in range(records)]}), path)
    return path


def test_a_lost_damaged_or_older_registry_is_refused_and_restored_from_the_release(home):
    check_registry(home)
    path = write_registry(home, 5)
    check_registry(home)
    publish(home, steps=STEPS_WITH_REGISTRY)
    whole = path.read_bytes()
    assert integrity.verify(home, "2025-07-01.1") == []
    for spoil, said in (
        (path.unlink, "is missing"),
        (lambda: path.write_bytes(whole[:-20]), "is damaged"),
        (lambda: path.write_bytes(b""), "is damaged"),
        (lambda: write_registry(home, 3), "holds 3 records"),
    ):
        spoil()
        with pytest.raises(UserError, match=f"{said}.*wmip registry restore"):
            check_registry(home)
        assert restore_registry(home) == "2025-07-01.1"
        assert path.read_bytes() == whole
        check_registry(home)
    kept = sorted(path.parent.glob("*.damaged*"))
    assert [one.stat().st_size for one in kept][:2] == [len(whole) - 20, 0], "each that was replaced stays"
    assert len(kept) == 3


def test_what_the_office_decided_is_kept_with_the_release_and_taken_back(home):
    write_registry(home, 5)
    row = {"partner_code": "CB01", "period_key": "2024-25-Q1", "status": "locked", "changed_by_role": "manager"}
    path = append(home, "return_status", [row], CLOCK)
    publish(home, steps=STEPS_WITH_REGISTRY)
    assert integrity.verify(home, "2025-07-01.1") == []
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(UserError, match=r"what was decided would be forgotten.*wmip registry restore"):
        check_registry(home)
    restore_registry(home)
    assert path.read_bytes() == whole
    check_registry(home)


def test_a_registry_that_is_there_is_replaced_only_when_told(home):
    path = write_registry(home, 5)
    publish(home, steps=STEPS_WITH_REGISTRY)
    write_registry(home, 7)
    newer = path.read_bytes()
    asked = CliRunner().invoke(registry_app, ["restore", "--home", str(home)])
    assert (type(asked.exception), "--yes" in str(asked.exception), path.read_bytes()) == (UserError, True, newer)
    assert CliRunner().invoke(registry_app, ["restore", "--yes", "--home", str(home)]).exit_code == 0
    assert path.with_suffix(".damaged").read_bytes() == newer
    path.unlink()
    assert CliRunner().invoke(registry_app, ["restore", "--home", str(home)]).exit_code == 0, "nothing is replaced"


def test_a_release_without_its_receipt_is_damaged_in_the_list(home):
    publish(home)
    (home / "releases/2025-07-01.1/receipt.json").unlink()
    (listed,) = store.list_releases(home)
    assert listed.problem == "release 2025-07-01.1 is not what was published: receipt.json is missing"
    console.width = 70
    shown = CliRunner().invoke(releases_app, ["list", "--home", str(home)])
    assert "damaged" in "".join(shown.output.split())
    assert "…" not in shown.output
    assert "2025-07-01.1" in shown.output


def test_a_registry_no_release_holds_whole_is_asked_of_the_backup(home):
    write_registry(home, 5)
    publish(home, steps=STEPS_WITH_REGISTRY)
    (home / "releases/2025-07-01.1/registry/organisation_record.parquet").write_bytes(b"")
    with pytest.raises(UserError, match="backup"):
        restore_registry(home)
