"""Tables in CSV and XLSX files, read in batches: headings first, then cells as they stand, with their row numbers.

A CSV is read by pyarrow, many rows at once; from a row that pyarrow does not take (one with too few or too many cells)
the csv module goes on, more slowly. Both read the same cells: tests/ingestion/files/test_table_files.py.
"""

from __future__ import annotations

import errno
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from common.home import make_private
from ingestion.files.archives import UNREADABLE_ARCHIVE
from ingestion.files.delimited_text import headings_of_text, strict_rows
from ingestion.files.encodings import encoding_of, open_text
from ingestion.files.limits import limits
from ingestion.files.row_check import RawRow, row_of_text, width_of
from ingestion.files.workbooks import Workbook
from ingestion.findings import RefusedFile

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000
# Of a CSV pyarrow takes a block at a time, and sets aside for every column as much as the whole block is. What of it
# is given back unused stays with the process, and counts to what that may have (`ingestion.files.limits`).
BLOCK_BYTES = 4 << 20
SET_ASIDE_BYTES = 96 << 20
_SAFE = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Cells:
    """Some rows of a table: number of the first (from 1), and text by column, in the columns' order in the file."""

    first: int
    batch: pa.RecordBatch


@dataclass(frozen=True)
class Table:
    """A sheet (None: the file is a CSV), its headings, its rows: text in columns, or cells as a workbook has them."""

    sheet: str | None
    headings: Sequence[Any]
    rows: Iterator[Cells | list[RawRow]]

    @property
    def place(self) -> str:
        """What stands before a row number in places and source records."""
        return "" if self.sheet is None else f"{self.sheet}!"


def read_tables(path: Path, heading_row: int = 1, delimiter: str = ",", width: int = 0) -> Iterator[Table]:
    """The tables of a file, a workbook's sheet by sheet; read each to its end before the next. Raises RefusedFile.

    `width`: so many columns have a heading in a row above, whatever stands in the last row of headings.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _sheets(path, heading_row)
    return iter([_csv(path, heading_row, delimiter, width)])


Chooser = Callable[[zipfile.ZipFile, list[zipfile.ZipInfo]], zipfile.ZipInfo]
"""Which of several files in a zip is meant; raises RefusedFile where none is, or more than one."""


@contextmanager
def unpacked(path: Path, into: Path, choose: Chooser | None = None) -> Iterator[Path]:
    """The file itself, or the only file in a zip, for as long as it is needed; `into` is a folder for that alone.

    Of several files in a zip, the one that `choose` takes. The unpacked file's name ends as the file's in the zip
    does. Raises RefusedFile.
    """
    if path.suffix.lower() != ".zip":
        yield path
        return
    make_private(into)
    try:
        yield _only_member(path, into, choose)
    finally:
        shutil.rmtree(into)


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip, without what a Mac adds beside them (`__MACOSX/`, `._name`, `.DS_Store`)."""
    return [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and "__MACOSX" not in (path := PurePosixPath(member.filename)).parts
        and not path.name.startswith("._")
        and path.name != ".DS_Store"
    ]


def names_in(path: Path) -> list[str]:
    """The names of the files in a zip; none for another file. Raises RefusedFile."""
    if path.suffix.lower() != ".zip":
        return []
    with _zip(path) as archive:
        return sorted(PurePosixPath(member.filename).name for member in members_of(archive))


_NO_ZIP = "the zip cannot be opened (damaged, or with a password); give the file without it"


def each_unpacked(path: Path, into: Path) -> Iterator[tuple[str, Path]]:
    """The file itself, or each file in a zip in order of names, with its name there; one at a time lies in `into`.

    Raises RefusedFile for a zip that cannot be opened, or holds none.
    """
    if path.suffix.lower() != ".zip":
        yield path.name, path
        return
    make_private(into)
    try:
        with _zip(path) as archive:
            names = sorted(member.filename for member in members_of(archive))
        if not names:
            raise RefusedFile("the zip holds no file; give the file without it")
        for name in names:
            with _zip(path) as archive:
                unpacked_file = _unpack(archive, archive.getinfo(name), into)
            yield PurePosixPath(name).name, unpacked_file
            unpacked_file.unlink()
    finally:
        shutil.rmtree(into)


def _only_member(path: Path, into: Path, choose: Chooser | None) -> Path:
    with _zip(path) as archive:
        members = members_of(archive)
        if len(members) > 1 and choose is not None:
            members = [choose(archive, members)]
        if len(members) != 1:
            raise RefusedFile(f"the zip holds {len(members)} files; give a zip with one file, or the files alone")
        return _unpack(archive, members[0], into)


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """An open zip; what is wrong with it is told as RefusedFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except UNREADABLE_ARCHIVE:
        raise RefusedFile(_NO_ZIP) from None
    except OSError as error:
        # A damaged zip names places that no file has, or bytes that are none of its method (bzip2).
        if error.errno not in (errno.EINVAL, None):
            raise
        raise RefusedFile(_NO_ZIP) from None


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path) -> Path:
    name = PurePosixPath(member.filename)
    target = into / f"unpacked_{_SAFE.sub('_', name.stem)[-100:]}{name.suffix.lower()[:10]}"
    largest = limits().file_megabytes * 1_000_000
    if member.file_size > largest:
        raise RefusedFile(f"the file in the zip is larger than {limits().file_megabytes:,} MB; split it")
    written = 0
    with archive.open(member) as packed, target.open("wb") as handle:
        while block := packed.read(1 << 20):
            written += len(block)
            if written > largest:
                raise RefusedFile("the file in the zip is larger than the zip says; give the file without it")
            handle.write(block)
    return target


def _csv(path: Path, heading_row: int, delimiter: str, width: int) -> Table:
    with open_text(path) as handle:
        row = next(islice(strict_rows(handle, delimiter), heading_row - 1, None), [])
    headings = headings_of_text(row, delimiter)
    width = max(width, width_of(headings))
    return Table(None, headings[:width], _csv_rows(path, width, heading_row, delimiter))


def _csv_rows(path: Path, width: int, heading_row: int, delimiter: str) -> Iterator[Cells | list[RawRow]]:
    import pyarrow as pa

    number = heading_row + 1
    # What pyarrow does not take is read by the csv module, which says what is wrong with it if anything is.
    with suppress(pa.ArrowInvalid, UnicodeError):
        for batch in _arrow_batches(path, width, heading_row, delimiter):
            yield Cells(number, batch)
            number += batch.num_rows
        return
    with open_text(path) as handle:
        rows = islice(strict_rows(handle, delimiter), number - 1, None)
        yield from _grouped(row_of_text(at, cells, width) for at, cells in enumerate(rows, number))


def _arrow_batches(path: Path, width: int, heading_row: int, delimiter: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    # An empty line is a row of one empty cell to pyarrow and a row without cells to the csv module. A quotation mark
    # that is never closed ends with the file to pyarrow, in an error to the csv module.
    if width < 2 or _quotation_marks(path) % 2:
        raise pa.ArrowInvalid("for the csv module")
    names = [str(index) for index in range(width)]
    encoding = encoding_of(path)
    # The first block is read when the reader is made: what is wrong in it is raised here too.
    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            column_names=names,
            skip_rows_after_names=heading_row,
            block_size=min(BLOCK_BYTES, SET_ASIDE_BYTES // width),
            encoding="utf8" if encoding == "utf-8-sig" else encoding,
            use_threads=False,
        ),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[]
        ),
    )
    with reader:
        for batch in reader:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


def _quotation_marks(path: Path) -> int:
    with path.open("rb") as handle:
        return sum(block.count(b'"') for block in iter(lambda: handle.read(1 << 20), b""))


def _sheets(path: Path, heading_row: int) -> Iterator[Table]:
    workbook = Workbook(path)
    for name in workbook.sheet_names:
        rows = workbook.rows(name)
        headings: Sequence[Any] = next((cells for number, cells in rows if number == heading_row), [])
        yield Table(name, headings, _grouped(RawRow(number, cells) for number, cells in rows))


def _grouped(rows: Iterable[RawRow]) -> Iterator[list[RawRow]]:
    remaining = iter(rows)
    while some := list(islice(remaining, BATCH_ROWS)):
        yield some
