"""The grants file is valid by the standard's own schema and names nobody it should not."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from evaluation.open_data import grants
from evaluation.open_data.build import GRANTS_FILE, build
from evaluation.open_data.errors import GrantsNotPublishable, TotalsDiffer
from evaluation.open_data.publisher import OpenDataSettings

STANDARD = Path(__file__).parents[2] / "fixtures" / "standards" / "threesixtygiving"
DAY = date(2025, 5, 15)
# The schema tells a date from an instant by format alone; jsonschema checks formats only where told how.
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _validator() -> Draft202012Validator:
    package = json.loads((STANDARD / "360-giving-package-schema.json").read_text(encoding="utf-8"))
    grant = json.loads((STANDARD / "360-giving-schema.json").read_text(encoding="utf-8"))
    # The two files of the standard say an http address for the 2020-12 metaschema, which has an https one.
    for schema in (package, grant):
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    resource = Resource.from_contents(grant)
    registry = Registry().with_resource(package["properties"]["grants"]["items"]["$ref"], resource)
    return Draft202012Validator(package, registry=registry, format_checker=FORMATS)


def _written(marts, folder: Path, settings: OpenDataSettings) -> dict:
    build(marts.mart, marts.public, folder, settings)
    return json.loads((folder / GRANTS_FILE).read_text(encoding="utf-8"))


def test_the_file_is_valid_360giving(marts, settings, tmp_path):
    content = _written(marts, tmp_path / "out", settings)
    assert [error.message for error in _validator().iter_errors(content)] == []
    assert content["version"] == "1.4"
    assert content["license"] == "https://example.org/licence"
    assert content["publisher"] == {"name": "Example Authority", "identifier": "GB-LAE-EXA"}


def test_the_schema_would_see_what_is_wrong(marts, settings, tmp_path):
    content = _written(marts, tmp_path / "out", settings)
    del content["grants"][0]["description"]
    assert list(_validator().iter_errors(content))


def test_only_the_programmes_grants_to_organisations_are_in_it(mart, settings):
    content = grants.package(mart, settings, DAY)
    assert [grant["id"] for grant in content["grants"]] == [f"360G-example-{number}" for number in (1, 2, 3, 4)]
    assert [grant.get("regrantType") for grant in content["grants"]] == [None, "FRG010", None, None]


def test_recipients_have_register_identifiers_and_unregistered_businesses_no_name(mart, settings):
    content = grants.package(mart, settings, DAY)
    recipients = [grant["recipientOrganization"][0] for grant in content["grants"]]
    assert recipients[0] == {
        "id": "GB-COH-01234567",
        "name": "Alpha Valves Limited",
        "companyNumber": "01234567",
        "location": [{"name": "Birmingham", "geoCode": "E08000025", "geoCodeType": "MD"}],
    }
    assert (recipients[1]["id"], recipients[1]["name"]) == ("GB-SC-SC012345", "Beta Trust")
    assert "location" not in recipients[1]
    assert (recipients[2]["id"], recipients[2]["name"]) == ("360G-example-org_c", grants.UNNAMED)
    assert recipients[3]["name"] == "City Council"


@pytest.mark.parametrize(
    ("company", "charity", "identifier"),
    [
        ("01234567", "123456", "GB-COH-01234567"),
        (None, "1123456", "GB-CHC-1123456"),
        (None, "SC012345", "GB-SC-SC012345"),
        (None, "NIC100280", "GB-NIC-100280"),
        (None, None, None),
    ],
)
def test_identifiers_follow_the_public_registers(company, charity, identifier):
    assert grants.organisation_id(company, charity) == identifier


def test_totals_by_currency_are_those_of_the_mart_to_the_penny(marts, settings, tmp_path):
    build(marts.mart, marts.public, tmp_path / "out", settings)
    read = json.loads((tmp_path / "out" / GRANTS_FILE).read_text(), parse_float=Decimal, parse_int=Decimal)
    assert grants.totals(read) == {"GBP": Decimal("3500.30"), "EUR": Decimal(70)} == grants.mart_totals(marts.mart)


def test_without_a_publisher_the_file_is_left_out_and_the_reason_said(marts, tmp_path):
    written = build(marts.mart, marts.public, tmp_path / "out", OpenDataSettings())
    assert not (tmp_path / "out" / GRANTS_FILE).exists()
    assert "no publisher is configured" in written.left_out[GRANTS_FILE]
    assert "no publisher is configured" in (tmp_path / "out" / "README.md").read_text()


def test_no_grant_at_all_is_said_too(mart, settings):
    mart.execute("DELETE FROM fct_grant_award WHERE is_programme_grant")
    with pytest.raises(GrantsNotPublishable, match="no grant to an organisation"):
        grants.package(mart, settings, DAY)


def test_a_grant_without_what_the_standard_requires_keeps_the_file_back(mart, settings):
    mart.execute("UPDATE fct_grant_award SET awarded_on = NULL WHERE grant_id = '360G-example-2'")
    with pytest.raises(GrantsNotPublishable, match="360G-example-2 has no awarded_on"):
        grants.package(mart, settings, DAY)


def test_grants_that_the_public_view_does_not_list_stay_inside(marts, settings, tmp_path):
    marts.public.execute("DROP TABLE grant_award")
    written = build(marts.mart, marts.public, tmp_path / "out", settings)
    assert "lists no grants" in written.left_out[GRANTS_FILE]
    assert not (tmp_path / "out" / GRANTS_FILE).exists()


def test_a_grant_that_the_public_view_has_otherwise_stops_the_build(marts, settings, tmp_path):
    marts.public.execute("UPDATE grant_award SET amount_gbp = 1 WHERE grant_id = '360G-example-2'")
    with pytest.raises(TotalsDiffer, match=r"360G-example-2: 2,000\.2 in grants_360giving\.json, 1 in mart_public"):
        build(marts.mart, marts.public, tmp_path / "out", settings)
