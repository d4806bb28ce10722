"""Two years of a programme of four bodies, all alike but for small differences, as the tables that are compared."""

MART = """
CREATE SCHEMA mart; CREATE SCHEMA staging;
CREATE TABLE mart.dim_indicator AS SELECT 'resource_levered' AS indicator_key, true AS is_headline;
CREATE TABLE mart.dim_period AS
SELECT year || '-' || (year - 1999) || '-Q' || quarter AS period_key, true AS is_programme_period,
    make_date(year + quarter // 4, [6, 9, 12, 3][quarter], 28) AS ends_on
FROM range(2023, 2025) AS years (year), range(1, 5) AS quarters (quarter);
CREATE TABLE mart.return_expected AS
SELECT 'CB0' || body AS partner_key, period_key, true AS is_received, false AS is_waived
FROM range(1, 5) AS bodies (body), mart.dim_period;
CREATE TABLE mart.fct_leverage AS
SELECT
    partner_key || period_key || row AS leverage_key, partner_key, period_key,
    'r:' || partner_key || period_key || row AS source_record_id,
    (1000 + 100 * (hash(partner_key || period_key || row) % 5))::DECIMAL(18, 2) AS amount_gbp,
    if(row % 2 = 0, 'realised', 'committed') AS stage, 'private' AS source_type, 'cash' AS leverage_kind,
    'A' AS evidence_grade, 'O' || row AS organisation_key, DATE '2023-01-01' AS agreement_signed_on,
    (ends_on - row::INTEGER)::DATE AS stage_reached_on
FROM mart.return_expected JOIN mart.dim_period USING (period_key), range(1, 11) AS rows (row);
CREATE TABLE mart.indicator_fact AS
SELECT
    'resource_levered' AS indicator_key, leverage_key AS fact_key, partner_key, 'returns' AS source_system,
    period_key AS claimed_period_key, amount_gbp AS claimed_quantity, 'verified' AS status,
    stage_reached_on AS claimed_on,
    organisation_key, 'life' AS cluster_key, 'E08000025' AS local_authority_code, evidence_grade,
    stage_reached_on AS achieved_on, source_record_id,
    partner_key || ' ' || period_key || '.xlsx#Leverage!5' AS source_place
FROM mart.fct_leverage;
CREATE TABLE mart.indicator_value AS
SELECT indicator_key, claimed_period_key AS period_key, 'partner' AS scope, partner_key AS scope_key,
    'claimed' AS basis, sum(claimed_quantity) AS value
FROM mart.indicator_fact GROUP BY ALL;
CREATE TABLE mart.fct_support AS
SELECT leverage_key AS support_key, source_record_id, partner_key, 'returns' AS source_system,
    stage_reached_on AS supported_on,
    3.5 + (hash(leverage_key) % 3) AS support_hours, 210 AS support_minutes,
    if(hash(leverage_key) % 2 = 0, 'online', 'in_person') AS channel, 'B' AS evidence_grade, organisation_key
FROM mart.fct_leverage;
CREATE TABLE mart.fct_job AS
SELECT leverage_key AS job_key, source_record_id, partner_key, stage_reached_on AS started_on,
    30 + (hash(leverage_key) % 8) AS post_hours,
    10 AS baseline_fte, 11 AS follow_up_fte, 'verified' AS status, 'A' AS evidence_grade, organisation_key
FROM mart.fct_leverage;
CREATE TABLE mart.fct_event AS
SELECT leverage_key AS event_key, partner_key, stage_reached_on AS starts_on,
    40 + (hash(leverage_key) % 30) AS total_attendances
FROM mart.fct_leverage;
CREATE TABLE mart.fct_grant_award AS
SELECT leverage_key AS grant_award_key, source_record_id, 'threesixtygiving' AS source_system,
    stage_reached_on AS awarded_on,
    amount_gbp AS amount_awarded, organisation_key, 'E08000025' AS local_authority_code, 'awarded' AS status,
    'GBP' AS currency
FROM mart.fct_leverage;
CREATE TABLE mart.dim_organisation AS
SELECT DISTINCT organisation_key, '01234567' AS company_number, 'B1 1AA' AS postcode,
    'E08000025' AS local_authority_code, 'life' AS cluster_key, 'business' AS organisation_type,
    'small' AS size_band, 'active' AS company_status
FROM mart.fct_leverage;
CREATE TABLE staging.stg_returns__events AS
SELECT leverage_key AS source_place, partner_key AS partner_code, 50 + (hash(leverage_key) % 4)::INTEGER AS signed_in,
    52 AS headcount
FROM mart.fct_leverage;
"""
