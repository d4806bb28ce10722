"""The register is whole: no check, test, rule or kind of finding of the product is outside it, and what is committed of
it is not stale.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import pytest

from ingestion.catalogue import return_contracts
from orchestration.code_version import ROOT
from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.rules.gather import gathered, since
from orchestration.rules.lists import register_lists
from quality.register import QualityRule
from quality.suites import load_suites, suite_paths

# What says a kind of finding, and where in its arguments.
SAYS = {"BadValue": 0, "MalformedRecord": 1, "NotTaken": 1, "Finding": 4, "Drift": 3, "drift": 0}


@pytest.fixture(scope="module")
def rules(tmp_path_factory) -> dict[str, QualityRule]:
    return gathered(tmp_path_factory.mktemp("home"), "2000-01-01")


def _of(rules: dict[str, QualityRule], origin: str) -> set[str]:
    return {rule.rule_id for rule in rules.values() if rule.origin == origin}


def test_what_is_committed_of_the_register_is_what_would_be_made(rules):
    stale = [str(path.relative_to(ROOT)) for path, text in register_lists(rules).items() if path.read_text() != text]
    assert stale == [], "run `wmip docs index`, and commit what it wrote"


def test_every_check_and_every_data_test_is_in_the_register(rules, tmp_path):
    manifest = json.loads(ensure_parsed(tmp_path).read_text(encoding="utf-8"))
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert len(tests) > 600
    assert _of(rules, "dbt_test") == tests
    assert _of(rules, "gate") == {check.name for check in load_suites(suite_paths())}
    assert _of(rules, "return_contract") == {rule.id for contract in return_contracts() for rule in contract.rules}


def test_every_kind_of_finding_of_a_reader_is_in_the_register(rules):
    said = {code for path in sorted((ROOT / "ingestion").rglob("*.py")) for code in _codes(path.read_text("utf-8"))}
    assert len(said) > 45
    assert said - _of(rules, "reader") == set()


def test_every_kind_of_finding_of_a_model_is_in_the_register(rules):
    said = set()
    for path in (PROJECT_DIR / "models" / "intermediate" / "finding").glob("*.sql"):
        sql = path.read_text(encoding="utf-8")
        said |= set(re.findall(r"'([a-z_]+)' as rule", sql))
        for cases in re.findall(r"\bcase\b((?:(?!\bcase\b).)*?)\bend\s+as rule", sql, flags=re.DOTALL):
            said |= set(re.findall(r"(?:then|else) '([a-z_]+)'", cases))
    assert len(said) > 30
    assert said - _of(rules, "model") - _of(rules, "reader") == set()


def test_every_rule_says_all_of_itself(rules):
    assert [rule.rule_id for rule in rules.values() if not rule.tables or "{" in rule.statement + rule.remedy] == []
    assert set(since()) == set(rules)
    assert all((ROOT / rule.declared_in).exists() for rule in rules.values())


def _codes(text: str) -> Iterator[str]:
    """The kinds of findings that a module names: in its calls, as its constants, in what its helpers are given."""
    tree = ast.parse(text)
    helpers = {
        node.name: [argument.arg for argument in node.args.args].index("code")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "code" in [argument.arg for argument in node.args.args]
    }
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            values = [value for value in ast.walk(node.value) if isinstance(value, ast.Constant)]
            if len(names) == len(values):
                constants |= {name.id: value.value for name, value in zip(names, values, strict=True)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = helpers.get(called, SAYS.get(called))
            given = [node.args[at]] if at is not None and at < len(node.args) else []
            given += [word.value for word in node.keywords if word.arg in ("reason_code", "rule")]
            for value in given:
                code = value.value if isinstance(value, ast.Constant) else constants.get(getattr(value, "id", ""))
                if isinstance(code, str):
                    yield code
