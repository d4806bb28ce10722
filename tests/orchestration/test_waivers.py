"""A waiver from its register to the gate: in force to its last day, over by itself the day after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest
import yaml

from ingestion.ingest import ingest_source
from quality.gate import run_gate
from tests.dbt_project import warehouses

LAST_DAY = datetime(2025, 5, 15, 23, tzinfo=UTC)
REGISTER = """\
check_name,scope_key,reason,approved_by_role,expires_on
body_was_visited,CB01:2024-25-Q2,visit is booked,programme manager,2025-05-15
cannot_be_asked,release,never mind,programme manager,2026-05-15
"""
CHECKS = {
    "body_was_visited": "SELECT 'CB01' AS partner_key, '2024-25-Q2' AS period_key FROM {batch} LIMIT 1",
    "cannot_be_asked": "SELECT nothing_of_the_kind FROM {batch}",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose office waived both checks; what was read stays as it is, whatever the day."""
    home = tmp_path_factory.mktemp("home")
    registers = home / "inbox" / "registers"
    registers.mkdir(parents=True)
    (registers / "waivers.csv").write_text(REGISTER, encoding="utf-8")
    ingest_source("registers", home=home, config={}, clock=LAST_DAY, run_id="r1", environment={})
    return home


def judged(home, clock, name):
    """What the gate says of one check on a candidate of that day."""
    warehouses.make(home, clock, "waiver")
    check = {
        "name": name, "table": "waiver", "dimension": "accuracy", "severity": "critical", "owner": "office",
        "meaning": "It holds.", "remedy": "Visit.", "scope": "partner", "unexpected_rows": CHECKS[name],
    }  # fmt: skip
    suite = home / "own.yaml"
    suite.write_text(yaml.safe_dump({"checks": [check]}), encoding="utf-8")
    warehouse = home / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE OR REPLACE TABLE mart.dim_indicator (indicator_key VARCHAR, indicator_code VARCHAR)")
    return run_gate(warehouse, suites=[suite], enabled_sources=["registers"], clock=clock)


def test_a_waiver_holds_on_its_last_day_and_expires_by_itself(home):
    (waived,) = judged(home, LAST_DAY, "body_was_visited").consequences
    (over,) = judged(home, LAST_DAY + timedelta(hours=2), "body_was_visited").consequences
    assert (waived.status, over.status) == ("waived", "withheld")
    assert (str(waived.scope), over.scope) == ("partner:CB01 period:2024-25-Q2", waived.scope)
    assert "waived by the programme manager until 2025-05-15: visit is booked" in waived.reason


def test_a_check_that_did_not_run_blocks_though_the_office_waived_it(home):
    verdict = judged(home, LAST_DAY, "cannot_be_asked")
    assert (verdict.passed, verdict.consequences) == (False, [])
    assert [(result.outcome, result.blocks) for result in verdict.results] == [("error", True)]
