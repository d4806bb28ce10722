"""Rows on their way into the landing, on disk in the order they came: memory stays flat however long a list is.

Lies in `<home>/spool/`, which holds nothing between two nights.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from common.home import make_private, spool_folder
from ingestion.declaration import Stream
from ingestion.files.values import clean_text
from ingestion.findings import Finding
from ingestion.persons.door import only_yes_or_no, withhold_contacts, without_controls

BATCH_ROWS = 5_000
BATCH_CHARACTERS = 16_000_000
"""Bounds of what is in memory at once: rows of a batch, and the text in them, whichever is reached first."""
Row = Mapping[str, Any]
SPOOLED = pa.schema(
    [
        ("_position", pa.int64()),
        ("_part", pa.int64()),
        ("_as_of", pa.timestamp("us", tz="UTC")),
    ]
)
"""What a spooled row has beside what a reader gives: where it came in the night's order, in which part, and of a file
that is read again when it was read first.
"""


def row_schema(stream: Stream) -> pa.Schema:
    """What a reader gives of a row: the stream's data columns and the record's own provenance."""
    names = [*stream.columns, "_source_record", "_deleted_at", "_delete_reason", "_extra"]
    return pa.schema([stream.landed_schema.field(name) for name in names])


def spooled(batch: pa.RecordBatch, first: int, part: int, as_of: datetime | None) -> pa.RecordBatch:
    """Rows as given with the columns of `SPOOLED`, the first at position `first`."""
    size = batch.num_rows
    values = [
        pa.array(range(first, first + size), pa.int64()),
        pa.repeat(pa.scalar(part, pa.int64()), size),
        pa.repeat(pa.scalar(as_of, SPOOLED.field("_as_of").type), size),
    ]
    return pa.RecordBatch.from_arrays([*batch.columns, *values], schema=pa.schema([*batch.schema, *SPOOLED]))


def batches(stream: Stream, rows: Iterable[Row] | pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Rows as Arrow batches; columns that a row has not are null. An Arrow batch holds columns of the stream only."""
    schema = row_schema(stream)
    if isinstance(rows, pa.RecordBatch):
        given = {name: rows.column(name).cast(schema.field(name).type) for name in rows.schema.names}
        columns = [given.get(field.name, pa.nulls(rows.num_rows, field.type)) for field in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        return
    remaining = iter(rows)
    while some := _next_of(remaining):
        try:
            batch = pa.RecordBatch.from_pylist(some, schema=schema)
        except UnicodeEncodeError:
            # Half of a surrogate pair, as JSON can name one: no text.
            batch = pa.RecordBatch.from_pylist([_encodable(row) for row in some], schema=schema)
        yield batch


def _next_of(remaining: Iterator[Row]) -> list[Row]:
    some: list[Row] = []
    characters = 0
    for row in islice(remaining, BATCH_ROWS):
        some.append(row)
        characters += sum(len(value) for value in row.values() if isinstance(value, str))
        if characters >= BATCH_CHARACTERS:
            break
    return some


def _encodable(row: Row) -> dict[str, Any]:
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in row.items()}


@dataclass(frozen=True)
class Part:
    """Rows kept whole or not at all: those of one inbox file, whose name is `file_name`, or of one read."""

    number: int
    path: Path
    rows: int
    file_name: str | None = None


class Spool:
    """The rows that one night reads of a stream, in parts.

    `rows`: of the parts kept; `live`: those of them that are not said to be deleted; `forgotten`: of parts taken back.
    Grain of a part's file: a row as given, with the columns of `SPOOLED`. Of a stream of a `source` contact details
    stay outside (`ingestion.persons.door`); ledgers, which are our own words, have none.
    """

    def __init__(self, folder: Path, stream: Stream, source: str | None = None) -> None:
        self.stream = stream
        self.source = source
        self._remarks: list[Finding] = []
        self.parts: list[Part] = []
        self.live = self.forgotten = 0
        self._folder = folder
        self._given = self._opened = 0
        self._open: tuple[pq.ParquetWriter, Path] | None = None
        self._rows_open = self._live_open = 0

    @property
    def rows(self) -> int:
        """Rows of the parts kept."""
        return sum(part.rows for part in self.parts)

    def add(self, rows: Iterable[Row] | pa.RecordBatch, as_of: datetime | None = None) -> int:
        """Write rows to the part that is open; how many there were. No rows open no part."""
        before = self._rows_open
        for batch in batches(self.stream, rows):
            size = batch.num_rows
            if not size:
                continue
            batch, found = without_controls(self.source or "", self.stream, batch)
            if self.source is not None:
                self._remarks += found
                batch, found = only_yes_or_no(self.source, self.stream, batch)
                self._remarks += found
                batch, found = withhold_contacts(self.source, self.stream, batch)
                self._remarks += found
            if self._open is None:
                # A counter of its own: a name made of rows would be that of an earlier part when there were none.
                self._opened += 1
                path = self._folder / f"{self.stream.name}-{self._opened:06d}.parquet"
                self._open = (pq.ParquetWriter(path, pa.schema([*batch.schema, *SPOOLED])), path)
            self._open[0].write_batch(spooled(batch, self._given, self._opened, as_of))
            self._given += size
            self._rows_open += size
            self._live_open += batch.column("_deleted_at").null_count
        return self._rows_open - before

    def remarks(self) -> list[Finding]:
        """What was withheld of the rows added since it was asked last."""
        found, self._remarks = self._remarks, []
        return found

    def keep(self, file_name: str | None = None) -> Part | None:
        """Close the part: its rows will be landed. None when there were none."""
        part = None
        if self._open is not None:
            writer, path = self._open
            writer.close()
            part = Part(self._opened, path, self._rows_open, file_name)
            self.parts.append(part)
            self.live += self._live_open
        self._open, self._rows_open, self._live_open = None, 0, 0
        return part

    def forget(self) -> None:
        """Take back the parts kept so far; the part that is open stays."""
        self.forgotten += self.rows
        for part in self.parts:
            part.path.unlink()
        self.parts, self.live = [], 0

    def drop(self) -> None:
        """Close the part and forget its rows."""
        if self._open is not None:
            writer, path = self._open
            writer.close()
            path.unlink()
        self._open, self._rows_open, self._live_open = None, 0, 0


@contextmanager
def spooling(home: Path, name: str) -> Iterator[Path]:
    """A folder for the spools of a source, emptied before (a run may have been killed) and removed after."""
    folder = spool_folder(home, name)
    shutil.rmtree(folder, ignore_errors=True)
    make_private(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
