"""What a source sends that its declaration does not know, and what it no longer sends: noticed, counted, told.

Told of are a new field, a new field that looks personal, a field that no record had tonight, a value that an
enumeration does not know, a field that holds another kind of value than before, a whole list of a length that nobody
expects, and a heading that is one slip away from one that is missing. What a declaration does not name is dropped at
the door, but for single values of new fields of a record that is not about a person: they are kept in `_extra`. Columns
of files are compared by their headings; a new one is told of, and stands in the file, which is kept.
Grain of the log `runs/<run_id>/source_drift/<source>.parquet`: run, stream, kind and column. It holds names and
counts; of values only those of declared enumerations, unless they look personal.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.durable import write_parquet
from common.home import BEFORE_ALL_RUNS, make_private, run_folder
from ingestion.declaration import Stream

if TYPE_CHECKING:
    import pyarrow as pa

NEW, PERSONAL, VANISHED, UNKNOWN, CHANGED, VOLUME, MISSPELT = (
    "new_column",
    "personal_column",
    "vanished_column",
    "unknown_value",
    "changed_type",
    "unexpected_volume",
    "misspelt_column",
)
# Fewer records than this say nothing about a field that none of them had.
ENOUGH_RECORDS = 5
_PERSONAL_NAME = re.compile(
    r"e-?mail|phone|mobile|\btel\b|fax|(first|last|full|given|family|sur|maiden|contact)[ _-]?name|birth|\bdob\b|gender"
    r"|ethnic|street|home.?address|postal.?address|passport|national.?insurance",
    re.IGNORECASE,
)
_PERSONAL_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|(?:\+44|\b0)(?:[ -]?\d){9,10}\b", re.IGNORECASE)


def looks_personal(name: str, value: Any = None) -> bool:
    """Whether a field's name, or a value in it, is of the kind that names or reaches a person."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return bool(_PERSONAL_NAME.search(spaced) or (isinstance(value, str) and _PERSONAL_VALUE.search(value)))


@dataclass(frozen=True)
class Drift:
    """One difference between what a stream declares and what came. `records`: how many show it."""

    run_id: str
    source: str
    stream: str
    kind: str
    column_name: str
    records: int
    indicators: str
    message: str


@dataclass
class DriftWatch:
    """Watches the records of one stream. A stream that declares no `reads` is watched for its enumerations only.

    A field within another is named with a dot where the declaration does so: `properties.name`.
    """

    declaration: Stream
    records: int = 0
    _present: set[str] = field(default_factory=set)
    _new: Counter[str] = field(default_factory=Counter)
    _personal: set[str] = field(default_factory=set)
    _unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    _changed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        declared = self.declaration
        self._known = {*declared.reads, *declared.ignores, *declared.personal}
        self._opened = {name.partition(".")[0] for name in self._known if "." in name}

    def record(self, record: Mapping[str, Any]) -> str | None:
        """Look at a record as it came. Returns what is to be kept of its new fields, as JSON."""
        self.records += 1
        if not self.declaration.reads:
            return None
        kept: dict[str, Any] = {}
        for name, value in self._fields(record):
            self._present.add(name)
            if not self._is_known(name):
                self._new[name] += 1
                if looks_personal(name, value):
                    self._personal.add(name)
                elif isinstance(value, (str, int, float)) and not self.declaration.is_about_people:
                    kept[name] = value
        return json.dumps(kept, sort_keys=True, ensure_ascii=False) if kept else None

    def changed(self, column: str) -> None:
        """Note that a record had another kind of value in a column than the contract says; it is in quarantine."""
        self._changed[column] += 1

    def _is_known(self, name: str) -> bool:
        return name in self._known or any(fnmatchcase(name, pattern) for pattern in self.declaration.ignores)

    def row(self, row: Mapping[str, Any]) -> None:
        """Look at a row as it is landed."""
        for column, known in self.declaration.enumerations.items():
            value = row.get(column)
            if value is not None and value not in known:
                self._unknown[column, "a value that looks personal" if looks_personal("", value) else str(value)] += 1

    def _fields(self, record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        for name, value in record.items():
            if name in self._opened and isinstance(value, Mapping):
                yield from ((f"{name}.{inner}", within) for inner, within in value.items())
            else:
                yield name, value

    def drifts(self, run_id: str, source: str) -> list[Drift]:
        """What was noticed, in order of kind and column."""
        touched = ", ".join(self.declaration.indicators)

        def drift(kind: str, column: str, records: int, message: str) -> Drift:
            return Drift(run_id, source, self.declaration.name, kind, column, records, touched, message)

        kept = "" if self.declaration.is_about_people else " but kept in _extra"
        found = [
            drift(PERSONAL, name, count, f"the new field {name} looks personal: dropped; name it under `personal`")
            if name in self._personal
            else drift(NEW, name, count, f"the new field {name} is not read{kept}; name it under `reads` or `ignores`")
            for name, count in self._new.items()
        ]
        if self.records >= ENOUGH_RECORDS:
            found += [
                drift(VANISHED, name, self.records, f"no record has the field {name} any more; its column is empty")
                for name in self.declaration.reads
                if name not in self._present
            ]
        found += [
            drift(UNKNOWN, column, count, f"{column} holds {value!r}, which is not one of its known values")
            for (column, value), count in self._unknown.items()
        ]
        found += [
            drift(CHANGED, column, count, f"{column} holds another kind of value than before: quarantined")
            for column, count in self._changed.items()
        ]
        return sorted(found, key=lambda one: (one.kind, one.column_name, one.message))


@dataclass
class HeadingWatch:
    """Watches the headings of the tables of one stream."""

    _new: Counter[str] = field(default_factory=Counter)
    _missing: Counter[str] = field(default_factory=Counter)
    _near: Counter[tuple[str, str]] = field(default_factory=Counter)

    def table(self, new: Iterable[str], missing: Iterable[str], near: Mapping[str, str] | None = None) -> None:
        """Note the headings of a table that are not read, those that it lacks, and which of the former were probably
        meant for which of the latter: these are told of whatever the declaration ignores.
        """
        near = near or {}
        self._new.update({heading for heading in new if heading and heading not in near})
        self._missing.update(set(missing))
        self._near.update(near.items())

    def drifts(self, run_id: str, source: str, declaration: Stream) -> list[Drift]:
        """What was noticed, in order of kind and heading; headings that the declaration names are known."""
        touched = ", ".join(declaration.indicators)
        known = [name.casefold() for name in (*declaration.ignores, *declaration.personal)]

        def drift(kind: str, heading: str, tables: int, message: str) -> Drift:
            return Drift(run_id, source, declaration.name, kind, heading, tables, touched, message)

        found = [
            drift(PERSONAL, name, count, f"{count} table(s) have the new column {name!r}: looks personal, not read")
            if looks_personal(name)
            else drift(NEW, name, count, f"{count} table(s) have the new column {name!r}: not read, kept in originals/")
            for name, count in self._new.items()
            if not any(fnmatchcase(name.casefold(), pattern) for pattern in known)
        ]
        found += [
            drift(VANISHED, name, count, f"{count} table(s) lack the column {name!r}, which is empty for them")
            for name, count in self._missing.items()
        ]
        found += [
            drift(MISSPELT, name, count, f"{count} table(s) have the column {name!r}, not read: is {meant!r} meant?")
            for (name, meant), count in self._near.items()
        ]
        return sorted(found, key=lambda one: (one.kind, one.column_name))


def volume_drift(
    run_id: str, source: str, declaration: Stream, rows: int, expected: Sequence[int] | None
) -> list[Drift]:
    """What a whole read of so many rows says: nothing when it is within what is expected (fewest, most)."""
    if expected is None or expected[0] <= rows <= expected[1]:
        return []
    message = f"a whole read has {rows:,} rows; {expected[0]:,} to {expected[1]:,} are expected (`expected_rows`)"
    touched = ", ".join(declaration.indicators)
    return [Drift(run_id, source, declaration.name, VOLUME, "", rows, touched, message)]


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.int64() if name == "records" else pa.string()) for name in Drift.__dataclass_fields__])


def ensure_drift_log(home: Path) -> None:
    """Create the log's file without rows, so that it can be queried before the first night."""

    folder = run_folder(home, BEFORE_ALL_RUNS) / "source_drift"
    if not (folder / "schema.parquet").exists():
        make_private(folder)
        write_parquet(_schema().empty_table(), folder / "schema.parquet")


def write_drift(home: Path, run_id: str, source: str, drifts: Sequence[Drift]) -> None:
    """Write what was noticed of a source in a run; nothing when there was nothing."""
    if not drifts:
        return
    import pyarrow as pa

    folder = make_private(run_folder(home, run_id) / "source_drift")
    rows = [asdict(drift) for drift in drifts]
    write_parquet(pa.Table.from_pylist(rows, schema=_schema()), folder / f"{source}.parquet")
