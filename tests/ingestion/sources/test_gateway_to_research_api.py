"""The contract of Gateway to Research's API: pages, links, milliseconds, and no word of changes or persons."""

import pytest

from sandbox.gateway_to_research import GatewayToResearchApi, fund, organisation, project
from sandbox.loopback import Loopback
from tests.ingestion.sources.nights import Nights

BIRMINGHAM, ASTON = "ORG-BHAM", "ORG-ASTON"


@pytest.fixture
def api():
    made = GatewayToResearchApi()
    made.organisations = {
        BIRMINGHAM: organisation(BIRMINGHAM, "University of Birmingham"),
        ASTON: organisation(ASTON, "Aston University", postcode="B4 7ET"),
    }
    made.funds = {f"FUND-{number}": fund(f"FUND-{number}", 1000.5 * number) for number in range(1, 251)}
    made.projects = [project(number, BIRMINGHAM if number % 2 else ASTON, f"FUND-{number}") for number in range(1, 251)]
    return made


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        yield Nights("gateway_to_research_api", tmp_path, {"base_url": server.url, "searches": [{"q": "project"}]}, {})


def test_every_page_is_read_and_each_project_has_its_organisation_and_fund(nights):
    nights.good_night(0)
    landed = nights.latest("projects")
    assert len(landed) == 250
    first = landed["PROJECT-0001"]
    assert first["project_reference"] == "EP/X000001/1"
    assert (first["award_pounds"], first["start_date"], first["end_date"]) == ("1000.5", "2024-01-01", "2024-12-31")
    assert (first["lead_organisation_name"], first["lead_postcode"]) == ("University of Birmingham", "B15 2TT")
    assert first["region"] == "West Midlands"


def test_no_person_is_asked_for(nights, api):
    nights.good_night(0)
    assert not [path for path in api.asked if "persons" in path]
    assert "PERSON-" not in str(nights.rows("projects"))


def test_an_organisation_is_asked_for_once_a_night_and_not_again_the_next(nights, api):
    nights.good_night(0)
    assert sorted(path for path in api.asked if "organisations" in path) == sorted(
        [f"/organisations/{ASTON}", f"/organisations/{BIRMINGHAM}"]
    )
    api.asked.clear()
    nights.good_night(1, refresh_days=10_000_000)
    assert set(api.asked) == {"/projects"}
    assert len(nights.rows("projects")) == 250, "nothing changed, nothing is landed"


def test_every_fund_is_asked_for_again_once_in_the_days_of_the_settings(nights, api):
    nights.good_night(0)
    for found in api.funds.values():
        found["valuePounds"]["amount"] = 0
    renewed = []
    for day in range(1, 5):
        nights.good_night(day, refresh_days=4)
        renewed.append(sum(row["award_pounds"] == "0" for row in nights.latest("projects").values()))
    assert renewed == sorted(set(renewed)), "some each night"
    assert renewed[-1] == 250


def test_a_project_with_another_fund_is_followed_at_once(nights, api):
    nights.good_night(0)
    api.projects[0] = project(1, BIRMINGHAM, "FUND-9")
    nights.good_night(1, refresh_days=10_000_000)
    assert nights.latest("projects")["PROJECT-0001"]["award_pounds"] == "9004.5"


def test_absence_deletes_nothing(nights, api):
    nights.good_night(0)
    del api.projects[:200]
    nights.good_night(1)
    assert len(nights.live("projects")) == 250


def test_a_project_two_searches_find_comes_once(nights):
    nights.config["searches"] = [{"q": "project 1"}, {"q": "project"}]
    nights.good_night(0)
    assert len(nights.rows("projects")) == 250


def test_a_link_to_nothing_quarantines_its_project_alone(nights, api):
    api.projects[3] = project(4, "ORG-GONE", "FUND-4")
    report = nights.night(0)
    assert report.streams[0].rows_quarantined == 1
    assert len(nights.live("projects")) == 249


def test_milliseconds_before_1970_and_none_are_read(nights, api):
    api.funds["FUND-1"] |= {"start": -86_400_000, "end": None}
    api.funds["FUND-2"]["start"] = "soon"
    report = nights.night(0)
    landed = nights.latest("projects")
    assert (landed["PROJECT-0001"]["start_date"], landed["PROJECT-0001"]["end_date"]) == ("1969-12-31", None)
    assert report.streams[0].rows_quarantined == 1


def test_without_a_search_nothing_is_read(nights, api):
    nights.config["searches"] = []
    nights.good_night(0)
    assert api.asked == []
