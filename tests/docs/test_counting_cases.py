"""The table of cases: every test it names exists, and every kind of dirt."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml

from sandbox.options import Dirt

ROOT = Path(__file__).parents[2]


def _rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "counting-cases.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] not in ("input", "---")]


def _names(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def _tests() -> set[str]:
    written = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    found = {name for text in written for name in re.findall(r"^def (\w+)", text, re.MULTILINE)}
    for path in (ROOT / "dbt_project" / "models").rglob("*.yml"):
        declared = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
        found |= {unit["name"] for unit in declared.get("unit_tests", [])}
    return found


def test_every_case_names_tests_that_there_are():
    rows, tests = _rows(), _tests()
    assert len(rows) > 50
    assert [row[0] for row in rows if not _names(row[2])] == []
    assert {name for row in rows for name in _names(row[2])} - tests == set()


def test_every_kind_of_dirt_that_is_named_is_made():
    named = {name for row in _rows() if len(row) > 3 for name in _names(row[3])}
    assert len(named) > 20
    assert named <= {item.name for item in fields(Dirt)}
