"""What makes figures new, and what is only the time that went by."""

from __future__ import annotations

import re
from pathlib import Path

from quality.fingerprint import VOLATILE_TABLES

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"


def test_a_table_that_gives_an_age_makes_no_new_release():
    age = re.compile(r"datediff\([^)]*as_of\(\)")
    aged = {path.stem for path in MARTS.rglob("*.sql") if age.search(path.read_text(encoding="utf-8"))}
    assert {"source_run", "reference_edition"} <= aged
    assert aged <= VOLATILE_TABLES
