"""Warnings that a body confirmed with a reason, on the sheet of findings of a marked-up workbook.

A confirmed warning lands as a note that keeps the reason. It is known by its rule and the records it is about, which
stay when rows move; a reason beside another rule or record confirms nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingestion.files.row_check import heading_key
from ingestion.files.values import clean_text
from ingestion.persons.contact_details import OPEN_TEXT, withhold

SHEET = "Findings"
START, END = "WMIP:CONFIRMATIONS:START", "WMIP:CONFIRMATIONS:END"
HEADINGS = (
    "Severity",
    "Sheet",
    "Cells",
    "How many",
    "What is wrong, and what to do",
    "Rule",
    "Records",
    "Why it is right",
)
_RULE, _RECORDS, _REASON = (heading_key(heading) for heading in HEADINGS[5:])
_LONGEST = 300

Confirmed = Mapping[tuple[str, str], str]
"""The reason by rule and record; the record is empty for what is about the whole return."""


def confirmations(rows: Sequence[Sequence[Any]]) -> dict[tuple[str, str], str]:
    """What is confirmed on a sheet of findings: its rows as they were read."""
    found: dict[tuple[str, str], str] = {}
    positions: dict[str, int] = {}
    is_open = False
    for cells in rows:
        texts = [str(cell).strip() if cell is not None else "" for cell in cells]
        if START in texts:
            is_open = True
        elif END in texts:
            return found
        elif is_open and not positions:
            positions = {heading_key(text): at for at, text in enumerate(texts) if text}
        elif is_open:
            given = {name: texts[at] if at < len(texts) else "" for name, at in positions.items()}
            reason = withhold(" ".join(clean_text(given.get(_REASON, "")).split()), OPEN_TEXT)[0][:_LONGEST]
            if reason:
                for record in given.get(_RECORDS, "").split("\n"):
                    found[given.get(_RULE, ""), record.strip()] = reason
    return found
