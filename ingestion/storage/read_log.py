"""What each stream did each night: `runs/<run_id>/source_run/<source>.parquet`. Grain: stream and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_parquet
from common.home import BEFORE_ALL_RUNS, make_private, run_folder, runs_folder
from ingestion.storage.scratch import scratch

if TYPE_CHECKING:
    import pyarrow as pa

GOOD = ("loaded", "unchanged")


@dataclass
class StreamReport:
    """What a stream did in one night; the columns of the log."""

    run_id: str
    source: str
    stream: str
    started_at: datetime
    finished_at: datetime
    mode: str
    status: str
    load_id: str | None = None
    rows_read: int = 0
    rows_landed: int = 0
    rows_unchanged: int = 0
    rows_repeated: int = 0
    rows_quarantined: int = 0
    rows_deleted: int = 0
    previous_full_rows: int | None = None
    read_through: datetime | None = None
    api_version: str | None = None
    message: str | None = None
    api_usage: str | None = None
    """What the source said of the requests used, of those allowed."""
    read_as: str | None = None
    """Changes when the source was asked for something else (`ingestion.apis.mapping`)."""
    continue_from: str | None = None
    """Where the source says the next read continues, when only the source can read that."""
    landed_through: str | None = None
    """The stream's newest landed file when that was said."""


def _schema() -> pa.Schema:
    import pyarrow as pa

    times = {"started_at", "finished_at", "read_through"}
    return pa.schema(
        [
            (
                name,
                pa.timestamp("us", tz="UTC") if name in times else pa.int64() if "rows" in name else pa.string(),
            )
            for name in StreamReport.__dataclass_fields__
        ]
    )


def ensure_log(home: Path) -> None:
    """Create the log's file without rows, so that it can be queried before the first night."""
    import pyarrow.parquet as pq

    path = run_folder(home, BEFORE_ALL_RUNS) / "source_run" / "schema.parquet"
    if not path.exists() or not pq.read_schema(path).equals(_schema()):
        make_private(path.parent)
        write_parquet(_schema().empty_table(), path)


def write_log(home: Path, run_id: str, source: str, reports: Sequence[StreamReport]) -> None:
    """Write what the streams of a source did in a run."""
    import pyarrow as pa

    folder = make_private(run_folder(home, run_id) / "source_run")
    rows = [asdict(report) for report in reports]
    write_parquet(pa.Table.from_pylist(rows, schema=_schema()), folder / f"{source}.parquet")


def not_read(home: Path, run_id: str) -> dict[str, str]:
    """Sources that failed or were refused in a run, with the first reason each gave; in order of name."""
    import pyarrow.parquet as pq

    reasons: dict[str, str] = {}
    for path in sorted((run_folder(home, run_id) / "source_run").glob("*.parquet")):
        for row in pq.read_table(path, columns=["source", "stream", "status", "message"]).to_pylist():
            if row["status"] in ("failed", "refused"):
                reasons.setdefault(row["source"], row["message"] or f"{row['stream']} {row['status']}")
    return reasons


def last_full_rows(home: Path, source: str, stream: str) -> int | None:
    """Rows of the last complete full list of a stream, or None when there was none."""
    last = _newest(home, source, stream, lambda read: read["mode"] == "full")
    return None if last is None else int(last["rows_read"])


def last_good_read(home: Path, source: str, stream: str) -> datetime | None:
    """When a stream was last read without failure, or None when it never was."""
    last = _newest(home, source, stream)
    return None if last is None else _started(last)


def last_whole_read(home: Path, source: str, stream: str) -> datetime | None:
    """When a stream was last listed whole, or None when it never was."""
    last = _newest(home, source, stream, lambda read: read["mode"] == "full")
    return None if last is None else _started(last)


def last_read_as(home: Path, source: str, stream: str) -> str | None:
    """What a stream was asked for when it was last read; None when that was not written down."""
    last = _newest(home, source, stream)
    return None if last is None else last["read_as"]


def last_continuation(home: Path, source: str, stream: str) -> tuple[str, str | None] | None:
    """Where the source said to continue, and the newest file that was landed by then; None if none was said."""
    last = _newest(home, source, stream)
    if last is None or last["continue_from"] is None:
        return None
    return last["continue_from"], last["landed_through"]


def _started(read: Mapping[str, Any]) -> datetime:
    started: datetime = read["started_at"]
    return started.replace(tzinfo=UTC)


def _newest(
    home: Path, source: str, stream: str, is_wanted: Callable[[Mapping[str, Any]], bool] = lambda _read: True
) -> Mapping[str, Any] | None:
    """The newest read of a stream without failure, of those wanted."""
    # Of its own source alone: each night adds a file of every source. A file is asked about for every stream.
    log = runs_folder(home).glob(f"*/source_run/{source}.parquet")
    files = tuple(sorted((str(path), path.stat().st_mtime_ns) for path in log))
    return next((read for read in _good_reads(files) if read["stream"] == stream and is_wanted(read)), None)


@lru_cache(maxsize=4)
def _good_reads(files: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
    """All reads without failure in files of the log, the newest first; a column that an earlier version had not is
    empty.
    """
    if not files:
        return []
    with scratch() as connection:
        connection.register("log_columns", _schema().empty_table())
        found = connection.execute(
            f"""
            SELECT * REPLACE (started_at AT TIME ZONE 'UTC' AS started_at) FROM (
                FROM log_columns UNION ALL BY NAME FROM read_parquet(?, union_by_name = true)
            )
            WHERE status IN {GOOD} ORDER BY started_at DESC, run_id DESC
            """,
            [[path for path, _ in files]],
        )
        names = [name for name, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
