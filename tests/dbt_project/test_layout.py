"""Where things lie in the dbt project: docs/architecture.md, "Inside dbt_project"."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest

from ingestion.ledgers import LEDGERS

# What a night writes about itself rather than reads from a source.
OF_THE_NIGHT = {*LEDGERS, "runs"}


@pytest.fixture(scope="session")
def models(manifest) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_a_model_lies_in_the_folder_its_name_says(models):
    layers = {"staging": "stg_", "intermediate": "int_"}
    astray = []
    for model in models:
        layer, folder = model["fqn"][1:3]
        if layer not in layers:
            continue
        subject = model["name"].removeprefix(layers[layer]).split("__")[0]
        if folder != ("operations" if layer == "staging" and subject in OF_THE_NIGHT else subject):
            astray.append(model["original_file_path"])
    assert astray == []


def test_what_is_said_of_a_model_and_its_unit_tests_stand_beside_it(manifest, models):
    folders = {model["name"]: PurePosixPath(model["original_file_path"]).parent for model in models}
    said = [(model["name"], model["patch_path"].removeprefix("wmip://")) for model in models]
    said += [(unit["model"], unit["original_file_path"]) for unit in manifest["unit_tests"].values()]
    assert [(name, path) for name, path in said if PurePosixPath(path).parent != folders[name]] == []


def test_every_model_says_its_grain_and_is_tested_for_it(manifest, models):
    """Or says what else holds it: `grain_held_by` in its meta, which is for few."""
    assert [model["name"] for model in models if "Grain: " not in model["description"]] == []
    unique = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] in {"unique", "unique_combination"}
    }
    untested = {model["name"] for model in models if model["unique_id"] not in unique}
    held = {model["name"] for model in models if "grain_held_by" in model["config"]["meta"]}
    assert untested == held
    of_findings = {name for name in held if name.startswith("int_finding__")}
    assert held - of_findings == {
        "int_charity__name",
        "int_company__incorporated",
        "int_company__name",
        "stg_charity_registers__charities",
        "stg_charity_registers__other_names",
        "stg_companies_house__companies",
        "stg_companies_house__previous_names",
        "stg_postcode_directory__postcodes",
    }


def test_what_many_columns_say_is_written_once(models):
    """In `models/columns.md`: ten times the same sentence drifts apart."""
    written = Counter(
        column["description"] for model in models for column in model["columns"].values() if not column["doc_blocks"]
    )
    assert [text for text, times in written.items() if times >= 10 and len(text.split()) >= 4] == []
    assert any(column["doc_blocks"] for model in models for column in model["columns"].values())


def test_each_layer_reads_what_lies_below_it(manifest, models):
    """A mart reads staging or intermediate models, not both: one of them says what it is made of."""
    layers = {model["unique_id"]: model["fqn"][1] for model in models}
    reads = {
        model["name"]: {
            layers.get(read, read.split(".")[0])
            for read in model["depends_on"]["nodes"]
            if layers.get(read) != model["fqn"][1]
        }
        for model in models
    }
    allowed = {
        "staging": [{"source", "seed"}],
        # A source: what is found in landed rows as they are, and what is kept of organisation keys.
        "intermediate": [{"staging", "seed", "source"}],
        "marts": [{"staging", "seed"}, {"intermediate", "seed"}],
        "semantic": [{"intermediate"}],
    }
    of_evaluation = {model["name"] for model in models if model["fqn"][1:3] == ["marts", "evaluation"]}
    astray = {
        model["name"]: reads[model["name"]]
        for model in models
        if model["name"] not in of_evaluation
        and not any(reads[model["name"]] <= layer for layer in allowed[model["fqn"][1]])
    }
    assert astray == {}
    assert {name for name in of_evaluation if reads[name] != {"source"}} == set()
    of_landed = {name for name, read in reads.items() if name.startswith("int_") and "source" in read}
    assert {name for name in of_landed if not name.startswith("int_finding__")} == {
        "int_crm__unknown_label",
        "int_organisation__decision",
        "int_organisation__key_event",
        "int_organisation__key_redirect",
        "int_organisation__link",
        "int_organisation__resolved",
    }


def test_no_data_test_reads_landed_files(manifest, models):
    """A view names them by the home; the pass of data tests (`orchestration/dbt_tests.py`) stands elsewhere."""
    views = {
        model["unique_id"]
        for model in models
        if model["config"]["materialized"] == "view"
        and any(read.startswith("source.") for read in model["depends_on"]["nodes"])
    }
    assert len(views) >= 3
    assert [node["name"] for node in manifest["nodes"].values() if node.get("attached_node") in views] == []
