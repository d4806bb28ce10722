"""The nights as tables: `runs/<run_id>/{night,night_stage,night_alert}/log.parquet`. Grain: a night; a stage of one; an
alert of one that was looked at. Who runs the nights says what stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_parquet
from common.home import BEFORE_ALL_RUNS, make_private, run_folder

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Sequence[Mapping[str, Any]]
_FILE = "log.parquet"
# Columns of each table, in order, each with its kind. That of the nights comes last: where it is, the others are.
_TABLES: Mapping[str, Mapping[str, str]] = {
    "night_stage": {"run_id": "text", "position": "integer", "stage": "text", "seconds": "number"},
    "night_alert": {
        "run_id": "text",
        "alert": "text",
        "scope": "text",
        "is_raised": "boolean",
        "is_told": "boolean",
        "reason": "text",
    },
    "night": {
        "run_id": "text",
        "night_number": "integer",
        "clock": "instant",
        "started_at": "instant",
        "ended_at": "instant",
        "outcome": "text",
        "release_id": "text",
        "serving_release_id": "text",
        "reason": "text",
        "blocked_by": "text",
        "sources_not_read": "text",
        "returns_late": "text",
        "notice": "text",
    },
}


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "instant": pa.timestamp("us"),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def ensure_night_log(home: Path) -> None:
    """Create each table's file without rows, so that it can be queried before the first night ended."""
    import pyarrow.parquet as pq

    for table, columns in _TABLES.items():
        path = run_folder(home, BEFORE_ALL_RUNS) / table / "schema.parquet"
        if not path.exists() or not pq.read_schema(path).equals(_schema(columns)):
            make_private(path.parent)
            write_parquet(_schema(columns).empty_table(), path)


def is_logged(home: Path, run_id: str) -> bool:
    """Whether a night stands in the tables already."""
    return (run_folder(home, run_id) / "night" / _FILE).exists()


def write_night(home: Path, run_id: str, rows: Mapping[str, Rows]) -> None:
    """Write what a night says of itself, by table."""
    import pyarrow as pa

    for table, columns in _TABLES.items():
        folder = make_private(run_folder(home, run_id) / table)
        write_parquet(pa.Table.from_pylist(list(rows[table]), schema=_schema(columns)), folder / _FILE)
