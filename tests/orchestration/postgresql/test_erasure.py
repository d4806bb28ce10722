"""`wmip erase` reaches PostgreSQL: no version there holds the person when the command has ended."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from ingestion.persons.pseudonyms import PseudonymKey, person_key
from orchestration.cli.main import app
from orchestration.errors import NightFailed
from orchestration.postgresql.serving import publish
from tests.orchestration.postgresql.conftest import KEYS
from tests.orchestration.postgresql.test_serving import rows, served

pytestmark = pytest.mark.xdist_group("postgresql")
ADDRESS = "somebody@example.org"


@pytest.fixture
def person(monkeypatch) -> str:
    monkeypatch.setenv("WMIP_PSEUDONYM_KEY", "a-key-of-the-tests")
    monkeypatch.setattr("orchestration.cli.persons.ensure_parsed", lambda home: None)
    monkeypatch.setattr("orchestration.postgresql.keys.read_keys", lambda manifest: KEYS)
    found = person_key(ADDRESS, PseudonymKey(("a-key-of-the-tests",)))
    assert found is not None
    return found


@pytest.fixture
def home(make_release, person):
    for number in (1, 2, 3):
        change = f"UPDATE indicator_fact SET note = '{person}' WHERE fact_key = 'f1'" if number < 3 else ""
        home = make_release(number, change=change)
    (home / "releases" / "current").symlink_to("R.3")
    return home


def _erase(home):
    return CliRunner().invoke(app, ["erase", "--person", "--home", str(home)], input=f"{ADDRESS}\n")


def _holding(address: str, person: str) -> list[str]:
    schemas = rows(address, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^mart_r' ORDER BY 1")
    return [
        schema
        for (schema,) in schemas
        if rows(address, f"SELECT 1 FROM {schema}.indicator_fact WHERE note = '{person}'")
    ]


def test_every_version_that_holds_the_person_leaves_with_the_command(database, home, person, monkeypatch):
    monkeypatch.setenv("WMIP_POSTGRES_URL", database)
    for number in (1, 2, 3):
        publish(home, f"R.{number}", database, KEYS)
    assert len(_holding(database, person)) == 2
    result = _erase(home)
    assert result.exit_code == 0, result.output
    assert "nothing of before" in result.output
    assert _holding(database, person) == []
    assert served(database) == ["R.3"]


def test_a_server_that_is_away_is_told_of_after_the_home_is_done(home, person, monkeypatch):
    monkeypatch.setenv("WMIP_POSTGRES_URL", "postgresql://127.0.0.1:1/x")
    result = _erase(home)
    assert isinstance(result.exception, NightFailed)
    assert "the home is changed, PostgreSQL is not: no connection" in str(result.exception)
    assert "ERASED-1" in result.output
