import os
from datetime import UTC, datetime

import pytest

from orchestration.configuration import Configuration, load_configuration
from orchestration.errors import UserError
from orchestration.settings import load_settings


def test_without_a_configuration_a_file_source_is_on_once_files_were_dropped_for_it(tmp_path):
    assert load_configuration(tmp_path).enabled_sources() == []
    (tmp_path / "inbox" / "grants").mkdir(parents=True)
    (tmp_path / "inbox" / "grants" / ".keep").touch()
    assert load_configuration(tmp_path).enabled_sources() == []
    (tmp_path / "inbox" / "grants" / "a.json").touch()
    assert load_configuration(tmp_path).enabled_sources() == ["threesixtygiving"]


def test_a_file_source_stays_on_after_its_inbox_was_emptied(tmp_path):
    landed = tmp_path / "landing" / "returns" / "covers"
    landed.mkdir(parents=True)
    (landed / "00000000T000000Z_schema.parquet").touch()
    assert load_configuration(tmp_path).enabled_sources() == []
    (landed / "20250515T020000Z_0123456789ab.parquet").touch()
    assert load_configuration(tmp_path).enabled_sources() == ["returns"]


def test_a_source_is_switched_by_the_file(tmp_path):
    (tmp_path / "wmip.yaml").write_text(
        "sources:\n  eventbrite: {enabled: true, base_url: 'http://x/'}\n  returns: {enabled: false}\n"
    )
    configuration = load_configuration(tmp_path)
    assert configuration.enabled_sources() == ["eventbrite"]
    assert configuration.source("eventbrite") == {"enabled": True, "base_url": "http://x/"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sources: {eventbright: {enabled: true}}",
            "line 1: sources.eventbright: unknown; did you mean eventbrite?",
        ),
        (
            "sources:\n  eventbrite:\n    base_ulr: http://x/",
            "line 3: sources.eventbrite.base_ulr: unknown; did you mean base_url?",
        ),
        ("sources: {hubspot: {shrink_guard: lots}}", "line 1: sources.hubspot.shrink_guard"),
        (
            "sources: {hubspot: {shrink_guard: 80}}",
            "shrink_guard: Input should be less than or equal to 1",
        ),
        ("sources: {returns: {limits: {cell: 10}}}", "sources.returns.limits: unknown cell; did you mean cells?"),
        ("sources: {zoom: {expected_rows: {meeting: [1, 2]}}}", "sources.zoom.expected_rows.meeting"),
        ("sources: {returns: {base_url: http://x/}}", "sources.returns.base_url: unknown"),
        ("sources: {returns: }", "sources.returns: expected settings: enabled, limits"),
        ("sources:\nreleases: {keep: 0}", "line 2: releases.keep: "),
        ("release: {keep: 3}", "line 1: release: unknown; did you mean releases?"),
        ("- a list", "expected settings: sources, releases"),
        ("sources: [", "not valid YAML at line 1"),
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


def test_a_time_zone_that_is_none_names_its_variable():
    assert load_settings({"WMIP_TIME_ZONE": "Europe/Lisbon"}).time_zone == "Europe/Lisbon"
    with pytest.raises(UserError, match=r"WMIP_TIME_ZONE.*Europe/London"):
        load_settings({"WMIP_TIME_ZONE": "GMT+25"})


def test_a_return_that_nobody_knows_names_its_variable_and_the_one_that_was_meant():
    assert load_settings({"WMIP_RETURNS": "PATHFINDERS, "}).returns == "PATHFINDERS, "
    with pytest.raises(UserError, match=r"WMIP_RETURNS.*'PATHFINDER'; did you mean PATHFINDERS\?"):
        load_settings({"WMIP_RETURNS": "WMIP-RETURN,PATHFINDER"})


def test_without_an_injected_clock_the_time_is_whole_seconds_in_utc():
    now = load_settings({}).now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0


def test_nothing_starts_by_itself_unless_chosen():
    orchestration = Configuration().orchestration
    assert not orchestration.schedule_enabled
    assert not orchestration.inbox_sensor_enabled


def test_a_pipe_or_a_link_in_the_inbox_is_never_opened(tmp_path):
    """Whoever opens a pipe nobody writes to waits for ever; what a link leads to is not the inbox's."""
    inbox = tmp_path / "inbox" / "grants"
    inbox.mkdir(parents=True)
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "link.csv").symlink_to(inbox / "pipe.csv")
    assert load_configuration(tmp_path).enabled_sources()
