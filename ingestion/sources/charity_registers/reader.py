"""The charity registers of England and Wales (JSON), Scotland and Northern Ireland (CSV), as they are published.

Reference: docs/sources/reference.md. Each file is the whole of a list, so that a charity it lacks has left it. Of
addresses nothing is read, but for the postcode at the end of one where a register has no column for it; nor are
telephone numbers, e-mail addresses and trustees.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.catalogue import SOURCES
from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.editions import EDITIONS, Editions, edition_row, headings_of, with_constants
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import KEY_JOIN, heading_key, lacking, match_headings
from ingestion.files.table_files import BATCH_ROWS, Cells, Table, names_in, read_tables, unpacked
from ingestion.files.values import Column
from ingestion.findings import RefusedFile, refusing
from ingestion.reader import Reader

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.findings import Finding

SOURCE = "charity_registers"
CHARITIES, OTHER_NAMES = "charities", "other_names"
_EXTRACT = re.compile(r"publicextract[.]charity(_other_names)?[.](json|txt|zip)$", re.IGNORECASE)
_DAY_OF_EXPORT = re.compile(r"(\d{1,2}-[A-Z][a-z]{2}-20\d\d)", re.IGNORECASE)
_DAY_OF_DETAILS = re.compile(r"(20\d\d)[_-](\d\d)[_-](\d\d)")
# What a charity's key has where its register knows no charities linked to one.
_ITSELF = "0"
_POSTCODE_AT_END = r"(?i)(?P<postcode>[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})[\s,.]*$"


@dataclass(frozen=True)
class Form:
    """How a register writes a list. `headings`: those by which a CSV is known; none of JSON, which is known by name."""

    list_name: str
    register: str
    stream: str
    columns: Sequence[Column]
    headings: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, ...]:
        """What of a row says of which charity it is."""
        names = {column.name for column in self.columns}
        return tuple(name for name in ("charity_number", "linked_number", "name_id") if name in names)

    def key_of(self, finding: Finding) -> Finding:
        """The finding with the key of its row as the stream has it."""
        if finding.key is None:
            return finding
        parts = [self.register, *finding.key.split(KEY_JOIN)]
        return replace(finding, key=KEY_JOIN.join(parts if "linked_number" in self.key else [*parts, _ITSELF]))


ENGLAND_AND_WALES = Form(
    "england_and_wales",
    "GB-CHC",
    CHARITIES,
    [
        Column("charity_number", "registered_charity_number", required=True),
        Column("linked_number", "linked_charity_number", required=True),
        Column("name", "charity_name", "name_of_organisation", required=True),
        Column("status", "charity_registration_status"),
        Column("registered_on", "date_of_registration", "date", essential=False),
        Column("removed_on", "date_of_removal", "date", essential=False),
        Column("company_number", "charity_company_registration_number"),
        Column("postcode", "charity_contact_postcode", "open_text"),
        Column("website", "charity_contact_web", "open_text"),
    ],
)
ITS_OTHER_NAMES = Form(
    "england_and_wales",
    "GB-CHC",
    OTHER_NAMES,
    [
        Column("charity_number", "registered_charity_number", required=True),
        Column("linked_number", "linked_charity_number", required=True),
        Column("name_id", "charity_name_id", required=True),
        Column("name_type", "charity_name_type"),
        Column("name", "charity_name", "name_of_organisation", required=True),
    ],
)
_SCOTTISH = [
    Column("charity_number", "Charity Number", required=True),
    Column("name", "Charity Name", "name_of_organisation", required=True),
    Column("known_as", "Known As", "name_of_organisation"),
    Column("status", "Charity Status"),
    Column("registered_on", "Registered Date", "date", essential=False),
    Column("postcode", "Postcode", "open_text"),
    Column("website", "Website", "open_text"),
]
_OF_SCOTLAND = frozenset(map(heading_key, ("Charity Number", "Charity Name", "Registered Date", "Constitutional Form")))
SCOTLAND = Form("scotland", "GB-SC", CHARITIES, _SCOTTISH, _OF_SCOTLAND)
SCOTLAND_REMOVED = Form(
    "scotland_removed",
    "GB-SC",
    CHARITIES,
    [*_SCOTTISH, Column("removed_on", "Ceased Date", "date", essential=False)],
    _OF_SCOTLAND | {heading_key("Ceased Date")},
)
NORTHERN_IRELAND = Form(
    "northern_ireland",
    "GB-NIC",
    CHARITIES,
    [
        Column("charity_number", "Reg charity number", required=True),
        Column("linked_number", "Sub charity number", required=True),
        Column("name", "Charity name", "name_of_organisation", required=True),
        Column("status", "Status"),
        Column("registered_on", "Date registered", "date", essential=False),
        Column("company_number", "Company number"),
        Column("address", "Public address", "open_text"),
        Column("website", "Website", "open_text"),
    ],
    frozenset(map(heading_key, ("Reg charity number", "Sub charity number", "Charity name"))),
)
# What has more headings first.
_TABLES = (SCOTLAND_REMOVED, SCOTLAND, NORTHERN_IRELAND)


def form_of(path: Path) -> Form | None:
    """Which list a file is; None for none of these."""
    names = [path.name, *names_in(path)] if path.suffix.lower() == ".zip" else [path.name]
    found = next((match for name in names if (match := _EXTRACT.search(name))), None)
    if found is not None:
        return ITS_OTHER_NAMES if found[1] else ENGLAND_AND_WALES
    headings = headings_of(path)
    return next((form for form in _TABLES if form.headings <= headings), None)


def recognises(path: Path) -> bool:
    """Whether a file is a list of these registers."""
    return form_of(path) is not None


def open_reader(read: FileRead) -> FileReader:
    """What reads one list."""

    def read_list(file: InboxFile) -> Iterator[Chunk]:
        form = form_of(file.path)
        if form is None:
            raise RefusedFile("not a list of a charity register that this project reads")
        with unpacked(file.path, read.unpacked(file)) as path:
            yield from _List(form, file, path, read).chunks()

    return read_list


@dataclass(frozen=True)
class _List:
    """A list in the file `path`, which may have come in the zip `file`."""

    form: Form
    file: InboxFile
    path: Path
    read: FileRead

    def chunks(self) -> Iterator[Chunk]:
        form = self.form
        edition, tables = self._opened()
        Editions(self.read, SOURCE, SOURCES[SOURCE].stream(EDITIONS), ("list_name", form.list_name)).accept(edition)
        rows = wrong = 0
        for table in tables:
            positions = match_headings(form.columns, table.headings, "first row")
            self.read.saw_table(form.stream, table.headings, positions, lacking(form.columns, positions))
            check = TableCheck(
                form.columns, positions, SOURCE, form.stream, f"{self.file.path.name}#{self._before_number}", form.key
            )
            for checked in check.check(table):
                findings = [form.key_of(finding) for finding in checked.findings]
                rows += checked.rows.num_rows
                wrong += len(refusing(findings))
                yield from self._landed(checked.rows, findings)
        yield Chunk(form.stream, lists=[(form.list_name,)])
        if any(column.name == "known_as" for column in form.columns) and not wrong:
            # The names of a charity whose row could not be read are not known to be gone.
            yield Chunk(OTHER_NAMES, lists=[(form.list_name,)])
        row = edition_row(edition, self.file.path.name, self.file.sha256, rows, is_complete=True)
        yield Chunk(EDITIONS, [{**row, "list_name": form.list_name}])

    @property
    def _before_number(self) -> str:
        return "!" if self.form.headings else "item/"

    def _opened(self) -> tuple[str, Iterator[Table]]:
        """The day of the list, and its rows. Raises RefusedFile."""
        if self.form.headings:
            names = (self.file.path.name, *names_in(self.file.path))
            return day_in(names), read_tables(self.path)
        if self.path.suffix.lower() != ".json":
            raise RefusedFile(
                "the .txt of this register breaks rows where a text has a line break; take the file offered as JSON"
            )
        return _objects(self.path)

    def _landed(self, rows: pa.RecordBatch, findings: list[Finding]) -> Iterator[Chunk]:
        import pyarrow as pa
        import pyarrow.compute as pc

        form = self.form
        record = pc.binary_join_element_wise(
            pa.scalar(f"{self.file.sha256}:"), rows.column(NUMBER).cast(pa.string()), ""
        )
        given = rows.append_column("_source_record", record)
        given = with_constants(given, {"list_name": form.list_name, "register": form.register})
        if "linked_number" not in form.key:
            given = with_constants(given, {"linked_number": _ITSELF})
        if "address" in given.schema.names:
            found = pc.extract_regex(given.column("address"), _POSTCODE_AT_END)
            given = given.append_column("postcode", pc.struct_field(found, "postcode"))
        yield Chunk(form.stream, _with(given, SOURCES[SOURCE].stream(form.stream).columns), findings)
        if "known_as" in given.schema.names:
            named = given.filter(given.column("known_as").is_valid())
            named = named.drop_columns(["name"]).rename_columns(
                {name: "name" if name == "known_as" else name for name in named.schema.names if name != "name"}
            )
            named = with_constants(named, {"name_id": "known_as", "name_type": "Known As"})
            if named.num_rows:
                yield Chunk(OTHER_NAMES, _with(named, SOURCES[SOURCE].stream(OTHER_NAMES).columns))


def _with(rows: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """The rows with these columns, empty where the list has none such, and where each is from."""
    missing = [name for name in columns if name not in rows.schema.names]
    return with_constants(rows, dict.fromkeys(missing)).select([*columns, "_source_record"])


def day_in(names: Sequence[str]) -> str:
    """The day that a file's name says its list is of. Raises RefusedFile."""
    for name in names:
        if found := _DAY_OF_DETAILS.search(name):
            return "-".join(found.groups())
        if found := _DAY_OF_EXPORT.search(name):
            try:
                return datetime.strptime(found[1], "%d-%b-%Y").date().isoformat()  # noqa: DTZ007
            except ValueError:
                continue
    raise RefusedFile(
        "the name does not say of which day it is; keep the name the register gave it, such as "
        "CharityExport-19-Sep-2026.csv or charitydetails_2026_09_20_01_10_06.csv"
    )


def _objects(path: Path) -> tuple[str, Iterator[Table]]:
    """The day of an extract and its objects as a table, read in flat memory. Raises RefusedFile, at the end too."""
    import ijson

    def objects() -> Iterator[dict[str, Any]]:
        count = 0
        try:
            with path.open("rb") as handle:
                if handle.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                    handle.seek(0)
                for item in ijson.items(handle, "item"):
                    if not isinstance(item, dict):
                        raise RefusedFile(f"item {count} is no object; download the extract again")
                    yield item
                    count += 1
        except (ijson.JSONError, UnicodeDecodeError):
            raise RefusedFile(f"not valid JSON after {count:,} charities; download the extract again") from None

    rows = objects()
    first = next(rows, None)
    if first is None:
        raise RefusedFile("no charity in it; the extract is a list of objects")
    day = str(first.get("date_of_extract") or "")[:10]
    if not re.fullmatch(r"20\d\d-\d\d-\d\d", day):
        raise RefusedFile("its first object has no date_of_extract; give the extract as the register publishes it")
    return day, iter([Table(None, list(first), _batches(list(first), _again(first, rows)))])


def _again(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _batches(headings: Sequence[str], rows: Iterator[dict[str, Any]]) -> Iterator[Cells]:
    import pyarrow as pa

    number = 0
    while some := list(islice(rows, BATCH_ROWS)):
        columns = [pa.array([_text(row.get(name)) for row in some], pa.string()) for name in headings]
        yield Cells(number, pa.RecordBatch.from_arrays(columns, [str(at) for at in range(len(headings))]))
        number += len(some)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


READER = Reader(open=open_reader, recognises=recognises)
