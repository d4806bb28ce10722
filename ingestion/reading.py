"""What reading a source tonight means, whatever kind it is: its report, its key, and the equation of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.declaration import Source, Stream
from ingestion.drift import Drift, volume_drift
from ingestion.persons.erasures import WrongKey, pseudonym_key
from ingestion.persons.pseudonyms import PseudonymKey
from ingestion.storage.read_log import StreamReport

if TYPE_CHECKING:
    from ingestion.files.inbox import FileReport
    from ingestion.storage.landing import Landed
    from ingestion.storage.spool import Spool

Progress = Callable[[str], None]


class NotReady(Exception):
    """What a source cannot be read without is missing or wrong; the message says what to set."""


class Unaccounted(Exception):
    """Rows were read of which nobody can say what became: a fault of the program."""


@dataclass
class SourceReport:
    """What a source did tonight."""

    source: str
    streams: list[StreamReport] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)


@dataclass
class Reading:
    """One night's reading of one source. `settings`: the declaration's, and over them those of `wmip.yaml`."""

    declaration: Source
    home: Path
    settings: Mapping[str, Any]
    clock: datetime
    run_id: str
    environment: Mapping[str, str]
    progress: Progress
    drifts: list[Drift] = field(default_factory=list)

    def watch_volume(self, stream: Stream, rows: int) -> None:
        """Note a whole read of a length that neither the home's settings nor the declaration expects."""
        expected = (self.settings.get("expected_rows") or {}).get(stream.name, stream.expected_rows)
        self.drifts += volume_drift(self.run_id, self.declaration.name, stream, rows, expected)

    def report(self, stream: Stream, mode: str, status: str, **more: Any) -> StreamReport:
        """What a stream did."""
        return StreamReport(
            run_id=self.run_id,
            source=self.declaration.name,
            stream=stream.name,
            started_at=self.clock,
            finished_at=self.clock,
            mode=mode,
            status=status,
            api_version=str(self.settings.get("api_version") or self.declaration.api_version or "") or None,
            **more,
        )

    def counts(self, stream: Stream, spool: Spool, refused: int, landed: Landed) -> dict[str, int]:
        """What became of the rows of a stream, as the log of reads has it. `refused`: rows that findings refuse.

        Raises Unaccounted when rows read are not landed, unchanged, repeated or quarantined, each row one of these.
        """
        counts = {
            # A row that was given all the same as a finding refuses it is counted as refused.
            "rows_read": spool.rows + spool.forgotten + refused - landed.refused,
            "rows_landed": landed.rows - landed.tombstones,
            "rows_unchanged": landed.unchanged,
            "rows_repeated": landed.repeated + spool.forgotten,
            "rows_quarantined": refused + landed.contradicted,
        }
        became = sum(counts.values()) - counts["rows_read"]
        if became != counts["rows_read"]:
            raise Unaccounted(
                f"{self.declaration.name}/{stream.name}: {counts['rows_read']:,} rows were read and {became:,} "
                "accounted for, a fault of the program: nothing of it was landed, the last good data stays in use"
            )
        return {**counts, "rows_deleted": landed.tombstones}

    def same_for_all(self, status: str, message: str | None) -> SourceReport:
        """The same report for every stream."""
        mode = "files" if self.declaration.kind == "files" else "full"
        return SourceReport(
            self.declaration.name,
            [self.report(stream, mode, status, message=message) for stream in self.declaration.streams],
        )

    def key(self) -> PseudonymKey:
        """The pseudonym key; without links for a source that holds no people. Raises NotReady."""
        missing = [name for name in self.declaration.variables if not self.environment.get(name)]
        if missing:
            raise NotReady(
                f"environment variable {', '.join(missing)} is not set; {self.declaration.title} was not read"
            )
        try:
            return pseudonym_key(self.home, self.environment if self.declaration.holds_people else {}, self.clock)
        except WrongKey as error:
            raise NotReady(str(error)) from None
