"""Formal ties of a quarter: new, repeated or lapsed, and who came newly into the network.

New: the pair's first tie in the months before. Repeated: the pair was tied in them. Lapsed: tied in the window, but not
in the last months of it. Retention: of the pairs tied before the quarter, the share that was tied again in it.
"""

from __future__ import annotations

from typing import Any

import duckdb

from evaluation.network.ties import Window

_NOVELTY = """
WITH pair AS (SELECT DISTINCT one_key, other_key, tied_on FROM formal_tie),

before AS (
    SELECT DISTINCT one_key, other_key
    FROM pair
    WHERE
        tied_on < $quarter_starts
        AND tied_on >= CAST($quarter_starts AS DATE) - to_months(CAST($lookback_months AS INTEGER))
),

now AS (SELECT DISTINCT one_key, other_key FROM pair WHERE tied_on BETWEEN $quarter_starts AND $ends),

windowed AS (
    SELECT one_key, other_key, max(tied_on) AS last_on
    FROM pair WHERE tied_on > $starts AND tied_on <= $ends
    GROUP BY one_key, other_key
)

SELECT
    (SELECT count(*) FROM now ANTI JOIN before USING (one_key, other_key)) AS new_ties,
    (SELECT count(*) FROM now SEMI JOIN before USING (one_key, other_key)) AS repeated_ties,
    (SELECT count(*) FROM before) AS previous_ties,
    (
        SELECT count(*) FROM windowed
        WHERE last_on <= CAST($ends AS DATE) - to_months(CAST($lapsed_months AS INTEGER))
    ) AS lapsed_ties
"""

_REACH = """
WITH activity AS (
    SELECT unnest([one_key, other_key]) AS organisation_key, tied_on AS active_on FROM formal_tie
    UNION ALL
    SELECT organisation_key, achieved_on FROM indicator_fact
    WHERE
        indicator_key = 'businesses_assisted' AND is_counted AND status = 'verified'
        AND organisation_key IS NOT NULL
),

first AS (SELECT organisation_key, min(active_on) AS first_on FROM activity GROUP BY organisation_key)

SELECT
    count(DISTINCT first.organisation_key) FILTER (first.first_on BETWEEN $quarter_starts AND $ends) AS newcomers,
    count(DISTINCT activity.organisation_key) FILTER (activity.active_on > $starts AND activity.active_on <= $ends)
        AS active
FROM activity
INNER JOIN first USING (organisation_key)
"""


def novelty(
    mart: duckdb.DuckDBPyConnection, window: Window, *, lookback_months: int, lapsed_months: int
) -> dict[str, float | None]:
    """The measures of one quarter, by name. `ties.prepare` comes first."""
    bounds = {"quarter_starts": window.quarter_starts, "starts": window.starts, "ends": window.ends}
    new, repeated, previous, lapsed = _one(
        mart, _NOVELTY, {**bounds, "lookback_months": lookback_months, "lapsed_months": lapsed_months}
    )
    newcomers, active = _one(mart, _REACH, bounds)
    return {
        "new_ties": new,
        "repeated_ties": repeated,
        "previous_ties": previous,
        "lapsed_ties": lapsed,
        "retention": repeated / previous if previous else None,
        "new_organisations": newcomers,
        "new_organisation_share": newcomers / active if active else None,
    }


def _one(mart: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> tuple[float, ...]:
    row = mart.execute(sql, values).fetchone()
    assert row is not None, "an aggregate has a row"
    return tuple(float(value) for value in row)
