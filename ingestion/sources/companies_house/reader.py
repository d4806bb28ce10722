"""The free company data product of Companies House: a CSV of 55 columns, whole or in parts, alone or together in a zip.

Reference: docs/sources/reference.md. Only a file that says it is the whole product (`BasicCompanyDataAsOneFile-…`)
makes a company that is missing from it a deleted one. Care-of names and address lines are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from common.home import make_private
from ingestion.catalogue import SOURCES
from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.editions import EDITIONS, Editions, edition_row, recogniser, refuse_if_cut_short, with_constants
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import lacking, match_headings
from ingestion.files.table_files import each_unpacked, names_in, read_tables
from ingestion.files.torn_rows import NOT_CLOSED, refusals, torn_rows, without
from ingestion.files.values import Column
from ingestion.findings import RefusedFile, refusing
from ingestion.reader import Reader

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "companies_house"
COMPANIES = "companies"
PREVIOUS_NAMES = "previous_names"
_DATE = "%d/%m/%Y"
_PREVIOUS = range(1, 11)
_NAME = re.compile(r"BasicCompanyData(AsOneFile)?-(20\d\d-\d\d-\d\d)", re.IGNORECASE)

COMPANY = [
    Column("company_number", "CompanyNumber", "company_number", required=True),
    Column("name", "CompanyName", "name_of_organisation", required=True),
    Column("post_town", "RegAddress.PostTown"),
    Column("county", "RegAddress.County"),
    Column("country", "RegAddress.Country"),
    Column("postcode", "RegAddress.PostCode"),
    Column("category", "CompanyCategory"),
    Column("status", "CompanyStatus"),
    Column("country_of_origin", "CountryOfOrigin"),
    Column("dissolved_on", "DissolutionDate", "date", form=_DATE, essential=False),
    Column("incorporated_on", "IncorporationDate", "date", form=_DATE, essential=False),
    Column("accounts_category", "Accounts.AccountCategory"),
    Column("accounts_made_up_to", "Accounts.LastMadeUpDate", "date", form=_DATE, essential=False),
    Column("accounts_due_on", "Accounts.NextDueDate", "date", form=_DATE, essential=False),
    Column("confirmation_made_up_to", "ConfStmtLastMadeUpDate", "date", form=_DATE, essential=False),
    Column("confirmation_due_on", "ConfStmtNextDueDate", "date", form=_DATE, essential=False),
    *(Column(f"sic_text_{n}", f"SICCode.SicText_{n}") for n in range(1, 5)),
    Column("uri", "URI"),
]
BEFORE = [
    column
    for n in _PREVIOUS
    for column in (
        Column(f"previous_{n}", f"PreviousName_{n}.CompanyName", "name_of_organisation"),
        Column(f"changed_on_{n}", f"PreviousName_{n}.CONDATE", "date", form=_DATE, essential=False),
    )
]
recognises = recogniser(["CompanyName", "CompanyNumber", "CompanyCategory", "CompanyStatus", "SICCode.SicText_1"])


def open_reader(read: FileRead) -> FileReader:
    """What reads one file of the product."""
    home = read.home
    editions = Editions(read, SOURCE, SOURCES[SOURCE].stream(EDITIONS))

    def read_companies(file: InboxFile) -> Iterator[Chunk]:
        edition, is_complete = edition_of_file(file.path)
        editions.accept(edition)
        has_parts = len(names_in(file.path)) > 1
        rows = wrong = torn = 0
        for name, path in each_unpacked(file.path, read.unpacked(file)):
            part = _Part(
                path,
                place=f"{file.path.name}/{name}#!" if has_parts else f"{file.path.name}#!",
                record=f"{file.sha256}:{name}:" if has_parts else f"{file.sha256}:",
            )
            for chunk in part.chunks(read, read.unpacked(file).parent):
                rows += chunk.size if chunk.stream == COMPANIES else 0
                wrong += len(refusing(chunk.findings))
                torn += sum(finding.reason_code == NOT_CLOSED for finding in chunk.findings)
                yield chunk
        if is_complete:
            refuse_if_cut_short(home, SOURCE, SOURCES[SOURCE].stream(COMPANIES), rows)
            # Of which company a torn row is nobody knows: none is known to be gone.
            yield Chunk(COMPANIES, is_whole_list=not torn)
            # The names of a company whose row could not be read are not known to be gone.
            yield Chunk(PREVIOUS_NAMES, is_whole_list=not wrong)
        yield Chunk(EDITIONS, [edition_row(edition, file.path.name, file.sha256, rows, is_complete=is_complete)])

    return read_companies


def edition_of(name: str) -> tuple[str, bool]:
    """Date of the edition and whether the file is all of it, as the name says. Raises RefusedFile."""
    found = _NAME.search(name)
    if found is None:
        raise RefusedFile(
            "the name does not say which edition it is; keep the name Companies House gave it, "
            "such as BasicCompanyDataAsOneFile-2024-05-01.zip"
        )
    return found[2], found[1] is not None


def edition_of_file(path: Path) -> tuple[str, bool]:
    """The same of a file, or of the files in a zip that has another name (`Archive.zip`). Raises RefusedFile."""
    if _NAME.search(path.name) or not names_in(path):
        return edition_of(path.name)
    said = {edition_of(name) for name in names_in(path)}
    if len(said) > 1:
        raise RefusedFile("the zip holds files of several editions; give the parts of one edition")
    return said.pop()


@dataclass(frozen=True)
class _Part:
    """A file of the product: an inbox file, or one in a zip. `place` and `record` stand before its rows' numbers."""

    path: Path
    place: str
    record: str

    def chunks(self, read: FileRead, scratch: Path) -> Iterator[Chunk]:
        """Every row; those with a quotation mark that is not closed are refused alone."""
        torn = torn_rows(self.path)
        if not torn:
            yield from self._read(self.path, read)
            return
        yield Chunk(COMPANIES, findings=refusals(torn, SOURCE, COMPANIES, self.place))
        make_private(scratch)
        with TemporaryDirectory(dir=scratch) as folder:
            yield from self._read(without(self.path, torn, Path(folder)), read)

    def _read(self, path: Path, read: FileRead) -> Iterator[Chunk]:
        columns = [*COMPANY, *BEFORE]
        for table in read_tables(path):
            positions = match_headings(columns, table.headings, "first row")
            read.saw_table(COMPANIES, table.headings, positions, lacking(columns, positions))
            check = TableCheck(columns, positions, SOURCE, COMPANIES, self.place, ("company_number",))
            for checked in check.check(table):
                rows = checked.rows
                record = _joined(self.record, rows.column(NUMBER))
                given = rows.select([column.name for column in COMPANY]).append_column("_source_record", record)
                yield Chunk(COMPANIES, given, checked.findings)
                for n in _PREVIOUS:
                    yield from _previous_names(rows, record, n)


def _joined(start: str, numbers: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(pa.scalar(start), numbers.cast(pa.string()), "")


def _previous_names(rows: pa.RecordBatch, record: pa.Array, n: int) -> Iterator[Chunk]:
    """The n-th previous name of the companies that have so many."""
    import pyarrow as pa

    named = pa.RecordBatch.from_arrays(
        [rows.column("company_number"), rows.column(f"previous_{n}"), rows.column(f"changed_on_{n}"), record],
        ["company_number", "name", "changed_on", "_source_record"],
    ).filter(rows.column(f"previous_{n}").is_valid())
    if named.num_rows:
        yield Chunk(PREVIOUS_NAMES, with_constants(named, {"position": str(n)}))


READER = Reader(open=open_reader, recognises=recognises)
