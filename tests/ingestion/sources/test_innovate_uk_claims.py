"""The grant service's claims, read by Salesforce's reader through a mapping of their own (sources.md C4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.apis.mapping import load_mapping
from ingestion.catalogue import SOURCES
from ingestion.declaration import FOLDER
from ingestion.readiness import probe_source
from sandbox.loopback import Loopback
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET, SalesforceApi, stamp
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights
from tests.ingestion.sources.test_salesforce import identifier

START = datetime(2024, 1, 1, tzinfo=UTC)
SECRETS = {"INNOVATE_UK_CLIENT_ID": CLIENT_ID, "INNOVATE_UK_CLIENT_SECRET": CLIENT_SECRET}
# What the service holds beside what is mapped, none of which may be asked for.
UNASKED = {"Acc_FirstName__c": "string", "Acc_AccountNumber__c": "string", "Acc_ReasonForDifference__c": "textarea"}


def organisation() -> SalesforceApi:
    """An organisation with every object and field of the shipped mapping."""
    objects: dict[str, dict[str, str]] = {}
    for mapping in load_mapping(SOURCES["innovate_uk_claims"], Path("no-home")).values():
        fields = dict(UNASKED)
        for name in mapping.fields:
            root, dot, _ = name.partition(".")
            fields[root.replace("__r", "__c") if dot else name] = f"reference:{root}" if dot else "string"
        assert mapping.object is not None
        objects[mapping.object] = fields
    return SalesforceApi(objects)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[SalesforceApi, Nights]]:
    api = organisation()
    project, participant = identifier("a0P", 1), identifier("a0Q", 1)
    api.add("Acc_Project__c", project, START, Acc_ProjectNumber__c="10012345", Acc_ProjectStatus__c="Live")
    given: dict[str, Any] = {
        "Acc_ProjectId__c": project,
        "Acc_ParticipantStatus__c": "Active",
        "Acc_Postcode__c": "B7 4BB",
    }
    given |= {"Acc_AccountId__r.Name": "Aston Sensors Ltd", "Acc_FirstName__c": "Ada", "Acc_Award_Rate__c": 70.0}
    api.add("Acc_ProjectParticipant__c", participant, START, **given)
    for period, status, cost in ((1, "Paid", 12500.5), (2, "MO Queried", 8000.0)):
        api.add(
            "Acc_Claims__c",
            identifier("a0C", period),
            START,
            **{"RecordType.Name": "Total Project Period"},
            Acc_ProjectParticipant__c=participant,
            Acc_ClaimStatus__c=status,
            Acc_ProjectPeriodNumber__c=float(period),
            Acc_ProjectPeriodCost__c=cost,
            Acc_PaidDate__c="2024-02-20" if status == "Paid" else None,
            Acc_FinalClaim__c=False,
            Acc_ReasonForDifference__c="Ada was away",
        )
    with Loopback(api.app()) as server:
        yield api, Nights("innovate_uk_claims", tmp_path / "home", {"base_url": server.url}, SECRETS)


def test_claims_are_landed_with_their_states_and_nothing_that_was_not_mapped(service):
    _, nights = service
    nights.good_night(0)
    claims = nights.latest("claims")
    assert {row["period_number"]: row["status"] for row in claims.values()} == {"1.0": "Paid", "2.0": "MO Queried"}
    paid = claims[identifier("a0C", 1)]
    assert (paid["period_cost"], paid["paid_on"], paid["is_final"]) == ("12500.5", "2024-02-20", "false")
    assert paid["record_type"] == "Total Project Period"
    participant = nights.latest("participants")[identifier("a0Q", 1)]
    assert (participant["organisation_name"], participant["award_rate"]) == ("Aston Sensors Ltd", "70.0")
    assert "Ada" not in str(nights.rows("claims") + nights.rows("participants"))


def test_a_claim_that_moves_on_is_a_new_version(service):
    api, nights = service
    nights.good_night(0)
    claim = next(record for record in api._records["Acc_Claims__c"] if record["Acc_ClaimStatus__c"] == "MO Queried")
    claim |= {"Acc_ClaimStatus__c": "Submitted", "SystemModstamp": stamp(FIRST_NIGHT + timedelta(hours=1))}
    nights.good_night(1)
    assert [row["status"] for row in nights.rows("claims") if row["id"] == claim["Id"]] == ["MO Queried", "Submitted"]


def test_the_source_needs_no_pseudonym_key_and_has_no_reader_of_its_own(service):
    assert SOURCES["innovate_uk_claims"].variables == tuple(SECRETS)
    folder = FOLDER / "innovate_uk_claims"
    assert len((folder / "reader.py").read_text().splitlines()) < 15
    mapped = yaml.safe_load((folder / "mapping.yaml").read_text())
    assert set(mapped) == {stream.name for stream in SOURCES["innovate_uk_claims"].streams}


@pytest.mark.parametrize(
    ("day", "is_over"), [(datetime(2028, 6, 30, tzinfo=UTC), False), (datetime(2028, 7, 1, tzinfo=UTC), True)]
)
def test_versions_of_salesforce_end_here_too(service, monkeypatch, day, is_over):
    monkeypatch.setattr("sandbox.salesforce.VERSIONS", {"40.0", "66.0"})
    _, nights = service
    probes = probe_source("innovate_uk_claims", {**nights.config, "api_version": "40.0"}, SECRETS, nights.home, day)
    (end,) = [probe for probe in probes if probe.name == "end of life"]
    assert "Salesforce versions 31.0 to 40.0" in end.message
    assert end.passed is not is_over
    ours, theirs = (
        [(end.until, end.versions, end.instead) for end in SOURCES[name].as_read.ends]
        for name in ("innovate_uk_claims", "salesforce")
    )
    assert ours == theirs
