"""Lists of sources are made from the declarations, and nothing else has to know a source."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ingestion.catalogue import SOURCES
from orchestration.dictionary.source_lists import ROOT, contracts, dbt_sources, seed, source_lists

NAMED = {
    "ingestion/catalogue.py": "the template of the returns",
    "ingestion/files/whole_lists.py": "the register in which removals are confirmed",
    "orchestration/cli/grants.py": "commands about one source: mappings, and the 360Giving registry",
    "orchestration/cli/main.py": "the command `returns`",
    "orchestration/cli/returns.py": "the command `returns`",
    "orchestration/evaluators.py": "the assumptions of an evaluation are rows of the registers",
    "orchestration/rehearsal.py": "`returns check` rehearses a night of the returns",
    "quality/suites/completeness.yaml": "what only returns fill, and staging that fills a table",
    "quality/suites/timeliness.yaml": "returns are owed by quarter",
    "quality/suites/uniqueness.yaml": "platforms with tickets",
}
"""Files of the rooms that name a source, and why; a new source needs none of them."""
PAGE = ROOT / "docs" / "adding-a-source.md"


@pytest.mark.parametrize("path", source_lists(), ids=lambda path: path.name)
def test_the_committed_lists_are_what_would_be_made(path):
    kept = path.read_text(encoding="utf-8")
    assert kept == source_lists()[path], f"stale: run `wmip docs index` and commit {path.relative_to(ROOT)}"


def test_a_new_source_appears_in_every_list():
    more = {**SOURCES, "roombook": SOURCES["innovate_uk"].model_copy(update={"name": "roombook"})}
    (made,) = [one for one in yaml.safe_load(dbt_sources(more))["sources"] if one["name"] == "roombook"]
    assert made["tables"][0]["config"]["meta"]["dagster"]["asset_key"] == ["landing", "roombook", "participants"]
    assert [row["kind"] for row in csv.DictReader(seed(more).splitlines()) if row["source"] == "roombook"] == ["files"]
    page = contracts(more)
    assert "| `roombook/participants` | participation_id |" in page
    assert "| participant of a funded project | roombook | participation id |" in page


def test_what_bears_organisations_is_what_the_mart_makes_records_of():
    models = (ROOT / "dbt_project/models/intermediate/organisation/record").glob("int_organisation__record_*.sql")
    made = {path.stem.removeprefix("int_organisation__record_") for path in models}
    declared = {source.system for source in SOURCES.values() if source.organisation_records}
    assert made <= declared
    # Those of returns and of online events are made of more than one model.
    assert declared - made <= {"returns", "zoom"}


def _tracked(*folders: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_room_names_a_source_it_need_not_know():
    names = "|".join(SOURCES)
    named = re.compile(rf"""["']({names})["'/]|sources\.({names})\b|stg_({names})__|requires_source: ({names})""")
    rooms = _tracked("common", "ingestion", "identity", "quality", "evaluation", "orchestration")
    found = {
        str(path)
        for path in rooms
        if path.suffix in {".py", ".yaml", ".j2"} and path.parts[:2] != ("ingestion", "sources")
        if named.search((ROOT / path).read_text(encoding="utf-8"))
    }
    assert found - set(NAMED) == set(), "a source is named where its declaration should be asked"
    assert set(NAMED) - found == set(), "named no more: take it from the list"


def test_a_file_source_is_its_folder_its_staging_its_page_and_what_the_page_lists():
    name = "innovate_uk"
    said = re.search(r"<!-- what names a file source -->(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert said
    listed = {found.rpartition("/")[2] for found in re.findall(r"`([^`]+\.sql)`", said[1])}
    own = {f"ingestion/sources/{name}", f"dbt_project/models/staging/{name}"}
    naming = {
        path.name
        for path in _tracked("common", "ingestion", "identity", "quality", "evaluation", "orchestration", "dbt_project")
        if path.suffix in {".py", ".sql", ".csv", ".yaml"} and not any(str(path).startswith(f"{one}/") for one in own)
        if ROOT / path not in source_lists() and re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))
    }
    assert naming <= listed
    assert {f"int_grant__{name}.sql", "int_grant__award.sql", "typed_values.sql"} <= naming


def test_what_a_headline_indicator_touches_is_listed():
    said = re.search(r"<!-- what a headline indicator touches -->(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert said
    listed = {Path(found) for found in re.findall(r"`([^`<]+/[^`<]+)`", said[1])}
    assert [path for path in listed if not (ROOT / path).is_file()] == []
    declares = re.compile(r"^(new_collaborations,|  (- name: )?new_collaborations:?$)", re.MULTILINE)
    declaring = {
        path
        for path in _tracked("dbt_project/seeds", "dbt_project/models/semantic", "evaluation/disclosure")
        if path.suffix in {".csv", ".yml", ".yaml"} and declares.search((ROOT / path).read_text("utf-8"))
    }
    assert declaring <= listed
    assert len(declaring) >= 4
