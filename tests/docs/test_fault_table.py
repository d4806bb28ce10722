"""Every test that the fault table names is there, and every transport fault is in the table."""

from __future__ import annotations

import re
from pathlib import Path

from tests.ingestion.sources.faults import FAULTS

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "fault-table.md").read_text(encoding="utf-8")
ROWS = [row for row in TABLE.splitlines() if row.startswith("|") and not row.startswith(("|---", "| attack"))]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)")


def test_every_row_has_a_test_that_is_there():
    assert len(ROWS) > 100
    missing = []
    for row in ROWS:
        named = NAMED.findall(row)
        if not named:
            missing.append(row)
        for path, name in named:
            file = ROOT / path
            if not file.exists() or f"\ndef {name}(" not in file.read_text(encoding="utf-8"):
                missing.append(f"{path}::{name}")
    assert missing == []


def test_every_fault_of_transport_is_in_the_table():
    assert [name for name in FAULTS if f"`{name}`" not in TABLE] == []
