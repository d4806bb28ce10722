"""Measures of the event network, counted in SQL.

Events tie everyone to everyone: at the programme's size 1,800 organisations have 120,000 pairs, too many to be walked
through as a graph every night, and too little of a tie to be worth it. So they are counted, and nothing more is said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import duckdb

from evaluation.network.measures import Measures, expected_by_chance
from evaluation.network.tie_graph import PUBLIC, RESEARCH
from evaluation.network.ties import Window, read_event_ties

_PAIRS = """
WITH pair AS (SELECT DISTINCT one_key, other_key FROM event_tie)

SELECT
    count(*) AS ties,
    count(*) FILTER (one.cluster_key IS DISTINCT FROM other.cluster_key) AS across,
    count(*) FILTER (
        (one.is_business AND other.organisation_type = $research)
        OR (other.is_business AND one.organisation_type = $research)
    ) AS research,
    count(*) FILTER (
        (one.is_business AND other.organisation_type = $public)
        OR (other.is_business AND one.organisation_type = $public)
    ) AS public
FROM pair
LEFT JOIN dim_organisation AS one ON pair.one_key = one.organisation_key
LEFT JOIN dim_organisation AS other ON pair.other_key = other.organisation_key
"""

_NODES = """
SELECT present.organisation_key, coalesce(any_value(organisation.cluster_key), 'unknown'), list(present.event_key)
FROM (
    SELECT organisation_key, event_key, count(*) OVER (PARTITION BY event_key) AS organisations
    FROM event_presence WHERE tied_on > $starts AND tied_on <= $ends
) AS present
LEFT JOIN dim_organisation AS organisation USING (organisation_key)
WHERE present.organisations > 1
GROUP BY present.organisation_key
ORDER BY present.organisation_key
"""


@dataclass(frozen=True)
class EventNetwork:
    """What is counted of the event network of a window."""

    organisations: int
    ties: int
    measures: Measures


def event_network(mart: duckdb.DuckDBPyConnection, window: Window) -> EventNetwork:
    """The event network of a window. `ties.prepare` comes first."""
    read_event_ties(mart, window)
    row = mart.execute(_PAIRS, {"research": RESEARCH, "public": PUBLIC}).fetchone()
    ties, across, research, public = row if row is not None else (0, 0, 0, 0)
    nodes = mart.execute(_NODES, {"starts": window.starts, "ends": window.ends}).fetchall()
    count = len(nodes)
    index = (2 * across - ties) / ties if ties else None
    expected = expected_by_chance(Counter(cluster for _, cluster, _ in nodes))
    return EventNetwork(
        count,
        ties,
        {
            "density": 2 * ties / (count * (count - 1)) if count > 1 else None,
            "mean_degree": 2 * ties / count if count else None,
            "e_i_index": index,
            "e_i_index_expected": expected,
            "e_i_index_above_expected": None if index is None or expected is None else index - expected,
            "giant_component_share": _giant_share([(key, events) for key, _, events in nodes]),
            "business_research_share": research / ties if ties else None,
            "business_public_share": public / ties if ties else None,
        },
    )


def _giant_share(presence: list[tuple[str, list[str]]]) -> float | None:
    """Organisations are connected as they are in the graph of organisations and events, which has far fewer edges."""
    import networkx as nx

    if not presence:
        return None
    graph = nx.Graph()
    graph.add_edges_from((("organisation", key), ("event", event)) for key, events in presence for event in events)
    sizes: list[int] = [sum(kind == "organisation" for kind, _ in found) for found in nx.connected_components(graph)]
    return max(sizes) / len(presence)
