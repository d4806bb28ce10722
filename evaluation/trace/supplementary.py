"""What the figures of the supplementary indicators S0 to S15 are the sum of: units, each with the record it is of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import duckdb

from evaluation.pack.mart_rows import has_table, rows
from evaluation.trace.facts import Traced, in_unit, total

# A unit is a fact of another indicator, or a tranche, or an organisation on the day it first qualified: by the session,
# grant or collaboration of that day. Of several records of the day the first by its name stands.
_UNITS = """
    WITH facts AS (
        SELECT indicator_key, fact_key, unit_key, achieved_on, source_system, source_record_id, source_place,
            partner_key, evidence_grade, organisation_key
        FROM indicator_fact
    ),
    records AS (
        SELECT 'S1,S6' AS codes, fact_key AS unit_key, achieved_on, source_system, source_record_id, partner_key,
            evidence_grade, source_place
        FROM facts
        UNION ALL
        SELECT 'S7,S15', unit_key, achieved_on, source_system, source_record_id, partner_key, evidence_grade,
            source_place
        FROM facts WHERE indicator_key IN ('jobs_created', 'new_collaborations')
        UNION ALL
        SELECT 'S5', leverage_key, stage_reached_on, 'returns', source_record_id, partner_key, evidence_grade, NULL
        FROM fct_leverage
        UNION ALL
        SELECT 'S0,S3,S4', organisation_key, supported_on, source_system, source_record_id, partner_key, evidence_grade,
            NULL
        FROM fct_support WHERE organisation_key IS NOT NULL
        UNION ALL
        SELECT 'S0,S2,S4', organisation_key, awarded_on, source_system, source_record_id, partner_key, evidence_grade,
            NULL
        FROM fct_grant_award WHERE is_programme_grant AND organisation_key IS NOT NULL
        UNION ALL
        SELECT 'S9', m.organisation_key, f.achieved_on, f.source_system, f.source_record_id, f.partner_key,
            f.evidence_grade, f.source_place
        FROM facts AS f
        JOIN fct_collaboration_member AS m ON f.unit_key = m.collaboration_key
        WHERE f.indicator_key = 'new_collaborations'
    ),
    files AS (SELECT file_sha256, min(file_name) AS file_name FROM inbox_file GROUP BY 1)
    SELECT u.indicator_code AS indicator_key, u.unit_key AS fact_key, u.achieved_on AS dated, u.period_key,
        r.partner_key, u.organisation_key, NULL AS cluster_key, NULL AS local_authority_code, u.exact_quantity,
        CASE WHEN u.exact_per_unit = 1 THEN coalesce(v.unit, '') ELSE 'contracted hours' END AS exact_unit,
        u.exact_per_unit, 'verified' AS status, r.evidence_grade,
        'verified' AS reason, coalesce(r.source_system, '') AS source_system,
        coalesce(r.source_record_id, '') AS source_record_id,
        coalesce(r.source_place, f.file_name || '#') AS source_place, NULL AS source_ref
    FROM supplementary_fact AS u
    LEFT JOIN (SELECT indicator_code, any_value(unit) AS unit FROM supplementary_value GROUP BY 1) AS v
        USING (indicator_code)
    LEFT JOIN records AS r
        ON list_contains(string_split(r.codes, ','), u.indicator_code) AND r.unit_key = u.unit_key
        AND r.achieved_on = u.achieved_on
    LEFT JOIN files AS f ON f.file_sha256 = split_part(r.source_record_id, ':', 1)
    WHERE u.indicator_code = $code AND (len($periods) = 0 OR u.period_key IN $periods)
    QUALIFY row_number() OVER (PARTITION BY u.unit_key ORDER BY r.source_record_id) = 1
    ORDER BY dated, fact_key
"""


def codes(mart: duckdb.DuckDBPyConnection) -> list[str]:
    """The supplementary indicators of a mart."""
    if not has_table(mart, "supplementary_value"):
        return []
    return [
        row["code"] for row in rows(mart, "SELECT DISTINCT indicator_code AS code FROM supplementary_value ORDER BY 1")
    ]


def units_of(mart: duckdb.DuckDBPyConnection, code: str, periods: Sequence[str] = ()) -> list[Traced]:
    """The units that a figure of the programme is the sum of, of these quarters or of all, by date."""
    return [Traced(**row) for row in rows(mart, _UNITS, {"code": code, "periods": list(periods)})]


def said_of(mart: duckdb.DuckDBPyConnection, code: str) -> tuple[dict[str, Decimal | None], str | None]:
    """What the mart says of an indicator by quarter, in its unit, and what it is, or why it has no figure."""
    found = rows(
        mart,
        "SELECT period_key, value, explanation FROM supplementary_value WHERE indicator_code = $code ORDER BY 1",
        {"code": code},
    )
    return {row["period_key"]: row["value"] for row in found}, next((row["explanation"] for row in found), None)


def unexplained(mart: duckdb.DuckDBPyConnection, code: str) -> list[str]:
    """The quarters whose figure is not the sum of the units it opens to."""
    units, (said, _) = units_of(mart, code), said_of(mart, code)
    found = {
        period: [unit for unit in units if unit.period_key == period]
        for period, value in said.items()
        if value is not None
    }
    return [period for period, of_quarter in found.items() if in_unit(total(of_quarter), of_quarter) != said[period]]
