"""Grants files in the 360Giving Data Standard: JSON, CSV and XLSX become the same rows.

Reference: 360Giving Data Standard 1.4; sources.md section C1. A grant to a person lands without the person: neither
name nor identifier leaves this module.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingestion.catalogue import read_yaml
from ingestion.encodings import open_text
from ingestion.findings import Finding, RefusedFile
from ingestion.inbox import FileReader, InboxFile
from ingestion.tables import RawRow, check_table, heading_key
from ingestion.values import Column

CURRENCY_CODES = Path(__file__).parents[2] / "currency_codes.txt"
SOURCE = "threesixtygiving"
STREAM = "grants"
_PERSONAL = ("recipient_individual_id", "recipient_individual_name")
Row = dict[str, Any]


def open_reader(_home: Path) -> FileReader:
    """What reads one grants file."""

    def read_grants(file: InboxFile) -> tuple[dict[str, list[Row]], list[Finding]]:
        grants = GrantReader()
        return {STREAM: list(grants.read(file.path, file.sha256))}, grants.findings

    return read_grants


class GrantReader:
    """Reads grants files; a row that is wrong becomes findings in `findings`, the others are yielded."""

    def __init__(self) -> None:
        entries: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("columns.yaml"))
        codes = [line for line in CURRENCY_CODES.read_text(encoding="utf-8").splitlines() if len(line) == 3]
        self.paths = {entry["name"]: entry.pop("path").split("/") for entry in entries}
        self.headings: dict[str, str] = {}
        self.columns: list[Column] = []
        for entry in entries:
            title = entry.pop("title")
            self.headings[heading_key(title)] = entry["name"]
            self.headings[heading_key("/".join(self.paths[entry["name"]]))] = entry["name"]
            allowed = {code: code for code in codes} if entry["name"] == "currency" else {}
            self.columns.append(Column.from_contract({**entry, "heading": title, "allowed": allowed}))
        self.findings: list[Finding] = []

    def read(self, path: Path, sha256: str) -> Iterator[Row]:
        """Yield the landed rows of a file. Raises RefusedFile when it is no grants file; read it to the end."""
        readers = {".json": self._json, ".csv": self._csv, ".xlsx": self._xlsx}
        reader = readers.get(path.suffix.lower())
        if reader is None:
            raise RefusedFile("not a grants file; give 360Giving data as .json, .csv or .xlsx")
        for place, record, row in reader(path):
            landed = self._land(row, place)
            if landed is not None:
                yield {
                    **landed,
                    "file_name": path.name,
                    "file_sha256": sha256,
                    "_source_record": f"{sha256}:{record}",
                }

    def _land(self, row: Mapping[str, str | None], place: str) -> Row | None:
        landed: Row = {name: value for name, value in row.items() if name not in _PERSONAL}
        is_individual = any(row[name] for name in _PERSONAL)
        if is_individual:
            landed.update(
                recipient_id=None,
                recipient_name=None,
                recipient_postal_code=None,
                title="Grant to an individual",
            )
        elif not (row["recipient_id"] and row["recipient_name"]):
            self.findings.append(
                Finding(
                    source=SOURCE,
                    stream=STREAM,
                    place=place,
                    column_name="recipient_id",
                    reason_code="missing",
                    message="Recipient Org:Identifier or Recipient Org:Name is empty; a grant needs its recipient",
                    value_class="empty",
                )
            )
            return None
        landed["recipient_is_individual"] = "yes" if is_individual else "no"
        return landed

    def _checked(
        self, rows: Iterable[RawRow], positions: Mapping[str, int], place: str
    ) -> Iterator[tuple[int, dict[str, str | None]]]:
        for row in rows:
            checked = check_table(self.columns, positions, [row], source=SOURCE, stream=STREAM, place=place)
            self.findings += checked.findings
            yield from checked.rows

    def _json(self, path: Path) -> Iterator[tuple[str, str, dict[str, str | None]]]:
        import ijson

        positions = {column.name: index for index, column in enumerate(self.columns)}
        place = f"{path.name}#grants/"
        count = 0

        def raw_rows(grants: Iterable[Any]) -> Iterator[RawRow]:
            nonlocal count
            for index, grant in enumerate(grants):
                count += 1
                yield RawRow(index, [_at(grant, self.paths[column.name]) for column in self.columns])

        try:
            with path.open("rb") as handle:
                for index, row in self._checked(raw_rows(ijson.items(handle, "grants.item")), positions, place):
                    yield f"{place}{index}", f"grants/{index}", row
        except (ijson.JSONError, UnicodeDecodeError) as error:
            where = re.sub(r"\s+", " ", str(error).splitlines()[0])[:60] if str(error) else "cut short"
            raise RefusedFile(f"not valid JSON after {count} grants ({where}); export the file again") from None
        if not count:
            raise RefusedFile('no grants in it; a 360Giving JSON file holds them in a list named "grants"')

    def _csv(self, path: Path) -> Iterator[tuple[str, str, dict[str, str | None]]]:
        with open_text(path) as handle:
            try:
                reader = csv.reader(handle)
                positions = self._positions(next(reader, []))
                if positions is None:
                    raise RefusedFile(self._no_headings())
                place = f"{path.name}#!"
                rows = (RawRow(number, cells) for number, cells in enumerate(reader, start=2))
                for number, row in self._checked(rows, positions, place):
                    yield f"{place}{number}", str(number), row
            except csv.Error as error:
                raise RefusedFile(f"not a CSV file: {error}") from None

    def _xlsx(self, path: Path) -> Iterator[tuple[str, str, dict[str, str | None]]]:
        from python_calamine import CalamineWorkbook

        try:
            workbook = CalamineWorkbook.from_path(str(path))
            names = workbook.sheet_names
        except Exception:  # noqa: BLE001 - whatever the reader meets, the file is not a workbook; it is kept
            raise RefusedFile("cannot be opened as an .xlsx workbook; open and save it again in Excel") from None
        found = False
        for name in names:
            rows = workbook.get_sheet_by_name(name).iter_rows()
            first = next(rows, None)
            positions = self._positions(first or [])
            # Extra sheets and the standard's meta tab hold no grants.
            if positions is None:
                continue
            found = True
            place = f"{path.name}#{name}!"
            raw = (RawRow(number, cells) for number, cells in enumerate(rows, start=2))
            for number, row in self._checked(raw, positions, place):
                yield f"{place}{number}", f"{name}!{number}", row
        if not found:
            raise RefusedFile(self._no_headings())

    def _positions(self, headings: Sequence[Any]) -> dict[str, int] | None:
        """Columns by heading, titles and paths alike; None when a required one is missing."""
        positions: dict[str, int] = {}
        for index, heading in enumerate(headings):
            name = self.headings.get(re.sub(r":0:", ":", heading_key(heading)))
            if name is not None:
                positions.setdefault(name, index)
        return positions if all(c.name in positions for c in self.columns if c.required) else None

    def _no_headings(self) -> str:
        needed = ", ".join(column.heading for column in self.columns if column.required)
        return f"no table with the headings {needed}; use the headings of the 360Giving standard"


def _at(grant: Any, path: Sequence[str]) -> Any:
    """Value at a path such as recipientOrganization/0/id; None where the path ends early."""
    value = grant
    for step in path:
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return None if isinstance(value, (dict, list)) else value
