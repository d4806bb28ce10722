"""Which indicators hang on which tables of the mart, from the graph of the dbt project.

A model of `intermediate/fact/indicator` makes the facts of the indicators that its SQL names. A table hangs together
with those of them that its own parents are, feed, or are fed by: what is wrong in its rows came from there, or from
what made them. Parents that carry every indicator's facts say nothing of one of them, configuration nothing at all.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from orchestration.dbt_runner import PROJECT_DIR

_FACTS = "models/intermediate/fact/"
_MAKERS = "models/intermediate/fact/indicator/"
_NAMED = re.compile(r"'([a-z][a-z0-9_]*)'")


class Lineage:
    """The graph of one manifest."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._nodes = {
            key: node for key, node in manifest["nodes"].items() if node["resource_type"] in {"model", "seed"}
        }
        self._ancestors: dict[str, frozenset[str]] = {}

    def indicators_on_tables(self) -> dict[str, list[str]]:
        """By table of the mart, the indicators that hang on it; none for one on which none does."""
        return {
            node["name"]: sorted(key for maker in self._makers_of(unique_id) for key in self._makers[maker])
            for unique_id, node in sorted(self._nodes.items())
            if node["resource_type"] == "model" and node["schema"] == "mart"
        }

    @cached_property
    def _makers(self) -> Mapping[str, list[str]]:
        """The models that make facts, with the indicators of each."""
        with (PROJECT_DIR / "seeds" / "indicator.csv").open(encoding="utf-8", newline="") as handle:
            known = {row["indicator_key"] for row in csv.DictReader(handle)}
        named = {
            key: known & set(_NAMED.findall(node["raw_code"]))
            for key, node in self._nodes.items()
            if node["original_file_path"].startswith(_FACTS)
        }
        makers = [key for key in named if self._nodes[key]["original_file_path"].startswith(_MAKERS)]
        made = {key: set(named[key]) for key in makers}
        everywhere = set().union(*made.values())
        for key, keys in named.items():
            # A subset that a later model takes of what it reads hangs together with that.
            for maker in made.keys() & set(self._parents(key)):
                made[maker] |= keys - everywhere
        return {key: sorted(keys) for key, keys in made.items()}

    def _makers_of(self, table: str) -> Iterator[str]:
        parents = [key for key in self._parents(table) if self._is_of_records(key)]
        own = [key for key in parents if not self._carries_all(key)]
        found = [maker for maker in self._makers if any(self._are_related(maker, parent) for parent in own)]
        # Nothing of its own, and made of what carries every indicator's facts.
        yield from found or (self._makers if len(own) < len(parents) else ())

    def _are_related(self, one: str, other: str) -> bool:
        return one == other or one in self._above(other) or other in self._above(one)

    def _carries_all(self, key: str) -> bool:
        return set(self._makers) <= self._above(key)

    def _is_of_records(self, key: str) -> bool:
        """Whether something that was landed stands behind it; seeds and the calendar are configuration."""
        return any(read.startswith("source.") for each in (key, *self._above(key)) for read in self._read(each))

    def _read(self, key: str) -> list[str]:
        return list(self._nodes[key]["depends_on"].get("nodes", ()))

    def _parents(self, key: str) -> list[str]:
        return [read for read in self._read(key) if read in self._nodes]

    def _above(self, key: str) -> frozenset[str]:
        if key not in self._ancestors:
            parents = self._parents(key)
            self._ancestors[key] = frozenset(parents).union(*(self._above(parent) for parent in parents))
        return self._ancestors[key]
