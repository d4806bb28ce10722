"""The contract of Zoom's reports: occurrences, joins, guests, UUIDs, and tokens of two kinds that run out."""

import pytest

from ingestion.persons.contact_details import WITHHELD
from ingestion.sources.zoom.reader import _windows
from sandbox.loopback import Loopback
from sandbox.zoom import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, ZoomApi, join, meeting, registrant
from tests.ingestion.sources.nights import FIRST_NIGHT, Nights

SECRETS = {"ZOOM_CLIENT_ID": CLIENT_ID, "ZOOM_CLIENT_SECRET": CLIENT_SECRET}
PLAIN, SLASHED, AGAIN = "abc==", "/a+b/c==", "def=="
T = "2024-04-30T{}:00Z".format


@pytest.fixture
def api():
    return ZoomApi(
        meetings={
            "host-1": [
                meeting(PLAIN, 811, T("09:00"), T("10:00")),
                meeting(SLASHED, 811, "2024-04-23T09:00:00Z", "2024-04-23T10:00:00Z"),
                meeting("web==", 922, "2024-04-29T09:00:00Z", "2024-04-29T10:00:00Z", type=5),
            ]
        },
        joins={
            PLAIN: [
                join("1", T("09:00"), T("09:20"), "Ada@Firm.example"),
                join("2", T("09:10"), T("09:40"), "ada+zoom@firm.example"),
                join("3", T("09:00"), T("09:01"), "", status="in_waiting_room"),
                join("4", T("09:05"), T("09:30"), "", name="Planted Guest"),
                join("", T("09:31"), T("09:50"), "", name="Planted Guest"),
                join("", T("09:55"), T("09:59"), "", name="Planted Guest"),
            ],
            SLASHED: [join("1", "2024-04-23T09:00:00Z", "2024-04-23T10:00:00Z", "ada@firm.example")],
            "web==": [join("1", "2024-04-29T09:00:00Z", "2024-04-29T10:00:00Z", "bo@gmail.com")],
        },
        registrants={"811": [registrant("r1", "ADA@firm.example", org="Firm Ltd"), registrant("r2", "c@firm.example")]},
    )


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        config = {"base_url": f"{server.url}v2/", "token_url": f"{server.url}oauth/token", "account_id": ACCOUNT_ID}
        yield Nights("zoom", tmp_path, {**config, "hosts": ["host-1"]}, SECRETS)


def test_each_time_a_meeting_was_held_is_read_by_its_own_uuid(nights, api):
    nights.good_night(0)
    assert {row["id"]: (row["meeting_id"], row["kind"]) for row in nights.rows("meetings")} == {
        PLAIN: ("811", "meeting"),
        SLASHED: ("811", "meeting"),
        "web==": ("922", "webinar"),
    }
    assert {row["occurrence_id"] for row in nights.rows("participants")} == {PLAIN, SLASHED, "web=="}


def test_a_uuid_with_a_slash_is_encoded_twice_and_another_once(nights, api):
    nights.good_night(0)
    assert "report/meetings/%252Fa%252Bb%252Fc%253D%253D/participants" in api.asked
    assert "report/meetings/abc%3D%3D/participants" in api.asked
    assert "report/webinars/web%3D%3D/participants" in api.asked


def test_every_join_is_kept_and_waiting_rooms_are_not(nights):
    nights.good_night(0)
    joins = [row for row in nights.rows("participants") if row["occurrence_id"] == PLAIN]
    assert len(joins) == 5
    assert all(row["joined_at"] < row["left_at"] for row in joins)


def _people(nights, occurrence=PLAIN):
    found = {}
    for row in nights.rows("participants"):
        if row["occurrence_id"] == occurrence:
            found.setdefault(row["person_key"], []).append((row["joined_at"][11:16], row["role"]))
    return sorted(sorted(joins) for joins in found.values())


def test_variants_of_an_address_are_one_person_and_a_connection_is_none(nights):
    """A guest who comes back, under another connection or without one, is the same guest."""
    nights.good_night(0)
    joins = [row for row in nights.rows("participants") if row["occurrence_id"] == PLAIN]
    assert len({row["person_key"] for row in joins if row["is_identified"] == "true"}) == 1
    guests = {row["person_key"] for row in joins if row["is_identified"] == "false"}
    assert len(guests) == 1
    assert guests.pop().startswith("g_")


def test_guests_are_told_apart_by_zooms_id_then_by_name_and_an_id_with_an_address_is_known(nights, api):
    api.joins[PLAIN] = [
        join("1", T("09:00"), T("09:01"), "", name="Planted One", id="z1"),
        join("2", T("09:02"), T("09:03"), "", name="Planted Phone", id="z1"),
        join("3", T("09:04"), T("09:05"), "", name="Planted Two"),
        join("4", T("09:06"), T("09:07"), "", name=" planted  TWO"),
        join("5", T("09:08"), T("09:09"), "", name="Planted Two", registrant_id="r9"),
        join("6", T("09:10"), T("09:11"), "cy@firm.example", id="z3"),
        join("7", T("09:12"), T("09:13"), "", name="Somebody", id="z3"),
    ]
    nights.good_night(0)
    starts = [[start for start, _ in joins] for joins in _people(nights)]
    assert starts == [["09:00", "09:02"], ["09:04", "09:06"], ["09:08"], ["09:10", "09:12"]]


def test_a_connection_alone_tells_nobody(nights, api):
    api.joins[PLAIN] = [join("1", T("09:00"), T("09:10"), "", name="")]
    nights.good_night(0)
    assert _people(nights) == []
    (refused,) = nights.rows("rows", source="quarantine")
    assert (refused["column_name"], refused["reason_code"]) == ("user_email", "missing")


def test_a_guest_of_a_meeting_that_began_anew_is_the_same_guest(nights, api):
    api.meetings["host-1"].append(meeting(AGAIN, 811, T("10:00"), T("10:40")))
    api.joins[AGAIN] = [join("77", T("10:01"), T("10:30"), "", name="Planted Guest")]
    nights.good_night(0)
    guests = [row for row in nights.rows("participants") if row["is_identified"] == "false"]
    assert {row["occurrence_id"] for row in guests} == {PLAIN, AGAIN}
    assert len({row["person_key"] for row in guests}) == 1


def test_the_host_is_told_by_id(nights, api):
    api.joins[PLAIN] = [
        join("1", T("09:00"), T("09:10"), "host@firm.example", id="host-1"),
        join("2", T("09:01"), T("09:11"), "ada@firm.example", id="z2"),
    ]
    nights.good_night(0)
    assert _people(nights) == [[("09:00", "host")], [("09:01", None)]]


def test_no_name_and_no_address_is_landed(nights):
    nights.good_night(0)
    text = str([nights.rows(stream) for stream in ("meetings", "participants", "registrants")])
    assert not [word for word in ("Planted", "private.example", "ada", "Ada", "@") if word in text]


def test_registrants_are_read_and_a_meeting_without_registration_has_none(nights, api):
    nights.good_night(0)
    rows = nights.latest("registrants")
    assert set(rows) == {"811:r1", "811:r2"}
    assert rows["811:r1"]["organisation_name"] == "Firm Ltd"
    assert rows["811:r1"]["person_key"] in {row["person_key"] for row in nights.rows("participants")}
    assert "webinars/922/registrants" in api.asked


def test_a_page_token_that_runs_out_begins_the_list_anew(nights, api):
    api.page_size, api.expired_pages = 2, 1
    nights.good_night(0)
    assert len(nights.live("participants")) == 7


def test_page_tokens_that_always_run_out_fail_the_stream(nights, api):
    api.page_size, api.expired_pages = 2, 10**6
    assert "failed" in {stream.status for stream in nights.night(0).streams}


def test_an_access_token_that_runs_out_mid_run_is_renewed(nights, api):
    api.expired_tokens = 1
    nights.good_night(0)
    assert len(nights.live("participants")) == 7


def test_a_wrong_secret_says_what_to_check(nights):
    nights.secrets = {**SECRETS, "ZOOM_CLIENT_SECRET": "wrong"}
    nights.night(0)
    assert "check its id and secret" in nights.messages
    assert "wrong" not in nights.messages


def test_without_hosts_it_says_where_to_name_them(nights):
    nights.night(0, hosts=[])
    assert "sources.zoom.hosts" in nights.messages


def test_a_report_that_grows_within_the_window_is_read_again_and_lost_joins_go(nights, api):
    nights.good_night(0)
    api.joins[PLAIN] = api.joins[PLAIN][1:]
    nights.good_night(1)
    joins = [row for row in nights.latest("participants").values() if row["occurrence_id"] == PLAIN]
    assert sum(row["_deleted_at"] is None for row in joins) == 4


def test_a_host_who_comes_back_is_another_occurrence_of_the_same_meeting(nights, api):
    api.meetings["host-1"].append(meeting(AGAIN, 811, T("10:02"), T("10:30")))
    api.joins[AGAIN] = [join("9", T("10:02"), T("10:30"), "ada@firm.example")]
    nights.good_night(0)
    assert (
        sum(row["meeting_id"] == "811" and row["started_at"][:10] == "2024-04-30" for row in nights.rows("meetings"))
        == 2
    )


def test_a_join_that_ends_before_it_begins_is_quarantined_alone(nights, api):
    api.joins["web=="].append(join("5", "2024-04-29T10:00:00Z", "2024-04-29T09:00:00Z", "x@firm.example"))
    report = nights.night(0)
    assert sum(stream.rows_quarantined for stream in report.streams) == 1
    assert len(nights.live("participants")) == 7


def test_windows_are_no_longer_than_a_month_and_leave_no_day_out():
    days = []
    for since, until in _windows(FIRST_NIGHT.date().replace(year=2023), FIRST_NIGHT.date()):
        assert 0 <= (until - since).days <= 30
        days += [since.toordinal(), until.toordinal()]
    assert days[0] == FIRST_NIGHT.date().replace(year=2023).toordinal()
    assert days[-1] == FIRST_NIGHT.date().toordinal()
    assert all(later - earlier == 1 for earlier, later in zip(days[1:-1:2], days[2::2], strict=True))


def test_a_topic_is_withheld_and_contacts_are_cut_out_of_an_organisation_both_with_a_finding(nights, api):
    api.meetings["host-1"][0]["topic"] = "Call Ada on 0121 496 0000"
    api.registrants["811"] = [registrant("r1", "ada@firm.example", org="Firm Ltd, ada@firm.example")]
    nights.good_night(0)
    assert nights.latest("meetings")[PLAIN]["topic"] == WITHHELD
    (registered,) = nights.rows("registrants")
    assert registered["organisation_name"] == "Firm Ltd"
    assert {(row["stream"], row["cell"], row["severity"]) for row in nights.rows("rows", "findings")} == {
        ("meetings", "topic", "warning"),
        ("registrants", "organisation_name", "warning"),
    }
