"""`publish` and `rollback`: what readers see changes in one row, and only when everything else is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from orchestration import release
from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql import versions
from orchestration.postgresql.address import connect, describe
from orchestration.postgresql.attempts import Attempts
from orchestration.postgresql.keys import Keys
from orchestration.postgresql.load import load_schema
from orchestration.postgresql.mart_file import open_mart
from orchestration.postgresql.roles import READERS, check_separation, ensure_roles
from orchestration.postgresql.versions import Version
from orchestration.postgresql.views import lay_views

Progress = Callable[[str], None]
PATIENCE_SECONDS = 300.0
_FILES = {"mart": "mart.duckdb", "mart_public": "mart_public.duckdb"}


@dataclass(frozen=True)
class Publication:
    """What PostgreSQL serves now. `rows` by mart and table is empty when nothing had to be loaded."""

    release_id: str
    server: str
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def silent(_message: str) -> None:
    """The listener of publications nobody watches."""


def publish(
    home: Path,
    release_id: str,
    address: str,
    keys: Keys,
    *,
    patience: float = PATIENCE_SECONDS,
    progress: Progress = silent,
) -> Publication:
    """Load a release, prove that it arrived whole, and let readers see it.

    Raises UserError for a release that is not what was published, PublicationFailed when PostgreSQL does not take it.
    """
    problems = release.verify(home, release_id)
    if problems:
        raise UserError(f"release {release_id} is damaged ({'; '.join(problems)}); nothing was published")
    folder = home / "releases" / release_id
    version = Version(release_id, hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest())
    with _publishing(address) as connection:
        serving = versions.serving(connection)
        if serving == version:
            return Publication(release_id, describe(address))
        rows = {}
        if version not in versions.present(connection):
            with connection.transaction():
                for mart in READERS:
                    rows[mart] = _load(connection, folder / _FILES[mart], version.schema(mart), keys, progress)
                versions.record(connection, version, versions.LOADED)
        attempts = Attempts(connection, patience, progress)
        over = [version, *([serving] if serving else []), *_without(versions.earlier(connection), version)[:1]]
        progress("laying the views")
        lay_views(connection, over, attempts)
        warnings = _drop_others(connection, over)
        check_separation(connection, {mart: [mart, *(each.schema(mart) for each in over)] for mart in READERS})
        _show(connection, version, attempts)
        return Publication(release_id, describe(address), rows, warnings)


def rollback(address: str, *, patience: float = PATIENCE_SECONDS, progress: Progress = silent) -> Publication:
    """Let readers see the version before the one that serves; doing it again returns to that one."""
    with _publishing(address) as connection:
        earlier = versions.earlier(connection)
        if not earlier:
            raise UserError(f"{describe(address)} keeps no earlier release to go back to")
        _show(connection, earlier[0], Attempts(connection, patience, progress))
        return Publication(earlier[0].release_id, describe(address))


@contextmanager
def _publishing(address: str) -> Iterator[psycopg.Connection]:
    """The connection of the only publisher; what PostgreSQL refuses is told without its data."""
    with connect(address) as connection:
        try:
            _prepare(connection)
            yield connection
        except psycopg.Error as error:
            message = error.diag.message_primary or " ".join(str(error).split())
            raise PublicationFailed(
                f"PostgreSQL at {describe(address)}: {message}; what served before still serves"
            ) from None


def _prepare(connection: psycopg.Connection) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UserError(f"the database is encoded as {encoding}; create one WITH ENCODING 'UTF8'")
    for setting in ("TimeZone = 'UTC'", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0"):
        connection.execute(f"SET {setting}")
    versions.only_publisher(connection)
    ensure_roles(connection)
    versions.ensure_schemas(connection)


def _load(connection: psycopg.Connection, file: Path, schema: str, keys: Keys, progress: Progress) -> dict[str, int]:
    if not file.exists():
        # No public mart in this release: while it serves, the views of mart_public show nothing.
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        return {}
    with open_mart(file) as mart:
        return load_schema(connection, schema, mart, keys, progress)


def _without(found: list[Version], version: Version) -> list[Version]:
    return [each for each in found if each != version]


def _show(connection: psycopg.Connection, version: Version, attempts: Attempts) -> None:
    """Switch readers over, between their transactions.

    Every view reads `serving`, so whoever has read anything holds a lock on it until its transaction ends, and gets
    it again without waiting; only who begins to read waits here.
    """

    def switch() -> None:
        connection.execute("LOCK TABLE wmip_publication.serving IN ACCESS EXCLUSIVE MODE")
        versions.record(connection, version, versions.KEPT)
        connection.execute(
            "INSERT INTO wmip_publication.serving (version) VALUES (%s) "
            "ON CONFLICT (only_row) DO UPDATE SET version = EXCLUDED.version",
            [version.key],
        )

    attempts.make(switch, "the switch")


def _drop_others(connection: psycopg.Connection, over: list[Version]) -> tuple[str, ...]:
    """Drop the versions no view is laid over any more. Returns warnings."""
    warnings = []
    for old in versions.present(connection):
        if old in over:
            continue
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '1s'")
                _drop(connection, old)
        except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.LockNotAvailable):
            warnings.append(f"release {old.release_id} was not dropped: something still reads its tables")
    return tuple(warnings)


def _drop(connection: psycopg.Connection, version: Version) -> None:
    for mart in READERS:
        schema = version.schema(mart)
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
        if tables:
            names = sql.SQL(", ").join(sql.Identifier(schema, table) for (table,) in tables)
            # Without CASCADE: what others built on it is not ours to drop.
            connection.execute(sql.SQL("DROP TABLE {}").format(names))
        connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
    versions.record(connection, version, versions.DROPPED)
