"""`mart.duckdb` and `parquet/`: the candidate's tables, and what the gate said of them."""

from __future__ import annotations

from dataclasses import astuple

import duckdb

from common.sql import literal
from orchestration.configuration import load_configuration
from orchestration.privacy.retention import rules
from orchestration.release.approval import GateRefused
from orchestration.release.context import BuildContext
from orchestration.release.steps.copying import RELEASED, candidate_and_release, copy_schema, write_parquet
from orchestration.release.steps.gate_tables import GATE_TABLES
from quality.fingerprint import SCHEMA, combine, table_fingerprints
from quality.receipt import gate_status
from quality.withholding import PUBLISHED


def copy_mart(context: BuildContext) -> None:
    """Copy every table of the candidate's mart without what is withheld. Raises GateRefused when the copy is not what
    the gate's verdict is bound to.
    """
    with candidate_and_release(context) as connection:
        copy_schema(connection, SCHEMA, instead=PUBLISHED)
        connection.execute("USE release")
        if combine(table_fingerprints(connection, RELEASED)) != context.verdict.publishes:
            raise GateRefused("the copied tables are not those the gate judged: the candidate changed meanwhile")


def add_gate_tables(context: BuildContext) -> None:
    """Add `quality_result`, `quality_consequence`, `release_info` and `retention_rule`."""
    with duckdb.connect(str(context.mart)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _add_quality_result(connection, context)
        _add_quality_consequence(connection, context)
        _add_release_info(connection, context)
        _add_retention_rule(connection, context)


def write_mart_parquet(context: BuildContext) -> None:
    """One Parquet file a table of the mart, in `parquet/`."""
    write_parquet(context.mart, context.building / "parquet")


def _add_quality_result(connection: duckdb.DuckDBPyConnection, context: BuildContext) -> None:
    connection.execute(f"CREATE TABLE quality_result ({GATE_TABLES['quality_result'].definition()})")
    connection.executemany(
        "INSERT INTO quality_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                result.check_name,
                result.dimension,
                result.severity,
                result.table_name,
                result.passed,
                result.outcome,
                result.observed,
                result.rows_checked,
                result.failing_rows,
                result.owner,
                result.meaning,
                result.remedy,
                result.checked_at.replace(tzinfo=None),
                context.release_id,
            )
            for result in sorted(context.verdict.results, key=lambda result: result.check_name)
        ],
    )
    describe(connection, "quality_result")


def _add_quality_consequence(connection: duckdb.DuckDBPyConnection, context: BuildContext) -> None:
    connection.execute(f"CREATE TABLE quality_consequence ({GATE_TABLES['quality_consequence'].definition()})")
    rows = [
        (
            one.rule_id,
            *(key or None for key in (scope.indicator_key, scope.partner_key, scope.period_key, scope.breakdown)),
            one.status,
            one.reason,
            one.waiver and one.waiver.approved_by_role,
            one.waiver and one.waiver.expires_on,
            context.release_id,
        )
        for one in context.verdict.consequences
        for scope in [one.scope]
    ]
    if rows:
        connection.executemany("INSERT INTO quality_consequence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    describe(connection, "quality_consequence")


def _add_release_info(connection: duckdb.DuckDBPyConnection, context: BuildContext) -> None:
    connection.execute(f"CREATE TABLE release_info ({GATE_TABLES['release_info'].definition()})")
    connection.execute(
        """
        INSERT INTO release_info
        SELECT $release_id, $clock, (SELECT max(last_good_read_at) FROM source_run), $code_version,
            $input_fingerprint, $gate_status
        """,
        {
            "release_id": context.release_id,
            "clock": context.clock.replace(tzinfo=None),
            "code_version": context.code_version,
            "input_fingerprint": context.input_fingerprint,
            "gate_status": gate_status(context.verdict),
        },
    )
    describe(connection, "release_info")


def _add_retention_rule(connection: duckdb.DuckDBPyConnection, context: BuildContext) -> None:
    connection.execute(f"CREATE TABLE retention_rule ({GATE_TABLES['retention_rule'].definition()})")
    connection.executemany(
        "INSERT INTO retention_rule VALUES (?, ?, ?, ?)",
        [astuple(rule) for rule in rules(load_configuration(context.home))],
    )
    describe(connection, "retention_rule")


def describe(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Write into the release what a table that it adds and its columns mean."""
    described = GATE_TABLES[table]
    connection.execute(f"COMMENT ON TABLE {table} IS {literal(described.description)}")
    for column, (_, description) in described.columns.items():
        connection.execute(f"COMMENT ON COLUMN {table}.{column} IS {literal(description)}")
