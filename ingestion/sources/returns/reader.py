"""Quarterly return workbooks, read through the template contract kept as data.

Tables are found by their START and END cells wherever they stand on their sheet. A workbook that is not the return it
should be is refused whole; a row that is wrong is refused alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from common.home import stream_folder
from ingestion.catalogue import OWN_TEMPLATE, SOURCES, return_contract, return_contracts
from ingestion.files.inbox import FileRead, FileReader, chunks
from ingestion.files.row_check import RawRow, check_table, column_letter, heading_key, lacking, match_headings
from ingestion.files.values import BadValue, Column, is_empty
from ingestion.files.workbooks import Workbook
from ingestion.findings import ERROR, NOTE, Finding, RefusedFile, refusing
from ingestion.reader import Reader
from ingestion.sources.returns.confirmations import SHEET as FINDINGS_SHEET
from ingestion.sources.returns.confirmations import confirmations
from ingestion.sources.returns.contract import Cover, ReturnContract, Table, Tags
from ingestion.sources.returns.references import reference_key, repetitions
from ingestion.sources.returns.rules import ReadTable, Return, gravest, judge, refused
from ingestion.storage.latest import read_latest

SOURCE = "returns"
Row = dict[str, Any]


def open_reader(read: FileRead) -> FileReader:
    """What reads one workbook of the bodies that stand in the partners register."""
    home = read.home
    partners = SOURCES["registers"].stream("partners")
    codes = [row[0] for row in read_latest(home, "registers", partners, ("partner_code",))]
    if "submissions" not in read.noted:
        read.noted["submissions"] = handed_in(home)
    reader = ReturnReader(codes, read, read.noted["submissions"])
    return lambda file: chunks(*reader.read(file.path, file.sha256))


class Submission(NamedTuple):
    """A workbook that was handed in; of two with one number the lesser stands."""

    submitted_on: str
    file_name: str
    sha256: str

    def stands_before(self, other: Submission) -> bool:
        """Whether it was submitted first; of one day and name what is there already was."""
        return self.sha256 != other.sha256 and self[:2] <= other[:2]


Submissions = dict[tuple[str | None, ...], Submission]
"""The workbook that stands for each body, quarter and submission number."""
_NUMBER = ("partner_code", "period_key", "submission_number")


def handed_in(home: Path) -> Submissions:
    """What was handed in and read before."""
    if not stream_folder(home, SOURCE, "covers").is_dir():
        return {}
    covers = SOURCES[SOURCE].stream("covers")
    found: Submissions = {}
    for *number, submitted_on, name, sha256 in read_latest(
        home, SOURCE, covers, (*_NUMBER, "submitted_on", "file_name", "file_sha256")
    ):
        submission = Submission(submitted_on, name, sha256)
        found[tuple(number)] = min(submission, found.get(tuple(number), submission))
    return found


class ReturnReader:
    """Reads workbooks of one template. `partner_codes` are the cluster bodies that may send one, None any; `read` is
    told of the tables' headings; `submissions` is what was handed in before, and what is read here is added to it.
    """

    def __init__(
        self, partner_codes: Collection[str] | None, read: FileRead, submissions: Submissions | None = None
    ) -> None:
        self.submissions: Submissions = {} if submissions is None else submissions
        self.file_read = read
        self.contract = return_contract()
        self.cover: Row = {}
        self.partner_codes = None if partner_codes is None else set(partner_codes)

    def read(self, path: Path, sha256: str) -> tuple[dict[str, list[Row]], list[Finding]]:
        """Rows by stream (with cover and provenance) and the findings. Raises RefusedFile."""
        sheets = _sheets(path)
        self.contract, fences = _recognised(sheets)
        cover = self._cover(sheets, fences)
        self._refuse_number_given(cover, path.name, sha256)
        confirmed = confirmations(sheets.get(FINDINGS_SHEET, ()))
        read = Return(path.name, self.contract.cover.sheet, dict(cover), {}, confirmed)
        cover.pop("nil_return", None)
        self.cover = dict(cover)
        common: Row = {"file_name": path.name, "file_sha256": sha256, **cover}
        rows: dict[str, list[Row]] = {
            "covers": [
                {
                    **common,
                    "template": self.contract.template,
                    "template_version": str(self.contract.version),
                    "sheet": self.contract.cover.sheet,
                    "row_number": "1",
                    "_source_record": f"{sha256}:{self.contract.cover.sheet}",
                }
            ]
        }
        findings: list[Finding] = []
        keys: dict[str, set[str]] = {}
        for table in self.contract.tables:
            found, wrong = self._table(table, sheets, fences, path.name, sha256, common, keys)
            rows[table.stream] = found
            findings += wrong
            read.tables[table.table] = self._read_table(table, sheets, fences, found, wrong)
        findings += self._outside(sheets, fences, path.name)
        judged = judge(self.contract.rules, read)
        refused(read, judged)
        if any(one.stream == "covers" for one in refusing(judged)):
            rows["covers"] = []
        else:
            self._submitted(cover, path.name, sha256)
        return rows, list(gravest([*findings, *judged]))

    def _read_table(
        self,
        table: Table,
        sheets: Mapping[str, list[Sequence[Any]]],
        fences: Fences,
        rows: list[Row],
        findings: list[Finding],
    ) -> ReadTable:
        """A table as the rules over the whole return see it; its rows are the very ones that land."""
        headings, _, _ = _fenced(sheets, fences, table.sheet, table.table, self.contract.tags, table.lead_rows)
        return ReadTable(
            stream=table.stream,
            rows=rows,
            positions=match_headings(table.cells, headings, table.table),
            columns={column.name: column for column in table.columns},
            reference=table.reference,
            is_whole=not refusing(findings),
            answers=table.answers,
        )

    def note(self, path: Path, sha256: str) -> None:
        """Take a workbook that waits to be read for handed in. One that would be refused is none."""
        with suppress(RefusedFile):
            sheets = _sheets(path)
            self.contract, fences = _recognised(sheets)
            cover = self._cover(sheets, fences)
            self._refuse_number_given(cover, path.name, sha256)
            self._submitted(cover, path.name, sha256)

    def _outside(self, sheets: Mapping[str, list[Sequence[Any]]], fences: Fences, file_name: str) -> Iterator[Finding]:
        """Rows of the tables' sheets that stand in no table: refused where they look like rows of the table above."""
        streams = {
            (table.sheet, table.table): table.stream
            for table in self.contract.tables
            if table.sheet != self.contract.cover.sheet
        }
        for sheet in dict.fromkeys(sheet for sheet, _ in streams):
            tables = sorted(
                ((fences[key], key[1], stream) for key, stream in streams.items() if key[0] == sheet),
                key=lambda table: table[0].start,
            )
            for index, cells in enumerate(sheets[sheet]):
                if all(is_empty(cell) for cell in cells) or any(f.start <= index <= f.end for f, *_ in tables):
                    continue
                above = [table for table in tables if table[0].end < index]
                fence, name, stream = above[-1] if above else tables[0]
                filled = sum(not is_empty(cell) for cell in cells[fence.left :])
                is_row = bool(above) and filled > 1
                yield Finding(
                    source=SOURCE,
                    stream=stream,
                    place=f"{file_name}#{sheet}!{index + 1}",
                    column_name="",
                    reason_code="outside_table",
                    message=f"the row stands {'below' if above else 'above'} the table {name} and "
                    + (
                        f"is not read; move it above the cell {self.contract.tags.ends(name)}"
                        if is_row
                        else "was taken for a note"
                    ),
                    cell=f"{column_letter(fence.left)}{index + 1}",
                    value_class="row",
                    severity=ERROR if is_row else NOTE,
                )

    def _cover(self, sheets: dict[str, list[Sequence[Any]]], fences: Fences) -> Row:
        described = self.contract.cover
        sheet = described.sheet
        given = _given(sheets, fences, described, self.contract.tags)
        cover: Row = {}
        # The fields that say whose workbook it is come first: all else that is wrong with a strange one follows.
        for column in (field.cell for field in described.fields):
            raw, expected = given.get(heading_key(column.heading)), described.must_be.get(column.name)
            if expected is None:
                cover[column.name] = _cover_value(sheet, column, raw)
            elif is_empty(raw) or _cover_value(sheet, column, raw) != expected:
                known = " or ".join(dict.fromkeys(_known_values(self.contract.template, column.name)))
                raise RefusedFile(f"sheet {sheet}: {column.heading} is not {known}; use this round's workbook")
        cover.pop("partner_name")
        if self.partner_codes is not None and cover["partner_code"] not in self.partner_codes:
            raise RefusedFile(
                f"sheet {sheet}: the cluster body code is not in the partners register; "
                "correct the code, or add the body to inbox/registers/partners.csv"
            )
        return cover

    def _submitted(self, cover: Row, file_name: str, sha256: str) -> None:
        self.submissions[_number_of(cover)] = Submission(cover["submitted_on"], file_name, sha256)

    def _refuse_number_given(self, cover: Row, file_name: str, sha256: str) -> None:
        """Raises RefusedFile when a workbook submitted earlier has the body's, quarter's and submission's number."""
        own = Submission(cover["submitted_on"], file_name, sha256)
        standing = self.submissions.get(_number_of(cover))
        if standing is not None and standing.stands_before(own):
            raise RefusedFile(
                f"{file_name} has the submission number {cover['submission_number']} of {standing.file_name}, which "
                f"was submitted first ({standing.submitted_on}) and stands; give this one the next number"
            )

    def _table(
        self,
        table: Table,
        sheets: dict[str, list[Sequence[Any]]],
        fences: Fences,
        file_name: str,
        sha256: str,
        common: Row,
        keys: dict[str, set[str]],
    ) -> tuple[list[Row], list[Finding]]:
        sheet, name, stream = table.sheet, table.table, table.stream
        headings, body, _ = _fenced(sheets, fences, sheet, name, self.contract.tags, table.lead_rows)
        columns = table.cells
        positions = match_headings(columns, headings, f"sheet {sheet}, table {name}")
        self.file_read.saw_table(stream, headings, positions, lacking(columns, positions))
        place = f"{file_name}#{sheet}!"
        checked = check_table(
            columns,
            positions,
            (RawRow(number, cells) for number, cells in body),
            source=SOURCE,
            stream=stream,
            place=place,
        )
        first, last = (column_letter(i) for i in (min(positions.values()), max(positions.values())))
        rows: list[Row] = []
        findings = checked.findings
        repeated, contradicted = repetitions(table, checked.rows)
        findings += self._repetitions(table, repeated, contradicted, positions, place)
        usable = [(number, row) for number, row in checked.rows if number not in contradicted]
        for number, row in usable:
            orphan = self._orphan(table, row, keys, number, positions, place)
            if orphan is not None:
                findings.append(orphan)
                continue
            rows.append(
                {
                    **common,
                    **row,
                    "sheet": sheet,
                    "row_number": str(number),
                    "_source_record": f"{sha256}:{sheet}!{first}{number}:{last}{number}",
                }
            )
        keys[name] = {reference_key(row[columns[0].name]) for _, row in usable}
        return rows, findings

    def _repetitions(
        self,
        table: Table,
        repeated: dict[int, int],
        contradicted: dict[int, int],
        positions: dict[str, int],
        place: str,
    ) -> list[Finding]:
        named = [column for column in table.columns if column.name in table.reference]
        headings = " and ".join(column.heading for column in named)

        def finding(number: int, code: str, message: str, **more: str) -> Finding:
            return Finding(
                source=SOURCE,
                stream=table.stream,
                place=f"{place}{number}",
                column_name=named[0].name,
                reason_code=code,
                message=message,
                cell=f"{column_letter(positions[named[0].name])}{number}",
                value_class="text",
                **more,
            )

        notes = [
            finding(number, "row_repeated", f"the same row stands in {place}{other}; it counts once", severity=NOTE)
            for number, other in repeated.items()
        ]
        return notes + [
            finding(
                number,
                "reference_contradicted",
                f"{headings} stands in {place}{other} too, and the rows differ: neither is read; give each a "
                "reference of its own, or leave one out",
            )
            for number, other in contradicted.items()
        ]

    def _orphan(
        self,
        table: Table,
        row: dict[str, str | None],
        keys: dict[str, set[str]],
        number: int,
        positions: dict[str, int],
        place: str,
    ) -> Finding | None:
        for column_name, parent in table.references.items():
            if reference_key(row[column_name]) not in keys[parent]:
                heading = table.column(column_name).heading
                return Finding(
                    source=SOURCE,
                    stream=table.stream,
                    place=f"{place}{number}",
                    column_name=column_name,
                    reason_code="unknown_reference",
                    message=f"{heading} is not among the rows that can be read of the table {parent} of this workbook; "
                    "add it there or correct it",
                    cell=f"{column_letter(positions[column_name])}{number}",
                    value_class="text",
                )
        return None


def _number_of(cover: Row) -> tuple[str | None, ...]:
    return tuple(cover[name] for name in _NUMBER)


def _cover_value(sheet: str, column: Column, raw: Any) -> str | None:
    try:
        return column.read(raw)
    except BadValue as bad:
        raise RefusedFile(f"sheet {sheet}: {bad}") from None


def _sheets(path: Path) -> dict[str, list[Any]]:
    """The cells of every sheet, from A1. Raises RefusedFile when it is no workbook that can be read."""
    workbook = Workbook(path)
    return {name: [cells for _, cells in workbook.rows(name)] for name in workbook.sheet_names}


@dataclass(frozen=True)
class _Fence:
    """Where a table's START and END cells stand: sheet, rows and the first column of the table (all from 0)."""

    sheet: str
    start: int
    end: int
    left: int


Fences = Mapping[tuple[str, str], _Fence]
"""The tables of a workbook, by sheet and name."""


def _recognised(sheets: dict[str, list[Sequence[Any]]]) -> tuple[ReturnContract, Fences]:
    """The contract that a workbook's cover names, and its tables; else the one that comes nearest, which it breaks."""
    found: list[tuple[int, bool, int]] = []
    fences: dict[Tags, Fences] = {}
    contracts = return_contracts()
    for contract in contracts:
        cover, tags = contract.cover, contract.tags
        if tags not in fences:
            fences[tags] = _fences(sheets, tags)
        named = 0
        with suppress(RefusedFile):
            given = _given(sheets, fences[tags], cover, tags)
            for field in cover.fields:
                with suppress(BadValue):
                    wanted = cover.must_be.get(field.name)
                    named += wanted is not None and field.cell.read(given.get(heading_key(field.heading))) == wanted
        found.append((named, contract.template == OWN_TEMPLATE, contract.version))
    contract = contracts[found.index(max(found))]
    return contract, fences[contract.tags]


def _known_values(template: str, field: str) -> Iterator[str]:
    """What a field of the cover must be in any version of a template."""
    return (contract.cover.must_be[field] for contract in return_contracts() if contract.template == template)


def _given(sheets: dict[str, list[Sequence[Any]]], fences: Fences, cover: Cover, tags: Tags) -> dict[str, Any]:
    """What a cover says, by heading. Raises RefusedFile for one that is not there, or says something twice."""
    _, body, left = _fenced(sheets, fences, cover.sheet, cover.table, tags)
    given: dict[str, Any] = {}
    for _, cells in body:
        name = heading_key(cells[left] if len(cells) > left else None)
        if name and name in given:
            raise RefusedFile(f"sheet {cover.sheet}: {cells[left]} stands twice; keep one")
        given[name] = cells[left + 1] if len(cells) > left + 1 else None
    return given


def _fences(sheets: Mapping[str, list[Sequence[Any]]], tags: Tags) -> Fences:
    """The tables of a workbook. Raises RefusedFile for a START or END cell that stands twice."""
    found: dict[tuple[str, str], tuple[str, int, int]] = {}
    for sheet, index, position, cell in _texts(sheets):
        tag = tags.read(cell)
        if tag is None:
            continue
        before = found.setdefault(tag, (sheet, index, position))
        if before != (sheet, index, position):
            raise RefusedFile(
                f"the cell {cell.strip()} stands twice, in {_named(*before)} and {_named(sheet, index, position)}; "
                "put all rows into one table and remove the other"
            )
    starts = {table: place for (table, kind), place in found.items() if kind == "START"}
    fences = {}
    for table, (sheet, index, left) in starts.items():
        if tags.end is None:
            below = [other for on, other, _ in starts.values() if on == sheet and other > index]
            fences[sheet, table] = _Fence(sheet, index, min(below, default=len(sheets[sheet])), left)
        elif found.get((table, "END"), ("",))[0] == sheet:
            fences[sheet, table] = _Fence(sheet, index, found[table, "END"][1], left)
    return fences


def _texts(sheets: Mapping[str, list[Sequence[Any]]]) -> Iterator[tuple[str, int, int, str]]:
    """Every text of a workbook with its sheet, row and column."""
    for sheet, rows in sheets.items():
        for index, cells in enumerate(rows):
            for position, cell in enumerate(cells):
                if isinstance(cell, str):
                    yield sheet, index, position, cell


def _named(sheet: str, index: int, position: int) -> str:
    return f"{sheet}!{column_letter(position)}{index + 1}"


def _fenced(
    sheets: Mapping[str, list[Sequence[Any]]], fences: Fences, sheet: str, table: str, tags: Tags, lead_rows: int = 0
) -> tuple[Sequence[Any], list[tuple[int, Sequence[Any]]], int]:
    """Headings, numbered rows and first column of a table.

    Raises RefusedFile when the sheet or one of the cells that it stands between is missing.
    """
    if sheet not in sheets:
        raise RefusedFile(f"the sheet {sheet} is missing; use the template's workbook")
    fence = fences.get((sheet, table))
    if fence is None:
        standing = {cell.strip() for cells in sheets[sheet] for cell in cells if isinstance(cell, str)}
        missing = next(tag for tag in (tags.starts(table), tags.ends(table)) if tag and tag not in standing)
        raise RefusedFile(f"sheet {sheet}: the cell {missing} is missing; use the template's workbook unchanged")
    first = fence.start + 1 + lead_rows
    if fence.end <= first:
        raise RefusedFile(f"sheet {sheet}: the table {table} has no headings below its cell {tags.starts(table)}")
    body = list(_clipped(sheets[sheet], first, fence.end, fence.left))
    return body[0][1], body[1:], fence.left


def _clipped(rows: list[Sequence[Any]], first: int, last: int, left: int) -> Iterator[tuple[int, Sequence[Any]]]:
    for index in range(first, last):
        cells = list(rows[index])
        # Cells left of the table are other notes; positions stay those of the sheet.
        yield index + 1, [None] * left + cells[left:]


READER = Reader(open=open_reader)
