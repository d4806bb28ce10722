"""The step of the night, and the command: what they say and what they leave behind."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import psycopg
import pytest

from orchestration.assets.postgresql import POSTGRESQL_KEY, postgresql_release
from orchestration.configuration import Configuration
from orchestration.night import read_record
from orchestration.resources import Night, silent
from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("postgresql")


def run(home, address: str, enabled: bool = True, **settings) -> tuple[dg.ExecuteInProcessResult, Night]:
    night = Night(
        home=home,
        clock=datetime(2025, 5, 15, 2, tzinfo=UTC),
        run_id="night",
        configuration=Configuration.model_validate({"postgresql": {"enabled": enabled, **settings}}),
        environment={"WMIP_POSTGRES_URL": address} if address else {},
        progress=silent,
    )
    night.update_record(outcome="published", release_id="R.1")
    result = dg.materialize([postgresql_release], resources={"night": night}, raise_on_error=False)
    return result, night


@pytest.fixture
def home(make_release):
    made = make_release(1)
    (made / "releases" / "current").symlink_to("R.1")
    return made


def served(address: str) -> list[tuple]:
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT release_id FROM mart.release_info").fetchall()


def test_a_night_publishes_the_current_release_when_switched_on(database, home):
    result, night = run(home, database)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == POSTGRESQL_KEY
    assert event.materialization.metadata["release_id"].value == "R.1"
    assert served(database) == [("R.1",)]
    assert read_record(home, night.run_id).outcome == "published"


def test_a_night_publishes_the_public_mart_alone_when_told(database, home):
    result, _ = run(home, database, public_only=True)
    assert result.success
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT release_id FROM mart_public.release_info").fetchall() == [("R.1",)]
        assert connection.execute("SELECT 1 FROM pg_views WHERE schemaname = 'mart'").fetchall() == []


def test_a_night_leaves_postgresql_alone_when_not(home):
    result, _ = run(home, "", enabled=False)
    assert result.success


@pytest.mark.parametrize("address", ["", "postgresql://publisher:s3cret@127.0.0.1:1/wmip"])
def test_a_night_that_cannot_publish_ends_failed_and_says_that_the_files_stand(home, address):
    result, night = run(home, address)
    assert not result.success
    record = read_record(home, night.run_id)
    assert record.outcome == "failed"
    assert record.message.startswith("release R.1 is current as files, but PostgreSQL did not take it: ")
    assert "s3cret" not in record.message


def test_the_command_publishes_says_so_and_rolls_back(database, home, make_release):
    first = wmip("publish", "--to", database, "--home", home)
    assert first.returncode == 0, first.stderr
    assert "mart: 6 tables, 220 rows, counts and checksums equal" in first.stdout
    assert "serves release R.1" in first.stdout
    make_release(2)
    second = wmip("publish", "--release", "R.2", "--home", home, WMIP_POSTGRES_URL=database)
    assert second.returncode == 0, second.stderr
    assert served(database) == [("R.2",)]
    back = wmip("publish", "--rollback", "--home", home, WMIP_POSTGRES_URL=database)
    assert back.returncode == 0, back.stderr
    assert served(database) == [("R.1",)]


def test_the_command_tells_a_wrong_address_without_its_password(home):
    result = wmip("publish", "--to", "postgresql://u:s3cret@127.0.0.1:1/x", "--home", home)
    assert result.returncode == 1
    assert "no connection to PostgreSQL at 127.0.0.1:1/x" in result.stderr
    assert "s3cret" not in result.stdout + result.stderr
    assert wmip("publish", "--home", home).returncode == 2
