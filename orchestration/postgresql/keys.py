"""Which columns identify a row and which point to a dimension: read from the dbt project's own tests of grain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.postgresql.mart_file import Table
from quality.statistics.profile import KEY as PROFILE_KEY

# Made by the release, not by dbt.
_RELEASE_KEYS = {
    "release_info": ("release_id",),
    "quality_result": ("check_name", "release_id"),
    "retention_rule": ("entity",),
    "data_profile": ("release_id", *PROFILE_KEY),
}


@dataclass(frozen=True)
class Keys:
    """The columns that identify a row, by table."""

    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def identity_of(self, table: Table) -> tuple[str, ...]:
        """The key of a table, or nothing when none is known or the table lacks a column of it."""
        columns = self.identity.get(table.name, ())
        return columns if columns and table.has(columns) else ()

    def references(self, table: Table, tables: Iterable[Table]) -> list[tuple[str, str]]:
        """Columns that bear the name of a dimension's key, with that dimension, among the tables there are."""
        found = []
        for dimension in tables:
            key = self.identity_of(dimension)
            if dimension.name.startswith("dim_") and dimension.name != table.name and len(key) == 1 and table.has(key):
                found.append((key[0], dimension.name))
        return found


def read_keys(manifest: Path) -> Keys:
    """Keys from dbt's manifest: its tests `unique` on one column and `unique_combination` on several."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    identity = dict(_RELEASE_KEYS)
    for node in nodes.values():
        test = node.get("test_metadata")
        model = nodes.get(node.get("attached_node") or "", {}).get("name")
        if not test or not model:
            continue
        if test["name"] == "unique" and node["column_name"]:
            identity[model] = (node["column_name"],)
        elif test["name"] == "unique_combination":
            identity.setdefault(model, tuple(test["kwargs"]["columns"]))
    return Keys(identity)
