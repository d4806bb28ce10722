"""The pretend country: the same for the same numbers, and as its truth says."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.country import make_mentions, make_register


@pytest.fixture
def country():
    with duckdb.connect() as connection:
        make_register(connection, 500)
        make_mentions(connection, 400, 500)
        yield connection


def _one(connection, sql):
    return connection.execute(sql).fetchone()


def test_a_tenth_of_the_companies_had_another_name_before(country):
    assert _one(country, "SELECT count(*), count(DISTINCT company_number) FROM register_row") == (550, 500)
    assert _one(country, "SELECT count(*) FROM register_row WHERE is_previous") == (50,)


def test_mentions_name_one_organisation_by_what_it_truly_is(country):
    assert _one(country, "SELECT count(*) FROM mention") == (400,)
    # One number is of one organisation, and stands in the register.
    owners = (
        "SELECT count(DISTINCT organisation) AS n FROM mention WHERE company_number IS NOT NULL GROUP BY company_number"
    )
    assert _one(country, f"SELECT max(n), count(*) > 20 FROM ({owners})") == (1, True)
    assert _one(
        country,
        "SELECT count(*) FROM mention WHERE company_number IS NOT NULL"
        " AND company_number NOT IN (SELECT company_number FROM register_row)",
    ) == (0,)
    spelt = _one(country, "SELECT count(DISTINCT name) FROM mention GROUP BY organisation ORDER BY 1 DESC")
    assert spelt[0] > 3


def test_the_same_numbers_make_the_same_country(country):
    first = country.execute("SELECT * FROM mention ORDER BY source_record_id").fetchall()
    make_mentions(country, 400, 500)
    assert country.execute("SELECT * FROM mention ORDER BY source_record_id").fetchall() == first
    make_mentions(country, 400, 500, seed=2)
    assert country.execute("SELECT * FROM mention ORDER BY source_record_id").fetchall() != first
