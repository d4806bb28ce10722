"""Rules that the dbt project declares: its data tests, and what models say of records (`meta: {rules: …}`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from common.yamlfile import read_yaml
from ingestion.declaration import Declared
from quality.register import InvalidRegister, QualityRule
from quality.suites import Dimension

PATH = Path(__file__).with_name("dbt_tests.yaml")
OWNER = "data engineering"
_REF = re.compile(r"(?:ref|source)\((?:'[a-z_0-9]+', *)?'([a-z_0-9]+)'\)")


class TestKind(Declared):
    """What data tests of one kind say."""

    __test__ = False

    dimension: Dimension
    statement: str
    remedy: str


class ModelRule(Declared):
    """What a model says of a record, declared in its `meta: {rules: …}`. `of`: the tables it compares, where these are
    others than the model.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Literal["error", "warning", "note"]
    dimension: Dimension
    text: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    fixed_by: str = Field(min_length=1)


@cache
def kinds_of_tests() -> Mapping[str, TestKind]:
    """The kinds of data tests by name. Raises InvalidRegister for a file that cannot be used."""
    return read_yaml(PATH, dict[str, TestKind], PATH.name, InvalidRegister)


def of_tests(manifest: Mapping[str, Any]) -> Iterator[QualityRule]:
    """Each data test of the project as a rule. Raises InvalidRegister for one of a kind that is not described."""
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        called = node.get("test_metadata") or {}
        kind = kinds_of_tests().get(str(called.get("name")))
        if kind is None:
            raise InvalidRegister(f"{node['original_file_path']}: {node['name']}: its kind is not in {PATH.name}")
        tested = node["attached_node"].rpartition(".")[2]
        yield QualityRule(
            rule_id=node["name"],
            origin="dbt_test",
            statement=_stated(node["config"]["meta"].get("statement", kind.statement), tested, called["kwargs"]),
            dimension=kind.dimension,
            severity="critical",
            tables=(tested,),
            indicators=(),
            fixed_by=OWNER,
            remedy=kind.remedy,
            declared_in=f"dbt_project/{node['original_file_path']}",
        )


def _stated(text: str, table: str, arguments: Mapping[str, Any]) -> str:
    words = {name: ", ".join(map(str, said)) if isinstance(said, list) else said for name, said in arguments.items()}
    words = {name: found[1] if (found := _REF.search(str(said))) else str(said) for name, said in words.items()}
    return text.format(**{**words, "table": table})


def of_models(manifest: Mapping[str, Any]) -> Iterator[QualityRule]:
    """Each rule that a model declares. Raises InvalidRegister for one that does not say all of itself."""
    for node in manifest["nodes"].values():
        for said in node["config"]["meta"].get("rules", ()):
            try:
                rule = ModelRule.model_validate(said)
            except ValueError as error:
                raise InvalidRegister(f"{node['original_file_path']}: {node['name']}: {error}") from None
            yield QualityRule(
                rule_id=rule.id,
                origin="model",
                statement=rule.text,
                dimension=rule.dimension,
                severity=rule.severity,
                tables=(node["name"],),
                indicators=(),
                fixed_by=rule.fixed_by,
                remedy=rule.remedy,
                declared_in=f"dbt_project/{node['original_file_path']}",
            )
