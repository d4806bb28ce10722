"""Who may read what: `evaluator` both marts, `bi_reader` the public one alone; neither may write."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import psycopg
from psycopg import sql

from orchestration.errors import PublicationFailed

# Schema readers name, and the roles that may read it. People are given these roles, never rights of their own.
READERS = {"mart": ("evaluator",), "mart_public": ("evaluator", "bi_reader")}
ROLES = ("evaluator", "bi_reader")


def ensure_roles(connection: psycopg.Connection) -> None:
    """Create the roles that are missing. Raises PublicationFailed saying what an administrator has to run."""
    for role in ROLES:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            continue
        try:
            with connection.transaction():
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            # Roles belong to the server: a publisher of another database made it just now.
            continue
        except psycopg.errors.InsufficientPrivilege:
            raise PublicationFailed(
                f"the role {role} does not exist and this user may not create it; "
                f"ask the administrator to run: CREATE ROLE {role} NOLOGIN"
            ) from None


def let_in(connection: psycopg.Connection, mart: str) -> None:
    """Open the schema of a mart to its readers."""
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(mart), _readers(mart)))


def let_read(connection: psycopg.Connection, mart: str, view: str) -> None:
    """Let the readers of a mart select from one of its views."""
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(mart, view), _readers(mart)))


def _readers(mart: str) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, READERS[mart]))


def check_separation(connection: psycopg.Connection, schemas: Mapping[str, Collection[str]]) -> None:
    """Raise PublicationFailed when a role could read what it must not, or write, by whatever way it got the right.

    `schemas`: for each mart, the schemas that hold it; only that of the mart's own name is open to its readers.
    """
    for role in ROLES:
        for mart, readers in READERS.items():
            for schema in schemas[mart]:
                is_open = schema == mart and role in readers
                row = connection.execute(
                    "SELECT has_schema_privilege(%(role)s, %(schema)s, 'USAGE'), "
                    "has_schema_privilege(%(role)s, %(schema)s, 'CREATE'), "
                    "EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = CAST(%(schema)s AS regnamespace) "
                    "AND relkind IN ('r', 'v') "
                    "AND has_table_privilege(%(role)s, oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))",
                    {"role": role, "schema": schema},
                ).fetchone()
                assert row is not None
                may_enter, may_create, may_write = row
                if may_create or may_write or may_enter != is_open:
                    wrong = "write to" if may_create or may_write else "not read" if is_open else "read"
                    raise PublicationFailed(
                        f"the role {role} could {wrong} schema {schema}: somebody changed its rights, or it is a "
                        "superuser or a member of another role. Put that right; what served before still serves"
                    )
