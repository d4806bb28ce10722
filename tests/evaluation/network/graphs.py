"""Graphs of the tests."""

from __future__ import annotations

from datetime import date

from evaluation.network.tie_graph import Member, build_graph
from evaluation.network.ties import Edge

CLUSTER = {"A": "health", "B": "health", "C": "clean", "D": "clean", "E": "auto"}
PAIRS = ("AB", "AC", "BD", "CD", "DE")


def edge(one: str, other: str) -> Edge:
    return Edge(one, other, 1.0, 1, date(2024, 1, 1), date(2024, 1, 1))


def worked_example():
    """The graph whose figures are worked out by hand."""
    members = {node: Member(cluster, "business", is_business=True) for node, cluster in CLUSTER.items()}
    return build_graph([edge(*pair) for pair in PAIRS], members)
