"""The collaboration network of a release: measures by quarter, and its shape without a name.

Measures of the programme as a whole are the mart's. Organisations are told apart by cluster only, and a cluster of few
organisations stands in a group with others; cluster bodies are not marked, for that would be a cut by body.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from evaluation.pack.mart_rows import has_table, rows

FORMAL = "formal"
BROKERED = "brokered"
TOO_FEW = "too_few_organisations"
NO_TIES = "no_ties"
WITHHELD = "withheld"
# A cluster with fewer organisations in the network is drawn together with others like it.
LEAST_OF_A_GROUP = 5
SMALL_CLUSTERS = "Clusters of fewer than five"
SHOWN = {
    FORMAL: (
        "density",
        "mean_degree",
        "e_i_index",
        "e_i_index_expected",
        "e_i_index_above_expected",
        "new_ties",
        "repeated_ties",
        "lapsed_ties",
        "retention",
    ),
    BROKERED: (
        "giant_component_share_with_bodies",
        "giant_component_share_without_bodies",
        "dependence_on_bodies",
    ),
}


@dataclass(frozen=True)
class Measured:
    """One measure of one quarter: the mart's value, or why there is none."""

    tie_class: str
    value: Decimal | None
    status: str | None


@dataclass(frozen=True)
class NetworkQuarter:
    """The network of formal agreements in the window that ends with a quarter.

    The window starts the day after `window_starts_on`. `size_status` says why the network is not described.
    """

    period_key: str
    window_starts_on: date
    window_ends_on: date
    organisations: int | None
    ties: int | None
    size_status: str | None
    measures: Mapping[str, Measured]

    @property
    def window_months(self) -> int:
        """The length of the window."""
        starts, ends = self.window_starts_on, self.window_ends_on
        return (ends.year - starts.year) * 12 + ends.month - starts.month

    def value(self, measure: str) -> Decimal | None:
        """The value of a measure; None when there is none."""
        found = self.measures.get(measure)
        return found.value if found else None

    def is_withheld(self, measure: str) -> bool:
        """Whether a measure is withheld."""
        found = self.measures.get(measure)
        return found is not None and found.status == WITHHELD


@dataclass(frozen=True)
class Shape:
    """Who is tied to whom, by numbers that mean nothing elsewhere. `groups[number]`: an organisation's group."""

    groups: tuple[str, ...]
    ties: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Network:
    """What a release says of the network."""

    quarters: tuple[NetworkQuarter, ...]
    shape: Shape | None

    @property
    def last(self) -> NetworkQuarter | None:
        """The latest quarter."""
        return self.quarters[-1] if self.quarters else None


_MEASURES = """
    SELECT period_key, tie_class, measure, value, status, organisations, ties, window_starts_on, window_ends_on
    FROM evaluation_network_measure
    WHERE tie_class IN ('formal', 'brokered')
    ORDER BY window_ends_on, tie_class, measure
"""
_NODES = """
    SELECT node.node_key, coalesce(cluster.name, node.cluster_key) AS cluster
    FROM evaluation_network_node AS node
    LEFT JOIN dim_cluster AS cluster USING (cluster_key)
    WHERE node.period_key = $period AND node.tie_class = 'formal'
    ORDER BY node.node_key
"""
_TIES = """
    SELECT one_node_key, other_node_key
    FROM evaluation_network_edge
    WHERE period_key = $period AND tie_class = 'formal'
    ORDER BY one_node_key, other_node_key
"""


def read_network(mart: duckdb.DuckDBPyConnection) -> Network | None:
    """The network of a release; None when it was made without one."""
    if not has_table(mart, "evaluation_network_measure"):
        return None
    by_quarter: dict[str, list[dict[str, Any]]] = {}
    for row in rows(mart, _MEASURES):
        by_quarter.setdefault(row["period_key"], []).append(row)
    quarters = tuple(_quarter(key, found) for key, found in by_quarter.items())
    described = bool(quarters) and quarters[-1].size_status is None
    return Network(quarters, _shape(mart, quarters[-1].period_key) if described else None)


def _quarter(period_key: str, found: list[dict[str, Any]]) -> NetworkQuarter:
    formal = next(row for row in found if row["tie_class"] == FORMAL)
    return NetworkQuarter(
        period_key=period_key,
        window_starts_on=formal["window_starts_on"],
        window_ends_on=formal["window_ends_on"],
        organisations=formal["organisations"],
        ties=formal["ties"],
        size_status=formal["status"] if formal["status"] in (TOO_FEW, NO_TIES, WITHHELD) else None,
        measures={
            row["measure"]: Measured(
                tie_class=row["tie_class"],
                value=None if row["value"] is None else Decimal(repr(row["value"])),
                status=row["status"],
            )
            for row in found
            if row["measure"] in SHOWN[row["tie_class"]]
        },
    )


def _shape(mart: duckdb.DuckDBPyConnection, period_key: str) -> Shape:
    nodes = rows(mart, _NODES, {"period": period_key})
    size = Counter(node["cluster"] for node in nodes)

    def place(node: dict[str, Any]) -> tuple[bool, int, str, str]:
        """The largest group first, clusters too small to stand alone last."""
        cluster = node["cluster"]
        return size[cluster] < LEAST_OF_A_GROUP, -size[cluster], cluster, node["node_key"]

    ordered = sorted(nodes, key=place)
    number = {node["node_key"]: at for at, node in enumerate(ordered)}
    pairs = (
        (number[tie["one_node_key"]], number[tie["other_node_key"]])
        for tie in rows(mart, _TIES, {"period": period_key})
    )
    return Shape(
        groups=tuple(
            node["cluster"] if size[node["cluster"]] >= LEAST_OF_A_GROUP else SMALL_CLUSTERS for node in ordered
        ),
        ties=tuple(sorted((min(pair), max(pair)) for pair in pairs)),
    )
