"""The step that makes a release, when it is stopped."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.assets import release
from orchestration.release.publication import ReleaseNotMade


def test_a_stop_that_a_query_turns_into_an_error_is_a_stop(tmp_path, monkeypatch, stoppable):
    def swallowing(*_arguments, **_named):
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as stopped:
            raise ReleaseNotMade("protecting the public view failed") from stopped

    recorded = {}
    night = SimpleNamespace(
        home=tmp_path,
        clock=datetime(2025, 5, 15, tzinfo=UTC),
        configuration=SimpleNamespace(releases=SimpleNamespace(keep=2, public_readable=False)),
        progress=lambda *_said: None,
        update_record=lambda **said: recorded.update(said),
    )
    monkeypatch.setattr(release, "publish", swallowing)
    for name in ("code_version", "input_fingerprint", "suites_fingerprint", "gate_suites"):
        monkeypatch.setattr(release, name, lambda *_arguments: "")
    with (
        dg.build_asset_context(resources={"night": night}) as context,
        pytest.raises(dg.Failure, match="stopped by SIGTERM while making the release"),
    ):
        release.build_release_asset(set())(context)
    assert recorded["outcome"] == "stopped"
