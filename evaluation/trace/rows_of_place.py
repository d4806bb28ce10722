"""What became of a file, a sheet, a row or an object of an API: facts, sessions, refusals, remarks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import rows


@dataclass(frozen=True)
class Became:
    """One thing a row became or was told. `about`: the indicator, or the table it stands in; `became`: in a word;
    `quantity`: what counts of it, in the indicator's unit.
    """

    place: str
    about: str
    became: str
    quantity: Decimal | None
    reason: str


_HERE = "(place = $place OR starts_with(place, $place || '#') OR starts_with(place, $place || '!'))"
# Sessions have no place of their own in the mart, but the record they were read from: of a sheet its file and cells.
_EVERY = """
    WITH facts AS (
        SELECT source_place AS place, indicator_key AS about,
            CASE WHEN is_counted THEN 'counts' ELSE 'does not count' END AS became, quantity,
            coalesce(not_counted_reason, status) AS reason
        FROM indicator_fact
    ),
    sessions AS (
        SELECT coalesce(files.file_name || '#' || regexp_extract(source_record_id, ':(.+)![A-Z]+([0-9]+)', 1) || '!'
                || regexp_extract(source_record_id, ':(.+)![A-Z]+([0-9]+)', 2), source_record_id) AS place,
            'support_sessions' AS about,
            CASE WHEN not_counted_reason IS NULL THEN 'is a session' ELSE 'does not count' END AS became,
            support_hours AS quantity,
            coalesce(not_counted_reason, CASE WHEN is_verified THEN 'verified' ELSE 'claimed' END) AS reason
        FROM fct_support
        LEFT JOIN (SELECT DISTINCT file_sha256, file_name FROM inbox_file) AS files
            ON files.file_sha256 = split_part(source_record_id, ':', 1)
    ),
    found AS (
        SELECT place, stream AS about,
            CASE WHEN severity = 'error' THEN 'was refused' ELSE 'has a remark' END AS became, NULL AS quantity,
            rule || ': ' || message AS reason
        FROM finding
    ),
    files AS (
        SELECT file_name AS place, kind AS about, 'was ' || status AS became, NULL AS quantity,
            coalesce(reason, rows_loaded || ' rows read, ' || rows_quarantined || ' refused') AS reason
        FROM inbox_file
    ),
    standing AS (
        SELECT file_name AS place, 'submission' AS about, 'is ' || state AS became, NULL AS quantity,
            partner_key || ' ' || period_key || ', submission ' || submission_number
                || coalesce('; ' || nullif(standing_file_name, file_name) || ' stands', '') AS reason
        FROM return_submission
    )
"""
_NAMES = ("files", "standing", "facts", "sessions", "found")


def what_became_of(mart: duckdb.DuckDBPyConnection, place: str) -> list[Became]:
    """Everything that the mart says of a place: the file first, then its rows in order, each what it became."""
    union = " UNION ALL ".join(
        f"SELECT {number} AS part, place, about, became, quantity, reason FROM {name} WHERE {_HERE}"
        for number, name in enumerate(_NAMES)
    )
    found = rows(
        mart,
        f"{_EVERY} SELECT DISTINCT * FROM ({union}) ORDER BY position('#' IN place) > 0, "
        "regexp_replace(place, '[0-9]+$', ''), TRY_CAST(regexp_extract(place, '[0-9]+$') AS BIGINT), part, about, "
        "reason",
        {"place": place},
    )
    return [Became(**{name: value for name, value in row.items() if name != "part"}) for row in found]


def known_places(mart: duckdb.DuckDBPyConnection) -> list[str]:
    """The files that were read, and the kinds of objects of APIs."""
    return [
        row["place"]
        for row in rows(
            mart,
            "SELECT DISTINCT file_name AS place FROM inbox_file UNION "
            "SELECT DISTINCT regexp_replace(source_place, '/[^/]*$', '/…') FROM indicator_fact "
            "WHERE NOT contains(source_place, '#') AND contains(source_place, '/') ORDER BY 1",
        )
    ]
