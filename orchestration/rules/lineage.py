"""Which indicators hang on a table, a model or a landed stream, as the graph of the dbt project says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestration.lineage import Lineage

ALL = "all"
# Where organisations, quarters, bodies and returns are made out, everything hangs on everything: what lies behind is
# not followed, and what is of them is of every indicator.
_OF_ALL = frozenset({"organisation", "period", "partner", "return", "lock", "fact", "figure"})
# What only tells of rows: nothing is counted of it.
_TELLS = frozenset({"finding", "drift", "reconciliation"})
_CALLED = {"leverage": "resource_levered"}


class RuleLineage:
    """The graph of a parsed dbt project (`manifest`), asked by what a rule looks at."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._nodes, self._children = manifest["nodes"], manifest["child_map"]
        models = [node for node in self._nodes.values() if node["resource_type"] == "model"]
        self._by_name = {node["name"]: node["unique_id"] for node in models}
        self._streams = {
            f"{node['source_name']}/{node['name']}": node["unique_id"] for node in manifest["sources"].values()
        }
        self._facts = {
            node["unique_id"]: node["name"].removeprefix("int_fact__")
            for node in models
            if node["fqn"][1:4] == ["intermediate", "fact", "indicator"]
        }
        self._on_tables = Lineage(manifest).indicators_on_tables()
        self._everything = {key for keys in self._on_tables.values() for key in keys}

    def indicators(self, table: str) -> tuple[str, ...]:
        """The indicators that a rule over a table of the mart keeps back (`all`: the release, where none hangs on it
        alone), or whose facts are made of a model or a landed stream.
        """
        if table in self._on_tables:
            keys = self._on_tables[table]
            return tuple(keys) if keys and set(keys) != self._everything else (ALL,)
        # The streams of returns are put together before they are told apart again.
        at = self._by_name.get(f"stg_{table.replace('/', '__')}" if "/" in table else table)
        if at is None:
            return self._downstream([self._streams[table]]) if table in self._streams else ()
        if at in self._facts:
            return self._named([at])
        return (ALL,) if self._is_of_all(at) else self._downstream([at])

    def _is_of_all(self, node: str) -> bool:
        folders = self._folders(node)
        return node not in self._facts and folders[:1] == ["intermediate"] and folders[1] in _OF_ALL

    def _tells(self, node: str) -> bool:
        folders = self._folders(node)
        return folders[:1] == ["intermediate"] and folders[1] in _TELLS

    def _folders(self, node: str) -> list[str]:
        """The folders of a model below `models/`; none of another node."""
        return list(self._nodes[node]["fqn"][1:-1]) if node in self._nodes else []

    def _downstream(self, start: Iterable[str]) -> tuple[str, ...]:
        waiting = list(start)
        seen = set(waiting)
        while waiting:
            node = waiting.pop()
            if self._is_of_all(node) or self._tells(node):
                continue
            following = {child for child in self._children.get(node, ()) if child.startswith("model.")} - seen
            seen |= following
            waiting += following
        return self._named(seen)

    def _named(self, nodes: Iterable[str]) -> tuple[str, ...]:
        found = {_CALLED.get(self._facts[node], self._facts[node]) for node in nodes if node in self._facts}
        return tuple(sorted(found))
