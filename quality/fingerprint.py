"""What a candidate is, as one hash of its content: verdicts are bound to it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import duckdb

from common.sql import quoted

SCHEMA = "mart"
# What a night says about itself, ages too, changes by the clock alone; it does not make the figures new.
VOLATILE_TABLES = frozenset(
    {
        "night",
        "night_alert",
        "night_stage",
        "quality_finding",
        "quality_result",
        "reference_edition",
        "release_info",
        "source_drift",
        "source_freshness",
        "source_run",
    }
)


def table_fingerprints(connection: duckdb.DuckDBPyConnection, schema: str = SCHEMA) -> dict[str, str]:
    """Fingerprint of each table of a schema: columns with types, row count, hash of the rows in any order."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_catalog = current_database() AND table_schema = ? ORDER BY table_name, ordinal_position",
        [schema],
    ).fetchall():
        columns.setdefault(table, []).append((name, kind))
    found = {}
    for table in columns:
        # Two aggregates: rows that occur twice cancel out in xor, not in the sum.
        content = connection.execute(
            f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM {schema}.{quoted(table)} AS t"
        ).fetchone()
        found[table] = hashlib.sha256(repr((columns[table], content)).encode()).hexdigest()
    return found


def combine(fingerprints: dict[str, str], without: Collection[str] = ()) -> str:
    """One fingerprint of several tables'."""
    listed = "\n".join(f"{name} {fingerprints[name]}" for name in sorted(fingerprints) if name not in without)
    return hashlib.sha256(listed.encode()).hexdigest()


def mart_fingerprint(warehouse: Path) -> str:
    """Content fingerprint of the candidate's mart."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return combine(table_fingerprints(connection))
