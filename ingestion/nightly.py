"""Read one source tonight: what it gave is landed, what was wrong is quarantined or refused, what happened is recorded.

A source that fails never stops the night: the report says `failed` or `refused` with a reason, and the last landed data
stays in use.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.catalogue import FINDINGS, LEDGERS, QUARANTINE, SOURCES, SourceDeclaration, StreamDeclaration, addressee
from ingestion.drift import Drift, ensure_drift_log, volume_drift, write_drift
from ingestion.erasures import WrongKey, pseudonym_key
from ingestion.findings import RefusedFile, finding_rows, places, quarantine, refusing, remark_rows
from ingestion.inbox import FileRead, FileReader, FileReport, InboxFile, keep_original, new_files, record
from ingestion.mapping import InvalidMapping
from ingestion.privacy import PseudonymKey
from ingestion.read_log import StreamReport, ensure_log, last_full_rows, write_log

if TYPE_CHECKING:
    from ingestion.landing import HeldList, ListGuard

Progress = Callable[[str], None]
BLIND = "a refused row of it does not say which record it is: nothing is taken for removed until it is mended"


class NotReady(Exception):
    """What a source cannot be read without is missing or wrong; the message says what to set."""


@dataclass
class SourceReport:
    """What a source did tonight."""

    source: str
    streams: list[StreamReport] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)


def ensure_landing(home: Path) -> None:
    """Create every declared stream's folder and empty file, and that of the log of reads."""
    from ingestion.landing import ensure_stream

    for source, declaration in SOURCES.items():
        for stream in declaration.streams:
            ensure_stream(home, source, stream)
    for source, stream in LEDGERS.items():
        ensure_stream(home, source, stream)
    ensure_log(home)
    ensure_drift_log(home)


def input_fingerprint(home: Path) -> str:
    """SHA-256 over everything a mart is made from: the landed files (named by content) and the registry."""
    digest = hashlib.sha256()
    for path in sorted((home / "landing").rglob("*.parquet")):
        digest.update(str(path.relative_to(home)).encode())
    for path in sorted((home / "registry").glob("*.parquet")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ingest_source(
    name: str,
    *,
    home: Path,
    config: Mapping[str, Any],
    clock: datetime,
    run_id: str,
    environment: Mapping[str, str],
    progress: Progress | None = None,
) -> SourceReport:
    """Read a source into the landing and write what it did to `runs/<run_id>/source_run/<name>.parquet`, and what was
    new in what it sent to `source_drift/<name>.parquet` beside it.

    `config` is the source's block of `wmip.yaml`; `environment` holds the secrets it names.
    """
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    declaration = SOURCES[name]
    settings = {**declaration.settings, **config}
    night = _Night(declaration, home, settings, clock, run_id, environment, progress or (lambda _message: None))
    if not settings.get("enabled", True):
        report = night.same_for_all("disabled", None)
    elif declaration.kind == "files":
        report = night.read_files()
    else:
        report = night.read_api()
    write_log(home, run_id, name, report.streams)
    write_drift(home, run_id, name, report.drifts)
    return report


@dataclass
class _Night:
    declaration: SourceDeclaration
    home: Path
    settings: Mapping[str, Any]
    clock: datetime
    run_id: str
    environment: Mapping[str, str]
    progress: Progress
    drifts: list[Drift] = field(default_factory=list)

    def watch_volume(self, stream: StreamDeclaration, rows: int) -> None:
        """Note a whole read of a length that neither the home's settings nor the declaration expects."""
        expected = (self.settings.get("expected_rows") or {}).get(stream.name, stream.expected_rows)
        self.drifts += volume_drift(self.run_id, self.declaration.name, stream, rows, expected)

    def report(self, stream: StreamDeclaration, mode: str, status: str, **more: Any) -> StreamReport:
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

    def same_for_all(self, status: str, message: str | None) -> SourceReport:
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

    # Files

    def read_files(self) -> SourceReport:
        from ingestion.landing import land
        from ingestion.spool import spooling

        kind = str(self.declaration.inbox)
        reader = self.declaration.reader()
        try:
            read = FileRead(self.home, self.settings, self.key())
            read_one = reader.open_reader(read)
        except (InvalidMapping, NotReady) as error:
            return self.same_for_all("failed", str(error))
        report = SourceReport(self.declaration.name)
        with spooling(self.home, self.declaration.name) as folder:
            spools = _Spools(folder, self.declaration)
            for file in new_files(
                self.home, kind, getattr(reader, "reads_again", None), are_lists=self.declaration.has_lists
            ):
                if addressee(file.path, kind).name != self.declaration.name:
                    continue
                self.progress(f"{self.declaration.title}: {file.path.name}")
                keep_original(self.home, file)
                report.files.append(self._spool_file(read_one, file, spools))
            land(self.home, "quarantine", QUARANTINE, spools.findings, clock=self.clock)
            land(self.home, "findings", FINDINGS, spools.remarks, clock=self.clock)
            refused = sum(file.status == "refused" for file in report.files)
            for declared in self.declaration.streams:
                spool, bad = spools.streams[declared.name], spools.bad[declared.name]
                if declared.name in spools.whole:
                    self.watch_volume(declared, spool.rows + bad)
                lists = spools.lists[declared.name]
                landed = land(
                    self.home,
                    self.declaration.name,
                    declared,
                    spool,
                    clock=self.clock,
                    complete_list=declared.name in spools.whole,
                    complete_for=tuple(lists),
                    guard=self.guard(lists) if lists else None,
                    unreadable=spools.unreadable[declared.name],
                )
                held = _files_held(landed.held, lists)
                report.files = [
                    replace(file, status="held", reason=held[file.file]) if file.file in held else file
                    for file in report.files
                ]
                said = [
                    f"{refused} file(s) refused" if refused else "",
                    f"{landed.repeated} row(s) have the key of a later row, which stands" if landed.repeated else "",
                    *(f"{file.path.name} {words}" for file, words in held.items()),
                ]
                report.streams.append(
                    self.report(
                        declared,
                        "files",
                        "loaded" if landed.rows else "unchanged",
                        load_id=landed.load_id,
                        rows_read=spool.rows + bad,
                        rows_landed=landed.rows,
                        rows_quarantined=bad,
                        rows_deleted=landed.tombstones,
                        message="; ".join(filter(None, said)) or None,
                    )
                )
        record(self.home, report.files, self.clock)
        report.drifts += self.drifts
        for name, watch in read.watches.items():
            report.drifts += watch.drifts(self.run_id, self.declaration.name, self.declaration.stream(name))
        return report

    def guard(self, lists: Mapping[tuple[str, ...], InboxFile]) -> ListGuard:
        """What tonight's lists may lose; those whose files somebody confirmed, anything."""
        from ingestion.landing import ListGuard
        from ingestion.lists import is_confirmed

        confirmed = {file: is_confirmed(self.home, file) for file in set(lists.values())}
        return ListGuard(
            share=float(self.settings["shrink_guard"]),
            confirmed=frozenset(group for group, file in lists.items() if confirmed[file]),
        )

    def _spool_file(self, read_one: FileReader, file: InboxFile, spools: _Spools) -> FileReport:
        """Read a file to its end before any of it counts."""
        bad: Counter[str] = Counter()
        unreadable: dict[str, list[str | None]] = {}
        whole: set[str] = set()
        lists: dict[str, dict[tuple[str, ...], InboxFile]] = {}
        loaded = 0
        try:
            self._refuse_if_unknown(file)
            for chunk in read_one(file):
                loaded += spools.streams[chunk.stream].add(chunk.rows)
                spools.findings.add(finding_rows(chunk.findings))
                spools.remarks.add(remark_rows(chunk.findings))
                bad[chunk.stream] += places(chunk.findings)
                unreadable.setdefault(chunk.stream, []).extend(finding.key for finding in refusing(chunk.findings))
                if chunk.is_whole_list:
                    whole.add(chunk.stream)
                lists.setdefault(chunk.stream, {}).update(dict.fromkeys(chunk.lists, file))
                self.progress(f"{self.declaration.title}: {file.path.name}, {loaded:,} rows")
        except RefusedFile as refusal:
            spools.drop()
            return FileReport(file, "refused", str(refusal), 0, 0)
        blind = [stream for stream, groups in lists.items() if groups and None in unreadable.get(stream, ())]
        for stream in blind:
            # Of a row that is refused without its key nobody can say which one it is: no row is taken for removed.
            del lists[stream], unreadable[stream]
        spools.keep(whole, unreadable, lists)
        spools.bad.update(bad)
        return FileReport(file, "loaded", BLIND if blind else None, loaded, bad.total())

    def _refuse_if_unknown(self, file: InboxFile) -> None:
        """A file that none of those who share its folder recognises was given to one of them to be refused."""
        recognises = getattr(self.declaration.reader(), "recognises", None)
        titles = [source.title for source in SOURCES.values() if source.inbox == file.kind]
        if recognises is not None and len(titles) > 1 and not recognises(file.path):
            raise RefusedFile(
                f"the file is none of: {', '.join(titles)}; give it as CSV, as it was downloaded, in a language "
                "that its source's page in docs/sources/ names"
            )

    # APIs

    def read_api(self) -> SourceReport:
        from ingestion.api import ApiRead

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
        with closing(read):
            report = self._read_streams(read)
        for watch in read.watches.values():
            report.drifts += watch.drifts(self.run_id, self.declaration.name)
        report.drifts += self.drifts
        return report

    def _read_streams(self, read: Any) -> SourceReport:
        from ingestion.http import SourceFailed, failure

        report = SourceReport(self.declaration.name)
        failed: str | None = None
        for stream in self.declaration.streams:
            self.progress(f"{self.declaration.title}: {stream.name}")
            if failed is not None:
                report.streams.append(self.report(stream, "full", "failed", message=failed))
                continue
            try:
                report.streams.append(self._read_stream(read, stream))
            except Exception as error:  # noqa: BLE001 - whatever a source does, the night goes on and says so
                cause = _root(error)
                failed = str(cause if isinstance(cause, SourceFailed) else failure(self.declaration, cause))
            if failed is not None:
                report.streams.append(self.report(stream, "full", "failed", message=failed))
        return report

    def _read_stream(self, read: Any, stream: StreamDeclaration) -> StreamReport:
        from ingestion.landing import as_table, land, latest_instant, live_rows, newest_file

        reader = self.declaration.reader().READERS[stream.name]
        cursor = stream.cursor
        newest = (
            latest_instant(self.home, self.declaration.name, stream, cursor)
            if cursor and not stream.full_list
            else None
        )
        mode = "full" if newest is None else "incremental"
        before = len(read.findings)
        read.guard.forget()
        table = as_table(stream, reader(read))
        findings = read.findings[before:]
        is_whole = stream.full_list or stream.name in read.whole
        if stream.full_list:
            previous = last_full_rows(self.home, self.declaration.name, stream.name)
            listed = len(table) + places(findings)
        elif is_whole:
            mode = "full"
            previous = live_rows(self.home, self.declaration.name, stream)
            listed = table["_deleted_at"].null_count + places(findings)
        else:
            previous, listed = None, len(table)
        if previous and listed < float(self.settings["shrink_guard"]) * previous:
            return self.report(
                stream,
                mode,
                "refused",
                rows_read=len(table),
                previous_full_rows=previous,
                message=f"{self.declaration.name}/{stream.name} listed {listed} rows, the last full list had "
                f"{previous}: refused as incomplete, the last good data stays in use",
            )
        if is_whole:
            self.watch_volume(stream, listed)
        quarantine(self.home, findings, self.clock)
        landed = land(
            self.home,
            self.declaration.name,
            stream,
            table,
            clock=self.clock,
            complete_list=is_whole,
            complete_for=read.listed_whole.get(stream.name, ()),
            unreadable=[finding.key for finding in findings],
            unreadable_by="_source_record",
        )
        return self.report(
            stream,
            mode,
            "loaded" if landed.rows else "unchanged",
            load_id=landed.load_id,
            rows_read=len(table) + places(findings),
            rows_landed=landed.rows,
            rows_quarantined=places(findings),
            rows_deleted=landed.tombstones,
            previous_full_rows=previous,
            read_through=latest_instant(self.home, self.declaration.name, stream, cursor) if cursor else None,
            api_usage=read.usage,
            read_as=read.read_as(stream.name),
            continue_from=read.continuations.get(stream.name),
            landed_through=newest_file(self.home, self.declaration.name, stream.name),
        )


class _Spools:
    """What the files of a source give tonight: rows by stream, findings, and how many rows these refuse by stream."""

    def __init__(self, folder: Path, declaration: SourceDeclaration) -> None:
        from ingestion.spool import Spool

        self.streams = {stream.name: Spool(folder, stream) for stream in declaration.streams}
        self.findings = Spool(folder, replace(QUARANTINE, name="quarantine"))
        self.remarks = Spool(folder, replace(FINDINGS, name="findings"))
        self.bad: Counter[str] = Counter()
        self.whole: set[str] = set()
        self.unreadable: dict[str, list[str | None]] = {name: [] for name in self.streams}
        self.lists: dict[str, dict[tuple[str, ...], InboxFile]] = {name: {} for name in self.streams}

    def keep(
        self,
        whole: Set[str],
        unreadable: Mapping[str, Sequence[str | None]],
        lists: Mapping[str, Mapping[tuple[str, ...], InboxFile]],
    ) -> None:
        """Keep a file. Of a stream it is the whole list of (`whole`), what other files gave tonight is dropped.

        `unreadable`: keys of its rows that are refused, None where it cannot be told. `lists`: what it lists whole.
        """
        for name, groups in lists.items():
            self.lists[name].update(groups)
        self.whole |= whole
        for name in whole:
            self.streams[name].forget()
            self.unreadable[name] = []
        for name, keys in unreadable.items():
            self.unreadable[name] += keys
        for spool in (*self.streams.values(), self.findings, self.remarks):
            spool.keep()

    def drop(self) -> None:
        for spool in (*self.streams.values(), self.findings, self.remarks):
            spool.drop()


def _files_held(held: Sequence[HeldList], lists: Mapping[tuple[str, ...], InboxFile]) -> dict[InboxFile, str]:
    """The files whose lists are held, and what is said of each."""
    from ingestion.lists import held as words

    files: dict[InboxFile, list[HeldList]] = {}
    for one in held:
        files.setdefault(lists[one.group], []).append(one)
    return {file: words(file, some) for file, some in files.items()}


def _root(error: BaseException) -> Exception:
    """The error a library wrapped: ours, or the HTTP or network one, if there is one in the chain."""
    import requests

    from ingestion.http import SourceFailed

    current: BaseException | None = error
    while current is not None:
        if isinstance(current, (SourceFailed, requests.RequestException)):
            return current
        current = current.__cause__ or current.__context__
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
