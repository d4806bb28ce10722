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

ROOMS = ("common", "ingestion", "identity", "quality", "evaluation", "orchestration")
# Files outside a source's own folder that name it, and why. A new source needs none of them.
NAMED = {
    "evaluation/data/": "published rules, not readers",
    "ingestion/catalogue.py": "the returns template is asked for by name",
    "ingestion/storage/damage.py": "what to do where the organisations' registers are damaged",
}


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
