"""From links to organisations with keys that stay.

Records that are linked, directly or through others, are one organisation. Its key is the one its records had before; a
new organisation's key comes from its best identifier, so that the same records give the same key anywhere.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa

from identity.links import State, clusters
from identity.matching import METHODS

REGISTRY_SCHEMA = pa.schema(
    [
        ("organisation_key", pa.string()),
        ("source_system", pa.string()),
        ("source_record_id", pa.string()),
        ("match_method", pa.string()),
        ("match_probability", pa.float64()),
        ("first_assigned_at", pa.timestamp("us", tz="UTC")),
    ]
)


def resolve(records: pa.Table, links: pa.Table, previous: pa.Table | None, clock: datetime) -> pa.Table:
    """The registry after tonight: every record ever seen with its organisation's key. Grain: a source record.

    `records` is tonight's `int_organisation__record`; `links` what matching says of them (LINK_SCHEMA); `previous` the
    registry so far. Where organisations turn out to
    be one, the key assigned first stays; where one falls apart, the part with most of its former records keeps the key.
    Records not seen tonight keep their row, so that they come back under the same key.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("given", records)
        connection.register("components", clusters(records, links))
        connection.register("links", links)
        connection.execute("""
            CREATE TEMP TABLE records AS
            SELECT given.*, components.component AS _component
            FROM given INNER JOIN components USING (source_system, source_record_id)
        """)
        connection.register("previous", previous if previous is not None else REGISTRY_SCHEMA.empty_table())
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
        connection.execute(
            """
            CREATE TEMP TABLE chosen AS
            WITH ages AS (
                -- How long a key is in use, also by records that are not there tonight.
                SELECT organisation_key, min(first_assigned_at) AS assigned_at FROM previous GROUP BY organisation_key
            ),
            former AS (
                SELECT records._component, previous.organisation_key, min(ages.assigned_at) AS assigned_at,
                    count(*) AS record_count,
                    min(records.source_system || ':' || records.source_record_id) AS first_record
                FROM records
                INNER JOIN previous USING (source_system, source_record_id)
                INNER JOIN ages USING (organisation_key)
                GROUP BY ALL
            ),
            -- A key that several components once shared goes to the one with most of its records.
            kept AS (
                SELECT * FROM former
                QUALIFY row_number() OVER (
                    PARTITION BY organisation_key ORDER BY record_count DESC, first_record
                ) = 1
            ),
            -- A component that held several keys goes on under the one assigned first.
            merged AS (
                SELECT _component, organisation_key FROM kept
                QUALIFY row_number() OVER (PARTITION BY _component ORDER BY assigned_at, organisation_key) = 1
            ),
            anchors AS (
                SELECT _component,
                    coalesce(
                        'company:' || min(company_number),
                        'charity:' || min(charity_number),
                        min(source_system || ':' || source_record_id)
                    ) AS anchor,
                    min(source_system || ':' || source_record_id) AS first_record
                FROM records
                GROUP BY _component
            ),
            fresh AS (
                SELECT anchors._component,
                    'org_' || substr(sha256(
                        -- The anchor's own key may belong to what it was split from; the clock keeps a key that was
                        -- given after an earlier split from being given again.
                        CASE WHEN 'org_' || substr(sha256(anchor), 1, 16) IN (SELECT organisation_key FROM previous)
                            OR row_number() OVER (PARTITION BY anchor ORDER BY first_record) > 1
                            THEN concat_ws('|', anchor, first_record, $clock::VARCHAR) ELSE anchor END
                    ), 1, 16) AS organisation_key
                FROM anchors
                WHERE _component NOT IN (SELECT _component FROM merged)
            )
            SELECT * FROM merged UNION ALL SELECT * FROM fresh
            """,
            {"clock": clock.isoformat()},
        )
        return (
            connection.sql(
                """
                WITH tonight AS (
                    SELECT chosen.organisation_key, records.source_system, records.source_record_id,
                        coalesce(matched.match_method, 'single') AS match_method,
                        if(matched.match_method IS NULL, 1.0, matched.match_probability) AS match_probability,
                        coalesce(previous.first_assigned_at, $clock::TIMESTAMPTZ) AS first_assigned_at
                    FROM records
                    INNER JOIN chosen USING (_component)
                    LEFT JOIN matched USING (source_system, source_record_id)
                    LEFT JOIN previous USING (source_system, source_record_id)
                )
                SELECT * FROM tonight
                UNION ALL
                SELECT organisation_key, source_system, source_record_id, match_method, match_probability,
                    first_assigned_at
                FROM previous
                ANTI JOIN tonight USING (source_system, source_record_id)
                ORDER BY source_system, source_record_id
                """,
                params={"clock": clock},
            )
            .to_arrow_table()
            .cast(REGISTRY_SCHEMA)
        )
