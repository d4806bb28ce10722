"""Which indicators hang on which tables, from the graph alone."""

from __future__ import annotations

import csv
import json

import pytest

from orchestration.dbt_runner import PROJECT_DIR, ensure_parsed
from orchestration.lineage import Lineage


@pytest.fixture(scope="module")
def hangs_on(tmp_path_factory):
    manifest = ensure_parsed(tmp_path_factory.mktemp("home"))
    return Lineage(json.loads(manifest.read_text(encoding="utf-8"))).indicators_on_tables()


def test_every_indicator_hangs_on_what_its_facts_are_made_of(hangs_on):
    with (PROJECT_DIR / "seeds" / "indicator.csv").open(encoding="utf-8", newline="") as handle:
        known = sorted(row["indicator_key"] for row in csv.DictReader(handle))
    for table in ("indicator_fact", "indicator_value", "indicator_performance"):
        assert hangs_on[table] == known, table


@pytest.mark.parametrize(
    ("table", "indicators"),
    [
        ("fct_job", ["jobs_created"]),
        ("fct_leverage", ["resource_committed", "resource_levered"]),
        ("dim_intervention", ["interventions_scaled", "pilots_funded"]),
        ("dim_collaboration", ["collaborations_cross_sector", "new_collaborations"]),
        # Of all bodies and sources, or of none: what is wrong in them may be wrong anywhere.
        ("source_run", []),
        ("dim_period", []),
    ],
)
def test_a_table_of_one_kind_of_record_carries_its_indicators_alone(hangs_on, table, indicators):
    assert hangs_on[table] == indicators


def test_organisations_carry_all_that_names_one(hangs_on):
    assert {"businesses_assisted", "jobs_created", "resource_levered"} <= set(hangs_on["dim_organisation"])
    assert "pilots_funded" not in hangs_on["dim_organisation"]
    assert "event_attendees" in hangs_on["fct_event"]
    assert "jobs_created" not in hangs_on["fct_event"]
