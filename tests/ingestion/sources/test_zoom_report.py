"""Reports of Zoom as hosts download them: meetings with and without header, webinars in parts, forms of time."""

import pytest

from ingestion.catalogue import addressee
from ingestion.ledgers import FINDINGS, QUARANTINE
from ingestion.persons.pseudonyms import person_key
from ingestion.storage.latest import read_latest
from tests.ingestion.sources.nights import PSEUDONYM_KEY, Nights

# ruff: noqa: E501 - reports as Zoom writes them
TABLE = """Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
Planted Ada,Ada@Firm.example,05/14/2024 09:01:00 AM,05/14/2024 09:20:00 AM,19,No,Y,No
"Planted, Ada (iPad)",ada+zoom@firm.example,05/14/2024 09:30:00 AM,05/14/2024 09:50:00 AM,20,No,Y,No
Planted Guest,,05/14/2024 09:00:00 AM,05/14/2024 09:01:00 AM,1,Yes,,Yes
Planted Guest,,05/14/2024 09:03:00 AM,05/14/2024 09:13:00 AM,10,Yes,,No
planted  guest,,05/14/2024 09:30:00 AM,05/14/2024 09:40:00 AM,10,Yes,,No
"""
HEADER = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
850 1234 5678,Breakfast briefing,05/14/2024 08:59:00 AM,05/14/2024 10:00:00 AM,planted.host@firm.example,61,3

"""
NEWER = """Topic,ID,Host,Duration (minutes),Start time,End time,Participants
"Breakfast, briefing",85012345678,Planted Host (planted.host@firm.example),61,"May 14, 2024 08:59 AM","May 14, 2024 10:00 AM",3

Name (original name),Email,Join time,Leave time,Duration (minutes),Guest
Planted Ada,ada@firm.example,"May 14, 2024 09:01 AM","May 14, 2024 09:20 AM",19,No
"""
WEBINAR = """Attendee Report,,,
Report Generated:,"May 15, 2024 6:26 PM",,
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,# Cancelled,Unique Viewers,Total Users
Skills webinar,328-972-509,"May 14, 2024 9:00 AM",60,4,1,2,4
Host Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Planted Host,host@firm.example,"May 14, 2024 09:00:00","May 14, 2024 10:00:00",60,No,United Kingdom
Panelist Details,
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
No,Planted Panelist,panel@firm.example,--,--,--,No,
Attendee Details,
Attended,User Name (Original Name),First Name,Last Name,Email,Phone,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name,Source Name,Organization,"Anything, else?"
Yes,Planted Ada,Planted,Ada,ada@firm.example,07700 900123,"May 01, 2024 12:00:00",approved,"May 14, 2024 09:01:00","May 14, 2024 09:20:00",19,Yes,United Kingdom,,Firm Ltd,"Planted
secret"
Yes,Planted Ada,Planted,Ada,ada@firm.example,07700 900123,"May 01, 2024 12:00:00",approved,"May 14, 2024 09:30:00","May 14, 2024 09:50:00",20,Yes,United Kingdom,,Firm Ltd,
No,Planted Bo,Planted,Bo,bo@gmail.com,,"May 02, 2024 12:00:00",approved,--,--,--,Yes,,,Bo & Co,
No,Planted Cy,Planted,Cy,cy@firm.example,,"May 02, 2024 12:00:00",cancelled by self,--,--,--,Yes,,,,
No,Planted Di,Planted,Di,,,"May 02, 2024 12:00:00",approved,--,--,--,Yes,,,,
Other Attended
User Name,Join Time,Leave Time,Time in Session (minutes),Country/Region Name
447700900***,"May 14, 2024 09:05:00","May 14, 2024 09:25:00",20,United Kingdom
"""
SEVERAL = """Topic,Meeting ID,User Name,User Email,Name (Original Name),User Email,Join Time,Leave Time
T,811,Host,h@firm.example,A,,05/14/2024 09:00:00 AM,05/14/2024 10:00:00 AM
"""


@pytest.fixture
def reports(tmp_path):
    (tmp_path / "inbox" / "events").mkdir(parents=True)
    return Nights("zoom_report", tmp_path, {}, {})


def _drop(nights, text=HEADER + TABLE, name="participants_85012345678.csv", encoding="utf-8-sig"):
    path = nights.home / "inbox" / "events" / name
    path.write_bytes(text.encode(encoding))
    return path


def _joins(nights):
    return sorted((row["joined_at"][11:16], row["left_at"][11:16]) for row in nights.rows("participants"))


def _people(nights):
    found = {}
    for row in nights.rows("participants"):
        found.setdefault(row["person_key"], []).append(row["joined_at"][11:16])
    return sorted(found.values())


def _reason(nights, text, **more):
    _drop(nights, text, **more)
    (file,) = nights.night(0).files
    assert file.status == "refused"
    return file.reason


def test_a_meeting_has_the_number_and_the_day_that_the_api_gives_it(reports):
    _drop(reports)
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["meeting_id"], meeting["kind"], meeting["topic"]) == (
        "85012345678",
        "meeting",
        "Breakfast briefing",
    )
    assert (meeting["started_at"], meeting["ended_at"]) == ("2024-05-14T07:59:00+00:00", "2024-05-14T09:00:00+00:00")
    assert {row["occurrence_id"] for row in reports.rows("participants")} == {meeting["id"]}


def test_a_row_a_join_and_waiting_rooms_are_left_out(reports):
    _drop(reports)
    reports.good_night(0)
    assert _joins(reports) == [("08:01", "08:20"), ("08:03", "08:13"), ("08:30", "08:40"), ("08:30", "08:50")]


def test_a_cell_neither_yes_nor_no_is_told_of_and_its_join_counts(reports):
    _drop(reports, HEADER + TABLE.replace("10,Yes,,No", "10,Yes,,Oui", 1))
    reports.good_night(0)
    assert len(_joins(reports)) == 4
    found = list(read_latest(reports.home, "findings", FINDINGS, ("place", "rule", "severity")))
    assert found == [("participants_85012345678.csv#!8", "not_allowed", "warning")]


def test_an_address_its_variant_and_a_guest_by_name_are_one_person_each(reports):
    _drop(reports)
    reports.good_night(0)
    assert _people(reports) == [["08:01", "08:30"], ["08:03", "08:30"]]
    known = {row["person_key"] for row in reports.rows("participants") if row["is_identified"] == "true"}
    assert known == {person_key("ada@firm.example", PSEUDONYM_KEY)}, "the pseudonym the API gives her"


@pytest.mark.parametrize("text", [HEADER + TABLE, NEWER, WEBINAR], ids=["meeting", "newer", "webinar"])
def test_no_name_no_address_and_no_number_of_a_person_is_kept(reports, text):
    _drop(reports, text)
    report = reports.good_night(0)
    landed = [reports.rows(stream) for stream in ("meetings", "participants", "registrants")]
    text = str([*landed, report, list(read_latest(reports.home, "quarantine", QUARANTINE, QUARANTINE.columns))])
    assert not [word for word in ("lanted", "Ada", "ada@", "bo@", "@", "07700", "447700", "secret") if word in text]


def test_the_newer_headings_and_times_with_the_name_of_the_month(reports):
    _drop(reports, NEWER)
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["meeting_id"], meeting["topic"]) == ("85012345678", "Breakfast, briefing")
    assert _joins(reports) == [("08:01", "08:20")]


def test_without_a_header_the_number_is_in_the_name_and_the_start_the_first_join(reports):
    _drop(reports, TABLE)
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["meeting_id"], meeting["started_at"]) == ("85012345678", "2024-05-14T08:01:00+00:00")


def test_downloaded_again_otherwise_the_same_joins_stay_the_same(reports):
    _drop(reports)
    reports.good_night(0)
    _drop(reports, TABLE, name="again_85012345678.csv")
    reports.good_night(1)
    assert len(reports.live("participants")) == 4


@pytest.mark.parametrize("sign", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8"])
def test_encoding_and_delimiter_change_nothing(reports, sign, encoding):
    lines = [line for line in TABLE.splitlines() if '"' not in line]
    _drop(reports, "\r\n".join(lines).replace(",", sign), encoding=encoding)
    reports.good_night(0)
    assert _joins(reports) == [("08:01", "08:20"), ("08:03", "08:13"), ("08:30", "08:40")]


def test_every_part_of_a_webinar_is_read_by_its_own_headings(reports):
    _drop(reports, WEBINAR, name="attendee_328972509.csv")
    reports.good_night(0)
    (meeting,) = reports.rows("meetings")
    assert (meeting["meeting_id"], meeting["kind"]) == ("328972509", "webinar")
    assert (meeting["started_at"], meeting["ended_at"]) == ("2024-05-14T08:00:00+00:00", "2024-05-14T09:00:00+00:00")
    assert _joins(reports) == [("08:00", "09:00"), ("08:01", "08:20"), ("08:05", "08:25"), ("08:30", "08:50")]
    assert sum(row["is_identified"] == "false" for row in reports.rows("participants")) == 1, "who dialled in"


def test_who_registered_is_a_registrant_once_whether_they_came_or_not(reports):
    _drop(reports, WEBINAR)
    reports.good_night(0)
    found = {row["person_key"]: row for row in reports.rows("registrants")}
    came, stayed_away = (
        found.pop(person_key(address, PSEUDONYM_KEY)) for address in ("ada@firm.example", "bo@gmail.com")
    )
    assert found == {}, "neither host and panelists, nor who cancelled"
    assert (came["organisation_name"], came["created_at"]) == ("Firm Ltd", "2024-05-01T11:00:00+00:00")
    assert (stayed_away["organisation_name"], stayed_away["email_domain"]) == ("Bo & Co", None)


def test_a_registrant_without_an_address_is_quarantined_alone(reports):
    _drop(reports, WEBINAR)
    report = reports.night(0)
    assert report.files[0].rows_quarantined == 1
    assert [(stream.stream, stream.rows_quarantined) for stream in report.streams][-1] == ("registrants", 1)


def test_a_home_names_the_question_that_asks_for_the_organisation(reports):
    (reports.home / "mappings").mkdir()
    mapping = reports.home / "mappings" / "zoom_report_questions.yaml"
    mapping.write_text("texts: {organisation_name: [Who do you work for]}", encoding="utf-8")
    _drop(reports, WEBINAR.replace("Organization", "Who do you work for?"))
    reports.good_night(0)
    assert {row["organisation_name"] for row in reports.rows("registrants")} == {"Firm Ltd", "Bo & Co"}
    mapping.write_text("texts: {shoe_size: [Size]}", encoding="utf-8")
    reports.night(1)
    assert "zoom_report_questions.yaml" in reports.messages


def test_a_row_without_a_time_is_quarantined_alone(reports):
    _drop(
        reports,
        HEADER + TABLE.replace("05/14/2024 09:13:00 AM", "").replace("05/14/2024 09:20:00", "05/14/2024 08:20:00"),
    )
    report = reports.night(0)
    assert report.files[0].rows_quarantined == 2
    assert len(reports.rows("participants")) == 2


def test_dates_that_can_be_read_both_ways_are_refused_unless_the_settings_say(reports):
    text = (HEADER + TABLE).replace("05/14", "04/05")
    assert "date_order" in _reason(reports, text)
    _drop(reports, text + "\n", name="again.csv")
    reports.good_night(1, date_order="mdy")
    assert reports.rows("meetings")[0]["started_at"] == "2024-04-05T07:59:00+00:00"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TABLE, "does not say which meeting"),
        (HEADER.replace("850 1234 5678", "8.50123E+10") + TABLE, "not whole"),
        (HEADER, "lists nobody"),
        (HEADER + "Name (Original Name),User Email,Total Duration (Minutes),Guest\nA,,5,Yes\n", "Show unique users"),
        (SEVERAL, "several meetings"),
        (HEADER.replace("05/14/2024", "") + "Name,Join Time,Leave Time\nA,18:14,20:00\n", "no order"),
    ],
    ids=["no number", "rounded number", "nobody", "totals", "several", "no dates"],
)
def test_what_cannot_be_told_is_refused_with_what_to_do(reports, text, reason):
    assert reason in _reason(reports, text, name="participants.csv")


@pytest.mark.parametrize("text", [HEADER, TABLE, NEWER, WEBINAR], ids=["header", "table", "newer", "webinar"])
def test_a_report_is_told_by_how_it_begins(reports, text):
    assert addressee(_drop(reports, text), "events").name == "zoom_report"


def test_a_file_that_nobody_recognises_is_refused_by_somebody(reports):
    path = _drop(reports, "Attendees,Notes\nPlanted Ada,nice\n", name="list.csv")
    teller = Nights(addressee(path, "events").name, reports.home, {}, {})
    (file,) = teller.night(0).files
    assert file.status == "refused"
    assert "Zoom reports" in file.reason
    assert "Teams" in file.reason


def _roles(nights):
    return sorted((row["role"] or "", row["joined_at"][11:16]) for row in nights.rows("participants"))


def test_the_parts_of_a_webinar_say_who_is_its_host(reports):
    came = 'Yes,Planted Panelist,panel@firm.example,"May 14, 2024 09:00:00","May 14, 2024 09:30:00",30'
    _drop(reports, WEBINAR.replace("No,Planted Panelist,panel@firm.example,--,--,--", came), "attendee.csv")
    reports.good_night(0)
    assert _roles(reports) == [
        ("attendee", "08:01"),
        ("attendee", "08:05"),
        ("attendee", "08:30"),
        ("host", "08:00"),
        ("panelist", "08:00"),
    ]


NEWER_HEADER = NEWER.partition("\n\n")[0] + "\n\n"


@pytest.mark.parametrize(
    ("header", "host"),
    [
        (HEADER, "Planted H,Planted.Host+x@firm.example"),
        (NEWER_HEADER, "Somebody,planted.host@firm.example"),
        (NEWER_HEADER.replace(" (planted.host@firm.example)", ""), "planted  HOST,"),
    ],
)
def test_the_header_of_a_meeting_says_who_is_its_host(reports, header, host):
    table = f"""Name (Original Name),User Email,Join Time,Leave Time
{host},05/14/2024 09:00:00 AM,05/14/2024 09:20:00 AM
Planted Ada,ada@firm.example,05/14/2024 09:05:00 AM,05/14/2024 09:20:00 AM
"""
    _drop(reports, header + table)
    reports.good_night(0)
    assert _roles(reports) == [("", "08:05"), ("host", "08:00")]


def test_a_row_with_more_values_than_headings_is_refused_with_its_place(reports):
    _drop(reports, HEADER + TABLE.replace('"Planted, Ada (iPad)"', "Planted, Ada (iPad)"))
    reports.good_night(0)
    assert _joins(reports) == [("08:01", "08:20"), ("08:03", "08:13"), ("08:30", "08:40")]
    assert read_latest(reports.home, "quarantine", QUARANTINE, ("place", "reason_code")) == [
        ("participants_85012345678.csv#!6", "too_many_cells")
    ]


def test_a_topic_that_shifts_the_header_is_refused_and_a_report_of_shifted_rows_alone_too(reports):
    assert "line 2, which says what meeting it is" in _reason(
        reports, HEADER.replace("Breakfast briefing", "Breakfast, briefing") + TABLE
    )
    shifted = "\n".join([TABLE.splitlines()[0], *(f"{line},x" for line in TABLE.splitlines()[1:])])
    assert "every row has more values than there are headings" in _reason(reports, shifted, name="p_85012345679.csv")
