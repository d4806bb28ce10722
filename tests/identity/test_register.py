"""What of the company register goes into matching: every name of the companies that tonight's records name."""

from __future__ import annotations

import duckdb
import pytest

from identity.links import REGISTER_SCHEMA
from identity.organisation_keys import read_register


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE SCHEMA intermediate;
            CREATE TABLE intermediate.int_organisation__record AS FROM (VALUES
                ('anvil labs', NULL, '00000001'), ('hammer', 'tongs', NULL), ('nobody', NULL, '00000009')
            ) AS t (normalised_name, other_name, company_number);
            CREATE TABLE intermediate.int_company__name AS FROM (VALUES
                ('00000001', 'anvil labs', false, 'B1 1AA'),
                ('00000001', 'anvil', true, 'B1 1AA'),
                ('00000002', 'bellows', false, 'CV1 1AA'),
                ('00000002', 'hammer', true, 'CV1 1AA'),
                ('00000003', 'tongs', false, NULL),
                ('00000004', 'of no concern', false, NULL)
            ) AS t (company_number, normalised_name, is_previous, postcode);
        """)
    return path


def test_companies_are_met_by_number_by_former_name_and_by_trading_name(warehouse):
    register = read_register(warehouse)
    assert register.schema == REGISTER_SCHEMA
    assert [(row["company_number"], row["normalised_name"]) for row in register.to_pylist()] == [
        ("00000001", "anvil"),
        ("00000001", "anvil labs"),
        ("00000002", "bellows"),
        ("00000002", "hammer"),
        ("00000003", "tongs"),
    ]


def test_a_register_of_which_nobody_is_met_is_another_thing_than_none(warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("DELETE FROM intermediate.int_organisation__record")
    assert len(read_register(warehouse)) == 0
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("DELETE FROM intermediate.int_company__name")
    assert read_register(warehouse) is None
