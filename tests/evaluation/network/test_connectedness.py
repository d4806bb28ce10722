"""Ties out of a mart: which agreements tie, for how long, and what the tables say of them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from evaluation.network import ties
from evaluation.network.connectedness import EDGE, MEASURE, NODE, NetworkSettings, connectedness
from evaluation.network.novelty import novelty

SETTINGS = NetworkSettings(36, 36, 24, 4, 250)
ON = date(2024, 4, 1)


@pytest.fixture
def mart():
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE dim_period AS
            SELECT * FROM (VALUES
                ('2023-24-Q3', DATE '2023-10-01', DATE '2023-12-31', true),
                ('2023-24-Q4', DATE '2024-01-01', DATE '2024-03-31', true),
                ('2024-25-Q1', DATE '2024-04-01', DATE '2024-06-30', true),
                ('2020-21-Q1', DATE '2020-04-01', DATE '2020-06-30', false)
            ) AS t (period_key, starts_on, ends_on, is_programme_period);
            CREATE TABLE dim_organisation AS
            SELECT *, 'E08000025' AS local_authority_code FROM (VALUES
                ('A', 'Firm A', 'health', 'business', true), ('B', 'Firm B', 'health', 'business', true),
                ('C', 'Uni C', 'clean', 'university', false), ('D', 'Firm D', 'clean', 'business', true),
                ('E', 'Council E', 'auto', 'public_body', false), ('H', ' cluster BODY two ', 'auto', 'other', false)
            ) AS t (organisation_key, name, cluster_key, organisation_type, is_business);
            CREATE TABLE dim_partner AS
            SELECT * FROM (VALUES ('CB01', 'Cluster Body One', 'health'), ('CB02', 'Cluster Body Two', 'clean'))
                AS t (partner_key, name, cluster_key);
            CREATE TABLE dim_collaboration (collaboration_key VARCHAR, partner_key VARCHAR);
            CREATE TABLE fct_collaboration_member (collaboration_key VARCHAR, organisation_key VARCHAR);
            CREATE TABLE indicator_fact (
                indicator_key VARCHAR, fact_key VARCHAR, partner_key VARCHAR, organisation_key VARCHAR,
                achieved_on DATE, status VARCHAR, is_counted BOOLEAN, not_counted_reason VARCHAR
            );
            CREATE TABLE fct_leverage (
                intervention_ref VARCHAR, organisation_key VARCHAR, stage_reached_on DATE, is_counted BOOLEAN,
                status VARCHAR
            );
            CREATE TABLE fct_event_attendance (event_key VARCHAR, organisation_key VARCHAR, is_attended BOOLEAN);
            CREATE TABLE indicator_value (
                indicator_key VARCHAR, period_key VARCHAR, scope VARCHAR, basis VARCHAR, value DECIMAL(18, 4),
                quality_status VARCHAR
            );
            CREATE TABLE dim_event (event_key VARCHAR, starts_on DATE, attribution VARCHAR, is_cancelled BOOLEAN);
        """)
        yield connection


def agree(mart, key: str, on: str, members: str, *, reason: str | None = None, status="verified", body="CB01") -> None:
    mart.execute("INSERT INTO dim_collaboration VALUES (?, ?)", [key, body])
    mart.executemany("INSERT INTO fct_collaboration_member VALUES (?, ?)", [[key, member] for member in members])
    mart.execute(
        "INSERT INTO indicator_fact VALUES ('new_collaborations', ?, ?, NULL, ?, ?, ?, ?)",
        [f"new_collaborations:{key}", body, on, status, reason is None, reason],
    )


def pairs(mart, tie_class: str, period: str = "2023-24-Q4") -> dict[str, float]:
    ties.prepare(mart)
    (window,) = [found for found in ties.windows(mart, 36, ON) if found.period_key == period]
    return {edge.one_key + edge.other_key: edge.weight for edge in ties.edges(mart, tie_class, window)}


def test_only_agreements_that_qualify_tie(mart):
    agree(mart, "CB01:1", "2024-01-10", "AB")
    agree(mart, "CB01:2", "2024-02-10", "AB", reason="no_new_tie")
    agree(mart, "CB01:3", "2024-01-10", "AC", reason="service_purchase")
    agree(mart, "CB01:4", "2024-01-10", "AD", status="claimed", reason="evidence_below_minimum")
    agree(mart, "CB01:5", "2024-01-10", "BD", reason="duplicate")
    assert pairs(mart, ties.FORMAL) == {"AB": 2}


def test_three_members_are_three_pairs(mart):
    agree(mart, "CB01:1", "2024-01-10", "CAB")
    assert pairs(mart, ties.FORMAL) == {"AB": 1, "AC": 1, "BC": 1}


def test_a_tie_leaves_the_window_after_36_months(mart):
    agree(mart, "CB01:1", "2020-12-31", "AB")
    agree(mart, "CB01:2", "2021-01-01", "CD")
    assert pairs(mart, ties.FORMAL, "2023-24-Q3") == {"CD": 1}


def test_project_ties_are_of_those_whose_resource_was_verified_for_one_intervention(mart):
    mart.execute("""
        INSERT INTO fct_leverage VALUES
            ('P1', 'A', '2023-11-01', true, 'verified'), ('P1', 'B', '2024-02-01', true, 'verified'),
            ('P1', 'C', '2024-02-01', false, 'claimed'), ('P2', 'D', '2024-02-01', true, 'verified'),
            (NULL, 'E', '2024-02-01', true, 'verified')
    """)
    assert pairs(mart, ties.PROJECT) == {"AB": 1}
    assert pairs(mart, ties.PROJECT, "2023-24-Q3") == {}, "B joined later"


def test_an_event_of_k_organisations_weighs_one_over_k_less_one(mart):
    mart.execute("""
        INSERT INTO dim_event VALUES
            ('e1', '2024-01-10', 'wmip_funded', false), ('e2', '2024-01-11', 'aligned', false),
            ('e3', '2024-01-12', 'wmip_funded', false), ('e4', '2024-01-12', 'wmip_funded', true);
        INSERT INTO fct_event_attendance VALUES
            ('e1', 'A', true), ('e1', 'A', true), ('e1', 'B', true), ('e1', 'C', true), ('e1', 'D', false),
            ('e2', 'D', true), ('e2', 'E', true), ('e3', 'A', true), ('e3', 'B', true), ('e4', 'D', true),
            ('e4', 'E', true),
            ('e3', NULL, true)
    """)
    assert pairs(mart, ties.EVENT) == {"AB": 1.5, "AC": 0.5, "BC": 0.5}


def test_event_measures_are_counted_as_the_graph_would_be(mart):
    mart.execute("""
        INSERT INTO dim_event VALUES
            ('e1', '2024-01-10', 'wmip_funded', false), ('e2', '2024-01-11', 'wmip_funded', false);
        INSERT INTO fct_event_attendance VALUES
            ('e1', 'A', true), ('e1', 'B', true), ('e1', 'C', true), ('e2', 'D', true), ('e2', 'E', true)
    """)
    found = measured(mart, "event")
    assert found["density"] == pytest.approx(4 / 10)
    assert found["e_i_index"] == pytest.approx((3 - 1) / 4)
    assert found["giant_component_share"] == pytest.approx(3 / 5)
    assert found["business_research_share"] == pytest.approx(2 / 4)
    assert found["business_public_share"] == pytest.approx(1 / 4)


def measured(mart, tie_class: str, period: str = "2023-24-Q4") -> dict[str, float | None]:
    rows = connectedness(mart, SETTINGS, ON)[MEASURE].to_pylist()
    return {
        row["measure"]: row["value"] for row in rows if (row["tie_class"], row["period_key"]) == (tie_class, period)
    }


def test_new_repeated_and_lapsed_ties(mart):
    agree(mart, "CB01:1", "2021-06-01", "AB")
    agree(mart, "CB01:2", "2022-01-01", "CD")
    agree(mart, "CB01:3", "2024-01-10", "CD", reason="no_new_tie")
    agree(mart, "CB01:4", "2024-01-10", "DE")
    agree(mart, "CB01:5", "2024-02-10", "DE", reason="no_new_tie")
    ties.prepare(mart)
    window = ties.windows(mart, 36, ON)[-1]
    found = novelty(mart, window, lookback_months=36, lapsed_months=24)
    assert found["new_ties"] == 1, "D and E, once"
    assert found["repeated_ties"] == 1
    assert found["previous_ties"] == 2
    assert found["retention"] == pytest.approx(0.5)
    assert found["lapsed_ties"] == 1
    assert found["new_organisations"] == 1
    assert found["new_organisation_share"] == pytest.approx(1 / 5)


def test_a_body_that_is_an_organisation_is_one_node(mart):
    agree(mart, "CB02:1", "2024-01-10", "AH", body="CB02")
    agree(mart, "CB01:1", "2024-01-10", "BC", body="CB01")
    nodes = connectedness(mart, SETTINGS, ON)[NODE].to_pylist()
    brokered = {row["node_key"]: row for row in nodes if row["tie_class"] == "brokered"}
    assert set(brokered) == {"A", "H", "B", "C", "partner:CB01"}
    assert (brokered["H"]["partner_key"], brokered["H"]["is_cluster_body"]) == ("CB02", True)
    assert brokered["partner:CB01"]["organisation_key"] is None


def test_a_small_network_is_not_described(mart):
    agree(mart, "CB01:1", "2024-01-10", "AB")
    rows = [row for row in connectedness(mart, SETTINGS, ON)[MEASURE].to_pylist() if row["tie_class"] == "formal"]
    assert {(row["period_key"], row["status"]) for row in rows} == {
        ("2023-24-Q3", "no_ties"),
        ("2023-24-Q4", "too_few_organisations"),
    }
    assert {row["value"] for row in rows} == {None}
    assert {row["organisations"] for row in rows if row["period_key"] == "2023-24-Q4"} == {2}


@pytest.mark.parametrize(
    ("indicator", "withheld"),
    [
        ("new_collaborations", {"formal", "brokered"}),
        ("resource_levered", {"project"}),
        ("event_attendees", {"event"}),
        ("jobs_created", set()),
    ],
)
def test_a_class_of_ties_is_withheld_with_the_records_it_is_read_from(mart, indicator, withheld):
    for number, members in enumerate(("AB", "BC", "CD", "DE")):
        agree(mart, f"CB01:{number}", "2024-01-10", members)
    mart.execute(
        "INSERT INTO indicator_value VALUES (?, '2023-24-Q4', 'programme', 'verified', NULL, 'withheld')", [indicator]
    )
    made = connectedness(mart, SETTINGS, ON)
    # The quarter before it looks at nothing that is withheld.
    hidden = {(row["tie_class"], row["period_key"]) for row in made[MEASURE].to_pylist() if row["status"] == "withheld"}
    assert hidden == {(tie_class, "2023-24-Q4") for tie_class in withheld}
    for row in made[MEASURE].to_pylist():
        if row["status"] == "withheld":
            assert (row["value"], row["organisations"], row["ties"]) == (None, None, None)
    for table in (NODE, EDGE):
        assert {row["tie_class"] for row in made[table].to_pylist()} == {"formal", "brokered"} - withheld


def test_what_is_new_is_withheld_with_all_that_was_before(mart):
    agree(mart, "CB01:1", "2024-01-10", "AB")
    mart.execute("INSERT INTO dim_period VALUES ('2019-20-Q1', DATE '2019-04-01', DATE '2019-06-30', true)")
    mart.execute(
        "INSERT INTO indicator_value "
        "VALUES ('new_collaborations', '2019-20-Q1', 'programme', 'verified', NULL, 'withheld')"
    )
    rows = connectedness(mart, SETTINGS, ON)[MEASURE].to_pylist()
    formal = [row for row in rows if (row["tie_class"], row["period_key"]) == ("formal", "2023-24-Q4")]
    status = {row["measure"]: row["status"] for row in formal}
    assert (status["new_ties"], status["new_organisations"], status["density"]) == (
        "withheld", "withheld", "too_few_organisations",
    )  # fmt: skip


def test_only_quarters_that_have_ended_and_belong_to_the_programme(mart):
    assert {row["period_key"] for row in connectedness(mart, SETTINGS, ON)[MEASURE].to_pylist()} == {
        "2023-24-Q3",
        "2023-24-Q4",
    }


def test_edges_say_whether_they_cross_clusters_and_tables_are_the_same_again(mart):
    agree(mart, "CB01:1", "2024-01-10", "ABC")
    one, other = (connectedness(mart, SETTINGS, ON) for _ in range(2))
    crossing = {
        row["one_node_key"] + row["other_node_key"]: row["is_cross_cluster"]
        for row in one[EDGE].to_pylist()
        if row["tie_class"] == "formal"
    }
    assert crossing == {"AB": False, "AC": True, "BC": True}
    assert one == other
