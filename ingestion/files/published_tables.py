"""Lists that an office publishes as one table under known headings, as XLSX, CSV, or one of these in a zip.

Such a file is recognised by its headings; columns it has beside those are not read.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.yamlfile import read_yaml
from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.inbox import FileRead, InboxFile
from ingestion.files.row_check import find_columns, heading_key, lacking, meant
from ingestion.files.table_files import Table, read_tables, unpacked
from ingestion.files.values import Column
from ingestion.findings import Finding, RefusedFile

Row = dict[str, Any]


@dataclass(frozen=True)
class PublishedList:
    """What a list looks like. `title` as in "not a list of funded projects"; `publisher` as in "as … publishes it".

    A sheet with `recognised_by` of its headings is one of the list, to be refused if it lacks one that is required.
    """

    source: str
    stream: str
    title: str
    publisher: str
    columns: Sequence[Column]
    recognised_by: int

    @classmethod
    def from_contract(cls, path: Path, **described: Any) -> PublishedList:
        """A list whose columns stand in a contract file."""
        return cls(
            columns=[Column.from_contract(entry) for entry in read_yaml(path, list[dict[str, Any]])], **described
        )

    def recognises(self, path: Path) -> bool:
        """Whether a file has the headings of the list."""
        try:
            with tempfile.TemporaryDirectory() as folder, unpacked(path, Path(folder) / "unpacked") as file:
                return any(len(self._positions(table)) >= self.recognised_by for table in self._tables(file))
        except RefusedFile:
            return False

    def read(self, file: InboxFile, read: FileRead) -> Iterator[tuple[list[Row], list[Finding]]]:
        """Right rows, with the file they are from and their place in it, and what is wrong with the others.

        Raises RefusedFile.
        """
        with unpacked(file.path, read.unpacked(file)) as path:
            for table in self._tables(path):
                positions = self._positions(table)
                if len(positions) >= self.recognised_by:
                    read.saw_table(self.stream, table.headings, positions, lacking(self.columns, positions))
                    yield from self._checked(table, file)

    def _checked(self, table: Table, file: InboxFile) -> Iterator[tuple[list[Row], list[Finding]]]:
        required = [column for column in self.columns if column.required]
        positions = self._positions(table, [column.name for column in required])
        missing = lacking(required, positions)
        if missing:
            raise RefusedFile(
                f"the heading {', '.join(missing)} is missing{meant(table.headings, missing)}; use the {self.title} as "
                f"{self.publisher} publishes it"
            )
        name = file.path.name
        check = TableCheck(self.columns, positions, self.source, self.stream, f"{name}#{table.place or '!'}")
        for checked in check.check(table):
            rows = checked.rows.to_pylist()
            for row in rows:
                place = f"{table.place}{row.pop(NUMBER)}"
                row |= {"file_name": name, "file_sha256": file.sha256, "_source_record": f"{file.sha256}:{place}"}
            yield rows, checked.findings

    def _tables(self, path: Path) -> Iterator[Table]:
        if path.suffix.lower() not in {".csv", ".xlsx"}:
            raise RefusedFile(f"not a {self.title}; give it as .xlsx or .csv, or one of these in a .zip")
        return read_tables(path)

    def _positions(self, table: Table, required: Sequence[str] = ()) -> dict[str, int]:
        return find_columns(
            {column.name: {_heading(column.heading)} for column in self.columns},
            table.headings,
            required=required,
            key=_heading,
        )


def _heading(heading: Any) -> str:
    """`Award Offered (£)` and `Award Offered` are the same."""
    return re.sub(r"\s*\([^)]*\)$", "", heading_key(heading))
