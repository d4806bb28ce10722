"""Where PostgreSQL is: which address to use, how to say which server without its password, how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict

from orchestration.errors import PublicationFailed, UserError

VARIABLE = "WMIP_POSTGRES_URL"
APPLICATION = "wmip publish"
_EXAMPLE = "postgresql://publisher@db.example.org:5432/wmip"
_PORTS = re.compile(r"[0-9,]*")


def choose_address(given: str | None, environment: Mapping[str, str]) -> str:
    """The address on the command line, else that of the environment. Raises UserError when there is none."""
    address = given or environment.get(VARIABLE, "")
    if not address:
        raise UserError(f"which PostgreSQL? Give --to {_EXAMPLE}, or set the environment variable {VARIABLE}")
    return address


def describe(address: str) -> str:
    """Server and database of an address, without user and password. Raises UserError when it is not one."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        parts = None
    # What follows the first @, / or : of a password written as it is stands as server, port or database. None of it
    # is repeated, and neither is the library's message, which can hold the whole address.
    if parts is None or _misread(parts):
        raise UserError(
            f"the PostgreSQL address is not one; expected something like {_EXAMPLE} "
            "(in a password, write @ as %40, / as %2F and : as %3A)"
        ) from None
    host = str(parts.get("host") or parts.get("hostaddr") or "this machine")
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"{host}{port}/{parts.get('dbname') or parts.get('user') or ''}"


def _misread(parts: Mapping[str, object]) -> bool:
    others = [str(value) for name, value in parts.items() if name not in ("user", "password")]
    return any("@" in text for text in others) or _PORTS.fullmatch(str(parts.get("port") or "")) is None


def connect(address: str) -> psycopg.Connection:
    """Open a connection on which each statement is a transaction. Raises PublicationFailed when there is no way in."""
    where = describe(address)
    try:
        return psycopg.connect(
            address,
            autocommit=True,
            application_name=APPLICATION,
            connect_timeout=10,
            # Whatever PGCLIENTENCODING, the address or the role say: text goes as UTF-8.
            client_encoding="UTF8",
        )
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise PublicationFailed(f"no connection to PostgreSQL at {where}: {reason}") from None
