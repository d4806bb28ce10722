"""What a source declares in `ingestion/sources/<source>/declaration.yaml`: itself, its streams, and its settings.

Reference: docs/contracts.md section 2, docs/adding-a-source.md. A name that means nothing here is refused, with the
nearest one that does. Every data column is text unless a type is given; provenance columns are added to every stream.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)

from common.yamlfile import YamlFile, nearest
from ingestion.files.limits import InvalidLimits, Limits
from ingestion.persons.contact_details import KINDS

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.reader import Reader

FOLDER = Path(__file__).with_name("sources")
PROVENANCE = (
    "_load_id",
    "_loaded_at",
    "_source",
    "_source_record",
    "_row_hash",
    "_deleted_at",
    "_delete_reason",
    "_extra",
)
TIMES = {"_loaded_at", "_deleted_at"}
FILE_COLUMNS = ("file_name", "file_sha256", "sheet", "row_number")
COVER_COLUMNS = ("partner_code", "period_key", "submission_number", "submitted_on")
PROVIDED = ("events", "attendances", "persons", "support", "grants", "claims")
"""What the mart gets from sources, beside the organisations of `organisation_records`."""
VALUE_TYPES = ("date", "day", "index", "integer", "money", "number", "quantity", "whole")
"""What staging makes of a landed text; the macro `typed` of the dbt project says as what."""


OWN_TEMPLATE = "WMIP-RETURN"
"""The return of this programme's cluster bodies, of which `wmip returns template` writes the newest version."""


def taken_templates() -> tuple[str, ...]:
    """The returns that are read here, by template: ours, and those that `WMIP_RETURNS` names, with commas between.

    In the environment, as the streams of a return are declared before any home is known.
    """
    return (OWN_TEMPLATE, *filter(None, map(str.strip, os.environ.get("WMIP_RETURNS", "").split(","))))


class InvalidDeclaration(Exception):
    """A declaration that cannot be used; the message names the source, what is wrong and what is allowed."""


class Declared(BaseModel):
    """A part of a declaration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stream(Declared):
    """One landed table. Grain: a version of its `key`.

    `cursor`: the text column of the last change, from which an incremental read continues; none means every read is
    full. `full_list`: each read lists everything there is, so that absence means deletion and a much shorter list
    than the last one is refused. `listed_whole_by`: columns whose values a read lists whole, group by group, so that
    absence within a group that was read means deletion.

    What the source sends, by its own field names: `reads` what the reader uses, `ignores` what it knowingly leaves,
    `personal` what it drops or pseudonymises at the door. Anything else is drift. `enumerations`: landed column -> the
    values known; another value is landed and reported. `indicators`: what a fault of this stream touches. Names in
    `ignores` may be patterns (`*@*`). `expected_rows`: fewest and most rows that a whole read is expected to have.
    `later_row_stands`: of rows of one file with one key the last counts, where otherwise none would (their key is not
    the sender's but made by the reader).
    `texts`: text column -> `open_text` or `name_of_organisation`; every other is a `code`, which is an id, a number, a
    date or a label of a list (`ingestion.persons.contact_details`). `yes_no`: columns of answers, of which only
    yes and no pass the door (`ingestion.persons.door`); `true_false`: columns of which only true and false do.
    `types`: text column -> the value that staging makes of it; `needed`: of these, the columns without whose value a
    row does not count. Of the others a value of no such type is left out. Both are told of.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    reads: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    enumerations: dict[str, list[str]] = Field(default_factory=dict)
    indicators: tuple[str, ...] = ()
    expected_rows: tuple[int, int] | None = None
    texts: dict[str, str] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)
    needed: tuple[str, ...] = ()
    yes_no: tuple[str, ...] = ()
    true_false: tuple[str, ...] = ()
    cursor: str | None = None
    full_list: bool = False
    listed_whole_by: tuple[str, ...] = ()
    integers: frozenset[str] = frozenset()
    later_row_stands: bool = False

    @field_validator("texts")
    @classmethod
    def _of_known_kinds(cls, texts: dict[str, str]) -> dict[str, str]:
        _refuse_unknown("kind of text", texts.values(), KINDS)
        return texts

    @field_validator("types")
    @classmethod
    def _of_known_types(cls, types: dict[str, str]) -> dict[str, str]:
        _refuse_unknown("type", types.values(), VALUE_TYPES)
        return types

    @model_validator(mode="after")
    def _names_its_columns(self) -> Stream:
        cursor = [self.cursor] if self.cursor else []
        named = [*self.key, *self.texts, *self.yes_no, *self.true_false, *self.listed_whole_by, *self.integers, *cursor]
        _refuse_unknown("column", [*named, *self.types], self.columns)
        _refuse_unknown("typed column", self.needed, list(self.types))
        return self

    @property
    def is_about_people(self) -> bool:
        """Whether a row of it is about a person: then only what the declaration names is ever kept of it."""
        return bool(self.personal) or "person_key" in self.columns

    @cached_property
    def landed_schema(self) -> pa.Schema:
        """Arrow schema of a landed file, provenance included."""
        import pyarrow as pa

        def kind(column: str) -> pa.DataType:
            if column in TIMES:
                return pa.timestamp("us", tz="UTC")
            return pa.int64() if column in self.integers else pa.string()

        return pa.schema([(column, kind(column)) for column in (*self.columns, *PROVENANCE)])


class End(Declared):
    """Something that a publisher stops. `until`: its last day, or month. `versions`: settings of
    `api_version` that it concerns; none means every one. `instead`: what to do.
    """

    what: str
    until: str
    instead: str
    versions: tuple[str, ...] = ()

    def is_past(self, day: date) -> bool:
        """Whether it has stopped on a day."""
        return f"{day:%Y-%m-%d}"[: len(self.until)] > self.until


class AsRead(Declared):
    """What a source's publisher promises, as read: of which version, when (ISO day), where; docs/current-as-of.md."""

    version: str
    checked_on: str
    promises: str
    see: str
    ends: tuple[End, ...] = ()


def _number(value: Any) -> Any:
    """A number as it stands: a whole one goes into addresses and headers as such."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("expected a number")
    return value


Number = Annotated[Any, PlainValidator(_number), Field(ge=0)]
Positive = Annotated[Any, PlainValidator(_number), Field(gt=0)]
Share = Annotated[Any, PlainValidator(_number), Field(ge=0, le=1)]


class Settings(BaseModel):
    """What a source's block in `wmip.yaml` may say of any source; `FileSettings` and `ApiSettings` say more, and the
    declaration's own `settings` are added (`Source.settings_model`).
    """

    # A version may look like a number: `api_version: 66.0`.
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    enabled: bool = True


class FileSettings(Settings):
    """What any source of files may be told."""

    limits: dict[str, Any] = Field(default_factory=dict)

    @field_validator("limits")
    @classmethod
    def _are_limits(cls, given: dict[str, Any]) -> dict[str, Any]:
        try:
            Limits.of({"limits": given})
        except InvalidLimits as error:
            raise ValueError(str(error).removeprefix("limits: ")) from None
        return given


class ApiSettings(Settings):
    """What any API source may be told; `ingestion.apis.http` says what of."""

    base_url: str = ""
    api_version: str | None = None
    requests_per_second: Positive = 10
    attempts: Annotated[int, Field(ge=1)] = 1
    backoff_seconds: Number = 1
    timeout_seconds: Positive = 60
    longest_wait_seconds: Number = 0
    identical_requests: Annotated[int, Field(ge=1)] = 1
    read_whole: bool = False


_KINDS: Mapping[str, Any] = {
    "lookback_hours": Number,
    "shrink_guard": Share,
    "date_order": Literal["dmy", "mdy", "ymd"] | None,
}
"""Settings that only some sources declare and that mean the same in all of them."""


def _kind(name: str, default: Any) -> Any:
    """The type of a declared setting: of one that is known, its own, else what its default is of."""
    if name in _KINDS:
        return _KINDS[name]
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        return Number
    of_default: dict[Any, Any] = {bool: bool, str: str, list: list[Any], dict: dict[str, Any]}
    return of_default.get(type(default), Any)


class Source(Declared):
    """One source system.

    `label`: what reports call it, where that is not its title. `source_system`: what the mart calls it, where that is
    not its own name (a second way to the same records). `kind`: how it is read. `auth`: how an API is told who asks
    (`ingestion.apis.http.authenticator`). `secrets`: role of a secret -> the environment variable it stands in.
    `holds_people`: it carries addresses, which need the pseudonym key. `probe`: path of a cheap request that shows
    whether an API answers. `inbox`: folder that files are dropped in. `settings`: defaults of what `wmip.yaml` may say
    of it. `reads_after`: sources whose landed rows its reader needs. `as_read`: what its publisher promises; none for
    what is the programme's own. `provides`: what the mart gets from it, so that the gate can ask for it. `guest_key`:
    what stands before the ticket's number in the key of a person of whom only the ticket is known.
    `organisation_records`: what of it bears an organisation -> its `source_record_id` in the mart. `contracts`: the
    files beside it, one for each template and version, in which its streams are declared
    (`ingestion.sources.returns.contract`).
    """

    name: str = ""
    title: str
    label: str = ""
    source_system: str = ""
    kind: Literal["api", "files"]
    owner: str
    streams: tuple[Stream, ...] = ()
    contracts: str | None = None
    auth: str | None = None
    secrets: dict[str, str] = Field(default_factory=dict)
    holds_people: bool = False
    probe: str | None = None
    inbox: str | None = None
    api_version: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    reads_after: tuple[str, ...] = ()
    as_read: AsRead | None = None
    provides: tuple[str, ...] = ()
    guest_key: str | None = None
    organisation_records: dict[str, str] = Field(default_factory=dict)

    @field_validator("provides")
    @classmethod
    def _is_provided(cls, provides: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_unknown("what the mart gets", provides, PROVIDED)
        return provides

    @model_validator(mode="after")
    def _is_whole(self) -> Source:
        if bool(self.streams) == bool(self.contracts):
            raise ValueError("streams, or the contracts they are declared in: one of these is needed")
        if (self.kind == "files") != (self.inbox is not None):
            raise ValueError("inbox: the folder that files are dropped in; sources of kind files have one, APIs none")
        if self.kind == "api" and not self.settings.get("base_url"):
            raise ValueError("settings.base_url: the address of the API is missing")
        general = list({**FileSettings.model_fields, **ApiSettings.model_fields, **_KINDS})
        for name in self.settings:
            if name not in general and (close := get_close_matches(name, general, n=1, cutoff=0.85)):
                raise ValueError(f"settings.{name}: did you mean {close[0]}?")
        return self

    @cached_property
    def settings_model(self) -> type[Settings]:
        """What `wmip.yaml` may say of it."""
        declared: dict[str, Any] = {name: (_kind(name, value), value) for name, value in self.settings.items()}
        names: Any = Literal[tuple(stream.name for stream in self.streams)]
        declared["expected_rows"] = (dict[names, tuple[int, int]], Field(default_factory=dict))
        of_kind: Any = FileSettings if self.kind == "files" else ApiSettings
        # What any source may say keeps its own type.
        own: Any = {name: kind for name, kind in declared.items() if name not in of_kind.model_fields}
        made: type[Settings] = create_model(f"{self.name}_settings", __base__=of_kind, **own)
        return made

    def stream(self, name: str) -> Stream:
        """One of its streams. Raises KeyError for an unknown name."""
        return {stream.name: stream for stream in self.streams}[name]

    @property
    def system(self) -> str:
        """What the mart calls it (`source_system`)."""
        return self.source_system or self.name

    @property
    def spoken(self) -> str:
        """What reports call it."""
        return self.label or self.title

    @property
    def gives(self) -> tuple[str, ...]:
        """What the mart gets from it, organisations included."""
        return (*self.provides, *(("organisations",) if self.organisation_records else ()))

    @property
    def has_lists(self) -> bool:
        """Whether its files are lists that are sent again whole (`ingestion.files.whole_lists`)."""
        return self.kind == "files" and any(stream.listed_whole_by for stream in self.streams)

    @property
    def is_mapped(self) -> bool:
        """Whether its objects and fields have other names at other tenants (`ingestion.apis.mapping`)."""
        return (FOLDER / self.name / "mapping.yaml").exists()

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables without which it cannot be read."""
        return (*self.secrets.values(), *(("WMIP_PSEUDONYM_KEY",) if self.holds_people else ()))

    def reader(self) -> Reader:
        """Its reader: `READER` of its module. Raises InvalidDeclaration for one that does not read what is declared."""
        reader: Reader = import_module(f"ingestion.sources.{self.name}.reader").READER
        declared = {stream.name for stream in self.streams} if self.kind == "api" else set()
        if set(reader.streams) != declared or (self.kind == "files") != (reader.open is not None):
            wanted = f"streams {', '.join(sorted(declared))}" if declared else "`open`, which reads one file"
            raise InvalidDeclaration(f"{self.name}/reader.py: kind {self.kind} needs a Reader with {wanted}")
        return reader


def _refuse_unknown(what: str, names: Collection[str], known: Sequence[str]) -> None:
    wrong = [f"unknown {what} {name}; {nearest(name, list(known))}" for name in names if name not in known]
    if wrong:
        raise ValueError("; ".join(wrong))


def load_declaration(folder: Path) -> Source:
    """The source declared in a folder. Raises InvalidDeclaration with file, line and what is allowed."""
    file = YamlFile(folder / "declaration.yaml", f"{folder.name}/declaration.yaml", InvalidDeclaration)
    known = file.checked(Source)
    streams = _contracted(folder, known.contracts) if known.contracts else known.streams
    source = known.model_copy(update={"name": folder.name, "streams": streams})
    try:
        source.settings_model.model_validate(source.settings)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidDeclaration(file.problem(("settings", *wrong["loc"]), wrong["msg"])) from None
    return source


def _contracted(folder: Path, pattern: str) -> tuple[Stream, ...]:
    from ingestion.sources.returns.contract import load_contracts, streams_of

    taken = taken_templates()
    return streams_of(contract for contract in load_contracts(folder, pattern) if contract.template in taken)
