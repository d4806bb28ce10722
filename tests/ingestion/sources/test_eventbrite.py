"""The cases of Eventbrite's contract (sources.md A1 and E), each against the sandbox server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from ingestion.apis.booking_questions import load_questions, question_key
from ingestion.apis.mapping import InvalidMapping
from ingestion.ledgers import FINDINGS
from ingestion.persons.contact_details import WITHHELD
from ingestion.storage.latest import read_latest
from sandbox.eventbrite import TOKEN, EventbriteServer
from sandbox.loopback import Loopback
from sandbox.transport_faults import FaultyTransport
from tests.ingestion.sources.nights import Nights

FILE = "mappings/eventbrite_questions.yaml"

REAL = Path(__file__).parents[2] / "fixtures" / "real" / "eventbrite"
SECRETS = {"EVENTBRITE_TOKEN": TOKEN}


class BoxOffice(Nights):
    """A small account with one organisation, and the home it is read into."""

    api: EventbriteServer
    transport: FaultyTransport

    def event(self, number: str, **fields: Any) -> Any:
        made = {
            "id": number,
            "organization_id": "11",
            "name": {"text": f"Event {number}", "html": ""},
            "status": "completed",
            "start": {"timezone": "Europe/London", "utc": "2024-04-20T17:00:00Z"},
            "end": {"timezone": "Europe/London", "utc": "2024-04-20T19:00:00Z"},
            "created": "2024-04-01T09:00:00Z",
            "changed": "2024-04-01T09:00:00Z",
            "online_event": False,
            "is_series": False,
            "is_series_parent": False,
            "series_id": None,
            **fields,
        }
        self.api.events["11"].append(made)
        return made

    def attendee(self, number: str, **fields: Any) -> Any:
        made = {
            "id": number,
            "event_id": "1",
            "order_id": "o1",
            "ticket_class_id": "7",
            "ticket_class_name": "Delegate",
            "created": "2024-04-02T09:00:00Z",
            "changed": "2024-04-02T09:00:00Z",
            "status": "Attending",
            "checked_in": False,
            "cancelled": False,
            "refunded": False,
            "profile": {"name": "Ada Lovelace", "email": f"ada{number}@engines.example", "company": "Engines Ltd"},
            "answers": [],
            "barcodes": [],
            **fields,
        }
        self.api.attendees["11"].append(made)
        return made

    def order(self, number: str, **fields: Any) -> Any:
        made = {
            "id": number,
            "event_id": "1",
            "name": "Ada Lovelace",
            "email": "ada@engines.example",
            "status": "placed",
            "created": "2024-04-02T09:00:00Z",
            "changed": "2024-04-02T09:00:00Z",
            "costs": {"gross": {"currency": "EUR", "value": 1050, "display": "10.50", "major_value": "10.50"}},
            **fields,
        }
        self.api.orders["11"].append(made)
        return made

    def asked(self, part: str) -> int:
        return sum(part in request for request in self.transport.requests)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[BoxOffice]:
    api = EventbriteServer()
    transport = FaultyTransport(Starlette(routes=[Mount("/v3", routes=api.routes())]))
    with Loopback(transport) as server:
        made = BoxOffice("eventbrite", tmp_path / "home", {"base_url": f"{server.url}v3/"}, SECRETS)
        made.api, made.transport = api, transport
        yield made


# Shapes


def test_real_bodies_of_2016_are_landed_as_text_and_without_a_person(office):
    office.api.is_old = True
    for name, records in (("events", office.api.events), ("attendees", office.api.attendees)):
        records["11"] += json.loads((REAL / f"{name}.json").read_text())[name]
    office.api.orders["11"] += json.loads((REAL / "orders.json").read_text())["orders"]
    office.good_night(0)
    (attendee,) = office.rows("attendees")
    assert (attendee["id"], attendee["order_id"], attendee["checked_in"]) == ("690507907-1", "548532261", "false")
    (order,) = office.rows("orders")
    assert (order["gross_minor"], order["currency"], order["status"]) == ("330", "USD", "placed")
    assert office.rows("events")[0]["start_utc"] == "2016-06-06T02:00:00Z"
    assert not any("attendee@example.org" in str(row) or "Redacted" in str(row) for row in [attendee, order])


# Paging


def test_pages_are_followed_without_has_more_items_up_to_the_page_count(office):
    office.api.is_old, office.api.page_size = True, 2
    for number in range(5):
        office.event(str(number))
    office.good_night(0)
    assert office.live("events") == {"0", "1", "2", "3", "4"}


def test_pages_are_followed_by_their_continuation(office):
    office.api.page_size = 2
    for number in range(5):
        office.attendee(str(number))
    office.good_night(0)
    assert len(office.live("attendees")) == 5


# Orders


def test_orders_that_were_abandoned_are_read_too(office):
    office.order("1")
    office.order("2", status="abandoned")
    office.good_night(0)
    assert {key: row["status"] for key, row in office.latest("orders").items()} == {"1": "placed", "2": "abandoned"}
    assert office.latest("orders")["1"]["gross_minor"] == "1050"


def test_only_orders_that_changed_are_read_the_next_night(office):
    office.order("1")
    late = office.order("2", changed="2024-04-30T09:00:00Z")
    office.good_night(0)
    late["status"], late["changed"] = "refunded", "2024-05-01T09:00:00Z"
    office.good_night(1)
    assert office.stream("orders").mode == "incremental"
    assert office.stream("orders").rows_read == 1
    assert office.latest("orders")["2"]["status"] == "refunded"


def test_a_state_that_the_contract_does_not_know_is_landed_as_it_came(office):
    office.order("1", status="Partially refunded")
    office.good_night(0)
    assert office.latest("orders")["1"]["status"] == "Partially refunded"


def test_a_record_without_event_or_time_is_quarantined_alone(office):
    office.order("1")
    office.order("2", event_id=None)
    office.attendee("1")
    office.attendee("2", created="last Tuesday")
    office.good_night(0)
    assert (office.live("orders"), office.live("attendees")) == ({"1"}, {"1"})
    refused = {row["place"] for row in office.rows("rows", source="quarantine")}
    assert refused == {"eventbrite/orders/2", "eventbrite/attendees/2"}


# Deletions


def test_an_event_that_is_listed_no_more_is_deleted_and_half_a_list_deletes_nothing(office):
    for number in range(10):
        office.event(str(number))
    office.good_night(0)
    del office.api.events["11"][9]
    office.good_night(1)
    assert len(office.live("events")) == 9
    del office.api.events["11"][2:]
    office.night(2)
    assert office.stream("events").status == "refused"
    assert len(office.live("events")) == 9


# Questions


def _answer(question: str, text: Any, number: str = "q1") -> dict[str, Any]:
    return {"question_id": number, "question": question, "type": "text", "answer": text}


def test_answers_are_known_by_the_texts_of_their_questions(office):
    office.attendee(
        "1",
        answers=[
            _answer(" Organisation  Name?", "Difference Engines CIC"),
            _answer("Organisation postcode", "B7 4BB"),
            _answer("Which sector do you work in?", "Health tech"),
            _answer("May we contact you about the programme?", "I agree"),
            _answer("What do you eat?", "vegan"),
            _answer("Industry", {"home": {"city": "Birmingham"}}),
        ],
    )
    office.good_night(0)
    row = office.latest("attendees")["1"]
    found = {name: row[name] for name in row if name.startswith("organisation") or name == "consent"}
    assert found == {
        "organisation_name": "Difference Engines CIC",
        "organisation_website": None,
        "organisation_postcode": "B7 4BB",
        "organisation_sector": "Health tech",
        "consent": "yes",
    }
    assert "vegan" not in str(row)


@pytest.mark.parametrize("answer", ["Only by post", ["yes"], 7])
def test_consent_that_is_neither_yes_nor_no_is_told_at_its_record(office, answer):
    office.attendee("1", answers=[_answer("May we contact you about the programme?", answer)])
    office.good_night(0)
    assert office.latest("attendees")["1"]["consent"] is None
    found = read_latest(office.home, "findings", FINDINGS, ("place", "cell", "rule", "severity"))
    assert list(found) == [("eventbrite/attendees/1", "consent", "not_allowed", "warning")]


def test_a_home_names_questions_by_text_and_by_event(office):
    path = office.home / FILE
    path.parent.mkdir(parents=True)
    path.write_text(
        'texts: {organisation_name: ["Who do you work for?"], ignore: [Company name]}\n'
        "events: {1: {q7: organisation_sector, q8: null}}\n"
    )
    answers = [
        _answer("Who do you work for", "Engines", "q1"),
        _answer("Company name", "Not this", "q2"),
        _answer("Anything", "Health", "q7"),
        _answer("Organisation postcode", "B1 1AA", "q8"),
    ]
    office.attendee("1", answers=answers)
    office.attendee("2", event_id="2", answers=answers)
    office.good_night(0)
    first, second = (office.latest("attendees")[key] for key in ("1", "2"))
    assert (first["organisation_name"], first["organisation_sector"], first["organisation_postcode"]) == (
        "Engines",
        "Health",
        None,
    )
    assert (second["organisation_sector"], second["organisation_postcode"]) == (None, "B1 1AA")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("texts: {employer: [Who]}", "'employer' is no meaning"),
        ("texts: {organisation_name: Who}", "expected a list"),
        ('texts: {organisation_name: [Who], consent: ["who?"]}', "two meanings"),
        ("events: {1: [a]}", "expected `event id"),
        ("events: {1: {2: name}}", "event 1, question 2"),
        ("questions: {}", "unknown questions"),
        ("texts: [", "not valid YAML at line"),
        ("[1]", "expected `texts` and `events`"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where_and_what(tmp_path, written, said):
    (tmp_path / "mappings").mkdir()
    (tmp_path / FILE).write_text(written)
    with pytest.raises(InvalidMapping, match=said) as refused:
        load_questions(tmp_path, "eventbrite")
    assert FILE in str(refused.value)


def test_a_mapping_that_cannot_be_used_fails_the_attendees_and_nothing_else(office):
    (office.home / "mappings").mkdir(parents=True)
    (office.home / FILE).write_text("texts: {employer: [Who]}")
    office.event("1")
    office.attendee("1")
    office.night(0)
    assert office.stream("attendees").status == "failed"
    assert "no meaning" in office.messages
    assert office.live("events") == {"1"}


def test_texts_are_compared_without_case_blanks_and_final_punctuation():
    assert question_key("  Name of\u00a0your   Organisation *: ") == "name of your organisation"


# Privacy


def test_addresses_and_telephone_numbers_are_cut_out_of_an_organisations_name_with_a_finding(office):
    office.attendee("1", profile={"email": "ada@engines.example", "company": "ask ada@engines.example"})
    office.attendee("2", answers=[_answer("Organisation", "Engines, 0121 496 0000")])
    office.attendee("3", answers=[_answer("Organisation postcode", "0121 496 0000")])
    office.good_night(0)
    rows = office.latest("attendees")
    assert rows["1"]["organisation_name"] == WITHHELD
    assert rows["2"]["organisation_name"] == "Engines"
    assert rows["3"]["organisation_postcode"] == WITHHELD
    found = {(row["place"], row["cell"]) for row in office.rows("rows", "findings")}
    assert found == {
        ("eventbrite/attendees/1", "organisation_name"),
        ("eventbrite/attendees/2", "organisation_name"),
        ("eventbrite/attendees/3", "organisation_postcode"),
    }
    assert "496" not in str(rows)
    assert "ada" not in str(rows).lower().replace("_loaded", "")


def test_an_expired_token_says_what_to_do(office):
    office.event("1")
    office.good_night(0)
    office.api.tokens.clear()
    office.night(1)
    assert "token was refused" in office.messages
    assert TOKEN not in office.messages
