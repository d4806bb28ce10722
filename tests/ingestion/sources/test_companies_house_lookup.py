"""The contract of Companies House's look-ups: what is asked for, what an unknown number is, and what is never asked."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.companies_house import KEY, CompaniesHouseApi, profile
from sandbox.loopback import Loopback
from tests.ingestion.sources.nights import Nights


@pytest.fixture
def api():
    made = CompaniesHouseApi()
    made.profiles |= {number: profile(number) for number in ("01234567", "SC123456", "OC300001")}
    return made


@pytest.fixture
def nights(api, tmp_path):
    with Loopback(api.app()) as server:
        yield Nights("companies_house_lookup", tmp_path, {"base_url": server.url}, {"COMPANIES_HOUSE_KEY": KEY})


def _meet(nights, *keys):
    path = nights.home / "registry" / "organisation_record.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"organisation_key": list(keys)}), path)


def test_the_numbers_the_programme_met_are_asked_for_once_each(nights, api):
    _meet(nights, "company:01234567", "company:01234567", "company:SC123456", "charity:1", "org-7")
    nights.good_night(0)
    assert api.asked == ["/company/01234567", "/company/SC123456"]
    row = nights.latest("companies")["01234567"]
    assert (row["name"], row["status"], row["postcode"]) == ("COMPANY 01234567 LIMITED", "active", "B3 2BJ")
    assert (row["sic_1"], row["sic_2"], row["sic_3"]) == ("62090", "1110", None)


def test_a_number_nobody_has_is_landed_as_unknown(nights):
    _meet(nights, "company:99999999")
    nights.good_night(0)
    assert nights.latest("companies")["99999999"]["status"] == "number_unknown"


def test_what_is_landed_is_asked_for_again_in_turn(nights, api):
    _meet(nights, "company:01234567", "company:SC123456", "company:OC300001")
    nights.good_night(0)
    api.asked.clear()
    for day in range(1, 8):
        nights.good_night(day, refresh_days=7)
    assert sorted(api.asked) == ["/company/01234567", "/company/OC300001", "/company/SC123456"]


def test_a_change_is_landed_as_a_new_version(nights, api):
    _meet(nights, "company:01234567")
    nights.good_night(0)
    api.profiles["01234567"] = profile("01234567", company_status="dissolved", date_of_cessation="2024-04-01")
    nights.good_night(1, refresh_days=1)
    assert [row["status"] for row in nights.rows("companies")] == ["active", "dissolved"]


def test_no_more_are_asked_a_night_than_the_settings_say(nights, api):
    _meet(nights, "company:01234567", "company:SC123456", "company:OC300001")
    nights.good_night(0, most_a_night=2)
    nights.good_night(1, most_a_night=2, refresh_days=10_000_000)
    assert len(nights.latest("companies")) == 3
    assert len(api.asked) == 3


def test_no_person_is_asked_for_or_landed(nights, api):
    _meet(nights, "company:01234567")
    nights.good_night(0)
    assert "officers" not in str(api.asked)
    assert "Planted" not in str(nights.rows("companies"))


def test_an_answer_of_another_company_is_quarantined(nights, api):
    _meet(nights, "company:01234567", "company:SC123456")
    api.profiles["01234567"] = profile("07654321")
    report = nights.night(0)
    assert report.streams[0].rows_quarantined == 1
    assert nights.live("companies") == {"SC123456"}


def test_without_an_organisation_nothing_is_asked(nights, api):
    nights.good_night(0)
    assert api.asked == []


def test_a_wrong_key_says_what_to_check(nights):
    _meet(nights, "company:01234567")
    nights.secrets = {"COMPANIES_HOUSE_KEY": "wrong-key"}
    nights.night(0)
    assert "token was refused" in nights.messages
    assert "wrong-key" not in nights.messages
