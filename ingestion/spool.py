"""Rows on their way into the landing, on disk in the order they came: memory stays flat however long a list is.

Lies in `<home>/spool/`, which holds nothing between two nights.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.catalogue import StreamDeclaration
from ingestion.values import UNSTORABLE, clean_text

BATCH_ROWS = 20_000
Row = Mapping[str, Any]


def row_schema(stream: StreamDeclaration) -> pa.Schema:
    """What a reader gives of a row: the stream's data columns and the record's own provenance."""
    names = [*stream.columns, "_source_record", "_deleted_at", "_delete_reason", "_extra"]
    return pa.schema([stream.schema.field(name) for name in names])


def batches(stream: StreamDeclaration, rows: Iterable[Row] | pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Rows as Arrow batches; columns that a row has not are null. An Arrow batch holds columns of the stream only."""
    schema = row_schema(stream)
    if isinstance(rows, pa.RecordBatch):
        given = {name: rows.column(name).cast(schema.field(name).type) for name in rows.schema.names}
        columns = [given.get(field.name, pa.nulls(rows.num_rows, field.type)) for field in schema]
        yield _storable(pa.RecordBatch.from_arrays(columns, schema=schema))
        return
    remaining = iter(rows)
    while some := list(islice(remaining, BATCH_ROWS)):
        try:
            batch = pa.RecordBatch.from_pylist(some, schema=schema)
        except UnicodeEncodeError:
            # Half of a surrogate pair, as JSON can name one: no text.
            batch = pa.RecordBatch.from_pylist([_encodable(row) for row in some], schema=schema)
        yield _storable(batch)


def _encodable(row: Row) -> dict[str, Any]:
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in row.items()}


def _storable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch without what no text column holds (`ingestion.values.clean_text`), whoever gave it."""
    columns = batch.columns
    for at, column in enumerate(columns):
        if pa.types.is_string(column.type) and pc.any(pc.match_substring_regex(column, UNSTORABLE)).as_py():
            columns[at] = pc.replace_substring_regex(column, UNSTORABLE, "")
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


class Spool:
    """The rows that one night reads of a stream, in parts, each kept whole or not at all; an inbox file is a part.

    Grain of a part: a row as given, with its `_position`.
    """

    def __init__(self, folder: Path, stream: StreamDeclaration) -> None:
        self.stream = stream
        self.rows = 0
        self.parts: list[Path] = []
        self._folder = folder
        self._given = 0
        self._opened = 0
        self._open: tuple[pq.ParquetWriter, Path] | None = None
        self._rows_open = 0

    def add(self, rows: Iterable[Row] | pa.RecordBatch) -> int:
        """Write rows to the part that is open; how many there were. No rows open no part."""
        before = self._rows_open
        for batch in batches(self.stream, rows):
            if not batch.num_rows:
                continue
            positions = pa.array(range(self._given, self._given + batch.num_rows), pa.int64())
            self._given += batch.num_rows
            self._rows_open += batch.num_rows
            with_position = batch.append_column("_position", positions)
            if self._open is None:
                self._opened += 1
                path = self._folder / f"{self.stream.name}-{self._opened:06d}.parquet"
                self._open = (pq.ParquetWriter(path, with_position.schema), path)
            self._open[0].write_batch(with_position)
        return self._rows_open - before

    def keep(self) -> None:
        """Close the part: its rows will be landed."""
        if self._open is not None:
            writer, path = self._open
            writer.close()
            self.parts.append(path)
        self.rows += self._rows_open
        self._open, self._rows_open = None, 0

    def forget(self) -> None:
        """Take back the parts kept so far; the part that is open stays."""
        for path in self.parts:
            path.unlink()
        self.parts, self.rows = [], 0

    def drop(self) -> None:
        """Close the part and forget its rows."""
        if self._open is not None:
            writer, path = self._open
            writer.close()
            path.unlink()
        self._open, self._rows_open = None, 0


@contextmanager
def spooling(home: Path, name: str) -> Iterator[Path]:
    """A folder for the spools of a source, emptied before (a run may have been killed) and removed after."""
    folder = home / "spool" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
