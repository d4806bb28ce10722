from __future__ import annotations

import psycopg
import pytest

from orchestration.postgresql.readiness import probe_postgresql
from orchestration.postgresql.serving import publish
from tests.orchestration.postgresql.conftest import KEYS

pytestmark = pytest.mark.xdist_group("postgresql")


def found(address: str) -> dict[str, tuple[bool, str]]:
    return {probe.name: (probe.passed, probe.message) for probe in probe_postgresql({"WMIP_POSTGRES_URL": address})}


def test_without_an_address_it_says_which_variable_to_set():
    (probe,) = probe_postgresql({})
    assert not probe.passed
    assert "WMIP_POSTGRES_URL" in probe.message


def test_a_server_that_does_not_answer_is_a_finding():
    (probe,) = probe_postgresql({"WMIP_POSTGRES_URL": "postgresql://127.0.0.1:1/x"})
    assert not probe.passed


def test_a_server_that_is_ready_passes_and_says_what_it_serves(database, make_release):
    assert found(database)["release"] == (True, "nothing published yet")
    publish(make_release(1), "R.1", database, KEYS)
    probes = found(database)
    assert all(passed for passed, _ in probes.values()), probes
    assert probes["release"] == (True, "serves R.1")


def test_a_user_without_rights_is_told_what_the_administrator_runs(server, database):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN")
        try:
            probes = found(database.replace("postgres:@", "visitor:@"))
        finally:
            connection.execute("DROP ROLE visitor")
    assert not probes["rights"][0]
    assert "GRANT CREATE ON DATABASE" in probes["rights"][1]
