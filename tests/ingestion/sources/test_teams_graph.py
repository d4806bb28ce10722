"""The contract of Graph's attendance reports: sessions, channels, policies, what is gone, the same one downloaded."""

from datetime import timedelta

import pytest

from ingestion.readiness import probe_source
from sandbox.loopback import Loopback
from sandbox.teams_graph import (
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    TENANT_ID,
    GraphApi,
    Meeting,
    VirtualEvent,
    interval,
    record,
)
from tests.ingestion.sources.nights import FIRST_NIGHT, PSEUDONYM_KEY, Nights

SECRETS = {"TEAMS_GRAPH_CLIENT_ID": CLIENT_ID, "TEAMS_GRAPH_CLIENT_SECRET": CLIENT_SECRET}
DAY = "2024-04-30T{}:00".format
CHANNEL = "19:cbee7c1c860e465f8258e3cebf7bee0d@thread.tacv2"
MORNING = (DAY("08:00") + "Z", DAY("09:00") + "Z")
ADA = record("Ada@Firm.example", interval(DAY("08:01"), DAY("08:20")), interval(DAY("08:30"), DAY("08:50")))
BO = record("bo@gmail.com", interval(DAY("08:02"), DAY("08:30")), role="Organizer", name="Planted Bo")
CY = record(None, interval(DAY("08:03"), DAY("08:13")), name="Planted Cy (Guest)", role="None")
# What the organiser downloads of the same meeting: local times, to the second.
DOWNLOAD = """1. Summary
Meeting title\tBreakfast  briefing
Start time\t30/04/24, 09:00:05
End time\t30/04/24, 10:00:00

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Planted, Ada\t30/04/24, 09:01:00\t30/04/24, 09:20:00\t19m\tAda@Firm.example\tPresenter
Planted Bo\t30/04/24, 09:02:00\t30/04/24, 09:30:00\t28m\tbo@gmail.com\tOrganizer
Planted Cy\t30/04/24, 09:03:00\t30/04/24, 09:13:00\t10m\t\tAttendee
"""


@pytest.fixture
def api():
    api = GraphApi()
    briefing = Meeting("MSpicmllZmluZw==", "Breakfast briefing")
    briefing.reports["r1"] = (DAY("08:00") + ".945Z", DAY("08:40") + ".77Z", [ADA, BO, CY])
    briefing.reports["r2"] = (DAY("08:45") + "Z", DAY("08:55") + "Z", [record("di@firm.example", interval(*MORNING))])
    api.hold(briefing, MORNING)
    return api


@pytest.fixture
def briefing(api):
    return api.meetings["MSpicmllZmluZw=="]


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        config = {
            "base_url": f"{server.url}v1.0/",
            "token_url": f"{server.url}{{tenant_id}}/oauth2/v2.0/token",
            "tenant_id": TENANT_ID,
            "hosts": [HOST],
        }
        yield Nights("teams_graph", tmp_path, config, SECRETS)


def _doctor(nights, **settings):
    environment = {**SECRETS, "WMIP_PSEUDONYM_KEY": PSEUDONYM_KEY}
    probes = probe_source("teams_graph", {**nights.config, **settings}, environment, nights.home, FIRST_NIGHT)
    return {probe.name: (probe.passed, probe.message) for probe in probes}


def test_each_session_of_a_meeting_is_a_report_and_each_interval_a_join(nights):
    nights.good_night(0)
    sessions = nights.latest("meetings")
    assert {(row["title"], row["started_at"]) for row in sessions.values()} == {
        ("Breakfast briefing", "2024-04-30T08:00:00.945000+00:00"),
        ("Breakfast briefing", "2024-04-30T08:45:00+00:00"),
    }
    joins = [row for row in nights.rows("segments") if row["report_id"] == "r1"]
    assert sorted((row["role"], row["joined_at"][11:19], row["left_at"][11:19]) for row in joins) == [
        ("attendee", "08:01:00", "08:20:00"),
        ("attendee", "08:30:00", "08:50:00"),
        ("none", "08:03:00", "08:13:00"),
        ("organizer", "08:02:00", "08:30:00"),
    ]
    assert nights.last.drifts == []


def test_an_address_is_a_pseudonym_and_who_has_none_a_token_of_this_event(nights):
    nights.good_night(0)
    people = {row["person_key"]: (row["is_identified"], row["email_domain"]) for row in nights.rows("segments")}
    assert sorted((key[:2], *said) for key, said in people.items() if said[1]) == [("p_", "true", "firm.example")] * 2
    assert sorted((key[:2], *said) for key, said in people.items() if not said[1]) == [
        ("g_", "false", None),
        ("p_", "true", None),
    ]


def test_no_name_and_no_address_is_landed(nights):
    nights.good_night(0)
    text = str(nights.rows("segments") + nights.rows("meetings"))
    assert not [word for word in ("Planted", "Ada", "ada", "@", "Cy") if word in text]


def test_the_same_meeting_downloaded_and_asked_for_is_one_event_of_the_same_persons(nights):
    nights.good_night(0)
    inbox = nights.home / "inbox" / "events"
    inbox.mkdir(parents=True)
    (inbox / "report.csv").write_bytes(DOWNLOAD.encode("utf-16"))
    downloaded = Nights("teams", nights.home, {}, {})
    downloaded.good_night(0)
    (meeting,) = downloaded.rows("meetings")
    assert (meeting["title"], meeting["started_at"][:10]) == ("Breakfast briefing", "2024-04-30")
    persons = {row["person_key"] for row in downloaded.rows("segments")}
    assert len(persons) == 3
    assert persons == {row["person_key"] for row in nights.rows("segments") if row["report_id"] == "r1"}


def test_every_page_of_every_list_is_read(nights, api, briefing):
    everybody = [record(f"p{n}@firm.example", interval(*MORNING)) for n in range(7)]
    for number in range(3, 8):
        briefing.reports[f"r{number}"] = (*MORNING, everybody)
        other = Meeting(f"other{number}", f"Other {number}")
        other.reports[f"o{number}"] = (*MORNING, [])
        api.hold(other, MORNING)
    api.page_size = 2
    nights.good_night(0)
    assert len(nights.live("meetings")) == 12
    assert len(nights.live("segments")) == 5 + 5 * 7


def test_a_series_is_one_meeting_with_a_report_each_time(nights, api):
    weekly = Meeting("weekly", "Clinic")
    for day in (16, 23, 30):
        weekly.reports[f"w{day}"] = (f"2024-04-{day}T10:00:00Z", f"2024-04-{day}T11:00:00Z", [BO])
    api.hold(weekly, *((f"2024-04-{day}T10:00:00Z", f"2024-04-{day}T11:00:00Z") for day in (16, 23, 30)))
    nights.good_night(0)
    assert {"w16", "w23", "w30"} < nights.live("meetings")
    assert sum("weekly/attendanceReports" in path and path.endswith("Reports") for path in api.asked) == 1


def test_a_meeting_that_somebody_else_organised_is_left_to_them(nights, api):
    api.hold(Meeting("theirs", "Board", organizer="somebody-else"), MORNING)
    nights.good_night(0)
    assert not [path for path in api.asked if "theirs" in path]
    assert len(nights.live("meetings")) == 2


def test_a_report_of_a_channel_belongs_to_the_meeting_that_was_scheduled_then(nights, api):
    early, late = Meeting("early", "Early", CHANNEL), Meeting("late", "Late", CHANNEL)
    early.reports["c1"] = (DAY("09:58") + "Z", DAY("11:05") + "Z", [BO])
    late.reports["c2"] = (DAY("11:01") + "Z", DAY("12:00") + "Z", [BO])
    foreign = Meeting("foreign", "Of somebody else", CHANNEL, organizer="somebody-else")
    foreign.reports["c3"] = (DAY("15:00") + "Z", DAY("16:00") + "Z", [BO])
    api.hold(early, (DAY("10:00") + "Z", DAY("11:00") + "Z"))
    api.hold(late, (DAY("11:00") + "Z", DAY("12:00") + "Z"))
    api.meetings["foreign"] = foreign
    nights.good_night(0)
    titles = {key: row["title"] for key, row in nights.latest("meetings").items() if key.startswith("c")}
    assert titles == {"c1": "Early", "c2": "Late"}
    assert {row["report_id"] for row in nights.rows("segments")} == {"r1", "r2", "c1", "c2"}


def test_that_only_the_fifty_newest_are_listed_is_told(nights, api):
    daily = Meeting("daily", "Stand-up")
    for number in range(60):
        start = FIRST_NIGHT - timedelta(days=60 - number)
        times = (start.strftime("%Y-%m-%dT09:00:00Z"), start.strftime("%Y-%m-%dT09:10:00Z"))
        daily.reports[f"d{number:02}"] = (*times, [])
        api.hold(daily, times)
    nights.night(0)
    assert len([key for key in nights.live("meetings") if key.startswith("d")]) == 50
    (finding,) = nights.rows("rows", "findings")
    assert (finding["rule"], finding["severity"]) == ("list_cut_off", "warning")
    assert "download" in finding["message"]
    nights.good_night(1)
    assert nights.stream("meetings").rows_quarantined == 0, "of the second night's window nothing is cut off"


def test_without_a_policy_the_night_and_the_doctor_say_what_to_grant_to_whom(nights, api):
    api.calendars["second"] = []
    api.policies = {"second"}
    nights.night(0)
    assert {stream.status for stream in nights.last.streams} == {"failed"}
    assert "application access policy" in nights.messages
    assert CLIENT_ID not in nights.messages
    found = _doctor(nights, hosts=[HOST, "second"])
    assert found["connection"][0]
    assert found["permission meetings of second"] == (True, "meetings of second may be read")
    passed, message = found[f"permission meetings of {HOST}"]
    assert not passed
    assert "application access policy" in message


def test_a_calendar_that_may_not_be_read_and_a_host_that_is_not_known_are_told_apart(nights, api):
    assert "object id" in _doctor(nights, hosts=["nobody"])["connection"][1]
    api.calendars_allowed = False
    assert "Calendars.Read" in _doctor(nights)["connection"][1]
    nights.night(0)
    assert "Calendars.Read" in nights.messages


@pytest.mark.parametrize("hosts", [[], ["planted.host@private.example"]])
def test_hosts_are_named_by_object_id(nights, hosts):
    nights.night(0, hosts=hosts)
    for message in (nights.messages, _doctor(nights, hosts=hosts)["settings"][1]):
        assert "sources.teams_graph.hosts" in message
        assert "private.example" not in message


def test_a_token_that_runs_out_mid_run_is_renewed(nights, api):
    api.expired = 1
    nights.good_night(0)
    assert len(nights.live("segments")) == 5


def test_a_wrong_secret_says_what_to_check(nights):
    nights.secrets = {**SECRETS, "TEAMS_GRAPH_CLIENT_SECRET": "wrong"}
    nights.night(0)
    assert "check its id and secret" in nights.messages


def test_a_next_page_of_another_server_is_not_followed(nights, api):
    api.page_size, api.elsewhere = 1, "https://elsewhere.example/"
    nights.night(0)
    assert "elsewhere.example" in nights.messages
    assert "not followed" in nights.messages


def test_what_is_gone_at_graph_stays_in_the_landing(nights, api, briefing):
    nights.good_night(0)
    before = nights.live("meetings"), nights.live("segments")
    del briefing.reports["r1"]
    nights.good_night(1)
    api.meetings.clear()
    nights.good_night(2)
    assert (nights.live("meetings"), nights.live("segments")) == before


def test_a_report_that_goes_between_list_and_read_is_left_out(nights, api, briefing):
    listed = api._reports
    api._reports = lambda meeting: (
        [{**report, "id": report["id"] + "-gone"} for report in listed(meeting)][:1] + listed(meeting)
    )
    nights.good_night(0)
    assert len(nights.live("segments")) == 5


def test_a_corrected_report_replaces_its_joins(nights, briefing):
    nights.good_night(0)
    start, end, _ = briefing.reports["r1"]
    briefing.reports["r1"] = (start, end, [ADA])
    nights.good_night(1)
    assert sorted(row["report_id"] for row in nights.latest("segments").values() if row["_deleted_at"] is None) == [
        "r1",
        "r1",
        "r2",
    ]


def test_a_list_of_fewer_than_were_there_deletes_nobody(nights, api, briefing):
    nights.good_night(0)
    before = nights.live("segments")
    _, _, people = briefing.reports["r1"]
    listed = api._reports
    api._reports = lambda meeting: [{**report, "totalParticipantCount": 3} for report in listed(meeting)]
    del people[1:]
    nights.good_night(1)
    assert nights.live("segments") == before


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (record("x@firm.example", interval(DAY("08:30"), DAY("08:20"))), "leaveDateTime"),
        (
            record("x@firm.example", {"joinDateTime": None, "leaveDateTime": None, "durationInSeconds": 9}),
            "joinDateTime",
        ),
        (record("x@firm.example", totalAttendanceInSeconds=60), "joinDateTime"),
        (record(None, interval(*MORNING), identity=None), "identity"),
    ],
)
def test_a_record_that_cannot_be_used_is_quarantined_alone(nights, briefing, bad, column):
    briefing.reports["r2"] = (*MORNING, [bad])
    nights.night(0)
    (finding,) = nights.rows("rows", "quarantine")
    assert (finding["column_name"], finding["place"]) == (column, "teams_graph/segments/r2/1")
    assert len(nights.live("segments")) == 4


def test_a_report_without_an_end_is_quarantined_alone(nights, briefing):
    briefing.reports["r2"] = (DAY("08:45") + "Z", None, [])
    nights.night(0)
    assert nights.rows("rows", "quarantine")[0]["column_name"] == "meetingEndDateTime"
    assert nights.live("meetings") == {"r1"}


# Ids of virtual events hold an at sign.
WEBINAR, TOWN_HALL = "88b245ac@f9448ec4", "f48a3b54@f9448ec4"


@pytest.fixture
def virtual(api):
    """A webinar of two sessions, one held; a town hall; somebody else's, a draft, and one of long ago."""
    held = (*MORNING, {"w1": (*MORNING, [ADA, BO])})
    later = ("2024-06-01T08:00:00Z", "2024-06-01T09:00:00Z", {})
    api.virtual_events = [
        VirtualEvent(WEBINAR, "Skills webinar", sessions={"s1": held, "s2": later}),
        VirtualEvent(TOWN_HALL, "Town hall", "townhalls", sessions={"s1": (*MORNING, {"t1": (*MORNING, [CY])})}),
        VirtualEvent("draft", "Draft", status="draft", sessions={"s1": held}),
        VirtualEvent("other", "Other", organizer="somebody else", sessions={"s1": held}),
        VirtualEvent("old", "Old", sessions={"s1": ("2023-01-01T08:00:00Z", "2023-01-01T09:00:00Z", {})}),
    ]
    return api


def test_webinars_and_town_halls_are_read_with_their_sessions(nights, virtual):
    nights.good_night(0)
    titles = {row["id"]: row["title"] for row in nights.rows("meetings")}
    assert titles == {"r1": "Breakfast briefing", "r2": "Breakfast briefing", "w1": "Skills webinar", "t1": "Town hall"}
    roles = sorted((row["report_id"], row["role"]) for row in nights.rows("segments") if row["report_id"][0] in "wt")
    assert roles == [("t1", "none"), ("w1", "attendee"), ("w1", "attendee"), ("w1", "organizer")]
    ada = {row["person_key"] for row in nights.rows("segments") if row["email_domain"] == "firm.example"}
    assert len(ada) == 2, "Ada has one key in the meeting and the webinar; the other is Di"
    assert not [path for path in virtual.asked if "draft" in path or "old/" in path or "/s2/" in path]
    assert nights.last.drifts == []


def test_without_the_permission_for_virtual_events_it_says_how_to_do_without(nights, virtual):
    virtual.virtual_allowed = False
    nights.night(0)
    assert "VirtualEvent.Read.All" in nights.messages
    assert "virtual_events: false" in nights.messages
    failed = {name for name, (passed, _) in _doctor(nights).items() if not passed}
    assert failed >= {f"permission webinars of {HOST}", f"permission townhalls of {HOST}"}
    nights.good_night(1, virtual_events=False)
    assert {row["id"] for row in nights.rows("meetings")} == {"r1", "r2"}
