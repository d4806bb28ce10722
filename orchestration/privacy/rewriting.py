"""Say of every text that a home keeps what shall stand there instead: the same change in every kind of file.

What cannot be rewritten (an old workbook, a picture of a page) and holds what must go is removed if it is a kept
original; anywhere else it is an error, and nothing is changed.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.sql import literal, quoted
from ingestion.catalogue import SOURCES
from ingestion.declaration import Stream
from ingestion.files.archives import UNREADABLE_ARCHIVE
from ingestion.files.inbox import sha256_of
from ingestion.ledgers import LEDGERS
from ingestion.persons.pseudonyms import PSEUDONYM
from ingestion.storage.landing import row_hash
from ingestion.storage.scratch import scratch
from orchestration.errors import NightFailed
from orchestration.privacy.staging import Staging

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Change = Callable[[str], str]
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_NAMES = re.compile(rf"{PSEUDONYM.pattern}|(?<!{_LOCAL}){_LOCAL}++@{_LABEL}(?:\.{_LABEL})+")
"""A pseudonym or an e-mail address, wherever it stands in a text."""
_LIKELY = r"p_[0-9a-f]{32}|[^ @]@[^ @]+\.[^ @]"
"""The same for a quick look, as DuckDB and Arrow read it: finds more."""
_DERIVED = ("warehouse.duckdb", "warehouse.duckdb.wal", "warehouse.duckdb.before")
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
_ORIGINALS = ("originals", "inbox")


def home_files(home: Path) -> Iterator[Path]:
    """Every file of a home but the links, the records of privacy and the writer lock."""
    for folder, below, names in os.walk(home):
        at = Path(folder)
        if at == home:
            below[:] = [name for name in below if name != "privacy"]
        below.sort()
        yield from (at / name for name in sorted(names) if not (at / name).is_symlink() and name != ".writer.lock")


def store_of(home: Path, path: Path) -> str:
    """The part of the home a file is of, as it is counted."""
    first = path.relative_to(home).parts[0]
    return "warehouse" if first.startswith("warehouse.duckdb") else first


def rewrite_home(
    home: Path, change: Change, staging: Staging, handled: frozenset[str] = frozenset(), only_records: bool = False
) -> Counter[str]:
    """Stage the whole home with its texts changed; how many values change, and files go, by store.

    `handled`: SHA-256 of the inbox files that were read. Such a file is removed where it was dropped if the change
    touches it, as under other content it would be read again; its original stays, changed. `only_records` leaves
    originals and inbox alone. Raises NightFailed naming a file that holds what must go and cannot be rewritten.
    """
    counts: Counter[str] = Counter()
    derived: list[Path] = []
    for path in home_files(home):
        store = store_of(home, path)
        if only_records and store in _ORIGINALS:
            continue
        if path.name in _DERIVED:
            derived.append(path)
            continue
        changed = _rewrite(home, path, change, staging)
        if not changed:
            continue
        counts[store] += abs(changed)
        if (store == "inbox" and (changed < 0 or sha256_of(path) in handled)) or (store == "originals" and changed < 0):
            staging.remove(path)
        elif changed < 0:
            raise NightFailed(
                f"{path.relative_to(home)} holds what must go and is of a kind that cannot be rewritten. Nothing was "
                "changed; remove that file if it is not needed, then start again."
            )
    if counts:
        # The next night makes it anew from what is landed.
        for path in derived:
            staging.remove(path)
            counts[store_of(home, path)] += 1
    return counts


def _rewrite(home: Path, path: Path, change: Change, staging: Staging) -> int:
    """Stage a file changed; how many values change. Negative when it ought to change and cannot."""
    if path.suffix == ".parquet":
        return _rewrite_parquet(home, path, change, staging)
    if path.suffix == ".duckdb":
        return _rewrite_duckdb(path, change, staging)
    if zipfile.is_zipfile(path):
        return _rewrite_zip(path, change, staging)
    content = path.read_bytes()
    new, changed = _change_bytes(content, change)
    if changed > 0:
        staging.place(path).write_bytes(new)
    return changed


def _change_bytes(content: bytes, change: Change) -> tuple[bytes, int]:
    if b"@" not in content and b"p\0_" not in content and b"p_" not in content:
        return content, 0
    binary = b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if binary:
        # Whatever it is: what it says of a person can be found, but not taken out.
        readings = [content.decode("latin-1")]
        if b"@\0" in content or b"p\0_\0" in content:
            readings += [content[start:].decode("utf-16-le", errors="replace") for start in (0, 1)]
        for text in readings:
            if found := change_text(text, change)[1]:
                return content, -found
        return content, 0
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        new, changed = change_text(text, change)
        kept = "utf-8" if encoding == "utf-8-sig" and not content.startswith(b"\xef\xbb\xbf") else encoding
        return (new.encode(kept), changed) if changed else (content, 0)
    text = content.decode("latin-1")
    new, changed = change_text(text, change)
    return (new.encode("latin-1"), changed) if changed else (content, 0)


def change_text(text: str, change: Change) -> tuple[str, int]:
    """A text with the pseudonyms and addresses in it changed, and how many were."""
    changed = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal changed
        found = match.group()
        new = change(found)
        changed += new != found
        return new

    return _NAMES.sub(replaced, text), changed


def _rewrite_zip(path: Path, change: Change, staging: Staging) -> int:
    """A workbook or another archive, part by part. Text that a workbook holds in pieces is looked at whole."""
    changed, unreadable = 0, 0
    parts: list[tuple[zipfile.ZipInfo, bytes]] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                new, count = _change_bytes(archive.read(info), change)
                parts.append((info, new))
                changed += max(count, 0)
                # In runs of rich text an address may stand in pieces.
                joined = re.sub(rb"<[^>]*>", b"", new) if info.filename.endswith((".xml", ".rels")) else b""
                unreadable += max(-count, 0) + (abs(_change_bytes(joined, change)[1]) if joined else 0)
    except (*UNREADABLE_ARCHIVE, OSError):
        return _unreadable(path, change)
    if unreadable:
        return -unreadable
    if changed:
        with zipfile.ZipFile(staging.place(path), "w", zipfile.ZIP_DEFLATED) as archive:
            for info, content in parts:
                archive.writestr(info, content)
    return changed


def _unreadable(path: Path, change: Change) -> int:
    return -abs(_change_bytes(path.read_bytes(), change)[1])


def change_table(table: pa.Table, change: Change) -> tuple[pa.Table, int, set[int]]:
    """A table with its texts changed, how many values were, and which rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows: set[int] = set()
    total = 0
    for number, column in enumerate(table.schema):
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        likely = pc.fill_null(pc.match_substring_regex(table.column(number), _LIKELY), False)
        at = pc.indices_nonzero(likely.combine_chunks() if hasattr(likely, "combine_chunks") else likely).to_pylist()
        values: list[Any] | None = None
        for index in at:
            new, changed = change_text(table.column(number)[index].as_py(), change)
            if changed:
                values = values if values is not None else table.column(number).to_pylist()
                values[index] = new
                rows.add(index)
                total += changed
        if values is not None:
            table = table.set_column(number, column, pa.chunked_array([pa.array(values, column.type)]))
    return table, total, rows


def _rewrite_parquet(home: Path, path: Path, change: Change, staging: Staging) -> int:
    import pyarrow.parquet as pq

    with scratch() as connection:
        texts = [
            name
            for name, kind, *_ in connection.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
            if kind == "VARCHAR"
        ]
        if not _is_likely(connection, f"read_parquet({literal(path)})", texts):
            return 0
    table, changed, rows = change_table(pq.ParquetFile(path).read(), change)
    if not changed:
        return 0
    stream = _stream_of(home, path)
    if stream is not None:
        table = _rehash(table, stream, rows)
    pq.write_table(table, staging.place(path), compression="zstd")
    return changed


def _is_likely(connection: duckdb.DuckDBPyConnection, table: str, texts: list[str]) -> bool:
    """Whether a text of a table may hold a name: a look that needs no memory, however large the table is."""
    if not texts:
        return False
    condition = " OR ".join(f"regexp_matches({quoted(name)}, {literal(_LIKELY)})" for name in texts)
    return connection.execute(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1").fetchone() is not None


def _stream_of(home: Path, path: Path) -> Stream | None:
    """The declared stream a landed file is of."""
    parts = path.relative_to(home).parts
    if parts[0] != "landing" or len(parts) != 4:
        return None
    if parts[1] in LEDGERS:
        return LEDGERS[parts[1]]
    source = SOURCES.get(parts[1])
    return next((stream for stream in source.streams if stream.name == parts[2]), None) if source else None


def _rehash(table: pa.Table, stream: Stream, rows: set[int]) -> pa.Table:
    """The hash of a changed row is that of its new data: read again, it is known."""
    import pyarrow as pa

    whole = table
    for field in stream.landed_schema:
        if field.name not in whole.schema.names:
            whole = whole.append_column(field, pa.nulls(len(whole), field.type))
    whole = whole.append_column("_position", pa.array(range(len(whole)), pa.int64()))
    with scratch() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("rewritten", whole)
        found = connection.execute(f"SELECT {row_hash(stream)} FROM rewritten ORDER BY _position").fetchall()
    at = table.schema.get_field_index("_row_hash")
    old = table.column(at).to_pylist()
    hashes = [found[number][0] if number in rows else old[number] for number in range(len(old))]
    field = table.schema.field(at)
    return table.set_column(at, field, pa.chunked_array([pa.array(hashes, field.type)]))


def _rewrite_duckdb(path: Path, change: Change, staging: Staging) -> int:
    """A mart written anew: rows that are changed in place would stay readable in the file's free blocks."""
    import duckdb

    from orchestration.release.steps.copying import STORAGE_VERSION

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {literal(path)} AS old (READ_ONLY)")
        changed_tables, changed = _changed_tables(connection, change)
        if not changed:
            return 0
        target = staging.place(path)
        connection.execute(f"ATTACH {literal(target)} AS new (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("COPY FROM DATABASE old TO new (SCHEMA)")
        for schema, table in _tables(connection):
            name = f"{quoted(schema)}.{quoted(table)}"
            if (schema, table) in changed_tables:
                connection.register("changed_rows", changed_tables[schema, table])
                connection.execute(f"INSERT INTO new.{name} FROM changed_rows")
                connection.unregister("changed_rows")
            else:
                connection.execute(f"INSERT INTO new.{name} FROM old.{name}")
        connection.execute("DETACH new; DETACH old")
    return changed


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY ALL"
    ).fetchall()


def _changed_tables(
    connection: duckdb.DuckDBPyConnection, change: Change
) -> tuple[dict[tuple[str, str], pa.Table], int]:
    tables, total = {}, 0
    for schema, table in _tables(connection):
        texts = [
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'old' AND schema_name = ? "
                "AND table_name = ? AND data_type = 'VARCHAR'",
                [schema, table],
            ).fetchall()
        ]
        relation = f"old.{quoted(schema)}.{quoted(table)}"
        if not _is_likely(connection, relation, texts):
            continue
        rows = connection.execute(f"FROM {relation}").to_arrow_table()
        new, changed, _ = change_table(rows, change)
        if changed:
            tables[schema, table] = new
            total += changed
    return tables, total
