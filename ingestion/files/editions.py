"""Files of reference data that an office publishes edition after edition: what they are, and which edition is in use.

A file is recognised by its headings; its edition stands in its name. An edition older than the newest landed is
refused, so that a file found late does not turn the landing back.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.files.archives import UNREADABLE_ARCHIVE
from ingestion.files.row_check import heading_key
from ingestion.files.table_files import members_of
from ingestion.findings import RefusedFile, is_passing
from ingestion.storage.landing import live_rows
from ingestion.storage.latest import read_latest

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.declaration import Stream
    from ingestion.files.inbox import FileRead

EDITIONS = "editions"
SHRINK_GUARD = 0.8
"""A file that lists everything is refused with fewer rows than this share of those landed."""
_START_BYTES = 1 << 16
# A register comes in seven parts or so.
_MOST_PARTS = 100


def headings_of(path: Path) -> frozenset[str]:
    """Headings of a CSV, or those that all files in a zip have, as `heading_key` gives them; none for anything else."""
    try:
        starts = _starts_of(path)
    except OSError as error:
        if is_passing(error):
            raise
        return frozenset()
    except UNREADABLE_ARCHIVE:
        return frozenset()
    return frozenset.intersection(*map(headings_in, starts)) if starts else frozenset()


def headings_in(start: bytes) -> frozenset[str]:
    """Headings of a CSV that begins so, as `heading_key` gives them."""
    # The headings of these files are plain ASCII: a byte that is not UTF-8 stands further down.
    text = start.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")
    try:
        return frozenset(map(heading_key, next(csv.reader(io.StringIO(text)), [])))
    except csv.Error:
        return frozenset()


def _starts_of(path: Path) -> list[bytes]:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        with path.open("rb") as handle:
            return [handle.read(_START_BYTES)]
    if suffix != ".zip":
        return []
    with zipfile.ZipFile(path) as archive:
        members = [member for member in members_of(archive) if member.filename.lower().endswith(".csv")]
        return [start_of_member(archive, member) for member in members[:_MOST_PARTS]]


def start_of_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The first bytes of a file in a zip."""
    with archive.open(member) as packed:
        return packed.read(_START_BYTES)


class Editions:
    """The editions of a source, landed and of tonight's files, by the dates they carry (ISO text: later is greater).

    `of`: of a source with several lists, each with editions of its own, the column that names the list, and its name.
    """

    def __init__(self, read: FileRead, source: str, stream: Stream, of: tuple[str, str] | None = None) -> None:
        self._noted = read.noted
        self._about = EDITIONS if of is None else f"{EDITIONS} of {of[1]}"
        if self._about not in self._noted:
            landed = read_latest(read.home, source, stream, ("edition",) if of is None else ("edition", of[0]))
            self._noted[self._about] = max((row[0] for row in landed if of is None or row[1] == of[1]), default="")

    def accept(self, edition: str) -> None:
        """Take an edition. Raises RefusedFile for one older than the newest."""
        newest = self._noted[self._about]
        if edition < newest:
            raise RefusedFile(f"edition {edition} is older than {newest}, which is in use; drop the newest only")
        self._noted[self._about] = edition


def refuse_if_cut_short(home: Path, source: str, stream: Stream, rows: int) -> None:
    """Raise RefusedFile when a file that lists everything has far fewer rows than are landed."""
    landed = live_rows(home, source, stream)
    if rows < SHRINK_GUARD * landed:
        raise RefusedFile(
            f"lists {rows} rows, {landed} are in use: taken for incomplete; download it again, or, if it is right, "
            "see docs/sources/reference.md"
        )


def with_constants(rows: pa.RecordBatch, constants: Mapping[str, str | None]) -> pa.RecordBatch:
    """The rows with columns that have one value throughout."""
    import pyarrow as pa

    for name, value in constants.items():
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, pa.string()), rows.num_rows))
    return rows


def recogniser(headings: Iterable[str]) -> Callable[[Path], bool]:
    """What tells whether a file has all of these headings."""
    wanted = frozenset(map(heading_key, headings))
    return lambda path: wanted <= headings_of(path)


def edition_row(edition: str, name: str, sha256: str, rows: int, *, is_complete: bool) -> dict[str, Any]:
    """A row of a stream `editions`. Grain: a file."""
    return {
        "edition": edition,
        "is_complete": "yes" if is_complete else "no",
        "rows_read": str(rows),
        "file_name": name,
        "file_sha256": sha256,
        "_source_record": sha256,
    }
