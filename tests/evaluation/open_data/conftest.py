"""A small released mart made by hand, so that what is published can be known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from evaluation.open_data.publisher import Licence, OpenDataSettings, Publisher

SETTINGS = OpenDataSettings(
    publisher=Publisher(name="Example Authority", org_id="GB-LAE-EXA", grant_prefix="360G-example"),
    licence=Licence(name="OGL-UK-3.0", title="Open Government Licence v3.0", path="https://example.org/licence"),
)

MART = """
    CREATE TABLE release_info AS
        SELECT '2025-05-15.1' AS release_id, TIMESTAMP '2025-05-15 02:00:00' AS released_at;
    CREATE TABLE dim_indicator AS
        SELECT indicator_key, indicator_code, name, unit, true AS is_headline, 'What' AS definition,
            'How' AS counting_rule, 1 AS definition_version, 'B' AS minimum_evidence_grade
        FROM (VALUES
            ('jobs_created', 'H5', 'Jobs created', 'FTE'), ('resource_levered', 'H7', 'Resource levered', 'GBP')
        ) AS t (indicator_key, indicator_code, name, unit);
    COMMENT ON COLUMN dim_indicator.indicator_code IS 'Code of the indicator.';
    CREATE TABLE indicator_performance AS
        SELECT 'jobs_created' AS indicator_key, NULL::DECIMAL(18, 4) AS target_value, 'not_stated' AS target_status;
    CREATE TABLE dim_period AS
        SELECT * FROM (VALUES
            ('2023-24-Q1', DATE '2023-04-01', DATE '2023-06-30'), ('2023-24-Q2', DATE '2023-07-01', DATE '2023-09-30')
        ) AS t (period_key, starts_on, ends_on);
    CREATE TABLE indicator_fact AS SELECT 'returns' AS source_system;
    CREATE TABLE indicator_value AS
        SELECT indicator_key, period_key, scope, scope_key, basis, value::DECIMAL(18, 4) AS value,
            value::DECIMAL(18, 4) AS cumulative_value
        FROM (VALUES
            ('jobs_created', '2023-24-Q1', 'programme', 'programme', 'verified', 4.5),
            ('jobs_created', '2023-24-Q1', 'programme', 'programme', 'claimed', 9.5),
            ('jobs_created', '2023-24-Q2', 'programme', 'programme', 'verified', 0.1),
            ('jobs_created', '2023-24-Q1', 'partner', 'CB01', 'verified', 1),
            ('resource_levered', '2023-24-Q1', 'programme', 'programme', 'verified', 12345678901.25)
        ) AS t (indicator_key, period_key, scope, scope_key, basis, value);
    CREATE TABLE dim_local_authority AS
        SELECT * FROM (VALUES ('E08000025', 'Birmingham', true), ('outside', 'Outside', false))
            AS t (local_authority_code, name, is_in_area);
    CREATE TABLE dim_organisation AS
        SELECT * FROM (VALUES
            ('org_a', 'Alpha Valves Limited', 'business', '01234567', NULL),
            ('org_b', 'Beta Trust', 'third_sector', NULL, 'SC012345'),
            ('org_c', 'Jo Bloggs Plumbing', 'business', NULL, NULL),
            ('org_d', 'City Council', 'public_body', NULL, NULL)
        ) AS t (organisation_key, name, organisation_type, company_number, charity_number);
    CREATE TABLE fct_grant_award AS
        SELECT grant_id, 'Grant ' || grant_id AS title, organisation_key, DATE '2024-01-31' AS awarded_on,
            amount::DECIMAL(18, 2) AS amount_awarded, currency, 'GB-LAE-EXA' AS funding_org_id,
            'Example Authority' AS funding_org_name, 'Pilot fund' AS programme_title, is_individual,
            is_programme_grant, local_authority_code,
            CASE grant_id WHEN '360G-example-2' THEN 'FRG010' END AS regrant_type
        FROM (VALUES
            ('360G-example-1', 'org_a', 1000.10, 'GBP', false, true, 'E08000025'),
            ('360G-example-2', 'org_b', 2000.20, 'GBP', false, true, 'outside'),
            ('360G-example-3', 'org_c', 500, 'GBP', false, true, 'E08000025'),
            ('360G-example-4', 'org_d', 70, 'EUR', false, true, 'unknown'),
            ('360G-example-5', NULL, 99, 'GBP', true, true, 'E08000025'),
            ('360G-other-1', 'org_a', 77, 'GBP', false, false, 'E08000025')
        ) AS t (grant_id, organisation_key, amount, currency, is_individual, is_programme_grant, local_authority_code);
"""

# After disclosure control: no claims, one body hidden, one figure by a scope that the evaluators' table does not have.
PUBLIC = """
    CREATE TABLE dim_indicator AS FROM internal.dim_indicator;
    COMMENT ON COLUMN dim_indicator.indicator_code IS 'Code of the indicator.';
    CREATE TABLE dim_period AS FROM internal.dim_period;
    CREATE TABLE indicator_performance AS FROM internal.indicator_performance;
    CREATE TABLE indicator_value AS
        SELECT indicator_key, period_key, scope, scope_key, basis, CASE WHEN scope <> 'partner' THEN value END AS value,
            CASE WHEN scope = 'partner' THEN 'c' END AS status, NULL::DECIMAL(18, 4) AS cumulative_value,
            'x' AS cumulative_status
        FROM internal.indicator_value WHERE basis = 'verified'
        UNION ALL
        VALUES ('jobs_created', '2023-24-Q1', 'size_band', 'micro', 'verified', 3::DECIMAL(18, 4), NULL, NULL, 'x');
    CREATE TABLE indicator_year AS
        SELECT indicator_key, '2023-24' AS financial_year, scope, scope_key, basis, sum(value)::DECIMAL(18, 4) AS value,
            NULL::VARCHAR AS status
        FROM indicator_value WHERE scope = 'programme' GROUP BY ALL;
    CREATE TABLE disclosure_rule AS
        SELECT 'jobs_created' AS indicator_key, 'programme' AS scope, NULL::INTEGER AS rounding_base;
    CREATE TABLE grant_award AS
        SELECT grant_id, CASE WHEN currency = 'GBP' THEN amount_awarded END AS amount_gbp
        FROM internal.fct_grant_award WHERE is_programme_grant AND NOT is_individual;
"""


@dataclass(frozen=True)
class Marts:
    """The two marts of one release."""

    mart: duckdb.DuckDBPyConnection
    public: duckdb.DuckDBPyConnection


@contextmanager
def release_of(folder: Path, *changes: str) -> Iterator[Marts]:
    """Both marts, after changes to the evaluators' one."""
    for file in ("internal.duckdb", "public.duckdb"):
        (folder / file).unlink(missing_ok=True)
    with duckdb.connect(str(folder / "internal.duckdb")) as mart:
        mart.execute(MART)
        for change in changes:
            mart.execute(change)
    with duckdb.connect(str(folder / "public.duckdb")) as public:
        public.execute(f"ATTACH '{folder / 'internal.duckdb'}' AS internal (READ_ONLY)")
        public.execute(PUBLIC)
        public.execute("DETACH internal")
    with (
        duckdb.connect(str(folder / "internal.duckdb")) as mart,
        duckdb.connect(str(folder / "public.duckdb")) as public,
    ):
        yield Marts(mart, public)


@pytest.fixture
def marts(tmp_path) -> Iterator[Marts]:
    with release_of(tmp_path) as made:
        yield made


@pytest.fixture
def mart():
    with duckdb.connect() as connection:
        connection.execute(MART)
        yield connection


@pytest.fixture
def settings() -> OpenDataSettings:
    return SETTINGS
