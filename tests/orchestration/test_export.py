"""`wmip export` on a release of the sandbox: what leaves the house is valid, described and adds up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from frictionless import Package

from tests.conftest import wmip

pytestmark = pytest.mark.xdist_group("small_release")


@pytest.fixture(scope="module")
def exported(small_release, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "open_data"
    result = wmip("export", "--home", small_release.path, "--output", folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_the_export_is_a_valid_package_with_every_column_described(exported):
    report = Package(str(exported / "datapackage.json")).validate()
    assert report.valid, [error.message for task in report.tasks for error in task.errors]
    descriptor = json.loads((exported / "datapackage.json").read_text())
    fields = [field for item in descriptor["resources"] for field in item.get("schema", {}).get("fields", [])]
    assert [field["name"] for field in fields if not field.get("description")] == []


def test_the_grants_are_those_of_the_mart(exported, small_release):
    content = json.loads((exported / "grants_360giving.json").read_text(), parse_float=Decimal, parse_int=Decimal)
    ((expected, count),) = small_release.query(
        "SELECT sum(amount_awarded), count(*) FROM fct_grant_award WHERE is_programme_grant AND NOT is_individual"
    )
    assert sum(grant["amountAwarded"] for grant in content["grants"]) == expected
    assert len(content["grants"]) == count


def test_the_export_is_byte_for_byte_what_the_release_carries(exported, small_release):
    released = small_release.path / "releases" / "current" / "open_data"
    assert {path.name for path in released.iterdir()} == {path.name for path in exported.iterdir()}
    assert [p.name for p in exported.iterdir() if p.read_bytes() != (released / p.name).read_bytes()] == []


def test_a_folder_with_something_in_it_is_not_written_to(exported, small_release):
    result = wmip("export", "--home", small_release.path, "--output", exported)
    assert result.returncode == 2
    assert "not an empty folder" in result.stderr


def test_gate_tables_are_described_to_the_last_column(small_release):
    undescribed = small_release.query(
        "SELECT table_name, column_name FROM duckdb_columns() "
        "WHERE table_name IN ('quality_result', 'release_info', 'retention_rule') AND comment IS NULL"
    )
    assert undescribed == []
