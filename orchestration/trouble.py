"""Why a step failed, when that is no fault of the program: the disk, or a damaged file of the home.

Every library says it in its own words, often far from where it happened; people get one sentence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ingestion.storage.damage import DamagedFile, damaged_files, require_none
from ingestion.storage.read_log import not_read

FULL = ("the disk is full", "Make room and start again")
READ_ONLY = (
    "the disk cannot be written: it is mounted read-only",
    "Mount it writable (a system that meets errors on a disk goes on read-only: have it looked at) and start again",
)
CLOSED = (
    "the system does not let this account write there",
    "Give the home to the account that runs the nights, or run them as its owner",
)
BROKEN = ("the disk reports errors", "Have it looked at before the next night")
# What libraries say -> what it means, and what to do. DuckDB speaks of its temporary directory when the disk is full.
_DISK = {
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "database or disk is full": FULL,
    "max_temp_directory_size": FULL,
    "Read-only file system": READ_ONLY,
    "attempt to write a readonly database": READ_ONLY,
    "Permission denied": CLOSED,
    "Operation not permitted": CLOSED,
    "Input/output error": BROKEN,
}
# What SQLite says of any of these: the disk itself is asked.
_UNSURE = ("disk I/O error", "unable to open database file")
_NO_ROOM_BYTES = 1024**2
# No word or slash before the slash, and none after it: neither "I/O" nor an address of the web names a file.
_PLACE = re.compile(r"(?<![\w/])/(?!/)[^\s\"':)]+")


def disk_trouble(home: Path, error: BaseException | str) -> str | None:
    """The sentence about a disk that is full, read-only, closed to us or broken; None when it is nothing of these."""
    for text in [error] if isinstance(error, str) else _said(error):
        found = next((kind for words, kind in _DISK.items() if words in text), None)
        if found is None and any(words in text for words in _UNSURE):
            found = _state_of_disk(home) or (BROKEN if _UNSURE[0] in text else None)
        if found is not None:
            meaning, remedy = found
            place = _PLACE.search(text)
            at = f" ({place.group()})" if place else ""
            return f"{meaning}{at}{_room(home) if found is FULL else ''}. {remedy}"
    return None


def damage(home: Path) -> str | None:
    """The sentence about damaged files of the landing, all of which are read for it; None when none is.

    For after a failure only: what the libraries say of such a file ("Out of buffer") does not even hint at it.
    """
    try:
        require_none(damaged_files(home, whole=True))
    except DamagedFile as found:
        return str(found)
    return None


def after_sources(home: Path, run_id: str, consequences: str) -> str:
    """What is wrong with a night's figures, led by the sources that were not read: the rest may all come of that."""
    missing = not_read(home, run_id)
    if not missing:
        return consequences
    led = "\n".join(f"{source} was not read tonight: {why}" for source, why in missing.items())
    return f"{led}\nWhat follows may come of that.\n\n{consequences}"


def reason(home: Path, error: BaseException) -> str:
    """Why something failed, in words a person can act on where it is not the program's fault, else its own."""
    return (
        disk_trouble(home, error)
        or (damage(home) if any(map(_is_of_reading, _chain(error))) else None)
        or next(_said(error))
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those it came from, from the outermost in."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _said(error: BaseException) -> Iterator[str]:
    return (str(one).strip() or type(one).__name__ for one in _chain(error))


def _is_of_reading(error: BaseException) -> bool:
    import duckdb
    import pyarrow as pa

    return isinstance(error, (duckdb.Error, pa.ArrowException, OSError))


def _state_of_disk(home: Path) -> tuple[str, str] | None:
    if os.statvfs(_there(home)).f_flag & os.ST_RDONLY:
        return READ_ONLY
    return FULL if _free_bytes(home) < _NO_ROOM_BYTES else None


def _room(home: Path) -> str:
    return f"; {_free_bytes(home) / 1024**2:,.0f} MiB are free at {_there(home)}"


def _free_bytes(home: Path) -> int:
    disk = os.statvfs(_there(home))
    return disk.f_bavail * disk.f_frsize


def _there(home: Path) -> Path:
    return next(folder for folder in (home, *home.parents) if folder.exists())
