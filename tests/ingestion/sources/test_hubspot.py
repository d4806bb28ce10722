"""The cases of HubSpot's contract (sources.md B1 and E), each against the sandbox server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.routing import Mount

from ingestion.readiness import probe_source
from sandbox.faults import ServerFaults
from sandbox.hubspot import TOKEN, HubspotApi
from sandbox.loopback import Loopback
from sandbox.transport_faults import FaultyTransport, TransportFault
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "hubspot"
START = datetime(2024, 1, 1, tzinfo=UTC)
SECRETS = {"HUBSPOT_TOKEN": TOKEN}
NOVEMBER = datetime(2026, 11, 30, tzinfo=UTC)


class Crm(Nights):
    """A small account and the home it is read into."""

    api: HubspotApi
    transport: FaultyTransport

    def company(self, number: str, changed: datetime = START, archived: bool = False, **properties: Any) -> Any:
        return self.api.add("companies", number, {**COMPANY, **properties}, START, changed, archived)

    def contact(self, number: str, changed: datetime = START, **properties: Any) -> Any:
        given = {"email": f"p{number}@example.org", "associatedcompanyid": None, "firstname": "Ada", **properties}
        return self.api.add("contacts", number, given, START, changed, False)

    def meeting(self, number: str, changed: datetime = START, **properties: Any) -> Any:
        return self.api.add("meetings", number, {**MEETING, **properties}, START, changed, False)


COMPANY = {
    "name": "Aston Sensors Ltd",
    "domain": "aston.example",
    "company_number": "01234567",
    "charity_number": "",
    "zip": "B7 4BB",
    "city": None,
    "numberofemployees": "12",
    "organisation_type": "business",
    "cluster_tag": None,
    "size_band": None,
}
MEETING = {
    "hs_meeting_start_time": "2024-03-01T10:00:00.000Z",
    "hs_meeting_end_time": "2024-03-01T12:30:00.000Z",
    "hs_meeting_outcome": "COMPLETED",
    "wmip_partner_code": "CB01",
    "wmip_channel": "online",
    "wmip_evidence": "signed_support_log",
}


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    api = HubspotApi(ServerFaults(rate_limits=0))
    transport = FaultyTransport(Starlette(routes=[Mount("/crm", routes=api.routes())]))
    with Loopback(transport) as server:
        made = Crm("hubspot", tmp_path / "home", {"base_url": server.url}, SECRETS)
        made.api, made.transport = api, transport
        made.company("1")
        made.meeting("9")
        api.add(
            "deals", "3", {"amount": "500", "dealstage": "won", "pipeline": "x", "closedate": ""}, START, START, False
        )
        made.contact("5")
        yield made


def asked(crm: Crm, part: str) -> list[str]:
    return [request for request in crm.transport.requests if part in request]


def changed(record: Any, instant: datetime, **properties: Any) -> None:
    text = instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
    name = "lastmodifieddate" if "lastmodifieddate" in record["properties"] else "hs_lastmodifieddate"
    record["properties"] |= {**properties, name: text}
    record["updatedAt"] = text


# Shapes


@pytest.mark.parametrize("kind", ["companies", "contacts", "deals"])
def test_the_sandbox_answers_in_the_shape_of_the_real_lists(crm, kind):
    real = json.loads((REAL / f"{kind}.json").read_text())["results"][0]
    wanted = ",".join(real["properties"])
    answer = requests.get(
        f"{crm.config['base_url']}crm/objects/2026-09/{kind}?properties={wanted}",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    ).json()["results"][0]
    assert {name: type(value) for name, value in answer.items()} == {name: type(value) for name, value in real.items()}
    assert set(real["properties"]) <= set(answer["properties"])
    assert all(value is None or isinstance(value, str) for value in answer["properties"].values())
    assert len(answer["updatedAt"]) == len(real["updatedAt"])


@pytest.mark.parametrize("kind", ["companies", "contacts", "deals"])
def test_real_bodies_are_landed_as_text_and_without_a_person(crm, kind):
    for record in json.loads((REAL / f"{kind}.json").read_text())["results"]:
        crm.api._objects[kind].append(record)
    crm.good_night(0)
    landed = crm.latest(kind)
    if kind == "companies":
        assert landed["7086464459"]["name"] == "U.S. Food and Drug Administration"
    elif kind == "deals":
        assert landed["6744457152"]["amount"] == "3233"
    else:
        assert landed["51"]["person_key"].startswith("p_")
    assert "sample.contact" not in str(crm.rows(kind))


# Paging


def test_an_empty_page_with_a_next_token_is_not_the_end(crm):
    crm.company("2")
    page = json.dumps({"results": [], "paging": {"next": {"after": "0", "link": "x"}}}).encode()
    crm.transport.plant([TransportFault("status", 200, body=page)], let_through=1)  # the properties pass
    crm.good_night(0)
    assert crm.live("companies") == {"1", "2"}


def test_more_rows_than_a_page_are_all_read(crm):
    for number in range(100, 350):
        crm.company(str(number))
    crm.good_night(0)
    assert len(crm.live("companies")) == 251
    assert len(asked(crm, "GET /crm/objects/2026-09/companies")) == 3 + 1  # and the archived ones


def test_ten_thousand_row_wall_with_ties_at_the_page_edge(crm, monkeypatch):
    """The wall is lowered to 600 rows; 1,500 were changed, two hundred a second, the same second across the wall."""
    monkeypatch.setattr("ingestion.sources.hubspot.reader.SEARCH_WALL", 600)
    crm.api.wall = 600
    crm.good_night(0)
    for number in range(1500):
        crm.company(str(100_000 + number), FIRST_NIGHT + timedelta(seconds=number // 350))
    crm.good_night(1)
    assert len(crm.live("companies")) == 1501
    assert crm.stream("companies").rows_landed == 1500


def test_more_than_the_wall_changed_in_one_instant_is_read_by_id_compared_as_text(crm, monkeypatch):
    """An import: ids of unequal length, so that the order as text is not the order as numbers."""
    monkeypatch.setattr("ingestion.sources.hubspot.reader.SEARCH_WALL", 400)
    crm.api.wall = 400
    crm.good_night(0)
    for number in range(900, 2000):
        crm.company(str(number), FIRST_NIGHT)
    crm.company("7", FIRST_NIGHT + timedelta(seconds=1))
    crm.good_night(1)
    assert len(crm.live("companies")) == 1 + 1100 + 1


def test_associations_beyond_one_answer_are_asked_for_again(crm):
    crm.api.most_associated = 2
    for number in range(10, 15):
        crm.company(str(number))
        crm.api.link("meetings", "9", "companies", str(number))
    crm.good_night(0)
    assert {key[3] for key in crm.live("associations")} == {"10", "11", "12", "13", "14"}


def test_an_association_that_was_removed_is_a_deletion(crm):
    meeting = crm.meeting("8")
    crm.api.link("meetings", "8", "companies", "1")
    crm.good_night(0)
    crm.api._linked.clear()
    changed(meeting, FIRST_NIGHT + timedelta(hours=1))
    crm.good_night(1)
    assert crm.live("associations") == set()


def test_a_link_that_changed_without_its_records_is_found_within_a_week(crm):
    crm.company("2")
    crm.meeting("8", FIRST_NIGHT - timedelta(hours=1))  # far from the others, so that no window reads those again
    for number in range(10, 20):
        crm.meeting(str(number))
        crm.api.link("meetings", str(number), "companies", "1")
    crm.good_night(0)
    crm.api._linked.clear()
    for number in range(10, 20):
        crm.api.link("meetings", str(number), "companies", "2")
    moved = []
    for night in range(1, 8):
        crm.good_night(night)
        moved.append(sum(to_id == "2" for *_, to_id in crm.live("associations")))
    assert moved[0] < moved[-1] == 10, "a share every night, all within the week"
    assert {to_id for *_, to_id in crm.live("associations")} == {"2"}


# Cursor


def test_contacts_and_companies_are_searched_by_their_own_modified_date(crm):
    crm.good_night(0)
    person = crm.contact("6", FIRST_NIGHT + timedelta(hours=3))
    crm.company("2", FIRST_NIGHT + timedelta(hours=3))
    crm.good_night(1)
    assert "6" in crm.live("contacts")
    assert "lastmodifieddate" in person["properties"]
    assert "2" in crm.live("companies")


def test_a_row_visible_only_after_its_time_was_passed_is_found_in_the_window_read_again(crm):
    crm.company("2", FIRST_NIGHT)
    crm.good_night(0)
    # Its index entry came late: it carries a time twenty hours before what was read already.
    crm.company("3", FIRST_NIGHT - timedelta(hours=20))
    crm.good_night(1)
    assert "3" in crm.live("companies")


def test_a_second_night_without_changes_lands_nothing(crm):
    crm.good_night(0)
    crm.good_night(1)
    assert {stream.rows_landed for stream in crm.last.streams} == {0}
    assert {stream.mode for stream in crm.last.streams if stream.stream != "associations"} == {"incremental"}


# Deletes


def test_an_archived_company_keeps_its_data_and_its_association(crm):
    crm.api.link("meetings", "9", "companies", "1")
    crm.good_night(0)
    crm.api._objects["companies"][0] |= {"archived": True, "archivedAt": "2024-05-01T12:00:00.000Z"}
    crm.good_night(1)
    row = crm.latest("companies")["1"]
    assert (row["_delete_reason"], row["name"]) == ("archived", "Aston Sensors Ltd")
    assert row["_deleted_at"] == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert crm.live("associations") == {("meetings", "9", "companies", "1")}


@pytest.mark.parametrize(
    ("kind", "name", "value", "losers"),
    [
        ("companies", "hs_merged_object_ids", "2;3", {"2", "3"}),
        ("contacts", "hs_merged_object_ids", "2", {"2"}),
        ("contacts", "hs_calculated_merged_vids", "2:1661707291575;3:1661707931852", {"2", "3"}),
    ],
)
def test_the_losers_of_a_merge_point_to_their_winner(crm, kind, name, value, losers):
    make = crm.company if kind == "companies" else crm.contact
    winner = make("4")
    for number in sorted(losers):
        make(number)
    crm.good_night(0)
    for number in losers:
        crm.api.remove(kind, number)
    changed(winner, FIRST_NIGHT + timedelta(hours=1), **{name: value})
    crm.good_night(1)
    latest = crm.latest(kind)
    pointed = {number: (latest[number]["merged_into"], latest[number]["_delete_reason"]) for number in losers}
    assert pointed == dict.fromkeys(losers, ("4", "merged"))
    assert latest["4"]["merged_ids"] == ";".join(sorted(losers))


def test_deletions_that_hubspot_has_forgotten_are_found_by_a_whole_read(crm):
    for number in range(10, 30):
        crm.company(str(number))
    crm.good_night(0)
    crm.api.remove("companies", "10")
    crm.good_night(1)
    assert "10" in crm.live("companies")  # absence from a search says nothing
    crm.good_night(90)
    assert crm.stream("companies").mode == "full"
    assert "10" not in crm.live("companies")
    assert crm.latest("companies")["10"]["_delete_reason"] == "absent_from_complete_list"


def test_a_whole_read_that_lost_half_the_rows_is_refused(crm):
    for number in range(10, 30):
        crm.company(str(number))
    crm.good_night(0)
    for number in range(10, 25):
        crm.api.remove("companies", str(number))
    crm.night(90)
    assert crm.stream("companies").status == "refused"
    assert len(crm.live("companies")) == 21


# Throttle


def test_the_daily_limit_ends_the_night_without_waiting(crm):
    body = json.dumps({"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY"}).encode()
    crm.transport.plant([TransportFault("status", 429, body=body)])
    crm.night(0)
    assert len(crm.transport.requests) == 1
    assert "requests of the day are used up" in crm.messages
    crm.good_night(1)
    assert crm.live("companies") == {"1"}


def test_a_rate_limit_of_seconds_is_waited_out(crm):
    crm.api.faults.rate_limits, crm.api.faults.retry_after = 2, None
    crm.good_night(0)


def test_a_wait_longer_than_the_night_leaves_what_was_landed_and_goes_on_from_there(crm):
    crm.transport.plant([TransportFault("status", 429, (("retry-after", "3600"),))], let_through=4)
    crm.night(0)
    assert crm.stream("companies").status == "loaded"
    assert "asks to wait 3600 seconds" in crm.messages
    crm.good_night(1)
    assert crm.live("contacts") == {"5"}


def test_the_requests_of_the_day_are_recorded(crm):
    crm.good_night(0)
    assert crm.stream("meetings").api_usage == "1000/250000 requests of the day"


# Types


def test_properties_are_text_and_blank_is_nothing(crm):
    crm.good_night(0)
    row = crm.latest("companies")["1"]
    assert (row["company_number"], row["numberofemployees"], row["charity_number"]) == ("01234567", "12", None)


def test_a_meeting_that_ends_before_it_starts_is_quarantined_alone(crm):
    crm.meeting("10", hs_meeting_end_time="2024-02-01T10:00:00.000Z")
    crm.good_night(0)
    assert crm.live("meetings") == {"9"}
    assert crm.stream("meetings").rows_quarantined == 1


# Drift and mapping


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_the_api_version_is_pinned_in_the_path_and_recorded(crm, version):
    crm.api.link("meetings", "9", "companies", "1")
    crm.good_night(0, api_version=version)
    paths = {request for request in crm.transport.requests if "associations" not in request}
    assert all(version in path for path in paths)
    assert crm.stream("companies").api_version == version
    assert len(crm.live("associations")) == 1


def test_a_retired_api_version_is_said_plainly(crm):
    crm.night(0, api_version="2019-03")
    assert "api_version" in crm.messages


def test_a_property_that_was_deleted_fails_instead_of_emptying_the_column(crm):
    crm.good_night(0)
    for record in crm.api._objects["meetings"]:
        del record["properties"]["wmip_evidence"]
    crm.night(1)
    assert "no property wmip_evidence of meetings" in crm.messages
    assert crm.latest("meetings")["9"]["evidence"] == "signed_support_log"


def _map(crm: Crm, text: str) -> None:
    (crm.home / "mappings").mkdir(parents=True, exist_ok=True)
    (crm.home / "mappings" / "hubspot.yaml").write_text(text)


def test_a_tenants_own_property_names_are_mapped_and_old_records_are_read_again(crm):
    crm.good_night(0)
    for record in crm.api._objects["companies"]:
        record["properties"]["crn"] = "07654321"
    _map(crm, "companies: {columns: {company_number: crn, cluster_tag: null}}")
    crm.good_night(1)
    assert crm.stream("companies").mode == "full"
    assert crm.stream("meetings").mode == "incremental"
    assert crm.latest("companies")["1"]["company_number"] == "07654321"


def test_an_object_the_tenant_does_not_have_is_not_asked_for(crm):
    _map(crm, "deals: {object: null}")
    crm.good_night(0)
    assert asked(crm, "deals") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("firms: {}", "unknown stream firms; known are companies, contacts, deals, meetings"),
        ("companies: {columns: {crn: x}}", "stream companies: unknown column crn; known are name"),
        ("companies: {fields: {}}", "unknown setting fields; known are object, columns"),
        ("companies: {columns: {zip: 'post code'}}", "stream companies: zip: 'post code' is no name of a field"),
        ("companies: [", "not valid YAML at line 1"),
        ("- companies", "expected streams"),
    ],
)
def test_a_wrong_mapping_names_the_file_and_the_place(crm, text, said):
    _map(crm, text)
    crm.night(0)
    assert "mappings/hubspot.yaml" in crm.messages
    assert said in crm.messages
    assert crm.transport.requests == []
    environment = {**SECRETS, "WMIP_PSEUDONYM_KEY": "x"}
    probes = probe_source("hubspot", crm.config, environment, crm.home, datetime.now(UTC))
    assert any(not probe.passed and said in probe.message for probe in probes)


def test_doctor_asks_the_version_that_is_pinned(crm):
    config = {**crm.config, "api_version": "2026-03"}
    environment = {**SECRETS, "WMIP_PSEUDONYM_KEY": "x"}
    assert all(probe.passed for probe in probe_source("hubspot", config, environment, crm.home, datetime.now(UTC)))
    assert crm.transport.requests == ["GET /crm/objects/2026-03/companies"] * 2 + [
        f"GET /crm/objects/2026-03/{name}" for name in ("contacts", "deals", "meetings")
    ]


@pytest.mark.parametrize(
    ("version", "day", "failing"),
    [
        ("2026-09", NOVEMBER, []),
        ("v3", NOVEMBER, []),
        ("v3", datetime(2027, 3, 31, tzinfo=UTC), ["associations by number (v4) ended 2027-03-30"]),
        ("v3", datetime(2027, 9, 30, tzinfo=UTC), ["associations by number (v4) ended 2027-03-30"]),
        # A service key does not end with the legacy apps' tokens.
        ("2026-09", datetime(2027, 10, 1, tzinfo=UTC), []),
        ("2026-09", datetime(2028, 4, 1, tzinfo=UTC), ["support of 2026-09 ended"]),
    ],
)
def test_doctor_says_what_hubspot_ends_and_fails_once_it_has(crm, version, day, failing):
    environment = {**SECRETS, "WMIP_PSEUDONYM_KEY": "x"}
    probes = probe_source("hubspot", {**crm.config, "api_version": version}, environment, crm.home, day)
    ends = [probe for probe in probes if probe.name == "end of life"]
    assert any("service key" in probe.message for probe in ends)
    assert any("v1 to v3" in probe.message for probe in ends) == (version == "v3")
    over = [probe.message for probe in ends if not probe.passed]
    assert len(over) == len(failing)
    assert all(message.startswith(said) for message, said in zip(over, failing, strict=True))


def test_long_property_lists_go_into_a_body_not_into_the_address(crm, monkeypatch):
    monkeypatch.setattr("ingestion.sources.hubspot.reader.LONGEST_ADDRESS", 20)
    crm.company("2", archived=True)
    crm.good_night(0)
    assert crm.latest("companies")["1"]["name"] == "Aston Sensors Ltd"
    assert crm.latest("companies")["2"]["_delete_reason"] == "archived"
    assert len(asked(crm, "objects/2026-09/companies/batch/read")) == 2


# What dates do not say


def test_a_date_in_the_future_hides_no_later_change(crm):
    crm.company("2", datetime(2169, 10, 1, tzinfo=UTC))
    crm.good_night(0)
    assert crm.stream("companies").read_through == START, "the mark is none that no read has reached"
    # The machine stands still for nine nights; on the third a company changes.
    crm.company("3", FIRST_NIGHT + timedelta(days=3))
    crm.good_night(10)
    assert crm.stream("companies").mode == "incremental"
    assert "3" in crm.live("companies")


def test_a_date_that_the_clock_has_passed_since_is_no_mark_either(crm):
    crm.company("2", FIRST_NIGHT + timedelta(days=8))
    crm.good_night(0)
    crm.company("3", FIRST_NIGHT + timedelta(days=3))
    crm.good_night(12)
    assert "3" in crm.live("companies")


def test_a_contacts_company_that_changes_without_its_date_is_read_again_on_a_rhythm(crm):
    person = crm.contact("6", associatedcompanyid="1")
    crm.good_night(0)
    person["properties"]["associatedcompanyid"] = "2"
    crm.good_night(8)
    assert crm.latest("contacts")["6"]["company_id"] == "2"
