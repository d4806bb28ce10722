"""`wmip network export` on a release of the sandbox."""

from __future__ import annotations

import csv

import networkx as nx
import pytest

from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


def test_the_latest_network_is_written_for_gephi_without_a_name(small_release, tmp_path):
    result = wmip("network", "export", "--home", small_release.path, "--output", tmp_path / "network.gexf")
    assert result.returncode == 0, result.stderr
    graph = nx.read_gexf(tmp_path / "network.gexf")
    ((organisations, ties),) = small_release.query(
        "SELECT organisations, ties FROM evaluation_network_measure WHERE tie_class = 'formal' AND measure = 'density' "
        "ORDER BY period_key DESC LIMIT 1"
    )
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (organisations, ties)
    text = (tmp_path / "network.gexf").read_text(encoding="utf-8")
    names = [name for (name,) in small_release.query("SELECT name FROM dim_organisation WHERE length(name) > 3")]
    assert names
    assert [name for name in names if name in text] == []


def test_csv_makes_two_files(small_release, tmp_path):
    result = wmip(
        "network", "export", "--home", small_release.path, "--format", "csv", "--ties", "brokered",
        "--output", tmp_path / "network.csv",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    with (tmp_path / "network-edges.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) > 0
    assert (tmp_path / "network-nodes.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--period", "1999-00-Q1"), "has no formal ties of 1999-00-Q1; there are"),
        (("--output", "/nowhere/at/all.gexf"), "name a file in a folder that is there"),
    ],
)
def test_what_cannot_be_written_is_said(small_release, tmp_path, arguments, complaint):
    output = () if "--output" in arguments else ("--output", tmp_path / "network.gexf")
    result = wmip("network", "export", "--home", small_release.path, *output, *arguments)
    assert result.returncode == 2
    assert complaint in result.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
