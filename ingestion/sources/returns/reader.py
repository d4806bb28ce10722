"""Quarterly return workbooks, read through the contracts kept as data.

Which return a workbook is, its own cover and tags say. A workbook that is not the return it should be is refused whole;
a row that is wrong is refused alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from common.home import stream_folder
from ingestion.catalogue import SOURCES, return_contracts
from ingestion.declaration import COVER_COLUMNS, taken_templates
from ingestion.files.inbox import FileRead, FileReader, chunks
from ingestion.files.row_check import column_letter, heading_key, lacking
from ingestion.files.values import is_empty
from ingestion.files.workbooks import Workbook
from ingestion.findings import ERROR, NOTE, WARNING, Finding, RefusedFile, refusing
from ingestion.reader import Reader
from ingestion.sources.returns.blanks import NIL, told
from ingestion.sources.returns.confirmations import SHEET as FINDINGS_SHEET
from ingestion.sources.returns.confirmations import confirmations
from ingestion.sources.returns.contract import NOT_GIVEN, ListedValues, Table
from ingestion.sources.returns.layout import Block, Headings, Layout, Sheets, headings_of, listed
from ingestion.sources.returns.recognition import Cover, recognised
from ingestion.sources.returns.rules import ReadTable, Return, gravest, judge, refused
from ingestion.sources.returns.tables import TableRead, TableReader, hidden_rows, unread_rows
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
    """Reads workbooks of the returns that are taken here (`templates`; those of the environment where it is not said).
    `partner_codes` are the cluster bodies that may send one, None any; `body`, where it is set, whose it must be;
    `read` is told of the tables' headings; `submissions` is what was handed in before, and what is read here is added
    to it. `contract`: of the workbook that was read last.
    """

    def __init__(
        self,
        partner_codes: Collection[str] | None,
        read: FileRead,
        submissions: Submissions | None = None,
        templates: Collection[str] | None = None,
    ) -> None:
        self.body: str | None = None
        self.submissions: Submissions = {} if submissions is None else submissions
        self.file_read = read
        self.contracts = return_contracts()
        self.contract = self.contracts[0]
        self.cover: Cover = {}
        self.templates = taken_templates() if templates is None else templates
        self.partner_codes = None if partner_codes is None else set(partner_codes)

    def read(self, path: Path, sha256: str) -> tuple[dict[str, list[Row]], list[Finding]]:
        """Rows by stream (with cover and provenance) and the findings. Raises RefusedFile."""
        book = Workbook(path)
        sheets = _sheets(book)
        if path.suffix.lower() in _OF_TEXT:
            _refuse_months_first(sheets)
        return self.read_sheets(sheets, path.name, sha256, {name: book.hidden_rows(name) for name in sheets})

    def read_sheets(
        self, sheets: Sheets, file_name: str, sha256: str, hidden: Mapping[str, Sequence[int]]
    ) -> tuple[dict[str, list[Row]], list[Finding]]:
        """The same of the cells of a workbook and the numbers of its hidden rows. Raises RefusedFile."""
        layout, cover = self._recognised(sheets)
        self._refuse_number_given(cover, file_name, sha256)
        confirmed = confirmations(sheets.get(FINDINGS_SHEET, ()))
        read = Return(file_name, self.contract.cover.sheet, dict(cover), {}, confirmed)
        self.cover = dict(cover)
        common = self._common(cover, file_name, sha256)
        stream = self.contract.cover.stream
        rows: dict[str, list[Row]] = {
            stream: [
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
        headings = self._headings(layout, sheets)
        lists = self._lists(layout)
        listed_values = {name: self._listed(sheets, lists, name, cover) for name in lists}
        placeholders = frozenset(map(heading_key, self.contract.placeholders))
        parents: dict[str, set[str]] = {}
        refused_parents: dict[str, set[str]] = {}
        states: list[Row] = []
        for table in self.contract.tables:
            block = layout.blocks[table.table]
            reader = TableReader(
                table,
                block,
                headings[table.table],
                file_name,
                sha256,
                listed_values,
                parents,
                refused_parents,
                placeholders,
            )
            found = reader.read(sheets, common)
            parents[table.table] = reader.references(found.rows)
            refused_parents[table.table] = reader.references([row for row, _ in found.refused])
            rows.setdefault(table.stream, []).extend(found.rows)
            states += self._stated(table, block, found, common)
            findings += [
                *self._lost(table, block, reader.place),
                *found.findings,
                *unread_rows(table, block, found.headings, sheets, reader.place),
                *hidden_rows(table, block, sheets, hidden.get(block.sheet, ()), reader.place),
            ]
            read.tables[table.table] = ReadTable(
                stream=table.stream,
                rows=found.rows,
                positions=headings[table.table].own,
                columns={column.name: column for column in table.columns},
                reference=table.reference,
                is_whole=not refusing(found.findings),
                refused=found.refused,
                answers=table.answers,
                state=found.state,
            )
        findings += self._outside(layout, sheets, file_name)
        return self._judged(read, rows, states, findings, cover, sha256)

    @property
    def _answers(self) -> Table | None:
        """The table in which a version of this return says of which others there is nothing to report."""
        versions = (one for one in self.contracts if one.template == self.contract.template)
        return next((table for one in versions for table in one.tables if table.answers), None)

    def _stated(self, table: Table, block: Block, found: TableRead, common: Row) -> Iterator[Row]:
        """Why a table has no rows, where it said so itself, as a row beside what the cover says of the tables."""
        if self._answers is not None and found.state:
            section, nothing = self._answers.columns[:2]
            cell = f"{block.sheet}!{found.findings[-1].cell}"
            yield {
                **common,
                section.name: table.stream,
                nothing.name: "yes" if found.state == NIL else None,
                NOT_GIVEN: told({"rows": found.state}),
                "sheet": block.sheet,
                "row_number": cell,
                "_source_record": f"{common['file_sha256']}:{cell}",
            }

    def note(self, path: Path, sha256: str) -> None:
        """Take a workbook that waits to be read for handed in. One that would be refused is none."""
        with suppress(RefusedFile):
            _, cover = self._recognised(_sheets(Workbook(path)))
            self._refuse_number_given(cover, path.name, sha256)
            self._submitted(cover, path.name, sha256)

    def _recognised(self, sheets: Sheets) -> tuple[Layout, Cover]:
        """Where its tables stand and what its cover says. Raises RefusedFile for one that is no readable return."""
        layout, cover = recognised(sheets, self.contracts, self.templates)
        self.contract = layout.contract
        if self.contract.cover.registered and self.body not in (None, cover["partner_code"]):
            raise RefusedFile(
                f"sheet {self.contract.cover.sheet}: the workbook is of another body than {self.body}, which is signed "
                "in; correct the body's code, or let that body hand it in"
            )
        if (
            self.contract.cover.registered
            and self.partner_codes is not None
            and cover["partner_code"] not in self.partner_codes
        ):
            raise RefusedFile(
                f"sheet {self.contract.cover.sheet}: the cluster body code is not in the partners register; "
                "correct the code, or add the body to inbox/registers/partners.csv"
            )
        layout.find_tables()
        if layout.problems:
            raise RefusedFile("; ".join(layout.problems))
        return layout, cover

    def _common(self, cover: Cover, file_name: str, sha256: str) -> Row:
        """What every row of the workbook lands with."""
        return {"file_name": file_name, "file_sha256": sha256, **{name: cover[name] for name in COVER_COLUMNS}}

    def _judged(
        self,
        read: Return,
        rows: dict[str, list[Row]],
        states: Sequence[Row],
        findings: list[Finding],
        cover: Cover,
        sha256: str,
    ) -> tuple[dict[str, list[Row]], list[Finding]]:
        """What is left of the rows once the rules over the whole return were heard, and all that was found."""
        for cover_row in rows[self.contract.cover.stream]:
            cover_row["nil_return"] = "yes" if read.is_nil else None
        judged = judge(self.contract.rules, read)
        refused(read, judged)
        for table in self.contract.tables:
            if not table.single:
                rows[table.stream] = read.tables[table.table].rows
        if self._answers is not None and states:
            rows[self._answers.stream] = [*rows.get(self._answers.stream, ()), *states]
        stream = self.contract.cover.stream
        if any(one.stream == stream for one in refusing(judged)):
            rows[stream] = []
        else:
            self._submitted(cover, read.file_name, sha256)
        return rows, list(gravest([*findings, *judged]))

    def _headings(self, layout: Layout, sheets: Sheets) -> dict[str, Headings]:
        """The headings of every table. Raises RefusedFile telling all that are missing."""
        found: dict[str, Headings] = {}
        problems: list[str] = []
        for table in self.contract.tables:
            block = layout.blocks[table.table]
            rows = sheets[block.sheet][block.first : block.first + table.heading_rows]
            lines = [block.cells(cells) for cells in rows]
            try:
                headings = found[table.table] = headings_of(table, lines, f"sheet {block.sheet}, table {table.table}")
            except RefusedFile as refusal:
                problems.append(str(refusal))
                continue
            if not table.single:
                used = {**headings.own, **{str(at): at for at, _ in headings.spread}}
                self.file_read.saw_table(table.stream, headings.shown, used, lacking(table.cells, headings.own))
        if problems:
            raise RefusedFile("; ".join(problems))
        return found

    def _lists(self, layout: Layout) -> dict[str, tuple[ListedValues, Block]]:
        """Where the lists of allowed values stand. Raises RefusedFile for one that is missing."""
        found: dict[str, tuple[ListedValues, Block]] = {}
        for name, described in self.contract.lists.items():
            tags = described.tags or self.contract.tags
            block = layout.of_list(name)
            if block is None:
                raise RefusedFile(
                    f"sheet {described.sheet}: the cell {tags.starts(described.table)} is missing, below which stands "
                    f"the list that drop-downs take {described.heading} from; use the template's workbook unchanged"
                )
            found[name] = (described, block)
        return found

    def _listed(
        self, sheets: Sheets, lists: Mapping[str, tuple[ListedValues, Block]], name: str, cover: Cover
    ) -> frozenset[str]:
        described, block = lists[name]
        labels = {field.name: field.label(cover.get(field.name) or "") for field in self.contract.cover.fields}
        matching = {heading: labels[field] for heading, field in described.matching.items()}
        return frozenset(map(heading_key, listed(sheets, block, described.heading, matching)))

    def _lost(self, table: Table, block: Block, place: str) -> Iterator[Finding]:
        """A warning for a tag that is not there any more, of a table that was found all the same."""
        for tag in block.lost:
            yield Finding(
                source=SOURCE,
                stream=table.stream,
                place=f"{place}{block.first + 1}",
                column_name="",
                reason_code="tag_missing",
                message=f"the cell {tag} is missing; the table {table.name} was read from its headings in row "
                f"{block.first + 1} to row {block.end}. Begin the next return with a new workbook",
                cell=f"{column_letter(block.left)}{block.first + 1}",
                value_class="structure",
                severity=WARNING,
            )

    def _outside(self, layout: Layout, sheets: Sheets, file_name: str) -> Iterator[Finding]:
        """Rows of the tables' sheets that stand in no table: refused where they look like rows of the table above."""
        streams = {table.table: table.stream for table in self.contract.tables if not table.single}
        free = self.contract.has_free_text
        for sheet in dict.fromkeys(layout.blocks[name].sheet for name in streams):
            tables = sorted(
                ((block, name) for name, block in layout.blocks.items() if block.sheet == sheet),
                key=lambda table: table[0].begins,
            )
            if sheet == self.contract.cover.sheet:
                continue
            for index, cells in enumerate(sheets[sheet]):
                if all(is_empty(cell) for cell in cells) or any(block.holds(index) for block, _ in tables):
                    continue
                above = [table for table in tables if table[0].end < index and table[1] in streams]
                block, name = above[-1] if above else tables[0]
                filled = sum(not is_empty(cell) for cell in block.cells(cells))
                is_row = bool(above) and filled > 1
                if free and not (is_row and index == block.end + 1):
                    continue
                yield Finding(
                    source=SOURCE,
                    stream=streams.get(name, next(iter(streams.values()))),
                    place=f"{file_name}#{sheet}!{index + 1}",
                    column_name="",
                    reason_code="outside_table",
                    message=f"the row stands {'below' if above else 'above'} the table {name} and "
                    + (
                        f"is not read; move it above the cell {self.contract.tags.ends(name)}"
                        if is_row
                        else "was taken for a note"
                    ),
                    cell=f"{column_letter(block.left)}{index + 1}",
                    value_class="row",
                    severity=ERROR if is_row else NOTE,
                )

    def _submitted(self, cover: Cover, file_name: str, sha256: str) -> None:
        if not self._is_unnumbered:
            self.submissions[_number_of(cover)] = Submission(str(cover["submitted_on"]), file_name, sha256)

    def _refuse_number_given(self, cover: Cover, file_name: str, sha256: str) -> None:
        """Raises RefusedFile when a workbook submitted earlier has the body's, quarter's and submission's number."""
        own = Submission(str(cover["submitted_on"]), file_name, sha256)
        standing = None if self._is_unnumbered else self.submissions.get(_number_of(cover))
        if standing is not None and standing.stands_before(own):
            raise RefusedFile(
                f"{file_name} has the submission number {cover['submission_number']} of {standing.file_name}, which "
                f"was submitted first ({standing.submitted_on}) and stands; give this one the next number"
            )

    @property
    def _is_unnumbered(self) -> bool:
        """Whether submissions of this return have no number of their own."""
        return "submission_number" in self.contract.cover.constants


def _number_of(cover: Cover) -> tuple[str | None, ...]:
    return tuple(cover[name] for name in _NUMBER)


def _sheets(book: Workbook) -> dict[str, list[Sequence[Any]]]:
    """The cells of every sheet, from A1."""
    return {name: [cells for _, cells in book.rows(name)] for name in book.sheet_names}


_OF_TEXT = (".csv", ".zip")
_MONTH_FIRST = re.compile(r"(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[01])/\d{4}(?: .*)?")


def _refuse_months_first(sheets: Sheets) -> None:
    """Refuse sheets saved as text whose dates have the month first: of others nobody could tell."""
    for sheet, rows in sheets.items():
        for number, cells in enumerate(rows, 1):
            for at, cell in enumerate(cells):
                if isinstance(cell, str) and _MONTH_FIRST.fullmatch(cell):
                    raise RefusedFile(
                        f"sheet {sheet}, cell {column_letter(at)}{number}: the date has the month first ({cell[:10]}), "
                        "as an American program saves text; give the workbook itself, or save its dates as 31/03/2025"
                    )


READER = Reader(open=open_reader)
