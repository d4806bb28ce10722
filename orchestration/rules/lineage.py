"""Which indicators hang on a table or landed stream, as the graph of the dbt project says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ALL = "all"
# Where organisations, quarters, bodies and returns are made out, everything hangs on everything: what lies behind is
# not followed, and what is of them is of every indicator.
_OF_ALL = frozenset({"organisation", "period", "partner", "return", "lock", "fact", "figure"})
_DIMENSIONS_OF_ALL = frozenset({"dim_organisation", "dim_partner", "dim_period", "dim_indicator", "dim_cluster"})
# What only tells of rows: nothing is counted of it.
_TELLS = frozenset({"finding", "drift", "reconciliation"})
_CALLED = {"leverage": "resource_levered"}


class Lineage:
    """The graph of a parsed dbt project (`manifest`)."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._nodes, self._children = manifest["nodes"], manifest["child_map"]
        self._parents = manifest["parent_map"]
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

    def indicators(self, table: str) -> tuple[str, ...]:
        """The indicators whose facts are made of a table (of the mart: of what it is made of too) or of a landed
        stream; `all` for what every figure hangs on.
        """
        # The streams of returns are put together before they are told apart again.
        at = self._by_name.get(f"stg_{table.replace('/', '__')}" if "/" in table else table)
        if at is None and table in self._streams:
            return self._downstream([self._streams[table]])
        if at is None:
            return ()
        if at in self._facts:
            return self._named([at])
        if self._is_of_all(at):
            return (ALL,)
        is_shown = self._nodes[at]["fqn"][1] == "marts" or self._tells(at)
        beside = [parent for parent in self._parents[at] if parent.startswith("model.") and not self._is_of_all(parent)]
        return self._downstream([at, *(beside if is_shown else [])])

    def _is_of_all(self, node: str) -> bool:
        said = self._nodes.get(node)
        if said is None or node in self._facts:
            return False
        folders = said["fqn"][1:-1]
        in_mart = folders[:1] == ["marts"] and (folders[1:2] == ["indicators"] or said["name"] in _DIMENSIONS_OF_ALL)
        return in_mart or (folders[:1] == ["intermediate"] and folders[1:2] != [] and folders[1] in _OF_ALL)

    def _tells(self, node: str) -> bool:
        folders = self._nodes[node]["fqn"][1:-1] if node in self._nodes else []
        return folders[:1] == ["intermediate"] and folders[1:2] != [] and folders[1] in _TELLS

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
