"""The landing: append-only Parquet, written whole or not at all, holding each version of a row once.

All or nothing for a stream and load: rows are compared with the latest landed version of their key, what is new or
changed becomes one file, which appears under its name only when it is complete on disk. Keys and hashes are compared
first and whole rows fetched only for what changed, within bounded memory (`ingestion.storage.scratch`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from common.durable import put_in_place, write_parquet
from common.home import make_private, stream_folder
from common.sql import listed, literal, quoted, same_key, sha256_of
from ingestion.declaration import PROVENANCE, Stream
from ingestion.persons.door import without_controls
from ingestion.storage.latest import all_of, latest
from ingestion.storage.repeats import choose_standing, part_names, place_of, told
from ingestion.storage.scratch import scratch, spilling
from ingestion.storage.spool import Row, Spool, batches, row_schema, spooled

if TYPE_CHECKING:
    import duckdb

SMALL_ROWS = 50_000
SMALL_BYTES = 16 << 20
ABSENT = "absent_from_complete_list"
_SCHEMA_FILE = "00000000T000000Z_schema.parquet"


@dataclass(frozen=True)
class Landed:
    """What became of the rows of one load.

    `rows`: written, tombstones included; `tombstones`: among them; `unchanged`: landed already; `repeated`: another row
    stands for their key; `contradicted`: refused, as another row of their file has their key and says something else;
    `refused`: not taken, as a finding refuses them. `by_part`: rows written and contradicted, by part of the spool.
    """

    rows: int
    tombstones: int = 0
    load_id: str | None = None
    unchanged: int = 0
    repeated: int = 0
    contradicted: int = 0
    refused: int = 0
    by_part: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    held: tuple[HeldList, ...] = ()


class Load:
    """A load that is on disk but has no name yet: `publish` makes it part of the landing, `discard` undoes it."""

    def __init__(self, landed: Landed, temporary: Path | None = None, path: Path | None = None) -> None:
        self.landed = landed
        self._temporary, self._path = temporary, path

    def publish(self) -> Landed:
        """Give the load its name."""
        if self._temporary is not None and self._path is not None:
            put_in_place(self._temporary, self._path)
            self._temporary = None
        return self.landed

    def discard(self) -> None:
        """Remove what was written."""
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)


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


def ensure_stream(home: Path, source: str, stream: Stream) -> Path:
    """Create a stream's folder and its file without rows; remove what a killed run left half written."""
    folder = make_private(stream_folder(home, source, stream.name))
    for leftover in folder.glob(".*.tmp"):
        leftover.unlink()
    empty = folder / _SCHEMA_FILE
    if not empty.exists() or not pq.read_schema(empty).equals(stream.landed_schema):
        write_parquet(stream.landed_schema.empty_table(), empty)
    return folder


def as_table(stream: Stream, rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table with the stream's data columns and the record's own provenance."""
    some = (without_controls("", stream, batch)[0] for batch in batches(stream, rows))
    return pa.Table.from_batches(some, schema=row_schema(stream))


def content_hash(stream: Stream, reason: str = "_delete_reason") -> str:
    """The hash of a row as given, as SQL; `reason` says why it was deleted."""
    # A null `_extra` is left out: rows of a stream without new fields keep the hash they had before there were any.
    return sha256_of(stream.columns, f"coalesce({reason}, chr(0))", "_extra")


def row_hash(stream: Stream) -> str:
    """The hash of a landed row, as SQL: of its data; of a tombstone, of the hash its data had and the reason."""
    live = content_hash(stream, reason="CAST(NULL AS VARCHAR)")
    absent = literal(ABSENT)
    tombstone = f"sha256(concat_ws(chr(31), {live}, {absent}))"
    return f"CASE WHEN _delete_reason = {absent} THEN {tombstone} ELSE {content_hash(stream)} END"


def latest_versions(home: Path, source: str, stream: Stream) -> str:
    """SQL: the latest landed version of every key of a stream, deleted ones too."""
    return latest(stream, stream_folder(home, source, stream.name), "*")


def land(home: Path, source: str, stream: Stream, rows: pa.Table | Spool, **how: Any) -> Landed:
    """Land the rows that differ from the latest landed version of their key; `how` as in `prepare`."""
    return prepare(home, source, stream, rows, **how).publish()


def prepare(
    home: Path,
    source: str,
    stream: Stream,
    rows: pa.Table | Spool,
    *,
    clock: datetime,
    complete_list: bool = False,
    complete_for: Sequence[tuple[str, ...]] = (),
    guard: ListGuard | None = None,
    unreadable: Sequence[str | None] = (),
    unreadable_by: str | None = None,
    refused: Spool | None = None,
    tell: Callable[[pa.RecordBatch], object] | None = None,
) -> Load:
    """Write the rows that differ from the latest landed version of their key, without publishing them yet.

    `rows` as made by `as_table`, or a spool with every part kept; of several rows of a key `ingestion.storage.repeats`
    says which stands. A row of a file that is read again stands over no row landed since it was read first. With
    `complete_list` a key that is landed but not listed gets a tombstone: its last data with `_deleted_at` and the
    reason. `complete_for` says the same of some groups only: those whose `stream.listed_whole_by` columns have one of
    these values, each of them as far as `guard` allows. `unreadable`: values of `unreadable_by` (the key, its columns
    joined by chr(31), unless told) that were listed with data that could not be used; their rows are not absent, and if
    one of them cannot be told, no row is taken for absent. `refused`: findings (`place`) about rows of this stream,
    none of which may land. `tell` is given what there is to say of rows with the same key in one file; without it the
    later row stands.
    """
    folder = ensure_stream(home, source, stream)
    if not (_given(rows) or complete_list or complete_for):
        return Load(Landed(0))
    is_same = same_key(stream.key)
    with _workspace(home, folder, rows) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        refused_rows = _offer(connection, stream, rows, refused)
        contradicted = choose_standing(connection, stream, later_stands=tell is None or stream.later_row_stands)
        if tell is not None:
            for batch in told(connection, source, stream):
                tell(batch)
        connection.execute(f"""
            CREATE TEMP TABLE listed AS
            SELECT {listed(dict.fromkeys((*stream.key, *stream.listed_whole_by)))}, _position, _as_of,
                {content_hash(stream)} AS _row_hash
            FROM incoming SEMI JOIN standing USING (_position)
        """)
        spared_by = (unreadable_by,) if unreadable_by else stream.key
        compared = listed(dict.fromkeys((*stream.key, *stream.listed_whole_by, *(spared_by if unreadable else ()))))
        connection.execute(
            "CREATE TEMP TABLE landed AS "
            + latest(stream, folder, f"{compared}, _row_hash, _deleted_at, _loaded_at, _load_id")
        )
        is_superseded = _superseded(connection, stream, complete_for)
        connection.execute(f"""
            CREATE TEMP TABLE compared AS
            SELECT
                new._position, new._row_hash, old._row_hash IS NOT DISTINCT FROM new._row_hash AS is_landed,
                {is_superseded} AS is_superseded
            FROM listed AS new
            LEFT JOIN landed AS old ON {is_same}
        """)
        connection.execute(
            "CREATE TEMP TABLE changed AS SELECT _position, _row_hash FROM compared "
            "WHERE NOT is_landed AND NOT is_superseded"
        )
        within = "true" if complete_list else _within(connection, stream, complete_for) if complete_for else "false"
        if unreadable:
            within = f"{within} AND {_not_among(connection, spared_by, unreadable)}"
        connection.execute(
            f"""
            CREATE TEMP TABLE gone AS
            SELECT {compared}, _loaded_at, _load_id, sha256(concat_ws(chr(31), _row_hash, $reason)) AS _row_hash
            FROM landed AS old
            WHERE
                _deleted_at IS NULL AND {within} AND NOT EXISTS (SELECT 1 FROM listed AS new WHERE {is_same})
                AND NOT EXISTS (SELECT 1 FROM again AS new WHERE differs AND {is_same})
            """,
            {"reason": ABSENT},
        )
        held = _hold_back(connection, stream, guard) if guard is not None and complete_for else ()
        tombstones = _count(connection, "gone")
        superseded = _count(connection, "compared WHERE NOT is_landed AND is_superseded")
        what: dict[str, Any] = {
            "tombstones": tombstones,
            "unchanged": _count(connection, "compared WHERE is_landed"),
            "repeated": _count(connection, "incoming") - _count(connection, "standing") - contradicted + superseded,
            "contradicted": contradicted,
            "refused": refused_rows,
            "by_part": _by_part(connection),
            "held": held,
        }
        if not _count(connection, "changed") + tombstones:
            return Load(Landed(0, **what))
        load_id = f"{clock.strftime('%Y%m%dT%H%M%SZ')}_{_digest(connection)[:12]}"
        path = folder / f"{load_id}.parquet"
        temporary = path.with_name(f".{path.name}.tmp")
        loaded_at = _after_what_is_landed(connection, folder, clock)
        written = _write_changes(connection, source, stream, folder, load_id, (clock, loaded_at), temporary)
    return Load(Landed(written, load_id=load_id, **what), temporary, path)


def _given(rows: pa.Table | Spool) -> int:
    return rows.rows if isinstance(rows, Spool) else len(rows)


def _workspace(home: Path, folder: Path, rows: pa.Table | Spool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A database in memory for what is small for sure, else one that spills."""
    held = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    is_small = _given(rows) <= SMALL_ROWS and held <= SMALL_BYTES
    return scratch() if is_small else spilling(home)


def _offer(connection: duckdb.DuckDBPyConnection, stream: Stream, rows: pa.Table | Spool, refused: Spool | None) -> int:
    """Make the rows that no finding refuses the view `incoming`, with the columns of `SPOOLED`; how many others."""
    parts = rows.parts if isinstance(rows, Spool) else []
    part_names(connection, parts)
    if parts:
        files = ", ".join(literal(part.path) for part in parts)
        connection.execute(f"CREATE TEMP VIEW given AS SELECT * FROM read_parquet([{files}])")
    else:
        some = () if isinstance(rows, Spool) else rows.combine_chunks().to_batches()
        whole = next(iter(some), pa.RecordBatch.from_pylist([], row_schema(stream)))
        table = spooled(whole, 0, 0, None)
        connection.register("given", table)
    if refused is None or not refused.parts or not parts:
        connection.execute("CREATE TEMP VIEW incoming AS SELECT * FROM given")
        return 0
    files = ", ".join(literal(part.path) for part in refused.parts)
    connection.execute(
        f"CREATE TEMP TABLE refused AS SELECT DISTINCT place FROM read_parquet([{files}]) "
        f"WHERE stream = {literal(stream.name)}"
    )
    place = f"coalesce({place_of('_source_record', 'part_name.file_name')}, _source_record)"
    connection.execute(f"""
        CREATE TEMP TABLE also_refused AS
        SELECT _position FROM given LEFT JOIN part_name USING (_part)
        WHERE {place} IN (SELECT place FROM refused)
    """)
    connection.execute("CREATE TEMP VIEW incoming AS SELECT * FROM given ANTI JOIN also_refused USING (_position)")
    return _count(connection, "also_refused")


def _by_part(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[int, int]]:
    """Rows to land and rows that are contradicted, by part."""
    rows = connection.execute("""
        SELECT _part, sum(landed)::BIGINT, sum(contradicted)::BIGINT FROM (
            SELECT _part, count(*) AS landed, 0 AS contradicted
            FROM incoming SEMI JOIN changed USING (_position) GROUP BY _part
            UNION ALL
            SELECT _part, 0, count(*) FROM again WHERE differs GROUP BY _part
        ) GROUP BY _part
    """).fetchall()
    return {part: (landed, contradicted) for part, landed, contradicted in rows}


def _write_changes(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    stream: Stream,
    folder: Path,
    load_id: str,
    times: tuple[datetime, datetime],
    path: Path,
) -> int:
    """Write what `changed` and `gone` name, whole rows, in the order given; how many. `times`: of deletion, loading."""
    deleted_at, loaded_at = (f"{literal(time.isoformat())}::TIMESTAMPTZ" for time in times)
    names = (*stream.columns, "_source_record", "_extra")
    given = listed(names)
    kept = listed(names, "old")
    own = {
        "_load_id": literal(load_id),
        "_loaded_at": loaded_at,
        "_source": literal(source),
    }
    columns = ", ".join(
        [*(quoted(name) for name in stream.columns), *(f"{own.get(name, name)} AS {name}" for name in PROVENANCE)]
    )
    new = f"""
        SELECT {given}, _deleted_at, _delete_reason, changed._row_hash, _position
        FROM incoming JOIN changed USING (_position)
        UNION ALL
        SELECT {kept}, {deleted_at}, {literal(ABSENT)}, gone._row_hash, NULL
        FROM {all_of(folder)} AS old
        JOIN gone
            ON old._loaded_at = gone._loaded_at AND old._load_id = gone._load_id AND {same_key(stream.key, "gone")}
    """
    order = "ORDER BY _position NULLS LAST, _row_hash"
    if _count(connection, "changed") == _count(connection, "given") and not _count(connection, "gone"):
        # All of it lies there in its order: to sort it would be half of the work on a large list.
        new = f"SELECT {given}, _deleted_at, _delete_reason, {content_hash(stream)} AS _row_hash FROM given"
        order = ""
    (written,) = connection.execute(f"""
        COPY (SELECT {columns} FROM ({new}) {order})
        TO {literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000, USE_TMP_FILE false)
    """).fetchone() or (0,)
    return int(written)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(count)


def _digest(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 over the hashes of the rows to land, in order of hash."""
    digest = hashlib.sha256()
    found = connection.execute("SELECT _row_hash FROM changed UNION ALL SELECT _row_hash FROM gone ORDER BY _row_hash")
    for batch in found.to_arrow_reader(10_000):
        together = pa.ListArray.from_arrays(pa.array([0, batch.num_rows], pa.int32()), batch.column(0))
        digest.update(pc.binary_join(together, "")[0].as_buffer())
    return digest.hexdigest()


def _after_what_is_landed(connection: duckdb.DuckDBPyConnection, folder: Path, clock: datetime) -> datetime:
    """The clock, or the next instant after the newest load: a clock that was put back must not hide a newer version."""
    (newest,) = connection.execute(f"SELECT max(_loaded_at) AT TIME ZONE 'UTC' FROM {all_of(folder)}").fetchone() or (
        None,
    )
    if newest is None:
        return clock
    after: datetime = newest.replace(tzinfo=UTC) + timedelta(microseconds=1)
    return max(clock, after)


def _superseded(connection: duckdb.DuckDBPyConnection, stream: Stream, complete_for: Sequence[tuple[str, ...]]) -> str:
    """The condition that a row `new` of a file that is read again is not to stand: what it is about, in whatever list,
    or the list it is of was landed since the file was read first; or its list is read tonight.
    """
    if not _count(connection, "listed WHERE _as_of IS NOT NULL"):
        return "false"
    found = []
    about = [name for name in stream.key if name not in stream.listed_whole_by]
    for table, columns in (("landed_since", about), ("listed_since", stream.listed_whole_by)):
        if columns:
            connection.execute(
                f"CREATE TEMP TABLE {table} AS "
                f"SELECT {listed(columns)}, max(_loaded_at) AS newest FROM landed GROUP BY ALL"
            )
            found.append(
                f"EXISTS (SELECT 1 FROM {table} AS old WHERE {same_key(columns)} AND old.newest >= new._as_of)"
            )
    if complete_for:
        found.append(f"new._as_of IS NOT NULL AND {_within(connection, stream, complete_for, 'new')}")
    return " OR ".join(found)


def _within(
    connection: duckdb.DuckDBPyConnection,
    stream: Stream,
    groups: Sequence[tuple[str, ...]],
    row: str = "old",
) -> str:
    """The condition that a row is of one of the groups."""
    columns = stream.listed_whole_by
    schema = pa.schema([(name, pa.string()) for name in columns])
    whole = pa.Table.from_pylist([dict(zip(columns, group, strict=True)) for group in groups], schema=schema)
    connection.register("listed_whole", whole)
    of_group = " AND ".join(f"{row}.{quoted(name)} = listed_whole.{quoted(name)}" for name in columns)
    return f"EXISTS (SELECT 1 FROM listed_whole WHERE {of_group})"


def _hold_back(connection: duckdb.DuckDBPyConnection, stream: Stream, guard: ListGuard) -> tuple[HeldList, ...]:
    """Take from `gone` the rows of lists that lost more than the guard allows; which lists these are."""
    group = listed(stream.listed_whole_by)
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
        connection.execute(
            f"DELETE FROM gone WHERE EXISTS (SELECT 1 FROM held WHERE {same_key(names, 'held', 'gone')})"
        )
    return held


def _not_among(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], unreadable: Sequence[str | None]) -> str:
    """The condition that a landed row `old` is none of those listed but not readable."""
    if None in unreadable:
        return "false"
    connection.register("unreadable", pa.table({"value": pa.array(unreadable, pa.string())}))
    joined = listed(columns, "old")
    return f"concat_ws(chr(31), {joined}) NOT IN (SELECT value FROM unreadable)"


def latest_instant(
    home: Path, source: str, stream: Stream, column: str, until: datetime | None = None
) -> datetime | None:
    """The newest instant in a text column of what is landed (ISO 8601), or None when nothing is; none after `until`.

    This is where an incremental read continues: it cannot disagree with what was landed.
    """
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        row = connection.execute(
            f"""
            SELECT max(instant) AT TIME ZONE 'UTC'
            FROM (SELECT TRY_CAST({quoted(column)} AS TIMESTAMPTZ) AS instant FROM {all_of(folder)})
            WHERE $until IS NULL OR instant <= $until::TIMESTAMPTZ
            """,
            {"until": until},
        ).fetchone()
    return row[0].replace(tzinfo=UTC) if row and row[0] else None


def ids_landed_after(home: Path, source: str, stream: Stream, instant: datetime | None) -> list[str]:
    """Ids of a stream's live records whose latest version was landed after an instant; all of them for None."""
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        rows = connection.execute(
            f"SELECT id FROM ({latest(stream, folder, '*')}) "
            "WHERE _deleted_at IS NULL AND ($since IS NULL OR _loaded_at > $since::TIMESTAMPTZ) ORDER BY id",
            {"since": instant},
        ).fetchall()
    return [row[0] for row in rows]


def last_versions(home: Path, source: str, stream: Stream, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The latest data of those of the ids that are landed and not deleted; an id never seen is not among them."""
    folder = ensure_stream(home, source, stream)
    wanted = pa.table({"id": pa.array(ids, pa.string())})
    columns = listed([*stream.columns, "_source_record"])
    with scratch() as connection:
        connection.register("wanted", wanted)
        table = connection.sql(
            f"SELECT {columns} FROM ({latest(stream, folder, '*')}) "
            "WHERE _deleted_at IS NULL AND id IN (SELECT id FROM wanted) ORDER BY id"
        ).to_arrow_table()
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def live_rows(home: Path, source: str, stream: Stream) -> int:
    """How many keys of a stream are landed and not deleted."""
    folder = ensure_stream(home, source, stream)
    with scratch() as connection:
        row = connection.execute(
            f"SELECT count(*) FROM ({latest(stream, folder, '_deleted_at')}) WHERE _deleted_at IS NULL"
        ).fetchone()
    return int(row[0]) if row else 0


def newest_file(home: Path, source: str, stream: str) -> str:
    """Name of the newest landed file of a stream."""
    return max(path.name for path in stream_folder(home, source, stream).glob("*.parquet"))
