"""The landing: append-only Parquet, written whole or not at all, holding each version of a row once.

All or nothing for a stream and load: rows are compared with the latest landed version of their key, what is new or
changed becomes one file, which appears under its name only when it is complete on disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.catalogue import PROVENANCE, StreamDeclaration
from ingestion.scratch import scratch

if TYPE_CHECKING:
    import duckdb

ABSENT = "absent_from_complete_list"
_SCHEMA_FILE = "00000000T000000Z_schema.parquet"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Landed:
    """What one load added: rows written (tombstones included), tombstones among them, its id if any."""

    rows: int
    tombstones: int = 0
    load_id: str | None = None


def stream_folder(home: Path, source: str, stream: str) -> Path:
    """Where a stream's files lie."""
    return home / "landing" / source / stream


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file so that it is there whole, or not there."""
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def ensure_stream(home: Path, source: str, stream: StreamDeclaration) -> Path:
    """Create a stream's folder and its file without rows; remove what a killed run left half written."""
    folder = stream_folder(home, source, stream.name)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.tmp"):
        leftover.unlink()
    empty = folder / _SCHEMA_FILE
    if not empty.exists() or not pq.read_schema(empty).equals(stream.schema):
        write_parquet(stream.schema.empty_table(), empty)
    return folder


def as_table(stream: StreamDeclaration, rows: Iterable[Row], size: int = 20_000) -> pa.Table:
    """Rows as an Arrow table with the stream's data columns and the record's own provenance.

    Read in batches, so that a long list is held in columns, not in dictionaries.
    """
    names = [*stream.columns, "_source_record", "_deleted_at", "_delete_reason"]
    schema = pa.schema([stream.schema.field(name) for name in names])
    batches: list[pa.RecordBatch] = []
    pending: list[Row] = []
    for row in rows:
        pending.append(row)
        if len(pending) == size:
            batches.append(pa.RecordBatch.from_pylist(pending, schema=schema))
            pending = []
    if pending:
        batches.append(pa.RecordBatch.from_pylist(pending, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _hash_of(stream: StreamDeclaration) -> str:
    parts = ", ".join(f"coalesce(CAST({_quote(name)} AS VARCHAR), chr(0))" for name in stream.columns)
    return f"sha256(concat_ws(chr(31), {parts}, coalesce(_delete_reason, chr(0))))"


def _quote(name: str) -> str:
    return f'"{name}"'


def _all_of(folder: Path) -> str:
    """The table function that reads every landed file of a stream."""
    files = str(folder / "*.parquet").replace("'", "''")
    return f"read_parquet('{files}', union_by_name = true)"


def _latest(stream: StreamDeclaration, folder: Path, columns: str) -> str:
    keys = ", ".join(_quote(name) for name in stream.key)
    return f"""
        SELECT {columns} FROM {_all_of(folder)}
        QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _loaded_at DESC, _load_id DESC) = 1
    """


def land(
    home: Path,
    source: str,
    stream: StreamDeclaration,
    rows: pa.Table,
    *,
    clock: datetime,
    complete_list: bool = False,
    complete_for: Sequence[tuple[str, ...]] = (),
) -> Landed:
    """Land the rows that differ from the latest landed version of their key.

    `rows` as made by `as_table`; of several rows of a key the last stands. With `complete_list` a key that is
    landed but not listed gets a tombstone: its last data with `_deleted_at` and the reason. `complete_for` says the
    same of some groups only: those whose `stream.listed_whole_by` columns have one of these values.
    """
    folder = ensure_stream(home, source, stream)
    keys = ", ".join(_quote(name) for name in stream.key)
    same_key = " AND ".join(f"new.{_quote(name)} IS NOT DISTINCT FROM old.{_quote(name)}" for name in stream.key)
    data = ", ".join(_quote(name) for name in stream.columns)
    with scratch() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("incoming", rows.append_column("_position", pa.array(range(len(rows)), pa.int64())))
        connection.execute(f"""
            CREATE TEMP TABLE listed AS
            SELECT * EXCLUDE (_position), {_hash_of(stream)} AS _row_hash FROM incoming
            QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _position DESC) = 1
        """)
        connection.execute(
            "CREATE TEMP TABLE landed AS " + _latest(stream, folder, f"{data}, _source_record, _row_hash, _deleted_at")
        )
        connection.execute(f"""
            CREATE TEMP TABLE changed AS
            SELECT new.* FROM listed AS new
            LEFT JOIN landed AS old ON {same_key}
            WHERE old._row_hash IS DISTINCT FROM new._row_hash
        """)
        tombstones = 0
        if complete_list or complete_for:
            within = "true" if complete_list else _within(connection, stream, complete_for)
            connection.execute(
                f"""
                INSERT INTO changed BY NAME
                SELECT {data}, _source_record, $clock::TIMESTAMPTZ AS _deleted_at, $reason AS _delete_reason,
                    sha256(concat_ws(chr(31), _row_hash, $reason)) AS _row_hash
                FROM landed AS old
                WHERE _deleted_at IS NULL AND {within} AND NOT EXISTS (SELECT 1 FROM listed AS new WHERE {same_key})
                """,
                {"clock": clock, "reason": ABSENT},
            )
            (tombstones,) = connection.execute(
                "SELECT count(*) FROM changed WHERE _delete_reason = $reason", {"reason": ABSENT}
            ).fetchone() or (0,)
        count, digest = connection.execute(
            "SELECT count(*), sha256(string_agg(_row_hash, '' ORDER BY _row_hash)) FROM changed"
        ).fetchone() or (0, None)
        if not count:
            return Landed(0)
        load_id = f"{clock.strftime('%Y%m%dT%H%M%SZ')}_{digest[:12]}"
        loaded_at = _after_what_is_landed(connection, folder, clock)
        columns = ", ".join([data, *(name for name in PROVENANCE if name not in ("_load_id", "_loaded_at", "_source"))])
        table = connection.execute(
            f"""
            SELECT {columns}, $load_id AS _load_id, $clock::TIMESTAMPTZ AS _loaded_at, $source AS _source
            FROM changed ORDER BY {keys}
            """,
            {"load_id": load_id, "clock": loaded_at, "source": source},
        ).to_arrow_table()
    write_parquet(table.select(stream.schema.names).cast(stream.schema), folder / f"{load_id}.parquet")
    return Landed(int(count), int(tombstones), load_id)


def _after_what_is_landed(connection: duckdb.DuckDBPyConnection, folder: Path, clock: datetime) -> datetime:
    """The clock, or the next instant after the newest load: a clock that was put back must not hide a newer version."""
    (newest,) = connection.execute(f"SELECT max(_loaded_at) AT TIME ZONE 'UTC' FROM {_all_of(folder)}").fetchone() or (
        None,
    )
    if newest is None:
        return clock
    return max(clock, newest.replace(tzinfo=UTC) + timedelta(microseconds=1))


def _within(connection: duckdb.DuckDBPyConnection, stream: StreamDeclaration, groups: Sequence[tuple[str, ...]]) -> str:
    """The condition that a landed row `old` is of one of the groups."""
    columns = stream.listed_whole_by
    schema = pa.schema([(name, pa.string()) for name in columns])
    listed = pa.Table.from_pylist([dict(zip(columns, group, strict=True)) for group in groups], schema=schema)
    connection.register("listed_whole", listed)
    of_group = " AND ".join(f"old.{_quote(name)} = listed_whole.{_quote(name)}" for name in columns)
    return f"EXISTS (SELECT 1 FROM listed_whole WHERE {of_group})"


def latest_instant(home: Path, source: str, stream: StreamDeclaration, column: str) -> datetime | None:
    """The newest instant in a text column of what is landed (ISO 8601), or None when nothing is.

    This is where an incremental read continues: it cannot disagree with what was landed.
    """
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        row = connection.execute(
            f"SELECT max(TRY_CAST({_quote(column)} AS TIMESTAMPTZ)) AT TIME ZONE 'UTC' FROM {_all_of(folder)}"
        ).fetchone()
    return row[0].replace(tzinfo=UTC) if row and row[0] else None


def read_latest(home: Path, source: str, stream: StreamDeclaration, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The given columns of the latest version of every key that is not deleted; for small streams."""
    folder = ensure_stream(home, source, stream)
    wanted = ", ".join(_quote(name) for name in columns)
    with scratch() as connection:
        return connection.execute(
            f"SELECT {wanted} FROM ({_latest(stream, folder, '*')}) WHERE _deleted_at IS NULL ORDER BY ALL"
        ).fetchall()


def ids_landed_after(home: Path, source: str, stream: StreamDeclaration, instant: datetime | None) -> list[str]:
    """Ids of a stream's live records whose latest version was landed after an instant; all of them for None."""
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        rows = connection.execute(
            f"SELECT id FROM ({_latest(stream, folder, '*')}) "
            "WHERE _deleted_at IS NULL AND ($since IS NULL OR _loaded_at > $since::TIMESTAMPTZ) ORDER BY id",
            {"since": instant},
        ).fetchall()
    return [row[0] for row in rows]


def last_versions(home: Path, source: str, stream: StreamDeclaration, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The latest data of those of the ids that are landed and not deleted; an id never seen is not among them."""
    folder = ensure_stream(home, source, stream)
    wanted = pa.table({"id": pa.array(ids, pa.string())})
    columns = ", ".join(_quote(name) for name in (*stream.columns, "_source_record"))
    with scratch() as connection:
        connection.register("wanted", wanted)
        table = connection.execute(
            f"SELECT {columns} FROM ({_latest(stream, folder, '*')}) "
            "WHERE _deleted_at IS NULL AND id IN (SELECT id FROM wanted) ORDER BY id"
        ).to_arrow_table()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def live_rows(home: Path, source: str, stream: StreamDeclaration) -> int:
    """How many keys of a stream are landed and not deleted."""
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        row = connection.execute(
            f"SELECT count(*) FROM ({_latest(stream, folder, '_deleted_at')}) WHERE _deleted_at IS NULL"
        ).fetchone()
    return int(row[0]) if row else 0


def newest_file(home: Path, source: str, stream: str) -> str:
    """Name of the newest landed file of a stream."""
    return max(path.name for path in stream_folder(home, source, stream).glob("*.parquet"))
