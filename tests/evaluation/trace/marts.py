"""Marts of a few facts, whose figures are their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

QUARTERS = ("2023-24-Q1", "2023-24-Q2")
FACT: dict[str, tuple[str, Any]] = {
    "fact_key": ("VARCHAR", "f"), "indicator_key": ("VARCHAR", "jobs_created"), "unit_key": ("VARCHAR", "u"),
    "achieved_on": ("DATE", "2023-04-01"), "period_key": ("VARCHAR", "2023-24-Q1"),
    "claimed_on": ("DATE", "2023-04-01"),
    "claimed_period_key": ("VARCHAR", "2023-24-Q1"), "partner_key": ("VARCHAR", "CB01"),
    "organisation_key": ("VARCHAR", "org_a"), "cluster_key": ("VARCHAR", "creative"),
    "local_authority_code": ("VARCHAR", "E08000025"), "quantity": ("DECIMAL(18, 4)", 0),
    "claimed_quantity": ("DECIMAL(18, 4)", 0), "exact_quantity": ("DECIMAL(18, 4)", 30),
    "exact_claimed_quantity": ("DECIMAL(18, 4)", 30), "exact_unit": ("VARCHAR", "contracted hours"),
    "exact_per_unit": ("DECIMAL(18, 4)", 30), "status": ("VARCHAR", "verified"), "evidence_grade": ("VARCHAR", "B"),
    "source_system": ("VARCHAR", "returns"), "source_record_id": ("VARCHAR", f"{'a' * 64}:Jobs!A4:B4"),
    "source_place": ("VARCHAR", "r.xlsx#Jobs!4"), "source_ref": ("VARCHAR", "P1"), "is_counted": ("BOOLEAN", True),
    "not_counted_reason": ("VARCHAR", None), "is_as_locked": ("BOOLEAN", False),
}  # fmt: skip
_SCOPES = {
    "programme": "'whole'",
    "partner": "partner_key",
    "cluster": "cluster_key",
    "local_authority": "local_authority_code",
}


def fact(key: str, **given: Any) -> dict[str, Any]:
    """A full-time post that counts, but for what is given; without a quantity that counts it does not count."""
    row = {name: default for name, (_, default) in FACT.items()} | {"fact_key": key, "unit_key": key} | given
    if row["not_counted_reason"] is not None:
        row |= {"is_counted": False, "exact_quantity": 0}
    row["quantity"] = row["exact_quantity"] / row["exact_per_unit"]
    row["claimed_quantity"] = row["exact_claimed_quantity"] / row["exact_per_unit"]
    assert set(row) == set(FACT)
    return row


def add_mart(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    facts: Sequence[dict[str, Any]],
    *,
    code: str = "1.0",
    inputs: str = "inputs",
    definition_version: str = "1",
    keys: dict[str, str] | None = None,
    file: object = ":memory:",
) -> None:
    """A mart of these facts as a database of that name; `keys`: the organisation of each source record."""
    connection.execute(f"ATTACH '{file}' AS {name}")
    columns = ", ".join(f"{column} {kind}" for column, (kind, _) in FACT.items())
    connection.execute(f"CREATE TABLE {name}.indicator_fact ({columns})")
    for row in facts:
        connection.execute(
            f"INSERT INTO {name}.indicator_fact VALUES ({', '.join('?' * len(row))})", list(row.values())
        )
    # Figures are added up here as nothing of the product does it.
    every = " UNION ALL ".join(
        f"SELECT indicator_key, {period} AS period_key, '{scope}' AS scope, {key} AS scope_key, '{basis}' AS basis, "
        f"{amount} AS amount FROM {name}.indicator_fact"
        for scope, key in _SCOPES.items()
        for basis, period, amount in (
            ("verified", "period_key", "if(is_counted AND status = 'verified', exact_quantity, 0)"),
            ("claimed", "claimed_period_key", "if(status = 'withdrawn', 0, exact_claimed_quantity)"),
        )
    )
    quarters = ", ".join(f"('{quarter}')" for quarter in QUARTERS)
    connection.execute(f"""
        CREATE TABLE {name}.release_info AS SELECT '{name}' AS release_id,
            TIMESTAMP '2025-07-01 02:00:00' AS released_at, TIMESTAMP '2025-07-01 01:00:00' AS data_as_of,
            '{code}' AS code_version, '{inputs}' AS input_fingerprint, 'passed' AS gate_status;
        CREATE TABLE {name}.dim_period AS
            SELECT period_key, true AS is_programme_period FROM (VALUES {quarters}) AS t (period_key);
        CREATE TABLE {name}.dim_indicator AS
            SELECT DISTINCT indicator_key, '{definition_version}' AS definition_version, 'what' AS definition,
                'how' AS counting_rule, 'B' AS minimum_evidence_grade FROM {name}.indicator_fact;
        CREATE TABLE {name}.bridge_organisation_record
            (source_system VARCHAR, source_record_id VARCHAR, organisation_key VARCHAR);
        CREATE TABLE {name}.indicator_value AS
            WITH units AS (
                SELECT indicator_key, max(exact_per_unit) AS per_unit FROM {name}.indicator_fact GROUP BY 1
            ),
            summed AS (
                SELECT indicator_key, period_key, scope, scope_key, basis, sum(amount) AS exact_value FROM ({every})
                WHERE scope_key IS NOT NULL AND period_key IN (SELECT period_key FROM {name}.dim_period) GROUP BY ALL
            )
            SELECT indicator_key, period_key, scope, scope_key, basis,
                CAST(exact_value / per_unit AS DECIMAL(18, 4)) AS value,
                CAST(exact_value AS DECIMAL(18, 4)) AS exact_value
            FROM summed JOIN units USING (indicator_key);
    """)
    for record, key in (keys or {}).items():
        connection.execute(f"INSERT INTO {name}.bridge_organisation_record VALUES ('returns', ?, ?)", [record, key])
