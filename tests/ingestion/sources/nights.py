"""Nights of one source against a server of the test's own: what a contract test reads, and what it finds landed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingestion.catalogue import SOURCES
from ingestion.ingest import SourceReport, ingest_source
from ingestion.storage.read_log import StreamReport

FIRST_NIGHT = datetime(2024, 5, 1, 2, tzinfo=UTC)
PSEUDONYM_KEY = "pseudonym-key-of-a-contract-test"


@dataclass
class Nights:
    """A home and the source that is read into it, night after night."""

    source: str
    home: Path
    config: dict[str, Any]
    secrets: Mapping[str, str]
    last: SourceReport | None = field(default=None)

    def night(self, day: int, **settings: Any) -> SourceReport:
        """Read the source on the day after the first one that `day` counts (from 0)."""
        quick = {"requests_per_second": 100_000, "backoff_seconds": 0.001, "attempts": 3}
        self.last = ingest_source(
            self.source,
            home=self.home,
            config={**quick, **self.config, **settings},
            clock=FIRST_NIGHT + timedelta(days=day),
            run_id=f"night{day:03d}",
            environment={**self.secrets, "WMIP_PSEUDONYM_KEY": PSEUDONYM_KEY},
        )
        return self.last

    def stream(self, name: str) -> StreamReport:
        """What a stream did last night."""
        assert self.last is not None
        return next(stream for stream in self.last.streams if stream.stream == name)

    def good_night(self, day: int, **settings: Any) -> SourceReport:
        """A night on which every stream must have been read."""
        report = self.night(day, **settings)
        assert {stream.status for stream in report.streams} <= {"loaded", "unchanged"}, self.messages
        return report

    @property
    def messages(self) -> str:
        """What last night said."""
        assert self.last is not None
        return "\n".join(stream.message or "" for stream in self.last.streams)

    def rows(self, stream: str, source: str | None = None) -> list[dict[str, Any]]:
        """Every landed row of a stream, in order of landing."""
        files = self.home / "landing" / (source or self.source) / stream / "*.parquet"
        with closing(duckdb.connect()) as connection:
            table = connection.execute(
                f"SELECT * FROM read_parquet('{files}', union_by_name = true) ORDER BY _loaded_at, _load_id"
            ).to_arrow_table()
        found: list[dict[str, Any]] = table.to_pylist()
        return found

    def latest(self, stream: str) -> dict[Any, dict[str, Any]]:
        """The latest version of each key."""
        keys = SOURCES[self.source].stream(stream).key
        return {row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys): row for row in self.rows(stream)}

    def live(self, stream: str) -> set[Any]:
        """Keys that are not deleted."""
        return {key for key, row in self.latest(stream).items() if row["_deleted_at"] is None}

    @property
    def drifts(self) -> list[tuple[str, str, str, int]]:
        """What last night said of drift: stream, kind, column and how often."""
        assert self.last is not None
        return [(drift.stream, drift.kind, drift.column_name, drift.records) for drift in self.last.drifts]
