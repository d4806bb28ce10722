"""The readers of files as the night uses them: in a process of their own, which may die of a file (`.child`).

A reader is opened there once and kept for the next file. What it notes of a good file stands in its `FileRead`, which
comes back with the file's end: should the process be replaced, the next one begins with it. Of a file that is refused
nothing stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from ingestion.catalogue import SOURCES, addressee, recognises
from ingestion.drift import HeadingWatch
from ingestion.files.child import bounded
from ingestion.files.encodings import WINDOWS, noticing
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.limits import Limits
from ingestion.findings import NOTE, Finding, ReaderFailed, is_passing

_SERIAL = count()


class Addressee(NamedTuple):
    """The source a file is for. Not `is_certain`: it is given to it to be refused, as no other knows it."""

    source: str
    is_certain: bool


@dataclass(frozen=True)
class _End:
    """What the reader knows after a file."""

    watches: dict[str, HeadingWatch]
    noted: dict[str, Any]


@dataclass
class NightsReader:
    """Reads the files of one source for one night, one after the other.

    Raises RefusedFile for a file, ReaderFailed where its reader fails or ends, OSError.
    """

    source: str
    read: FileRead
    within: Limits
    _night: int = field(default_factory=lambda: next(_SERIAL))
    _files: int = 0

    def __call__(self, file: InboxFile) -> Iterator[Chunk]:
        """The chunks of a file."""
        opened_as = (self._night, self._files)
        try:
            for item in bounded(_read, opened_as, self.source, self.read, file, within=self.within):
                if isinstance(item, Chunk):
                    yield item
                    continue
                self.read.watches.update(item.watches)
                self.read.noted.update(item.noted)
                self._files += 1
        finally:
            # Whoever unpacked it may be gone.
            shutil.rmtree(self.read.unpacked(file), ignore_errors=True)

    def reads_again(self, path: Path) -> bool:
        """Whether a file that was refused is to be read again, as its reader says."""
        if SOURCES[self.source].reader().reads_again is None:
            return False
        try:
            (again,) = bounded(_reads_again, self.source, path, within=self.within)
        except (ReaderFailed, OSError):
            return False
        return again


def addressee_of(path: Path, kind: str, within: Limits | None = None) -> Addressee:
    """Whom a file of an inbox folder is for, as `ingestion.catalogue.addressee` says. Raises OSError for one that the
    system does not give now.
    """
    sharing = [source for source in SOURCES.values() if source.inbox == kind]
    if len(sharing) == 1:
        return Addressee(sharing[0].name, is_certain=True)
    # A pipe gives nothing to whoever opens it, and a link leads anywhere.
    if path.is_symlink() or not path.is_file():
        return Addressee(addressee(path, kind, is_looked_at=False).name, is_certain=True)
    try:
        (found,) = bounded(_addressee, path, kind, within=within or Limits())
    except (ReaderFailed, OSError) as error:
        if is_passing(error):
            raise
        # It falls to whom it is left, and is refused there.
        return Addressee(addressee(path, kind, is_looked_at=False).name, is_certain=True)
    return found


def _addressee(path: Path, kind: str) -> Iterator[Addressee]:
    source = addressee(path, kind)
    yield Addressee(source.name, source.reader().recognises is None or recognises(source, path))


def _reads_again(source: str, path: Path) -> Iterator[bool]:
    asked = SOURCES[source].reader().reads_again
    yield asked is not None and bool(asked(path))


_opened: tuple[tuple[int, int], FileRead, FileReader] | None = None
"""The reader of the last good file, in the child: of which night and after how many files, what it notes, itself."""


def _read(opened_as: tuple[int, int], source: str, read: FileRead, file: InboxFile) -> Iterator[Chunk | _End]:
    """In the child: the chunks of a file, and at its end what the reader has noted."""
    global _opened
    if _opened is None or _opened[0] != opened_as:
        _opened = opened_as, read, SOURCES[source].reader().opened(read)
    (night, files), read, reader = _opened
    _opened = None
    with noticing() as noticed:
        yield from reader(file)
    if WINDOWS in noticed:
        yield Chunk(SOURCES[source].streams[0].name, findings=[_as_windows(source, file)])
    yield _End(read.watches, read.noted)
    _opened = (night, files + 1), read, reader


def _as_windows(source: str, file: InboxFile) -> Finding:
    return Finding(
        source=source,
        stream=SOURCES[source].streams[0].name,
        place=file.name,
        column_name="",
        reason_code="windows_1252",
        message="the file is not UTF-8 and was read as Windows-1252, as Excel writes CSV; look whether letters with "
        "accents are right, and save it as UTF-8",
        severity=NOTE,
    )
