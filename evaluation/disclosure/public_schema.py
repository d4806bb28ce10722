"""The tables of `mart_public`: name, description, columns and the query that makes each. No table holds a fact.

Queries see the release's mart as `internal` and what disclosure control made as `quarter_row`, `year_row`,
`period_row` and `rule_row`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

_FIGURE = [("indicator_key", pa.string()), ("scope", pa.string()), ("scope_key", pa.string()), ("basis", pa.string())]

QUARTER_ROW = pa.schema(
    [
        *_FIGURE,
        ("period_key", pa.string()),
        ("value", pa.float64()),
        ("status", pa.string()),
        ("cumulative_value", pa.float64()),
        ("cumulative_status", pa.string()),
    ]
)
YEAR_ROW = pa.schema([*_FIGURE, ("financial_year", pa.string()), ("value", pa.float64()), ("status", pa.string())])
RULE_ROW = pa.schema(
    [
        ("indicator_key", pa.string()),
        ("scope", pa.string()),
        ("resolution", pa.string()),
        ("protected_unit", pa.string()),
        ("threshold", pa.int32()),
        ("dominance_n", pa.int32()),
        ("dominance_k", pa.float64()),
        ("p_percent", pa.float64()),
        ("rounding_base", pa.int32()),
        ("open_because", pa.string()),
    ]
)

STATUS = (
    "Empty: an ordinary figure. c confidential, x not available or not public yet, w withheld (a check of it failed), "
    "r differs from what was published in this row before."
)
_INDICATOR = "The indicator."
_SCOPE = "programme, partner, cluster, local_authority, organisation_type, size_band or leverage_source."
_SCOPE_KEY = "Which of them; programme for the whole."
_BASIS = "verified: claims are not public."
_PERIOD = "Financial-year quarter, such as 2023-24-Q1."
_RELEASE = "The release."


@dataclass(frozen=True)
class PublicTable:
    """One public table. `columns`: name to description, in the order of the query."""

    name: str
    description: str
    columns: Mapping[str, str]
    sql: str
    needs: tuple[str, ...] = ()


_TABLES = (
    PublicTable(
        "indicator_value",
        "Indicators by quarter after disclosure control. Grain: indicator, quarter, scope, scope key.",
        {
            "indicator_key": _INDICATOR,
            "period_key": _PERIOD,
            "scope": _SCOPE,
            "scope_key": _SCOPE_KEY,
            "basis": _BASIS,
            "value": "Figure of the quarter; empty where it is not shown.",
            "status": STATUS,
            "cumulative_value": "Figure from the programme's start to the quarter's end; empty where it is not shown.",
            "cumulative_status": STATUS,
        },
        """
        SELECT indicator_key, period_key, scope, scope_key, basis, CAST(value AS DECIMAL(18, 4)) AS value, status,
            CAST(cumulative_value AS DECIMAL(18, 4)) AS cumulative_value, cumulative_status
        FROM quarter_row ORDER BY indicator_key, scope, scope_key, period_key
        """,
    ),
    PublicTable(
        "indicator_year",
        "Indicators by financial year after disclosure control. Grain: indicator, year, scope, scope key.",
        {
            "indicator_key": _INDICATOR,
            "financial_year": "Financial year, such as 2023-24.",
            "scope": _SCOPE,
            "scope_key": _SCOPE_KEY,
            "basis": _BASIS,
            "value": "Figure of the year; empty where it is not shown.",
            "status": STATUS,
        },
        """
        SELECT indicator_key, financial_year, scope, scope_key, basis, CAST(value AS DECIMAL(18, 4)) AS value, status
        FROM year_row ORDER BY indicator_key, scope, scope_key, financial_year
        """,
    ),
    PublicTable(
        "indicator_performance",
        "Indicators against their targets, as far as public. Grain: indicator.",
        {
            "indicator_key": _INDICATOR,
            "target_value": "Target; empty where none was stated, or where it is a range.",
            "lower_value": "Lower end of a target that is a range.",
            "upper_value": "Upper end of a target that is a range.",
            "is_approximate": "Whether the target was stated as approximate.",
            "target_status": "stated, not_stated or agreed_later.",
            "actual_value": "Newest public figure since the programme's start.",
            "actual_status": STATUS,
            "actual_period_key": "Quarter up to whose end the actual value counts.",
            "rag": "Rating: green where the public figure reached the target and evaluators agree; else empty.",
            "rag_reason": "Why it is rated so, or not rated.",
        },
        """
        WITH newest AS (
            SELECT indicator_key, cumulative_value, cumulative_status, period_key
            FROM quarter_row
            WHERE scope = 'programme' AND cumulative_value IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY indicator_key ORDER BY period_key DESC) = 1
        )
        SELECT performance.indicator_key, performance.target_value, performance.lower_value, performance.upper_value,
            performance.is_approximate, performance.target_status,
            CAST(newest.cumulative_value AS DECIMAL(18, 4)) AS actual_value,
            CASE WHEN newest.indicator_key IS NULL THEN 'x' ELSE newest.cumulative_status END AS actual_status,
            newest.period_key AS actual_period_key,
            -- The evaluators' rating, and the words of the programme office, know figures that are not public.
            CASE
                WHEN newest.cumulative_value >= coalesce(performance.lower_value, performance.target_value)
                    AND performance.rag = 'green'
                    THEN 'green'
            END AS rag,
            CASE
                WHEN performance.target_status = 'not_stated' THEN 'no target stated'
                WHEN coalesce(performance.lower_value, performance.target_value) IS NULL THEN 'no target agreed yet'
                WHEN coalesce(newest.cumulative_value, 0) < coalesce(performance.lower_value, performance.target_value)
                    THEN 'target stated; the public figure has not reached it'
                WHEN performance.rag = 'green' THEN 'target reached'
                ELSE 'target reached; its rating rests on figures that are not public'
            END AS rag_reason
        FROM internal.indicator_performance AS performance
        LEFT JOIN newest USING (indicator_key)
        ORDER BY performance.indicator_key
        """,
    ),
    PublicTable(
        "disclosure_rule",
        "How each indicator is protected and how fine it is shown. Grain: indicator and scope.",
        {
            "indicator_key": _INDICATOR,
            "scope": _SCOPE,
            "resolution": "quarter, year, or not shown.",
            "protected_unit": "Who is protected: itself (what is counted), organisation, or member of an agreement.",
            "threshold": "Least number of units a figure is shown for.",
            "dominance_n": "Number of largest contributors that may not dominate a sum.",
            "dominance_k": "Share of the sum they may not exceed.",
            "p_percent": "Share to which the largest contributor may not be estimated.",
            "rounding_base": "Base to which figures are rounded.",
            "open_because": "Why the indicator needs no protection.",
        },
        "SELECT * FROM rule_row ORDER BY indicator_key, scope",
    ),
    PublicTable(
        "dim_indicator",
        "Indicators with definition and rule. Grain: indicator.",
        {
            "indicator_key": _INDICATOR,
            "indicator_code": "Code of the indicator (H1 to H7, S…).",
            "name": "Name.",
            "unit": "Unit of the indicator.",
            "definition": "What the indicator measures, in words.",
            "counting_rule": "How a unit is counted, in words.",
            "definition_version": "Version of the definition.",
            "minimum_evidence_grade": "Least grade of evidence that verifies.",
            "is_headline": "Whether it is one of the seven headline indicators.",
        },
        """
        SELECT indicator_key, indicator_code, name, unit, definition, counting_rule, definition_version,
            minimum_evidence_grade, is_headline
        FROM internal.dim_indicator ORDER BY indicator_key
        """,
    ),
    PublicTable(
        "dim_period",
        "Quarters of the programme. Grain: quarter.",
        {
            "period_key": _PERIOD,
            "starts_on": "First day.",
            "ends_on": "Last day.",
            "financial_year": "Financial year, such as 2023-24.",
            "quarter": "Quarter of the financial year, 1 to 4.",
            "status": "open, closed or locked.",
            "is_public": "Whether figures of the quarter are public yet.",
        },
        """
        SELECT period.period_key, period.starts_on, period.ends_on, period.financial_year, period.quarter,
            period.status, period_row.period_key IS NOT NULL AS is_public
        FROM internal.dim_period AS period
        LEFT JOIN period_row ON period.period_key = period_row.period_key
        WHERE period.is_programme_period ORDER BY period.period_key
        """,
    ),
    PublicTable(
        "dim_partner",
        "Cluster bodies. Grain: body.",
        {"partner_key": "Cluster body.", "name": "Name.", "cluster_key": "Its cluster."},
        "SELECT partner_key, name, cluster_key FROM internal.dim_partner ORDER BY partner_key",
    ),
    PublicTable(
        "dim_cluster",
        "Clusters of the scheme in force. Grain: cluster.",
        {
            "cluster_key": "Cluster; unknown where nothing says which.",
            "name": "Name.",
            "is_plan_for_growth": "Whether it is a cluster of the Plan for Growth.",
        },
        "SELECT cluster_key, name, is_plan_for_growth FROM internal.dim_cluster ORDER BY cluster_key",
    ),
    PublicTable(
        "dim_local_authority",
        "Local authorities of the area, outside, unknown. Grain: local authority.",
        {
            "local_authority_code": "Local authority code, or outside, or unknown.",
            "name": "Name.",
            "is_in_area": "Whether it lies in the seven authorities; empty when not known.",
        },
        """
        SELECT local_authority_code, name, is_in_area
        FROM internal.dim_local_authority ORDER BY local_authority_code
        """,
    ),
    PublicTable(
        "quality_result",
        "What the gate checked on this release. Grain: check.",
        {
            "check_name": "The check.",
            "dimension": "Dimension of quality.",
            "severity": "critical or warning.",
            "table_name": "The table of the evaluators' mart that was checked.",
            "passed": "Whether it passed.",
            "outcome": "passed, failed, or why it could not be told.",
            "meaning": "What the check is about.",
            "checked_at": "When (UTC).",
            "release_id": _RELEASE,
        },
        """
        SELECT check_name, dimension, severity, table_name, passed, outcome, meaning, checked_at, release_id
        FROM internal.quality_result ORDER BY check_name
        """,
    ),
    PublicTable(
        "release_info",
        "This release. Grain: one row.",
        {
            "release_id": _RELEASE,
            "released_at": "When it was made (UTC).",
            "data_as_of": "When its newest source was read (UTC).",
            "code_version": "Version of the code.",
            "input_fingerprint": "Fingerprint of all inputs.",
            "gate_status": "What the gate said.",
        },
        """
        SELECT release_id, released_at, data_as_of, code_version, input_fingerprint, gate_status
        FROM internal.release_info
        """,
    ),
    PublicTable(
        "evaluation_network_measure",
        "The collaboration network as a whole. Grain: quarter, tie class, measure.",
        {
            "period_key": _PERIOD,
            "tie_class": "formal, project, event, or brokered (with the cluster bodies).",
            "measure": "The measure; see docs/connectedness.md.",
            "value": "Its value; empty where it is not shown.",
            "status": "Empty: an ordinary value. c too few organisations, x not available, w withheld, e an estimate.",
        },
        """
        SELECT measure.period_key, measure.tie_class, measure.measure,
            CASE WHEN period_row.period_key IS NOT NULL THEN measure.value END AS value,
            CASE
                WHEN period_row.period_key IS NULL THEN 'x'
                WHEN measure.status = 'too_few_organisations' THEN 'c'
                WHEN measure.status = 'withheld' THEN 'w'
                WHEN measure.value IS NULL THEN 'x'
                WHEN measure.status = 'estimated' THEN 'e'
            END AS status
        FROM internal.evaluation_network_measure AS measure
        LEFT JOIN period_row ON measure.period_key = period_row.period_key
        WHERE measure.is_public
        ORDER BY measure.period_key, measure.tie_class, measure.measure
        """,
        needs=("evaluation_network_measure",),
    ),
)

# An award is public by publication as 360Giving data. Those to persons are left out; a recipient without a number or
# a type that only bodies have may be one person trading under their own name, and goes without it.
_GRANTS = """
    SELECT award.grant_id, award.title,
        CASE
            WHEN
                organisation.company_number IS NOT NULL OR organisation.charity_number IS NOT NULL
                OR organisation.organisation_type IN ('university', 'public_body', 'third_sector')
                THEN organisation.name
        END AS recipient_name,
        award.awarded_on, period.period_key,
        award.amount_gbp, award.funding_org_name, award.programme_title,
        coalesce(organisation.cluster_key, 'unknown') AS cluster_key, award.local_authority_code,
        award.status, award.regrant_type
    FROM internal.fct_grant_award AS award
    LEFT JOIN internal.dim_organisation AS organisation USING (organisation_key)
    LEFT JOIN internal.dim_period AS period ON award.awarded_on BETWEEN period.starts_on AND period.ends_on
    WHERE award.is_programme_grant AND NOT coalesce(award.is_individual, true)
"""

_GRANT_TABLES = (
    PublicTable(
        "grant_award",
        "The programme's grants to organisations, as published in 360Giving data. Grain: grant.",
        {
            "grant_id": "Identifier of the grant in the 360Giving standard.",
            "title": "Title.",
            "recipient_name": "Organisation that received it; empty where it may be one person.",
            "awarded_on": "Date of the award.",
            "period_key": _PERIOD,
            "amount_gbp": "Amount in pounds; empty for other currencies.",
            "funding_org_name": "Name of the funder.",
            "programme_title": "Title of the grant programme.",
            "local_authority_code": "Local authority code, or outside, or unknown.",
            "status": "awarded, or withdrawn.",
            "regrant_type": "Code of the 360Giving list regrantType, where the money is to be granted again.",
        },
        f"""
        SELECT grant_id, title, recipient_name, awarded_on, period_key, amount_gbp, funding_org_name, programme_title,
            local_authority_code, status, regrant_type
        FROM ({_GRANTS}) ORDER BY grant_id
        """,
    ),
    PublicTable(
        "grant_value",
        "Sums of grant_award, without grants withdrawn or to be granted again. Grain: quarter, scope, scope key.",
        {
            "period_key": _PERIOD,
            "scope": "programme, cluster or local_authority.",
            "scope_key": _SCOPE_KEY,
            "awards": "Number of grants.",
            "amount_gbp": "Their sum in pounds.",
        },
        f"""
        WITH award AS (SELECT * FROM ({_GRANTS}) WHERE status = 'awarded' AND regrant_type IS NULL)
        SELECT period_key, scope, scope_key, count(*) AS awards, CAST(sum(amount_gbp) AS DECIMAL(18, 2)) AS amount_gbp
        FROM (
            SELECT period_key, 'programme' AS scope, 'programme' AS scope_key, amount_gbp FROM award
            UNION ALL
            SELECT period_key, 'cluster', cluster_key, amount_gbp FROM award
            UNION ALL
            SELECT period_key, 'local_authority', local_authority_code, amount_gbp FROM award
        )
        GROUP BY period_key, scope, scope_key ORDER BY period_key, scope, scope_key
        """,
    ),
)


def public_tables(present: Collection[str], *, list_grants: bool) -> list[PublicTable]:
    """The tables to make from a mart that has the tables `present`."""
    tables = [*_TABLES, *(_GRANT_TABLES if list_grants else ())]
    return [table for table in tables if set(table.needs) <= set(present)]
