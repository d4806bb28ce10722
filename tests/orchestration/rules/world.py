"""A whole candidate of a row or two a table, on which every check of the gate passes, having something to pass."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from common.sql import quoted
from orchestration.dbt_compiled import Model

PERIOD, LATER = "2023-24-Q1", "2023-24-Q2"
_FACTS = """
INSERT INTO mart.indicator_fact BY NAME
SELECT
    split_part(fact_key, ':', 1) AS indicator_key, fact_key, fact_key AS unit_key, DATE '2023-05-01' AS achieved_on,
    '2023-24-Q1' AS period_key, DATE '2023-05-01' AS claimed_on, '2023-24-Q1' AS claimed_period_key,
    'CB01' AS partner_key, 'O1' AS organisation_key, 'life' AS cluster_key, 'E08000025' AS local_authority_code,
    if(counts, claimed / per_unit, 0) AS quantity, claimed / per_unit AS claimed_quantity,
    if(counts, claimed, 0) AS exact_quantity, claimed AS exact_claimed_quantity, 'unit' AS exact_unit,
    per_unit AS exact_per_unit, if(counts, 'verified', 'rejected') AS status, 2 AS evidence_grade,
    'returns' AS source_system, fact_key AS source_record_id, counts AS is_counted,
    if(counts, NULL, 'rejected') AS not_counted_reason, false AS is_as_locked
FROM (
    VALUES ('jobs_created:J1', 30, 30, true), ('jobs_created:J2', 30, 30, false),
        ('businesses_assisted:O1', 1, 1, true), ('event_attendees:E1:heads', 1, 1, true),
        ('event_attendees:E1:P1', 1, 1, true), ('pilots_funded:I1', 1, 1, true)
) AS facts (fact_key, claimed, per_unit, counts)
"""
_VALUES = """
INSERT INTO mart.indicator_value BY NAME
SELECT *, value AS cumulative_value, exact_value AS exact_cumulative_value
FROM (
    SELECT indicator_key, period_key, scope, scope_key, basis,
        sum(exact) AS exact_value, sum(exact) / min(per_unit) AS value
    FROM (
        SELECT indicator_key, period_key, 'verified' AS basis, exact_quantity AS exact, exact_per_unit AS per_unit,
            partner_key, cluster_key, local_authority_code
        FROM mart.indicator_fact WHERE is_counted
        UNION ALL
        SELECT indicator_key, period_key, 'claimed', exact_claimed_quantity, exact_per_unit,
            partner_key, cluster_key, local_authority_code
        FROM mart.indicator_fact
    ) AS facts
    CROSS JOIN (VALUES ('programme'), ('partner'), ('cluster'), ('local_authority')) AS scopes (scope)
    CROSS JOIN LATERAL (
        SELECT CASE scope WHEN 'programme' THEN 'all' WHEN 'partner' THEN partner_key WHEN 'cluster' THEN cluster_key
            ELSE local_authority_code END AS scope_key
    ) AS keyed
    GROUP BY ALL
)
"""
# One row of a table, as column -> SQL; what is left out is null.
ROWS: list[tuple[str, dict[str, str]]] = [
    *(
        ("mart.dim_indicator", {"indicator_key": f"'{key}'", "minimum_evidence_grade": "3", "is_headline": "true"})
        for key in ("jobs_created", "businesses_assisted", "event_attendees", "pilots_funded")
    ),
    *(
        ("mart.dim_period", {"period_key": f"'{key}'", "is_programme_period": "true", "status": "'open'"})
        for key in (PERIOD, LATER)
    ),
    ("mart.dim_cluster", {"cluster_key": "'life'"}),
    ("mart.dim_local_authority", {"local_authority_code": "'E08000025'"}),
    ("mart.dim_partner", {"partner_key": "'CB01'", "cluster_key": "'life'"}),
    (
        "mart.dim_organisation",
        {
            "organisation_key": "'O1'",
            "name": "'Aston Gears Ltd'",
            "organisation_type": "'business'",
            "company_number": "'01234567'",
            "company_status": "'active'",
        },
    ),
    (
        "mart.bridge_organisation_record",
        {"organisation_key": "'O1'", "source_system": "'returns'", "source_record_id": "'1'"},
    ),
    ("mart.dim_person", {"person_key": "'guest:1'", "organisation_key": "'O1'"}),
    ("mart.dim_event", {"event_key": "'E1'", "title": "'Lunch'", "partner_key": "'CB01'"}),
    (
        "mart.fct_event",
        {
            "event_key": "'E1'",
            "partner_key": "'CB01'",
            "attended_identified": "7",
            "signed_in": "2",
            "unidentified_headcount": "1",
            "total_attendances": "10",
        },
    ),
    ("mart.fct_event_attendance", {"event_key": "'E1'", "person_key": "'guest:1'", "organisation_key": "'O1'"}),
    (
        "mart.fct_support",
        {"support_key": "'S1'", "organisation_key": "'O1'", "partner_key": "'CB01'", "support_hours": "3"},
    ),
    (
        "mart.fct_job",
        {
            "job_key": "'J1'",
            "organisation_key": "'O1'",
            "partner_key": "'CB01'",
            "post_ref": "'J1'",
            "post_fte": "1",
            "counted_fte": "1",
            "counted_hours": "30",
            "baseline_fte": "4",
            "follow_up_fte": "5",
            "is_counted": "true",
            "is_as_locked": "false",
        },
    ),
    *(
        (
            "mart.fct_leverage",
            {
                "leverage_key": f"'L{stage}'",
                "organisation_key": "'O1'",
                "partner_key": "'CB01'",
                "agreement_ref": "'L1'",
                "tranche": "'1'",
                "stage": f"'{stage}'",
                "amount_gbp": "1000",
                "is_counted": str(stage == "realised").lower(),
                "is_as_locked": "false",
            },
        )
        for stage in ("committed", "realised")
    ),
    (
        "mart.fct_grant_award",
        {
            "grant_award_key": "'G1'",
            "award_key": "'A1'",
            "organisation_key": "'O1'",
            "amount_awarded": "1000",
            "title": "'A pilot'",
            "source_system": "'threesixtygiving'",
        },
    ),
    ("mart.dim_collaboration", {"collaboration_key": "'C1'", "title": "'Gears'", "purpose": "'Better gears'"}),
    ("mart.fct_collaboration_member", {"collaboration_key": "'C1'", "organisation_key": "'O1'"}),
    ("mart.dim_intervention", {"intervention_key": "'I1'", "intervention_ref": "'P1'", "title": "'A pilot'"}),
    *(
        (
            "mart.indicator_performance",
            {"indicator_key": f"'{key}'", "target_status": status, "target_value": target, "rag": rag},
        )
        for key, status, target, rag in (
            ("jobs_created", "'stated'", "10", "'green'"),
            ("businesses_assisted", "'not_stated'", "NULL", "NULL"),
            ("event_attendees", "'not_stated'", "NULL", "NULL"),
            ("pilots_funded", "'not_stated'", "NULL", "NULL"),
        )
    ),
    ("mart.indicator_rating", {"indicator_key": "'jobs_created'", "rag": "'green'", "rag_level": "1"}),
    (
        "mart.source_run",
        {
            "source": "'returns'",
            "stream": "'jobs'",
            "status": "'loaded'",
            "is_latest_run": "true",
            "rows_read": "10",
            "rows_landed": "7",
            "rows_unchanged": "1",
            "rows_repeated": "1",
            "rows_quarantined": "1",
            "last_good_read_at": "TIMESTAMP '2025-05-15 02:00:00'",
            "last_good_read_age_days": "0",
        },
    ),
    (
        "mart.return_expected",
        {
            "partner_key": "'CB01'",
            "period_key": f"'{PERIOD}'",
            "is_received": "true",
            "is_on_time": "true",
            "is_waived": "false",
        },
    ),
    ("mart.waiver", {"check_name": "'every_expected_return_is_here'", "scope_key": f"'CB02:{PERIOD}'"}),
    ("mart.quarantined_row", {"message": "'Held on is no date'"}),
    ("mart.quality_rule", {"rule_id": "'not_a_date'"}),
    ("mart.finding", {"rule": "'not_a_date'", "message": "'Held on is no date'"}),
    ("mart.inbox_file", {"reason": "'is no workbook'"}),
    *(
        ("seed.indicator", {"indicator_key": f"'{key}'", "is_headline": "true"})
        for key in ("jobs_created", "pilots_funded")
    ),
    ("seed.source_system", {"source_system": "'returns'", "provides": "'support attendances'"}),
]


def build(connection: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> None:
    """Every table of the mart by its contract, every other as a row of nothing, and the rows of the world."""
    for schema in ("mart", "staging", "intermediate", "seed"):
        connection.execute(f"CREATE SCHEMA {schema}")
    for model in models:
        if model.schema == "mart":
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in model.columns)
            connection.execute(f"CREATE TABLE mart.{model.name} ({columns})")
        elif model.schema in ("staging", "intermediate"):
            connection.execute(f"CREATE TABLE {model.schema}.{model.name} AS SELECT 1 AS landed")
    connection.execute("CREATE TABLE seed.indicator (indicator_key VARCHAR, is_headline BOOLEAN)")
    connection.execute("CREATE TABLE seed.source_system (source_system VARCHAR, provides VARCHAR)")
    for table, row in ROWS:
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")
    connection.execute(_FACTS)
    connection.execute(_VALUES)
