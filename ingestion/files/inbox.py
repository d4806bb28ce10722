"""The inbox: what was dropped, what was handled already, the originals kept.

Files stay where people put them. A file is known by the SHA-256 of its content: the same content again is the
same file, whatever its name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import written
from common.home import inbox_folder, make_private, original_file, originals_folder, spool_folder
from ingestion.drift import HeadingWatch
from ingestion.files.row_check import near_headings
from ingestion.ledgers import INBOX_FILES
from ingestion.persons.contact_details import NAME_OF_ORGANISATION, contact_in_code, withhold
from ingestion.persons.pseudonyms import PseudonymKey
from ingestion.storage.latest import read_latest

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.findings import Finding

_PASSING = (".tmp", ".part", ".crdownload")


@dataclass(frozen=True)
class InboxFile:
    """A dropped file and its content's SHA-256. `readings`: how often this content was read, this time included.
    `as_of`: of one that is read again since rows of it are missing in the landing, when it was handled first.
    """

    path: Path
    kind: str
    sha256: str
    readings: int = 1
    as_of: datetime | None = None

    @property
    def name(self) -> str:
        """Its name, printable whatever it is and without contact details; a file with such a name is refused."""
        return shown_name(self.path)


def shown_name(path: Path) -> str:
    """The name of an entry of the inbox, printable whatever it is and without contact details."""
    name = printable(path.name)
    return withhold(name, NAME_OF_ORGANISATION)[0] if contact_in_code(name) else name


def printable(name: str) -> str:
    """A file's name; bytes that are not UTF-8 are shown as such."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


@dataclass(frozen=True)
class FileRead:
    """One night's read of a file source: its home, its block of `wmip.yaml`, and the key of one that holds people.

    `watches`: per stream what the headings of tonight's files say of the source's drift. `noted`: what the reader keeps
    of tonight's files for those that follow.
    """

    home: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    pseudonym_key: PseudonymKey = field(default_factory=lambda: PseudonymKey(()))
    watches: dict[str, HeadingWatch] = field(default_factory=dict)
    noted: dict[str, Any] = field(default_factory=dict)

    def unpacked(self, file: InboxFile) -> Path:
        """The folder for what is unpacked of a file while it is read."""
        return spool_folder(self.home, "unpacked") / file.sha256

    def saw_table(
        self,
        stream: str,
        headings: Sequence[Any],
        positions: Mapping[str, int],
        missing: Sequence[str],
        usually_missing: Sequence[str] = (),
    ) -> None:
        """Note the headings of a table: those at none of the positions that are read are new; `missing` it lacks.

        Of those that are `usually_missing` nothing is told unless one of the new headings is nearly the same.
        """
        used = set(positions.values())
        new = [
            withhold(" ".join(str(heading or "").split()), NAME_OF_ORGANISATION)[0]
            for at, heading in enumerate(headings)
            if at not in used
        ]
        near = near_headings(new, [*missing, *usually_missing])
        self.watches.setdefault(stream, HeadingWatch()).table(new, missing, near)


@dataclass(frozen=True)
class Chunk:
    """Some rows of one stream of a file and what is wrong with others; all findings of a row come in one chunk.

    Rows are dictionaries in landed form, or an Arrow batch with columns of the stream. `is_whole_list`: the file lists
    all there is of the stream, so that what is landed and not in it was deleted. `lists`: values of the stream's
    `listed_whole_by` columns of which the file lists all there is.
    """

    stream: str
    rows: Sequence[Mapping[str, Any]] | pa.RecordBatch = ()
    findings: Sequence[Finding] = ()
    is_whole_list: bool = False
    lists: Sequence[tuple[str, ...]] = ()

    @property
    def size(self) -> int:
        """How many rows."""
        return self.rows.num_rows if hasattr(self.rows, "num_rows") else len(self.rows)


FileReader = Callable[[InboxFile], Iterator[Chunk]]
"""Reads one file chunk by chunk. Raises RefusedFile, at its end too: then nothing of the file is landed."""


def chunks(rows: Mapping[str, Sequence[Mapping[str, Any]]], findings: Iterable[Finding]) -> Iterator[Chunk]:
    """What was read of a small file at once: rows by stream, and the findings."""
    wrong = list(findings)
    for stream in dict.fromkeys([*rows, *(finding.stream for finding in wrong)]):
        yield Chunk(stream, rows.get(stream, ()), [finding for finding in wrong if finding.stream == stream])


@dataclass(frozen=True)
class FileReport:
    """How a file was handled; `status` is loaded, held (loaded, but what it no longer lists stays) or refused.

    `rows_landed` of its `rows_loaded` were new, in the loads `landed_in` (`<source>/<stream>/<load_id>`).
    `error_class`: of a file whose reader failed; it is read again every night, as the fault may be the reader's.
    """

    file: InboxFile
    status: str
    reason: str | None
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_landed: int = 0
    landed_in: tuple[str, ...] = ()
    error_class: str | None = None


@dataclass(frozen=True)
class NotTaken:
    """An entry of the inbox that is not read tonight, and why; it is not in the ledger."""

    name: str
    rule: str
    reason: str


@dataclass
class Stock:
    """What an inbox folder holds: files to read, in order; what is not read; and the path of every file by SHA-256."""

    files: list[InboxFile] = field(default_factory=list)
    not_taken: list[NotTaken] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def take_stock(home: Path, kind: str, again: Callable[[Path], bool] | None = None, *, are_lists: bool = False) -> Stock:
    """What stands in a folder of the inbox, in order of name; files that the ledger does not know are to be read, each
    content once.

    A file of a strange suffix is to be read too: its reader refuses it with a reason. A refused file is read again
    when `again` says so, when it was renamed, and when its reader had failed; what is held is read every night.
    `are_lists`: the files are lists by their names, so that a content of before that is put back counts again. What is
    no plain file is not opened.
    """
    ledger = _Ledger.of(home, kind)
    offered: set[str] = set()
    folder = inbox_folder(home, kind)
    stock = Stock()
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith((".", "~$")) or path.suffix.lower() in _PASSING:
            continue
        try:
            is_plain = stat.S_ISREG(path.lstat().st_mode)
            sha256 = sha256_of(path) if is_plain else ""
        except OSError as error:
            stock.not_taken.append(not_read(path, error))
            continue
        if not is_plain:
            stock.not_taken.append(NotTaken(shown_name(path), "no_plain_file", _NO_FILE))
            continue
        stock.paths.setdefault(sha256, path)
        if sha256 in offered or not ledger.offers(path, sha256, again, are_lists=are_lists):
            continue
        offered.add(sha256)
        stock.files.append(InboxFile(path, kind, sha256, ledger.reading(sha256)))
    return stock


_NO_FILE = "is a folder, a link or no plain file, and was not opened; drop the file itself"


def misplaced(home: Path, kinds: Collection[str]) -> list[str]:
    """Names of what stands in the inbox where no source looks: beside its folders, or in a folder of another name."""
    inbox = inbox_folder(home)
    entries = sorted(inbox.iterdir()) if inbox.is_dir() else []
    return [shown_name(path) for path in entries if path.name not in kinds and not path.name.startswith(".")]


def not_read(path: Path, error: OSError) -> NotTaken:
    """A file that the system does not let us read, or no longer."""
    return NotTaken(
        shown_name(path),
        "unreadable_file",
        f"could not be read ({error.strerror or type(error).__name__}); it is tried again the next night",
    )


@dataclass
class _Ledger:
    """What the ledger says of a kind: the newest entry of each content, and the content last read under each name."""

    names: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    readings: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, home: Path, kind: str) -> _Ledger:
        ledger = cls()
        columns = ("read_at", "_loaded_at", "_load_id", "file_sha256", "file_name", "status", "readings", "error_class")
        entries = read_latest(home, "inbox", INBOX_FILES, ("kind", *columns))
        entries.sort(key=lambda entry: (entry[1] or as_read_at(entry[2]), *entry[2:5]))
        for of_kind, _read, _at, _load, sha256, name, status, readings, error in entries:
            if of_kind == kind:
                ledger.names[sha256], ledger.status[sha256] = name, "failed" if error else status
                ledger.readings[sha256] = readings or 1
                ledger.newest[name] = sha256
        return ledger

    def offers(self, path: Path, sha256: str, again: Callable[[Path], bool] | None, *, are_lists: bool) -> bool:
        """Whether a file is to be read tonight."""
        status = self.status.get(sha256)
        if status == "refused":
            return self._was_renamed(path, sha256) or (again is not None and again(path))
        return status != "loaded" or (are_lists and self._is_put_back(path, sha256))

    def reading(self, sha256: str) -> int:
        """How often a content will have been read: what was refused, failed or is held was not yet."""
        before = self.readings.get(sha256, 0)
        return before + 1 if self.status.get(sha256) == "loaded" else max(1, before)

    def _was_renamed(self, path: Path, sha256: str) -> bool:
        name = self.names[sha256]
        return printable(path.name) != name and not path.with_name(name).exists()

    def _is_put_back(self, path: Path, sha256: str) -> bool:
        """Whether a content that is known is a list's again: its name held another since, or does now."""
        known_as = path.with_name(self.names[sha256])
        if known_as == path:
            return self.newest[path.name] != sha256
        return known_as.is_file() and sha256_of(known_as) != sha256


def keep_original(home: Path, file: InboxFile) -> Path:
    """Copy a file verbatim into `originals/`, where only its owner can look. Raises OSError for one that changes."""
    make_private(originals_folder(home)).chmod(0o700)
    target = original_file(home, file.sha256)
    if not target.exists():
        with written(target) as temporary:
            shutil.copyfile(file.path, temporary, follow_symlinks=False)
            if sha256_of(temporary) != file.sha256:
                raise OSError(errno.EAGAIN, "the file changes while it is read")
            temporary.chmod(0o600)
    return target


def as_read_at(instant: datetime) -> str:
    """An instant as the ledger says when a content was read, so that it sorts by time."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def record(home: Path, reports: Sequence[FileReport], clock: datetime) -> None:
    """Enter handled files in the ledger. Done last: a file that is not in it is read again."""
    from ingestion.storage.landing import as_table, land

    rows = [
        {
            "kind": report.file.kind,
            "file_name": report.file.name,
            "file_sha256": report.file.sha256,
            "size_bytes": str(original_file(home, report.file.sha256).stat().st_size),
            "status": report.status,
            "reason": report.reason,
            "rows_loaded": report.rows_loaded,
            "rows_quarantined": report.rows_quarantined,
            "readings": report.file.readings,
            "read_at": as_read_at(report.file.as_of or clock),
            "rows_landed": report.rows_landed,
            "landed_in": ",".join(report.landed_in) or None,
            "error_class": report.error_class,
            "_source_record": report.file.sha256,
        }
        for report in reports
    ]
    land(home, "inbox", INBOX_FILES, as_table(INBOX_FILES, rows), clock=clock)
