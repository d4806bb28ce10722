"""Every number of every table of the mart is withheld with the indicators that are, or says here why it stands."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from common.sql import quoted
from orchestration.dbt_compiled import Model, compiled
from quality.consequence import Consequence, Scope
from quality.withholding import read_published, withhold

NUMBERS = ("decimal", "double", "float", "integer", "bigint", "hugeint", "smallint")
# A row of everything: what a column so called says of a figure that is withheld.
SAID = {
    "basis": "'verified'", "counts_in": "'businesses_assisted'", "indicator_code": "'S6'", "line": "'programme'",
    "measure": "'attendances'", "scope": "'programme'", "scope_key": "'all'", "span": "'quarter'",
    "stage": "'realised'", "status": "'verified'", "view_name": "'as_reported'",
}  # fmt: skip
BY_END = {"indicator_key": "'jobs_created'", "partner_key": "'CB01'", "period_key": "'2023-24-Q1'"}
# What stands though every indicator is withheld, by the reason.
STANDS = {
    "a record as it was returned or read: none of it says what counts": {
        "dim_intervention", "fct_claim", "fct_claim_forecast", "fct_grant_award", "fct_support",
    },
    "of an organisation, by rules of subsidy and not of an indicator": {"mfa_exposure"},
    "what is to be reached, or expected": {
        "indicator_forecast", "indicator_performance.lower_value", "indicator_performance.target_value",
        "indicator_performance.upper_value", "indicator_rating.forecasts_missing", "indicator_rating.reference_value",
    },
    "money that was spent, of no indicator": {"partner_claim", "spend_performance"},
    "which returns and rows came in, not what they say": {
        "inbox_file", "indicator_confidence.returns_expected", "indicator_confidence.returns_received",
        "indicator_confidence.returns_share", "quality_finding", "return_expected", "return_finding", "return_rate",
        "return_rule", "return_section", "return_submission", "source_drift", "source_freshness", "source_run",
    },
    "how sure it is that records are one organisation": {
        "bridge_organisation_record", "organisation_key_history", "organisation_link", "organisation_review",
    },
    "a unit, a calendar, a reference": {
        "dim_indicator", "dim_period", "indicator_overlap.exact_per_unit", "indicator_restatement.exact_per_unit",
        "indicator_revision.quarters_later", "ref_area_productivity", "ref_gdp_deflator", "ref_gdp_deflator_financial",
        "ref_sic_cluster", "reference_edition",
    },
    "of the nights": {"night", "night_stage"},
}  # fmt: skip


def cell(name: str, kind: str) -> str:
    """What stands in a column of the row."""
    if name in SAID:
        return SAID[name]
    for end, said in BY_END.items():
        if name.endswith(end):
            return said
    if kind.startswith(NUMBERS):
        return "7"
    return {"date": "DATE '2023-05-01'", "boolean": "true", "varchar": "'a'"}.get(kind, "NULL")


def filled(model: Model) -> dict[str, str]:
    row = {name: cell(name, kind.lower()) for name, kind in model.columns}
    if model.name == "indicator_restatement":
        row |= {"restated_partner_key": "'PROGRAMME'"}
    if model.name == "dim_period":
        row |= {"starts_on": "DATE '2023-04-01'", "ends_on": "DATE '2023-06-30'"}
    return row


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> dict[str, dict[str, bool]]:
    """By table of the mart and column of numbers, whether it still says one once every indicator is withheld."""
    home = tmp_path_factory.mktemp("home")
    warehouse = home / "warehouse.duckdb"
    models = [model for model in compiled(home).models if model.schema == "mart"]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE SCHEMA mart")
        for model in models:
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in model.columns)
            row = filled(model)
            connection.execute(f"CREATE TABLE mart.{model.name} ({columns})")
            connection.execute(
                f"INSERT INTO mart.{model.name} ({', '.join(map(quoted, row))}) VALUES ({', '.join(row.values())})"
            )
    with Path("dbt_project/seeds/indicator.csv").open(encoding="utf-8", newline="") as handle:
        keys = [row["indicator_key"] for row in csv.DictReader(handle)]
    withhold(warehouse, [Consequence("any", Scope(indicator_key=key), "it does not hold") for key in keys])
    found: dict[str, dict[str, bool]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        read_published(connection)
        for model in models:
            numbers = [name for name, kind in model.columns if kind.lower().startswith(NUMBERS)]
            if numbers:
                counted = ", ".join(f"count({quoted(name)}) > 0" for name in numbers)
                row = connection.execute(f"SELECT {counted} FROM {model.name}").fetchone()
                assert row is not None
                found[model.name] = dict(zip(numbers, row, strict=True))
    return found


def test_no_table_says_a_number_of_an_indicator_that_is_withheld(published):
    stand = set().union(*STANDS.values())
    shown = {
        f"{table}.{name}" for table, columns in published.items() for name, is_shown in columns.items() if is_shown
    }
    assert {one for one in shown if not {one, one.partition(".")[0]} & stand} == set()
    # No reason is left of what is gone.
    assert stand - shown - {one.partition(".")[0] for one in shown} == set()
