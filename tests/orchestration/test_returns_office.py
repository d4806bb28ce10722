"""What the office does with returns, on a hand-made release: in turn, with reasons, and nothing else (decision 311)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from ingestion.ingest import ensure_landing
from ingestion.storage.office import REGISTERS, read
from orchestration import returns_office
from orchestration.cli.return_status import app
from orchestration.errors import NightFailed, UserError
from orchestration.release.integrity import MANIFEST, checksums, sealed, write_json
from orchestration.release.store import serving_mart
from orchestration.returns_office import Act
from tests.dbt_project.lock_world import TYPES, fact

NOW = datetime(2024, 5, 15, 9, tzinfo=UTC)
Q1, Q9 = "2023-24-Q1", "2024-25-Q1"
MANAGER = Act("programme manager", "signed off", NOW)


def _table(connection, name, columns, rows=()):
    connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    for row in rows:
        named = {key: value for key, value in row.items() if key in columns}
        connection.execute(
            f"INSERT INTO {name} ({', '.join(named)}) VALUES ({', '.join('?' * len(named))})", list(named.values())
        )


@pytest.fixture
def home(tmp_path):
    """A release with two facts of CB01, one of which waits; CB02 returned nothing and has a waiver."""
    release = tmp_path / "releases" / "2024-05-14.1"
    release.mkdir(parents=True)
    (release / MANIFEST).touch()
    (tmp_path / "releases" / "current").symlink_to(release.name)
    typed = {
        register: {name: TYPES.get(kind, "DECIMAL(18,4)") for name, kind in columns.items()}
        for register, columns in REGISTERS.items()
    }
    facts = [{**fact("A"), "is_counted": True}, {**fact("B", "CB02"), "is_counted": True}]
    waiting = {
        "restatement_key": "R-1", "restated_partner_key": "CB01", "restated_period_key": Q1, "change": "late",
        "fact_key": "pilots_funded:C", "indicator_key": "pilots_funded", "cause": "revision", "state": "pending",
        "is_open": True, "old_exact_quantity": 0, "new_exact_quantity": 1,
    }  # fmt: skip
    restatement = {
        **{name: kind for name, kind in typed["restatement_decision"].items() if name != "decision"},
        "state": "VARCHAR", "is_open": "BOOLEAN", "follows_fact_key": "VARCHAR",
    }  # fmt: skip
    with duckdb.connect(str(release / "mart.duckdb")) as connection:
        _table(connection, "indicator_fact", typed["locked_fact"], facts)
        follower = {**waiting, "restatement_key": "R-2", "follows_fact_key": "pilots_funded:C"}
        excepted = {**waiting, "restatement_key": "R-3", "state": "approved", "is_open": False, "reason": "let in"}
        _table(connection, "indicator_restatement", restatement, [waiting, follower, excepted])
        connection.execute(f"""
            CREATE TABLE dim_partner AS SELECT unnest(['CB01', 'CB02']) AS partner_key;
            CREATE TABLE dim_indicator AS SELECT unnest(['jobs_created', 'pilots_funded']) AS indicator_key;
            CREATE TABLE dim_period AS FROM (VALUES ('{Q1}', 'closed', true), ('{Q9}', 'open', true),
                ('2030-31-Q1', 'open', false)) AS t (period_key, status, is_programme_period);
            CREATE TABLE return_expected AS FROM (VALUES ('CB01', '{Q1}', 'f', false), ('CB02', '{Q1}', NULL, true),
                ('CB01', '{Q9}', 'g', false)) AS t (partner_key, period_key, file_sha256, is_waived);
            CREATE TABLE inbox_file AS FROM (VALUES ('f', TIMESTAMP '2024-05-01'), ('g', TIMESTAMP '2024-05-01'))
                AS t (file_sha256, handled_at);
            CREATE TABLE release_info AS
            SELECT '2024-05-14.1' AS release_id, TIMESTAMP '2024-05-14 02:00' AS released_at;
            CREATE TABLE indicator_value_as_of AS SELECT 'as_reported' AS view_name, 'pilots_funded' AS indicator_key,
                '{Q1}' AS period_key, 'programme' AS scope, 'programme' AS scope_key, 'verified' AS basis,
                2.0::DECIMAL(18,4) AS exact_value, TIMESTAMP '2024-05-14 02:00' AS known_from;
        """)
    _publish(tmp_path)
    ensure_landing(tmp_path)
    return tmp_path


def _publish(home):
    """The release as it stands is what was published."""
    release = home / "releases" / "2024-05-14.1"
    said = dict.fromkeys(("released_at", "gate_status", "code_version", "input_fingerprint", "rows"), "")
    write_json(release / MANIFEST, sealed({**said, "files": checksums(release)}))


def _later(hours: int) -> Act:
    return Act("programme manager", "signed off", NOW + timedelta(hours=hours))


def test_a_quarter_is_locked_after_it_was_accepted_and_keeps_its_facts(home):
    with pytest.raises(UserError, match="CB01 2023-24-Q1 is submitted, and only what is accepted can be locked"):
        returns_office.change_status(home, "CB01", Q1, "locked", MANAGER)
    returns_office.change_status(home, "CB01", Q1, "accepted", MANAGER)
    said = returns_office.change_status(home, "CB01", Q1, "locked", _later(1))
    assert said == "CB01 2023-24-Q1 is locked as release 2024-05-14.1 says it: 1 fact(s) kept"
    (kept,) = read(home, "locked_fact").to_pylist()
    changes = read(home, "return_status").to_pylist()
    assert [(row["status"], row["changed_by_role"]) for row in changes] == [
        ("accepted", "programme manager"),
        ("locked", "programme manager"),
    ]
    assert (kept["fact_key"], kept["lock_key"]) == ("pilots_funded:A", changes[1]["lock_key"])
    for status, said in (("locked", "is locked already"), ("returned", "`wmip returns unlock` opens it")):
        with pytest.raises(UserError, match=said):
            returns_office.change_status(home, "CB01", Q1, status, _later(2))
    returns_office.unlock(home, "CB01", Q1, _later(3))
    assert returns_office.status_of(home, returns_office.Mart(home), "CB01", Q1)[0] == "accepted"
    with pytest.raises(UserError, match="is accepted, not locked"):
        returns_office.unlock(home, "CB01", Q1, _later(4))


def test_a_later_workbook_submits_a_returned_quarter_again(home):
    before = Act("programme manager", "no sign-off", datetime(2024, 4, 1, tzinfo=UTC))
    returns_office.change_status(home, "CB01", Q1, "returned", before)
    assert returns_office.status_of(home, returns_office.Mart(home), "CB01", Q1)[0] == "submitted"


def test_what_nobody_returns_is_locked_as_it_stands(home):
    returns_office.change_status(home, "CB02", Q1, "locked", MANAGER)
    returns_office.change_status(home, "PROGRAMME", Q1, "locked", MANAGER)
    assert [row["fact_key"] for row in read(home, "locked_fact").to_pylist()] == ["pilots_funded:B"]


@pytest.mark.parametrize(
    ("partner", "period", "said"),
    [
        ("CB77", Q1, "CB77 is no cluster body; known are CB01, CB02, and PROGRAMME"),
        (
            "CB01",
            "2030-31-Q1",
            r"no quarter of the programme; did you mean 2023-24-Q1\? Known are 2023-24-Q1, 2024-25-Q1",
        ),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(home, partner, period, said):
    with pytest.raises(UserError, match=said):
        returns_office.change_status(home, partner, period, "accepted", MANAGER)
    assert len(read(home, "return_status")) == 0


def test_a_quarter_that_is_not_over_is_not_locked(home):
    returns_office.change_status(home, "CB01", Q9, "accepted", MANAGER)
    with pytest.raises(UserError, match="is not over yet"):
        returns_office.change_status(home, "CB01", Q9, "locked", _later(1))


def test_an_exception_is_for_one_indicator_of_a_locked_quarter_and_ends(home):
    until = NOW.date() + timedelta(days=30)
    with pytest.raises(UserError, match="not locked"):
        returns_office.allow(home, "CB01", Q1, "jobs_created", until, MANAGER)
    returns_office.change_status(home, "CB01", Q1, "accepted", MANAGER)
    returns_office.change_status(home, "CB01", Q1, "locked", _later(1))
    for indicator, day, said in (
        ("jobs", until, "none of jobs_created, pilots_funded"),
        ("jobs_created", NOW.date() + timedelta(days=91), "ends within 90 days"),
        ("jobs_created", NOW.date() - timedelta(days=1), "not before today"),
    ):
        with pytest.raises(UserError, match=said):
            returns_office.allow(home, "CB01", Q1, indicator, day, _later(2))
    returns_office.allow(home, "CB01", Q1, "jobs_created", until, _later(2))
    assert [row["expires_on"] for row in read(home, "lock_exception").to_pylist()] == [until]


def test_what_waits_is_decided_once_and_what_follows_is_not(home):
    with pytest.raises(UserError, match=r"R-9 does not wait in release 2024-05-14\.1"):
        returns_office.decide(home, ["R-9"], "approved", None, MANAGER)
    with pytest.raises(UserError, match="decide that one, and it follows"):
        returns_office.decide(home, ["R-2"], "approved", None, MANAGER)
    rows = returns_office.decide(home, ["all"], "approved", None, MANAGER)
    assert [(row["restatement_key"], row["cause"], row["new_exact_quantity"]) for row in rows] == [
        ("R-1", "revision", 1)
    ]
    assert returns_office.decide(home, ["all"], "approved", None, _later(1)) == []
    (kept,) = read(home, "restatement_decision").to_pylist()
    assert (kept["decision"], kept["reason"], kept["fact_key"]) == ("approved", "signed off", "pilots_funded:C")


def _change_mart(home, sql):
    with duckdb.connect(str(home / "releases" / "current" / "mart.duckdb")) as connection:
        connection.execute(sql)
    _publish(home)


def test_what_was_rejected_by_mistake_can_be_approved_by_its_key(home):
    _change_mart(home, "UPDATE indicator_restatement SET state = 'rejected' WHERE restatement_key = 'R-1'")
    assert returns_office.decide(home, ["all"], "approved", None, MANAGER) == [], "nobody decides it by the way"
    (row,) = returns_office.decide(home, ["R-1"], "approved", None, MANAGER)
    assert row["decision"] == "approved"


def test_what_was_decided_before_and_waits_again_is_decided_with_all(home):
    returns_office.decide(home, ["R-1"], "approved", None, MANAGER)
    _change_mart(home, "UPDATE release_info SET released_at = TIMESTAMP '2024-05-16 02:00'")
    assert [row["restatement_key"] for row in returns_office.decide(home, ["all"], "approved", None, _later(48))] == [
        "R-1"
    ]


def test_a_quarter_is_not_locked_over_a_decision_that_the_release_does_not_say(home):
    returns_office.change_status(home, "CB01", Q1, "accepted", MANAGER)
    _change_mart(home, "UPDATE indicator_restatement SET fact_key = 'pilots_funded:A' WHERE restatement_key = 'R-1'")
    returns_office.decide(home, ["R-1"], "approved", None, _later(1))
    with pytest.raises(UserError, match=r"R-1 was decided after release 2024-05-14\.1.*after the next night"):
        returns_office.change_status(home, "CB01", Q1, "locked", _later(2))
    assert len(read(home, "locked_fact")) == 0


def _withhold(home, indicator, partner, period):
    said = ", ".join("NULL::VARCHAR" if one is None else f"'{one}'" for one in (indicator, partner, period))
    _change_mart(
        home,
        "CREATE TABLE quality_consequence AS SELECT 'due' AS rule_id, 'withheld' AS status, * "
        f"FROM (VALUES ({said})) AS t (indicator_key, partner_key, period_key)",
    )


@pytest.mark.parametrize(
    ("scope", "is_locked"),
    [
        ((None, "CB01", Q1), False),
        (("pilots_funded", None, None), False),
        (("jobs_created", "CB01", None), False),
        ((None, "CB02", Q1), True),
        ((None, "CB01", Q9), True),
    ],
)
def test_a_quarter_is_not_locked_while_the_release_withholds_some_of_it(home, scope, is_locked):
    returns_office.change_status(home, "CB01", Q1, "accepted", MANAGER)
    _withhold(home, *scope)
    if is_locked:
        returns_office.change_status(home, "CB01", Q1, "locked", _later(1))
    else:
        with pytest.raises(UserError, match=r"withholds figures of CB01 2023-24-Q1 \(due\).*lock it after the night"):
            returns_office.change_status(home, "CB01", Q1, "locked", _later(1))
    assert len(read(home, "locked_fact")) == is_locked


def test_what_changes_a_figure_that_is_withheld_is_neither_decided_nor_kept_as_approved(home):
    _change_mart(home, f"UPDATE indicator_restatement SET new_partner_key = 'CB01', new_period_key = '{Q1}'")
    _withhold(home, None, "CB01", Q1)
    with pytest.raises(UserError, match=r"R-1 changes a figure that release 2024-05-14\.1 withholds"):
        returns_office.decide(home, ["R-1"], "approved", None, MANAGER)
    assert returns_office.decide(home, ["all"], "approved", None, MANAGER) == []
    # What an exception let in was not published.
    returns_office.settle(home, NOW)
    assert len(read(home, "restatement_decision")) == 0


def test_before_a_night_what_the_release_said_is_kept_once(home):
    for _ in range(2):
        assert returns_office.settle(home, NOW) == ""
    (figure,) = read(home, "published_figure").to_pylist()
    assert (figure["release_id"], figure["exact_value"]) == ("2024-05-14.1", 2)
    # What an exception let in stays approved when it is over.
    (decided,) = read(home, "restatement_decision").to_pylist()
    assert (decided["restatement_key"], decided["decision"], decided["reason"]) == ("R-3", "approved", "let in")


@pytest.mark.parametrize("harm", ["altered by hand", "cut", "gone"])
def test_of_a_release_that_is_not_what_was_published_nothing_is_kept_and_the_night_goes_on(home, harm):
    mart = home / "releases" / "current" / "mart.duckdb"
    if harm == "altered by hand":
        with duckdb.connect(str(mart)) as connection:
            connection.execute("UPDATE indicator_value_as_of SET exact_value = 99")
    elif harm == "cut":
        mart.write_bytes(mart.read_bytes()[:5000])
    else:
        mart.unlink()
    said = returns_office.settle(home, NOW)
    assert re.search(r"is not kept.*is not what was published: mart\.duckdb .*`wmip release rollback ID`", said)
    assert len(read(home, "published_figure")) == len(read(home, "restatement_decision")) == 0
    assert serving_mart(home) is None, "nor is it what tonight is compared with"
    with pytest.raises(UserError, match="is not what was published"):
        returns_office.decide(home, ["R-1"], "approved", None, MANAGER)


def test_the_commands_say_what_they_did_and_take_no_names(home, monkeypatch):
    monkeypatch.setenv("WMIP_CLOCK", NOW.isoformat())
    asked = ["--partner", "CB01", "--period", Q1, "--home", str(home)]
    done = CliRunner().invoke(app, ["accept", *asked, "--role", "programme manager"])
    assert (done.exit_code, done.stdout) == (0, "CB01 2023-24-Q1 is accepted\n")
    named = CliRunner().invoke(app, ["lock", *asked, "--role", "jane@planted.example"])
    assert isinstance(named.exception, UserError)
    assert "planted" not in str(named.exception)
    for arguments in (["return", *asked], ["unlock", *asked, "--role", "manager"]):
        assert CliRunner().invoke(app, arguments).exit_code == 2, "why is asked for"
    words = ("accept", "return", "lock", "unlock", "allow", "approve", "reject", "status", "restatements", "diff")
    for word in words:
        assert f"wmip returns {word}" in " ".join(CliRunner().invoke(app, [word, "--help"]).stdout.split())


def test_without_a_release_there_is_nothing_to_lock(tmp_path):
    with pytest.raises((UserError, NightFailed), match="no release in"):
        returns_office.change_status(tmp_path, "CB01", Q1, "accepted", MANAGER)
