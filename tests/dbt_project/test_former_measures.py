"""What measures of the evaluation were called before stands beside them in the mart, for one release."""

from contextlib import closing
from datetime import UTC, date, datetime

import duckdb
import pyarrow.parquet as pq
import pytest

from evaluation.gross import GrossJobs
from evaluation.gross_to_net import Circumstances, evaluate
from ingestion.ingest import ensure_landing
from tests.dbt_project.warehouses import make
from tests.evaluation.registers import build, rows

TABLES = ("evaluation_caveat", "evaluation_result", "evaluation_sensitivity", "evaluation_simulation")
FORMER = {"benefit_cost_ratio": "gva_per_public_pound", "net_present_social_value": "gva_less_public_cost"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    home = tmp_path_factory.mktemp("former")
    ensure_landing(home)
    made = evaluate(
        GrossJobs({2023: 40.0}, 40.0, 95.0, 52, 31, 4),
        [build(rows())],
        Circumstances(date(2026, 11, 30), "f", "passed", draws=100),
    )
    for name in TABLES:
        (home / "evaluation" / name).mkdir(parents=True)
        pq.write_table(made[name], home / "evaluation" / name / f"{name}.parquet")
    make(home, datetime(2026, 11, 30, 2, tzinfo=UTC), *TABLES)
    return home / "warehouse.duckdb"


@pytest.mark.parametrize("table", TABLES)
def test_each_row_stands_again_under_its_former_name_and_nothing_else_does(warehouse, table):
    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        relation = connection.sql(f"SELECT * FROM evaluation.{table}")
        found = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    for former, measure in FORMER.items():
        under = {
            name: sorted(repr({**row, "measure": None}) for row in found if row["measure"] == name)
            for name in (former, measure)
        }
        assert under[former] == under[measure]
        assert under[measure]
    others = [repr(row) for row in found if row["measure"] not in FORMER]
    assert len(others) == len(set(others)), "no other measure is repeated"
