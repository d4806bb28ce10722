"""What of the public registers goes into matching: what they say of the organisations that tonight's records name."""

from __future__ import annotations

import duckdb
import pytest

from identity.links import CHARITY_SCHEMA, COMPANY_SCHEMA, PLACE_SCHEMA, Registers
from identity.organisation_keys import read_registers


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE SCHEMA intermediate;
            CREATE TABLE intermediate.int_organisation__record AS FROM (VALUES
                ('anvil labs', NULL, '00000001', NULL, 'B1 1AA'), ('hammer', 'tongs', NULL, NULL, NULL),
                ('nobody', NULL, '00000009', NULL, 'B2 2BB'), (NULL, NULL, NULL, '1091263', NULL)
            ) AS t (normalised_name, other_name, company_number, charity_number, postcode);
            CREATE TABLE intermediate.int_charity__name AS FROM (VALUES
                ('1091263', 'kiln trust', false, 'WV1 1AA', 'kiln.example', '00000005'),
                ('1091264', 'anvil labs', false, NULL, NULL, NULL),
                ('1091265', 'of no concern', false, NULL, NULL, NULL)
            ) AS t (charity_number, normalised_name, is_previous, postcode, domain, company_number);
            CREATE TABLE intermediate.int_postcode__place AS FROM (VALUES
                ('WV1 1AA', 391000, 298000), ('B1 1AA', 406000, 286000)
            ) AS t (postcode, easting, northing);
            CREATE TABLE intermediate.int_company__name AS FROM (VALUES
                ('00000001', 'anvil labs', false, 'B1 1AA'),
                ('00000001', 'anvil', true, 'B1 1AA'),
                ('00000002', 'bellows', false, 'CV1 1AA'),
                ('00000002', 'hammer', true, 'CV1 1AA'),
                ('00000003', 'tongs', false, NULL),
                ('00000004', 'of no concern', false, NULL),
                ('00000005', 'kiln', false, NULL)
            ) AS t (company_number, normalised_name, is_previous, postcode);
        """)
    return path


def test_companies_are_met_by_number_by_former_name_and_by_trading_name(warehouse):
    register = read_registers(warehouse).companies
    assert register.schema == COMPANY_SCHEMA
    assert [(row["company_number"], row["normalised_name"]) for row in register.to_pylist()] == [
        ("00000001", "anvil"),
        ("00000001", "anvil labs"),
        ("00000002", "bellows"),
        ("00000002", "hammer"),
        ("00000003", "tongs"),
        # What the register of charities calls the company of a charity that is met.
        ("00000005", "kiln"),
    ]


def test_charities_are_met_by_number_and_by_name(warehouse):
    charities = read_registers(warehouse).charities
    assert charities.schema == CHARITY_SCHEMA
    assert charities.column("charity_number").to_pylist() == ["1091263", "1091264"]


def test_where_postcodes_lie_is_read_in_their_order(warehouse):
    places = read_registers(warehouse).places
    assert places.schema == PLACE_SCHEMA
    assert places.column("postcode").to_pylist() == ["B1 1AA", "WV1 1AA"]


def test_a_register_of_which_nobody_is_met_is_another_thing_than_none(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("DELETE FROM intermediate.int_organisation__record")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("DELETE FROM intermediate.int_postcode__place")
    found = read_registers(warehouse)
    assert (len(found.companies), len(found.charities), found.places) == (0, 0, None)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("DELETE FROM intermediate.int_company__name; DELETE FROM intermediate.int_charity__name")
    assert read_registers(warehouse) == Registers()
