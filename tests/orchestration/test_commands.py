"""The commands as a user types them, on a released home."""

from __future__ import annotations

import json
from functools import partial

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.cli import main, nights
from orchestration.cli.main import app
from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


@pytest.fixture(scope="module")
def home(small_release):
    return small_release.path


def test_every_command_explains_itself_with_an_example():
    run = partial(CliRunner().invoke, app)
    listed = run(["--help"])
    assert listed.exit_code == 0
    for command in ("demo", "run", "scorecard", "sql", "trace", "doctor", "publish", "evaluate", "pack", "export"):
        assert command in listed.stdout
        said = run([command, "--help"]).stdout
        assert "Example" in said, command
        assert f"wmip {command}" in said, command


def test_the_scorecard_shows_what_a_programme_manager_asks(home):
    said = wmip("scorecard", "--home", home, "--by", "partner").stdout
    assert "Returned, beside event platforms and CRMs" in said
    for part in (
        "Pilots funded",
        "about 15",
        "no target stated",
        "6,000",
        "Gate passed",
        "Last good read",
        "rows in quarantine",
        "returns late",
        "CB99 old style return.xlsx",
        "CB01",
        "report.html",
        "receipt.html",
    ):
        assert part in said, part


def test_a_query_comes_back_in_every_format(home, tmp_path):
    query = "SELECT indicator_key, '[bold]x[/bold]' AS note FROM dim_indicator WHERE indicator_code = 'H5'"
    assert "[bold]x[/bold]" in wmip("sql", query, "--home", home).stdout
    assert wmip("sql", query, "--home", home, "--format", "csv").stdout == (
        "indicator_key,note\njobs_created,[bold]x[/bold]\n"
    )
    assert json.loads(wmip("sql", query, "--home", home, "--format", "json").stdout) == [
        {"indicator_key": "jobs_created", "note": "[bold]x[/bold]"}
    ]
    file = tmp_path / "rows.parquet"
    assert wmip("sql", query, "--home", home, "--format", "parquet", "--output", file).returncode == 0
    assert pq.read_table(file).num_rows == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sql", "SELECT nothing"), "DuckDB did not run the query"),
        (("sql", "DELETE FROM indicator_fact"), "read-only"),
        (("sql", "COPY (SELECT 1) TO 'out.csv'"), "only queries do"),
        (("sql", "SELECT * FROM read_text('/etc/hostname')"), "reads the release and nothing else"),
        (("sql", "SELECT 1", "--format", "parquet"), "--output"),
        (("trace", "happiness"), "known are"),
        (("trace", "jobs_creatd"), "did you mean jobs_created?"),
        (("trace", "H5", "--partner", "CB1"), "no cluster body 'CB1'"),
        (("trace", "H5", "--period", "2031-32-Q1"), "no quarter or year '2031-32-Q1'"),
        (("scorcard",), "Did you mean 'scorecard'"),
        (("release", "show", "1999-01-01.1"), "1999-01-01.1"),
        (("release", "rollback", "1999-01-01.1"), "1999-01-01.1"),
    ],
)
def test_a_mistake_is_answered_in_words_with_exit_code_2(home, arguments, said):
    result = wmip(*arguments, "--home", home)
    assert result.returncode == 2, result.stderr
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stdout + result.stderr


def test_a_home_without_a_release_says_what_to_run(tmp_path):
    for command in (("scorecard",), ("sql", "SELECT 1"), ("trace", "H1")):
        result = wmip(*command, "--home", tmp_path)
        assert result.returncode == 2
        assert "wmip demo" in result.stderr


def test_a_figure_opens_to_the_facts_that_make_it(home):
    ((value,),) = _query(
        home,
        "SELECT max(cumulative_value) FROM indicator_value WHERE indicator_key = 'jobs_created' "
        "AND scope = 'programme' AND basis = 'verified'",
    )
    facts = json.loads(wmip("trace", "H5", "--home", home, "--format", "json").stdout)
    exact = sum(fact["exact_quantity"] for fact in facts)
    assert exact / facts[0]["exact_per_unit"] == pytest.approx(float(value), abs=0.00005)
    assert all(".xlsx#Jobs!" in fact["source_place"] for fact in facts)
    screen = " ".join(wmip("trace", "jobs_created", "--home", home).stdout.split())
    assert f"= {value:.4f}, jobs_created verified, whole programme, all quarters" in screen


def test_releases_are_listed_shown_verified_and_switched(small_copy):
    (release_id,) = [p.name for p in (small_copy / "releases").iterdir() if p.is_dir() and not p.is_symlink()]
    assert release_id in wmip("release", "list", "--home", small_copy).stdout
    assert "candidate_fingerprint" in wmip("release", "show", release_id, "--home", small_copy).stdout
    assert wmip("release", "verify", release_id, "--home", small_copy).returncode == 0
    with (small_copy / "releases" / release_id / "receipt.json").open("a") as receipt:
        receipt.write(" ")
    spoiled = wmip("release", "verify", release_id, "--home", small_copy)
    assert spoiled.returncode == 1
    assert "receipt.json" in spoiled.stdout + spoiled.stderr


def test_damage_is_answered_in_words_by_every_command(small_copy):
    """Never a traceback, never an empty scorecard that ends well."""
    current = small_copy / "releases" / "current"
    release_id = current.readlink().name
    manifest = small_copy / "releases" / release_id / "manifest.json"
    commands = [("scorecard",), ("sql", "SELECT 1"), ("trace", "H1"), ("pack",), ("release", "show"), ("doctor",)]

    def every_command_says(said: str) -> None:
        for command in commands:
            result = wmip(*command, "--home", small_copy)
            shown = " ".join((result.stdout + result.stderr).split())
            assert result.returncode in {1, 2}, command
            assert "Traceback" not in shown, command
            assert said in shown or command == ("doctor",), (command, shown)

    current.unlink()
    current.symlink_to("gone")
    every_command_says(f"{current} leads to gone, which is no whole release")
    current.unlink()
    current.symlink_to(release_id)
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:100])
    every_command_says(f"{manifest} cannot be read")
    listed = wmip("release", "list", "--home", small_copy)
    assert listed.returncode == 0
    assert "damaged" in listed.stdout
    assert str(manifest) in " ".join(listed.stderr.split())


@pytest.mark.parametrize("absent", [duckdb.BinderException, duckdb.CatalogException])
def test_a_release_of_another_version_is_told_of_in_a_sentence(monkeypatch, capsys, absent):
    def asking() -> None:
        raise absent('Binder Error: Referenced column "claimed_on" not found\nLINE 1: SELECT claimed_on')

    monkeypatch.setattr(main, "app", asking)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert 'made by another version of this program (Binder Error: Referenced column "claimed_on" not found)' in said
    assert "wmip run" in said


def test_the_doctor_finds_a_missing_credential_and_says_what_to_set(small_copy):
    (small_copy / "wmip.yaml").write_text("sources: {eventbrite: {enabled: true}, hubspot: {enabled: false}}\n")
    result = wmip("doctor", "--home", small_copy)
    assert result.returncode == 1
    said = " ".join(result.stdout.split())
    assert "set the environment variable EVENTBRITE_TOKEN" in said
    assert "off in wmip.yaml" in said
    (small_copy / "wmip.yaml").write_text("sources: {eventbrite: {enabled: false}, hubspot: {enabled: false}}\n")
    assert wmip("doctor", "--home", small_copy).returncode == 0


def test_the_doctor_finds_a_demo_well_and_speaks_of_no_settings_where_there_are_none(home, tmp_path):
    demo = wmip("doctor", "--home", home)
    assert demo.returncode == 0, demo.stdout
    assert "`wmip demo` serves it" in " ".join(demo.stdout.split())
    said = " ".join(wmip("doctor", "--home", tmp_path / "empty").stdout.split())
    assert "no file of it in inbox/returns yet" in said
    assert "off in wmip.yaml" not in said


def test_the_demo_takes_no_home_that_holds_something_else(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    result = wmip("demo", "--home", tmp_path)
    assert result.returncode == 2
    assert "not a sandbox" in result.stderr


def test_a_demo_that_is_stopped_while_it_writes_its_returns_can_be_started_again(tmp_path, monkeypatch):
    def stopped(programme, home, stage="final"):
        (home / "inbox" / "returns").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr("sandbox.programme.Programme.write_inbox", stopped)
    home = tmp_path / "home"
    CliRunner().invoke(app, ["demo", "--home", str(home), "--scale", "0.05"])
    assert (home / "inbox" / "returns").is_dir()
    nights._claim_home(home, 1, 0.05)


def _query(home, sql):
    with duckdb.connect(str((home / "releases/current/mart.duckdb").resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()
