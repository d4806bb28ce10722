"""Grants files in the 360Giving Data Standard: JSON, CSV and XLSX, alone or in a zip, become the same rows.

Reference: 360Giving Data Standard 1.4; docs/sources/threesixtygiving.md. A grant to a person lands without the person:
neither name, identifier, place nor title leaves this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.yamlfile import read_yaml
from ingestion.catalogue import SOURCES
from ingestion.files.batch_check import NUMBER, TableCheck
from ingestion.files.inbox import Chunk, FileRead, FileReader, InboxFile
from ingestion.files.row_check import KEY_JOIN, RawRow, check_table, find_columns, heading_key, lacking, meant
from ingestion.files.table_files import BATCH_ROWS, Table, read_tables, unpacked
from ingestion.files.values import Column
from ingestion.findings import Finding, RefusedFile
from ingestion.reader import Reader
from ingestion.sources.threesixtygiving.standard_json import JsonObject, utf8, value_at
from ingestion.storage.latest import read_latest

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.files.batch_check import CheckedBatch, TableCheck

CURRENCY_CODES = Path(__file__).parents[2] / "currency_codes.txt"
SOURCE = "threesixtygiving"
STREAM = "grants"
REGISTRY = "threesixtygiving_registry"
_INDIVIDUAL = ("recipient_individual_id", "recipient_individual_name")
# Of a grant to a person: what may say who it is.
_HIDDEN = (
    "recipient_id",
    "recipient_name",
    "recipient_charity_number",
    "recipient_company_number",
    "recipient_postal_code",
    "beneficiary_location_name",
    "beneficiary_geo_code",
)
# So many of the required headings make a sheet one of grants, to be refused if it has not all.
_RECOGNISED_BY = 3
# What lands of recipients after the first, each by its name in `further_recipients`.
_FURTHER = {
    "recipient_id": "id",
    "recipient_name": "name",
    "recipient_charity_number": "charity_number",
    "recipient_company_number": "company_number",
    "recipient_postal_code": "postal_code",
}
# Without one of these nobody is named.
_NAMING = ("recipient_id", "recipient_name", *_INDIVIDUAL)
# Their columns in a table: `_other:1:recipient_name:17`, by the number that the heading has and where it stands.
_OTHER = "_other:"
_OTHER_NUMBER = re.compile(r"(?<=:)([1-9]\d{0,2}):")
# A grant needs to say who has it: both of the first, or one of the second.
_RECIPIENT = (("recipient_id", "recipient_name"), _INDIVIDUAL)
# Right rows, their recipients after the first by row number, and what stands before a row's number in place and record.
_Read = tuple["CheckedBatch", dict[int, str], str, str]


def open_reader(read: FileRead) -> FileReader:
    """What reads one grants file."""
    home = read.home
    reader = GrantReader(saw_table=partial(read.saw_table, STREAM))
    fetched = SOURCES[REGISTRY].stream("files")
    datasets = dict(read_latest(home, REGISTRY, fetched, ("file_sha256", "id")))

    def read_grants(file: InboxFile) -> Iterator[Chunk]:
        with unpacked(file.path, read.unpacked(file)) as path:
            yield from reader.read(path, file.sha256, file.path.name, datasets.get(file.sha256))

    return read_grants


class GrantReader:
    """Reads grants files. `source` and `stream` are whom its findings name; `saw_table` is told of each table's
    headings, of the positions that are read and of the headings it lacks.
    """

    def __init__(
        self,
        source: str = SOURCE,
        stream: str = STREAM,
        saw_table: Callable[..., None] | None = None,
    ) -> None:
        entries = read_yaml(Path(__file__).with_name("columns.yaml"), list[dict[str, Any]])
        codes = [line for line in CURRENCY_CODES.read_text(encoding="utf-8").splitlines() if len(line) == 3]
        self.source, self.stream, self.saw_table = source, stream, saw_table
        self.paths = {entry["name"]: entry.pop("path").split("/") for entry in entries}
        self.headings: dict[str, set[str]] = {}
        self.columns: list[Column] = []
        for entry in entries:
            title = entry.pop("title")
            self.headings[entry["name"]] = {_heading(title), _heading("/".join(self.paths[entry["name"]]))}
            if entry["name"] == "currency":
                entry["allowed"] = {code: code for code in codes}
            self.columns.append(Column.from_contract({**entry, "heading": title}))
        self.of_others = {
            column.name: replace(column, essential=False)
            for column in self.columns
            if column.name in (*_FURTHER, *_INDIVIDUAL)
        }

    def read(self, path: Path, sha256: str, name: str, dataset: str | None = None) -> Iterator[Chunk]:
        """The rows of a file called `name`, which is the registry's file of `dataset` if it was fetched.

        Raises RefusedFile when it is no grants file, at its end too.
        """
        suffix = path.suffix.lower()
        if suffix == ".json":
            read = self._json(path, name)
        elif suffix in {".csv", ".xlsx"}:
            read = self._tables(path, name)
        else:
            raise RefusedFile(
                "not a grants file; give 360Giving data as .json, .csv or .xlsx, or one of these in a .zip"
            )
        constants = {"file_name": name, "file_sha256": sha256}
        for checked, further, place, record in read:
            yield self.chunk(checked, further, place, f"{sha256}:{record}", constants, dataset)

    def check(self, positions: Mapping[str, int], place: str, others: Mapping[str, int] | None = None) -> TableCheck:
        """The check of grants that stand at these positions; `others`: where further recipients stand."""
        others = others or {}
        columns = [*self.columns, *(self._of_other(name) for name in others)]
        return TableCheck(columns, {**positions, **others}, self.source, self.stream, place, ("grant_id",))

    def cells(self, grant: Any) -> list[Any]:
        """A grant of the standard's JSON as the cells of a row; never blank, whatever it is."""
        known = grant if isinstance(grant, dict) else {}
        return [*(value_at(known, path) for path in self.paths.values()), True]

    def _of_other(self, name: str) -> Column:
        _, number, column, _ = name.split(":")
        first = self.of_others[column]
        return replace(first, name=name, heading=first.heading.replace(":", f":{number}:", 1))

    @property
    def json_positions(self) -> dict[str, int]:
        """Where `cells` puts the columns."""
        return {name: index for index, name in enumerate(self.paths)}

    def chunk(
        self,
        checked: CheckedBatch,
        further: Mapping[int, str],
        place: str,
        record: str,
        constants: Mapping[str, str],
        dataset: str | None = None,
    ) -> Chunk:
        """Landed rows of right grants: persons hidden, a grant without recipient refused.

        `further`: the recipients after the first, as they land, by row number.
        `place` and `record` are what stands before a row's number.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = checked.rows
        is_individual = pc.or_(*(pc.is_valid(rows.column(name)) for name in _INDIVIDUAL))
        has_recipient = pc.and_(pc.is_valid(rows.column("recipient_id")), pc.is_valid(rows.column("recipient_name")))
        stays = pc.or_(is_individual, has_recipient)
        homeless = rows.filter(pc.invert(stays))
        findings = [
            self._without_recipient(f"{place}{number}", grant_id)
            for number, grant_id in zip(
                homeless.column(NUMBER).to_pylist(), homeless.column("grant_id").to_pylist(), strict=True
            )
        ]
        rows, is_individual = rows.filter(stays), is_individual.filter(stays)
        landed: dict[str, pa.Array] = {}
        for column in rows.schema.names:
            values = rows.column(column)
            if column in _HIDDEN:
                values = pc.if_else(is_individual, pa.scalar(None, pa.string()), values)
            elif column == "title":
                values = pc.if_else(is_individual, "Grant to an individual", values)
            if column not in (*_INDIVIDUAL, NUMBER) and not column.startswith(_OTHER):
                landed[column] = values
        landed["recipient_count"] = _recipients(rows)
        numbers = rows.column(NUMBER).to_pylist() if further else []
        texts = pa.array(map(further.get, numbers), pa.string()) if further else pa.nulls(rows.num_rows, pa.string())
        landed["further_recipients"] = pc.if_else(is_individual, pa.scalar(None, pa.string()), texts)
        landed["recipient_is_individual"] = pc.if_else(is_individual, "yes", "no")
        numbers = rows.column(NUMBER).cast(pa.string())
        landed["_source_record"] = pc.binary_join_element_wise(pa.scalar(record), numbers, "")
        for column, value in constants.items():
            landed[column] = pa.repeat(pa.scalar(value), rows.num_rows)
        landed["list_name"] = list_names(rows.column("grant_id"), constants["file_name"], dataset)
        wrong = [*checked.findings, *findings]
        of_lists = list_names(pa.array([one.key for one in wrong], pa.string()), constants["file_name"], dataset)
        return Chunk(
            self.stream,
            pa.RecordBatch.from_arrays(list(landed.values()), list(landed)),
            [
                replace(one, column_name=_told(one.column_name), key=one.key and f"{of_list}{KEY_JOIN}{one.key}")
                for one, of_list in zip(wrong, of_lists.to_pylist(), strict=True)
            ],
            lists=[(name,) for name in landed["list_name"].unique().to_pylist()],
        )

    def _without_recipient(self, place: str, grant_id: str) -> Finding:
        return Finding(
            source=self.source,
            stream=self.stream,
            place=place,
            column_name="recipient_id",
            reason_code="missing",
            message="Recipient Org:Identifier or Recipient Org:Name is empty; a grant needs its recipient",
            value_class="empty",
            key=grant_id,
        )

    def _further_in_json(self, grant: Any, place: str) -> tuple[str | None, list[Finding]]:
        """The recipients of one grant after the first, as they land, and what is wrong with them."""
        listed = grant.get("recipientOrganization")
        if not isinstance(listed, list) or len(listed) < 2:
            return None, []
        columns = [self.of_others[name] for name in _FURTHER]
        steps = [self.paths[column.name][-1] for column in columns]
        checked = check_table(
            columns,
            {column.name: at for at, column in enumerate(columns)},
            [RawRow(at, [value_at(one, [step]) for step in steps]) for at, one in enumerate(listed) if at],
            source=self.source,
            stream=self.stream,
            place=f"{place}/recipientOrganization/",
        )
        key = grant["id"] if isinstance(grant.get("id"), str) else None
        return _as_landed(checked.rows), [replace(one, key=key, cell=None) for one in checked.findings]

    def _with_further(self, checked: CheckedBatch, grants: Mapping[int, Any], place: str) -> _Read:
        """Right grants of JSON with their recipients after the first."""
        further, findings = {}, list(checked.findings)
        for number in checked.rows.column(NUMBER).to_pylist():
            text, wrong = self._further_in_json(grants[number], f"{place}{number}")
            findings += wrong
            if text is not None:
                further[number] = text
        return replace(checked, findings=findings), further, place, "grants/"

    def _json(self, path: Path, name: str) -> Iterator[_Read]:
        import ijson

        check = self.check(self.json_positions, f"{name}#grants/")
        count = 0
        try:
            with utf8(path) as handle:
                rows = enumerate(ijson.items(handle, "grants.item", map_type=JsonObject))
                while some := list(islice(rows, BATCH_ROWS)):
                    count += len(some)
                    checked = check.check_rows([RawRow(index, self.cells(grant)) for index, grant in some])
                    yield self._with_further(checked, dict(some), check.place)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            where = re.sub(r"\s+", " ", str(error).splitlines()[0])[:60] if str(error) else "cut short"
            raise RefusedFile(f"not valid JSON after {count} grants ({where}); export the file again") from None
        if not count:
            raise RefusedFile('no grants in it; a 360Giving JSON file holds them in a list named "grants"')

    def _tables(self, path: Path, name: str) -> Iterator[_Read]:
        found = False
        for table in read_tables(path):
            needed = [column for column in self.columns if column.required]
            missing = lacking(needed, self._positions(table.headings))
            if len(missing) > len(needed) - _RECOGNISED_BY:
                # Extra sheets and the standard's meta tab hold no grants.
                continue
            found = True
            positions = self._grant_positions(table, missing)
            if self.saw_table is not None:
                self.saw_table(table.headings, positions, (), lacking(self.columns, positions))
            check = self.check(positions, f"{name}#{table.place or '!'}", self._other_recipients(table.headings))
            for checked in check.check(table):
                yield checked, _further_in_table(checked.rows), check.place, table.place
        if not found:
            wanted = ", ".join(column.heading for column in self.columns if column.required)
            raise RefusedFile(f"no table with the headings {wanted}; use the headings of the 360Giving standard")

    def _grant_positions(self, table: Table, missing: Sequence[str]) -> dict[str, int]:
        """The columns of a table of grants. Raises RefusedFile when a needed heading is missing or stands twice."""
        where = f"sheet {table.sheet}: " if table.sheet else ""
        positions = self._positions(table.headings, where, [c.name for c in self.columns if c.required])
        missing = list(missing)
        if not (set(_RECIPIENT[0]) <= set(positions) or set(_RECIPIENT[1]) & set(positions)):
            missing += lacking([column for column in self.columns if column.name in _RECIPIENT[0]], positions)
        if missing:
            raise RefusedFile(
                f"{where}the heading {', '.join(missing)} is missing{meant(table.headings, missing)}; use those of the "
                "360Giving standard"
            )
        return positions

    def _positions(self, headings: Sequence[Any], where: str = "", required: Sequence[str] = ()) -> dict[str, int]:
        """Columns by heading, titles and paths alike."""
        return find_columns(self.headings, headings, required=required, key=_heading, where=where)

    def _other_recipients(self, headings: Sequence[Any]) -> dict[str, int]:
        """Where recipients after the first stand: a heading of the first with a number in it."""
        of_first = {heading: name for name in self.of_others for heading in self.headings[name]}
        found = {}
        for index, heading in enumerate(map(_heading, headings)):
            name, number = of_first.get(_OTHER_NUMBER.sub("", heading)), _OTHER_NUMBER.search(heading)
            if name and number:
                found[f"{_OTHER}{number[1]}:{name}:{index}"] = index
        return found


def _further_in_table(rows: pa.RecordBatch) -> dict[int, str]:
    """The organisations among the recipients after the first, as they land, by row number."""
    import pyarrow.compute as pc

    names = [name for name in rows.schema.names if name.startswith(_OTHER) and name.split(":")[2] in _FURTHER]
    if not names:
        return {}
    given = rows.select([NUMBER, *names])
    given = given.filter(reduce(pc.or_, (pc.is_valid(given.column(name)) for name in names)))
    further = {}
    for row in given.to_pylist():
        others: dict[int, dict[str, str | None]] = {}
        for name in names:
            _, number, column, _ = name.split(":")
            if row[name] is not None:
                others.setdefault(int(number), {}).setdefault(column, row[name])
        text = _as_landed(sorted(others.items()))
        if text is not None:
            further[row[NUMBER]] = text
    return further


def _told(column: str) -> str:
    """The column of a finding: of a recipient after the first, that of the first."""
    return column.split(":")[2] if column.startswith(_OTHER) else column


def _as_landed(others: Sequence[tuple[int, Mapping[str, str | None]]]) -> str | None:
    """Recipients after the first, with their numbers, as JSON; one of whom neither identifier nor name is given is
    none.
    """
    named = [
        {"number": str(number)} | {_FURTHER[column]: value for column, value in other.items() if value is not None}
        for number, other in others
        if any(other.get(column) is not None for column in _NAMING)
    ]
    return json.dumps(named, ensure_ascii=False, separators=(",", ":")) if named else None


def _recipients(rows: pa.RecordBatch) -> pa.Array:
    """How many recipients each grant has, as text: as a list counts them, else the first and those after it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    others: dict[str, pa.Array] = {}
    for name in rows.schema.names:
        if name.startswith(_OTHER) and name.split(":")[2] in _NAMING:
            number, is_there = name.split(":")[1], pc.is_valid(rows.column(name))
            others[number] = pc.or_(others[number], is_there) if number in others else is_there
    count = pa.array([1] * rows.num_rows, pa.int64())
    for is_there in others.values():
        count = pc.add(count, pc.cast(is_there, pa.int64()))
    listed = pc.cast(rows.column("recipient_count"), pa.int64())
    return pc.cast(pc.max_element_wise(count, listed), pa.string())


def list_names(grant_ids: pa.Array, file_name: str, dataset: str | None) -> pa.Array:
    """The list each grant stands in: a dataset of the registry, else the file's name and the publisher (`360G-…`)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if dataset is not None:
        return pa.repeat(pa.scalar(f"dataset {dataset}"), len(grant_ids))
    publisher = pc.struct_field(pc.extract_regex(grant_ids, "^(?P<publisher>360[Gg]-[A-Za-z0-9]+)"), "publisher")
    of_publisher = pc.binary_join_element_wise(pa.scalar(file_name), pc.utf8_upper(publisher), " ")
    return pc.coalesce(of_publisher, pa.scalar(file_name))


def _heading(heading: Any) -> str:
    """`Recipient Org:0:Identifier`, `recipientOrganization/0/id`: steps by colon, without the first of a list."""
    return re.sub(r":0(?=:)", "", heading_key(heading).replace("/", ":"))


READER = Reader(open=open_reader)
