"""The walk from a cell to a figure names files that are there, in an order one can follow in ten steps."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_walk_names_ten_files_that_are_there():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\d+\. `([^`]+)`", page, re.MULTILINE)
    assert len(steps) == 10
    assert [path for path in steps if not (ROOT / path).is_file()] == []


def test_links_of_the_pages_at_the_root_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == [], name
