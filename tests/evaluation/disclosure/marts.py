"""A mart just large enough to be made public: events of cluster bodies by quarter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import duckdb

from evaluation.disclosure.configuration import PublicConfiguration, Scope, Series
from evaluation.disclosure.public_mart import Report, build_public_mart
from tests.evaluation.disclosure.makers import PEOPLE

TODAY = date(2025, 1, 1)
BODIES = {"b1": "auto", "b2": "auto", "b3": "rail"}
# Attendances by quarter and body.
Heads = Mapping[str, Mapping[str, int]]

_TABLES = """
CREATE TABLE dim_period AS SELECT * FROM (VALUES
    ('2023-24-Q1', DATE '2023-04-01', DATE '2023-06-30', '2023-24', 1, 'closed', true),
    ('2023-24-Q2', DATE '2023-07-01', DATE '2023-09-30', '2023-24', 2, 'closed', true),
    ('2023-24-Q3', DATE '2023-10-01', DATE '2023-12-31', '2023-24', 3, 'closed', true)
) AS t (period_key, starts_on, ends_on, financial_year, quarter, status, is_programme_period);
CREATE TABLE dim_indicator AS SELECT 'event_attendees' AS indicator_key, 'H6' AS indicator_code, 'Attendees' AS name,
    'attendance' AS unit, '' AS definition, '' AS counting_rule, 1 AS definition_version,
    'B' AS minimum_evidence_grade, true AS is_headline;
CREATE TABLE dim_cluster AS
    SELECT key AS cluster_key, key AS name, true AS is_plan_for_growth FROM (VALUES ('auto'), ('rail')) AS t (key);
CREATE TABLE dim_local_authority AS SELECT 'unknown' AS local_authority_code, '' AS name, false AS is_in_area;
CREATE TABLE dim_organisation (organisation_key VARCHAR, organisation_type VARCHAR, size_band VARCHAR);
CREATE TABLE fct_collaboration_member (collaboration_key VARCHAR, organisation_key VARCHAR);
CREATE TABLE fct_leverage (partner_key VARCHAR, agreement_ref VARCHAR, tranche VARCHAR, source_type VARCHAR);
CREATE TABLE quality_result (check_name VARCHAR, dimension VARCHAR, severity VARCHAR, table_name VARCHAR,
    passed BOOLEAN, outcome VARCHAR, meaning VARCHAR, checked_at TIMESTAMP, release_id VARCHAR);
CREATE TABLE release_info AS SELECT 'r' AS release_id, TIMESTAMP '2025-01-01' AS released_at,
    TIMESTAMP '2025-01-01' AS data_as_of, 'v' AS code_version, 'f' AS input_fingerprint, 'passed' AS gate_status;
CREATE TABLE dim_partner (partner_key VARCHAR, name VARCHAR, cluster_key VARCHAR);
CREATE TABLE indicator_fact (indicator_key VARCHAR, fact_key VARCHAR, period_key VARCHAR, partner_key VARCHAR,
    organisation_key VARCHAR, cluster_key VARCHAR, local_authority_code VARCHAR,
    exact_quantity DECIMAL(18, 4), exact_per_unit DECIMAL(18, 4), status VARCHAR, is_counted BOOLEAN);
CREATE TABLE indicator_value (indicator_key VARCHAR, scope VARCHAR, period_key VARCHAR, basis VARCHAR,
    value DECIMAL(18, 4), quality_status VARCHAR);
CREATE TABLE indicator_performance AS SELECT 'event_attendees' AS indicator_key, 100.0 AS target_value,
    NULL::DECIMAL(18, 4) AS lower_value, NULL::DECIMAL(18, 4) AS upper_value, false AS is_approximate,
    'stated' AS target_status, 'green' AS rag, 'set by the programme office: only 3 of b1 are left' AS rag_reason;
"""


def write_mart(path: Path, heads: Heads, rag: str = "green", withheld: Collection[tuple[str, str]] = ()) -> Path:
    """A mart of attendances; whatever they are, evaluators rate them `rag` against the target of 100. `withheld`:
    scopes and quarters that the gate keeps back.
    """
    with duckdb.connect(str(path)) as connection:
        connection.execute(_TABLES)
        connection.execute("UPDATE indicator_performance SET rag = ?", [rag])
        for scope, period in withheld:
            connection.execute(
                "INSERT INTO indicator_value VALUES ('event_attendees', ?, ?, 'verified', NULL, 'withheld')",
                [scope, period],
            )
        connection.executemany("INSERT INTO dim_partner VALUES (?, ?, ?)", [(b, b, c) for b, c in BODIES.items()])
        connection.executemany(
            "INSERT INTO indicator_fact "
            "VALUES ('event_attendees', ?, ?, ?, NULL, ?, 'unknown', ?, 1, 'verified', true)",
            [
                (f"{period}:{body}", period, body, BODIES[body], number)
                for period, bodies in heads.items()
                for body, number in bodies.items()
            ],
        )
    return path


def publish(
    home: Path,
    name: str,
    heads: Heads,
    *earlier: Path,
    resolution: str = "quarter",
    rag: str = "green",
    withheld: Collection[tuple[str, str]] = (),
) -> tuple[Path, Report]:
    """The folder of a release and what was said of it. `earlier`: what is remembered, newest first."""
    folder = home / name
    folder.mkdir(parents=True)
    configuration = PublicConfiguration(
        public_after_days=45,
        list_grants=False,
        rule_sets={"people": PEOPLE},
        indicators={
            "event_attendees": Series(rules="people", scopes={Scope.PARTNER: resolution, Scope.CLUSTER: resolution})
        },
    )
    mart = write_mart(folder / "mart.duckdb", heads, rag, withheld)
    return folder, build_public_mart(mart, folder, configuration, earlier=earlier, today=TODAY)


def read(folder: Path, sql: str) -> list[tuple]:
    """Rows of the public mart of a release."""
    with duckdb.connect(str(folder / "mart_public.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()
