"""The network of one quarter as files for Gephi and spreadsheets: organisations by key and cluster, nobody by name.

The rows are those of `evaluation_network_node` and `evaluation_network_edge`. The same release gives the same bytes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ElementTree, indent

import duckdb

from evaluation import spreadsheets

_TABLES = {"nodes": "evaluation_network_node", "edges": "evaluation_network_edge"}


class NoNetwork(ValueError):
    """The mart has no network of that quarter and class."""


def periods(mart: duckdb.DuckDBPyConnection, tie_class: str) -> list[str]:
    """The quarters that have a network of a class, oldest first. A mart made without one raises NoNetwork."""
    _require_tables(mart)
    rows = mart.execute(
        "SELECT DISTINCT period_key FROM evaluation_network_edge WHERE tie_class = ? ORDER BY 1", [tie_class]
    ).fetchall()
    return [period for (period,) in rows]


def write_csv(mart: duckdb.DuckDBPyConnection, tie_class: str, period_key: str, path: Path) -> list[Path]:
    """Write `<name>-nodes.csv` and `<name>-edges.csv` beside each other for the path `<name>.csv`."""
    written = []
    for part in _TABLES:
        columns, rows = _read(mart, part, tie_class, period_key)
        target = path.with_name(f"{path.stem}-{part}.csv")
        with target.open("w", encoding="utf-8", newline="") as file:
            spreadsheets.write_csv(file, columns, rows)
        written.append(target)
    return written


def write_gexf(mart: duckdb.DuckDBPyConnection, tie_class: str, period_key: str, path: Path, on: date) -> list[Path]:
    """Write one file for Gephi; `on` is the day it says it was made."""
    import networkx as nx
    from networkx.readwrite.gexf import GEXFWriter

    graph = nx.Graph(name=f"{tie_class} ties to the end of {period_key}")
    for node in _records(mart, "nodes", tie_class, period_key):
        graph.add_node(node["node_key"], label=node["cluster_key"], **_known(node, without=("node_key",)))
    for edge in _records(mart, "edges", tie_class, period_key):
        ends = ("one_node_key", "other_node_key")
        graph.add_edge(*(edge[end] for end in ends), **_known(edge, without=ends))
    document = GEXFWriter(graph).xml
    # The writer puts the machine's day there.
    next(element for element in document.iter("meta")).set("lastmodifieddate", on.isoformat())
    indent(document)
    ElementTree(document).write(path, encoding="utf-8", xml_declaration=True)
    return [path]


def _known(record: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
    """What Gephi is told: nothing that is null, days as text."""
    return {
        key: str(value) if isinstance(value, date) else value
        for key, value in record.items()
        if value is not None and key not in without
    }


def _records(mart: duckdb.DuckDBPyConnection, part: str, tie_class: str, period_key: str) -> list[dict[str, Any]]:
    columns, rows = _read(mart, part, tie_class, period_key)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _read(
    mart: duckdb.DuckDBPyConnection, part: str, tie_class: str, period_key: str
) -> tuple[list[str], list[tuple[Any, ...]]]:
    _require_tables(mart)
    found = mart.execute(
        f"SELECT * EXCLUDE (period_key, tie_class) FROM {_TABLES[part]} "
        "WHERE tie_class = ? AND period_key = ? ORDER BY ALL",
        [tie_class, period_key],
    )
    return [column[0] for column in found.description or []], found.fetchall()


def _require_tables(mart: duckdb.DuckDBPyConnection) -> None:
    there = {name for (name,) in mart.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not there >= set(_TABLES.values()):
        raise NoNetwork("was made without the network of collaborations")
