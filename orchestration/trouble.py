"""Why a step failed, when that is no fault of the program: the disk, or a damaged file of the home.

Every library says it in its own words, often far from where it happened; people get one sentence.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ingestion.damage import DamagedFile, damaged_files, require_none
from ingestion.read_log import not_read

# What libraries say -> what it means, and what to do. DuckDB speaks of its temporary directory when the disk is full.
_DISK = {
    ("No space left on device", "Disk quota exceeded", "database or disk is full", "max_temp_directory_size"): (
        "the disk is full",
        "Make room and start again",
    ),
    ("Read-only file system", "attempt to write a readonly database"): (
        "the disk cannot be written: it is mounted read-only",
        "Mount it writable (a system that meets errors on a disk goes on read-only: have it looked at) and start again",
    ),
    ("Permission denied", "Operation not permitted"): (
        "the system does not let this account write there",
        "Give the home to the account that runs the nights, or run them as its owner",
    ),
    ("Input/output error",): ("the disk reports errors", "Have it looked at before the next night"),
}
_PLACE = re.compile(r"(/[^\s\"':]+)")


def disk_trouble(home: Path, error: BaseException | str) -> str | None:
    """The sentence about a disk that is full, read-only, closed to us or broken; None when it is nothing of these."""
    for text in [error] if isinstance(error, str) else _said(error):
        for words, (meaning, remedy) in _DISK.items():
            if any(word in text for word in words):
                place = _PLACE.search(text)
                at = f" ({place.group()})" if place else ""
                return f"{meaning}{at}{_room(home) if 'full' in meaning else ''}. {remedy}"
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


def _room(home: Path) -> str:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    return f"; {shutil.disk_usage(there).free / 1024**2:,.0f} MiB are free at {there}"
