"""The contract of Ticket Tailor: everything relisted, voided tickets kept, check-ins apart, seconds and minor units."""

import pytest

from ingestion.ledgers import FINDINGS
from ingestion.storage.latest import read_latest
from sandbox.loopback import Loopback
from sandbox.tickettailor import KEY, TicketTailorApi, check_in, event, order, ticket
from tests.ingestion.sources.nights import Nights


@pytest.fixture
def api():
    made = TicketTailorApi()
    made.lists["events"] = [event(f"ev_{number}") for number in range(1, 4)]
    made.lists["issued_tickets"] = [
        ticket(f"it_{number}", "ev_1", f"Planted.{number}+tt@firm.example") for number in range(1, 251)
    ]
    made.lists["check_ins"] = [check_in("ci_1", "it_1", "ev_1"), check_in("ci_2", "it_2", "ev_1", -1)]
    made.lists["orders"] = [order("or_1", "ev_1", "buyer@private.example")]
    return made


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        yield Nights("tickettailor", tmp_path, {"base_url": f"{server.url}v1/"}, {"TICKET_TAILOR_KEY": KEY})


def test_every_page_is_read_by_the_last_id_seen(nights):
    nights.good_night(0)
    assert len(nights.latest("issued_tickets")) == 250


def test_times_are_seconds_and_money_minor_units(nights):
    nights.good_night(0)
    landed = nights.latest("events")["ev_1"]
    assert (landed["start_at"], landed["end_at"]) == ("2024-05-09T09:00:00+00:00", "2024-05-09T11:00:00+00:00")
    assert landed["venue_postcode"] == "B1 1BB"
    row = nights.latest("orders")["or_1"]
    assert (row["total_minor"], row["currency"], row["event_id"]) == ("1050", "gbp", "ev_1")


def test_no_name_address_or_phone_is_landed(nights):
    nights.good_night(0)
    text = str([nights.rows(stream) for stream in ("issued_tickets", "orders")])
    assert not [word for word in ("Planted", "planted", "@", "07700", "Private Road") if word in text]


def test_a_variant_of_an_address_is_the_same_person(nights, api):
    api.lists["issued_tickets"].append(ticket("it_x", "ev_2", "PLANTED.1@firm.example"))
    nights.good_night(0)
    landed = nights.latest("issued_tickets")
    assert landed["it_x"]["person_key"] == landed["it_1"]["person_key"]


def test_a_voided_ticket_stays_with_when_it_was_voided(nights, api):
    nights.good_night(0)
    api.lists["issued_tickets"][0] |= {"status": "voided", "voided_at": 1715331600}
    nights.good_night(1)
    row = nights.latest("issued_tickets")["it_1"]
    assert (row["status"], row["voided_at"], row["_deleted_at"]) == ("voided", "2024-05-10T09:00:00+00:00", None)


def test_check_ins_are_records_of_their_own_and_may_be_taken_back(nights):
    nights.good_night(0)
    assert {key: row["quantity"] for key, row in nights.latest("check_ins").items()} == {"ci_1": "1", "ci_2": "-1"}


def test_what_is_not_listed_any_more_was_deleted(nights, api):
    nights.good_night(0)
    del api.lists["issued_tickets"][0]
    nights.good_night(1)
    assert len(nights.live("issued_tickets")) == 249


def test_a_list_that_comes_back_much_shorter_is_refused(nights, api):
    nights.good_night(0)
    del api.lists["issued_tickets"][10:]
    nights.night(1)
    assert nights.stream("issued_tickets").status == "refused"
    assert len(nights.live("issued_tickets")) == 250


def test_answers_are_kept_by_the_questions_that_are_mapped(nights, api):
    asked = [
        {"question": "Organisation:", "answer": "Aston Sensors Ltd"},
        {"question": "Dietary needs", "answer": "none"},
        {"question": "Which sector do you work in?", "answer": "Health"},
        {"question": "May we contact you about the programme?", "answer": "Maybe"},
    ]
    api.lists["issued_tickets"][0]["custom_questions"] = asked
    nights.good_night(0)
    row = nights.latest("issued_tickets")["it_1"]
    assert (row["organisation_name"], row["organisation_sector"]) == ("Aston Sensors Ltd", "Health")
    assert "none" not in row.values()
    assert row["consent"] is None
    found = list(read_latest(nights.home, "findings", FINDINGS, ("place", "cell", "rule")))
    assert found == [("tickettailor/issued_tickets/it_1", "consent", "not_allowed")]


@pytest.mark.parametrize(
    ("stream", "change", "reason"),
    [
        ("issued_tickets", {"event_id": None}, "missing"),
        ("issued_tickets", {"created_at": "soon"}, "not_a_time"),
        ("events", {"start": {}}, "missing"),
        ("check_ins", {"quantity": "two"}, "not_a_number"),
        ("check_ins", {"issued_ticket_id": ""}, "missing"),
    ],
)
def test_a_record_that_cannot_be_used_is_quarantined_alone(nights, api, stream, change, reason):
    before = len(api.lists[stream])
    api.lists[stream][0] |= change
    nights.night(0)
    assert nights.stream(stream).rows_quarantined == 1
    assert len(nights.live(stream)) == before - 1
    assert [row["reason_code"] for row in nights.rows("rows", source="quarantine")] == [reason]


def test_a_wrong_key_says_what_to_check(nights):
    nights.secrets = {"TICKET_TAILOR_KEY": "wrong-key"}
    nights.night(0)
    assert "token was refused" in nights.messages
    assert "wrong-key" not in nights.messages


def test_a_value_of_another_kind_is_quarantined_and_the_last_good_version_stays(nights, api):
    nights.good_night(0)
    api.lists["events"][0]["name"] = {"en": "Launch"}
    api.lists["events"][1]["name"] = 7
    nights.good_night(1)
    assert nights.stream("events").rows_quarantined == 1
    assert nights.live("events") == {"ev_1", "ev_2", "ev_3"}, "what cannot be read was not deleted"
    assert nights.latest("events")["ev_2"]["name"] == "7"
    assert ("events", "changed_type", "name", 1) in nights.drifts


def test_a_new_field_of_an_event_is_landed_and_told_and_one_of_a_ticket_told_only(nights, api):
    for item in (api.lists["events"][0], api.lists["issued_tickets"][0]):
        item["mood"] = "bright"
    nights.good_night(0)
    assert nights.latest("events")["ev_1"]["_extra"] == '{"mood": "bright"}'
    assert "bright" not in str(nights.rows("issued_tickets"))
    assert {("events", "new_column", "mood", 1), ("issued_tickets", "new_column", "mood", 1)} <= set(nights.drifts)


def test_a_list_that_is_empty_from_the_first_night_is_told(nights, api):
    api.lists["events"] = []
    nights.good_night(0)
    assert ("events", "unexpected_volume", "", 0) in nights.drifts
    nights.good_night(1, expected_rows={"events": [0, 10]})
    assert not [drift for drift in nights.drifts if drift[1] == "unexpected_volume"]
