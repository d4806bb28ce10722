"""The cookbook: its questions with their query, and which of them a mart file can answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"
EARLIER = "earlier"


@dataclass(frozen=True)
class Question:
    """One question of the cookbook. `columns` are those that its query promises."""

    number: int
    title: str
    queries: tuple[str, ...]
    columns: tuple[str, ...]
    reading: str

    @property
    def query(self) -> str:
        """Its query, without the line breaks around it."""
        return self.queries[0].strip()


def read_questions(path: Path = COOKBOOK) -> list[Question]:
    """The questions in their order."""
    found = []
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        number, _, title = section.splitlines()[0].partition(". ")
        promised = re.search(r"^Columns: (.*)\.$", section, flags=re.MULTILINE)
        reading = re.search(r"^How to read it: (.*)", section, flags=re.DOTALL | re.MULTILINE)
        found.append(
            Question(
                int(number),
                title,
                tuple(re.findall(r"^```sql\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)),
                tuple(re.findall(r"`(\w+)`", promised.group(1))) if promised else (),
                reading.group(1).strip() if reading else "",
            )
        )
    return found


def answerable(mart: duckdb.DuckDBPyConnection, question: Question) -> bool:
    """Whether every table and column the query names is in the mart; a query on an earlier release needs that, too."""
    try:
        mart.execute(f"EXPLAIN {question.query}")
    except (duckdb.CatalogException, duckdb.BinderException):
        return False
    return True
