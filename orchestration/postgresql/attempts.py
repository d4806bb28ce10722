"""Locks that readers may be holding: asked for briefly, given up, asked for again.

Whoever wants to read waits behind a publisher that waits for a long reader, so no attempt lasts long.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import psycopg

from orchestration.errors import PublicationFailed
from orchestration.postgresql.roles import READERS

Progress = Callable[[str], None]
# Well below PostgreSQL's deadlock_timeout (1 s by default), after which it would look for a victim.
_ATTEMPT = "400ms"
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0


class Attempts:
    """Runs steps in transactions of their own, over and over until they get their lock or patience ends."""

    def __init__(self, connection: psycopg.Connection, patience: float, progress: Progress) -> None:
        self._connection = connection
        self._patience = patience
        self._progress = progress
        self._deadline = time.monotonic() + patience

    def make(self, step: Callable[[], None], what: str) -> None:
        """Run one step. Raises PublicationFailed naming the sessions in the way; the step is then undone."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                with self._connection.transaction():
                    self._connection.execute(f"SET LOCAL lock_timeout = '{_ATTEMPT}'")
                    step()
            except psycopg.errors.LockNotAvailable:
                readers = _long_readers(self._connection)
                if time.monotonic() > self._deadline:
                    raise PublicationFailed(
                        f"readers left no gap for {what} in {self._patience:.0f} s; what served before still serves. "
                        f"Reading the longest: {readers or 'many short transactions'}. "
                        f"End those sessions, or publish at a quieter time{self._blind_spot()}"
                    ) from None
                self._progress(f"{what}: waiting for readers {readers}".strip())
                # Not in step with readers that come at regular times.
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - nobody gains by guessing it
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
            else:
                return

    def _blind_spot(self) -> str:
        """What this user is not shown of other users' sessions, and how it would be; nothing when it is shown all."""
        row = self._connection.execute(
            "SELECT pg_has_role('pg_read_all_stats', 'USAGE'), current_user::text"
        ).fetchone()
        if row is None or row[0]:
            return ""
        return f". Since when others read is shown after: GRANT pg_read_all_stats TO {row[1]}"


def _long_readers(connection: psycopg.Connection) -> str:
    """Sessions that have been reading for over a second: who and since when, never their queries.

    PostgreSQL shows a plain user who reads, but not since when; it is then named all the same.
    """
    rows = connection.execute(
        """
        SELECT DISTINCT activity.pid, activity.usename, activity.application_name, activity.state,
            round(extract(epoch FROM clock_timestamp() - activity.xact_start)) AS seconds
        FROM pg_locks AS locks
        INNER JOIN pg_class AS tables ON locks.relation = tables.oid
        INNER JOIN pg_namespace AS schemas ON tables.relnamespace = schemas.oid
        INNER JOIN pg_stat_activity AS activity ON locks.pid = activity.pid
        WHERE locks.granted AND schemas.nspname = ANY(%s) AND activity.pid <> pg_backend_pid()
            AND (activity.xact_start IS NULL OR activity.xact_start < clock_timestamp() - interval '1 second')
        ORDER BY seconds DESC NULLS LAST LIMIT 5
        """,
        [list(READERS)],
    ).fetchall()
    return "; ".join(
        f"process {pid} ({', '.join(filter(None, (user, application, state, seconds and f'{seconds} s')))})"
        for pid, user, application, state, seconds in rows
    )
