"""Files of a home that cannot be read any more (a cut copy, a bad disk, a machine that died), and what to do then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.home import landing_folder, runs_folder

_MAGIC = b"PAR1"
# Magic at both ends, and the length of the footer.
_LEAST_BYTES = 12
_MOST_SHOWN = 5


class DamagedFile(Exception):
    """A file of the home cannot be read; the message names it and says what to do."""

    exit_code = 2


def require_readable(home: Path) -> None:
    """Raise DamagedFile when a file of the landing or a log of reads was cut short, emptied or overwritten."""
    require_none(damaged_files(home))


def require_none(damaged: Iterator[Path]) -> None:
    """Raise DamagedFile naming the files, if there are any, and what to do about them."""
    found = list(damaged)
    if not found:
        return
    ways = {way_out(path): None for path in found}
    named = ", ".join(map(str, found[:_MOST_SHOWN])) + (
        f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    )
    said = "is no whole Parquet file" if len(found) == 1 else "are no whole Parquet files"
    raise DamagedFile(f"{named} {said}: cut short, emptied or overwritten. {' '.join(ways)} Then start the night again")


def damaged_files(home: Path, *, whole: bool = False) -> Iterator[Path]:
    """Parquet files of the landing and the logs of reads that are damaged, in order of name.

    Both ends of each file are looked at, which is cheap; with `whole` every page is read.
    """
    places = [landing_folder(home).glob("*/*/*.parquet"), runs_folder(home).glob("*/*/*.parquet")]
    for path in sorted(path for place in places for path in place):
        if not (_ends_are_whole(path) and (not whole or _reads_to_its_end(path))):
            yield path


def way_out(path: Path) -> str:
    """What to do about one damaged file, from where it lies."""
    # Every command knows of damage, and few read sources.
    from ingestion.catalogue import SOURCES

    if path.parent.name.startswith(("source_", "night")):
        return "It is a log of one night: put it back from your backup, or remove it; no figure depends on it."
    source, stream = path.parent.parent.name, path.parent.name
    if path.name.endswith("_schema.parquet"):
        return f"Remove {path.name}: it holds no rows and is made anew."
    if source == "inbox":
        return "Put it back from your backup, or remove it: the files it told of are then read again, to the same rows."
    if source in SOURCES and SOURCES[source].kind == "files":
        return (
            "Put it back from your backup, or remove it: the files its rows came from are read again, from the inbox "
            "or from originals/."
        )
    if source in SOURCES:
        return (
            f"Put it back from your backup, or move landing/{source}/{stream} away: {SOURCES[source].title} is then "
            "asked for all of it."
        )
    return "Put it back from your backup, or remove it: what that night told of refused rows is then no longer known."


def read_json(path: Path, way_out: str) -> Any:
    """The content of a JSON file of the home. Raises DamagedFile with the way out when it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(f"{path} cannot be read ({error}). {way_out}") from None


def _ends_are_whole(path: Path) -> bool:
    with path.open("rb") as handle:
        start = handle.read(len(_MAGIC))
        size = handle.seek(0, 2)
        if start != _MAGIC or size < _LEAST_BYTES:
            return False
        handle.seek(size - 8)
        footer_bytes = int.from_bytes(handle.read(4), "little")
        return handle.read() == _MAGIC and footer_bytes <= size - _LEAST_BYTES


def _reads_to_its_end(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except (OSError, pa.ArrowException):
        return False
    return True
