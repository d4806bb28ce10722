"""Keys that are given more than once in one load: which row stands, and which rows contradict each other.

In one file, rows of a key that say the same count once; of rows that differ none is right, so all of them are refused,
as nobody but the sender knows which is meant. Of several files, and of an API's records, the later row stands.
Works on the table `incoming` of a load (`ingestion.storage.landing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from common.sql import listed, literal, same_key, sha256_of
from ingestion.declaration import FILE_COLUMNS, Stream

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ingestion.storage.spool import Part

REPEATED, CONTRADICTED = "repeated_row", "repeated_key"


def choose_standing(connection: duckdb.DuckDBPyConnection, stream: Stream, *, later_stands: bool) -> int:
    """Make the table `standing`: position of the row of each key that stands; and `again`: the rows of keys that are
    given more than once, with whether the row `differs` from another of its part. How many rows contradict each other.
    """
    keys = listed(stream.key)
    connection.execute(
        f"CREATE TEMP TABLE standing AS "
        f"SELECT max(_position) AS _position, count(*) AS given FROM incoming GROUP BY {keys}"
    )
    if not connection.execute("SELECT 1 FROM standing WHERE given > 1 LIMIT 1").fetchone():
        connection.execute(f"""
            CREATE TEMP TABLE again AS
            SELECT {keys}, _part, _position, _source_record, false AS differs, 1::BIGINT AS nth,
                _source_record AS first_record, _source_record AS next_record
            FROM incoming LIMIT 0
        """)
        return 0
    content = sha256_of([name for name in stream.columns if name not in FILE_COLUMNS], "_deleted_at::VARCHAR", "_extra")
    of_part = f"PARTITION BY {keys}, _part"
    differs = "false" if later_stands else f"min(_content) OVER ({of_part}) <> max(_content) OVER ({of_part})"
    connection.execute(f"""
        CREATE TEMP TABLE again AS
        WITH twice AS (
            SELECT {keys} FROM incoming SEMI JOIN (SELECT _position FROM standing WHERE given > 1) USING (_position)
        ),
        rows AS (
            SELECT {listed(stream.key, "new")}, _part, _position, _source_record, {content} AS _content
            FROM incoming AS new SEMI JOIN twice AS old ON {same_key(stream.key)}
        )
        SELECT
            {keys}, _part, _position, _source_record,
            {differs} AS differs,
            row_number() OVER (of_part ORDER BY _position) AS nth,
            first_value(_source_record) OVER (of_part ORDER BY _position) AS first_record,
            lead(_source_record) OVER (of_part ORDER BY _position) AS next_record
        FROM rows
        WINDOW of_part AS ({of_part})
    """)
    connection.execute("DELETE FROM standing WHERE given > 1")
    connection.execute(
        f"INSERT INTO standing SELECT max(_position), count(*) FROM again WHERE NOT differs GROUP BY {keys}"
    )
    (refused,) = connection.execute("SELECT count(*) FROM again WHERE differs").fetchone() or (0,)
    return int(refused)


def place_of(source_record: str, file_name: str) -> str:
    """SQL: place of a row of a file, as findings name it, from its source record (`<sha256>:<place in the file>`)."""
    within = f"substr({source_record}, 66)"
    # A record of a workbook names its cells, a place its row; that of a CSV is the bare number.
    return (
        f"{file_name} || '#' || CASE WHEN contains({within}, '!') OR contains({within}, '/') "
        rf"THEN regexp_replace({within}, '![A-Z]+(\d+):.*$', '!\1') ELSE '!' || {within} END"
    )


def part_names(connection: duckdb.DuckDBPyConnection, parts: Iterable[Part]) -> None:
    """Make the table `part_name`: the file each part is of."""
    connection.execute("CREATE TEMP TABLE part_name (_part BIGINT, file_name VARCHAR)")
    named = {part.number: part.file_name for part in parts if part.file_name is not None}
    connection.execute("INSERT INTO part_name SELECT unnest(?), unnest(?)", [[*named], [*named.values()]])


def told(connection: duckdb.DuckDBPyConnection, source: str, stream: Stream) -> pa.RecordBatchReader:
    """What is to be said of rows given more than once in one file: refused ones (`severity` error) name the other
    place, repeated ones (`note`) the row that they repeat. Columns as a finding has them.
    """
    ours, other = (place_of(record, "part_name.file_name") for record in ("_source_record", "other_record"))
    named = " and ".join(name for name in stream.key if name not in stream.listed_whole_by)
    return connection.execute(f"""
        SELECT
            {literal(source)} AS source,
            {literal(stream.name)} AS stream,
            {ours} AS place,
            {literal(stream.key[-1])} AS column_name,
            CAST(NULL AS VARCHAR) AS cell,
            CAST(NULL AS VARCHAR) AS value_class,
            CASE WHEN differs THEN {literal(CONTRADICTED)} ELSE {literal(REPEATED)} END AS reason_code,
            CASE
                WHEN differs THEN 'has the same {named} as ' || {other} || ' and says something else: '
                    || 'neither counts; give each its own, or take the wrong one out'
                ELSE 'says the same as ' || {other} || ': it counts once'
            END AS message,
            CASE WHEN differs THEN 'error' ELSE 'note' END AS severity
        FROM (SELECT *, CASE WHEN nth = 1 THEN next_record ELSE first_record END AS other_record FROM again) AS again
        JOIN part_name USING (_part)
        WHERE differs OR nth > 1
        ORDER BY _position
    """).to_arrow_reader(10_000)
