"""Two quarters of two bodies that use references as bodies do, from workbooks to indicator facts."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from ingestion.ingest import ensure_landing
from tests.dbt_project.warehouses import count
from tests.ingestion.sources.nights import Nights
from tests.ingestion.sources.test_returns import BUSINESS, EVENT, MEMO, PILOT, POST, SESSION, TRANCHE, _write

CLOCK = datetime(2024, 5, 1, 2, tzinfo=UTC)
Q1 = {"Period": "2023-24-Q1", "Submitted on": "14/07/2023"}
Q2 = {"Period": "2023-24-Q2", "Submitted on": "14/10/2023"}
ASTON = {"Business name": "Aston Castings Ltd", "Company number": "01111111"}
BILSTON = {"Business name": "Bilston Foundry Ltd", "Company number": "02222222"}


def _member(number, name, kind="Business"):
    return {"Collaboration ref": "C1", "Member number": number, "Organisation name": name, "Organisation type": kind}


def _session(ref, business, day, hours):
    return {
        **SESSION,
        "Session ref": ref,
        "Business ref": business,
        "Date": day,
        "Hours": hours,
        "Evidence": "Signed support log",
    }


SENT = {
    "cb01 q1.xlsx": (
        Q1,
        {
            "INTERVENTIONS": [PILOT],
            "BUSINESSES": [{**BUSINESS, **ASTON}, {**BUSINESS, **BILSTON, "Business ref": "B2"}],
            # Posts count at businesses that were supported before.
            "SUPPORT": [_session("S1", "B1", "01/05/2023", 7), _session("S2", "B2", "01/05/2023", 1)],
            "COLLABORATIONS": [MEMO],
            "MEMBERS": [_member(1, "Aston Castings"), _member(2, "Mercia University", "University")],
            "JOBS": [
                {**POST, **ASTON, "Follow-up FTE": 6, "Follow-up on": "01/03/2024"},
                {**POST, **BILSTON, "Follow-up FTE": 6, "Follow-up on": "01/03/2024"},
            ],
            "LEVERAGE": [
                TRANCHE,
                {
                    **TRANCHE,
                    "Source organisation": "Bilston Foundry",
                    "Company number": "02222222",
                    "Amount (£)": 20000,
                },
            ],
            "EVENTS": [{**EVENT, "Signed in": 10}],
        },
    ),
    "cb01 q2.xlsx": (
        Q2,
        {
            "INTERVENTIONS": [{**PILOT, "Intervention ref": "p-002"}],
            "BUSINESSES": [{**BUSINESS, **BILSTON, "Sole trader": "No"}],
            "SUPPORT": [
                _session("S1", "B1", "01/08/2023", 7),
                {
                    **_session("S3", "B1", "02/08/2023", 13),
                    "Channel": "Written",
                    "Specific to the business": "No",
                },
            ],
            "COLLABORATIONS": [MEMO],
            "EVENTS": [{**EVENT, "Title": "Supper club", "Held on": "01/08/2023", "Signed in": 5}],
        },
    ),
    "cb02 q1.xlsx": (
        {**Q1, "Cluster body code": "CB02"},
        {
            "BUSINESSES": [
                {
                    **BUSINESS,
                    "Business name": "Joan Ploughwright",
                    "Company number": None,
                    "Postcode": "B1 1AA",
                    "Sole trader": "Yes",
                }
            ],
            "INTERVENTIONS": [{**PILOT, "Title": "Hydrogen"}],
            "COLLABORATIONS": [{**MEMO, "Title": "Hydrogen in vans", "Purpose": "Hydrogen"}],
            "MEMBERS": [_member(1, "Tame Vans"), _member(2, "Severn College", "University")],
        },
    ),
}
# What the mart says of organisations and of what was matched.
NAMING = (
    "dim_organisation",
    "bridge_organisation_record",
    "organisation_link",
    "organisation_review",
    "organisation_key_history",
)
REGISTER = (
    "indicator_key,partner_code,source_ref,decision,evidence_grade,decided_on,decided_by_role,reason\n"
    "event_attendees,CB01,1,rejected,,2023-11-01,assurance lead,not the programme's\n"
    "jobs_created,CB01,P7,rejected,,2023-11-01,assurance lead,which of them\n"
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    home = tmp_path_factory.mktemp("references") / "home"
    for kind in ("registers", "returns"):
        (home / "inbox" / kind).mkdir(parents=True)
    (home / "inbox" / "registers" / "partners.csv").write_text(
        "partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\n"
        "CB01,One,,2023-04-01,\nCB02,Two,,2023-04-01,\n",
        encoding="utf-8",
    )
    (home / "inbox" / "registers" / "verification.csv").write_text(REGISTER, encoding="utf-8")
    for name, (cover, rows) in SENT.items():
        _write(home / "inbox" / "returns" / name, cover=cover, rows=rows)
    ensure_landing(home)
    for source in ("registers", "returns"):
        Nights(source, home, {}, {}).good_night(0)
    count(home, CLOCK, "indicator_fact", "finding", *NAMING)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def _facts(warehouse, indicator):
    return warehouse.execute(
        "SELECT fact_key, CAST(claimed_quantity AS DOUBLE), CAST(quantity AS DOUBLE), not_counted_reason "
        "FROM mart.indicator_fact WHERE indicator_key = ? ORDER BY fact_key",
        [indicator],
    ).fetchall()


def test_hours_of_two_firms_under_one_reference_are_not_added(warehouse):
    assert _facts(warehouse, "businesses_assisted") == [
        ("businesses_assisted:CB01:business:B1", 1.0, 0.0, "below_threshold"),
        ("businesses_assisted:CB01:business:B1~2023-24-Q2", 1.0, 0.0, "below_threshold"),
        ("businesses_assisted:CB01:business:B2", 1.0, 0.0, "below_threshold"),
    ]
    names = warehouse.execute(
        "SELECT source_record_id, name FROM intermediate.int_organisation__resolved "
        "WHERE source_record_id LIKE '%business%' ORDER BY 1"
    ).fetchall()
    firms = ["Aston Castings Ltd", "Bilston Foundry Ltd", "Bilston Foundry Ltd"]
    assert [name for _, name in names] == [*firms, "Joan Ploughwright"]


def test_hours_stay_with_their_firm_and_advice_to_all_adds_nothing(warehouse):
    """Seven hours each, under one reference of a business and a session; thirteen of a newsletter are none."""
    found = warehouse.execute(
        "SELECT organisation_record_id, support_minutes, not_counted_reason "
        "FROM intermediate.int_support__session ORDER BY supported_on, 1"
    ).fetchall()
    assert found == [
        ("CB01:business:B1", 420, None),
        ("CB01:business:B2", 60, None),
        ("CB01:business:B1~2023-24-Q2", 420, None),
        ("CB01:business:B1~2023-24-Q2", 780, "generic_advice"),
    ]


def test_a_body_says_who_is_a_sole_trader_or_nothing(warehouse):
    said = warehouse.execute(
        "SELECT record_ref, is_sole_trader FROM staging.stg_returns__businesses ORDER BY partner_code, record_ref"
    ).fetchall()
    assert said == [("B1", None), ("B1~2023-24-Q2", False), ("B2", None), ("B1", True)]


def test_the_name_and_the_postcode_of_a_sole_trader_are_in_no_table_of_the_mart(warehouse):
    ((key,),) = warehouse.execute(
        "SELECT organisation_key FROM intermediate.int_organisation__resolved WHERE name = 'Joan Ploughwright'"
    ).fetchall()
    said = warehouse.execute(
        "SELECT name, postcode, postcode_source FROM mart.dim_organisation WHERE organisation_key = ?", [key]
    ).fetchall()
    assert said == [("Sole trader", None, "body_or_crm")]
    tables = [
        name
        for (name,) in warehouse.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'mart' ORDER BY 1"
        ).fetchall()
    ]
    assert {*NAMING, "indicator_fact", "finding"} <= set(tables)
    found = {
        (name, column)
        for name in tables
        for column in warehouse.table(f"mart.{name}").columns
        for (value,) in warehouse.execute(f'SELECT DISTINCT lower("{column}"::VARCHAR) FROM mart.{name}').fetchall()
        if value is not None and ("ploughwright" in value or value == "b1 1aa")
    }
    assert found == set()


def test_events_under_one_reference_are_two_and_a_decision_is_of_the_later(warehouse):
    assert _facts(warehouse, "event_attendees") == [
        ("event_attendees:returns:CB01:1:signed", 10.0, 10.0, None),
        ("event_attendees:returns:CB01:1~2023-24-Q2:signed", 5.0, 0.0, "rejected"),
    ]


def test_one_post_reference_at_two_firms_is_two_posts_and_a_decision_that_fits_both_decides_none(warehouse):
    assert _facts(warehouse, "jobs_created") == [
        ("jobs_created:CB01:P7", 1.0, 1.0, None),
        ("jobs_created:CB01:P7~2023-24-Q1", 1.0, 1.0, None),
    ]


def test_a_tranche_of_two_sources_is_two_tranches(warehouse):
    assert sum(quantity for _, _, quantity, _ in _facts(warehouse, "resource_levered")) == 30000


def test_a_pilot_written_in_two_ways_is_one_and_another_bodys_of_its_reference_is_another(warehouse):
    assert _facts(warehouse, "pilots_funded") == [
        ("pilots_funded:CB01:P-002", 1.0, 1.0, None),
        ("pilots_funded:CB02:P-002", 1.0, 1.0, None),
    ]


def test_one_agreement_reference_of_two_bodies_is_two_and_members_stay_as_last_returned(warehouse):
    assert _facts(warehouse, "new_collaborations") == [
        ("new_collaborations:CB01:C1", 1.0, 1.0, None),
        ("new_collaborations:CB02:C1", 1.0, 1.0, None),
    ]


def test_every_case_is_told_of_with_its_place(warehouse):
    found = warehouse.execute(
        "SELECT rule, place, partner_key FROM mart.finding "
        "WHERE source IN ('returns', 'registers') AND found_at IS NULL ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("agreement_reference_shared", "cb01 q2.xlsx#Collaborations!5", "CB01"),
        ("agreement_reference_shared", "cb02 q1.xlsx#Collaborations!5", "CB02"),
        ("decision_fits_several", "verification.csv#!3", "CB01"),
        ("members_not_returned", "cb01 q2.xlsx#Collaborations!5", "CB01"),
        ("pilot_reference_shared", "cb01 q2.xlsx#Interventions!5", "CB01"),
        ("pilot_reference_shared", "cb02 q1.xlsx#Interventions!5", "CB02"),
        ("reference_reassigned", "cb01 q2.xlsx#Businesses!10", "CB01"),
        ("reference_reassigned", "cb01 q2.xlsx#Businesses!5", "CB01"),
        ("reference_reassigned", "cb01 q2.xlsx#Events!5", "CB01"),
    ]
    (message,) = warehouse.execute(
        "SELECT message FROM mart.finding WHERE rule = 'reference_reassigned' AND stream = 'businesses'"
    ).fetchone()
    assert message.startswith("B1 was Aston Castings Ltd in 2023-24-Q1")
