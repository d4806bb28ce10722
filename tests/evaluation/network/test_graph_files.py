"""Files for Gephi and spreadsheets: the rows of the release, by key, the same every time."""

from __future__ import annotations

import csv
from datetime import date

import duckdb
import networkx as nx
import pytest

from evaluation.network.connectedness import EDGE, NODE, SCHEMAS
from evaluation.network.graph_files import NoNetwork, periods, write_csv, write_gexf
from tests.evaluation.network.graphs import CLUSTER, PAIRS

DAY = date(2024, 5, 15)


@pytest.fixture
def mart():
    """The worked graph as the tables of a release; the participation of nobody is defined."""
    nodes = [
        {"period_key": "2023-24-Q4", "tie_class": "formal", "node_key": node, "cluster_key": cluster, "degree": 2}
        for node, cluster in CLUSTER.items()
    ]
    edges = [
        {
            "period_key": "2023-24-Q4",
            "tie_class": "formal",
            "one_node_key": one,
            "other_node_key": other,
            "weight": 1.5,
            "first_tied_on": date(2024, 1, 1),
            "is_cross_cluster": CLUSTER[one] != CLUSTER[other],
        }
        for one, other in PAIRS
    ]
    with duckdb.connect() as connection:
        for name, rows in ((NODE, nodes), (EDGE, edges)):
            columns = SCHEMAS[name].names
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {_type(name, c)}' for c in columns)})")
            connection.executemany(
                f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})",
                [[row.get(column) for column in columns] for row in rows],
            )
        yield connection


def _type(table: str, column: str) -> str:
    named = {"string": "VARCHAR", "int32": "INTEGER", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE"}
    return named[str(SCHEMAS[table].field(column).type)]


def test_gephis_file_holds_the_graph(mart, tmp_path):
    (path,) = write_gexf(mart, "formal", "2023-24-Q4", tmp_path / "network.gexf", DAY)
    graph = nx.read_gexf(path)
    assert {tuple(sorted(edge)) for edge in graph.edges} == {tuple(pair) for pair in PAIRS}
    assert {node: found["cluster_key"] for node, found in graph.nodes(data=True)} == CLUSTER
    assert graph.edges["A", "C"]["weight"] == 1.5
    assert graph.edges["A", "C"]["first_tied_on"] == "2024-01-01"
    assert graph.edges["A", "C"]["is_cross_cluster"] is True
    assert "participation" not in graph.nodes["A"], "what is not defined is not there"
    assert nx.density(graph) == 0.5


def test_gephis_file_is_the_same_on_another_day(mart, tmp_path):
    (one,) = write_gexf(mart, "formal", "2023-24-Q4", tmp_path / "one.gexf", DAY)
    (other,) = write_gexf(mart, "formal", "2023-24-Q4", tmp_path / "other.gexf", DAY)
    assert one.read_bytes() == other.read_bytes()
    assert 'lastmodifieddate="2024-05-15"' in one.read_text(encoding="utf-8")


def test_spreadsheets_get_nodes_and_edges(mart, tmp_path):
    paths = write_csv(mart, "formal", "2023-24-Q4", tmp_path / "network.csv")
    assert [path.name for path in paths] == ["network-nodes.csv", "network-edges.csv"]
    nodes, edges = (list(csv.DictReader(path.open(encoding="utf-8"))) for path in paths)
    assert {row["node_key"]: row["cluster_key"] for row in nodes} == CLUSTER
    assert {(row["one_node_key"], row["other_node_key"]) for row in edges} == {tuple(pair) for pair in PAIRS}


def test_quarters_are_those_with_ties(mart):
    assert periods(mart, "formal") == ["2023-24-Q4"]
    assert periods(mart, "project") == []


def test_a_mart_without_a_network_says_so():
    with duckdb.connect() as empty, pytest.raises(NoNetwork, match="without the network"):
        periods(empty, "formal")


def test_a_key_that_begins_like_a_formula_is_none_in_a_spreadsheet(mart, tmp_path):
    mart.execute(f"UPDATE {NODE} SET cluster_key = '=1+1' WHERE node_key = 'A'")
    nodes, _ = write_csv(mart, "formal", "2023-24-Q4", tmp_path / "network.csv")
    assert {row["cluster_key"] for row in csv.DictReader(nodes.open(encoding="utf-8")) if row["node_key"] == "A"} == {
        "'=1+1"
    }
