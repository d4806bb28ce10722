"""The comparisons: each a query of the candidate, and of the release that serves, that gives what it looked at.

`mart` and `staging` are the candidate's, `earlier` the release that serves, `profile_now` the candidate's profile and
`profile_before` those that the release keeps, with `release_number` from the oldest. In braces stand the settings of
the rule and `{clock}`. Each query returns the columns of `COMPARED`, with what is unusual in row `is_beyond`.

Sizes are compared on a scale on which twice as much is as far at ten as at a thousand, and nothing is a size too.
"""

from __future__ import annotations

from quality.statistics.profile import SIZE
from quality.statistics.rules import statistics

COMPARED = {
    "table_name": ("VARCHAR", "Table of the mart that was looked at."),
    "column_name": ("VARCHAR", "Column that was looked at; empty for rows."),
    "category": ("VARCHAR", "Answer whose share it is; else empty."),
    "source_system": ("VARCHAR", "Source system; empty over all."),
    "partner_key": ("VARCHAR", "Cluster body; empty over all."),
    "indicator_key": ("VARCHAR", "Indicator; empty where it is of none."),
    "period_key": ("VARCHAR", "Quarter; empty where it is of none."),
    "place": ("VARCHAR", "The row that is offered: where it was returned, else its key; empty where no single row is."),
    "observed": (
        "DOUBLE",
        "What is there: a quantity, rows, a share (0 to 1), days, or a typical size; null where it is withheld.",
    ),
    "usual": ("DOUBLE", "What earlier quarters, releases or other rows let expect."),
    "lower": ("DOUBLE", "Least that is not told."),
    "upper": ("DOUBLE", "Most that is not told."),
    "score": ("DOUBLE", "How many robust standard deviations from what is usual."),
    "history": ("BIGINT", "Earlier quarters, releases or rows that it was compared with."),
}

_BY_QUARTER = """
WITH quarters AS (
    SELECT period_key, row_number() OVER (ORDER BY period_key) AS number, right(period_key, 2) AS season
    FROM mart.dim_period
    WHERE is_programme_period AND ends_on < DATE '{clock}'
),
told AS (
    SELECT facts.indicator_key, facts.{apart} AS apart, facts.claimed_period_key AS period_key, ({size})::DOUBLE AS x
    FROM mart.indicator_fact AS facts
    INNER JOIN mart.dim_indicator AS indicators USING (indicator_key)
    WHERE indicators.is_headline AND facts.status <> 'withdrawn' AND facts.{apart} IS NOT NULL
    GROUP BY ALL
),
returned AS (
    -- A quarter that is not returned yet is late, not small.
    SELECT {of_returns} AS apart, max(number) AS newest
    FROM ({returns}) INNER JOIN quarters USING (period_key)
    GROUP BY ALL
),
numbered AS (
    SELECT told.apart, min(quarters.number) AS first, max(returned.newest) AS newest
    FROM told
    INNER JOIN quarters USING (period_key)
    INNER JOIN returned ON {is_returned_by}
    GROUP BY told.apart
),
grid AS (
    -- From a body's first quarter on, every quarter in which it returned nothing of an indicator is a nought.
    SELECT
        series.indicator_key, series.apart, quarters.period_key, quarters.season,
        coalesce(told.x, 0) AS x, quarters.number = numbered.newest AS is_judged
    FROM (SELECT DISTINCT indicator_key, apart FROM told) AS series
    INNER JOIN numbered ON series.apart = numbered.apart
    INNER JOIN quarters ON quarters.number BETWEEN numbered.first AND numbered.newest
    LEFT JOIN told
        ON series.indicator_key = told.indicator_key AND series.apart = told.apart
        AND quarters.period_key = told.period_key
),
scaled AS (
    SELECT grid.*, unit, asinh(x / unit) AS t
    FROM grid
    INNER JOIN (SELECT indicator_key, median(x) AS unit FROM grid WHERE x > 0 AND NOT is_judged GROUP BY ALL) AS units
        USING (indicator_key)
),
centred AS (
    SELECT
        *,
        median(t) FILTER (NOT is_judged) OVER series AS centre,
        count(*) FILTER (NOT is_judged) OVER series AS history
    FROM scaled
    WINDOW series AS (PARTITION BY indicator_key, apart)
),
seasons AS (
    -- How the whole programme differs in a season, where there are two years of it.
    SELECT indicator_key, season, median(t - centre) AS effect
    FROM centred
    WHERE NOT is_judged AND centre > 0
    GROUP BY indicator_key, season
    HAVING count(DISTINCT period_key) >= 2
),
expected AS (
    SELECT centred.*, if(centre > 0, centre + coalesce(effect, 0), 0) AS expected
    FROM centred LEFT JOIN seasons USING (indicator_key, season)
),
spread AS (
    SELECT
        *,
        -- One body's history is short and often still: it is never taken for steadier than most are.
        greatest(
            1.4826 * median(abs(t - expected)) FILTER (NOT is_judged) OVER (PARTITION BY indicator_key, apart),
            quantile_cont(abs(t - expected), 0.9) FILTER (NOT is_judged AND centre > 0)
                OVER (PARTITION BY indicator_key) / 1.645
        ) AS scale,
        -- What most quarters have none of comes all at once: it is held against what others return when they do.
        median(t) FILTER (NOT is_judged AND x > 0) OVER (PARTITION BY indicator_key) AS when_any,
        1.4826 * mad(t) FILTER (NOT is_judged AND x > 0) OVER (PARTITION BY indicator_key) AS scale_when_any
    FROM expected
),
bounded AS (
    SELECT
        *,
        if(centre > 0, scale, scale_when_any) AS deviation,
        if(centre > 0, expected, when_any) + greatest({floor}, {threshold} * if(centre > 0, scale, scale_when_any))
            AS most,
        if(centre > 0, expected - greatest({floor}, {threshold} * scale), 0) AS least
    FROM spread
    WHERE is_judged
)
SELECT
    'indicator_fact' AS table_name, '{column}' AS column_name, '' AS category,
    {source} AS source_system, {body} AS partner_key, indicator_key, period_key, '' AS place,
    x AS observed, unit * sinh(expected) AS usual, greatest(0, unit * sinh(least)) AS lower, unit * sinh(most) AS upper,
    if(t > 0 OR centre > 0, t - if(centre > 0, expected, when_any), 0) / greatest(deviation, {floor} / {threshold})
        AS score,
    history, history >= {least_history} AS is_judged,
    history >= {least_history} AND (t > most OR t < least) AS is_beyond
FROM bounded
"""
_RETURNED = "SELECT partner_key, period_key FROM mart.return_expected WHERE is_received"
_ALL_RETURNED = """
    SELECT period_key FROM mart.return_expected GROUP BY period_key HAVING bool_and(is_received OR is_waived)
"""


def _by_quarter(size: str, column: str, *, is_of_body: bool) -> str:
    named = {
        "{size}": size,
        "{column}": column,
        "{apart}": "partner_key" if is_of_body else "source_system",
        "{of_returns}": "partner_key" if is_of_body else "''",
        "{returns}": _RETURNED if is_of_body else _ALL_RETURNED,
        "{is_returned_by}": "told.apart = returned.apart" if is_of_body else "true",
        "{source}": "''" if is_of_body else "apart",
        "{body}": "apart" if is_of_body else "''",
    }
    sql = _BY_QUARTER
    for name, said in named.items():
        sql = sql.replace(name, said)
    return sql


_SETTLED = """
WITH both_say AS (
    SELECT
        now.indicator_key, now.scope_key AS partner_key, now.period_key,
        now.value::DOUBLE AS observed, said.value::DOUBLE AS usual,
        median(said.value::DOUBLE) FILTER (said.value > 0) OVER (PARTITION BY now.indicator_key) AS unit
    FROM mart.indicator_value AS now
    INNER JOIN earlier.indicator_value AS said USING (indicator_key, period_key, scope, scope_key, basis)
    INNER JOIN earlier.return_expected AS returns
        ON now.scope_key = returns.partner_key AND now.period_key = returns.period_key AND returns.is_received
    WHERE now.scope = 'partner' AND now.basis = 'claimed'
),
moved AS (
    SELECT *, asinh(observed / unit) - asinh(usual / unit) AS r FROM both_say WHERE unit > 0
)
SELECT
    'indicator_value' AS table_name, 'value' AS column_name, '' AS category, '' AS source_system, partner_key,
    indicator_key, period_key, '' AS place, observed, usual,
    greatest(0, unit * sinh(asinh(usual / unit) - greatest({threshold}, {floor}))) AS lower,
    unit * sinh(asinh(usual / unit) + greatest({threshold}, {floor})) AS upper,
    r / {threshold} AS score, 1 AS history, true AS is_judged, abs(r) > greatest({threshold}, {floor}) AS is_beyond
FROM moved
"""

_SIGNED_IN = """
WITH events AS (
    SELECT source_place, partner_code, signed_in, headcount, ln((1 + signed_in) / (1 + headcount)) AS ratio
    FROM staging.stg_returns__events
    WHERE signed_in IS NOT NULL AND headcount IS NOT NULL
),
usual AS (
    SELECT median(ratio) AS centre, greatest(1.4826 * mad(ratio), 0.1) AS scale, count(*) AS history FROM events
),
bounded AS (
    SELECT *, centre + greatest({threshold} * scale, {floor}) AS most FROM events CROSS JOIN usual
)
SELECT
    'fct_event' AS table_name, 'signed_in' AS column_name, '' AS category, 'returns' AS source_system,
    partner_code AS partner_key, '' AS indicator_key, '' AS period_key, source_place AS place,
    signed_in AS observed, (1 + headcount) * exp(centre) - 1 AS usual,
    0 AS lower, greatest((1 + headcount) * exp(most) - 1, headcount + 20) AS upper,
    (ratio - centre) / scale AS score, history, history >= {least_history} AS is_judged,
    -- Twenty names more than heads are a few walk-ins at a small event.
    history >= {least_history} AND ratio > most AND signed_in > headcount + 20 AS is_beyond
FROM bounded
"""

# How a measure is compared, and how far it moves by chance alone when `n` and `before` rows are measured.
_SCALES = {
    "volume": ("ln(1 + {value})", "0.5 * sqrt(1.0 / (1 + n_before))"),
    "null_share": ("asin(sqrt({value}))", "0.5 * sqrt(1.0 / greatest(n, 1) + 1.0 / greatest(n_before, 1))"),
    "category_share": ("asin(sqrt({value}))", "0.5 * sqrt(1.0 / greatest(n, 1) + 1.0 / greatest(n_before, 1))"),
    "centre": ("{value}", "(0.2 + width) * sqrt(1.0 / greatest(n, 1) + 1.0 / greatest(n_before, 1))"),
    "spread": ("{value}", "(0.2 + width) * 1.2 * sqrt(1.0 / greatest(n, 1) + 1.0 / greatest(n_before, 1))"),
}
_BACK = {
    "volume": "greatest(0, exp({t}) - 1)",
    "null_share": "sin(greatest(0, least(pi() / 2, {t}))) ** 2",
    "category_share": "sin(greatest(0, least(pi() / 2, {t}))) ** 2",
    "centre": "greatest(0, exp({t}) - 1)",
    "spread": "greatest(0, {t})",
}
_SINCE_RELEASE = """
WITH before AS (
    SELECT * FROM profile_before WHERE measure = '{measure}'
),
newest AS (
    SELECT coalesce(max(release_number), 0) AS number, count(DISTINCT release_number) AS releases FROM profile_before
),
groups AS (
    -- A new answer was nobody's before, one that is gone is nobody's now; the group it is of is in both.
    SELECT table_name, column_name, source_system, partner_key, max(n) AS n, max(n_before) AS n_before
    FROM (
        SELECT table_name, column_name, source_system, partner_key, row_count AS n, NULL AS n_before
        FROM profile_now WHERE measure = '{measure}'
        UNION ALL
        SELECT table_name, column_name, source_system, partner_key, NULL, row_count
        FROM before CROSS JOIN newest WHERE release_number = newest.number
    )
    GROUP BY ALL
),
members AS (
    SELECT DISTINCT table_name, column_name, category, source_system, partner_key
    FROM (
        FROM (SELECT * FROM profile_now WHERE measure = '{measure}')
        UNION ALL BY NAME
        SELECT before.* EXCLUDE (release_number) FROM before CROSS JOIN newest WHERE release_number = newest.number
    )
),
steps AS (
    SELECT
        table_name, column_name, category, source_system, partner_key,
        {of_value} - lag({of_value}) OVER (
            PARTITION BY table_name, column_name, category, source_system, partner_key ORDER BY release_number
        ) AS step
    FROM before
),
usual AS (
    SELECT
        table_name, column_name, category, source_system, partner_key,
        count(step) + 1 AS history, 1.4826 * median({of_step}) AS scale, max({of_step}) AS largest
    FROM steps GROUP BY ALL
),
widths AS (
    SELECT table_name, column_name, source_system, partner_key, max(value) AS width
    FROM profile_now WHERE measure = 'spread' GROUP BY ALL
),
both_say AS (
    SELECT
        members.*, groups.n, groups.n_before, coalesce(usual.history, newest.releases) AS history,
        coalesce(usual.scale, 0) AS scale, coalesce(usual.largest, 0) AS largest, coalesce(widths.width, 1) AS width,
        coalesce(now.value, 0) AS observed, coalesce(said.value, 0) AS said
    FROM members
    CROSS JOIN newest
    INNER JOIN groups USING (table_name, column_name, source_system, partner_key)
    LEFT JOIN (SELECT * FROM profile_now WHERE measure = '{measure}') AS now
        USING (table_name, column_name, category, source_system, partner_key)
    LEFT JOIN before AS said
        ON members.table_name = said.table_name AND members.column_name = said.column_name
        AND members.category = said.category AND members.source_system = said.source_system
        AND members.partner_key = said.partner_key AND said.release_number = newest.number
    LEFT JOIN usual USING (table_name, column_name, category, source_system, partner_key)
    LEFT JOIN widths USING (table_name, column_name, source_system, partner_key)
    WHERE groups.n_before IS NOT NULL AND ({is_lost} OR groups.n IS NOT NULL)
),
bounded AS (
    SELECT
        *, {of_observed} - {of_said} AS r, {of_said} AS expected,
        greatest({floor}, {threshold} * greatest({noise}, scale), largest) AS allowed
    FROM (SELECT * REPLACE (coalesce(n, 0) AS n) FROM both_say)
)
SELECT
    table_name, column_name, category, source_system, partner_key, '' AS indicator_key, '' AS period_key, '' AS place,
    {back_observed} AS observed, {back_expected} AS usual, {back_lower} AS lower, {back_upper} AS upper,
    r * {threshold} / allowed AS score, history, history >= {least_history} AS is_judged,
    history >= {least_history} AND {is_far} AS is_beyond
FROM bounded
"""


def _since_release(measure: str) -> str:
    value, noise = _SCALES[measure]
    back = _BACK[measure]
    is_lost = measure == "volume"
    named = {
        "{of_value}": value.format(value="value"),
        "{of_observed}": value.format(value="observed"),
        "{of_said}": value.format(value="said"),
        "{noise}": noise,
        "{is_lost}": str(is_lost).lower(),
        # What came in addition is compared quarter by quarter, and no measure of what may be lost.
        "{of_step}": "greatest(-step, 0)" if is_lost else "abs(step)",
        "{is_far}": "r < -allowed" if is_lost else "abs(r) > allowed",
        "{back_observed}": back.format(t="(expected + r)"),
        "{back_expected}": back.format(t="expected"),
        "{back_lower}": back.format(t="(expected - allowed)"),
        "{back_upper}": back.format(t="(expected + allowed)"),
        "{measure}": measure,
    }
    sql = _SINCE_RELEASE
    for name, said in named.items():
        sql = sql.replace(name, said)
    return sql


_FRESHNESS = """
WITH usual AS (
    SELECT
        table_name, column_name, source_system, partner_key, count(*) AS history, max(value) AS oldest,
        1.4826 * mad(value) AS scale, median(value) AS usual,
        date_diff('day', min(released_at), max(released_at)) AS days
    FROM profile_before WHERE measure = 'freshness' GROUP BY ALL
),
bounded AS (
    SELECT
        now.*, usual.usual, coalesce(usual.history, 0) AS history, coalesce(usual.days, 0) AS days, usual.scale,
        -- An age grows from one return to the next: what a whole season has seen is not told.
        usual.oldest + greatest({floor}, {threshold} * usual.scale) AS most
    FROM (SELECT * FROM profile_now WHERE measure = 'freshness') AS now
    LEFT JOIN usual USING (table_name, column_name, source_system, partner_key)
)
SELECT
    table_name, column_name, '' AS category, source_system, partner_key, '' AS indicator_key, '' AS period_key,
    '' AS place, value AS observed, usual, 0 AS lower, most AS upper, (value - usual) / greatest(scale, 1) AS score,
    history, history >= {least_history} AND days >= 90 AS is_judged,
    history >= {least_history} AND days >= 90 AND value > most AS is_beyond
FROM bounded
"""

_UNUSUAL = """
    SELECT
        '{table}' AS table_name, '{column}' AS column_name, '' AS category, '' AS source_system,
        coalesce({body}, '') AS partner_key, '' AS indicator_key, '' AS period_key, {place} AS place,
        {column}::DOUBLE AS observed, exp(centre) - 1 AS usual, greatest(0, exp(centre - allowed) - 1) AS lower,
        exp(centre + allowed) - 1 AS upper, (size - centre) / scale AS score, history,
        history >= {{least_history}} AS is_judged,
        history >= {{least_history}} AND abs(size - centre) > allowed AS is_beyond
    FROM (
        SELECT *, greatest({{threshold}} * scale, {{floor}}) AS allowed
        FROM (SELECT *, {size} AS size FROM mart.{table} {placed} WHERE {column} > 0)
        CROSS JOIN (
            -- Posts, hours and amounts keep to few values: a quarter of a factor of e is their least spread.
            SELECT median({size}) AS centre, greatest(1.4826 * mad({size}), 0.25) AS scale, count(*) AS history
            FROM mart.{table} WHERE {column} > 0
        )
    )
"""


# Where a row was returned, as the facts made of its record say.
_PLACED = """
        LEFT JOIN (
            SELECT source_record_id AS told_record, min(source_place) AS source_place
            FROM mart.indicator_fact GROUP BY source_record_id
        ) AS places ON {record} = told_record
"""


def _unusual_rows() -> str:
    return "UNION ALL".join(
        _UNUSUAL.format(
            place=f"coalesce(source_place, {said.row})" if said.record else said.row,
            placed=_PLACED.format(record=said.record) if said.record else "",
            table=table,
            column=column,
            body=said.body or "''",
            size=SIZE.format(column=column),
        )
        for table, said in statistics().profiled.items()
        for column in said.numbers
    )


COMPARISONS = {
    "unusual_rows": _unusual_rows(),
    "body_figures": _by_quarter("sum(claimed_quantity)", "claimed_quantity", is_of_body=True),
    "body_records": _by_quarter("count(*)", "", is_of_body=True),
    "source_records": _by_quarter("count(*)", "", is_of_body=False),
    "settled_figures": _SETTLED,
    "signed_in_beside_headcount": _SIGNED_IN,
    **{measure: _since_release(measure) for measure in _SCALES},
    "freshness": _FRESHNESS,
}
