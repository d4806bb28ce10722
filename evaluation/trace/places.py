"""Where a fact was read, in words: file, sheet and cells, row or object of a file, or the object of an API and when."""

from __future__ import annotations

import re
from datetime import datetime

# The record of a file: its SHA-256, then where in it.
OF_FILE = re.compile(r"([0-9a-f]{64}):(.+)", re.DOTALL)


def in_words(source_record_id: str, source_place: str | None, read_at: datetime | None = None) -> str:
    """The place of a record. `read_at`: when this version of it was read, which is said of what is in no file."""
    found = OF_FILE.fullmatch(source_record_id)
    if found is None:
        return f"{source_place or source_record_id}" + (f", read {read_at:%Y-%m-%d %H:%M} UTC" if read_at else "")
    return f"{file_of(source_place) or found[1][:12]}, {_within(found[2])}"


def file_of(source_place: str | None) -> str | None:
    """The name of the file in a place that is in one."""
    name, separator, _ = (source_place or "").partition("#")
    return name if separator else None


def _within(part: str) -> str:
    sheet, exclamation, cells = part.rpartition("!")
    if exclamation:
        return f"sheet {sheet}, {'row' if cells.isdigit() else 'cells'} {cells}"
    return f"row {part}" if part.isdigit() else part
