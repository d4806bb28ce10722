"""Lists of sources, models and indicators are made of what declares them, and nothing else has to know one."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ingestion.catalogue import SOURCES
from orchestration.dictionary.model_lists import metrics, model_lists, union_members
from orchestration.dictionary.source_lists import ROOT, contracts, dbt_sources, seed, source_lists
from orchestration.rules.gather import SEED

NAMED = {
    "evaluation/site/templates/scope.html.j2": "what the page of a body says of its returns",
    "ingestion/catalogue.py": "the template of the returns",
    "ingestion/declaration.py": "the contracts in which the tables of returns are declared",
    "ingestion/files/whole_lists.py": "the register in which removals are confirmed",
    "orchestration/cli/grants.py": "commands about one source: mappings, and the 360Giving registry",
    "orchestration/cli/main.py": "the command `returns`",
    "orchestration/settings.py": "the variable that names further returns",
    "orchestration/evaluators.py": "the assumptions of an evaluation are rows of the registers",
    "orchestration/submissions.py": "the commands about submissions, which are of returns",
    "orchestration/rehearsal.py": "`returns check` rehearses a night of the returns",
    "evaluation/trace/supplementary.py": "funding that bodies return, which S5 is made of",
    "orchestration/cli/rehearse.py": "accepted returns that would change",
    "orchestration/release/steps/inputs.py": "the contracts of further returns, which a release was made by",
    "orchestration/release/rebuild.py": "the same",
    "orchestration/source_records.py": "returns say more of what stands under the name of a platform",
    "orchestration/rules/of_ingestion.py": "rules that stand in contracts of returns",
    "quality/statistics/comparisons.py": "names signed in beside heads, which only returns have",
    "quality/suites/completeness.yaml": "what only returns fill, and staging that fills a table",
    "quality/suites/timeliness.yaml": "returns are owed by quarter",
}
"""Files of the rooms that name a source, and why; a new source needs none of them."""
PAGE = ROOT / "docs" / "adding-a-source.md"


MADE = source_lists() | model_lists()


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_committed_lists_are_what_would_be_made(path):
    kept = path.read_text(encoding="utf-8")
    assert kept == MADE[path], f"stale: run `wmip docs index` and commit {path.relative_to(ROOT)}"


def test_a_new_source_appears_in_every_list():
    more = {**SOURCES, "roombook": SOURCES["innovate_uk"].model_copy(update={"name": "roombook"})}
    (made,) = [one for one in yaml.safe_load(dbt_sources(more))["sources"] if one["name"] == "roombook"]
    assert made["tables"][0]["config"]["meta"]["dagster"]["asset_key"] == ["landing", "roombook", "participants"]
    assert [row["kind"] for row in csv.DictReader(seed(more).splitlines()) if row["source"] == "roombook"] == ["files"]
    page = contracts(more)
    assert "| `roombook/participants` | participation_id |" in page
    assert "| participant of a funded project | roombook | participation id |" in page


def test_a_new_model_joins_its_union(tmp_path):
    for name in ("fact/indicator/int_fact__patents_filed", "fact/int_fact__decision", "event/int_event__segment_all"):
        path = tmp_path / "intermediate" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert re.findall(r"'int_\w+[a-z]'", union_members(tmp_path)) == ["'int_fact__patents_filed'"]


def test_a_new_indicator_has_its_two_metrics_and_a_newer_edition_none_of_its_own():
    first = {"indicator_key": "patents_filed", "indicator_code": "H8", "name": "Patents", "unit": "count"}
    editions = [first | {"valid_from": "2025-04-01", "name": "Patents filed"}, first | {"valid_from": "2023-04-01"}]
    verified, claimed = yaml.safe_load(metrics(editions))["metrics"]
    assert (verified["name"], verified["label"]) == ("patents_filed", "Patents filed, verified")
    assert claimed["type_params"] == {"measure": "claimed_quantity"}
    assert claimed["filter"].startswith("{{ Entity('indicator') }} = 'patents_filed' and ")


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
        # What is about returns names them.
        if not (path.name.startswith("return") or "returns_page" in path.parts)
        if named.search((ROOT / path).read_text(encoding="utf-8"))
    }
    assert found - set(NAMED) == set(), "a source is named where its declaration should be asked"
    assert set(NAMED) - found == set(), "named no more: take it from the list"


def test_a_file_source_is_its_folder_its_staging_its_page_and_what_the_page_lists():
    name = "innovate_uk"
    said = re.search(r"<!-- what names a file source -->(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert said
    listed = {found.rpartition("/")[2] for found in re.findall(r"`([^`]+)`", said[1])}
    own = {f"ingestion/sources/{name}", f"dbt_project/models/staging/{name}"}
    naming = {
        path.name
        for path in _tracked("common", "ingestion", "identity", "quality", "evaluation", "orchestration", "dbt_project")
        if path.suffix in {".py", ".sql", ".csv", ".yaml"} and not any(str(path).startswith(f"{one}/") for one in own)
        if ROOT / path not in {*MADE, SEED} and re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))
    }
    describes = re.compile(rf"^  - name: int_\w+_{name}$|\(sources/{name}\.md\)", re.MULTILINE)
    naming |= {
        path.name
        for path in _tracked("dbt_project/models", "docs")
        if path.suffix in {".yml", ".md"} and "decisions" not in path.parts and ROOT / path not in MADE
        if describes.search((ROOT / path).read_text(encoding="utf-8"))
    }
    assert naming == listed
    models = {f"int_grant__award_{name}.sql", f"int_organisation__record_{name}.sql"}
    assert naming == {*models, "_award.yml", "_record.yml", "index.md"}


def test_what_a_headline_indicator_touches_is_listed():
    said = re.search(r"<!-- what a headline indicator touches -->(.*?)<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert said
    named = re.findall(r"(?m)^- `([^`]+)`", said[1])
    assert len(named) == 8
    stands_for = {"<indicator>": "new_collaborations", "<table>": "collaborations", "<n>": "1"}
    listed = {Path(re.sub("<.+?>", lambda found: stands_for[found[0]], name)) for name in named}
    assert [path for path in listed if not (ROOT / path).is_file()] == []
    declares = re.compile(r"^(new_collaborations,|  (- name: )?new_collaborations:?$)", re.MULTILINE)
    declaring = {
        path
        for path in _tracked(
            "dbt_project/seeds", "dbt_project/models/semantic", "evaluation", "quality", "orchestration"
        )
        if path.suffix in {".csv", ".yml", ".yaml"} and ROOT / path not in MADE
        if declares.search((ROOT / path).read_text("utf-8"))
    }
    # What is public of it is decided afterwards: an indicator that the rules do not name is not shown.
    assert declaring - listed == {Path("evaluation/disclosure/public_tables.yaml")}
    assert declaring & listed == {
        Path(f"dbt_project/seeds/{name}.csv") for name in ("indicator", "evidence_rule", "target")
    }
