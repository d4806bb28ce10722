"""What was landed of a source's records: the row or object that a fact opens to, in a home and as of a release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.home import landing_folder, original_file
from common.sql import literal
from evaluation.trace.places import OF_FILE
from ingestion.declaration import PROVENANCE
from ingestion.storage.latest import all_of
from ingestion.storage.scratch import scratch


@dataclass(frozen=True)
class SourceRecord:
    """A record as it was landed: of which stream, when, its values; `original`: the verbatim file it was read from."""

    source: str
    stream: str
    read_at: datetime
    values: Mapping[str, Any]
    original: Path | None


def find_records(home: Path, source_system: str, record_ids: Iterable[str], by: datetime) -> dict[str, SourceRecord]:
    """The latest landed version of each of these records of a source, by that instant (UTC); what was erased is left
    out.
    """
    missing = set(record_ids)
    found: dict[str, SourceRecord] = {}
    # A body's return says of an event or a firm what stands under the name of its platform.
    for source in dict.fromkeys((source_system, "returns", *_kin(home, source_system))):
        for folder in sorted(path for path in (landing_folder(home) / source).glob("*") if path.is_dir()):
            if not missing:
                return found
            here = _in_stream(home, folder, missing, by)
            found |= here
            missing -= here.keys()
    return found


def _kin(home: Path, source_system: str) -> list[str]:
    """Other ways in which a system's records come: its downloaded reports beside its API."""
    folders = sorted(path.name for path in landing_folder(home).glob("*") if path.is_dir())
    return [name for name in folders if name.startswith(source_system) or source_system.startswith(name)]


def _in_stream(home: Path, folder: Path, record_ids: set[str], by: datetime) -> dict[str, SourceRecord]:
    wanted = ", ".join(literal(record) for record in sorted(record_ids))
    until = f"{by:%Y-%m-%d %H:%M:%S}"
    with scratch() as connection:
        rows = connection.execute(
            # A night lands row after row, some millionths of a second after its clock.
            f"FROM {all_of(folder)} WHERE _source_record IN ({wanted}) AND _deleted_at IS NULL "
            f"AND date_trunc('second', _loaded_at AT TIME ZONE 'UTC') <= {literal(until)} "
            "QUALIFY row_number() OVER (PARTITION BY _source_record ORDER BY _loaded_at DESC, _load_id DESC) = 1"
        )
        columns = [column[0] for column in rows.description or []]
        records = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
    return {
        record["_source_record"]: SourceRecord(
            folder.parent.name,
            folder.name,
            record["_loaded_at"],
            {name: value for name, value in record.items() if name not in PROVENANCE and value is not None},
            _original(home, record["_source_record"]),
        )
        for record in records
    }


def _original(home: Path, record_id: str) -> Path | None:
    of_file = OF_FILE.fullmatch(record_id)
    file = original_file(home, of_file[1]) if of_file else None
    return file if file and file.exists() else None
