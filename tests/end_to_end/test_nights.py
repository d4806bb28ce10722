"""Nights as a user meets them: twice the same, nothing new, broken on purpose, killed."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SMALL, WMIP, Home, clean_environment, wmip
from tests.evaluation.registers import csv_text, rows

SCALE = f"{SMALL:g}"
# What the mart says of the nights themselves; the one that makes good is a day later.
OF_NIGHTS = [
    "data_profile", "evaluation_run", "indicator_value_as_of", "night", "night_alert", "night_stage", "quality_result",
    "release_info", "source_drift", "source_freshness", "source_run",
]  # fmt: skip

REGISTER = rows({"decay": {"owner": "jo@example.org"}, "deadweight": {"source": "beneficiary survey 2024"}})


def _landing(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((home / "landing").rglob("*.parquet"))
    }


def _mart(home: Path, exclude: tuple[str, ...] = ()) -> dict[str, list[tuple]]:
    with duckdb.connect(str((home / "releases/current/mart.duckdb").resolve()), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables if name not in exclude
        }


def _release(home: Path) -> str:
    return (home / "releases" / "current").resolve().name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, float]:
    """A home and how many seconds its night took."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    started = time.monotonic()
    assert wmip("demo", "--home", home, "--scale", SCALE).returncode == 0
    return home, time.monotonic() - started


def test_a_second_night_without_new_input_adds_nothing(small_copy):
    home = small_copy
    landing, release = _landing(home), _release(home)
    again = wmip("demo", "--home", home, "--scale", SCALE)
    assert again.returncode == 0, again.stdout + again.stderr
    assert _landing(home) == landing
    assert _release(home) == release
    assert "Nothing changed" in again.stdout
    # What the first night published is kept for good now, and comes out as it was counted then.
    assert list((home / "registry" / "published_figure").glob("2*.parquet"))
    assert _records(home)[-1]["built_because"] == ""


def _records(home: Path) -> list[dict]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (home / "runs").glob("*/night.json")]
    return sorted(found, key=lambda record: record["number"])


def _warehouse(home: Path) -> dict[tuple[str, str], tuple]:
    """Columns, comments and content of every table of a candidate, and what it was judged by."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        columns = (
            "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?"
        )
        return {
            (schema, table): (
                connection.execute(columns, [schema, table]).fetchall(),
                connection.execute(
                    f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM {schema}.{table} AS t"
                ).fetchone(),
            )
            for schema, table in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
            # Tells of what each was made of, in the order it was noted.
            if schema != "build"
        }


@pytest.mark.slow
def test_a_quiet_night_and_a_full_one_say_the_same(small_copy, tmp_path):
    quiet, full = small_copy, tmp_path / "full"
    shutil.copytree(quiet, full, symlinks=True)
    for home, variables in ((quiet, {}), (full, {"WMIP_FULL": "true"})):
        assert wmip("demo", "--home", home, "--scale", SCALE, **variables).returncode == 0
    one, other = _records(quiet)[-1], _records(full)[-1]
    assert (one["built_because"], other["built_because"]) == ("", "it was asked for")
    assert one["work"]["models_made"] < other["work"]["models_made"] / 4
    said = ("outcome", "release_id", "candidate_fingerprint", "gate", "returns_late", "alerts", "serving")
    assert [one[name] for name in said] == [other[name] for name in said]
    assert _warehouse(quiet) == _warehouse(full)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("half_empty_fetch", "eventbrite/events"),
        pytest.param("check_raises", "check_raises", marks=pytest.mark.slow),
        pytest.param("orphan_keys", "orphan", marks=pytest.mark.slow),
        pytest.param("missing_source", "hubspot", marks=pytest.mark.slow),
    ],
)
def test_a_planted_fault_publishes_nothing_and_says_why(small_copy, received, fault, said):
    home = small_copy
    address, messages = received
    result = wmip("demo", "--home", home, "--scale", SCALE, "--fault", fault, WMIP_NOTIFY_URLS=address)
    assert result.returncode == 1, result.stdout + result.stderr
    assert [message["title"] for message in messages] == ["WMIP: the night was blocked by its gate"]
    assert said in messages[0]["message"]
    if fault in {"half_empty_fetch", "missing_source"}:
        source = "hubspot" if fault == "missing_source" else "eventbrite"
        assert messages[0]["message"].startswith(f"{source} was not read tonight: "), "the cause leads"
    releases = [path.name for path in (home / "releases").iterdir() if path.name[0] != "." and path.is_dir()]
    assert len(set(releases) - {"current"}) == 1, "only the clean night's release may be there"
    shown = " ".join(result.stdout.split())
    assert said in shown
    assert "keeps serving" in shown
    assert "Traceback" not in result.stdout + result.stderr
    record = max((home / "runs").glob("*/night.json"), key=lambda path: path.parent.name)
    assert json.loads(record.read_text())["outcome"] == "blocked"
    assert not list((home / "checks").glob("*")), "what was planted breaks no later night"


@pytest.mark.parametrize(
    ("fault", "check", "withheld"),
    [
        ("negative_money", "no_negative_amount_gbp_in_fct_leverage", {"resource_committed", "resource_levered"}),
        pytest.param(
            "duplicate_attendances",
            "event_attendance_is_one_per_event_and_person",
            {"businesses_light_touch", "event_attendees", "event_registrations", "events_held", "unique_organisations",
             "unique_people"},
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_a_planted_fault_of_some_figures_keeps_these_back_and_publishes_the_rest(
    small_copy, received, fault, check, withheld
):
    home = small_copy
    address, messages = received
    result = wmip("demo", "--home", home, "--scale", SCALE, "--fault", fault, WMIP_NOTIFY_URLS=address)
    assert result.returncode == 0, result.stdout + result.stderr
    assert [message["title"] for message in messages] == ["WMIP: figures are withheld"]
    assert check in messages[0]["message"]
    with duckdb.connect(str(home / "releases" / "current" / "mart.duckdb"), read_only=True) as mart:
        rows = mart.execute(
            "SELECT indicator_key, count(value), count(cumulative_value), bool_and(quality_rule_id = $check), "
            "bool_or(quality_status = 'withheld') FROM indicator_value GROUP BY 1",
            {"check": check},
        ).fetchall()
        facts = {key for (key,) in mart.execute("SELECT DISTINCT indicator_key FROM indicator_fact").fetchall()}
        (status,) = mart.execute("SELECT gate_status FROM release_info").fetchone()
    assert {row[0] for row in rows if row[1:4] == (0, 0, True)} == withheld == {row[0] for row in rows if row[4]}
    assert not facts & withheld
    assert facts
    assert status == "passed_with_figures_withheld"
    with duckdb.connect(str(home / "releases" / "current" / "mart_public.duckdb"), read_only=True) as public:
        shown = public.execute(
            "SELECT DISTINCT indicator_key FROM indicator_value WHERE value IS NOT NULL OR cumulative_value IS NOT NULL"
        ).fetchall()
    assert not {key for (key,) in shown} & withheld


# Fractions of an undisturbed night's length at which it is killed.
MOMENTS = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]


def _kill_and_recover(home: Path, seconds: float, expected: dict[str, list[tuple]]) -> None:
    process = subprocess.Popen(
        [str(WMIP), "demo", "--home", str(home), "--scale", SCALE],
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    current = home / "releases" / "current"
    if current.exists():
        assert _mart(home)["release_info"], "a reader between the nights sees a whole release"
    result = wmip("demo", "--home", home, "--scale", SCALE)
    assert result.returncode == 0, result.stdout + result.stderr
    recovered = _mart(home)
    figures = (
        "indicator_fact",
        "indicator_value",
        "indicator_performance",
        "dim_organisation",
        "fct_leverage",
    )
    assert [name for name in figures if recovered[name] != expected[name]] == []


# What is said before a night is opened.
FIRST = "A pretend programme"


def _signalled(home: Path, after: str, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    """Start a night that builds all, send it a signal two seconds after it was opened or a stage ended, and see how it
    goes.
    """
    nights = len(list((home / "runs").glob("*/night.json")))
    with subprocess.Popen(
        [str(WMIP), "demo", "--home", str(home), "--scale", SCALE],
        env=clean_environment(COLUMNS="200", WMIP_FULL="true"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said = ""
        for line in process.stdout:
            said += line
            if after in line:
                break
        while after == FIRST and len(list((home / "runs").glob("*/night.json"))) == nights:
            time.sleep(0.05)
        time.sleep(2)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, said + stdout, stderr)


@pytest.mark.parametrize(
    ("after", "number"),
    [
        ("Reading returns", signal.SIGTERM),
        pytest.param(FIRST, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param("Reading returns", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("Matching organisations", signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param("Checking the candidate", signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_night_says_so_and_ends_in_order(small_copy, after, number):
    result = _signalled(small_copy, after, number)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    shown = " ".join(result.stdout.split())
    assert "The last night was stopped" in shown
    assert "node(s) failed" not in shown
    assert f"The night was stopped. Release {_release(small_copy)} keeps serving" in " ".join(result.stderr.split())


# What a register of assumptions in the inbox is to be seen in, beside the evaluation.
OF_A_REGISTER = ["finding", "inbox_file", "quality_finding"]


@pytest.fixture(scope="module")
def made_good(tmp_path_factory) -> Home:
    """A home whose first night was killed; before the second a register of assumptions was dropped."""
    home = tmp_path_factory.mktemp("killed") / "home"
    assert _signalled(home, "Matching organisations", signal.SIGKILL).returncode == -signal.SIGKILL
    assert not (home / "releases" / "current").exists()
    (home / "inbox" / "registers" / "assumptions 2025.csv").write_text(csv_text(REGISTER), encoding="utf-8")
    result = wmip("demo", "--home", home, "--scale", SCALE)
    assert result.returncode == 0, result.stdout + result.stderr
    return Home(home, result.stdout)


def test_a_killed_night_is_made_good_and_the_same_returns_give_the_same_mart_row_for_row(small_release, made_good):
    first, second = _mart(small_release.path), _mart(made_good.path)
    assert first.keys() == second.keys()
    evaluated = [name for name in first if name.startswith("evaluation_")]
    other = [name for name in first if first[name] != second[name] and name not in evaluated]
    # A night that was killed says neither how long its stages took nor what it looked at.
    unsaid = {"night_alert", "night_stage"}
    assert other == sorted({*OF_NIGHTS, *OF_A_REGISTER} - {*evaluated} - unsaid)


def test_a_register_in_the_inbox_is_in_the_next_release(made_good):
    (gross,) = made_good.query(
        "SELECT sum(value) FROM indicator_value "
        "WHERE indicator_key = 'jobs_created' AND scope = 'programme' AND basis = 'verified'"
    )[0]
    ((net, assumption_set),) = made_good.query(
        "SELECT modelled_value, assumption_set FROM evaluation_result "
        "WHERE measure = 'net_jobs' AND scenario = 'central' AND spatial_level = 'local'"
    )
    assert float(net) == pytest.approx(float(gross) * 0.4640625, abs=1e-4)
    assert assumption_set == "programme"
    # The address was withheld before anything was written, and the row counts.
    assert made_good.query("SELECT count(*) FROM quarantined_row WHERE stream = 'assumptions'") == [(0,)]
    assert made_good.query("SELECT rule, severity, cell FROM finding WHERE stream = 'assumptions'") == [
        ("contact_details_withheld", "warning", "M9")
    ]
    assert made_good.query("SELECT owner FROM evaluation_assumption WHERE name = 'decay' AND status = 'used'") == [
        ("(withheld)",)
    ]
    assert made_good.query(
        "SELECT DISTINCT status FROM evaluation_result "
        "WHERE measure = 'gva_per_public_pound' AND spatial_level = 'local'"
    ) == [("modelled",)]
    assert made_good.query(
        "SELECT count(*) > 0 FROM evaluation_caveat WHERE caveat LIKE '%beneficiary survey 2024%'"
    ) == [(True,)]
    with duckdb.connect(str(made_good.path / "warehouse.duckdb"), read_only=True) as connection:
        landed = connection.execute("SELECT count(*) FROM staging.stg_registers__assumptions").fetchone()
    assert landed == (len(REGISTER),)
    assert wmip("release", "verify", "--home", made_good.path).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_night_killed_at_any_moment_is_made_good(undisturbed, tmp_path, moment):
    home, seconds = undisturbed
    _kill_and_recover(tmp_path / "home", moment * seconds, _mart(home))
