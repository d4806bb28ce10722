"""Which releases this database holds, and the one row that says which of them readers see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from common.home import release_folder
from orchestration.errors import UserError
from orchestration.postgresql.roles import READERS, let_in
from orchestration.release.integrity import MANIFEST, checksum

LOADED, KEPT, DROPPED = "loaded", "kept", "dropped"


@dataclass(frozen=True)
class Version:
    """A release as it stands in the database. The same release made of other content is another version."""

    release_id: str
    manifest_sha256: str

    @classmethod
    def of(cls, home: Path, release_id: str) -> Version:
        """The version a release of a home is now."""
        return cls(release_id, checksum(release_folder(home, release_id) / MANIFEST))

    def is_at(self, home: Path) -> bool:
        """Whether the home has the release, and has not rewritten it since."""
        return (release_folder(home, self.release_id) / MANIFEST).exists() and self == Version.of(home, self.release_id)

    @property
    def key(self) -> str:
        """What `wmip_publication.serving` and the names of its schemas say."""
        return f"{re.sub(r'[^a-z0-9]+', '_', self.release_id.lower())}_{self.manifest_sha256[:8]}"

    def schema(self, mart: str) -> str:
        """Name of the schema that holds its tables of `mart` or `mart_public`."""
        return f"{mart}_{self.key}"


def only_publisher(guard: psycopg.Connection) -> None:
    """Be the only publisher of this database while this connection lasts. Raises UserError naming another one.

    The lock is on a table that readers are not let near: an advisory lock is anybody's to take.
    """
    guard.execute("BEGIN")
    try:
        guard.execute("LOCK TABLE wmip_publication.publisher IN EXCLUSIVE MODE NOWAIT")
    except psycopg.errors.LockNotAvailable:
        guard.execute("ROLLBACK")
        found = guard.execute(
            "SELECT locks.pid, activity.usename FROM pg_locks AS locks "
            "JOIN pg_stat_activity AS activity ON locks.pid = activity.pid "
            "WHERE locks.relation = 'wmip_publication.publisher'::regclass AND locks.granted"
        ).fetchall()
        who = "; ".join(f"process {pid}, user {user}" for pid, user in found)
        raise UserError(
            f"another `wmip publish` is working on this database ({who or 'it has just ended'}); "
            "wait for it to end, then start again"
        ) from None


def ensure_schemas(connection: psycopg.Connection) -> None:
    """The schemas readers name, empty at first, and ours beside them, that readers are not let into.

    Raises UserError when a schema `mart` or `mart_public` is there already and not ours.
    """
    known = connection.execute("SELECT to_regclass('wmip_publication.serving')").fetchone()
    if known is not None and known[0] is not None:
        _ensure_lock(connection)
        # An earlier version of this program let fewer in.
        for mart in READERS:
            let_in(connection, mart)
        return
    taken = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(READERS)]).fetchall()
    if taken:
        raise UserError(
            f"this database has a schema {taken[0][0]} that `wmip publish` did not make; "
            "rename or drop it, or publish to another database"
        )
    with connection.transaction():
        connection.execute("CREATE SCHEMA wmip_publication")
        connection.execute("""
            CREATE TABLE wmip_publication.version (
                version text PRIMARY KEY,
                release_id text NOT NULL,
                manifest_sha256 text NOT NULL,
                state text NOT NULL CHECK (state IN ('loaded', 'kept', 'dropped')),
                published_at timestamptz
            )
        """)
        connection.execute("""
            CREATE TABLE wmip_publication.serving (
                version text NOT NULL REFERENCES wmip_publication.version,
                only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
            )
        """)
        connection.execute(
            "COMMENT ON TABLE wmip_publication.version IS 'Releases published here. Grain: release and content.'"
        )
        connection.execute(
            "COMMENT ON TABLE wmip_publication.serving IS 'The version that mart and mart_public show. Grain: one row.'"
        )
        for mart in READERS:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(mart)))
            let_in(connection, mart)
        _ensure_lock(connection)


def _ensure_lock(connection: psycopg.Connection) -> None:
    """What `only_publisher` locks. A database that an earlier version of this program prepared has not got it."""
    known = connection.execute("SELECT to_regclass('wmip_publication.publisher')").fetchone()
    if known is not None and known[0] is not None:
        return
    connection.execute("CREATE TABLE wmip_publication.publisher ()")
    connection.execute("COMMENT ON TABLE wmip_publication.publisher IS 'Locked by whoever publishes. Has no rows.'")


def serving(connection: psycopg.Connection) -> Version | None:
    """The version readers see."""
    row = connection.execute(
        "SELECT release_id, manifest_sha256 FROM wmip_publication.version JOIN wmip_publication.serving USING (version)"
    ).fetchone()
    return Version(*row) if row else None


def present(connection: psycopg.Connection) -> list[Version]:
    """Versions whose tables are there: first those that served, the latest first, then those that never did."""
    rows = connection.execute(
        "SELECT release_id, manifest_sha256 FROM wmip_publication.version WHERE state <> 'dropped' "
        "ORDER BY published_at DESC NULLS LAST"
    ).fetchall()
    return [Version(*row) for row in rows]


def earlier(connection: psycopg.Connection) -> list[Version]:
    """Versions that served before the one that serves now, the latest first."""
    rows = connection.execute(
        "SELECT release_id, manifest_sha256 FROM wmip_publication.version WHERE state = 'kept' "
        "AND version NOT IN (SELECT version FROM wmip_publication.serving) ORDER BY published_at DESC"
    ).fetchall()
    return [Version(*row) for row in rows]


def record(connection: psycopg.Connection, version: Version, state: str) -> None:
    """Write down what became of a version: loaded, dropped, or `kept` when readers begin to see it."""
    connection.execute(
        "INSERT INTO wmip_publication.version (version, release_id, manifest_sha256, state, published_at) "
        "VALUES (%(key)s, %(release)s, %(manifest)s, %(state)s, "
        "CASE WHEN %(state)s = 'kept' THEN clock_timestamp() END) "
        "ON CONFLICT (version) DO UPDATE SET state = EXCLUDED.state, "
        "published_at = coalesce(EXCLUDED.published_at, version.published_at)",
        {
            "key": version.key,
            "release": version.release_id,
            "manifest": version.manifest_sha256,
            "state": state,
        },
    )
