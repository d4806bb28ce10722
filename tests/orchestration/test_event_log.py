"""The event log keeps its files open and is still Dagster's own: others read and write the same files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
