"""Sheets of a workbook that were saved as text: one .csv, or a .zip with one for each sheet.

A .csv holds one sheet and forgets what its cells are: numbers, dates and booleans come as they were shown.
"""

from __future__ import annotations

import csv
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.files.archives import UNREADABLE_ARCHIVE, refuse_if_too_large
from ingestion.files.encodings import open_text
from ingestion.files.sheets import Sheet, refusal, shown_names
from ingestion.files.table_files import members_of
from ingestion.findings import RefusedFile

DAMAGED = "the zip cannot be opened (damaged, or with a password); give the workbook without it"
_SIGNS = ",;\t"


class TextBook:
    """The sheets of a workbook, each saved as text. Raises RefusedFile when made of what is no table."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.sheets: dict[str, Sheet] = {}
        self._rows: dict[str, list[list[Any]]] = {}
        for (name, path), shown in zip(files.items(), shown_names(files), strict=True):
            sheet = self.sheets[shown] = Sheet(name, shown)
            self._rows[name] = list(_rows(path, sheet))

    @classmethod
    def of_file(cls, path: Path) -> TextBook:
        """One sheet, named as the file."""
        return cls({path.stem: path})

    @classmethod
    def of_archive(cls, path: Path) -> TextBook:
        """A sheet for each file of a zip, named as that."""
        try:
            with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
                refuse_if_too_large(archive)
                members = members_of(archive)
                others = [member for member in members if not member.filename.lower().endswith(".csv")]
                if others or not members:
                    raise RefusedFile(
                        f"the zip holds {len(members)} files, and not only sheets saved as .csv; unpack it and give "
                        "the workbook itself"
                    )
                files: dict[str, Path] = {}
                for at, member in enumerate(members):
                    name = PurePosixPath(member.filename).stem
                    if name in files:
                        raise RefusedFile(f"the zip holds two files called {shown_names([name])[0]}.csv; leave one out")
                    files[name] = Path(folder) / f"{at}.csv"
                    files[name].write_bytes(archive.read(member))
                return cls(files)
        except (*UNREADABLE_ARCHIVE, OSError) as error:
            raise refusal(error, DAMAGED) from None

    def cells(self, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
        """The rows of a sheet from the first, numbered from 1, their cells from column A."""
        yield from ((number, list(cells)) for number, cells in enumerate(self._rows[sheet.name], 1))


def _rows(path: Path, sheet: Sheet) -> Iterator[list[Any]]:
    with open_text(path) as handle:
        start = handle.read(1 << 16)
        if "\x00" in start:
            raise RefusedFile("the file is no .csv: it holds bytes that no text has; save the sheet again")
        handle.seek(0)
        sign = max(_SIGNS, key=start.count)
        try:
            for number, cells in enumerate(csv.reader(handle, delimiter=sign), 1):
                sheet.use(number, max(1, len(cells)))
                yield [cell or None for cell in cells]
        except csv.Error as error:
            raise RefusedFile(f"the file is no .csv: {error}") from None
