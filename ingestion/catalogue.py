"""The sources and their streams, as declared in `ingestion/sources/<source>/declaration.yaml`; imports no reader.

Reference: docs/contracts.md section 2, docs/adding-a-source.md. Every data column is text unless a type is given;
provenance columns are added to every stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from ingestion.persons.contact_details import KINDS

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.reader import Reader

Made = TypeVar("Made")
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
_TIMES = {"_loaded_at", "_deleted_at"}
FILE_COLUMNS = ("file_name", "file_sha256", "sheet", "row_number")
COVER_COLUMNS = ("partner_code", "period_key", "submission_number", "submitted_on")


class InvalidDeclaration(Exception):
    """A declaration that cannot be used; the message names the source, what is wrong and what is allowed."""


@dataclass(frozen=True)
class StreamDeclaration:
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
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    reads: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    enumerations: Mapping[str, list[str]] = field(default_factory=dict)
    indicators: tuple[str, ...] = ()
    expected_rows: tuple[int, int] | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    yes_no: tuple[str, ...] = ()
    true_false: tuple[str, ...] = ()
    cursor: str | None = None
    full_list: bool = False
    listed_whole_by: tuple[str, ...] = ()
    integers: frozenset[str] = frozenset()
    later_row_stands: bool = False

    @property
    def is_about_people(self) -> bool:
        """Whether a row of it is about a person: then only what the declaration names is ever kept of it."""
        return bool(self.personal) or "person_key" in self.columns

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of a landed file, provenance included."""
        import pyarrow as pa

        def kind(column: str) -> pa.DataType:
            if column in _TIMES:
                return pa.timestamp("us", tz="UTC")
            return pa.int64() if column in self.integers else pa.string()

        return pa.schema([(column, kind(column)) for column in (*self.columns, *PROVENANCE)])


@dataclass(frozen=True)
class End:
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


@dataclass(frozen=True)
class AsRead:
    """What a source's publisher promises, as read: of which version, when (ISO day), where; docs/current-as-of.md."""

    version: str
    checked_on: str
    promises: str
    see: str
    ends: tuple[End, ...] = ()


@dataclass(frozen=True)
class SourceDeclaration:
    """One source system.

    `kind`: `api` or `files`. `auth`: how an API is told who asks (`ingestion.apis.http.authenticator`). `secrets`: role
    of a secret -> the environment variable it stands in. `holds_people`: it carries addresses, which need the pseudonym
    key. `probe`: path of a cheap request that shows whether an API answers. `inbox`: folder that files are dropped in.
    `settings`: defaults of what `wmip.yaml` may say of it. `reads_after`: sources whose landed rows its reader needs.
    `as_read`: what its publisher promises; none for what is the programme's own.
    `provides`: what the mart gets from it (events, attendances, persons, support, grants), so that the gate can ask for
    it. `guest_key`: what stands before the ticket's number in the key of a person of whom only the ticket is known.
    """

    name: str
    title: str
    kind: str
    owner: str
    streams: tuple[StreamDeclaration, ...]
    auth: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    holds_people: bool = False
    probe: str | None = None
    inbox: str | None = None
    api_version: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    reads_after: tuple[str, ...] = ()
    as_read: AsRead | None = None
    provides: tuple[str, ...] = ()
    guest_key: str | None = None

    def stream(self, name: str) -> StreamDeclaration:
        """One of its streams. Raises KeyError for an unknown name."""
        return {stream.name: stream for stream in self.streams}[name]

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
            raise InvalidDeclaration(
                f"{self.name}/reader.py: a source of kind {self.kind} needs a Reader with {wanted}"
            )
        return reader


def read_yaml(path: Path) -> Any:
    """A YAML file of the product's own."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def return_template() -> dict[str, Any]:
    """The return workbook's template contract, as data."""
    content: dict[str, Any] = read_yaml(FOLDER / "returns" / "template_v1.yaml")
    return content


def _template_streams(template: Mapping[str, Any]) -> tuple[StreamDeclaration, ...]:
    covers = StreamDeclaration(
        "covers",
        "The cover of each return workbook. Grain: a file.",
        ("file_sha256",),
        (*FILE_COLUMNS, *COVER_COLUMNS),
    )
    tables = [
        StreamDeclaration(
            table["stream"],
            table["description"],
            ("file_sha256", "row_number"),
            (*FILE_COLUMNS, *COVER_COLUMNS, *(column["name"] for column in table["columns"])),
            texts={column["name"]: column["kind"] for column in table["columns"] if column.get("kind") in KINDS},
        )
        for table in template["tables"]
    ]
    return (covers, *tables)


def _made(kind: Callable[..., Made], content: Mapping[str, Any], where: str) -> Made:
    """A dataclass from what a declaration says of it; lists become tuples, unknown names are refused."""
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(content) - known)
    if unknown:
        raise InvalidDeclaration(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in content.items()})
    except TypeError as error:
        raise InvalidDeclaration(f"{where}: {str(error).partition('__init__() ')[2] or error}") from None


def load_declaration(folder: Path) -> SourceDeclaration:
    """The source declared in a folder. Raises InvalidDeclaration."""
    content: dict[str, Any] = read_yaml(folder / "declaration.yaml")
    where = f"{folder.name}/declaration.yaml"
    template = content.pop("template", None)
    if template is not None:
        streams = _template_streams(read_yaml(folder / template))
    else:
        streams = tuple(
            _made(StreamDeclaration, entry, f"{where}: stream {entry.get('name')}") for entry in content.pop("streams")
        )
    if promised := content.pop("as_read", None):
        ends = tuple(_made(End, entry, f"{where}: as_read: ends") for entry in promised.pop("ends", ()))
        content["as_read"] = _made(AsRead, {**promised, "ends": ends}, f"{where}: as_read")
    return _made(SourceDeclaration, {**content, "name": folder.name, "streams": streams}, where)


def _load() -> dict[str, SourceDeclaration]:
    """Every declared source; those that others read after come first."""
    found = {path.parent.name: load_declaration(path.parent) for path in sorted(FOLDER.glob("*/declaration.yaml"))}
    ordered: dict[str, SourceDeclaration] = {}

    def place(name: str) -> None:
        for earlier in found[name].reads_after:
            place(earlier)
        ordered.setdefault(name, found[name])

    for name in sorted(found, key=lambda name: (found[name].kind != "files", name)):
        place(name)
    return ordered


SOURCES: dict[str, SourceDeclaration] = _load()


def providers() -> dict[str, set[str]]:
    """The sources that provide each thing."""
    found: dict[str, set[str]] = {}
    for source in SOURCES.values():
        for provided in source.provides:
            found.setdefault(provided, set()).add(source.name)
    return found


def person_key_forms() -> list[str]:
    """Every form a person key has, as regular expressions."""
    from ingestion.persons.pseudonyms import PERSON_KEYS

    return [*PERSON_KEYS.values(), *(f"{s.guest_key}[^@]+" for s in SOURCES.values() if s.guest_key)]


def addressee(path: Path, kind: str, *, is_looked_at: bool = True) -> SourceDeclaration:
    """The source a file of an inbox folder is for: the first whose reader's `recognises(path)` knows it, else the one
    of that folder without such a function, which refuses what it cannot read; where all have one, the first, for which
    the file is refused. A path is `<home>/inbox/<kind>/<file>`; `is_looked_at`: unless nobody is to open it.
    """
    sharing = [source for source in SOURCES.values() if source.inbox == kind]
    if len(sharing) == 1:
        return sharing[0]
    recognised = next((source for source in sharing if is_looked_at and recognises(source, path)), None)
    return recognised or next((source for source in sharing if source.reader().recognises is None), sharing[0])


def recognises(source: SourceDeclaration, path: Path) -> bool:
    """Whether a source's reader knows a file for its own; False for a reader that does not tell, and for a file that
    it cannot make anything of, which is then refused by whom it falls to. Raises OSError for one that cannot be read
    now.
    """
    from ingestion.findings import is_passing

    asked = source.reader().recognises
    try:
        return asked is not None and bool(asked(path))
    except Exception as error:
        if is_passing(error):
            raise
        return False


QUARANTINE = StreamDeclaration(
    "rows",
    "Rows that were refused. Grain: a finding about a row.",
    ("source", "stream", "place", "column_name", "reason_code"),
    ("source", "stream", "place", "column_name", "cell", "value_class", "reason_code", "message"),
)

INBOX_FILES = StreamDeclaration(
    "files",
    "Ledger of the inbox: what was handled, and how. Grain: a file of a kind.",
    ("file_sha256", "kind"),
    (
        "kind",
        "file_name",
        "file_sha256",
        "size_bytes",
        "status",
        "reason",
        "rows_loaded",
        "rows_quarantined",
        "readings",
        "read_at",
        "rows_landed",
        "landed_in",
        "error_class",
    ),
    integers=frozenset({"rows_loaded", "rows_quarantined", "readings", "rows_landed"}),
)

FINDINGS = StreamDeclaration(
    "rows",
    "What is odd about rows that were landed all the same. Grain: a finding about a row.",
    ("source", "stream", "place", "cell", "rule"),
    ("source", "stream", "place", "cell", "rule", "severity", "message"),
)

LEDGERS: dict[str, StreamDeclaration] = {"quarantine": QUARANTINE, "findings": FINDINGS, "inbox": INBOX_FILES}
