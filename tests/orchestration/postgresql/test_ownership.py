"""Whoever publishes, one role owns it all, and the next publisher can go on."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql.readiness import probe_postgresql
from orchestration.postgresql.serving import publish
from tests.orchestration.postgresql.conftest import KEYS
from tests.orchestration.postgresql.test_serving import rows, served

pytestmark = pytest.mark.xdist_group("postgresql")
OWNERS = """
    SELECT DISTINCT owner FROM (
        SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname ~ '^(mart|wmip_publication)'
        UNION ALL
        SELECT pg_get_userbyid(relowner) FROM pg_class
        WHERE relnamespace::regnamespace::text ~ '^(mart|wmip_publication)'
    ) AS found
"""


@pytest.fixture
def publisher(server, database, make_release) -> Iterator[str]:
    """Address of the same database as a plain publisher."""
    with psycopg.connect(database, autocommit=True) as connection:
        for role in ("evaluator", "bi_reader"):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        connection.execute("CREATE ROLE plain LOGIN")
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO plain").format(name))
        yield database.replace("postgres:@", "plain:@")
        connection.execute("DROP OWNED BY plain CASCADE")
        connection.execute("DROP ROLE plain")


def test_a_superusers_publication_leaves_the_plain_publishers_its_own(database, publisher, make_release):
    publish(make_release(1), "R.1", publisher, KEYS)
    assert publish(make_release(2), "R.2", database, KEYS).warnings == ()
    assert rows(database, OWNERS) == [("plain",)]
    publish(make_release(3), "R.3", publisher, KEYS)
    assert served(database) == ["R.3"]


def test_a_first_publication_as_superuser_says_so_and_is_handed_over(database, publisher, make_release):
    home = make_release(1)
    (warning,) = publish(home, "R.1", database, KEYS).warnings
    assert "belongs to postgres, a superuser" in warning
    assert "--owner" in warning
    probes = {probe.name: probe for probe in probe_postgresql({"WMIP_POSTGRES_URL": publisher})}
    assert not probes["release"].passed
    assert "wmip publish --owner plain" in probes["release"].message
    make_release(2)
    with pytest.raises(PublicationFailed, match=r"belongs to the role postgres.*`wmip publish --owner plain`"):
        publish(home, "R.2", publisher, KEYS)
    assert publish(home, "R.1", database, KEYS, owner="plain").warnings == ()
    assert rows(database, OWNERS) == [("plain",)]
    publish(home, "R.2", publisher, KEYS)
    assert served(database) == served(database, "mart_public") == ["R.2"]


@pytest.mark.parametrize(("role", "said"), [("nobody", "no role nobody"), ("bi_reader", "GRANT CREATE ON DATABASE")])
def test_an_owner_that_cannot_be_is_refused(database, publisher, make_release, role, said):
    with pytest.raises(UserError, match=said):
        publish(make_release(1), "R.1", database, KEYS, owner=role)


def test_who_holds_a_publication_up_is_named_for_a_plain_publisher_too(database, publisher, make_release):
    home = make_release(1)
    publish(home, "R.1", publisher, KEYS)
    make_release(2)
    with psycopg.connect(database, application_name="a notebook") as staying:
        staying.execute("SELECT * FROM mart.release_info")
        with pytest.raises(PublicationFailed, match=r"\(postgres, a notebook\)\..*GRANT pg_read_all_stats TO plain"):
            publish(home, "R.2", publisher, KEYS, patience=0)
