"""Who may read what: `evaluator` the mart, `bi_reader` the public mart; neither may write nor see the other's."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import psycopg
from psycopg import sql

from orchestration.errors import PublicationFailed

# Schema readers name, and the role that may read it. People are given these roles, never rights of their own.
READERS = {"mart": "evaluator", "mart_public": "bi_reader"}


def ensure_roles(connection: psycopg.Connection) -> None:
    """Create the roles that are missing. Raises PublicationFailed saying what an administrator has to run."""
    for role in READERS.values():
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


def let_in(connection: psycopg.Connection, schema: str, role: str) -> None:
    """Open a schema to a role."""
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role)))


def let_read(connection: psycopg.Connection, schema: str, view: str, role: str) -> None:
    """Let a role select from a view of a schema it may enter."""
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, view), sql.Identifier(role)))


def check_separation(connection: psycopg.Connection, schemas: Mapping[str, Collection[str]]) -> None:
    """Raise PublicationFailed when a role could read what it must not, or write, by whatever way it got the right.

    `schemas`: for each mart, the schemas that hold it; only that of the mart's own name is open to its role.
    """
    for mart, role in READERS.items():
        for other in READERS:
            for schema in schemas[other]:
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
                if may_create or may_write or may_enter != (schema == mart):
                    wrong = "write to" if may_create or may_write else "not read" if schema == mart else "read"
                    raise PublicationFailed(
                        f"the role {role} could {wrong} schema {schema}: somebody changed its rights, or it is a "
                        "superuser or a member of another role. Put that right; what served before still serves"
                    )
