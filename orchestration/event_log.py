"""Dagster's event log in SQLite, as it comes, but with one open connection a file, one commit for many events, and
without waiting for the disk.

Dagster's own opens a file, compiles a statement and closes the file again for each statement of each event; a night
has some thousands of them, and each is up to three commits (docs/decisions/0077). What a step says of its assets and
checks is written when the step ends, or earlier when somebody asks (docs/decisions/0426). Where the process or the
power fails the last may be missing: the file stays whole, and what a night did stands in its record and its release.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from dagster._core.definitions.events import AssetKey
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
    DagsterEventType,
)
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData, serialize_value
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

# What a run says many times; all else is written at once, with what waits.
_CAN_WAIT = ASSET_CHECK_EVENTS | {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    DagsterEventType.STEP_OUTPUT,
}
# Dagster copies these into the file of all runs.
_INDEXED = ASSET_CHECK_EVENTS | ASSET_EVENTS | EVENT_TYPE_TO_PIPELINE_RUN_STATUS.keys()
_CHECK_PLANNED = DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
_ENDS = {DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED}
MOST_WAITING = 1_000


def _wait_for_no_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


class OpenEventLog(SqliteEventLogStorage):
    """The event log of a home; named in its `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        # What the files are known to hold; Dagster's own asks for each event, with a connection made for it.
        self._held: set[tuple[str, str]] = set()
        self._waiting: list[EventLogEntry] = []
        # Of the file of all runs, while events are written to it.
        self._writing: Connection | None = None
        # While somebody reads what nothing that waits could change.
        self._leaves_waiting = False
        # The run that this process is at, and what is kept of assets as it found or left it; None: nothing is.
        self._at_work = ""
        self._records: dict[AssetKey, AssetRecord | None] = {}
        # Those of which it wrote something since.
        self._written: set[AssetKey] = set()
        super().__init__(base_dir, inst_data)
        # The lock is what lets threads share a connection; who holds it may ask again.
        self._db_lock: Any = threading.RLock()

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> OpenEventLog:
        """From `dagster.yaml`, whose `base_dir` is Dagster's home; the files lie where Dagster's own would."""
        return cls(str(Path(config_value["base_dir"], "history", "runs")), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if self._writing is not None and shard == INDEX_SHARD_NAME:
                yield self._writing
                return
            if not self._leaves_waiting:
                self._write_waiting()
            with self._opened(shard).begin() as connection:
                yield connection

    def _opened(self, shard: str) -> Engine:
        if shard not in self._engines:
            self._engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(self._engines[shard], "connect", _wait_for_no_disk)
            self._initdb(self._engines[shard])
        return self._engines[shard]

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, or let it wait for the next one that says how far the run is."""
        with self._db_lock:
            self._waiting.append(event)
            self._follow(event)
            can_wait = bool(event.run_id) and event.is_dagster_event and event.dagster_event_type in _CAN_WAIT
            if not can_wait or len(self._waiting) >= MOST_WAITING:
                self._write_waiting()

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Write several events."""
        for each in events:
            self.store_event(each)

    def _follow(self, event: EventLogEntry) -> None:
        """Know which run this process is at: a home has one at a time, which alone says something of its assets."""
        if event.dagster_event_type == DagsterEventType.RUN_START:
            self._at_work = event.run_id
        elif event.run_id == self._at_work and event.dagster_event_type in _ENDS:
            self._at_work = ""
            self._records.clear()
            self._written.clear()

    def _write_waiting(self) -> None:
        """Write what waits, as Dagster's own `store_event` does with one event, in one commit a file."""
        events, self._waiting = [(each, self._event_to_row(each)) for each in self._waiting], []
        for run_id, of_run in groupby(events, lambda each: each[0].run_id):
            with self._opened(run_id).begin() as connection:
                connection.execute(SqlEventLogStorageTable.insert(), [row for _, row in of_run])
        indexed = [each for each in events if each[0].is_dagster_event and each[0].dagster_event_type in _INDEXED]
        if not indexed:
            return
        with self._opened(INDEX_SHARD_NAME).begin() as connection:
            self._writing = connection
            try:
                self._write_indexed(connection, indexed)
            finally:
                self._writing = None

    def _write_indexed(self, connection: Connection, events: Sequence[tuple[EventLogEntry, dict[str, Any]]]) -> None:
        insert, (_, row) = SqlEventLogStorageTable.insert(), events[0]
        first: int = connection.execute(insert.values(**row)).inserted_primary_key[0]  # type: ignore[index]
        # With its first row this transaction holds the file: the numbers that follow are its own.
        numbered = [(each, number) for number, (each, _) in enumerate(events, first)]
        if len(events) > 1:
            connection.execute(insert, [{**row, "id": first + at} for at, (_, row) in enumerate(events) if at])
        of_assets = [pair for pair in numbered if pair[0].dagster_event_type in ASSET_EVENTS]
        self._store_asset_event_tags(connection, [each for each, _ in of_assets], [number for _, number in of_assets])
        for each, number in of_assets:
            self._store_asset_event(connection, each, number)
            if self._at_work and each.dagster_event is not None and each.dagster_event.asset_key is not None:
                self._records.pop(each.dagster_event.asset_key, None)
                self._written.add(each.dagster_event.asset_key)
        self._plan_checks(connection, [pair for pair in numbered if pair[0].dagster_event_type == _CHECK_PLANNED])
        for each, number in numbered:
            if each.dagster_event_type in ASSET_CHECK_EVENTS and each.dagster_event_type != _CHECK_PLANNED:
                self.store_asset_check_event(each, number)

    def _plan_checks(self, connection: Connection, planned: Sequence[tuple[EventLogEntry, int]]) -> None:
        """What Dagster's own keeps of each check that a run will make, in one statement: there are hundreds."""
        rows = []
        for each, number in planned:
            check: Any = each.dagster_event.event_specific_data if each.dagster_event is not None else None
            if check.partitions_subset is not None:
                self.store_asset_check_event(each, number)
                continue
            rows.append(
                {
                    "asset_key": check.asset_key.to_string(),
                    "check_name": check.check_name,
                    "partition": None,
                    "run_id": each.run_id,
                    "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
                    "evaluation_event": serialize_value(each),
                    "evaluation_event_timestamp": datetime.fromtimestamp(each.timestamp, UTC).replace(tzinfo=None),
                    "evaluation_event_storage_id": number,
                }
            )
        if rows:
            connection.execute(AssetCheckExecutionsTable.insert(), rows)

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """What is kept of assets. A step asks so of each asset that what it made is made of, and of each that it
        checked: what waits is written only when it is of one of these, and while a run is at work here it is asked of
        the file once for all of which something was written.
        """
        with self._db_lock:
            waiting = {each.dagster_event.asset_key for each in self._waiting if each.dagster_event is not None}
            if asset_keys is None or not self._at_work:
                return self._asked(asset_keys, asset_keys is not None and waiting.isdisjoint(asset_keys))
            if not waiting.isdisjoint(asset_keys):
                self._write_waiting()
            unknown = [key for key in asset_keys if key not in self._records]
            if unknown:
                wanted = list(dict.fromkeys([*unknown, *self._written]))
                self._written.clear()
                self._records |= dict.fromkeys(wanted)
                self._records |= {found.asset_entry.asset_key: found for found in self._asked(wanted, True)}
            return [found for key in asset_keys if (found := self._records[key]) is not None]

    def _asked(self, asset_keys: Sequence[AssetKey] | None, leaves_waiting: bool) -> Sequence[AssetRecord]:
        self._leaves_waiting = leaves_waiting
        try:
            return super().get_asset_records(asset_keys)
        finally:
            self._leaves_waiting = False

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the file of all runs keeps a column of assets."""
        return self._holds("column", column_name, super().has_asset_key_col)

    def has_table(self, table_name: str) -> bool:
        """Whether the file of all runs holds a table; one that is there stays."""
        return self._holds("table", table_name, super().has_table)

    def has_secondary_index(self, name: str) -> bool:
        """The same of an index that was made of its events."""
        return self._holds("index", name, super().has_secondary_index)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        look = super()._has_asset_key_col_on_connection
        return self._holds("column", column_name, lambda name: look(conn, name))

    def _holds(self, kind: str, name: str, look: Callable[[str], bool]) -> bool:
        if (kind, name) not in self._held and look(name):
            self._held.add((kind, name))
        return (kind, name) in self._held

    def dispose(self) -> None:
        """Write what waits and close every file."""
        with self._db_lock:
            self._write_waiting()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
