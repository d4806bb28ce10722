"""Attendee reports of Eventbrite as organisers download them: columns that vary, questions, states, the event's id."""

import pytest

from ingestion.catalogue import addressee
from ingestion.files.row_check import CONTACT_DETAILS
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.persons.pseudonyms import person_key
from ingestion.storage.latest import read_latest
from tests.ingestion.sources.nights import PSEUDONYM_KEY, Nights

# ruff: noqa: E501 - reports as Eventbrite writes them
REPORT = """Order #,Order Date,First Name,Surname,Email,Quantity,Price Tier,Ticket Type,Attendee #,Group,Order Type,Currency,Total Paid,Attendee Status,Home Address 1,Home Zip,Which sector do you work in?,"What do you eat, if anything?",Organisation postcode,Job Title,Company,Event Name,Event ID
11001,11/29/24 22:28,Planted,Ada,Ada@Firm.example,1,,Delegate,690507907-1,,Free,GBP,0,Checked In,1 Planted Street,B1 1AA,Health tech,"Planted
secret",B7 4BB,Chief Planted,Firm Ltd,Skills fair,1500000000001
11001,11/29/24 22:28,Planted,Bo,ada+guest@firm.example,1,,Delegate,690507908,,Free,GBP,0,Attending,,,,,,,call 07700 900123,Skills fair,1500000000001
11002,11/30/24 08:01,Planted,Cy,,1,,Speaker,690507909,,Free,GBP,0,Not Attending,,,,,,,,Skills fair,1500000000001
11003,11/30/24 08:01,Planted,Di,di@gmail.com,1,,Delegate,690507910,,Free,GBP,0,Refunded,,,,,,,Di's,Skills fair,1500000000001
11004,11/30/24 08:01,Planted,Ed,ed@firm.example,1,,Delegate,690507911,,Free,GBP,0,Partially seated,,,,,,,,Skills fair,1500000000001
"""


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "inbox" / "events").mkdir(parents=True)
    return Nights("eventbrite_report", tmp_path, {}, {})


def _drop(nights, text=REPORT, name="report.csv", encoding="utf-8-sig"):
    path = nights.home / "inbox" / "events" / name
    path.write_bytes(text.encode(encoding))
    return path


def _without(heading, text=REPORT):
    return text.replace(f"{heading},", "Other,", 1).replace(f",{heading}\n", ",Other\n", 1)


def test_a_row_a_ticket_with_the_ids_that_the_api_gives(reports):
    _drop(reports)
    reports.good_night(0)
    row = reports.latest("attendees")["690507907-1"]
    assert (row["event_id"], row["order_id"], row["ticket_class_name"]) == ("1500000000001", "11001", "Delegate")
    assert row["person_key"] == person_key("ada@firm.example", PSEUDONYM_KEY)
    assert row["row_number"] == "2"
    assert reports.live("attendees") == {"690507907-1", *(str(690507900 + number) for number in range(8, 12))}


def test_states_say_who_was_checked_in_and_what_was_cancelled_and_others_are_tickets(reports):
    _drop(reports)
    reports.good_night(0)
    found = {row["status"]: (row["checked_in"], row["cancelled"]) for row in reports.rows("attendees")}
    assert found == {
        "Checked In": ("true", "false"),
        "Attending": ("false", "false"),
        "Not Attending": ("false", "true"),
        "Refunded": ("false", "true"),
        "Partially seated": ("false", "false"),
    }


def test_a_status_that_is_not_known_is_told_of(reports):
    _drop(reports)
    reports.good_night(0)
    found = list(read_latest(reports.home, "findings", FINDINGS, ("place", "rule", "severity")))
    assert [one for one in found if one[1] != CONTACT_DETAILS] == [("report.csv#!7", "unknown_status", "warning")]


def test_consent_neither_yes_nor_no_is_told_at_its_row(reports):
    text = REPORT.replace("Price Tier", "May we contact you about the programme?").replace(
        "Partially seated", "Attending"
    )
    _drop(reports, text.replace("1,,Delegate,690507911", "1,Perhaps,Delegate,690507911"))
    reports.good_night(0)
    assert reports.latest("attendees")["690507911"]["consent"] is None
    found = list(read_latest(reports.home, "findings", FINDINGS, ("place", "cell", "rule", "severity")))
    assert ("report.csv#!7", "consent", "not_allowed", "warning") in found
    assert {rule for _, _, rule, _ in found} == {"not_allowed", CONTACT_DETAILS}


def test_answers_are_known_by_the_texts_of_their_questions_and_others_are_not_landed(reports):
    (reports.home / "mappings").mkdir()
    mapping = reports.home / "mappings" / "eventbrite_questions.yaml"
    mapping.write_text("texts: {organisation_name: [Who is it]}", encoding="utf-8")
    _drop(
        reports,
        REPORT.replace("Price Tier", "Who is it?").replace("1,,Delegate,690507911", "1,Firm,Delegate,690507911"),
    )
    reports.good_night(0)
    rows = reports.latest("attendees")
    said = ("organisation_name", "organisation_postcode", "organisation_sector", "email_domain")
    assert [rows["690507907-1"][name] for name in said] == ["Firm Ltd", "B7 4BB", "Health tech", "firm.example"]
    assert rows["690507911"]["organisation_name"] == "Firm", "a question that the home names"
    mapping.write_text("texts: {shoe_size: [Size]}", encoding="utf-8")
    reports.night(1)
    assert "eventbrite_questions.yaml" in reports.messages


def test_no_name_no_address_and_no_other_answer_is_kept(reports):
    _drop(reports, REPORT + "1,,Planted,Fy,fy@firm.example,1,,,6.9E+08,,,,,Attending,,,,,,,,,1500000000001\n")
    report = reports.night(0)
    assert report.files[0].rows_quarantined == 1
    quarantined = list(read_latest(reports.home, "quarantine", QUARANTINE, QUARANTINE.columns))
    text = str([reports.rows("attendees"), report, quarantined])
    assert not [word for word in ("lanted", "Ada", "ada@", "@", "07700", "secret", "Chief") if word in text]


def test_the_event_stands_in_the_name_of_the_file_where_no_column_has_it(reports):
    text = _without("Event ID")
    _drop(reports, text, name="report 2024-11-29 event-1500000000002.csv")
    reports.good_night(0)
    assert {row["event_id"] for row in reports.rows("attendees")} == {"1500000000002"}


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        (_without("Event ID"), "report-2024-11-29T2228.csv", "event-1234567890.csv"),
        (_without("Event ID"), "event-1500000000001 event-1500000000002.csv", "event-1234567890.csv"),
        (_without("Attendee #"), "report.csv", "no column was found for attendee #"),
        (_without("Email"), "report.csv", "no column was found for email"),
        (REPORT.splitlines()[0], "report.csv", "lists nobody"),
    ],
    ids=["no event", "two events", "orders", "no address", "nobody"],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(reports, text, name, reason):
    _drop(reports, text, name=name)
    (file,) = reports.night(0).files
    assert file.status == "refused"
    assert reason in file.reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("690507911", "6.90508E+08"),
        ("690507911", ""),
        ("ed@firm.example,1,", "ed@firm.example,3,"),
    ],
)
def test_a_row_that_is_no_ticket_is_quarantined_alone(reports, old, new):
    _drop(reports, REPORT.replace(old, new))
    report = reports.night(0)
    assert (report.files[0].rows_quarantined, len(reports.rows("attendees"))) == (1, 4)


def test_a_later_report_tells_who_came(reports):
    _drop(reports)
    reports.good_night(0)
    _drop(reports, REPORT.replace("Attending", "Checked In", 1), name="later.csv")
    reports.good_night(1)
    assert reports.latest("attendees")["690507908"]["checked_in"] == "true"
    assert len(reports.live("attendees")) == 5


@pytest.mark.parametrize(("sign", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8")])
def test_encoding_and_delimiter_change_nothing(reports, sign, encoding):
    simple = "Order #,Email,Attendee #,Attendee Status,Event ID\n1,ada@firm.example,6905,Checked In,1500\n"
    _drop(reports, simple.replace(",", sign), encoding=encoding)
    reports.good_night(0)
    assert reports.live("attendees") == {"6905"}


def test_a_report_is_told_by_its_headings(reports):
    assert addressee(_drop(reports), "events").name == "eventbrite_report"
    assert addressee(_drop(reports, "Name,Join Time,Leave Time\nA,b,c\n"), "events").name == "zoom_report"


def test_a_row_with_more_values_than_headings_is_refused_with_its_place(reports):
    _drop(reports, REPORT.replace("Di's", "Di, Sons & Co"))
    reports.good_night(0)
    assert "690507910" not in reports.live("attendees")
    assert read_latest(reports.home, "quarantine", QUARANTINE, ("place", "reason_code")) == [
        ("report.csv#!6", "too_many_cells")
    ]
    assert (reports.stream("attendees").rows_read, len(reports.live("attendees"))) == (5, 4)
