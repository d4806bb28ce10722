"""Single values as APIs write them, as text: what a landed column holds."""

from __future__ import annotations

from typing import Any

from ingestion.apis.http import MalformedRecord
from ingestion.drift import CHANGED


def text(column: str, value: Any) -> str | None:
    """A single value as text; a blank one is None. Raises MalformedRecord for a list or an object."""
    if isinstance(value, (dict, list)):
        kind = "a list" if isinstance(value, list) else "an object"
        raise MalformedRecord(column, CHANGED, f"{column} holds {kind}, where the contract has one value")
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def one_line(value: Any) -> Any:
    """What a person typed into a field, without the blanks around and doubled in it; a blank one is None.

    It may hold contact details: the door withholds these (`ingestion.persons.door`), and says so. Other kinds of values
    are left to `text`.
    """
    return " ".join(value.split()) or None if isinstance(value, str) else value
