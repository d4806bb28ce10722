"""Is PostgreSQL ready to take a release: address set, answering, right encoding, rights enough, what it serves."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from ingestion.readiness import Probe
from orchestration.errors import NightFailed, UserError
from orchestration.postgresql import versions
from orchestration.postgresql.address import VARIABLE, choose_address, connect, describe
from orchestration.postgresql.roles import ROLES


def probe_postgresql(environment: Mapping[str, str]) -> list[Probe]:
    """Look at the server that the night publishes to; changes nothing there."""
    if not environment.get(VARIABLE):
        return [Probe("address", False, f"set the environment variable {VARIABLE}")]
    try:
        address = choose_address(None, environment)
        with connect(address) as connection:
            return [Probe("connection", True, f"{describe(address)}, {_server(connection)}"), *_rights(connection)]
    except (UserError, NightFailed) as error:
        return [Probe("connection", False, str(error))]


def _server(connection: psycopg.Connection) -> str:
    return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def _rights(connection: psycopg.Connection) -> list[Probe]:
    encoding = connection.info.parameter_status("server_encoding")
    row = connection.execute(
        "SELECT has_database_privilege(current_database(), 'CREATE'), "
        "(SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user), "
        "ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)), current_user::text, "
        "(SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'wmip_publication'), "
        "(SELECT pg_has_role(nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'wmip_publication')",
        [list(ROLES)],
    ).fetchone()
    assert row is not None
    may_create, may_create_roles, roles, user, owner, may_go_on = row
    missing = sorted(set(ROLES) - set(roles))
    serving = versions.serving(connection) if may_go_on else None
    return [
        Probe("encoding", encoding == "UTF8", f"{encoding}" if encoding == "UTF8" else f"{encoding}; UTF8 is needed"),
        Probe(
            "rights",
            bool(may_create),
            "may create schemas" if may_create else "the administrator runs: GRANT CREATE ON DATABASE … TO this user",
        ),
        Probe(
            "roles",
            bool(may_create_roles) or not missing,
            f"{' and '.join(ROLES)} {'are there' if not missing else 'will be created'}"
            if may_create_roles or not missing
            else "the administrator runs: " + "; ".join(f"CREATE ROLE {role} NOLOGIN" for role in missing),
        ),
        Probe(
            "release",
            owner is None or bool(may_go_on),
            f"what is published belongs to {owner}; an administrator runs: wmip publish --owner {user}"
            if owner and not may_go_on
            else f"serves {serving.release_id}"
            if serving
            else "nothing published yet",
        ),
    ]
