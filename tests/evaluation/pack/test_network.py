"""The network in the report: the mart's measures, a picture that names nobody, and nothing where there are too few."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from evaluation.pack.build import REPORT
from evaluation.pack.figures import read_figures
from evaluation.pack.network import SMALL_CLUSTERS, read_network
from evaluation.pack.network_charts import groups_of, network_picture
from evaluation.pack.report import render_report
from evaluation.pack.wording import network_value


@pytest.fixture
def network(marts):
    return read_network(marts.mart)


def _section(text: str) -> str:
    found = re.search(r'<section id="network">.*?</section>', text, re.DOTALL)
    assert found
    return found[0]


@pytest.fixture(scope="module")
def section(pack) -> str:
    return _section((pack / REPORT).read_text(encoding="utf-8"))


def test_measures_are_the_marts(network):
    last = network.last
    assert last.period_key == "2023-24-Q4"
    assert (last.organisations, last.ties, last.window_months) == (12, 13, 36)
    assert last.value("e_i_index") == Decimal("-0.25")
    assert last.value("dependence_on_bodies") == Decimal("0.25")
    assert last.value("modularity") is None, "not among what the report shows"


def test_clusters_of_few_stand_together(network):
    groups = groups_of(network.shape)
    assert [(group.letter, group.name, group.organisations) for group in groups] == [
        ("A", "Automotive <b>", 5),
        ("B", "Rail", 5),
        ("C", SMALL_CLUSTERS, 2),
    ]
    assert len({(group.outline, group.is_filled) for group in groups}) == 3, "told apart without colour"
    assert len(network.shape.ties) == 13


def test_no_organisation_can_be_told_from_the_picture(section):
    assert "secret" not in section
    assert "Creative" not in section
    assert "Logistics" not in section
    assert "Automotive &lt;b&gt;" in section


def test_the_same_network_gives_the_same_picture(network):
    one, other = (network_picture(network.shape, network.last, narrow=True).svg for _ in range(2))
    assert one == other
    places = re.findall(r"translate\(([\d.]+) ([\d.]+)\)", one)
    assert len(set(places)) == 12, "nobody stands upon somebody else"
    assert all(0 <= float(value) <= 320 for place in places for value in place)


def test_the_picture_is_described(section):
    assert "12 organisations, 13 pairs tied: 4 between groups, 9 within one" in section
    assert "A Automotive &lt;b&gt;: 5; B Rail: 5; C Clusters of fewer than five: 2" in section


def test_what_must_be_said_is_said(section):
    for words in (
        "Only ties that the returns name",
        "at least one tie in the window",
        "Nothing here shows",
        "36 months to",
    ):
        assert words in section


def test_a_quarter_of_too_few_organisations_has_no_figure(section):
    assert "Fewer than 10 organisations" in section
    assert "evaluation_network_measure/2023-24-Q3" not in section


def test_with_too_few_organisations_there_is_no_picture(marts):
    with duckdb.connect() as mart:
        for table in (
            "evaluation_network_measure",
            "evaluation_network_node",
            "evaluation_network_edge",
            "dim_cluster",
        ):
            found = marts.mart.execute(f"FROM {table}").to_arrow_table()
            mart.execute(f"CREATE TABLE {table} AS FROM found")
            del found
        mart.execute("DELETE FROM evaluation_network_measure WHERE period_key = '2023-24-Q4'")
        network = read_network(mart)
    assert network.shape is None
    assert network.last.size_status == "too_few_organisations"


def test_a_release_without_a_network_says_so(marts):
    assert read_network(marts.previous) is None
    assert "Not in this release" in _section(render_report(read_figures(marts.previous)))


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("mean_degree", "2.1666", "2.2"),
        ("new_ties", "6.0", "6"),
        ("retention", "0.1", "10%"),
        ("dependence_on_bodies", "-0.25", "\N{MINUS SIGN}25%"),
        ("e_i_index", "-0.25", "\N{MINUS SIGN}0.250"),
    ],
)
def test_measures_in_words(measure, value, text):
    assert network_value(Decimal(value), measure) == text
