"""No text that the product writes for people begins as a formula does."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from evaluation.spreadsheets import inert, write_csv

ROOT = Path(__file__).parents[2]
ROOMS = ("bi", "common", "evaluation", "identity", "ingestion", "orchestration", "quality")
# The one writer; and what PostgreSQL reads, which is never a file.
WRITERS = {"evaluation/spreadsheets.py", "orchestration/postgresql/load.py", "orchestration/postgresql/mart_file.py"}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"],  # noqa: RUF001
)
def test_a_text_that_begins_like_a_formula_is_marked_as_text(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=b", "1-2", " =1", None, -1, -1.5, Decimal("-3.20"), date(2024, 1, 1)])
def test_other_texts_and_negative_numbers_stand_as_they_are(value):
    assert inert(value) == value


def test_headings_are_texts_too_and_nothing_is_lost():
    file = io.StringIO()
    write_csv(file, ["=cmd", "b"], [["@x", Decimal("-3.20")], [None, True]])
    assert file.getvalue() == "'=cmd,b\n'@x,-3.20\n,true\n"


def test_nothing_else_of_the_product_writes_csv():
    other = re.compile(r"csv\.(writer|DictWriter|write_csv)|\bto_csv\(|write_csv\(str|FORMAT csv|\.to_excel\(")
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if other.search(path.read_text(encoding="utf-8"))
    }
    assert found == WRITERS
