"""Return contracts: what a workbook of one programme and version holds, as data in `contracts/*.yaml`.

From one file come the workbook, its guidance, the reader, the checks, the landed streams and the page in the docs
(docs/decisions/0290). A name that means nothing here is refused with file, line and the nearest that does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from common.yamlfile import YamlFile, nearest
from ingestion.declaration import COVER_COLUMNS, FILE_COLUMNS, Declared, InvalidDeclaration, Stream
from ingestion.files import values
from ingestion.files.row_check import heading_key
from ingestion.persons.contact_details import KINDS, OPEN_TEXT
from ingestion.sources.returns.rules import Rule

# A number as it is written, so that 0.1 is a tenth.
Exact = Annotated[Decimal, BeforeValidator(lambda given: str(given) if isinstance(given, float) else given)]
Labels = dict[str, str]
"""What may stand in a cell -> what is landed."""
NOT_GIVEN = "not_given"
"""The landed column that says why cells of a row hold no value (`blanks`)."""


WHOLE_COLUMNS = ("template", "template_version", "nil_return")
"""Of a whole workbook: by which contract it was read (what its version does not ask was not left unanswered), and
whether it says that there is nothing to report (`yes`, or empty).
"""
_NAME = "([A-Z][A-Z0-9_-]*)"


class Tags(Declared):
    """The cells that a table stands between; `{table}` is its name.

    Without `end` a table goes down to the next that begins on its sheet, or to the last row that holds something.
    """

    start: str
    end: str | None = None

    @model_validator(mode="after")
    def _name_the_table(self) -> Tags:
        if "{table}" not in self.start or (self.end and "{table}" not in self.end) or self.start == self.end:
            raise ValueError("start and end differ, and hold {table} for the name of the table")
        return self

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        forms = (("START", self.start), ("END", self.end))
        return tuple(
            (kind, re.compile(_NAME.join(map(re.escape, form.split("{table}"))))) for kind, form in forms if form
        )

    @cached_property
    def begins(self) -> tuple[str, ...]:
        """What every such cell begins with."""
        return tuple({form.partition("{table}")[0] for form in (self.start, self.end or self.start)})

    def read(self, cell: str) -> tuple[str, str] | None:
        """The table that a cell begins or ends, and START or END; None for any other cell."""
        for kind, pattern in self._patterns:
            found = pattern.fullmatch(cell.strip())
            if found:
                return found[1], kind
        return None

    def starts(self, table: str) -> str:
        """The cell above a table's headings."""
        return self.start.format(table=table)

    def ends(self, table: str) -> str | None:
        """The cell below a table; None where none stands there."""
        return self.end.format(table=table) if self.end else None


class Column(Declared):
    """A column of a table, or a field of the cover.

    `name`: what it becomes; `heading`: what stands above (or before) the cells. `kind`, `required`, `required_when`,
    `required_unless`, `essential`, `form`, `minimum`, `above` and `maximum` (a value outside is an error) are those of
    `ingestion.files.values.Column`. `expected_from`, `expected_to`: a value outside is odd, a warning. `unit`: of its
    numbers. `allowed`: what may stand there -> what is landed; `allowed_from`: a list of the contract's `lists`, of
    which any value is landed as it stands. `guidance`: what people are told of it; `message`: what they are told when
    the cell is wrong, in place of the general sentence; `example`: a value as people write one; `total`: the workbook
    shows the sum.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    heading: str = Field(min_length=1)
    kind: str = "text"
    unit: str = ""
    required: bool = False
    required_when: Labels = Field(default_factory=dict)
    required_unless: Labels = Field(default_factory=dict)
    essential: bool = True
    form: str | None = None
    allowed: Labels = Field(default_factory=dict)
    allowed_from: str | None = None
    minimum: Exact | None = None
    above: Exact | None = None
    maximum: Exact | None = None
    expected_from: Exact | None = None
    expected_to: Exact | None = None
    guidance: str = ""
    example: str = ""
    message: str = ""
    total: bool = False

    @field_validator("kind")
    @classmethod
    def _is_a_kind(cls, kind: str) -> str:
        _known("kind", [kind], values.COLUMN_KINDS)
        return kind

    @model_validator(mode="after")
    def _says_one_thing(self) -> Column:
        if (self.kind == "choice") != bool(self.allowed):
            raise ValueError("kind choice has `allowed`, and no other kind has")
        bounds = ("minimum", "above", "maximum", "expected_from", "expected_to", "unit")
        given = [name for name in (*bounds, "total") if getattr(self, name) not in (None, "", False)]
        if given and not self.is_number:
            raise ValueError(f"{given[0]} is for numbers, not for kind {self.kind}")
        for lower, upper in (("minimum", "maximum"), ("above", "maximum"), ("expected_from", "expected_to")):
            least, most = getattr(self, lower), getattr(self, upper)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{lower} is more than {upper}")
        return self

    @property
    def is_number(self) -> bool:
        """Whether it takes numbers, which have bounds."""
        return self.kind in values.NUMBERS

    def label(self, landed: str) -> str:
        """What stands in a workbook for a landed value."""
        return next((label for label, slug in self.allowed.items() if slug == landed), landed)

    @cached_property
    def cell(self) -> values.Column:
        """What reads a cell of it."""
        return values.Column(**{name: getattr(self, name) for name in _OF_CELLS})


_OF_CELLS = (
    *("name", "heading", "kind", "required", "allowed", "minimum", "above", "maximum"),
    *("required_when", "required_unless", "form", "essential"),
)


class CoverField(Column):
    """What the workbook says of itself. `stands`: in the row of its heading, or in a cell below it.

    `sheet`: where it is not that of the cover; `table`: the tags it stands between, where it has tags of its own;
    `guidance_rows`: rows between its heading and its cell that explain.
    """

    stands: Literal["beside", "below"] = "beside"
    sheet: str | None = None
    table: str | None = None
    guidance_rows: int = Field(default=0, ge=0)


class Cover(Declared):
    """Whose return a workbook is. `must_be`: field -> the value without which it is another return, which is said
    before all else; `constants`: landed column -> its value, where the workbook does not ask. `registered`: the body
    must stand in the partners register. `stream`: where covers land, those of another programme apart from ours.
    """

    stream: str = Field(default="covers", pattern=r"^([a-z][a-z0-9_]*_)?covers$")
    sheet: str
    table: str = "COVER"
    must_be: Labels
    fields: tuple[CoverField, ...]
    constants: Labels = Field(default_factory=dict)
    registered: bool = True

    @model_validator(mode="after")
    def _says_whose_it_is(self) -> Cover:
        names = [field.name for field in self.fields]
        _once("field", names)
        _once("heading", [f"{field.sheet}{field.table}{heading_key(field.heading)}" for field in self.fields])
        _known("field", self.must_be, names)
        lacking = [name for name in COVER_COLUMNS if name not in names and name not in self.constants]
        if lacking:
            raise ValueError(f"{', '.join(lacking)}: a field or a constant is missing")
        return self


class ListedValues(Declared):
    """Allowed values that stand in the workbook itself: the column `heading` of a table on a sheet, hidden or not.

    `matching`: heading of that table -> column of the row, or field of the cover, whose value it must have there.
    """

    sheet: str
    heading: str
    table: str
    tags: Tags | None = None
    matching: Labels = Field(default_factory=dict)


class Label(Declared):
    """A landed column of a spread. `heading_row`: its value is what stands in that row of the headings (from 1), by
    `allowed`; without one each column of the spread says it.
    """

    name: str
    heading_row: int | None = Field(default=None, ge=1)
    allowed: Labels = Field(default_factory=dict)


class SpreadColumn(Declared):
    """A column of a spread: what stands in the rows of its heading (empty: whatever), and the labels that it means."""

    headings: tuple[str, ...]
    labels: Labels = Field(default_factory=dict)


class Spread(Declared):
    """Columns that hold one value over time, each of which becomes a row: the table's columns, the labels, the value.

    Columns that are not named (totals) are not read. A cell left empty makes no row.
    """

    labels: tuple[Label, ...]
    columns: tuple[SpreadColumn, ...]
    value: Column

    @model_validator(mode="after")
    def _labels_each_column(self) -> Spread:
        said = {label.name for label in self.labels if label.heading_row is None}
        for column in self.columns:
            if set(column.labels) != said:
                raise ValueError(f"{' / '.join(column.headings)}: its labels are {', '.join(sorted(said)) or 'none'}")
        return self


class Carried(Declared):
    """Which of a body's records the next workbook begins with, as they were last returned. `where`: column -> the
    landed values that it may have (empty: none); `from_period`: a column of quarters, of which those before the
    return's are left out.
    """

    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    from_period: str | None = None


class Table(Declared):
    """A table of the workbook. Grain: a row between its tags, or a row and column of its `spread`.

    `table`: its name in tags and messages; `title`: what people call it. `found_by`: its tags, or its headings.
    `single`: one cell below a heading, that of its one column: a row of a stream of questions and answers, which such
    tables share. `lead_rows`: between its START cell and its headings,
    `heading_rows`: how many make the headings (a merged cell is that of every column below it), `guidance_rows`: rows
    below them that explain. `not_read`: headings of columns that fill themselves. `rows`: how many the workbook shows
    at first. `answers`: its first column has a row for each other table, by stream, its second takes Yes when there is
    nothing to report; the workbook shows there how far each table is filled. `carried`: what of it is filled in at
    first.

    `reference`: columns that name a record, which stands once in a workbook; `within`: number and name of the
    organisation that tells apart what one reference names; `references`: column -> table of this workbook in whose
    first column its value stands.
    """

    table: str
    sheet: str
    stream: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = Field(min_length=1)
    columns: tuple[Column, ...]
    title: str = ""
    guidance: str = ""
    found_by: Literal["tags", "headings"] = "tags"
    single: bool = False
    lead_rows: int = Field(default=0, ge=0)
    heading_rows: int = Field(default=1, ge=1)
    guidance_rows: int = Field(default=0, ge=0)
    spread: Spread | None = None
    not_read: tuple[str, ...] = ()
    rows: int = Field(default=20, ge=1)
    answers: bool = False
    carried: Carried | None = None
    reference: tuple[str, ...] = ()
    within: tuple[str, str] | None = None
    references: Labels = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_its_columns(self) -> Table:
        if not self.columns:
            raise ValueError("columns: there is none")
        names = list(self.landed)
        _once("column", names)
        _once("heading", [heading_key(column.heading) for column in self.columns])
        for column in self.columns:
            for other, value in (*column.required_when.items(), *column.required_unless.items()):
                _known(f"{column.name}: column", [other], names)
                beside = self.column(other)
                if beside.allowed:
                    _known(f"{column.name}: value of {other}", [value], list(beside.allowed.values()))
        _known("column", [*self.reference, *(self.within or ()), *self.references], names)
        if self.carried:
            _known("column", self.carried.where, names)
            _known("column", [self.carried.from_period] if self.carried.from_period else [], names)
        if self.single and (len(self.columns) > 1 or self.spread):
            raise ValueError("single: one cell is one column")
        return self

    @property
    def landed(self) -> tuple[str, ...]:
        """The columns that a row of it lands with."""
        if self.single:
            return ("question", "answer")
        spread = self.spread
        over = (*(label.name for label in spread.labels), spread.value.name) if spread else ()
        return (*(column.name for column in self.columns), *over)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or self.sheet

    @cached_property
    def cells(self) -> tuple[values.Column, ...]:
        """What reads the cells of its columns."""
        return tuple(column.cell for column in self.columns)

    def column(self, name: str) -> Column:
        """One of its columns. Raises KeyError for an unknown name."""
        return {column.name: column for column in self.columns}[name]


class EarlierRules(Declared):
    """The rules of an earlier version that hold in this one too; a rule of the same id stands in place of its."""

    version: int = Field(ge=1)
    without: tuple[str, ...] = ()


class ReturnContract(Declared):
    """A version of a programme's return. `template`: its name, `changes`: what is other than in the version before.

    `guidance`: how to fill it in, step by step, for the front sheet. `placeholders`: what an untouched drop-down shows.
    `has_free_text`: its sheets hold text of all kinds between the tables, so that only a row right below one is judged.
    """

    template: str
    version: int = Field(ge=1)
    programme: str
    title: str
    changes: tuple[str, ...] = ()
    guidance: tuple[str, ...] = ()
    tags: Tags
    placeholders: tuple[str, ...] = ()
    has_free_text: bool = False
    cover: Cover
    lists: dict[str, ListedValues] = Field(default_factory=dict)
    tables: tuple[Table, ...]
    rules_as_of: EarlierRules | None = None
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _names_its_tables(self) -> ReturnContract:
        names = [table.table for table in self.tables]
        _once("table", [*names, self.cover.table])
        _once("stream", [*(table.stream for table in self.tables if not table.single), *self._answers])
        _once("rule", [rule.id for rule in self.rules])
        if not self.tables:
            raise ValueError("tables: there is none")
        if self.version > 1 and not self.changes:
            raise ValueError("changes: what is other than in the version before is missing")
        for table in self.tables:
            if table.answers and set(table.columns[0].allowed.values()) != {
                other.stream for other in self.tables if not other.answers
            }:
                raise ValueError(f"{table.table}: {table.columns[0].heading} allows each other table, by its stream")
            _known(f"{table.table}: table", table.references.values(), names)
            columns = (*table.columns, *((table.spread.value,) if table.spread else ()))
            _known(f"{table.table}: list", [c.allowed_from for c in columns if c.allowed_from], list(self.lists))
        for rule in self.rules:
            _known(f"{rule.id}: table", [*rule.at, *rule.whole], names)
            for name, columns in rule.at.items():
                _known(f"{rule.id}: column", [*columns, *rule.when], self.table(name).landed)
        return self

    @property
    def kinds_of_tags(self) -> tuple[Tags, ...]:
        """The tags of its tables, and those of its lists."""
        return tuple(dict.fromkeys((self.tags, *(of.tags for of in self.lists.values() if of.tags))))

    @property
    def _answers(self) -> set[str]:
        return {table.stream for table in self.tables if table.single}

    @property
    def sheets(self) -> dict[str, tuple[Table, ...]]:
        """The tables of each sheet, in order."""
        return {
            sheet: tuple(table for table in self.tables if table.sheet == sheet)
            for sheet in dict.fromkeys(table.sheet for table in self.tables)
        }

    def table(self, name: str) -> Table:
        """One of its tables. Raises KeyError for an unknown name."""
        return {table.table: table for table in self.tables}[name]


Contracts = tuple[ReturnContract, ...]


@cache
def load_contracts(folder: Path, pattern: str) -> Contracts:
    """Every contract that stands in a source's folder, by template and version. Read once a process.

    Raises InvalidDeclaration with file and line for one that cannot be used, or when none is there.
    """
    found = [
        YamlFile(path, f"{folder.name}/{path.relative_to(folder)}", InvalidDeclaration).checked(ReturnContract)
        for path in sorted(folder.glob(pattern))
    ]
    if not found:
        raise InvalidDeclaration(f"{folder.name}/declaration.yaml: contracts: there is no {pattern} beside it")
    ordered = sorted(found, key=lambda contract: (contract.template, contract.version))
    for one, other in pairwise(ordered):
        if (one.template, one.version) == (other.template, other.version):
            raise InvalidDeclaration(f"{folder.name}: two contracts are {one.template} version {one.version}")
    whole: dict[tuple[str, int], ReturnContract] = {}
    for contract in ordered:
        whole[contract.template, contract.version] = _with_earlier_rules(contract, whole, folder.name)
    return tuple(whole.values())


def _with_earlier_rules(
    contract: ReturnContract, earlier: Mapping[tuple[str, int], ReturnContract], where: str
) -> ReturnContract:
    taken = contract.rules_as_of
    if taken is None:
        return contract
    of = earlier.get((contract.template, taken.version))
    said = f"{where}: {contract.template} version {contract.version}: rules_as_of"
    if of is None:
        raise InvalidDeclaration(f"{said}: there is no earlier version {taken.version}")
    own = {rule.id: rule for rule in contract.rules}
    try:
        _known("rule", taken.without, [rule.id for rule in of.rules])
        kept = [own.pop(rule.id, rule) for rule in of.rules if rule.id not in taken.without]
        return ReturnContract.model_validate({**dict(contract), "rules": (*kept, *own.values())})
    except ValueError as error:
        raise InvalidDeclaration(f"{said}: {error}") from None


_COVER_TYPES = {"submission_number": "integer", "submitted_on": "date"}
# Kind of a column -> what staging makes of its landed text.
_TYPES = {
    **dict.fromkeys(("date", "serial_date", "ordered_date"), "date"),
    **dict.fromkeys(("hours", "fte", "months"), "quantity"),
    **dict.fromkeys(("whole", "headcount"), "integer"),
    **dict.fromkeys(("money", "award"), "money"),
    "number": "number",
}


def is_of_covers(stream: str) -> bool:
    """Whether a stream holds the covers of workbooks, of whatever programme."""
    return stream.endswith("covers")


def streams_of(contracts: Iterable[ReturnContract]) -> tuple[Stream, ...]:
    """A stream for each table of any version, with the columns it has in any, as the newest describes it."""
    contracts = tuple(contracts)
    covers = {
        contract.cover.stream: Stream(
            name=contract.cover.stream,
            description="The cover of each return workbook. Grain: a file.",
            key=("file_sha256",),
            columns=(*FILE_COLUMNS, *COVER_COLUMNS, *WHOLE_COLUMNS),
            types=_COVER_TYPES,
            needed=tuple(_COVER_TYPES),
        )
        for contract in contracts
    }
    tables: dict[str, Stream] = {}
    for table in (table for contract in contracts for table in contract.tables):
        before = tables.get(table.stream)
        value = (table.spread.value,) if table.spread else ()
        # Whatever any of the answers is: what reaches people is withheld of each.
        columns = () if table.single else (*table.columns, *value)
        texts = {"answer": OPEN_TEXT} if table.single else {}
        texts |= {column.name: column.kind for column in columns if column.kind in KINDS}
        types = {column.name: _TYPES[column.kind] for column in columns if column.kind in _TYPES}
        types = {**(before.types if before else {}), **types}
        in_doubt = {column.name for column in columns if not column.essential}
        tables[table.stream] = Stream(
            name=table.stream,
            description=table.description,
            key=("file_sha256", "question" if table.single else "row_number"),
            columns=tuple(
                dict.fromkeys(
                    (*(before.columns if before else (*FILE_COLUMNS, *COVER_COLUMNS)), *table.landed, NOT_GIVEN)
                )
            ),
            texts={**(before.texts if before else {}), **texts},
            types=types,
            needed=tuple(name for name in types if name not in in_doubt),
            ignores=tuple(dict.fromkeys((*(before.ignores if before else ()), *table.not_read))),
        )
    return (*covers.values(), *tables.values())


def differences(older: ReturnContract, newer: ReturnContract) -> Iterator[str]:
    """What a version has that the one before had not, or has otherwise, table by table."""
    before = {table.table: table for table in older.tables}
    after = {table.table: table for table in newer.tables}
    yield from (f"table {name}: no longer asked" for name in before if name not in after)
    for name, table in after.items():
        if name not in before:
            yield f"table {name}: new"
            continue
        yield from (f"table {name}: {said}" for said in _table_differences(before[name], table))


def _table_differences(older: Table, newer: Table) -> Iterator[str]:
    if older.sheet != newer.sheet:
        yield f"stands on sheet {newer.sheet}, no longer on {older.sheet}"
    before = {column.name: column for column in older.columns}
    after = {column.name: column for column in newer.columns}
    yield from (f"column {column.heading} is no longer asked" for name, column in before.items() if name not in after)
    for name, column in after.items():
        if name not in before:
            yield f"column {column.heading} is new"
            continue
        old = before[name]
        changed = [field for field in _COMPARED if getattr(old, field) != getattr(column, field)]
        if changed:
            yield f"column {column.heading} differs in {', '.join(changed)}"


_COMPARED = ("heading", "kind", "required", "allowed", "minimum", "above", "maximum", "required_when")


def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name}; {nearest(name, list(known))}")


def _once(what: str, names: Sequence[str]) -> None:
    twice: Mapping[str, int] = {name: names.count(name) for name in names}
    for name, count in twice.items():
        if count > 1:
            raise ValueError(f"the {what} {name} stands {count} times")
