"""`publish` and `rollback`: what readers see changes in one row, and only when everything else is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from common.home import release_folder
from orchestration.errors import PublicationFailed, UserError
from orchestration.postgresql import versions
from orchestration.postgresql.address import connect, describe
from orchestration.postgresql.attempts import Attempts
from orchestration.postgresql.keys import Keys
from orchestration.postgresql.load import load_schema
from orchestration.postgresql.mart_file import open_mart
from orchestration.postgresql.ownership import work_as_owner
from orchestration.postgresql.roles import READERS, check_separation, ensure_roles
from orchestration.postgresql.versions import Version
from orchestration.postgresql.views import lay_views
from orchestration.release import integrity

Progress = Callable[[str], None]
PATIENCE_SECONDS = 300.0
_PUBLIC = "mart_public"
_FILES = {"mart": "mart.duckdb", _PUBLIC: "mart_public.duckdb"}
_TIMEOUTS = [
    *("statement_timeout", "lock_timeout", "transaction_timeout"),
    *("idle_in_transaction_session_timeout", "idle_session_timeout"),
]


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
    public_only: bool = False,
    owner: str | None = None,
    patience: float = PATIENCE_SECONDS,
    progress: Progress = silent,
) -> Publication:
    """Load a release, prove that it arrived whole, and let readers see it; then drop what the home rewrote or dropped.

    `public_only` leaves the evaluators' mart out. `owner` is the role everything is handed over to. Raises UserError
    for a release that is not what was published, PublicationFailed when PostgreSQL does not take it.
    """
    problems = integrity.verify(home, release_id)
    if problems:
        raise UserError(f"release {release_id} is damaged ({'; '.join(problems)}); nothing was published")
    folder = release_folder(home, release_id)
    version = Version.of(home, release_id)
    files = {mart: folder / name for mart, name in _FILES.items() if mart == _PUBLIC or not public_only}
    with _publishing(address, owner, patience, progress) as (connection, attempts, warnings):
        serving = versions.serving(connection)
        _check_kind(connection, serving, public_only)
        rows = {}
        if serving != version:
            if version not in versions.present(connection):
                with connection.transaction():
                    for mart in READERS:
                        rows[mart] = _load(connection, files.get(mart), version.schema(mart), keys, progress)
                    versions.record(connection, version, versions.LOADED)
            earlier = [each for each in versions.earlier(connection) if each != version and each.is_at(home)]
            over = [version, *([serving] if serving else []), *earlier[:1]]
            progress("laying the views")
            lay_views(connection, over, attempts)
            warnings += _drop_others(connection, over)
            check_separation(connection, {mart: [mart, *(each.schema(mart) for each in over)] for mart in READERS})
            _show(connection, version, attempts)
        _drop_rewritten(connection, home, version, attempts)
        return Publication(release_id, describe(address), rows, tuple(warnings))


def rollback(
    home: Path, address: str, *, patience: float = PATIENCE_SECONDS, progress: Progress = silent
) -> Publication:
    """Let readers see the version before the one that serves; doing it again returns to that one."""
    with _publishing(address, None, patience, progress) as (connection, attempts, warnings):
        earlier = [each for each in versions.earlier(connection) if each.is_at(home)]
        if not earlier:
            raise UserError(f"{describe(address)} keeps no earlier release of this home to go back to")
        _show(connection, earlier[0], attempts)
        return Publication(earlier[0].release_id, describe(address), warnings=tuple(warnings))


@contextmanager
def _publishing(
    address: str, owner: str | None, patience: float, progress: Progress
) -> Iterator[tuple[psycopg.Connection, Attempts, list[str]]]:
    """The connection of the only publisher, and warnings; what PostgreSQL refuses is told without its data."""
    with connect(address) as connection, connect(address) as guard:
        try:
            attempts = Attempts(connection, patience, progress)
            warnings = _prepare(connection, guard, owner, attempts)
            yield connection, attempts, warnings
        except psycopg.Error as error:
            message = error.diag.message_primary or " ".join(str(error).split())
            raise PublicationFailed(
                f"PostgreSQL at {describe(address)}: {message}; what served before still serves"
            ) from None
        finally:
            guard.close()


def _prepare(
    connection: psycopg.Connection, guard: psycopg.Connection, owner: str | None, attempts: Attempts
) -> list[str]:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UserError(f"the database is encoded as {encoding}; create one WITH ENCODING 'UTF8'")
    for session in (connection, guard):
        # What the user's role may have set otherwise: how values are written, whose functions are called, timeouts.
        for setting in ("TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "search_path = pg_catalog"):
            session.execute(f"SET {setting}")
        session.execute("SELECT set_config(name, '0', false) FROM pg_settings WHERE name = ANY(%s)", [_TIMEOUTS])
    ensure_roles(connection)
    warnings = work_as_owner(connection, owner, attempts)
    versions.ensure_schemas(connection)
    guard.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(_user(connection))))
    versions.only_publisher(guard)
    return list(warnings)


def _user(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT current_user::text").fetchone()
    assert row is not None
    return str(row[0])


def _check_kind(connection: psycopg.Connection, serving: Version | None, public_only: bool) -> None:
    """A database shows both marts or the public one alone: who reads its catalogue sees what tables there are."""
    if serving is None:
        return
    tables = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s", [serving.schema("mart")]).fetchone()
    if public_only and tables:
        raise UserError("this database holds the evaluators' mart; publish the public mart alone to another database")
    if not public_only and not tables:
        raise UserError("this database holds the public mart alone; publish with --public-only, or to another database")


def _load(
    connection: psycopg.Connection, file: Path | None, schema: str, keys: Keys, progress: Progress
) -> dict[str, int]:
    if file is None or not file.exists():
        # No such mart in this release, or not here: while it serves, the views of that mart show nothing.
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        return {}
    with open_mart(file) as mart:
        return load_schema(connection, schema, mart, keys, progress)


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


def _drop_rewritten(connection: psycopg.Connection, home: Path, version: Version, attempts: Attempts) -> None:
    """Drop at once every version that the home no longer has as it is here: it may hold persons who were erased.

    Raises PublicationFailed naming a release that could not be dropped.
    """
    present = versions.present(connection)
    gone = [each for each in present if each != version and not each.is_at(home)]
    if not gone:
        return
    try:
        kept = [each for each in present if each not in gone and each != version]
        lay_views(connection, [version, *kept], attempts)
        for each in gone:
            attempts.make(partial(_drop, connection, each), f"dropping release {each.release_id}")
    except (PublicationFailed, psycopg.errors.DependentObjectsStillExist) as failure:
        reason = failure if isinstance(failure, PublicationFailed) else "something that others built reads its tables"
        raise PublicationFailed(
            f"release {version.release_id} serves, but PostgreSQL still holds what this home rewrote or dropped, and "
            f"with it persons who were erased, in release {', '.join(each.release_id for each in gone)}: {reason}. "
            "Put that right, then `wmip publish` again"
        ) from None


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
