"""What hangs on a table is what the graph of the models says, not what somebody wrote down."""

from __future__ import annotations

import json

import pytest

from orchestration.dbt_runner import ensure_parsed
from orchestration.rules.lineage import RuleLineage


@pytest.fixture(scope="module")
def lineage(tmp_path_factory) -> RuleLineage:
    return RuleLineage(json.loads(ensure_parsed(tmp_path_factory.mktemp("home")).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("table", "indicators"),
    [
        ("fct_job", {"jobs_created"}),
        ("fct_leverage", {"resource_committed", "resource_levered"}),
        ("dim_collaboration", {"collaborations_cross_sector", "new_collaborations"}),
        ("dim_intervention", {"pilots_funded", "interventions_scaled"}),
        ("returns/jobs", {"jobs_created"}),
        ("returns/collaborations", {"new_collaborations"}),
        ("eventbrite/attendees", {"event_attendees", "supplementary"}),
        ("indicator_value", {"all"}),
        ("indicator_fact", {"all"}),
        ("source_run", {"all"}),
        ("no_such_table", set()),
    ],
)
def test_what_hangs_on_a_table(lineage, table, indicators):
    assert set(lineage.indicators(table)) == indicators
