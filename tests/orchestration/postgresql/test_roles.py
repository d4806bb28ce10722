from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from orchestration.errors import PublicationFailed
from orchestration.postgresql.serving import publish
from tests.orchestration.postgresql.conftest import KEYS

# Missing rights, or a view over several releases, which nobody can write to.
REFUSALS = {"InsufficientPrivilege", "ObjectNotInPrerequisiteState"}

pytestmark = pytest.mark.xdist_group("postgresql")


def attempt(address: str, role: str, statement: str) -> str:
    """`done`, or the name of PostgreSQL's refusal, when a role runs a statement."""
    with psycopg.connect(address) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            return type(error).__name__
        finally:
            connection.rollback()
    return "done"


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [("evaluator", "mart", ()), ("evaluator", "mart_public", ()), ("bi_reader", "mart_public", ("mart",))],
)
def test_a_role_reads_its_own_marts_and_nothing_else(database, make_release, role, own, others):
    for number in (1, 2):
        publish(make_release(number), f"R.{number}", database, KEYS)
    assert attempt(database, role, f"SELECT * FROM {own}.indicator_fact JOIN {own}.release_info ON true") == "done"
    with psycopg.connect(database) as connection:
        versioned = [
            name
            for (name,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^mart_(public_)?r'")
        ]
    assert len(versioned) == 4
    for schema in (*others, *versioned):
        assert attempt(database, role, f"SELECT * FROM {schema}.release_info") == "InsufficientPrivilege", schema
    for statement in (
        "SELECT * FROM wmip_publication.version",
        f"UPDATE {own}.release_info SET number = 3",
        f"INSERT INTO {own}.waiver VALUES ('x', true)",
        f"DELETE FROM {own}.waiver",
        f"DROP VIEW {own}.waiver",
        f"CREATE TABLE {own}.mine (n integer)",
        f"CREATE VIEW {own}.mine AS SELECT 1 AS n",
        "CREATE SCHEMA mine",
    ):
        assert attempt(database, role, statement) in REFUSALS, statement


def test_nothing_is_shown_while_a_role_could_see_the_others_mart(database, make_release):
    publish(make_release(1), "R.1", database, KEYS)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("GRANT USAGE ON SCHEMA mart TO bi_reader")
        with pytest.raises(PublicationFailed, match="role bi_reader could read schema mart"):
            publish(make_release(2), "R.2", database, KEYS)
        assert connection.execute("SELECT release_id FROM mart.release_info").fetchall() == [("R.1",)]
        connection.execute("REVOKE USAGE ON SCHEMA mart FROM bi_reader")
        connection.execute("GRANT INSERT ON mart.waiver TO evaluator")
        with pytest.raises(PublicationFailed, match="role evaluator could write to schema mart"):
            publish(make_release(3), "R.3", database, KEYS)


def test_without_the_right_to_create_roles_it_says_what_to_run(server, database, make_release):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER ROLE evaluator RENAME TO evaluator_away")
        connection.execute("CREATE ROLE publisher LOGIN")
        try:
            with pytest.raises(PublicationFailed, match="CREATE ROLE evaluator NOLOGIN"):
                publish(make_release(1), "R.1", database.replace("postgres:@", "publisher:@"), KEYS)
        finally:
            connection.execute("ALTER ROLE evaluator_away RENAME TO evaluator")
            connection.execute("DROP ROLE publisher")


def test_a_publisher_needs_no_more_than_to_create_schemas_in_its_database(server, database, make_release):
    publish(make_release(1), "R.1", server, KEYS)  # makes the roles
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE ROLE publisher LOGIN")
        name = connection.info.dbname
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO publisher").format(sql.Identifier(name)))
        try:
            made = publish(make_release(2), "R.2", database.replace("postgres:@", "publisher:@"), KEYS)
            assert made.release_id == "R.2"
            assert attempt(database, "evaluator", "SELECT * FROM mart.release_info") == "done"
        finally:
            connection.execute("DROP OWNED BY publisher CASCADE")
            connection.execute("DROP ROLE publisher")
