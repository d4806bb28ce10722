"""A small release to make a pack of: mart, public mart and the mart of the release before."""

# ruff: noqa: E501 - rows of the test tables stay on one line each

from __future__ import annotations

from pathlib import Path

import duckdb

PERIODS = ("2023-24-Q1", "2023-24-Q2", "2023-24-Q3", "2023-24-Q4", "2024-25-Q1")
NASTY = 'Body & Sons <script>alert("x")</script>'
LABELS = {"returns": "Quarterly returns"}

_INDICATORS = """
    CREATE TABLE dim_indicator AS
    SELECT *, concat('What ', name, ' means.') AS definition, 'Once.' AS counting_rule, 1 AS definition_version,
        'B' AS minimum_evidence_grade
    FROM (VALUES
        ('pilots_funded', 'H1', 'Pilots funded', 'count', true),
        ('interventions_scaled', 'H2', 'Interventions scaled', 'count', true),
        ('new_collaborations', 'H3', 'New collaborations', 'count', true),
        ('businesses_assisted', 'H4', 'Businesses assisted', 'businesses', true),
        ('jobs_created', 'H5', 'Jobs created', 'FTE', true),
        ('event_attendees', 'H6', 'Event attendees', 'attendances', true),
        ('resource_levered', 'H7', 'Resource levered', 'GBP', true),
        ('resource_committed', 'S-C', 'Resource committed', 'GBP', false)
    ) AS t (indicator_key, indicator_code, name, unit, is_headline);
"""

# The jobs are those of the worked example: 4.5 FTE verified, 9.5 claimed.
_FACTS = """
    CREATE TABLE indicator_fact AS
    SELECT indicator_key, concat(indicator_key, ':', row_number() OVER ()) AS fact_key, period_key, 'CB01' AS partner_key,
        CAST(NULL AS VARCHAR) AS organisation_key, quantity::DECIMAL(18, 4) AS quantity, claimed_quantity::DECIMAL(18, 4) AS claimed_quantity,
        quantity::DECIMAL(18, 4) AS exact_quantity, claimed_quantity::DECIMAL(18, 4) AS exact_claimed_quantity,
        1::DECIMAL(18, 4) AS exact_per_unit, status,
        evidence_grade, 'returns' AS source_system, concat('ref-', row_number() OVER ()) AS source_ref,
        reason IS NULL AS is_counted, reason AS not_counted_reason
    FROM (VALUES
        ('jobs_created', '2023-24-Q1', 1, 1, 'verified', 'A', NULL),
        ('jobs_created', '2023-24-Q1', 1, 1, 'verified', 'B', NULL),
        ('jobs_created', '2023-24-Q2', 0.5, 0.5, 'verified', 'B', NULL),
        ('jobs_created', '2023-24-Q2', 0, 1, 'verified', 'B', 'not_permanent'),
        ('jobs_created', '2023-24-Q2', 1, 1, 'verified', 'A', NULL),
        ('jobs_created', '2023-24-Q3', 0, 1, 'verified', 'A', 'no_employment_increase'),
        ('jobs_created', '2023-24-Q3', 0, 1, 'verified', 'A', 'business_insolvent'),
        ('jobs_created', '2023-24-Q4', 0, 1, 'claimed', 'C', 'evidence_below_minimum'),
        ('jobs_created', '2023-24-Q4', 1, 1, 'verified', 'A', NULL),
        ('jobs_created', '2023-24-Q4', 0, 1, 'verified', 'A', 'duplicate'),
        ('pilots_funded', '2023-24-Q1', 1, 1, 'verified', 'A', NULL),
        ('pilots_funded', '2023-24-Q4', 1, 1, 'verified', 'A', NULL),
        ('pilots_funded', '2023-24-Q4', 0, 1, 'withdrawn', 'A', 'withdrawn'),
        ('interventions_scaled', '2023-24-Q3', 1, 1, 'verified', 'A', NULL),
        ('businesses_assisted', '2023-24-Q4', 23, 30, 'verified', 'B', NULL),
        ('event_attendees', '2023-24-Q2', 5950, 6100, 'verified', 'A', NULL),
        ('event_attendees', '2024-25-Q1', 75, 75, 'verified', 'A', NULL),
        ('resource_levered', '2023-24-Q1', 100000, 100000, 'verified', 'A', NULL),
        ('resource_levered', '2023-24-Q4', 50000.25, 50000.25, 'verified', 'B', NULL),
        ('resource_levered', '2023-24-Q4', 0, 30000, 'verified', 'A', 'excluded_source'),
        ('resource_levered', '2023-24-Q4', 0, 20000, 'verified', 'A', 'reported_apart'),
        ('resource_levered', '2023-24-Q4', 0, 5000, 'rejected', 'A', 'rejected'),
        ('resource_levered', '2023-24-Q4', 0, 7000, 'withdrawn', 'A', 'withdrawn'),
        ('resource_committed', '2023-24-Q1', 200000.50, 200000.50, 'verified', 'A', NULL)
    ) AS t (indicator_key, period_key, quantity, claimed_quantity, status, evidence_grade, reason);
"""

_VALUES = """
    CREATE TABLE indicator_value AS
    WITH summed AS (
        SELECT indicator_key, period_key, 'verified' AS basis, sum(quantity) AS value FROM indicator_fact
        WHERE is_counted AND status = 'verified' GROUP BY ALL
        UNION ALL
        SELECT indicator_key, period_key, 'claimed', sum(claimed_quantity) FROM indicator_fact
        WHERE status <> 'withdrawn' GROUP BY ALL
    )
    SELECT i.indicator_key, p.period_key, 'programme' AS scope, 'programme' AS scope_key, b.basis,
        coalesce(s.value, 0)::DECIMAL(18, 4) AS value,
        sum(coalesce(s.value, 0)) OVER (PARTITION BY i.indicator_key, b.basis ORDER BY p.period_key)::DECIMAL(18, 4)
            AS cumulative_value
    FROM dim_indicator AS i
    CROSS JOIN dim_period AS p
    CROSS JOIN (VALUES ('verified'), ('claimed')) AS b (basis)
    LEFT JOIN summed AS s USING (indicator_key, period_key, basis);
    CREATE TABLE indicator_performance AS
    SELECT indicator_key, t.target_value::DECIMAL(18, 4) AS target_value, coalesce(t.is_approximate, false) AS is_approximate,
        NULL::DECIMAL(18, 4) AS lower_value, NULL::DECIMAL(18, 4) AS upper_value,
        CASE WHEN t.target_value IS NULL THEN 'not_stated' ELSE 'stated' END AS target_status,
        v.verified AS actual_value, v.claimed AS claimed_value, NULL AS output_rag, t.rag AS forecast_rag,
        NULL AS override_rag, t.rag, coalesce(t.reason, 'no target stated') AS rag_reason
    FROM (
        SELECT indicator_key, sum(value) FILTER (basis = 'verified')::DECIMAL(18, 4) AS verified,
            sum(value) FILTER (basis = 'claimed')::DECIMAL(18, 4) AS claimed
        FROM indicator_value GROUP BY indicator_key
    ) AS v
    LEFT JOIN (VALUES
        ('pilots_funded', 15, true, 'red', 'far from it'),
        ('interventions_scaled', 5, true, NULL, 'not rated before it is reached'),
        ('event_attendees', 6000, false, 'green', 'target reached')
    ) AS t (indicator_key, target_value, is_approximate, rag, reason) USING (indicator_key);
"""

# A locked quarter of a body, of which a thirteenth business is known by now.
_RESTATED = """
    CREATE TABLE indicator_restatement AS
    SELECT 'businesses_assisted' AS indicator_key, 'CB01' AS restated_partner_key, '2023-24-Q4' AS restated_period_key,
        12.0 AS locked_value, 13.0 AS known_value, true AS is_open, 'pending' AS state, 'revision' AS cause,
        true AS is_material;
"""

_REST = f"""
    CREATE TABLE indicator_identity AS
    SELECT 'businesses_assisted' AS indicator_key, '2023-24-Q4' AS period_key, 22.0 AS all_same_value,
        21.0 AS lower_value, 24.0 AS upper_value;
    CREATE TABLE organisation_review AS SELECT 'o1' AS left_organisation_key, 'o2' AS right_organisation_key;
    CREATE TABLE fct_collaboration_member AS SELECT 'K1' AS collaboration_key, 'o1' AS organisation_key;
    CREATE TABLE dim_programme AS SELECT 'programme' AS programme_key, 'Programme of the test' AS name;
    CREATE TABLE dim_period AS
    SELECT period_key, starts_on::DATE AS starts_on, ends_on::DATE AS ends_on, financial_year, quarter, status,
        true AS is_programme_period
    FROM (VALUES
        ('2023-24-Q1', '2023-04-01', '2023-06-30', '2023-24', 1, 'closed'),
        ('2023-24-Q2', '2023-07-01', '2023-09-30', '2023-24', 2, 'closed'),
        ('2023-24-Q3', '2023-10-01', '2023-12-31', '2023-24', 3, 'closed'),
        ('2023-24-Q4', '2024-01-01', '2024-03-31', '2023-24', 4, 'closed'),
        ('2024-25-Q1', '2024-04-01', '2024-06-30', '2024-25', 1, 'open'),
        ('2024-25-Q2', '2024-07-01', '2024-09-30', '2024-25', 2, 'open')
    ) AS t (period_key, starts_on, ends_on, financial_year, quarter, status);
    CREATE TABLE indicator_forecast AS
    SELECT 'jobs_created' AS indicator_key, '2023-24-Q4' AS period_key, partner_key, 2.5::DECIMAL(18, 4) AS forecast_value
    FROM (VALUES ('CB01'), ('CB02')) AS t (partner_key);
    CREATE TABLE dim_partner AS FROM (VALUES ('CB01', '{NASTY}'), ('CB02', 'Second body')) AS t (partner_key, name);
    CREATE TABLE dim_local_authority AS
    FROM (VALUES ('E08000025', 'Birmingham'), ('E08000026', 'Coventry'), ('E08000027', 'Dudley'), ('E08000028', 'Sandwell'))
        AS t (local_authority_code, name);
    CREATE TABLE fct_leverage AS
    SELECT stage, source_type, leverage_kind, amount_gbp::DECIMAL(18, 2) AS amount_gbp, status, is_counted
    FROM (VALUES
        ('committed', 'private', 'cash', 200000.50, 'verified', true), ('realised', 'private', 'cash', 100000, 'verified', true),
        ('realised', 'public', 'cash', 50000.25, 'verified', true), ('realised', 'private', 'loan', 20000, 'verified', false),
        ('pipeline', 'private', 'cash', 1000, 'claimed', false)
    ) AS t (stage, source_type, leverage_kind, amount_gbp, status, is_counted);
    CREATE TABLE fct_grant_award AS
    SELECT awarded_on::DATE AS awarded_on, amount::DECIMAL(18, 2) AS amount_gbp, ours AS is_programme_grant, status,
        regrant_type
    FROM (VALUES
        ('2023-05-01', 1500, true, 'awarded', NULL), ('2024-05-01', 2500.50, true, 'awarded', NULL),
        ('2023-05-01', 9, false, 'awarded', NULL), ('2023-05-01', 70000, true, 'withdrawn', NULL),
        ('2023-05-01', 90000, true, 'awarded', 'FRG010')
    ) AS t (awarded_on, amount, ours, status, regrant_type);
    CREATE TABLE dim_intervention AS
    SELECT ref AS intervention_ref, title, kind AS intervention_type, partner AS partner_key, on_day::DATE AS starts_on,
        NULL::DATE AS new_funding_confirmed_on, award::DECIMAL(18, 2) AS award_gbp, new::DECIMAL(18, 2) AS new_funding_gbp,
        status
    FROM (VALUES
        ('ref-11', 'One', 'pilot', 'CB01', '2023-05-01', 60000, NULL, 'live'),
        ('ref-12', 'Two', 'feasibility_study', 'CB01', '2024-02-01', 40000, NULL, 'completed'),
        ('ref-12', 'Two', 'feasibility_study', 'CB02', '2024-02-01', 40000, NULL, 'completed'),
        ('ref-13', 'Three', 'pilot', 'CB01', '2024-02-02', 10000, NULL, 'terminated_before_spend'),
        ('ref-14', 'Four', 'scaled', 'CB01', '2023-11-01', NULL, 90000, 'live')
    ) AS t (ref, title, kind, partner, on_day, award, new, status);
    CREATE TABLE quality_result AS
    FROM (VALUES
        ('sums', 'consistency', 'critical', 'passed', 'Sums hold.', 'nothing', 'data engineering', 'Look.'),
        ('late', 'timeliness', 'warning', 'failed', 'Returns came in time.', '2 rows', 'cluster bodies', 'Tell them.'),
        ('crm', 'timeliness', 'warning', 'not_applicable', 'The CRM is fresh.', 'off', 'data engineering', '')
    ) AS t (check_name, dimension, severity, outcome, meaning, observed, owner, remedy);
    CREATE TABLE waiver AS
    SELECT t.*, 'programme director' AS approved_by_role, DATE '2024-06-30' AS expires_on, true AS is_in_force
    FROM (VALUES ('late', 'CB02:2023-24-Q4', 'Flood.'), ('no_such_check', 'release', 'A slip.'))
        AS t (check_name, scope_key, reason);
    CREATE TABLE source_run AS
    SELECT 'returns' AS source, 'loaded' AS status, TIMESTAMP '2024-05-14 02:00:00' AS last_good_read_at,
        1 AS last_good_read_age_days, 120::BIGINT AS rows_read, 3::BIGINT AS rows_quarantined, true AS is_latest_run;
    CREATE TABLE quarantined_row AS
    SELECT 'returns' AS source, 'jobs' AS stream, 'not_a_date' AS reason_code, concat('file#Jobs!', i) AS place
    FROM range(3) AS t (i);
    CREATE TABLE inbox_file AS
    SELECT 'returns' AS kind, 'odd.xlsx' AS file_name, 'refused' AS status, 'no cover' AS reason;
    CREATE TABLE return_expected AS
    SELECT partner_key, '2023-24-Q4' AS period_key, partner_key = 'CB01' AS is_received, false AS is_waived FROM dim_partner;
"""

# The worked example of the evaluation: PV of GVA 2,354,575.90, low 976,464.79, high 4,221,095.77.
_EVALUATION = """
    CREATE TABLE evaluation_result AS
    SELECT 'programme' AS assumption_set, level AS spatial_level, scenario, measure, unit, value::DECIMAL(28, 6) AS modelled_value,
        4.5::DECIMAL(28, 6) AS gross_verified_fte, '2024-25' AS price_base, 'modelled' AS status,
        'not_assured' AS assurance_status,
        CASE measure WHEN 'net_jobs' THEN 0::DECIMAL(28, 6) END AS uk_modelled_value
    FROM (VALUES
        ('regional', 'low', 'gva_present_value', 'GBP', 976464.79), ('regional', 'central', 'gva_present_value', 'GBP', 2354575.90),
        ('regional', 'high', 'gva_present_value', 'GBP', 4221095.77), ('regional', 'low', 'net_jobs', 'FTE', 8.5272),
        ('regional', 'central', 'net_jobs', 'FTE', 18.5625), ('regional', 'high', 'net_jobs', 'FTE', 31.654),
        ('uk', 'low', 'net_jobs', 'FTE', NULL), ('uk', 'central', 'net_jobs', 'FTE', NULL), ('uk', 'high', 'net_jobs', 'FTE', NULL)
    ) AS t (level, scenario, measure, unit, value);
    CREATE TABLE evaluation_assumption AS
    SELECT 'displacement' AS name, 'Share lost elsewhere.' AS rationale, 'is not in the register' AS problem,
        'uk' AS spatial_level, 'missing' AS status;
    CREATE TABLE evaluation_switching_value AS
    SELECT 'programme' AS assumption_set, 'regional' AS spatial_level, name AS assumption_name, unit,
        central::DECIMAL(28, 6) AS central_value, value::DECIMAL(28, 6) AS switching_value, within AS is_within_range, outcome
    FROM (VALUES
        ('deadweight', 'share', 0.45, 0.884786, false, 'switches'),
        ('substitution', 'share', 0, NULL, NULL, 'always_above_cost')
    ) AS t (name, unit, central, value, within, outcome);
    CREATE TABLE evaluation_run AS
    SELECT 'programme' AS assumption_set, 'the standard horizon is ten years; reason for 12: a long pilot' AS horizon_flag;
    CREATE TABLE evaluation_caveat AS
    SELECT 'net_jobs' AS measure, 'Not a measurement.' AS caveat, 1 AS caveat_order;
"""


# Twelve organisations in a ring with one chord: five automotive, five rail, two of other clusters. The quarter before had
# eight. A cluster body is one of them. The indices are those of the worked graph of connectedness.
_NETWORK = """
    CREATE TABLE dim_cluster AS
    FROM (VALUES ('automotive_ev', 'Automotive <b>'), ('rail_vlr', 'Rail'), ('creative', 'Creative'), ('logistics', 'Logistics'))
        AS t (cluster_key, name);
    CREATE TABLE evaluation_network_node AS
    SELECT '2023-24-Q4' AS period_key, 'formal' AS tie_class, concat('secret-', i) AS node_key, concat('secret-', i) AS organisation_key,
        CASE WHEN i < 5 THEN 'automotive_ev' WHEN i < 10 THEN 'rail_vlr' WHEN i = 10 THEN 'creative' ELSE 'logistics' END AS cluster_key,
        i = 3 AS is_cluster_body
    FROM range(12) AS t (i);
    CREATE TABLE evaluation_network_edge AS
    SELECT '2023-24-Q4' AS period_key, 'formal' AS tie_class, concat('secret-', i) AS one_node_key,
        concat('secret-', (i + 1) % 12) AS other_node_key
    FROM range(12) AS t (i)
    UNION ALL SELECT '2023-24-Q4', 'formal', 'secret-0', 'secret-6';
    CREATE TABLE evaluation_network_measure AS
    SELECT period_key, tie_class, measure, CASE WHEN status IS NULL THEN value END::DOUBLE AS value, status,
        organisations::INTEGER AS organisations, ties::INTEGER AS ties, (ends_on - to_months(36))::DATE AS window_starts_on,
        ends_on AS window_ends_on, true AS is_public
    FROM (VALUES
        ('2023-24-Q3', DATE '2023-12-31', 8, 9, 'too_few_organisations'), ('2023-24-Q4', DATE '2024-03-31', 12, 13, NULL)
    ) AS q (period_key, ends_on, organisations, ties, status)
    CROSS JOIN (VALUES
        ('formal', 'density', 0.19696969696969696), ('formal', 'mean_degree', 2.1666666666666665), ('formal', 'e_i_index', -0.25),
        ('formal', 'e_i_index_expected', 0.6), ('formal', 'e_i_index_above_expected', -0.85), ('formal', 'new_ties', 3),
        ('formal', 'repeated_ties', 1), ('formal', 'lapsed_ties', 2), ('formal', 'retention', 0.1),
        ('formal', 'modularity', -0.02), ('brokered', 'giant_component_share_with_bodies', 1),
        ('brokered', 'giant_component_share_without_bodies', 0.75), ('brokered', 'dependence_on_bodies', 0.25)
    ) AS m (tie_class, measure, value);
"""


def _release(path: Path, release_id: str, released_at: str, facts: str, evaluation: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(_INDICATORS + facts + _REST + _VALUES + evaluation)
        connection.execute(f"""
            CREATE TABLE release_info AS
            SELECT '{release_id}' AS release_id, TIMESTAMP '{released_at}' AS released_at,
                TIMESTAMP '{released_at}' AS data_as_of, '0.1.0+test' AS code_version,
                'abcdef0123456789' AS input_fingerprint, 'passed_with_warnings' AS gate_status
        """)
    return path


def build_mart(path: Path) -> Path:
    """The release the pack is made of."""
    return _release(path, "2024-05-15.1", "2024-05-15 02:00:00", _FACTS, _EVALUATION + _NETWORK + _RESTATED)


def build_previous_mart(path: Path) -> Path:
    """The release before: one pilot of a closed quarter was not there yet, nor half of the open quarter's attendees."""
    facts = _FACTS.replace("('pilots_funded', '2023-24-Q1', 1, 1,", "('pilots_funded', '2023-24-Q1', 0, 1,")
    facts = facts.replace("('event_attendees', '2024-25-Q1', 75, 75,", "('event_attendees', '2024-25-Q1', 30, 30,")
    return _release(path, "2024-05-14.1", "2024-05-14 02:00:00", facts, "")


def build_mart_of_halves(path: Path) -> Path:
    """The release with figures that end in a half: 4.85 FTE and £662,194.50 verified, a share of a pilot."""
    facts = _FACTS.replace("('jobs_created', '2023-24-Q4', 1, 1,", "('jobs_created', '2023-24-Q4', 1.35, 1.35,")
    facts = facts.replace("'2023-24-Q4', 50000.25, 50000.25,", "'2023-24-Q4', 562194.5, 562194.5,")
    facts = facts.replace("('pilots_funded', '2023-24-Q4', 1, 1,", "('pilots_funded', '2023-24-Q4', 1.25, 1.25,")
    return _release(path, "2024-05-15.1", "2024-05-15 02:00:00", facts, _EVALUATION + _NETWORK)


def build_public_mart(path: Path) -> Path:
    """The same after disclosure control, with the worked cells 23, 12, c, c of four local authorities."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"""
            CREATE TABLE dim_period AS
            SELECT unnest(['2023-24-Q3', '2023-24-Q4', '2024-25-Q1']) AS period_key, unnest([true, true, false]) AS is_public;
            CREATE TABLE dim_partner AS FROM (VALUES ('CB01', '{NASTY}'), ('CB02', 'Second body')) AS t (partner_key, name);
            CREATE TABLE dim_cluster (cluster_key VARCHAR, name VARCHAR);
            CREATE TABLE dim_local_authority AS
            FROM (VALUES ('E08000025', 'Birmingham'), ('E08000026', 'Coventry'), ('E08000027', 'Dudley'), ('E08000028', 'Sandwell'))
                AS t (local_authority_code, name);
            CREATE TABLE indicator_value AS
            SELECT indicator_key, period_key, scope, scope_key, 'verified' AS basis, value::DECIMAL(18, 4) AS value, status,
                value::DECIMAL(18, 4) AS cumulative_value, status AS cumulative_status
            FROM (VALUES
                ('businesses_assisted', '2023-24-Q4', 'local_authority', 'E08000025', 23, NULL),
                ('businesses_assisted', '2023-24-Q4', 'local_authority', 'E08000026', 12, NULL),
                ('businesses_assisted', '2023-24-Q4', 'local_authority', 'E08000027', NULL, 'c'),
                ('businesses_assisted', '2023-24-Q4', 'local_authority', 'E08000028', NULL, 'c'),
                ('businesses_assisted', '2023-24-Q3', 'local_authority', 'E08000027', 7, NULL),
                ('event_attendees', '2023-24-Q4', 'partner', 'CB01', 5950, NULL),
                ('jobs_created', '2023-24-Q4', 'partner', 'CB01', NULL, 'x')
            ) AS t (indicator_key, period_key, scope, scope_key, value, status);
            CREATE TABLE indicator_year AS
            SELECT indicator_key, financial_year, scope, scope_key, 'verified' AS basis, value::DECIMAL(18, 4) AS value, status
            FROM (VALUES
                ('jobs_created', '2022-23', 'partner', 'CB01', 1.5, NULL), ('jobs_created', '2023-24', 'partner', 'CB01', 3, NULL),
                ('jobs_created', '2022-23', 'partner', 'CB02', 1.5, NULL), ('jobs_created', '2023-24', 'partner', 'CB02', NULL, 'c')
            ) AS t (indicator_key, financial_year, scope, scope_key, value, status)
        """)
    return path
