"""The event log keeps its files open and is still Dagster's own: others read and write the same files."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.event_log import OpenEventLog
from orchestration.run_night import prepare_dagster_home

KEY = dg.AssetKey(["mart", "indicator_value"])


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, and back by the fixture")
    folder = prepare_dagster_home(tmp_path)
    with dg.DagsterInstance.from_config(str(folder)) as made:
        yield made


def _materialize(instance: dg.DagsterInstance, times: int) -> None:
    for _ in range(times):
        instance.report_runless_asset_event(dg.AssetMaterialization(KEY))


def _materializations(storage) -> int:
    return len(storage.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION, KEY)))


def test_a_home_uses_it(instance):
    assert isinstance(instance.event_log_storage, OpenEventLog)


def test_what_it_wrote_is_read_by_dagsters_own_from_the_place_of_its_own(instance, tmp_path):
    _materialize(instance, 3)
    own = SqliteEventLogStorage(str(Path(tmp_path, "dagster", "history", "runs")))
    assert _materializations(own) == 3


def test_it_waits_for_no_disk_at_a_commit_and_writes_ahead(instance):
    _materialize(instance, 1)
    with instance.event_log_storage.index_connection() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_what_another_process_wrote_meanwhile_is_seen(instance, tmp_path):
    _materialize(instance, 1)
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as other:
        _materialize(other, 2)
    assert _materializations(instance.event_log_storage) == 3


def test_threads_share_it(instance):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _materialize(instance, 5), range(8)))
    assert _materializations(instance.event_log_storage) == 40


def test_a_failed_write_is_undone_and_the_next_one_works(instance):
    storage = instance.event_log_storage
    _materialize(instance, 1)
    with pytest.raises(ZeroDivisionError), storage.index_connection() as connection:
        connection.exec_driver_sql("DELETE FROM event_logs")
        raise ZeroDivisionError
    _materialize(instance, 1)
    assert _materializations(storage) == 2


def _run(instance: dg.DagsterInstance, at_end=lambda: None) -> str:
    """Runs three assets, of which one fails its check; `at_end` is called when all is said but before the run ends."""

    @dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="first")])
    def first() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=False, check_name="sound")])

    specs = [dg.AssetSpec("second", deps=[first]), dg.AssetSpec("third", deps=["second"])]
    checks = [dg.AssetCheckSpec(f"number_{number}", asset="third") for number in range(5)]

    @dg.multi_asset(specs=specs, check_specs=checks)
    def both():
        yield dg.MaterializeResult("second", metadata={"rows": 3})
        yield dg.MaterializeResult("third")
        for check in checks:
            yield dg.AssetCheckResult(passed=True, check_name=check.name, asset_key="third")
        at_end()

    return dg.materialize([first, both], instance=instance).run_id


# Of what differs from run to run only that it is there.
QUERIES = {
    "index": [
        "SELECT id, dagster_event_type, step_key, asset_key FROM event_logs ORDER BY id",
        (
            "SELECT asset_key, last_run_id IS NULL, last_materialization IS NULL, "
            "last_materialization_timestamp IS NULL FROM asset_keys ORDER BY asset_key"
        ),
        "SELECT event_id, asset_key, key FROM asset_event_tags ORDER BY event_id, key",
        (
            "SELECT asset_key, check_name, execution_status, evaluation_event_storage_id, "
            "materialization_event_storage_id, partition, evaluation_event IS NULL, evaluation_event_timestamp IS NULL "
            "FROM asset_check_executions ORDER BY asset_key, check_name, id"
        ),
    ],
    "run": ["SELECT id, dagster_event_type, step_key, asset_key FROM event_logs ORDER BY id"],
}


def _kept(folder: Path, run_id: str) -> list:
    found = []
    for of, queries in QUERIES.items():
        with closing(sqlite3.connect(folder / f"{run_id if of == 'run' else of}.db")) as connection:
            found += [connection.execute(query).fetchall() for query in queries]
    return found


def test_a_run_leaves_what_it_leaves_in_dagsters_own(instance, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    with dg.DagsterInstance.local_temp(str(own)) as usual:
        twice = [_run(usual), _run(usual)]
    ours = [_run(instance), _run(instance)]
    for one, other in zip(ours, twice, strict=True):
        kept = _kept(tmp_path / "dagster" / "history" / "runs", one)
        assert kept == _kept(own / "history" / "runs", other)
        assert all(kept)


def test_what_waits_is_there_for_whoever_asks(instance):
    seen = []

    def ask():
        check = dg.AssetCheckKey(dg.AssetKey("third"), "number_4")
        found = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
        seen.append(found.status.value)

    _run(instance, ask)
    assert seen == ["SUCCEEDED"]


def test_assets_are_asked_of_the_file_anew_when_another_run_or_process_said_something_of_them(instance, tmp_path):
    def last_run():
        (record,) = instance.event_log_storage.get_asset_records([dg.AssetKey("third")])
        return record.asset_entry.last_run_id

    runs = []
    for _ in range(2):
        seen = []
        runs.append(_run(instance, lambda seen=seen: seen.append(last_run())))
        assert seen == [runs[-1]] == [last_run()]
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as other:
        runs.append(_run(other))
    assert last_run() == runs[-1]


def test_what_a_run_asked_of_an_asset_is_what_it_wrote_since(instance):
    seen = []

    def ask():
        (record,) = instance.event_log_storage.get_asset_records([dg.AssetKey("third")])
        seen.append(record.asset_entry.last_materialization_storage_id)

    @dg.asset(key="third")
    def third(context):
        ask()
        context.log_event(dg.AssetMaterialization("third"))
        ask()
        context.log_event(dg.AssetMaterialization("third"))
        ask()

    dg.materialize([third], instance=instance)
    assert seen[0] is None
    assert None not in seen[1:]
    assert seen[1] < seen[2]


def test_what_a_step_says_is_written_when_it_ends(instance, tmp_path):
    file = tmp_path / "dagster" / "history" / "runs" / "index.db"
    seen = []

    def look():
        with closing(sqlite3.connect(file)) as connection:
            query = "SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_CHECK_EVALUATION'"
            seen.extend(connection.execute(query).fetchone())

    _run(instance, look)
    look()
    # That of the first asset, whose step had ended; at last all of them.
    assert seen == [1, 6]


def test_events_that_wait_are_written_when_the_log_is_closed(instance, tmp_path):
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as other:
        run_id = _run(other)
        storage = other.event_log_storage
        planned = storage.get_logs_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        before = len(storage.get_logs_for_run(run_id))
        storage.store_event(planned[0])
    assert len(instance.event_log_storage.get_logs_for_run(run_id)) == before + 1
