"""The cases of Salesforce's contract (sources.md B2 and E), each against the sandbox server."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from ingestion.readiness import probe_source
from ingestion.sources.salesforce.reader import full_id
from sandbox.loopback import Loopback
from sandbox.salesforce import CLIENT_ID, CLIENT_SECRET, SalesforceApi, stamp
from sandbox.transport_faults import FaultyTransport, TransportFault, rate_limited
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "salesforce"
START = datetime(2024, 1, 1, tzinfo=UTC)
SECRETS = {"SALESFORCE_CLIENT_ID": CLIENT_ID, "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET}
OBJECTS = {
    "Account": {
        "Name": "string",
        "Company_Number__c": "string",
        "Charity_Number__c": "string",
        "Website": "url",
        "BillingPostalCode": "string",
        "Organisation_Type__c": "picklist",
        "WMIP_Cluster__c": "picklist",
        "Size_Band__c": "picklist",
    },
    "Contact": {"Email": "email", "AccountId": "reference:Account", "LastName": "string"},
    "Event": {
        "AccountId": "reference:Account",
        "WhoId": "reference:Who",
        "StartDateTime": "datetime",
        "EndDateTime": "datetime",
        "DurationInMinutes": "int",
        "WMIP_Outcome__c": "picklist",
        "WMIP_Partner_Code__c": "string",
        "WMIP_Channel__c": "picklist",
        "WMIP_Evidence__c": "picklist",
        "IsChild": "boolean",
        "IsRecurrence": "boolean",
        "GroupEventType": "picklist",
    },
    "Opportunity": {
        "AccountId": "reference:Account",
        "Amount": "currency",
        "StageName": "picklist",
        "IsWon": "boolean",
        "CloseDate": "date",
    },
}

ALL_ACCOUNTS = (
    "SELECT Id, IsDeleted, MasterRecordId, CreatedDate, SystemModstamp, BillingPostalCode, Charity_Number__c, "
    "Company_Number__c, Name, Organisation_Type__c, Size_Band__c, WMIP_Cluster__c, Website FROM Account "
    "ORDER BY SystemModstamp, Id"
)


def identifier(prefix: str, number: int) -> str:
    return full_id(f"{prefix}{number:012d}")


class Org(Nights):
    """A small organisation and the home it is read into."""

    api: SalesforceApi
    transport: FaultyTransport

    def account(self, number: int, changed: datetime = START, **fields: Any) -> Any:
        known = {"Name": "Aston Sensors Ltd", "Company_Number__c": "01234567", "BillingPostalCode": "B7 4BB"}
        return self.api.add("Account", identifier("001", number), changed, **{**known, **fields})

    def event(self, number: int, changed: datetime = START, **fields: Any) -> Any:
        known = {
            "AccountId": identifier("001", 1),
            "StartDateTime": "2024-03-01T10:00:00.000+0000",
            "EndDateTime": "2024-03-01T12:30:00.000+0000",
            "DurationInMinutes": 150,
            "WMIP_Outcome__c": "Completed",
            "WMIP_Partner_Code__c": "CB01",
            "WMIP_Channel__c": "Face to face",
            "WMIP_Evidence__c": "Signed support log",
            "IsChild": False,
        }
        return self.api.add("Event", identifier("00U", number), changed, **{**known, **fields})


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    api = SalesforceApi(OBJECTS)
    transport = FaultyTransport(api.app())
    with Loopback(transport) as server:
        made = Org("salesforce", tmp_path / "home", {"base_url": server.url, "bulk_poll_seconds": 0}, SECRETS)
        made.api, made.transport = api, transport
        made.account(1)
        made.event(1)
        api.add("Contact", identifier("003", 1), START, Email="Ada+crm@Example.org", AccountId=identifier("001", 1))
        api.add("Opportunity", identifier("006", 1), START, Amount=3233.0, StageName="Closed Won", IsWon=True)
        yield made


def touch(record: Any, instant: datetime, **fields: Any) -> None:
    record |= {**fields, "SystemModstamp": stamp(instant)}


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    return [_shape(value[0])] if isinstance(value, list) and value else type(value)


# Shapes


def test_the_sandbox_answers_in_the_shape_of_the_real_pages_errors_and_describes(org):
    org.api.page_size = 1
    org.account(2)
    url = org.config["base_url"]
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    token = requests.post(f"{url}services/oauth2/token", data=form, timeout=10).json()["access_token"]

    def ask(path: str, **headers: str) -> requests.Response:
        return requests.get(f"{url}services/data/v66.0/{path}", headers=headers, timeout=10)

    signed = {"Authorization": f"Bearer {token}"}
    page = ask("queryAll?q=SELECT Name FROM Account", **signed).json()
    real = json.loads((REAL / "restforce_query_paginated_first_page_response.json").read_text())
    page["records"][0]["Text_Label"] = page["records"][0].pop("Name")
    assert _shape(page) == _shape(real)
    assert "/query/" in page["nextRecordsUrl"]

    expired = json.loads((REAL / "restforce_expired_session_response.json").read_text())
    assert ask("queryAll?q=x").json() == expired
    refused = ask("queryAll?q=SELECT Nonsense__c FROM Account", **signed)
    assert refused.status_code == 400
    wrong = json.loads((REAL / "restforce_query_error_response.json").read_text())
    assert [item["errorCode"] for item in refused.json()] == [item["errorCode"] for item in wrong]

    for name in ("Account", "Event"):
        described = ask(f"sobjects/{name}/describe", **signed).json()
        recorded = json.loads((REAL / f"describe_{name}.json").read_text())
        assert set(described) <= set(recorded) | {"label"}
        real_fields = {field["name"]: field for field in recorded["fields"]}
        for field in described["fields"]:
            assert set(field) <= set(real_fields["Id"])
            if field["name"] in real_fields:
                assert field["type"] == real_fields[field["name"]]["type"], field["name"]


def test_every_standard_field_of_the_shipped_mapping_is_in_the_recorded_describe():
    from ingestion.apis.mapping import load_mapping
    from ingestion.catalogue import SOURCES

    shipped = load_mapping(SOURCES["salesforce"], Path("no-home"))
    for stream, name in (("accounts", "Account"), ("activities", "Event")):
        known = {field["name"] for field in json.loads((REAL / f"describe_{name}.json").read_text())["fields"]}
        assert {field for field in shipped[stream].fields if not field.endswith("__c")} <= known


def test_real_funding_requests_and_accounts_are_landed_with_their_sums(tmp_path):
    """The sample organisation of Outbound Funds, its objects mapped; its short numbers made ids of 15 characters."""
    objects: dict[str, dict[str, str]] = {"Contact": OBJECTS["Contact"]}
    tables = {}
    for name in ("Account", "Funding_Request__c", "Disbursement__c"):
        with (REAL / f"outboundfunds_{name}.csv").open(newline="", encoding="utf-8") as handle:
            tables[name] = list(csv.DictReader(handle))
        objects[name] = dict.fromkeys(set(tables[name][0]) - {"id"}, "string")
    api = SalesforceApi(objects)
    for prefix, (name, rows) in zip(("001", "a0F", "a0D"), tables.items(), strict=True):
        for row in rows:
            fields = {field: value or None for field, value in row.items() if field != "id"}
            api.add(name, f"{prefix}{int(row['id']):012d}", START, **fields)
    home = tmp_path / "home"
    (home / "mappings").mkdir(parents=True)
    (home / "mappings" / "salesforce.yaml").write_text(
        "accounts: {columns: {company_number: null, charity_number: null, organisation_type: Type, cluster_tag: null,"
        " size_band: null}}\n"
        "activities: {object: null}\n"
        "opportunities:\n"
        "  object: Funding_Request__c\n"
        "  columns: {account_id: Applying_Organization__c, amount: Awarded_Amount__c, stage: Status__c, is_won: null,"
        " closes_on: Awarded_Date__c}\n"
    )
    with Loopback(api.app()) as server:
        nights = Nights("salesforce", home, {"base_url": server.url}, SECRETS)
        nights.good_night(0)
    landed = nights.latest("opportunities")
    assert len(landed) == 6
    assert sum(Decimal(row["amount"] or 0) for row in landed.values()) == 93_000
    assert {len(key) for key in landed} == {18}
    assert {row["name"] for row in nights.latest("accounts").values()} == {row["Name"] for row in tables["Account"]}


# Paging


def test_next_records_url_is_followed_and_keeps_the_deleted(org):
    org.api.page_size = 7
    for number in range(2, 40):
        org.account(number, IsDeleted=number % 2 == 0)
    org.good_night(0)
    assert len(org.latest("accounts")) == 39
    assert len(org.live("accounts")) == 20


def test_a_paging_token_that_expired_mid_run_is_replaced_by_a_query_from_the_last_record(org):
    org.api.page_size = 10
    for number in range(2, 61):
        org.account(number, START + timedelta(seconds=number // 25))  # ties on both sides of every page edge
    org.api.expired_locators = 2
    org.good_night(0)
    assert len(org.live("accounts")) == 60
    assert len(org.rows("accounts")) == 60


def test_an_empty_page_with_a_next_address_is_not_the_end(org):
    for number in range(2, 6):
        org.account(number)
    page = {
        "totalSize": 5,
        "done": False,
        "nextRecordsUrl": f"/services/data/v66.0/queryAll?q={ALL_ACCOUNTS}",
        "records": [],
    }
    org.transport.plant([TransportFault("status", 200, body=json.dumps(page).encode())], let_through=3)
    org.good_night(0)
    assert len(org.live("accounts")) == 5


def test_a_next_address_that_leads_to_itself_ends_the_night(org):
    page = {"totalSize": 5, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/01g-same", "records": []}
    org.transport.plant([TransportFault("status", 200, body=json.dumps(page).encode())] * 50, let_through=3)
    org.night(0, identical_requests=5)
    assert "its paging is broken" in org.messages
    assert len(org.transport.requests) < 15


def test_a_list_that_ends_early_is_not_taken_for_whole(org):
    for number in range(2, 6):
        org.account(number)
    page = {"totalSize": 5, "done": True, "records": []}
    org.transport.plant([TransportFault("status", 200, body=json.dumps(page).encode())], let_through=3)
    org.night(0)
    assert "gave 0 of 5 records of Account" in org.messages
    org.good_night(1)
    assert len(org.live("accounts")) == 5


def test_a_large_table_comes_by_the_bulk_api_until_the_literal_null_locator(org):
    for number in range(2, 26):
        org.account(number, Name='A "quoted" name,\nover two lines')
    org.good_night(0, bulk_above_rows=10, bulk_rows_a_page=7)
    assert len(org.live("accounts")) == 25
    assert len([r for r in org.transport.requests if r.endswith("/results")]) == 4
    assert org.latest("accounts")[identifier("001", 2)]["name"] == 'A "quoted" name,\nover two lines'
    # What the query API says of the same records is no change.
    org.good_night(1, read_whole=True)
    assert org.stream("accounts").rows_landed == 0


@pytest.mark.parametrize("end", ["Failed", "Aborted"])
def test_a_bulk_job_that_fails_is_said_and_nothing_is_landed(org, end, monkeypatch):
    created = SalesforceApi._create_job

    async def failing(api: SalesforceApi, request: Any) -> Any:
        answer = await created(api, request)
        for job in api._jobs.values():
            job["ends_as"] = end
        return answer

    monkeypatch.setattr(SalesforceApi, "_create_job", failing)
    broken = SalesforceApi(OBJECTS)
    broken.add("Account", identifier("001", 1), START)
    with Loopback(broken.app()) as server:
        org.night(0, base_url=server.url, bulk_above_rows=0)
    assert f"ended as {end}" in org.messages
    assert org.latest("accounts") == {}


@pytest.mark.parametrize("shift", [lambda line: f"{line},x", lambda line: line.rpartition(",")[0]])
def test_a_bulk_page_whose_rows_do_not_fit_its_headings_is_not_landed(org, shift, monkeypatch):
    answered = SalesforceApi._results

    async def shifted(api: SalesforceApi, request: Any) -> Any:
        answer = await answered(api, request)
        head, first, *rest = bytes(answer.body).decode().splitlines()
        return Response("\n".join([head, shift(first), *rest]), headers={"Sforce-Locator": "null"})

    monkeypatch.setattr(SalesforceApi, "_results", shifted)
    broken = SalesforceApi(OBJECTS)
    broken.add("Account", identifier("001", 1), START)
    with Loopback(broken.app()) as server:
        org.night(0, base_url=server.url, bulk_above_rows=0)
    assert "rows of another width than its headings" in org.messages
    assert org.latest("accounts") == {}


# Cursor


def test_rows_of_one_second_at_the_edge_of_a_night_are_not_skipped(org):
    org.account(5, FIRST_NIGHT)
    org.good_night(0)
    org.account(4, FIRST_NIGHT)  # the same second, a smaller id, committed later
    org.good_night(1)
    assert identifier("001", 4) in org.live("accounts")


def test_a_second_night_without_changes_asks_for_changes_only_and_lands_nothing(org):
    org.good_night(0)
    org.good_night(1)
    assert {stream.rows_landed for stream in org.last.streams} == {0}
    assert {stream.mode for stream in org.last.streams} == {"incremental"}


# Deletes


def test_a_deleted_account_keeps_its_data(org):
    account = org.account(2)
    org.good_night(0)
    touch(account, FIRST_NIGHT + timedelta(hours=5), IsDeleted=True)
    org.good_night(1)
    row = org.latest("accounts")[identifier("001", 2)]
    assert (row["_delete_reason"], row["name"]) == ("deleted", "Aston Sensors Ltd")
    assert row["_deleted_at"] == FIRST_NIGHT + timedelta(hours=5)


@pytest.mark.parametrize("name", ["Account", "Contact"])
def test_a_merged_record_points_to_its_master_by_the_long_id(org, name):
    prefix, stream = {"Account": ("001", "accounts"), "Contact": ("003", "contacts")}[name]
    loser = org.api.add(name, identifier(prefix, 2), START)
    org.good_night(0)
    touch(loser, FIRST_NIGHT, IsDeleted=True, MasterRecordId=identifier(prefix, 1)[:15])
    org.good_night(1)
    row = org.latest(stream)[identifier(prefix, 2)]
    assert (row["merged_into"], row["_delete_reason"]) == (identifier(prefix, 1), "merged")


def test_a_record_purged_while_nobody_read_is_found_absent_by_a_whole_read(org):
    for number in range(2, 12):
        org.account(number)
    org.good_night(0)
    org.api.purge("Account", identifier("001", 2))
    org.good_night(1)
    assert identifier("001", 2) in org.live("accounts")
    org.good_night(20)
    assert org.latest("accounts")[identifier("001", 2)]["_delete_reason"] == "absent_from_complete_list"


# Token and limits


def test_a_session_that_expires_mid_run_is_renewed_and_the_run_goes_on(org):
    org.transport.plant(
        [TransportFault("status", 401, body=(REAL / "restforce_expired_session_response.json").read_bytes())],
        let_through=5,
    )
    org.good_night(0)
    assert len([request for request in org.transport.requests if "oauth2" in request]) == 2
    assert org.live("opportunities")


def test_the_address_that_comes_with_the_token_is_used(org):
    with Loopback(org.api.app()) as other:
        org.api.instance_url = other.url
        org.good_night(0)
    assert {request.split()[1] for request in org.transport.requests} == {"/services/oauth2/token"}


def test_a_wrong_secret_is_said_without_the_secret(org):
    org.secrets = {**SECRETS, "SALESFORCE_CLIENT_SECRET": "wrong-secret"}
    org.night(0)
    assert "refused the client: check its id and secret" in org.messages
    assert "wrong-secret" not in org.messages


def test_request_limit_exceeded_ends_the_night_at_once(org):
    org.good_night(0)
    org.api.limit_reached = True
    before = len(org.transport.requests)
    org.night(1)
    assert "API requests of the last 24 hours are used up" in org.messages
    assert len(org.transport.requests) == before + 2  # the token, one request
    assert org.live("accounts")


def test_the_api_usage_and_version_are_recorded(org):
    org.good_night(0)
    assert org.stream("opportunities").api_usage.startswith("api-usage=")
    assert org.stream("opportunities").api_version == "66.0"


def test_a_retired_version_says_which_setting_to_change(org):
    org.night(0, api_version="20.0")
    assert "name a newer api_version in wmip.yaml" in org.messages


def test_rate_limits_and_server_faults_are_waited_out(org):
    org.transport.plant([rate_limited("0"), TransportFault("status", 503)], let_through=4)
    org.good_night(0)


# Drift and mapping


def test_a_field_hidden_by_field_level_security_fails_instead_of_emptying_the_column(org):
    org.good_night(0)
    org.api.hidden.add("Event.WMIP_Evidence__c")
    org.night(1)
    assert "Event has no field WMIP_Evidence__c (any more), or field-level security hides it" in org.messages
    assert org.latest("activities")[identifier("00U", 1)]["evidence"] == "Signed support log"


def test_an_object_that_is_not_there_is_named(org):
    (org.home / "mappings").mkdir(parents=True)
    (org.home / "mappings" / "salesforce.yaml").write_text("activities: {object: pmdm__ServiceDelivery__c}")
    org.night(0)
    assert "has no object pmdm__ServiceDelivery__c" in org.messages


def test_service_deliveries_of_pmm_are_support_sessions_with_hours(tmp_path):
    fields = {
        "pmdm__Account__c": "reference:pmdm__Account",
        "pmdm__Contact__c": "reference:pmdm__Contact",
        "pmdm__DeliveryDate__c": "date",
        "pmdm__Quantity__c": "double",
        "pmdm__AttendanceStatus__c": "picklist",
        "Body__c": "string",
        "Mode__c": "picklist",
        "Proof__c": "picklist",
    }
    api = SalesforceApi({**OBJECTS, "pmdm__ServiceDelivery__c": fields})
    api.add(
        "pmdm__ServiceDelivery__c",
        identifier("a1B", 1),
        START,
        pmdm__Account__c=identifier("001", 1),
        pmdm__DeliveryDate__c="2024-03-01",
        pmdm__Quantity__c=3.5,
        pmdm__AttendanceStatus__c="Present",
    )
    home = tmp_path / "home"
    (home / "mappings").mkdir(parents=True)
    (home / "mappings" / "salesforce.yaml").write_text(
        "activities:\n  object: pmdm__ServiceDelivery__c\n"
        "  columns: {account_id: pmdm__Account__c, contact_id: pmdm__Contact__c, started_at: pmdm__DeliveryDate__c,"
        " ended_at: null, minutes: null, hours: pmdm__Quantity__c, outcome: pmdm__AttendanceStatus__c,"
        " partner_code: Body__c, channel: Mode__c, evidence: Proof__c}\n"
    )
    with Loopback(api.app()) as server:
        nights = Nights("salesforce", home, {"base_url": server.url}, SECRETS)
        nights.good_night(0)
    row = nights.latest("activities")[identifier("a1B", 1)]
    assert (row["hours"], row["started_at"], row["outcome"]) == ("3.5", "2024-03-01", "Present")


def test_currencies_are_kept_where_several_are_switched_on(tmp_path):
    objects = {**OBJECTS, "Opportunity": {**OBJECTS["Opportunity"], "CurrencyIsoCode": "picklist"}}
    api = SalesforceApi(objects)
    api.add("Opportunity", identifier("006", 1), START, Amount=10.5, CurrencyIsoCode="EUR")
    with Loopback(api.app()) as server:
        nights = Nights("salesforce", tmp_path / "home", {"base_url": server.url}, SECRETS)
        nights.good_night(0)
    row = nights.latest("opportunities")[identifier("006", 1)]
    assert (row["amount"], row["currency"]) == ("10.5", "EUR")


# Types and people


def test_values_are_text_and_times_are_in_utc(org):
    org.good_night(0)
    event = org.latest("activities")[identifier("00U", 1)]
    assert (event["started_at"], event["minutes"]) == ("2024-03-01T10:00:00.000Z", "150")
    opportunity = org.latest("opportunities")[identifier("006", 1)]
    assert (opportunity["amount"], opportunity["is_won"]) == ("3233.0", "true")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"StartDateTime": None}, "missing"),
        ({"EndDateTime": "2020-01-01T00:00:00.000+0000"}, "ends_before_start"),
        ({"DurationInMinutes": "tbc"}, "not_a_number"),
        ({"DurationInMinutes": -5}, "negative"),
    ],
)
def test_a_session_without_a_usable_time_is_quarantined_alone(org, fields, reason):
    org.event(2, **fields)
    org.good_night(0)
    assert org.live("activities") == {identifier("00U", 1)}
    assert [row["reason_code"] for row in org.rows("rows", source="quarantine")] == [reason]


def test_an_invitees_copy_of_an_event_is_not_a_second_session(org):
    org.event(2, IsChild=True)
    org.good_night(0)
    assert org.live("activities") == {identifier("00U", 1)}


@pytest.mark.parametrize("fields", [{"IsRecurrence": True}, {"GroupEventType": "3"}])
def test_the_calendars_record_of_a_series_is_no_session(org, fields):
    """Its occurrences are; one that was landed as a session before goes."""
    org.event(2)
    org.good_night(0)
    assert org.live("activities") == {identifier("00U", 1), identifier("00U", 2)}
    org.event(2, changed=FIRST_NIGHT, **fields)
    org.event(3, changed=FIRST_NIGHT, GroupEventType="1")
    org.good_night(1)
    assert org.live("activities") == {identifier("00U", 1), identifier("00U", 3)}
    assert org.latest("activities")[identifier("00U", 2)]["_delete_reason"] == "series"


def test_no_person_is_landed_or_logged_and_variants_of_an_address_are_one(org, caplog):
    caplog.set_level(logging.DEBUG)
    org.api.add("Contact", identifier("003", 2), START, Email="ada@example.org", LastName="Lovelace")
    org.good_night(0)
    keys = {row["person_key"] for row in org.latest("contacts").values()}
    assert len(keys) == 1
    told = str(org.rows("contacts")) + caplog.text + org.messages
    assert not any(value in told for value in ("Lovelace", "ada@", "Ada+crm", CLIENT_SECRET, "salesforce-token"))


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", min_size=15, max_size=15))
def test_ids_that_differ_in_case_alone_differ_without_case_in_the_long_form(short):
    assert full_id(short)[:15] == short
    assert full_id(full_id(short)) == full_id(short)
    other = short.swapcase()
    assert (full_id(short).lower() == full_id(other).lower()) == (short == other)


def test_a_long_id_is_that_of_salesforce():
    # From the recorded bodies: 003q000000KvQ1tAAF, a00D0000008pQRAIA2.
    assert full_id("003q000000KvQ1t") == "003q000000KvQ1tAAF"
    assert full_id("a00D0000008pQRA") == "a00D0000008pQRAIA2"


def test_doctor_asks_for_a_token_and_the_pinned_version(org):
    environment = {**SECRETS, "WMIP_PSEUDONYM_KEY": "x"}
    assert all(
        probe.passed for probe in probe_source("salesforce", org.config, environment, org.home, datetime.now(UTC))
    )
    wrong = probe_source("salesforce", {**org.config, "api_version": "20.0"}, environment, org.home, datetime.now(UTC))
    assert "api_version" in wrong[-1].message


def test_what_changes_without_its_date_is_read_again_on_a_rhythm(org):
    record = org.account(5)
    org.account(6, FIRST_NIGHT - timedelta(hours=1))
    org.good_night(0)
    record["Name"] = "Renamed Ltd"
    for day in (10, 20):
        org.good_night(day)
    assert org.latest("accounts")[identifier("001", 5)]["name"] == "Aston Sensors Ltd"
    org.good_night(29)
    assert org.latest("accounts")[identifier("001", 5)]["name"] == "Renamed Ltd"
