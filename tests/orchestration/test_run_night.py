"""A night is told everything by argument, and answers with its own record."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from orchestration.night import NightRecord, write_record
from orchestration.run_night import DAGSTER_YAML, prepare_dagster_home, run_night

CLOCK = datetime(2025, 6, 1, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _dagster_home(monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "set by prepare_dagster_home, and back by the fixture")


def test_a_night_that_never_began_answers_with_no_other_nights_record(tmp_path, monkeypatch):
    for name in ("WMIP_HOME", "WMIP_CLOCK"):
        monkeypatch.delenv(name, raising=False)
    write_record(tmp_path, NightRecord("20250602T020000Z", "2025-06-02T02:00:00+00:00", outcome="published", number=1))
    record = run_night(tmp_path, lambda _stage, _message: None, clock=CLOCK)
    assert (record.run_id, record.outcome) == ("", "failed")
    assert "the clock says 2025-06-01 02:00:00 UTC" in record.message
    assert not {name for name in os.environ if name.startswith("WMIP_")} & {"WMIP_HOME", "WMIP_CLOCK"}


def test_dagsters_settings_are_those_of_this_version_whatever_stands_there(tmp_path):
    settings = tmp_path / "dagster" / "dagster.yaml"
    settings.parent.mkdir()
    for before in (b"event_log_storage: {module: a.module.that.is.gone, class: Log}", b"x: [" + bytes(9)):
        settings.write_bytes(before)
        prepare_dagster_home(tmp_path)
        assert settings.read_text() == DAGSTER_YAML
    written = settings.stat().st_mtime_ns
    prepare_dagster_home(tmp_path)
    assert settings.stat().st_mtime_ns == written
