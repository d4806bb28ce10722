"""What is taken over from the night before is what a whole build would make again; nothing else is taken over."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.home import earlier_warehouse_file, warehouse_file
from orchestration.dbt_build import NotRefreshed, build, refresh
from orchestration.dbt_compiled import COUNT, Compiled, DataTest, Model
from orchestration.dbt_tests import run_tests
from orchestration.unchanged import set_aside

CLOCK = datetime(2025, 5, 15, 2, tzinfo=UTC)
LANDED = "read_parquet('landing/{}/*.parquet', union_by_name = true)"


def a_model(name, sql, *reads, kind="table"):
    reads = tuple(f"model.p.{of}" for of in reads)
    return Model(f"model.p.{name}", name, "s", kind, (), sql, reads, comments=f"COMMENT ON {kind} s.{name} IS 'One.'")


# Two streams; what hangs on one, on both, on the clock alone, and on what the clock decided.
MODELS = (
    a_model("grants", f"SELECT * FROM {LANDED.format('grants')}"),
    a_model("visits", f"SELECT * FROM {LANDED.format('visits')}"),
    a_model("largest", "SELECT max(amount) AS amount FROM s.grants", "grants"),
    a_model("both", "SELECT amount, day FROM s.grants, s.visits", "grants", "visits"),
    a_model("past", "SELECT day FROM s.visits WHERE day < CAST('@WMIP_CLOCK@' AS TIMESTAMP)", "visits"),
    a_model("seen", "SELECT day FROM s.past", "past", kind="view"),
    a_model("counted", "SELECT count(*) AS n FROM s.seen", "seen"),
    a_model("summed", "SELECT n, amount FROM s.counted, s.largest", "counted", "largest"),
)
NEGATIVE = "SELECT 1 FROM s.grants WHERE amount < 0"
A_TEST = DataTest("test.p.some", "some", NEGATIVE, "model.p.grants", ("model.p.grants",))


@pytest.fixture
def project(tmp_path):
    with duckdb.connect(str(tmp_path / "seeds.duckdb")) as connection:
        connection.execute("CREATE SCHEMA s")
    return Compiled(MODELS, (A_TEST,), tmp_path / "seeds.duckdb", "digest")


@pytest.fixture
def home(tmp_path):
    land(tmp_path, 0, "grants", [1, 2, 2])
    land(tmp_path, 0, "visits", [0, 3])
    return tmp_path


def land(home, load, stream, values):
    folder = home / "landing" / stream
    folder.mkdir(parents=True, exist_ok=True)
    column = "v AS amount" if stream == "grants" else "DATE '2025-05-14' + CAST(v AS INTEGER) AS day"
    duckdb.sql(f"SELECT {column} FROM unnest(?::INTEGER[]) AS t (v)", params=[values]).write_parquet(
        str(folder / f"{load}.parquet")
    )


def a_night(home, project, clock=CLOCK, full=False):
    set_aside(home, keep=not full)
    made = build(home, project, project.models, clock, lambda _model: None)
    assert made.failures == []
    return {name.rpartition(".")[2] for name in made.taken_over}


def warehouse(home):
    with duckdb.connect(str(warehouse_file(home)), read_only=True) as connection:
        rows = {model.name: connection.execute(f"FROM s.{model.name} ORDER BY ALL").fetchall() for model in MODELS}
        comments = "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 's' ORDER BY 1"
        return rows, connection.execute(comments).fetchall()


def test_what_hangs_on_the_clock_is_made_again_and_what_reads_it_where_it_changed(home, project):
    assert a_night(home, project) == set()
    everything = {model.name for model in MODELS if model.kind == "table"}
    # What the clock decides is decided again; it came out the same, and what reads it is not made again.
    assert a_night(home, project, CLOCK + timedelta(hours=1)) == everything - {"past"}
    assert a_night(home, project, CLOCK + timedelta(hours=1)) == everything
    assert a_night(home, project, CLOCK + timedelta(days=9)) == {"grants", "visits", "largest", "both"}
    assert warehouse(home)[0]["counted"] == [(2,)]


def test_what_one_new_file_touches_is_made_again_and_no_more(home, project):
    a_night(home, project)
    land(home, 1, "grants", [1])
    assert a_night(home, project) == {"visits", "past", "counted", "summed"}, "the largest came out as it was"
    assert len(warehouse(home)[0]["both"]) == 8


@settings(max_examples=12)
@given(
    nights=st.lists(
        st.tuples(
            st.sampled_from(["grants", "visits", None]), st.lists(st.integers(0, 4), max_size=3), st.integers(0, 30)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_night_that_skips_and_a_full_night_say_the_same(tmp_path_factory, nights):
    home = tmp_path_factory.mktemp("home")
    with duckdb.connect(str(home / "seeds.duckdb")) as connection:
        connection.execute("CREATE SCHEMA s")
    project = Compiled(MODELS, (), home / "seeds.duckdb", "digest")
    land(home, 0, "grants", [1, 2, 2])
    land(home, 0, "visits", [0, 3])
    a_night(home, project)
    clock = CLOCK
    for number, (stream, values, hours) in enumerate(nights, start=1):
        clock += timedelta(hours=hours)
        if stream:
            land(home, number, stream, values)
        a_night(home, project, clock)
        skipped = warehouse(home)
        fresh = home / "fresh"
        shutil.copytree(home / "landing", fresh / "landing")
        a_night(fresh, project, clock, full=True)
        assert skipped == warehouse(fresh)
        shutil.rmtree(fresh)


def test_a_full_night_takes_nothing_over(home, project):
    a_night(home, project)
    assert a_night(home, project, full=True) == set()
    assert not earlier_warehouse_file(home).exists()


def test_a_table_that_somebody_altered_is_made_again(home, project):
    a_night(home, project)
    before = warehouse(home)
    with duckdb.connect(str(warehouse_file(home))) as connection:
        connection.execute("UPDATE s.largest SET amount = 99; DROP TABLE s.both")
    assert {"largest", "both"}.isdisjoint(a_night(home, project))
    assert warehouse(home) == before


@pytest.mark.parametrize("harm", ["cut", "another's"])
def test_a_warehouse_that_cannot_be_read_is_not_built_upon(home, project, caplog, harm):
    a_night(home, project)
    if harm == "cut":
        warehouse_file(home).write_bytes(warehouse_file(home).read_bytes()[:5000])
    else:
        warehouse_file(home).unlink()
        with duckdb.connect(str(warehouse_file(home))) as connection:
            connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    with caplog.at_level(logging.WARNING):
        assert a_night(home, project) == set()
    assert "cannot be built upon" in caplog.text


def test_a_data_test_that_passed_is_run_again_when_what_it_reads_changed_and_one_that_failed_always(home, project):
    def outcome():
        (found,) = run_tests(home, project.tests, CLOCK)
        return found.was_run, found.passed

    a_night(home, project)
    assert outcome() == (True, True)
    a_night(home, project)
    assert outcome() == (False, True)
    land(home, 1, "grants", [-1])
    for _ in range(2):
        a_night(home, project)
        assert outcome() == (True, False)


def quiet(home, project, clock, may_differ=frozenset()):
    """What a quiet night makes of a warehouse; whether it stood."""
    try:
        refresh(home, project, {COUNT}, clock, lambda model: model.name in may_differ)
    except NotRefreshed:
        return False
    return True


@settings(max_examples=5)
@given(
    nights=st.lists(st.tuples(st.sampled_from(["grants", "visits", None]), st.integers(0, 40)), min_size=1, max_size=4),
    may_differ=st.sets(st.sampled_from(["past", "seen", "counted", "summed"])),
)
def test_a_quiet_night_leaves_what_a_full_one_makes_or_nothing(tmp_path_factory, nights, may_differ):
    home = tmp_path_factory.mktemp("home")
    with duckdb.connect(str(home / "seeds.duckdb")) as connection:
        connection.execute("CREATE SCHEMA s")
    project = Compiled(MODELS, (A_TEST,), home / "seeds.duckdb", "digest")
    land(home, 0, "grants", [1, 2, 2])
    land(home, 0, "visits", [0, 3])
    a_night(home, project)
    clock = CLOCK
    for number, (stream, hours) in enumerate(nights, start=1):
        clock += timedelta(hours=hours)
        if stream:
            land(home, number, stream, [number])
        before = warehouse(home)
        stood = quiet(home, project, clock, may_differ)
        fresh = home / "fresh"
        shutil.copytree(home / "landing", fresh / "landing")
        a_night(fresh, project, clock, full=True)
        built = warehouse(fresh)
        shutil.rmtree(fresh)
        differ = {name for name, rows in built[0].items() if rows != before[0][name]}
        # A view that reads what differs counts as different; a new file, though it says nothing new, does not.
        assert differ <= may_differ if stood else warehouse(home) == before
        if stood:
            assert warehouse(home) == built
        else:
            a_night(home, project, clock)


def test_what_hangs_on_the_clock_is_made_again_where_it_stands(home, project):
    a_night(home, project)
    assert quiet(home, project, CLOCK + timedelta(hours=1))
    before = warehouse(home)
    assert not quiet(home, project, CLOCK + timedelta(days=9)), "a day of the clock's came, and figures count it"
    assert warehouse(home) == before
    assert quiet(home, project, CLOCK + timedelta(days=9), {"past", "seen", "counted", "summed"})
    assert warehouse(home)[0]["counted"] == [(2,)]


def test_a_quiet_night_runs_what_tests_there_are_of_what_it_makes(home, project):
    a_night(home, project)
    run_tests(home, project.tests, CLOCK)
    made = refresh(home, project, {COUNT}, CLOCK + timedelta(hours=1), lambda _model: False)
    assert (made.models_made, made.data_tests_run, made.data_tests_as_before) == (1, 0, 1)
    land(home, 1, "grants", [-1])
    with pytest.raises(NotRefreshed, match="the test some does not hold"):
        refresh(home, project, {COUNT}, CLOCK, lambda _model: True)
    assert warehouse(home)[0]["largest"] == [(2,)]
