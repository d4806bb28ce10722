"""Read the files that were dropped for a source: each whole or not at all, and none of them stops the others."""

from __future__ import annotations

import errno
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from common.stop import let_stop
from ingestion.apis.mapping import InvalidMapping
from ingestion.catalogue import SOURCES
from ingestion.files.inbox import (
    FileRead,
    FileReader,
    FileReport,
    InboxFile,
    NotTaken,
    keep_original,
    not_read,
    record,
    take_stock,
)
from ingestion.files.ledger_check import broken_promises, kept_file
from ingestion.files.limits import InvalidLimits, Limits
from ingestion.files.night_reader import NightsReader, addressee_of
from ingestion.files.spools import FileSpools
from ingestion.files.whole_lists import CONFIRMATIONS, is_confirmed
from ingestion.files.whole_lists import held as held_words
from ingestion.findings import WARNING, Finding, ReaderFailed, RefusedFile, places, refusing
from ingestion.reading import NotReady, Reading, SourceReport, Unaccounted
from ingestion.storage.landing import ListGuard, prepare
from ingestion.storage.spool import spooling

if TYPE_CHECKING:
    from ingestion.files.ledger_check import BrokenPromise
    from ingestion.storage.landing import HeldList, ListGuard, Load

_LOG = logging.getLogger(__name__)
# No file that is read can be the reason: we cannot write what we read.
_OUR_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class FileReading(Reading):
    """One night's reading of the inbox files that are for one source."""

    def read(self) -> SourceReport:
        """Read what is new, and again what was lost."""
        kind = str(self.declaration.inbox)
        try:
            within = Limits.of(self.settings)
            read = FileRead(self.home, self.settings, self.key())
            # What the home says of its files is wrong for all of them or none.
            self.declaration.reader().opened(read)
        except (InvalidLimits, InvalidMapping, NotReady) as error:
            return self.same_for_all("failed", str(error))
        reader = NightsReader(self.declaration.name, read, within)
        report = SourceReport(self.declaration.name)
        with spooling(self.home, self.declaration.name) as folder, ExitStack() as kept:
            spools = FileSpools(folder, self.declaration)
            stock = take_stock(self.home, kind, reader.reads_again, are_lists=self.declaration.has_lists)
            again, not_taken = self._to_read_again(broken_promises(self.home, kind, self.clock), stock.paths, kept)
            not_taken += stock.not_taken
            for file in [*again, *stock.files]:
                try:
                    whose = addressee_of(file.path, kind, within)
                    if whose.source != self.declaration.name:
                        continue
                    self.progress(f"{self.declaration.title}: {file.name}")
                    keep_original(self.home, file)
                    report.files.append(self._spool_file(reader, file, spools, is_known=whose.is_certain))
                except OSError as error:
                    spools.drop()
                    if error.errno in _OUR_DISK:
                        raise
                    not_taken.append(not_read(file.path, error))
            spools.findings.add(_told_of(kind, not_taken))
            try:
                self._land(spools, report, not_taken)
            except Unaccounted as error:
                return self.same_for_all("failed", str(error))
        record(self.home, report.files, self.clock)
        report.drifts += self.drifts
        for name, watch in read.watches.items():
            report.drifts += watch.drifts(self.run_id, self.declaration.name, self.declaration.stream(name))
        return report

    def _to_read_again(
        self, broken: Sequence[BrokenPromise], paths: Mapping[str, Path], kept: ExitStack
    ) -> tuple[list[InboxFile], list[NotTaken]]:
        """Files whose rows are missing in the landing, where they were dropped or as they were kept."""
        kind = str(self.declaration.inbox)
        files, gone = [], []
        for promise in broken:
            path = paths.get(promise.sha256) or kept.enter_context(kept_file(self.home, promise))
            if path is None:
                gone.append(NotTaken(promise.file_name, "lost_rows", _LOST))
            else:
                files.append(InboxFile(path, kind, promise.sha256, promise.readings, promise.handled_at))
        return files, gone

    def _land(self, spools: FileSpools, report: SourceReport, not_taken: Sequence[NotTaken]) -> None:
        """Land every stream, or none. Raises Unaccounted."""
        spools.findings.keep()
        loads: dict[str, Load] = {}
        said = _said(report.files, not_taken)
        try:
            for declared in self.declaration.streams:
                spool, refused = spools.streams[declared.name], spools.refused[declared.name]
                if declared.name in spools.whole:
                    self.watch_volume(declared, spool.rows + refused)
                lists = spools.lists[declared.name]
                load = prepare(
                    self.home,
                    self.declaration.name,
                    declared,
                    spool,
                    clock=self.clock,
                    complete_list=declared.name in spools.whole,
                    complete_for=tuple(lists),
                    guard=self._guard(lists) if lists else None,
                    unreadable=spools.unreadable[declared.name],
                    refused=spools.findings.errors if refused else None,
                    tell=spools.findings.add_batch,
                )
                loads[declared.name] = load
                counts = self.counts(declared, spool, refused, load.landed)
                if (self.declaration.name, declared.name) == CONFIRMATIONS:
                    load.publish()
                held = _files_held(load.landed.held, lists)
                report.files = [
                    replace(file, status="held", reason=held[file.file]) if file.file in held else file
                    for file in report.files
                ]
                repeats = [
                    f"{counts['rows_repeated']} row(s) repeat others or are in a later file too"
                    if counts["rows_repeated"]
                    else "",
                    f"{load.landed.contradicted} row(s) have the key of another row of their file and differ: refused"
                    if load.landed.contradicted
                    else "",
                    *(f"{file.name} {words}" for file, words in held.items()),
                ]
                report.streams.append(
                    self.report(
                        declared,
                        "files",
                        "loaded" if load.landed.rows else "unchanged",
                        load_id=load.landed.load_id,
                        message="; ".join(filter(None, [*said, *repeats])) or None,
                        **counts,
                    )
                )
        except BaseException:
            for load in loads.values():
                load.discard()
            raise
        spools.findings.keep()
        spools.findings.land(self.home, self.clock)
        for load in loads.values():
            load.publish()
        report.files[:] = [spools.accounted(file, loads) for file in report.files]

    def _guard(self, lists: Mapping[tuple[str, ...], InboxFile]) -> ListGuard:
        """What tonight's lists may lose; those whose files somebody confirmed, anything."""
        confirmed = {file: is_confirmed(self.home, file) for file in set(lists.values())}
        return ListGuard(
            share=float(self.settings["shrink_guard"]),
            confirmed=frozenset(group for group, file in lists.items() if confirmed[file]),
        )

    def _spool_file(self, reader: FileReader, file: InboxFile, spools: FileSpools, *, is_known: bool) -> FileReport:
        """Read a file to its end before any of it counts. Raises OSError when it cannot be read now."""
        bad: Counter[str] = Counter()
        unreadable: dict[str, list[str | None]] = {}
        whole: set[str] = set()
        lists: dict[str, dict[tuple[str, ...], InboxFile]] = {}
        loaded = 0
        try:
            self._refuse_if_unknown(file, is_known=is_known)
            for chunk in reader(file):
                loaded += spools.streams[chunk.stream].add(chunk.rows, file.as_of)
                spools.findings.add([*chunk.findings, *spools.streams[chunk.stream].remarks()])
                bad[chunk.stream] += places(chunk.findings)
                unreadable.setdefault(chunk.stream, []).extend(finding.key for finding in refusing(chunk.findings))
                # A list of then says nothing of what came since.
                if file.as_of is None:
                    whole |= {chunk.stream} if chunk.is_whole_list else set()
                    lists.setdefault(chunk.stream, {}).update(dict.fromkeys(chunk.lists, file))
                self.progress(f"{self.declaration.title}: {file.name}, {loaded:,} rows")
        except RefusedFile as refusal:
            spools.drop()
            failed = refusal.error_class if isinstance(refusal, ReaderFailed) else None
            if failed:
                _LOG.warning("%s: the reader of %s failed: %s", file.name, self.declaration.name, refusal)
            return FileReport(file, "refused", str(refusal), error_class=failed)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - one file must not stop the night, whatever its rows are
            spools.drop()
            let_stop(error)
            kind = type(error).__name__
            # Its message may hold what stands in the file.
            _LOG.warning("%s: rows of %s could not be kept: %s", file.name, self.declaration.name, kind)
            return FileReport(file, "refused", f"its rows could not be kept ({kind}); {_FAULT}", error_class=kind)
        blind = [stream for stream, groups in lists.items() if groups and None in unreadable.get(stream, ())]
        for stream in blind:
            # Of a row that is refused without its key nobody can say which one it is: no row is taken for removed.
            del lists[stream], unreadable[stream]
        spools.keep(file, whole, unreadable, lists)
        spools.refused.update(bad)
        reasons = [_AGAIN] * (file.as_of is not None) + [_BLIND] * bool(blind)
        return FileReport(file, "loaded", "; ".join(reasons) or None, loaded, bad.total())

    def _refuse_if_unknown(self, file: InboxFile, *, is_known: bool) -> None:
        """Refuse a file that was given to one of those who share its folder to be refused."""
        if file.name != file.path.name:
            raise RefusedFile("the file's name is not UTF-8, or holds contact details; give it another name")
        if not is_known:
            titles = [source.title for source in SOURCES.values() if source.inbox == file.kind]
            raise RefusedFile(
                f"the file is none of: {', '.join(titles)}; give it as CSV, as it was downloaded, in a language "
                "that its source's page in docs/sources/ names"
            )


_AGAIN = "read again: rows that were read of it were not landed"
_BLIND = "a refused row of it does not say which record it is: nothing is taken for removed until it is mended"
_LOST = "rows that were read of it are not landed, and the file is no longer kept; drop it once more"
_FAULT = "the file is kept and tried again every night; please report it, with the log"


def _said(files: Sequence[FileReport], not_taken: Sequence[NotTaken]) -> list[str]:
    """What a stream's report says of the files of its source."""
    counts = {
        "file(s) refused": sum(file.status == "refused" for file in files),
        "file(s) read again, as rows of them were not landed": sum(file.file.as_of is not None for file in files),
        "entries of the inbox not read": len(not_taken),
    }
    return [f"{count} {what}" for what, count in counts.items() if count]


def _files_held(held: Sequence[HeldList], lists: Mapping[tuple[str, ...], InboxFile]) -> dict[InboxFile, str]:
    """The files whose lists are held, and what is said of each."""
    files: dict[InboxFile, list[HeldList]] = {}
    for one in held:
        files.setdefault(lists[one.group], []).append(one)
    return {file: held_words(file, some) for file, some in files.items()}


def _told_of(kind: str, not_taken: Sequence[NotTaken]) -> list[Finding]:
    return [Finding("inbox", kind, one.name, "", one.rule, one.reason, severity=WARNING) for one in not_taken]
