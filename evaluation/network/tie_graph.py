"""Ties as a graph of networkx, and organisations as its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from evaluation.network.ties import Edge

if TYPE_CHECKING:
    import networkx as nx

RESEARCH = "university"
PUBLIC = "public_body"
BODY = "cluster_body"


@dataclass(frozen=True)
class Member:
    """What is known of a node. `kind`: the organisation's type, or `cluster_body`."""

    cluster: str
    kind: str
    is_business: bool = False
    local_authority: str = "unknown"


UNKNOWN = Member("unknown", "unknown")


def read_members(mart: duckdb.DuckDBPyConnection) -> dict[str, Member]:
    """Every organisation of a mart, and every cluster body under the key of a node of its own."""
    members = {
        key: Member(cluster or "unknown", kind or "unknown", bool(business), place or "unknown")
        for key, cluster, kind, business, place in mart.execute(
            "SELECT organisation_key, cluster_key, organisation_type, is_business, local_authority_code "
            "FROM dim_organisation ORDER BY 1"
        ).fetchall()
    }
    for key, cluster in mart.execute("SELECT 'partner:' || partner_key, cluster_key FROM dim_partner").fetchall():
        members[key] = Member(cluster or "unknown", BODY)
    return members


def build_graph(edges: Iterable[Edge], members: Mapping[str, Member]) -> nx.Graph:
    """The graph of some edges: an organisation without a tie is no node of it."""
    import networkx as nx

    graph = nx.Graph()
    for edge in edges:
        graph.add_edge(edge.one_key, edge.other_key, weight=edge.weight)
    for node in graph:
        describe(graph.nodes[node], members.get(node, UNKNOWN))
    return graph


def describe(attributes: dict[str, Any], member: Member) -> None:
    """Write what is known of a node onto it."""
    attributes["cluster"] = member.cluster
    attributes["kind"] = member.kind
    attributes["is_business"] = member.is_business


def without(graph: nx.Graph, nodes: Iterable[str]) -> nx.Graph:
    """The graph without some nodes; who has no tie left stays as a node of its own."""
    rest = graph.copy()
    rest.remove_nodes_from(list(nodes))
    return rest
