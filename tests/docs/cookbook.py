"""Reads the cookbook: its questions with their query and the columns they promise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"


@dataclass(frozen=True)
class Question:
    number: int
    title: str
    queries: list[str]
    columns: list[str]
    has_reading: bool


def questions() -> list[Question]:
    text = COOKBOOK.read_text(encoding="utf-8")
    found = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        number, _, title = section.splitlines()[0].partition(". ")
        promised = re.search(r"^Columns: (.*)\.$", section, flags=re.MULTILINE)
        found.append(
            Question(
                int(number),
                title,
                re.findall(r"^```sql\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE),
                re.findall(r"`(\w+)`", promised.group(1)) if promised else [],
                "\nHow to read it: " in section,
            )
        )
    return found
