"""Every source has a page that says how it is switched on and what it does."""

import re
from pathlib import Path

import pytest

from ingestion.catalogue import SOURCES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "sources").glob("*.md")}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_has_a_page_or_a_place_on_one(name):
    assert name in PAGES or any(re.search(rf"\b{name}\b", text) for text in PAGES.values())


@pytest.mark.parametrize("page", PAGES)
def test_the_index_leads_to_every_page(page):
    assert f"(sources/{page}.md)" in (DOCS / "index.md").read_text(encoding="utf-8")
