"""Build one schema from one mart file where no reader looks, and prove that it holds the same.

Rows are copied frozen: a reader whose transaction began before they came sees them after the swap, not empty tables.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg import sql

from orchestration.errors import PublicationFailed
from orchestration.postgresql.keys import Keys
from orchestration.postgresql.mart_file import SEPARATOR, Fingerprint, MartFile, Table

Progress = Callable[[str], None]


def load_schema(
    connection: psycopg.Connection, schema: str, mart: MartFile, keys: Keys, progress: Progress
) -> dict[str, int]:
    """Create `schema` with every table of the mart, keys, indexes and comments. Returns row counts by table.

    Raises PublicationFailed when a table in PostgreSQL is not what the release holds.
    """
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    tables = mart.tables()
    rows = {}
    for table in tables:
        progress(f"copying {table.name}")
        _create(connection, schema, table)
        _copy(connection, schema, table, mart)
        rows[table.name] = _verified_rows(connection, schema, table, mart)
    progress("keys and indexes")
    for table in tables:
        _identify(connection, schema, table, mart, keys)
    for table in tables:
        _refer(connection, schema, table, tables, keys)
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table.name)))
    return rows


def _create(connection: psycopg.Connection, schema: str, table: Table) -> None:
    name = sql.Identifier(schema, table.name)
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.postgresql_type()))
        for column in table.columns
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, columns))
    if table.comment:
        connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(name, sql.Literal(table.comment)))
    for column in table.columns:
        if column.comment:
            connection.execute(
                sql.SQL("COMMENT ON COLUMN {} IS {}").format(
                    sql.Identifier(schema, table.name, column.name), sql.Literal(column.comment)
                )
            )


def _copy(connection: psycopg.Connection, schema: str, table: Table, mart: MartFile) -> None:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, FREEZE)").format(sql.Identifier(schema, table.name))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in mart.rows_as_csv(table):
            copy.write(batch)


def _verified_rows(connection: psycopg.Connection, schema: str, table: Table, mart: MartFile) -> int:
    """Rows of a table, after both engines counted and summed the same."""
    text = sql.SQL(", ").join(column.text_in_postgresql() for column in table.columns)
    row = connection.execute(
        sql.SQL(
            "SELECT count(*), coalesce(sum(CAST(CAST('x' || substr(md5(concat_ws(chr({}), {})), 1, 15) AS bit(60)) "
            "AS bigint)), 0) FROM {}"
        ).format(sql.Literal(SEPARATOR), text, sql.Identifier(schema, table.name))
    ).fetchone()
    assert row is not None
    here, there = Fingerprint(int(row[0]), int(row[1])), mart.fingerprint(table)
    if here != there:
        raise PublicationFailed(
            f"table {table.name} in PostgreSQL is not what the release holds: {here.rows} rows of {there.rows}, "
            f"checksum {here.checksum} for {there.checksum}; nothing was published"
        )
    return here.rows


def _identify(connection: psycopg.Connection, schema: str, table: Table, mart: MartFile, keys: Keys) -> None:
    """Declare the key: primary where every row has it, else unique."""
    columns = keys.identity_of(table)
    if not columns:
        return
    kind = "PRIMARY KEY" if mart.without_gaps(table, columns) else "UNIQUE"
    try:
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD {} ({})").format(
                sql.Identifier(schema, table.name), sql.SQL(kind), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
        )
    except psycopg.errors.UniqueViolation:
        raise PublicationFailed(
            f"table {table.name}: {', '.join(columns)} should identify a row, and does not; nothing was published"
        ) from None


def _refer(connection: psycopg.Connection, schema: str, table: Table, tables: list[Table], keys: Keys) -> None:
    """Declare and index the columns that point to a dimension, so that BI tools find the joins by themselves.

    Checked where every row has its dimension; where some row's is not there, declared NOT VALID.
    """
    name = sql.Identifier(schema, table.name)
    for column, dimension in keys.references(table, tables):
        if keys.identity_of(table)[:1] != (column,):
            connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(name, sql.Identifier(column)))
        constraint = sql.Identifier(f"{table.name}_{column}_fkey")
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} NOT VALID").format(
                name, constraint, sql.Identifier(column), sql.Identifier(schema, dimension)
            )
        )
        try:
            with connection.transaction():
                connection.execute(sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(name, constraint))
        except psycopg.errors.ForeignKeyViolation:
            continue
