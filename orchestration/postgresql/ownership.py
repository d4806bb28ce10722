"""Who owns what is published: one role, whoever connects, so that no publication shuts the next publisher out."""

from __future__ import annotations

from functools import partial

import psycopg
from psycopg import sql

from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql.attempts import Attempts

_OURS = "(nspname IN ('wmip_publication', 'mart', 'mart_public') OR nspname ~ '^mart(_public)?_.*_[0-9a-f]{8}$')"


def work_as_owner(connection: psycopg.Connection, chosen: str | None, attempts: Attempts) -> tuple[str, ...]:
    """Go on as the role that owns what is published here, or as `chosen`, after handing everything over to it.

    Returns warnings. Raises UserError when `chosen` cannot own it, PublicationFailed when this user may not act for
    the owner.
    """
    row = connection.execute(
        "SELECT current_user::text, (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace "
        "WHERE nspname = 'wmip_publication')"
    ).fetchone()
    assert row is not None
    user, owner = row
    wanted = chosen or owner or user
    if chosen:
        _check(connection, chosen)
    if owner not in (None, wanted):
        attempts.make(partial(_hand_over, connection, wanted), f"handing over to {wanted}")
    if wanted != user:
        _become(connection, user, wanted)
    found = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [wanted]).fetchone()
    if found is not None and found[0]:
        warning = (
            f"what is published here belongs to {wanted}, a superuser, and no plain publisher can go on with it; "
            "hand it over once with `wmip publish --owner ROLE`"
        )
        return (warning,)
    return ()


def _check(connection: psycopg.Connection, role: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        raise UserError(
            f"there is no role {role} on this server; CREATE ROLE {role} LOGIN, or give --owner another one"
        )
    row = connection.execute(
        "SELECT has_database_privilege(%s, current_database(), 'CREATE'), current_database()::text", [role]
    ).fetchone()
    assert row is not None
    if not row[0]:
        raise UserError(
            f"the role {role} may not create schemas here; the administrator runs: "
            f"GRANT CREATE ON DATABASE {row[1]} TO {role}"
        )


def _become(connection: psycopg.Connection, user: str, owner: str) -> None:
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
    except psycopg.errors.InsufficientPrivilege:
        raise PublicationFailed(
            f"what is published here belongs to the role {owner}, which {user} may not act for. Publish as {owner}, "
            f"or have an administrator hand it over once: `wmip publish --owner {user}`"
        ) from None


def _hand_over(connection: psycopg.Connection, role: str) -> None:
    """Give schemas, tables and views to another role; readers' rights stay as they are."""
    new = sql.Identifier(role)
    schemas = connection.execute(f"SELECT nspname FROM pg_namespace WHERE {_OURS}").fetchall()
    relations = connection.execute(
        "SELECT nspname, relname, relkind::text FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid "
        f"WHERE relkind IN ('r', 'v') AND {_OURS}"
    ).fetchall()
    try:
        for schema, name, kind in relations:
            what = sql.SQL("VIEW" if kind == "v" else "TABLE")
            connection.execute(sql.SQL("ALTER {} {} OWNER TO {}").format(what, sql.Identifier(schema, name), new))
        for (schema,) in schemas:
            connection.execute(sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(sql.Identifier(schema), new))
    except psycopg.errors.InsufficientPrivilege:
        raise PublicationFailed(
            f"this user may not hand over to {role} what is published here; an administrator has to: "
            f"`wmip publish --owner {role}`"
        ) from None
