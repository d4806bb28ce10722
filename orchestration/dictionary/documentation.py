"""The folder of Markdown that the site is built from: the written pages, and the generated dictionary beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.code_version import ROOT
from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.dictionary.described_tables import read_tables
from orchestration.dictionary.pages import checks_page, index_page, indicators_page, table_page
from orchestration.dictionary.registers import read_indicators
from quality.suites import load_suites, suite_paths

WRITTEN = ROOT / "docs"
DICTIONARY = "dictionary"
_COPIED = {".md", ".png", ".jpg", ".svg", ".css"}


def write_dictionary(folder: Path, home: Path) -> list[str]:
    """Write the dictionary's pages into a folder. Returns their names. `home` only where dbt may parse for."""
    tables = read_tables(ensure_parsed(home))
    names = {table.name for table in tables}
    checks = load_suites(suite_paths())
    pages = {f"{table.name}.md": table_page(table, names, checks) for table in tables}
    pages["index.md"] = index_page(tables, linked=True)
    pages["indicators.md"] = indicators_page(read_indicators(PROJECT_DIR / "seeds"))
    pages["checks.md"] = checks_page(checks, names)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(pages)


def committed_index(home: Path) -> str:
    """The index as it is kept in `docs/dictionary/index.md`, for readers of the repository."""
    return index_page(read_tables(ensure_parsed(home)), linked=False)


def write_site_source(folder: Path, home: Path) -> list[str]:
    """Make the folder anew: copies of the written pages and pictures, and the dictionary. Returns the pages."""
    if folder.exists():
        shutil.rmtree(folder)
    for path in sorted(WRITTEN.rglob("*")):
        if path.suffix in _COPIED:
            copy = folder / path.relative_to(WRITTEN)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    write_dictionary(folder / DICTIONARY, home)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))
