"""The mart's tables as the parsed dbt project describes them, and those that the release adds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.release.steps.gate_tables import GATE_TABLES
from quality.statistics.profile import KEY as PROFILE_KEY

SCHEMAS = ("mart", "evaluation")
_GATE_EXAMPLES = {
    "quality_consequence": "SELECT rule_id, indicator_key, partner_key, status, reason FROM quality_consequence",
    "quality_result": "SELECT check_name, observed, remedy FROM quality_result WHERE NOT passed ORDER BY check_name",
    "statistical_alert": "SELECT rule_id, partner_key, place, observed, usual FROM statistical_alert ORDER BY rule_id",
    "data_profile": (
        "SELECT released_at, source_system, value FROM data_profile "
        "WHERE measure = 'volume' AND table_name = 'fct_support' AND partner_key = '' ORDER BY ALL"
    ),
    "release_info": "SELECT release_id, released_at, data_as_of, gate_status FROM release_info",
    "retention_rule": "SELECT entity, trigger, period, action FROM retention_rule ORDER BY entity",
}
_GATE_KEYS = {
    "quality_result": ("check_name",),
    "retention_rule": ("entity",),
    "data_profile": ("release_id", *PROFILE_KEY),
}
_EXAMPLE_COLUMNS = 5


@dataclass(frozen=True)
class Column:
    """One column. `refers_to`: the table whose key it is; `is_tested_not_null`: a test holds it to be filled."""

    name: str
    type: str
    description: str
    is_tested_not_null: bool
    tests: tuple[str, ...]
    refers_to: str | None = None


@dataclass(frozen=True)
class Table:
    """One table of a release's mart. `upstream`, `downstream`: models directly before and after it."""

    name: str
    folder: str
    description: str
    columns: tuple[Column, ...]
    tests: tuple[str, ...]
    key: tuple[str, ...]
    upstream: tuple[str, ...]
    downstream: tuple[str, ...]
    streams: tuple[str, ...]
    seeds: tuple[str, ...]
    example: str

    @property
    def meaning(self) -> str:
        """The description without its grain."""
        return self.description.partition(" Grain: ")[0]

    @property
    def grain(self) -> str:
        """What one row is; empty when the description does not say."""
        return self.description.partition(" Grain: ")[2].rstrip(".")


def read_tables(manifest_path: Path) -> list[Table]:
    """Every table of the mart and the evaluation, and the gate's, by name."""
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    nodes: dict[str, dict[str, Any]] = manifest["nodes"]
    children: dict[str, list[str]] = manifest["child_map"]
    models = [node for node in nodes.values() if node["resource_type"] == "model" and node["schema"] in SCHEMAS]
    keys = {node["name"]: _key(node, nodes, children) for node in models}
    dimensions = {key[0]: name for name, key in keys.items() if name.startswith("dim_") and len(key) == 1}
    tables = [_model(node, manifest, keys[node["name"]], dimensions) for node in models]
    return sorted([*tables, *_gate_tables()], key=lambda table: table.name)


def _tests(node: Mapping[str, Any], nodes: Mapping[str, Any], children: Mapping[str, list[str]]) -> Iterator[Any]:
    for child in children.get(node["unique_id"], []):
        test = nodes.get(child)
        if test is not None and test["resource_type"] == "test" and test.get("attached_node") == node["unique_id"]:
            yield test


def _key(node: Mapping[str, Any], nodes: Mapping[str, Any], children: Mapping[str, list[str]]) -> tuple[str, ...]:
    for test in _tests(node, nodes, children):
        kind = test["test_metadata"]["name"]
        if kind == "unique":
            return (test["column_name"],)
        if kind == "unique_combination":
            return tuple(test["test_metadata"]["kwargs"]["columns"])
    return ()


def _said(test: Mapping[str, Any]) -> str:
    kind: str = test["test_metadata"]["name"]
    arguments = test["test_metadata"]["kwargs"]
    if kind == "accepted_values":
        return "one of " + ", ".join(map(str, arguments["values"]))
    if kind == "unique_combination":
        return "unique together: " + ", ".join(arguments["columns"])
    return {"not_null": "not null", "unique": "unique"}.get(kind, kind.replace("_", " "))


def _model(
    node: Mapping[str, Any], manifest: Mapping[str, Any], key: tuple[str, ...], dimensions: Mapping[str, str]
) -> Table:
    nodes, children = manifest["nodes"], manifest["child_map"]
    by_column: dict[str, list[str]] = {}
    of_table = []
    for test in _tests(node, nodes, children):
        if test.get("column_name"):
            by_column.setdefault(test["column_name"], []).append(_said(test))
        else:
            of_table.append(_said(test))
    columns = tuple(
        Column(
            name=name,
            type=str(column.get("data_type") or ""),
            description=column["description"],
            is_tested_not_null="not null" in by_column.get(name, []) or name in key,
            tests=tuple(sorted(by_column.get(name, []))),
            refers_to=dimensions.get(name) if dimensions.get(name) != node["name"] else None,
        )
        for name, column in node["columns"].items()
    )
    upstream = node["depends_on"]["nodes"]
    ancestors = _ancestors(node["unique_id"], manifest["parent_map"])
    return Table(
        name=node["name"],
        folder=Path(node["original_file_path"]).parent.name,
        description=node["description"],
        columns=columns,
        tests=tuple(sorted(of_table)),
        key=key,
        upstream=tuple(sorted(_name(item) for item in upstream if not item.startswith("seed."))),
        downstream=tuple(
            sorted(_name(item) for item in children.get(node["unique_id"], []) if item.startswith("model."))
        ),
        streams=tuple(sorted(_stream(item) for item in ancestors if item.startswith("source."))),
        seeds=tuple(sorted(_name(item) for item in ancestors if item.startswith("seed."))),
        example=node["config"].get("meta", {}).get("example_query") or _example(node["name"], list(node["columns"])),
    )


def _ancestors(unique_id: str, parents: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [unique_id]
    while waiting:
        for parent in parents.get(waiting.pop(), []):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _name(unique_id: str) -> str:
    return unique_id.rpartition(".")[2]


def _stream(unique_id: str) -> str:
    _, _, source, stream = unique_id.split(".")
    return f"{source}/{stream}"


def _example(table: str, columns: list[str]) -> str:
    return f"SELECT {', '.join(columns[:_EXAMPLE_COLUMNS])} FROM {table} ORDER BY {columns[0]} LIMIT 10"


def _gate_tables() -> Iterator[Table]:
    for name, described in GATE_TABLES.items():
        key = _GATE_KEYS.get(name, ())
        yield Table(
            name=name,
            folder="release",
            description=described.description,
            columns=tuple(
                Column(column, kind.lower(), text, column in key, ())
                for column, (kind, text) in described.columns.items()
            ),
            tests=(),
            key=key,
            upstream=("the gate's verdict",) if name.startswith("quality_") else ("the night that published it",),
            downstream=(),
            streams=(),
            seeds=(),
            example=_GATE_EXAMPLES[name],
        )
