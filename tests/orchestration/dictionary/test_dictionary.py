"""The data dictionary is complete, true of a release, and what the repository keeps of it is not stale."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.dictionary.described_tables import Table, read_tables
from orchestration.dictionary.documentation import WRITTEN, committed_index, write_dictionary, write_site_source
from orchestration.dictionary.pages import indicators_page
from orchestration.dictionary.registers import read_indicators

pytestmark = pytest.mark.xdist_group("small_release")


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, Table]:
    manifest = ensure_parsed(tmp_path_factory.mktemp("home"))
    return {table.name: table for table in read_tables(manifest)}


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dictionary")
    write_dictionary(folder, folder)
    return folder


def test_every_table_says_what_it_holds_and_what_a_row_is(tables):
    assert [name for name, table in tables.items() if not table.meaning.strip() or not table.grain] == []


def test_every_column_is_described_and_typed(tables):
    columns = [(table.name, column) for table in tables.values() for column in table.columns]
    assert [f"{table}.{column.name}" for table, column in columns if not column.description.strip()] == []
    assert [f"{table}.{column.name}" for table, column in columns if not column.type] == []
    assert [f"{table}.{c.name}" for table, c in columns if c.description in {"Status.", "Mode.", "Reason."}] == []


def test_the_committed_index_is_what_would_be_generated(tmp_path):
    kept = (WRITTEN / "dictionary" / "index.md").read_text(encoding="utf-8")
    assert kept == committed_index(tmp_path), "stale: run `wmip docs index` and commit docs/dictionary/index.md"


def test_the_dictionary_is_true_of_a_released_mart(tables, small_release):
    released: dict[str, dict[str, str]] = {}
    for table, column, kind in small_release.query(
        "SELECT table_name, column_name, lower(data_type) FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name, column_index"
    ):
        released.setdefault(table, {})[column] = kind
    described = {name: {column.name: column.type for column in table.columns} for name, table in tables.items()}
    assert described == released


def test_every_example_query_runs_on_a_released_mart(tables, small_release):
    mart = (small_release.path / "releases" / "current" / "mart.duckdb").resolve()
    failed = {}
    with duckdb.connect(str(mart), read_only=True) as connection:
        for name, table in tables.items():
            assert re.search(rf"\b{name}\b", table.example), f"the example of {name} is about another table"
            try:
                connection.execute(table.example).fetchall()
            except duckdb.Error as error:
                failed[name] = str(error)
    assert failed == {}


def test_every_link_leads_somewhere(pages):
    broken = []
    for page in pages.glob("*.md"):
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            text = (pages / name).read_text(encoding="utf-8") if (pages / name).exists() else ""
            if not text or (anchor and f"### {anchor}\n" not in text):
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_a_page_shows_key_lineage_checks_and_example(pages):
    text = (pages / "indicator_value.md").read_text(encoding="utf-8")
    assert "**Key:** `indicator_key`, `period_key`, `scope`, `scope_key`, `basis`" in text
    assert "[indicator_fact](indicator_fact.md)" in text
    assert "`returns/jobs`" in text
    assert "| `value` | decimal(18,4) | yes |" in text, "one that is withheld has none"
    assert "| `period_key` | varchar | no |" in text, "the gate holds it to be filled"
    assert "verified_values_are_sums_of_facts" in text
    assert "```sql\nSELECT" in text


def test_every_table_and_page_is_in_the_index(tables, pages):
    index = (pages / "index.md").read_text(encoding="utf-8")
    assert [name for name in tables if f"[{name}]({name}.md)" not in index] == []


def test_targets_that_were_not_stated_are_said_to_be_so_and_none_is_invented():
    indicators = {indicator.code: indicator for indicator in read_indicators(PROJECT_DIR / "seeds")}
    assert [indicators[code].target for code in ("H1", "H2", "H6")] == ["about 15", "about 5", "6000"]
    assert {indicators[code].target for code in ("H3", "H4", "H5", "H7")} == {"not stated"}
    page = indicators_page(list(indicators.values()))
    assert page.count("| target | not stated") == len(indicators) - 3
    assert "signed agreement A, funding letter B, self report C" in page


def test_the_site_has_the_written_pages_too(tmp_path):
    written = write_site_source(tmp_path / "site", tmp_path)
    assert {"index.md", "mart.md", "cookbook.md", "dictionary/index.md", "dictionary/indicator_fact.md"} <= set(written)
    index = (tmp_path / "site" / "dictionary" / "index.md").read_text(encoding="utf-8")
    assert "(indicator_fact.md)" in index, "the generated index stands in place of the kept one"
