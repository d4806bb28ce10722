"""The tables of connectedness: measures by quarter, nodes and edges for BI and Gephi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from evaluation.network import ties
from evaluation.network.attendance import event_network
from evaluation.network.measures import Measures, betweenness, components, dependence, network_measures, participation
from evaluation.network.novelty import novelty
from evaluation.network.tie_graph import BODY, UNKNOWN, Member, build_graph, read_members
from evaluation.network.ties import BODY_PREFIX, BROKERED, EVENT, FORMAL, PROJECT, Edge, Window

if TYPE_CHECKING:
    import networkx as nx

MEASURE = "evaluation_network_measure"
NODE = "evaluation_network_node"
EDGE = "evaluation_network_edge"

TOO_FEW = "too_few_organisations"
NO_TIES = "no_ties"
UNDEFINED = "not_defined"
ESTIMATED = "estimated"
WITHHELD = "withheld"

# Said of a network as a whole; how often single pairs were tied, or what one body holds, is not for everyone.
_PUBLIC = frozenset(
    {
        "density", "mean_degree", "e_i_index", "e_i_index_expected", "e_i_index_above_expected", "modularity",
        "assortativity", "mean_participation", "giant_component_share", "business_research_share",
        "business_public_share", "giant_component_share_with_bodies", "giant_component_share_without_bodies",
        "dependence_on_bodies",
    }
)  # fmt: skip

_TEXT = pa.string()
SCHEMAS: dict[str, pa.Schema] = {
    MEASURE: pa.schema(
        [
            ("period_key", _TEXT),
            ("tie_class", _TEXT),
            ("measure", _TEXT),
            ("value", pa.float64()),
            ("status", _TEXT),
            ("organisations", pa.int32()),
            ("ties", pa.int32()),
            ("window_starts_on", pa.date32()),
            ("window_ends_on", pa.date32()),
            ("is_public", pa.bool_()),
        ]
    ),
    NODE: pa.schema(
        [
            ("period_key", _TEXT),
            ("tie_class", _TEXT),
            ("node_key", _TEXT),
            ("organisation_key", _TEXT),
            ("partner_key", _TEXT),
            ("cluster_key", _TEXT),
            ("organisation_type", _TEXT),
            ("local_authority_code", _TEXT),
            ("is_cluster_body", pa.bool_()),
            ("degree", pa.int32()),
            ("cross_cluster_degree", pa.int32()),
            ("betweenness", pa.float64()),
            ("is_betweenness_estimated", pa.bool_()),
            ("participation", pa.float64()),
            ("component", pa.int32()),
        ]
    ),
    EDGE: pa.schema(
        [
            ("period_key", _TEXT),
            ("tie_class", _TEXT),
            ("one_node_key", _TEXT),
            ("other_node_key", _TEXT),
            ("weight", pa.float64()),
            ("ties", pa.int32()),
            ("first_tied_on", pa.date32()),
            ("last_tied_on", pa.date32()),
            ("is_cross_cluster", pa.bool_()),
        ]
    ),
}


@dataclass(frozen=True)
class NetworkSettings:
    """From the seed `parameter`. `pivots`: beyond so many nodes betweenness is estimated from so many of them."""

    window_months: int
    lookback_months: int
    lapsed_months: int
    minimum_organisations: int
    pivots: int


def connectedness(mart: duckdb.DuckDBPyConnection, settings: NetworkSettings, on: date) -> dict[str, pa.Table]:
    """The three tables for every quarter that has ended by `on`, in one order. Of a class of ties whose records the
    gate withholds in a quarter, what looks at that quarter is withheld: it would be smaller in silence.
    """
    ties.prepare(mart)
    members = read_members(mart)
    bodies = ties.hosts(mart)
    withheld = ties.withheld_quarters(mart)
    rows: dict[str, list[dict[str, Any]]] = {MEASURE: [], NODE: [], EDGE: []}
    for window in ties.windows(mart, settings.window_months, on):
        events = event_network(mart, window)
        size = _Size(events.organisations, events.ties, _within(window, withheld[EVENT]))
        rows[MEASURE] += _measure_rows(EVENT, events.measures, size, window, settings, size.is_withheld)
        for tie_class in (FORMAL, PROJECT, BROKERED):
            found = ties.edges(mart, tie_class, window)
            graph = build_graph(found, members)
            through = betweenness(graph, settings.pivots)
            size = _Size(graph.number_of_nodes(), graph.number_of_edges(), _within(window, withheld[tie_class]))
            measures = dependence(graph, set(bodies), through) if tie_class == BROKERED else network_measures(graph)
            rows[MEASURE] += _measure_rows(tie_class, measures, size, window, settings, size.is_withheld)
            if tie_class == FORMAL:
                months = {"lookback_months": settings.lookback_months, "lapsed_months": settings.lapsed_months}
                # What is new is so beside all that was before.
                is_withheld = any(starts_on <= window.ends for starts_on, _ in withheld[tie_class])
                found_new = novelty(mart, window, **months)
                rows[MEASURE] += _measure_rows(tie_class, found_new, size, window, settings, is_withheld)
            if not size.is_withheld:
                is_estimated = size.organisations > settings.pivots
                rows[NODE] += _node_rows(tie_class, graph, window, members, bodies, through, is_estimated)
                rows[EDGE] += _edge_rows(tie_class, found, window, members)
    return {name: pa.Table.from_pylist(found, schema=SCHEMAS[name]) for name, found in rows.items()}


@dataclass(frozen=True)
class _Size:
    """How large a network is, and whether ties of a quarter in its window are withheld."""

    organisations: int
    pairs: int
    is_withheld: bool


def _within(window: Window, quarters: Sequence[tuple[date, date]]) -> bool:
    return any(starts_on <= window.ends and ends_on > window.starts for starts_on, ends_on in quarters)


def _measure_rows(
    tie_class: str, measures: Measures, size: _Size, window: Window, settings: NetworkSettings, is_withheld: bool
) -> Iterator[dict[str, Any]]:
    for measure, value in measures.items():
        if is_withheld:
            status: str | None = WITHHELD
        elif not size.pairs:
            status = NO_TIES
        elif size.organisations < settings.minimum_organisations:
            status = TOO_FEW
        elif value is None:
            status = UNDEFINED
        else:
            status = ESTIMATED if measure.startswith("betweenness") and size.organisations > settings.pivots else None
        yield {
            "period_key": window.period_key,
            "tie_class": tie_class,
            "measure": measure,
            "value": value if status in (None, ESTIMATED) else None,
            "status": status,
            "organisations": None if size.is_withheld else size.organisations,
            "ties": None if size.is_withheld else size.pairs,
            "window_starts_on": window.starts,
            "window_ends_on": window.ends,
            "is_public": measure in _PUBLIC,
        }


def _node_rows(
    tie_class: str,
    graph: nx.Graph,
    window: Window,
    members: Mapping[str, Member],
    bodies: Mapping[str, str],
    through: Mapping[str, float],
    estimated: bool,
) -> Iterator[dict[str, Any]]:
    part = participation(graph)
    component = {node: number for number, found in enumerate(components(graph), 1) for node in found}
    for node in sorted(graph):
        member = members.get(node, UNKNOWN)
        clusters = [graph.nodes[neighbour]["cluster"] for neighbour in graph[node]]
        yield {
            "period_key": window.period_key,
            "tie_class": tie_class,
            "node_key": node,
            "organisation_key": None if node.startswith(BODY_PREFIX) else node,
            "partner_key": bodies.get(node),
            "cluster_key": member.cluster,
            "organisation_type": None if member.kind == BODY else member.kind,
            "local_authority_code": member.local_authority,
            "is_cluster_body": node in bodies,
            "degree": len(clusters),
            "cross_cluster_degree": sum(cluster != member.cluster for cluster in clusters),
            "betweenness": through[node],
            "is_betweenness_estimated": estimated,
            "participation": part[node],
            "component": component[node],
        }


def _edge_rows(
    tie_class: str, found: Sequence[Edge], window: Window, members: Mapping[str, Member]
) -> Iterator[dict[str, Any]]:
    for edge in found:
        one, other = (members.get(key, UNKNOWN).cluster for key in (edge.one_key, edge.other_key))
        yield {
            "period_key": window.period_key,
            "tie_class": tie_class,
            "one_node_key": edge.one_key,
            "other_node_key": edge.other_key,
            "weight": edge.weight,
            "ties": edge.ties,
            "first_tied_on": edge.first_tied_on,
            "last_tied_on": edge.last_tied_on,
            "is_cross_cluster": one != other,
        }
