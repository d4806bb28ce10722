"""Where the organisations of a network stand in a picture: each near its group, drawn towards those it is tied to.

The same network gives the same places. Nothing is known here but groups and ties, so nobody can be named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Place = tuple[float, float]

_SEED = 1
_ROUNDS = 60
# The distance kept between organisations, where the circle of groups has a radius of 1.
_APART = 0.16
# How much stronger an organisation is held by its group than by one tie.
_HOLD = 7.0


def lay_out(group_of: Sequence[str], ties: Sequence[tuple[int, int]]) -> tuple[list[Place], dict[str, Place]]:
    """Places of the organisations and of the groups' labels, each coordinate from 0 to 1.

    Organisations are numbers, `group_of[number]` the group of each. Groups stand on a circle in the order they come in.
    """
    import networkx as nx

    groups = list(dict.fromkeys(group_of))
    hubs = {("group", group): _on_circle(number, len(groups)) for number, group in enumerate(groups)}
    graph = nx.Graph()
    graph.add_nodes_from(hubs)
    graph.add_edges_from(((("group", group), node) for node, group in enumerate(group_of)), weight=_HOLD)
    graph.add_edges_from(ties, weight=1.0)
    places = nx.spring_layout(graph, pos=dict(hubs), fixed=list(hubs), seed=_SEED, iterations=_ROUNDS, k=_APART)
    labels = [(x * 1.35, y * 1.35) for x, y in hubs.values()]
    organisations = len(group_of)
    found = _fit([(float(places[node][0]), float(places[node][1])) for node in range(organisations)] + labels)
    return found[:organisations], dict(zip(groups, found[organisations:], strict=True))


def _on_circle(number: int, of: int) -> Place:
    """Clockwise from the top; a single group stands in the middle."""
    if of == 1:
        return 0.0, 0.0
    angle = 2 * math.pi * number / of
    return math.sin(angle), -math.cos(angle)


def _fit(places: Sequence[Place]) -> list[Place]:
    """The same places in a square from 0 to 1, its sides in proportion."""
    xs, ys = zip(*places, strict=True)
    left, top = min(xs), min(ys)
    size = max(max(xs) - left, max(ys) - top) or 1.0
    return [((x - left) / size, (y - top) / size) for x, y in places]
