"""The views readers name: each shows, of the versions it is laid over, the one that `serving` names.

A view is laid over the version that serves, the new one and the one before, so that a reader of an older snapshot
still finds what `serving` names there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from orchestration.postgresql.attempts import Attempts
from orchestration.postgresql.roles import READERS, let_read
from orchestration.postgresql.versions import Version


@dataclass(frozen=True)
class _Relation:
    """A table of a version, or a view: its columns with their types and comments, in order."""

    comment: str | None
    columns: dict[str, str]
    comments: dict[str, str]


def lay_views(connection: psycopg.Connection, over: Sequence[Version], attempts: Attempts) -> None:
    """Define every view over these versions, the newest first. Each in a transaction of its own: a publisher that
    holds one lock and waits for none can never stand in a reader's way and wait for it at once.
    """
    for mart in READERS:
        tables = {version: _relations(connection, version.schema(mart), "r") for version in over}
        views = _relations(connection, mart, "v")
        for name in sorted({name for found in tables.values() for name in found} | set(views)):
            held = {version: found[name] for version, found in tables.items() if name in found}

            def define(
                mart: str = mart,
                name: str = name,
                held: dict[Version, _Relation] = held,
                views: dict[str, _Relation] = views,
            ) -> None:
                _define(connection, mart, name, held, views.get(name))

            attempts.make(define, f"view {mart}.{name}")


def _relations(connection: psycopg.Connection, schema: str, kind: str) -> dict[str, _Relation]:
    rows = connection.execute(
        """
        SELECT tables.relname, obj_description(tables.oid, 'pg_class'), columns.attname,
            format_type(columns.atttypid, columns.atttypmod), col_description(tables.oid, columns.attnum)
        FROM pg_class AS tables
        INNER JOIN pg_namespace AS schemas ON tables.relnamespace = schemas.oid
        INNER JOIN pg_attribute AS columns ON tables.oid = columns.attrelid
        WHERE schemas.nspname = %s AND tables.relkind = %s AND columns.attnum > 0 AND NOT columns.attisdropped
        ORDER BY tables.relname, columns.attnum
        """,
        [schema, kind],
    ).fetchall()
    found: dict[str, _Relation] = {}
    for table, comment, column, column_type, column_comment in rows:
        relation = found.setdefault(table, _Relation(comment, {}, {}))
        relation.columns[column] = column_type
        if column_comment:
            relation.comments[column] = column_comment
    return found


def _define(
    connection: psycopg.Connection, mart: str, name: str, held: dict[Version, _Relation], view: _Relation | None
) -> None:
    """Define one view. Columns keep their places and new ones come last, so that what others built on it stands."""
    identifier = sql.Identifier(mart, name)
    if not held:
        connection.execute(sql.SQL("DROP VIEW {}").format(identifier))
        return
    newest = next(iter(held.values()))
    columns = dict(newest.columns)
    if view is not None and view.columns.items() <= columns.items():
        columns = {**view.columns, **columns}
    elif view is not None:
        connection.execute(sql.SQL("DROP VIEW {}").format(identifier))
    branches = [_branch(version, mart, name, relation, columns) for version, relation in held.items()]
    connection.execute(
        sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(identifier, sql.SQL(" UNION ALL ").join(branches))
    )
    connection.execute(sql.SQL("COMMENT ON VIEW {} IS {}").format(identifier, sql.Literal(newest.comment)))
    for column, comment in newest.comments.items():
        connection.execute(
            sql.SQL("COMMENT ON COLUMN {} IS {}").format(sql.Identifier(mart, name, column), sql.Literal(comment))
        )
    let_read(connection, mart, name)


def _branch(version: Version, mart: str, name: str, relation: _Relation, columns: dict[str, str]) -> sql.Composable:
    """What the view shows while this version serves; a column it lacks is null."""
    selected = sql.SQL(", ").join(
        sql.SQL("CAST({} AS {}) AS {}").format(
            sql.Identifier(column) if column in relation.columns else sql.NULL,
            sql.SQL(column_type),
            sql.Identifier(column),
        )
        for column, column_type in columns.items()
    )
    return sql.SQL("SELECT {} FROM {} WHERE (SELECT version FROM wmip_publication.serving) = {}").format(
        selected, sql.Identifier(version.schema(mart), name), sql.Literal(version.key)
    )
