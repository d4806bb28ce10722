"""What each stream did each night: `runs/<run_id>/source_run/<source>.parquet`. Grain: stream and run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
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
    row = _newest_good(home, source, stream, "rows_read", "mode = 'full'")
    return int(row) if row is not None else None


def last_good_read(home: Path, source: str, stream: str) -> datetime | None:
    """When a stream was last read without failure, or None when it never was."""
    row = _newest_good(home, source, stream, "started_at AT TIME ZONE 'UTC'", "true")
    return row.replace(tzinfo=UTC) if row is not None else None


def last_whole_read(home: Path, source: str, stream: str) -> datetime | None:
    """When a stream was last listed whole, or None when it never was."""
    row = _newest_good(home, source, stream, "started_at AT TIME ZONE 'UTC'", "mode = 'full'")
    return row.replace(tzinfo=UTC) if row is not None else None


def last_read_as(home: Path, source: str, stream: str) -> str | None:
    """What a stream was asked for when it was last read; None when that was not written down."""
    row = _newest_good(home, source, stream, "read_as", "true")
    return None if row is None else str(row)


def last_continuation(home: Path, source: str, stream: str) -> tuple[str, str | None] | None:
    """Where the source said to continue, and the newest file that was landed by then; None if none was said."""
    token = _newest_good(home, source, stream, "continue_from", "true")
    through = _newest_good(home, source, stream, "landed_through", "true")
    return None if token is None else (str(token), through)


def _newest_good(home: Path, source: str, stream: str, wanted: str, condition: str) -> Any:
    # Of its own source alone: each night adds a file of every source.
    log = [str(path) for path in runs_folder(home).glob(f"*/source_run/{source}.parquet")]
    if not log:
        return None
    ensure_log(home)
    empty = run_folder(home, BEFORE_ALL_RUNS) / "source_run" / "schema.parquet"
    with scratch() as connection:
        row = connection.execute(
            f"""
            SELECT {wanted} FROM read_parquet(?, union_by_name = true)
            WHERE source = ? AND stream = ? AND status IN {GOOD} AND {condition}
            ORDER BY started_at DESC, run_id DESC LIMIT 1
            """,
            [[*log, str(empty)], source, stream],
        ).fetchone()
    return row[0] if row else None
