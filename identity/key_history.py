"""Merges and splits of organisations as dated events with reasons: what became of a key.

An append-only register (`registry/organisation_key_event`). A key that was given up leads to the one its organisation
goes on under, so that whatever named it still finds it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa

from common import registers
from identity.links import State
from identity.matching import METHODS
from identity.resolve import read_as_registry

REGISTER = "organisation_key_event"
# Grain: instant, old key and new key.
COLUMNS: registers.Columns = {
    # Digest of the keys and the records that changed theirs: the same event has the same key, whenever it is seen.
    "event_key": "text",
    "happened_at": registers.INSTANT,
    "change": "text",
    "old_organisation_key": "text",
    "new_organisation_key": "text",
    "record_count": "integer",
    "reason": "text",
    "match_method": "text",
    "match_probability": "number",
    "decision_number": "integer",
}


class Change(StrEnum):
    """What became of the records of a key that have another one now."""

    # The key is given up; what it named goes on under the new one.
    MERGED = "merged"
    # Part of what the key named is an organisation of its own.
    SPLIT = "split"
    # Records went over to another organisation; both go on.
    MOVED = "moved"


class Reason(StrEnum):
    """Why it did."""

    DECISION = "decision"
    # A record that was not known the night before ties the two together.
    RECORD_NEW = "record_new"
    # What a record says was changed in its source.
    RECORD_CHANGED = "record_changed"
    # A record that held them together is there no more.
    RECORD_GONE = "record_gone"
    # The records are what they were: rules, model, thresholds or the register of companies changed.
    MATCHING_CHANGED = "matching_changed"


def read_events(home: Path) -> pa.Table:
    """Every event of a home, in the order they happened."""
    return registers.read(home, REGISTER, COLUMNS)


def retired_keys(events: pa.Table) -> set[str]:
    """Every key that was given up once. None is given to another organisation."""
    return {row["old_organisation_key"] for row in events.to_pylist() if row["change"] == Change.MERGED}


def key_events(
    previous: pa.Table | None, resolved: pa.Table, links: pa.Table, decisions: pa.Table, clock: datetime
) -> pa.Table:
    """What happened to keys between two registries, by old and new key.

    `links` and `decisions` (those in force, `identity.decisions.as_table`) are those that `resolved` was made with:
    the strongest link that ties the records of both keys says how.
    """
    if previous is None:
        return registers.schema(COLUMNS).empty_table()
    strength = " ".join(f"WHEN '{method}' THEN {rank}" for rank, method in enumerate(METHODS))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("previous", read_as_registry(previous))
        connection.register("resolved", resolved)
        connection.register("links", links)
        connection.register("decisions", decisions)
        connection.execute(_RECORDS)
        if not connection.sql("SELECT 1 FROM records WHERE old_key <> new_key LIMIT 1").fetchone():
            return registers.schema(COLUMNS).empty_table()
        connection.execute(_CHANGES)
        connection.execute(_TIES.format(accepted=State.ACCEPTED, strength=strength))
        return (
            connection.execute(_EVENTS, {"clock": clock.replace(tzinfo=None, microsecond=0)})
            .to_arrow_table()
            .cast(registers.schema(COLUMNS))
        )


def unwritten(events: pa.Table, written: pa.Table) -> pa.Table:
    """Events that are not the last written of their old key: a night that was cut short may have written them."""
    last = {}
    for row in written.to_pylist() if len(events) else ():
        last[row["old_organisation_key"]] = last[row["new_organisation_key"]] = row["event_key"]
    return pa.Table.from_pylist(
        [row for row in events.to_pylist() if last.get(row["old_organisation_key"]) != row["event_key"]], events.schema
    )


_RECORDS = """
CREATE TEMP TABLE records AS
SELECT source_system, source_record_id,
    previous.organisation_key AS old_key,
    resolved.organisation_key AS new_key,
    resolved.is_current,
    previous.mention_digest IS NOT NULL AND resolved.is_current
        AND previous.mention_digest <> resolved.mention_digest AS is_changed,
    previous.is_current AND NOT resolved.is_current AS is_gone
FROM resolved
LEFT JOIN previous USING (source_system, source_record_id)
"""

_CHANGES = """
CREATE TEMP TABLE changes AS
WITH moves AS (
    SELECT old_key, new_key, count(*) AS record_count,
        'E-' || substr(sha256(concat_ws('|', old_key, new_key,
            string_agg(source_system || ':' || source_record_id, '|' ORDER BY source_system, source_record_id)
        )), 1, 12) AS event_key
    FROM records WHERE old_key <> new_key
    GROUP BY old_key, new_key
),
placed AS (
    SELECT *,
        new_key NOT IN (SELECT organisation_key FROM previous) AS is_new_key,
        old_key NOT IN (SELECT organisation_key FROM resolved) AS is_given_up
    FROM moves
)
SELECT *,
    CASE
        WHEN is_new_key THEN 'split'
        WHEN is_given_up AND row_number() OVER (
            PARTITION BY old_key, is_new_key ORDER BY record_count DESC, new_key
        ) = 1 THEN 'merged'
        ELSE 'moved'
    END AS change
FROM placed
"""

# The strongest link between records of the old key and what else the new one names.
_TIES = """
CREATE TEMP TABLE ties AS
WITH ends AS (
    SELECT links.match_method, links.match_probability, decisions.decision_number,
        one.old_key AS one_old, other.old_key AS other_old, one.new_key,
        one.old_key IS NULL OR other.old_key IS NULL AS has_new,
        one.is_changed OR other.is_changed AS has_changed
    FROM links
    INNER JOIN records AS one
        ON links.left_source_system = one.source_system AND links.left_source_record_id = one.source_record_id
    INNER JOIN records AS other
        ON links.right_source_system = other.source_system AND links.right_source_record_id = other.source_record_id
    LEFT JOIN decisions USING (
        left_source_system, left_source_record_id, right_source_system, right_source_record_id
    )
    WHERE links.state = '{accepted}' AND one.old_key IS DISTINCT FROM other.old_key
),
tied AS (
    SELECT one_old AS old_key, * EXCLUDE (one_old, other_old) FROM ends
    UNION ALL SELECT other_old AS old_key, * EXCLUDE (one_old, other_old) FROM ends
)
SELECT * FROM tied
QUALIFY row_number() OVER (
    PARTITION BY old_key, new_key
    ORDER BY CASE match_method {strength} ELSE 99 END, match_probability DESC NULLS LAST, has_new, has_changed,
        decision_number
) = 1
"""

_EVENTS = """
WITH forbidden AS (
    SELECT one.old_key, unnest([one.new_key, other.new_key]) AS new_key, decisions.decision_number
    FROM decisions
    INNER JOIN records AS one
        ON decisions.left_source_system = one.source_system AND decisions.left_source_record_id = one.source_record_id
    INNER JOIN records AS other
        ON decisions.right_source_system = other.source_system
        AND decisions.right_source_record_id = other.source_record_id
    WHERE decisions.decision = 'different' AND one.old_key = other.old_key AND one.new_key <> other.new_key
),
apart AS (
    SELECT old_key, new_key, min(decision_number) AS decision_number FROM forbidden GROUP BY ALL
),
former AS (
    SELECT old_key, bool_or(is_changed) AS has_changed, bool_or(is_gone) AS has_gone FROM records GROUP BY old_key
)
SELECT
    changes.event_key,
    $clock::TIMESTAMP AS happened_at,
    changes.change,
    changes.old_key AS old_organisation_key,
    changes.new_key AS new_organisation_key,
    changes.record_count,
    CASE
        WHEN changes.change = 'split' AND apart.decision_number IS NOT NULL THEN 'decision'
        WHEN changes.change <> 'split' AND ties.match_method = 'decision' THEN 'decision'
        WHEN changes.change <> 'split' AND ties.has_new THEN 'record_new'
        WHEN if(changes.change = 'split', former.has_changed, coalesce(ties.has_changed, former.has_changed))
            THEN 'record_changed'
        WHEN changes.change = 'split' AND former.has_gone THEN 'record_gone'
        ELSE 'matching_changed'
    END AS reason,
    if(changes.change = 'split', NULL, ties.match_method) AS match_method,
    if(changes.change = 'split', NULL, ties.match_probability) AS match_probability,
    if(changes.change = 'split', apart.decision_number, ties.decision_number) AS decision_number
FROM changes
LEFT JOIN ties ON changes.old_key = ties.old_key AND changes.new_key = ties.new_key
LEFT JOIN apart ON changes.old_key = apart.old_key AND changes.new_key = apart.new_key
LEFT JOIN former ON changes.old_key = former.old_key
ORDER BY ALL
"""
