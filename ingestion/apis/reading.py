"""Ask the API of a source for its streams, one after the other; after one that fails the rest is not asked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from common.stop import let_stop
from ingestion.apis.http import SourceFailed, failure
from ingestion.declaration import Stream
from ingestion.findings import FindingSpool, places, refusing
from ingestion.reading import NotReady, Reading, SourceReport, Unaccounted
from ingestion.storage.read_log import StreamReport, last_full_rows


class ApiReading(Reading):
    """One night's reading of one API source."""

    def read(self) -> SourceReport:
        """Read every stream."""
        from ingestion.apis.read import ApiRead
        from ingestion.storage.spool import spooling

        try:
            key = self.key()
        except NotReady as error:
            return self.same_for_all("failed", str(error))
        read = ApiRead(
            self.declaration,
            self.home,
            self.settings,
            {role: self.environment[variable] for role, variable in self.declaration.secrets.items()},
            key,
            self.clock,
        )
        with closing(read), spooling(self.home, self.declaration.name) as folder:
            report = self._read_streams(read, folder)
        for watch in read.watches.values():
            report.drifts += watch.drifts(self.run_id, self.declaration.name)
        report.drifts += self.drifts
        return report

    def _read_streams(self, read: Any, folder: Path) -> SourceReport:
        report = SourceReport(self.declaration.name)
        failed: str | None = None
        for stream in self.declaration.streams:
            self.progress(f"{self.declaration.title}: {stream.name}")
            if failed is not None:
                report.streams.append(self.report(stream, "full", "failed", message=failed))
                continue
            try:
                report.streams.append(self._read_stream(read, stream, folder))
            except Exception as error:  # noqa: BLE001 - whatever a source does, the night goes on and says so
                let_stop(error)
                cause = _root(error)
                ours = isinstance(cause, (SourceFailed, Unaccounted))
                failed = str(cause if ours else failure(self.declaration, cause))
            if failed is not None:
                report.streams.append(self.report(stream, "full", "failed", message=failed))
        return report

    def _read_stream(self, read: Any, stream: Stream, folder: Path) -> StreamReport:
        from ingestion.storage.landing import latest_instant, live_rows, newest_file, prepare
        from ingestion.storage.spool import Spool

        reader = self.declaration.reader().streams[stream.name]
        cursor = stream.cursor
        newest = (
            latest_instant(self.home, self.declaration.name, stream, cursor)
            if cursor and not stream.full_list
            else None
        )
        mode = "full" if stream.full_list or (cursor and newest is None) else "incremental"
        before = len(read.findings)
        read.guard.forget()
        spool = Spool(folder, stream, self.declaration.name)
        spool.add(reader(read))
        spool.keep()
        findings = read.findings[before:]
        refused = places(findings)
        is_whole = stream.full_list or stream.name in read.whole
        if stream.full_list:
            previous = last_full_rows(self.home, self.declaration.name, stream.name)
            listed = spool.rows + refused
        elif is_whole:
            mode = "full"
            previous = live_rows(self.home, self.declaration.name, stream)
            listed = spool.live + refused
        else:
            previous, listed = None, spool.rows
        if previous and listed < float(self.settings["shrink_guard"]) * previous:
            return self.report(
                stream,
                mode,
                "refused",
                rows_read=spool.rows,
                previous_full_rows=previous,
                message=f"{self.declaration.name}/{stream.name} listed {listed} rows, the last full list had "
                f"{previous}: refused as incomplete, the last good data stays in use",
            )
        if is_whole:
            self.watch_volume(stream, listed)
        told = FindingSpool(folder)
        told.add([*findings, *spool.remarks()])
        told.keep()
        load = prepare(
            self.home,
            self.declaration.name,
            stream,
            spool,
            clock=self.clock,
            complete_list=is_whole,
            complete_for=read.listed_whole.get(stream.name, ()),
            unreadable=[finding.key for finding in refusing(findings)],
            unreadable_by="_source_record",
        )
        try:
            counts = self.counts(stream, spool, refused, load.landed)
        except Unaccounted:
            load.discard()
            raise
        told.land(self.home, self.clock)
        landed = load.publish()
        spool.forget()
        repeated = counts["rows_repeated"]
        return self.report(
            stream,
            mode,
            "loaded" if landed.rows else "unchanged",
            load_id=landed.load_id,
            previous_full_rows=previous,
            read_through=latest_instant(self.home, self.declaration.name, stream, cursor, self.clock)
            if cursor
            else None,
            api_usage=read.usage,
            read_as=read.read_as(stream.name),
            continue_from=read.continuations.get(stream.name),
            landed_through=newest_file(self.home, self.declaration.name, stream.name),
            message=f"{repeated} record(s) came more than once; the last counts" if repeated else None,
            **counts,
        )


def _root(error: BaseException) -> Exception:
    """The error a library wrapped: ours, or the HTTP or network one, if there is one in the chain."""
    import requests

    current: BaseException | None = error
    while current is not None:
        if isinstance(current, (SourceFailed, Unaccounted, requests.RequestException)):
            return current
        current = current.__cause__ or current.__context__
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
