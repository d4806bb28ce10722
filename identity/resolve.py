"""From links to organisations with keys that stay.

Records that are linked, directly or through others, are one organisation. Its key is the one its records had before; a
new organisation's key comes from its best identifier, so that the same records give the same key anywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import duckdb
import pyarrow as pa

from identity.links import MENTION_COLUMNS, State, clusters
from identity.matching import METHODS

_INSTANT = pa.timestamp("us", tz="UTC")

# Grain: a source record, also one that is there no more.
REGISTRY_SCHEMA = pa.schema(
    [
        ("organisation_key", pa.string()),
        ("source_system", pa.string()),
        ("source_record_id", pa.string()),
        ("match_method", pa.string()),
        ("match_probability", pa.float64()),
        # When the record was first given a key, and which.
        ("first_assigned_at", _INSTANT),
        ("first_organisation_key", pa.string()),
        # When its organisation's key was first given to anything.
        ("organisation_since", _INSTANT),
        # Digest of what matching reads of the record: says whether the record is what it was.
        ("mention_digest", pa.string()),
        # Whether the record is there tonight.
        ("is_current", pa.bool_()),
    ]
)

_FRESH_KEY = "'org_' || substr(sha256({}), 1, 16)"


def read_as_registry(table: pa.Table | None) -> pa.Table:
    """A registry of this or an earlier version of the product, or none yet, with the columns of this one."""
    if table is None or table.schema.equals(REGISTRY_SCHEMA):
        return REGISTRY_SCHEMA.empty_table() if table is None else table
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("kept", table)
        connection.register("shape", REGISTRY_SCHEMA.empty_table())
        return (
            connection.sql(
                """
                SELECT * REPLACE (
                    coalesce(first_organisation_key, organisation_key) AS first_organisation_key,
                    coalesce(organisation_since, min(first_assigned_at) OVER (PARTITION BY organisation_key))
                        AS organisation_since,
                    coalesce(is_current, true) AS is_current
                )
                FROM (FROM shape UNION ALL BY NAME FROM kept)
                """
            )
            .to_arrow_table()
            .select(REGISTRY_SCHEMA.names)
            .cast(REGISTRY_SCHEMA)
        )


def resolve(
    records: pa.Table,
    links: pa.Table,
    previous: pa.Table | None,
    clock: datetime,
    retired: Collection[str] = (),
) -> pa.Table:
    """The registry after tonight: every record ever seen with its organisation's key. Grain: a source record.

    `records` is tonight's `int_organisation__record`; `links` what matching says of them (LINK_SCHEMA); `previous` the
    registry so far; `retired` the keys that were given up by then. Where organisations turn out to be one, the key
    given first stays; where one falls apart, the part with most of its former records keeps the key, and a part that
    was an organisation before has its old key back. Records not seen tonight go with the organisation they were of, so
    that they come back under its key.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("given", records)
        connection.register("components", clusters(records, links))
        connection.register("links", links)
        connection.register("previous", read_as_registry(previous))
        connection.register("retired", pa.table({"organisation_key": pa.array(sorted(retired), pa.string())}))
        columns = ", ".join(MENTION_COLUMNS)
        connection.execute(f"""
            CREATE TEMP TABLE records AS
            SELECT given.*, components.component AS _component,
                source_system || ':' || source_record_id AS _record,
                md5(row({columns})::VARCHAR) AS mention_digest
            FROM given INNER JOIN components USING (source_system, source_record_id)
        """)
        _choose_methods(connection)
        _choose_keys(connection, clock)
        return connection.execute(_TONIGHT, {"clock": clock}).to_arrow_table().cast(REGISTRY_SCHEMA)


def _choose_methods(connection: duckdb.DuckDBPyConnection) -> None:
    """`matched`: what holds a record in its organisation best."""
    strength = " ".join(f"WHEN '{method}' THEN {rank}" for rank, method in enumerate(METHODS))
    connection.execute(f"""
        CREATE TEMP TABLE matched AS
        WITH ends AS (
            SELECT left_source_system AS source_system, left_source_record_id AS source_record_id,
                match_method, match_probability
            FROM links WHERE state = '{State.ACCEPTED}'
            UNION ALL
            SELECT right_source_system, right_source_record_id, match_method, match_probability
            FROM links WHERE state = '{State.ACCEPTED}'
        )
        SELECT * FROM ends
        QUALIFY row_number() OVER (
            PARTITION BY source_system, source_record_id
            ORDER BY CASE match_method {strength} ELSE 99 END, match_probability DESC
        ) = 1
    """)


def _choose_keys(connection: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    """`chosen`: the key of each component, and since when it is used."""
    connection.execute(
        f"""
        CREATE TEMP TABLE chosen AS
        WITH former AS (
            SELECT records._component, previous.organisation_key,
                min(previous.organisation_since) AS organisation_since,
                count(*) AS record_count, min(records._record) AS first_record
            FROM records
            INNER JOIN previous USING (source_system, source_record_id)
            GROUP BY ALL
        ),
        -- A key that several components once shared goes to the one with most of its records.
        kept AS (
            SELECT * FROM former
            QUALIFY row_number() OVER (PARTITION BY organisation_key ORDER BY record_count DESC, first_record) = 1
        ),
        -- A component that held several keys goes on under the one given first.
        merged AS (
            SELECT _component, organisation_key, organisation_since FROM kept
            QUALIFY row_number() OVER (PARTITION BY _component ORDER BY organisation_since, organisation_key) = 1
        ),
        -- What was an organisation of its own once, and is one again.
        once AS (
            SELECT records._component, previous.first_organisation_key AS organisation_key,
                min(previous.first_assigned_at) AS organisation_since,
                count(*) AS record_count, min(records._record) AS first_record
            FROM records
            INNER JOIN previous USING (source_system, source_record_id)
            WHERE records._component NOT IN (SELECT _component FROM merged)
                AND previous.first_organisation_key NOT IN (SELECT organisation_key FROM previous)
            GROUP BY ALL
        ),
        claimed AS (
            SELECT * FROM once
            QUALIFY row_number() OVER (PARTITION BY organisation_key ORDER BY record_count DESC, first_record) = 1
        ),
        restored AS (
            SELECT _component, organisation_key, organisation_since FROM claimed
            QUALIFY row_number() OVER (PARTITION BY _component ORDER BY organisation_since, organisation_key) = 1
        ),
        anchors AS (
            SELECT _component,
                coalesce('company:' || min(company_number), 'charity:' || min(charity_number), min(_record)) AS anchor,
                min(_record) AS first_record
            FROM records
            WHERE _component NOT IN (SELECT _component FROM merged UNION ALL SELECT _component FROM restored)
            GROUP BY _component
        ),
        taken AS (
            SELECT organisation_key FROM previous
            UNION SELECT first_organisation_key FROM previous
            UNION SELECT organisation_key FROM retired
        ),
        fresh AS (
            SELECT anchors._component,
                -- The anchor's own key may belong to what it was split from; the clock keeps a key that was given after
                -- an earlier split from being given again.
                CASE WHEN {_FRESH_KEY.format("anchor")} IN (SELECT organisation_key FROM taken)
                    OR row_number() OVER (PARTITION BY anchor ORDER BY first_record) > 1
                    THEN {_FRESH_KEY.format("concat_ws('|', anchor, first_record, $instant)")}
                    ELSE {_FRESH_KEY.format("anchor")}
                END AS organisation_key,
                $clock::TIMESTAMPTZ AS organisation_since
            FROM anchors
        )
        SELECT * FROM merged UNION ALL SELECT * FROM restored UNION ALL SELECT * FROM fresh
        """,
        {"clock": clock, "instant": clock.isoformat()},
    )


_TONIGHT = """
WITH tonight AS (
    SELECT chosen.organisation_key, records.source_system, records.source_record_id,
        coalesce(matched.match_method, 'single') AS match_method,
        if(matched.match_method IS NULL, 1.0, matched.match_probability) AS match_probability,
        coalesce(previous.first_assigned_at, $clock::TIMESTAMPTZ) AS first_assigned_at,
        coalesce(previous.first_organisation_key, chosen.organisation_key) AS first_organisation_key,
        chosen.organisation_since,
        records.mention_digest,
        true AS is_current,
        previous.organisation_key AS former_key
    FROM records
    INNER JOIN chosen USING (_component)
    LEFT JOIN matched USING (source_system, source_record_id)
    LEFT JOIN previous USING (source_system, source_record_id)
),
-- Where most of an organisation's records went that no component goes on under.
followed AS (
    SELECT former_key, organisation_key, organisation_since FROM tonight
    WHERE former_key NOT IN (SELECT organisation_key FROM chosen)
    GROUP BY former_key, organisation_key, organisation_since
    QUALIFY row_number() OVER (PARTITION BY former_key ORDER BY count(*) DESC, organisation_key) = 1
)
SELECT * EXCLUDE (former_key) FROM tonight
UNION ALL BY NAME
SELECT previous.* REPLACE (
    coalesce(followed.organisation_key, previous.organisation_key) AS organisation_key,
    coalesce(followed.organisation_since, previous.organisation_since) AS organisation_since,
    false AS is_current
)
FROM previous
LEFT JOIN followed ON previous.organisation_key = followed.former_key
ANTI JOIN tonight USING (source_system, source_record_id)
ORDER BY source_system, source_record_id
"""
