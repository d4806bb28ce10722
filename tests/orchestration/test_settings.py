from datetime import UTC, datetime

import pytest

from orchestration.errors import UserError
from orchestration.settings import Configuration, load_configuration, load_settings


def test_file_sources_are_on_and_api_sources_off_without_a_configuration(tmp_path):
    assert load_configuration(tmp_path).enabled_sources() == ["registers", "returns", "threesixtygiving"]


def test_a_source_is_switched_by_the_file(tmp_path):
    (tmp_path / "wmip.yaml").write_text(
        "sources:\n  eventbrite: {enabled: true, base_url: 'http://x/'}\n  returns: {enabled: false}\n"
    )
    configuration = load_configuration(tmp_path)
    assert configuration.enabled_sources() == ["registers", "threesixtygiving", "eventbrite"]
    assert configuration.source("eventbrite") == {"enabled": True, "base_url": "http://x/"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {eventbright: {enabled: true}}", "unknown source eventbright; known are"),
        ("releases: {keep: 0}", "releases.keep"),
        ("release: {keep: 3}", "release: Extra inputs"),
        ("- a list", "expected settings"),
        ("sources: [", "not valid YAML"),
    ],
)
def test_a_wrong_configuration_names_the_file_and_the_setting(tmp_path, text, said):
    (tmp_path / "wmip.yaml").write_text(text)
    with pytest.raises(UserError, match=r"wmip\.yaml") as caught:
        load_configuration(tmp_path)
    assert said in str(caught.value)


def test_the_clock_is_injected_and_in_utc():
    settings = load_settings({"WMIP_CLOCK": "2025-05-15T03:00:00+01:00"})
    assert settings.now() == datetime(2025, 5, 15, 2, tzinfo=UTC)


def test_a_wrong_clock_names_its_variable():
    with pytest.raises(UserError, match="WMIP_CLOCK"):
        load_settings({"WMIP_CLOCK": "yesterday"})


def test_without_an_injected_clock_the_time_is_whole_seconds_in_utc():
    now = load_settings({}).now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0


def test_nothing_starts_by_itself_unless_chosen():
    orchestration = Configuration().orchestration
    assert not orchestration.schedule_enabled
    assert not orchestration.inbox_sensor_enabled
