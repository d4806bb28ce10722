"""Measures of one graph (domain.md section 6). A measure that is not defined for a graph is None, never 0.

Graph measures come from networkx. Node attributes: `cluster`, `kind`, `is_business`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evaluation.network.tie_graph import PUBLIC, RESEARCH, without

if TYPE_CHECKING:
    import networkx as nx

Measures = dict[str, float | None]


def network_measures(graph: nx.Graph) -> Measures:
    """Everything that is said of a network as a whole, but for what needs its history or its cluster bodies."""
    organisations, ties = graph.number_of_nodes(), graph.number_of_edges()
    index, expected = e_i_index(graph), expected_e_i_index(graph)
    taking_part = [value for value in participation(graph).values() if value is not None]
    return {
        "density": density(graph),
        "mean_degree": 2 * ties / organisations if organisations else None,
        "e_i_index": index,
        "e_i_index_expected": expected,
        "e_i_index_above_expected": None if index is None or expected is None else index - expected,
        "modularity": modularity(graph),
        "assortativity": assortativity(graph),
        "mean_participation": sum(taking_part) / len(taking_part) if taking_part else None,
        "giant_component_share": giant_component_share(graph),
        "business_research_share": share_of_ties(graph, RESEARCH),
        "business_public_share": share_of_ties(graph, PUBLIC),
    }


def density(graph: nx.Graph) -> float | None:
    """2m / (n (n - 1)). Falls as a network grows, so read it with the mean degree."""
    import networkx as nx

    return float(nx.density(graph)) if graph.number_of_nodes() > 1 else None


def e_i_index(graph: nx.Graph) -> float | None:
    """(E - I) / (E + I): from -1, all ties within clusters, to 1, all between them."""
    ties: int = graph.number_of_edges()
    if not ties:
        return None
    across: int = sum(graph.nodes[one]["cluster"] != graph.nodes[other]["cluster"] for one, other in graph.edges)
    return (2 * across - ties) / ties


def expected_e_i_index(graph: nx.Graph) -> float | None:
    """The E-I index if ties fell at random among the nodes there are: 1 - 2 sum n_c (n_c - 1) / (n (n - 1))."""
    return expected_by_chance(Counter(cluster for _, cluster in graph.nodes(data="cluster")))


def expected_by_chance(sizes: Mapping[str, int]) -> float | None:
    """The expected E-I index of clusters of these sizes."""
    organisations = sum(sizes.values())
    if organisations < 2:
        return None
    return 1 - 2 * sum(size * (size - 1) for size in sizes.values()) / (organisations * (organisations - 1))


def modularity(graph: nx.Graph) -> float | None:
    """Q of the partition into the declared clusters; lower means more mixing."""
    import networkx as nx

    if not graph.number_of_edges():
        return None
    clusters: dict[str, set[str]] = {}
    for node, cluster in graph.nodes(data="cluster"):
        clusters.setdefault(cluster, set()).add(node)
    return float(nx.community.modularity(graph, [clusters[name] for name in sorted(clusters)], weight=None))


def mixing(graph: nx.Graph) -> dict[tuple[str, str], float]:
    """The share of tie ends from one cluster to another; both directions of a tie count, so all shares add up to 1."""
    ends: Counter[tuple[str, str]] = Counter()
    for one, other in graph.edges:
        pair = graph.nodes[one]["cluster"], graph.nodes[other]["cluster"]
        ends[pair] += 1
        ends[pair[::-1]] += 1
    total = sum(ends.values())
    return {pair: count / total for pair, count in sorted(ends.items())}


def assortativity(graph: nx.Graph) -> float | None:
    """(tr e - s) / (1 - s) over the mixing matrix e; None where all tie ends are of one cluster."""
    import networkx as nx

    clusters = sorted({cluster for pair in mixing(graph) for cluster in pair})
    if len(clusters) < 2:
        return None
    # networkx alone takes the clusters in the order of a set, which differs from process to process, and with it the
    # last digit of the sum.
    places = {cluster: place for place, cluster in enumerate(clusters)}
    matrix = nx.attribute_mixing_matrix(graph, "cluster", mapping=places)
    share = (matrix @ matrix).sum()
    return float((matrix.trace() - share) / (1 - share))


def participation(graph: nx.Graph) -> dict[str, float | None]:
    """1 - sum (k_vc / k_v)^2 of every node: 0 where all its ties go to one cluster. None without a tie."""
    found: dict[str, float | None] = {}
    for node in graph:
        degree = graph.degree(node)
        into = Counter(graph.nodes[neighbour]["cluster"] for neighbour in graph[node])
        found[node] = 1 - sum((ties / degree) ** 2 for ties in sorted(into.values())) if degree else None
    return found


def betweenness(graph: nx.Graph, pivots: int | None = None) -> dict[str, float]:
    """The share of shortest paths that lead through each node, from 0 to 1.

    Of a graph of more than `pivots` nodes it is estimated from the paths of so many of them, the same ones each time.
    """
    import networkx as nx

    sample = pivots if pivots is not None and pivots < graph.number_of_nodes() else None
    ordered = nx.Graph()
    ordered.add_nodes_from(sorted(graph))
    ordered.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges))
    return dict(nx.betweenness_centrality(ordered, k=sample, normalized=True, seed=1))


def components(graph: nx.Graph) -> list[set[str]]:
    """Connected components, the largest first; of equal ones that with the first key."""
    import networkx as nx

    return sorted((set(found) for found in nx.connected_components(graph)), key=lambda found: (-len(found), min(found)))


def giant_component_share(graph: nx.Graph) -> float | None:
    """Nodes of the largest component, of all."""
    found = components(graph)
    return len(found[0]) / graph.number_of_nodes() if found else None


def share_of_ties(graph: nx.Graph, kind: str) -> float | None:
    """The share of ties between a business and an organisation of a kind."""
    ties: int = graph.number_of_edges()
    if not ties:
        return None
    nodes = graph.nodes
    between = sum(
        bool(
            (nodes[one]["is_business"] and nodes[other]["kind"] == kind)
            or (nodes[other]["is_business"] and nodes[one]["kind"] == kind)
        )
        for one, other in graph.edges
    )
    return between / ties


def dependence(brokered: nx.Graph, bodies: set[str], through: dict[str, float]) -> Measures:
    """How much of the network hangs on the cluster bodies. `through`: betweenness in `brokered`.

    Organisations that are no body, with the bodies that brokered their agreements and without them: the share that is
    in one component. Never less with them than without.
    """
    others = set(brokered) - bodies
    together = _largest_share(brokered, others)
    apart = _largest_share(without(brokered, bodies & set(brokered)), others)
    paths = sum(through.values())
    through_bodies = sum(through[body] for body in sorted(bodies & set(through)))
    return {
        "giant_component_share_with_bodies": together,
        "giant_component_share_without_bodies": apart,
        "dependence_on_bodies": None if together is None or apart is None else together - apart,
        "betweenness_share_of_bodies": through_bodies / paths if paths else None,
    }


def _largest_share(graph: nx.Graph, counted: set[str]) -> float | None:
    """The largest share of some nodes that is connected, by whichever way."""
    return max(len(found & counted) for found in components(graph)) / len(counted) if counted else None
