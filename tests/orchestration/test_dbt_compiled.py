"""What dbt made of the project is kept: none of it is lost without a word, and what was not taught is refused."""

from __future__ import annotations

import hashlib
import re
from types import SimpleNamespace

import pytest

from orchestration import dbt_compiled
from orchestration.dbt_compiled import CLOCK_MARK, TIME_ZONE_MARK, Compiled, DataTest, Model, compiled
from orchestration.errors import UserError


def a_model(name, *reads, **more):
    return Model(f"model.p.{name}", name, "s", "table", (), "SELECT 1", tuple(f"model.p.{of}" for of in reads), **more)


@pytest.mark.parametrize("harm", ["cut", "a test fewer", "no text", "other seeds"])
def test_what_was_compiled_and_is_damaged_is_none(tmp_path, monkeypatch, caplog, harm):
    """A test that was lost from what is kept would be one that passes."""
    monkeypatch.setattr(dbt_compiled, "TARGET_DIR", tmp_path)
    (tmp_path / dbt_compiled.SEEDS).write_bytes(b"seeds")
    models = [a_model("a", columns=(("one", "VARCHAR"),), comments="COMMENT")]
    tests = [DataTest(name, name, "SELECT 1", "model.p.a", ("model.p.a",)) for name in "xy"]
    dbt_compiled._keep("project", models, tests)
    kept = dbt_compiled._stored("project")
    digest = hashlib.sha256(b"seeds").hexdigest()
    assert kept == Compiled(tuple(models), tuple(tests), tmp_path / dbt_compiled.SEEDS, digest)
    assert dbt_compiled._stored("another") is None
    assert caplog.records == []
    nodes = tmp_path / dbt_compiled.NODES
    match harm:
        case "cut":
            nodes.write_text(nodes.read_text()[:-30])
        case "a test fewer":
            head = nodes.read_text().partition("\n")[0]
            dbt_compiled._keep("project", models, tests[:1])
            nodes.write_text(head + "\n" + nodes.read_text().partition("\n")[2])
        case "no text":
            nodes.write_bytes(b"\xff\xfe\xfa")
        case "other seeds":
            (tmp_path / dbt_compiled.SEEDS).write_bytes(b"sieds")
    assert dbt_compiled._stored("project") is None
    assert f"{dbt_compiled.NODES} or {dbt_compiled.SEEDS} in {tmp_path} is damaged" in caplog.text


def test_each_model_stands_after_all_that_it_reads():
    ordered = dbt_compiled._ordered([a_model("c", "b", "a"), a_model("b", "a"), a_model("a")])
    assert [model.name for model in ordered] == ["a", "b", "c"]


def test_what_a_table_is_made_of_is_found_through_all_steps():
    models = dbt_compiled._ordered([a_model("c", "b"), a_model("b", "a"), a_model("a"), a_model("other", "a")])
    assert [model.name for model in Compiled(tuple(models), (), None).with_all_they_read({"c"})] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"materialized": "incremental"}, "is no table, view or seed"),
        ({"pre_hook": ["SELECT 1"]}, "has a hook"),
        ({"grants": {"select": ["x"]}}, "has grants"),
        ({}, "has constraints"),
    ],
)
def test_what_a_night_was_not_taught_is_refused(change, said):
    """It would be made without its hook or grant and nobody would know."""
    plain = {"materialized": "table", "pre_hook": [], "post_hook": [], "grants": {}}
    column = SimpleNamespace(constraints=[] if change else ["not null"])
    node = SimpleNamespace(unique_id="model.p.a", config=SimpleNamespace(**plain | change), columns={"a": column})
    with pytest.raises(UserError, match=rf"model\.p\.a {said}: .* has to learn that first"):
        dbt_compiled._model(node)


def test_nothing_of_the_environment_is_compiled_into_the_project_but_marks(tmp_path):
    """It is compiled once and run on every home, on every night."""
    project = compiled(tmp_path)
    sql = {each.unique_id: each.sql for each in (*project.models, *project.tests)}
    assert [name for name, text in sql.items() if re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)] == []
    assert [name for name, text in sql.items() if "Europe/" in text or str(tmp_path) in text] == []
    assert sum(CLOCK_MARK in text for text in sql.values()) >= 5
    assert any(TIME_ZONE_MARK in text for text in sql.values())
