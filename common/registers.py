"""Append-only registers in `registry/`: one Parquet file an entry, named by its instant and content.

Nothing but an erasure ever rewrites one. Each register also has a file without rows, so that dbt can read one that
never had any. Which registers there are, and their columns, say the rooms that keep them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_parquet
from common.home import BEFORE_ALL_RUNS, make_private, register_folder

if TYPE_CHECKING:
    import pyarrow as pa

INSTANT = "timestamp[us]"
EXACT = "decimal(18, 4)"

Columns = Mapping[str, str]
"""The columns of a register in order, each with its kind: text, boolean, date, integer, number, INSTANT or EXACT."""


def schema(columns: Columns) -> pa.Schema:
    """The columns of a register, typed."""
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "integer": pa.int64(),
        "number": pa.float64(),
        INSTANT: pa.timestamp("us"),
        EXACT: pa.decimal128(18, 4),
    }
    return pa.schema([(column, types[kind]) for column, kind in columns.items()])


def ensure(home: Path, registers: Mapping[str, Columns]) -> None:
    """Create every register's folder and its file without rows, with the columns of this version of the product."""
    import pyarrow.parquet as pq

    for register, columns in registers.items():
        path = register_folder(home, register) / f"{BEFORE_ALL_RUNS}_schema.parquet"
        if not path.exists() or not pq.read_schema(path).equals(schema(columns)):
            make_private(path.parent)
            write_parquet(schema(columns).empty_table(), path)


def append(
    home: Path, register: str, columns: Columns, rows: Sequence[Mapping[str, Any]] | pa.Table, at: datetime
) -> Path | None:
    """Add rows to a register as one file; where it is, or None without rows. For the holder of the writer lock."""
    import pyarrow as pa

    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema(columns))
    if not len(table):
        return None
    table = table.select(list(columns)).cast(schema(columns))
    digest = hashlib.sha256(repr(table.to_pydict()).encode()).hexdigest()
    path = register_folder(home, register) / f"{at:%Y%m%dT%H%M%SZ}_{digest[:12]}.parquet"
    make_private(path.parent)
    write_parquet(table, path)
    return path


def read(home: Path, register: str, columns: Columns) -> pa.Table:
    """All rows of a register, in the order they were added; null what an earlier version did not keep."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [pq.read_table(path) for path in sorted(register_folder(home, register).glob("*.parquet"))]
    shape = schema(columns)
    return pa.concat_tables([shape.empty_table(), *parts], promote_options="default").select(shape.names)
