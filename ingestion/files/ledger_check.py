"""What the ledger of the inbox promises of a file, compared with what is landed: a file whose rows are gone is read
again.

The ledger says in which loads a file's rows are; a load that is not there breaks the promise. Entries from before that
was written down are compared once, by counting the file's rows in the landing; a shortage may have good reasons (rows
known already, or given twice), so the file is read again, which lands what is missing and nothing else, and the entry
is complete from then on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.home import landing_folder, make_private, original_file, spool_folder, stream_folder
from ingestion.catalogue import SOURCES
from ingestion.files.inbox import as_read_at
from ingestion.ledgers import INBOX_FILES
from ingestion.storage.landing import as_table, ensure_stream, land, latest_versions
from ingestion.storage.scratch import scratch


@dataclass(frozen=True)
class BrokenPromise:
    """A file of which rows were read that are not landed; `handled_at` says when."""

    sha256: str
    file_name: str
    handled_at: datetime
    readings: int


def broken_promises(home: Path, kind: str, clock: datetime) -> list[BrokenPromise]:
    """Files of a kind whose rows are missing, oldest first. Entries that are found right are completed."""
    broken: list[dict[str, Any]] = []
    unsettled: dict[str, dict[str, Any]] = {}
    for entry in _promises(home, kind):
        if entry["rows_landed"] is None:
            unsettled[entry["file_sha256"]] = entry
        elif any(not (landing_folder(home) / f"{load}.parquet").exists() for load in _loads(entry)):
            broken.append(entry)
    if unsettled:
        found = _landed_of(home, kind, unsettled)
        kept = []
        for sha256, entry in unsettled.items():
            rows, loads = found.get(sha256, (0, []))
            if rows < entry["rows_loaded"]:
                broken.append(entry)
            else:
                kept.append({**entry, "rows_landed": rows, "landed_in": ",".join(loads) or None})
        land(home, "inbox", INBOX_FILES, as_table(INBOX_FILES, kept), clock=clock)
    broken.sort(key=lambda entry: (entry["read_at"], entry["file_name"], entry["file_sha256"]))
    return [
        BrokenPromise(
            entry["file_sha256"], entry["file_name"], datetime.fromisoformat(entry["read_at"]), entry["readings"] or 1
        )
        for entry in broken
    ]


@contextmanager
def kept_file(home: Path, promise: BrokenPromise) -> Iterator[Path | None]:
    """The file as it was kept, under its own name for as long as it is needed; None when it is no longer kept."""
    original = original_file(home, promise.sha256)
    if not original.is_file():
        yield None
        return
    # As deep in the home as the inbox: readers look for the home's mappings from there.
    folder = spool_folder(home, f"again-{promise.sha256}")
    make_private(folder)
    try:
        yield Path(shutil.copyfile(original, folder / Path(promise.file_name).name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _promises(home: Path, kind: str) -> list[dict[str, Any]]:
    ensure_stream(home, "inbox", INBOX_FILES)
    with scratch() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(
            f"SELECT * FROM ({latest_versions(home, 'inbox', INBOX_FILES)}) "
            "WHERE kind = ? AND status = 'loaded' AND rows_loaded > 0 ORDER BY file_sha256",
            params=[kind],
        ).to_arrow_table()
    # To complete an entry is not to read its file anew.
    return [{**entry, "read_at": entry["read_at"] or as_read_at(entry["_loaded_at"])} for entry in found.to_pylist()]


def _loads(entry: Mapping[str, Any]) -> list[str]:
    return entry["landed_in"].split(",") if entry["landed_in"] else []


def _landed_of(home: Path, kind: str, files: Iterable[str]) -> dict[str, tuple[int, list[str]]]:
    """Rows landed of each file, by SHA-256, and the loads they are in."""
    import pyarrow as pa

    found: dict[str, tuple[int, list[str]]] = {}
    with scratch() as connection:
        connection.register("wanted", pa.table({"sha256": pa.array(sorted(files), pa.string())}))
        for source in SOURCES.values():
            for stream in source.streams if source.inbox == kind and source.kind == "files" else ():
                ensure_stream(home, source.name, stream)
                rows = connection.execute(
                    "SELECT substr(_source_record, 1, 64) AS sha256, parse_filename(filename, true), count(*) "
                    "FROM read_parquet(?, union_by_name = true, filename = true) "
                    "WHERE _deleted_at IS NULL AND substr(_source_record, 1, 64) IN (FROM wanted) "
                    "GROUP BY ALL ORDER BY ALL",
                    [str(stream_folder(home, source.name, stream.name) / "*.parquet")],
                ).fetchall()
                for sha256, load_id, count in rows:
                    before, loads = found.get(sha256, (0, []))
                    found[sha256] = before + count, [*loads, f"{source.name}/{stream.name}/{load_id}"]
    return found
