"""What is landed, as it stands now: the latest version of every key.

Apart from what lands: a command that only looks at a home does not wait for Arrow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.home import stream_folder
from common.sql import listed, literal, quoted
from ingestion.declaration import PROVENANCE, TIMES, Stream
from ingestion.storage.scratch import scratch


def all_of(folder: Path) -> str:
    """The table function that reads every landed file of a stream."""
    return f"read_parquet({literal(folder / '*.parquet')}, union_by_name = true)"


def latest(stream: Stream, folder: Path, columns: str) -> str:
    """SQL: columns of the latest landed version of every key of a stream, deleted ones too."""
    return _latest_of(stream, all_of(folder), columns)


def read_latest(home: Path, source: str, stream: Stream, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The given columns of the latest version of every key that is not deleted; for small streams.

    Writes nothing, and takes nothing away: commands look so at a home in which a night may be at work.
    """
    folder = stream_folder(home, source, stream.name)
    if not any(folder.glob("*.parquet")):
        return []
    # Files from before a column was declared have it with no value.
    declared = f"SELECT {', '.join(_nothing(stream, name) for name in (*stream.columns, *PROVENANCE))} WHERE false"
    versions = _latest_of(stream, f"({declared} UNION ALL BY NAME FROM {all_of(folder)})", "*")
    with scratch() as connection:
        return connection.execute(
            f"SELECT {listed(columns)} FROM ({versions}) WHERE _deleted_at IS NULL ORDER BY ALL"
        ).fetchall()


def _nothing(stream: Stream, column: str) -> str:
    kind = "TIMESTAMPTZ" if column in TIMES else "BIGINT" if column in stream.integers else "VARCHAR"
    return f"NULL::{kind} AS {quoted(column)}"


def _latest_of(stream: Stream, relation: str, columns: str) -> str:
    keys = listed(stream.key)
    return f"""
        SELECT {columns} FROM {relation}
        QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _loaded_at DESC, _load_id DESC) = 1
    """
