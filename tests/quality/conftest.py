"""A candidate small enough to see at a glance: one table of three posts."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml


@pytest.fixture
def candidate(tmp_path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE SCHEMA mart; CREATE TABLE mart.fct_job AS "
            "SELECT * FROM (VALUES ('a', 1.0), ('b', 0.5), ('c', -1.0)) AS t (job_key, fte);"
            "CREATE TABLE mart.fct_empty (job_key VARCHAR, fte DOUBLE)"
        )
    return path


@pytest.fixture
def suite(tmp_path):
    """Writes a suite of the given checks, each completed with what every check must have; returns its path."""

    def write(*checks: dict, name: str = "own.yaml") -> Path:
        common = {
            "dimension": "validity",
            "severity": "critical",
            "table": "fct_job",
            "owner": "warehouse",
            "meaning": "It holds.",
            "remedy": "Mend it.",
        }
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"checks": [{**common, **check} for check in checks]}), encoding="utf-8")
        return path

    return write
