"""The landing: append-only Parquet, written whole or not at all, holding each version of a row once.

All or nothing for a stream and load: rows are compared with the latest landed version of their key, what is new or
changed becomes one file, which appears under its name only when it is complete on disk. Keys and hashes are compared
first and whole rows fetched only for what changed, within bounded memory (`ingestion.scratch`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.catalogue import PROVENANCE, StreamDeclaration
from ingestion.scratch import scratch, spilling
from ingestion.spool import Row, Spool, batches, row_schema

if TYPE_CHECKING:
    import duckdb

SMALL_ROWS = 50_000
SMALL_BYTES = 16 << 20
ABSENT = "absent_from_complete_list"
_SCHEMA_FILE = "00000000T000000Z_schema.parquet"


@dataclass(frozen=True)
class Landed:
    """What one load added: rows written (tombstones included), tombstones among them, its id if any; `repeated` are the
    rows given whose key a later row of the load has too.
    """

    rows: int
    tombstones: int = 0
    load_id: str | None = None
    repeated: int = 0
    held: tuple[HeldList, ...] = ()


@dataclass(frozen=True)
class ListGuard:
    """How many rows a list may lose at once: `free`, or as many as leave `share` of it; a `confirmed` one any."""

    share: float
    confirmed: frozenset[tuple[str, ...]] = frozenset()
    free: int = 3


@dataclass(frozen=True)
class HeldList:
    """A list that lost more rows than its guard allows: all of them stay. `group`: its `listed_whole_by` values."""

    group: tuple[str, ...]
    missing: int
    before: int


def stream_folder(home: Path, source: str, stream: str) -> Path:
    """Where a stream's files lie."""
    return home / "landing" / source / stream


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file so that it is there whole, or not there."""
    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    _publish(temporary, path)


def _publish(temporary: Path, path: Path) -> None:
    """Give a file its name once all of it is on disk."""
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


def as_table(stream: StreamDeclaration, rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table with the stream's data columns and the record's own provenance."""
    return pa.Table.from_batches(batches(stream, rows), schema=row_schema(stream))


def row_hash(stream: StreamDeclaration) -> str:
    """The hash of a landed row, as SQL: of its data; of a tombstone, of the hash its data had and the reason."""
    live = _hash_of(stream, reason="CAST(NULL AS VARCHAR)")
    absent = _text(ABSENT)
    tombstone = f"sha256(concat_ws(chr(31), {live}, {absent}))"
    return f"CASE WHEN _delete_reason = {absent} THEN {tombstone} ELSE {_hash_of(stream)} END"


def _hash_of(stream: StreamDeclaration, reason: str = "_delete_reason") -> str:
    parts = ", ".join(f"coalesce(CAST({_quote(name)} AS VARCHAR), chr(0))" for name in stream.columns)
    # concat_ws leaves a null out: rows of a stream without new fields keep the hash they had before there were any.
    return f"sha256(concat_ws(chr(31), {parts}, coalesce({reason}, chr(0)), _extra))"


def _quote(name: str) -> str:
    return f'"{name}"'


def _list(names: Iterable[str]) -> str:
    return ", ".join(_quote(name) for name in names)


def _text(value: str) -> str:
    """A value as SQL text."""
    return "'" + value.replace("'", "''") + "'"


def _same(columns: Iterable[str], new: str = "new", old: str = "old") -> str:
    """The condition that the landed row `old` has the key of another."""
    return " AND ".join(f"{new}.{_quote(name)} IS NOT DISTINCT FROM {old}.{_quote(name)}" for name in columns)


def _all_of(folder: Path) -> str:
    """The table function that reads every landed file of a stream."""
    return f"read_parquet({_text(str(folder / '*.parquet'))}, union_by_name = true)"


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
    rows: pa.Table | Spool,
    *,
    clock: datetime,
    complete_list: bool = False,
    complete_for: Sequence[tuple[str, ...]] = (),
    guard: ListGuard | None = None,
    unreadable: Sequence[str | None] = (),
    unreadable_by: str | None = None,
) -> Landed:
    """Land the rows that differ from the latest landed version of their key.

    `rows` as made by `as_table`, or a spool with every part kept; of several rows of a key the last stands. With
    `complete_list` a key that is landed but not listed gets a tombstone: its last data with `_deleted_at` and the
    reason. `complete_for` says the same of some groups only: those whose `stream.listed_whole_by` columns have one of
    these values, each of them as far as `guard` allows. `unreadable`: values of `unreadable_by` (the key, its columns
    joined by chr(31), unless told) that were listed with data that could not be used; their rows are not absent, and if
    one of them cannot be told, no row is taken for absent.
    """
    folder = ensure_stream(home, source, stream)
    keys = _list(stream.key)
    same_key = _same(stream.key)
    with _workspace(home, folder, rows) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _offer(connection, stream, rows)
        connection.execute(f"""
            CREATE TEMP TABLE listed AS
            WITH last AS (SELECT max(_position) AS _position FROM incoming GROUP BY {keys})
            SELECT {keys}, _position, {_hash_of(stream)} AS _row_hash FROM incoming SEMI JOIN last USING (_position)
        """)
        spared_by = (unreadable_by,) if unreadable_by else stream.key
        compared = _list(dict.fromkeys((*stream.key, *stream.listed_whole_by, *(spared_by if unreadable else ()))))
        connection.execute(
            "CREATE TEMP TABLE landed AS "
            + _latest(stream, folder, f"{compared}, _row_hash, _deleted_at, _loaded_at, _load_id")
        )
        connection.execute(f"""
            CREATE TEMP TABLE changed AS
            SELECT new._position, new._row_hash FROM listed AS new
            LEFT JOIN landed AS old ON {same_key}
            WHERE old._row_hash IS DISTINCT FROM new._row_hash
        """)
        within = "true" if complete_list else _within(connection, stream, complete_for) if complete_for else "false"
        if unreadable:
            within = f"{within} AND {_not_among(connection, spared_by, unreadable)}"
        connection.execute(
            f"""
            CREATE TEMP TABLE gone AS
            SELECT {compared}, _loaded_at, _load_id, sha256(concat_ws(chr(31), _row_hash, $reason)) AS _row_hash
            FROM landed AS old
            WHERE _deleted_at IS NULL AND {within} AND NOT EXISTS (SELECT 1 FROM listed AS new WHERE {same_key})
            """,
            {"reason": ABSENT},
        )
        held = _hold_back(connection, stream, guard) if guard is not None and complete_for else ()
        repeated = _count(connection, "incoming") - _count(connection, "listed")
        count, tombstones = _count(connection, "changed"), _count(connection, "gone")
        if not count + tombstones:
            return Landed(0, repeated=repeated, held=held)
        load_id = f"{clock.strftime('%Y%m%dT%H%M%SZ')}_{_digest(connection)[:12]}"
        path = folder / f"{load_id}.parquet"
        temporary = path.with_name(f".{path.name}.tmp")
        loaded_at = _after_what_is_landed(connection, folder, clock)
        _write_changes(connection, source, stream, folder, load_id, (clock, loaded_at), temporary)
        _publish(temporary, path)
    return Landed(count + tombstones, tombstones, load_id, repeated, held)


def _workspace(home: Path, folder: Path, rows: pa.Table | Spool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A database in memory for what is small for sure, else one that spills."""
    given = rows.rows if isinstance(rows, Spool) else len(rows)
    is_small = given <= SMALL_ROWS and sum(path.stat().st_size for path in folder.glob("*.parquet")) <= SMALL_BYTES
    return scratch() if is_small else spilling(home)


def _offer(connection: duckdb.DuckDBPyConnection, stream: StreamDeclaration, rows: pa.Table | Spool) -> None:
    """Make the rows the view `incoming`, with their `_position`."""
    if isinstance(rows, Spool) and rows.parts:
        files = ", ".join(_text(str(path)) for path in rows.parts)
        connection.execute(f"CREATE TEMP VIEW incoming AS SELECT * FROM read_parquet([{files}])")
        return
    table = row_schema(stream).empty_table() if isinstance(rows, Spool) else rows
    connection.register("incoming", table.append_column("_position", pa.array(range(len(table)), pa.int64())))


def _write_changes(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    stream: StreamDeclaration,
    folder: Path,
    load_id: str,
    times: tuple[datetime, datetime],
    path: Path,
) -> None:
    """Write what `changed` and `gone` name, whole rows, in the order given. `times`: of deletion, of loading."""
    deleted_at, loaded_at = (f"{_text(time.isoformat())}::TIMESTAMPTZ" for time in times)
    names = (*stream.columns, "_source_record", "_extra")
    given = _list(names)
    kept = ", ".join(f"old.{_quote(name)}" for name in names)
    own = {
        "_load_id": _text(load_id),
        "_loaded_at": loaded_at,
        "_source": _text(source),
    }
    columns = ", ".join(
        [*(_quote(name) for name in stream.columns), *(f"{own.get(name, name)} AS {name}" for name in PROVENANCE)]
    )
    connection.execute(f"""
        COPY (
            SELECT {columns} FROM (
                SELECT {given}, _deleted_at, _delete_reason, {_hash_of(stream)} AS _row_hash
                FROM incoming SEMI JOIN changed USING (_position)
                UNION ALL
                SELECT {kept}, {deleted_at}, {_text(ABSENT)}, gone._row_hash
                FROM {_all_of(folder)} AS old
                JOIN gone
                    ON old._loaded_at = gone._loaded_at AND old._load_id = gone._load_id
                    AND {_same(stream.key, "gone")}
            )
        ) TO {_text(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000, USE_TMP_FILE false)
    """)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(count)


def _digest(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 over the hashes of the rows to land, in order of hash."""
    digest = hashlib.sha256()
    found = connection.execute("SELECT _row_hash FROM changed UNION ALL SELECT _row_hash FROM gone ORDER BY _row_hash")
    while some := found.fetchmany(10_000):
        digest.update("".join(row[0] for row in some).encode())
    return digest.hexdigest()


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


def _hold_back(
    connection: duckdb.DuckDBPyConnection, stream: StreamDeclaration, guard: ListGuard
) -> tuple[HeldList, ...]:
    """Take from `gone` the rows of lists that lost more than the guard allows; which lists these are."""
    group = _list(stream.listed_whole_by)
    fallen = connection.execute(
        f"""
        SELECT {group}, lost.missing, count(*) AS before
        FROM (SELECT {group}, count(*) AS missing FROM gone GROUP BY ALL) AS lost
        JOIN landed USING ({group})
        WHERE _deleted_at IS NULL AND lost.missing > $free
        GROUP BY ALL HAVING before - lost.missing < $share * before
        ORDER BY ALL
        """,
        {"free": guard.free, "share": guard.share},
    ).fetchall()
    held = tuple(HeldList(tuple(values), missing, before) for *values, missing, before in fallen)
    held = tuple(one for one in held if one.group not in guard.confirmed)
    if held:
        names = stream.listed_whole_by
        rows = [dict(zip(names, one.group, strict=True)) for one in held]
        connection.register(
            "held", pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
        )
        connection.execute(f"DELETE FROM gone WHERE EXISTS (SELECT 1 FROM held WHERE {_same(names, 'held', 'gone')})")
    return held


def _not_among(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], unreadable: Sequence[str | None]) -> str:
    """The condition that a landed row `old` is none of those listed but not readable."""
    if None in unreadable:
        return "false"
    connection.register("unreadable", pa.table({"value": pa.array(unreadable, pa.string())}))
    joined = ", ".join(f"old.{_quote(name)}" for name in columns)
    return f"concat_ws(chr(31), {joined}) NOT IN (SELECT value FROM unreadable)"


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
