"""The step that makes a release, when it is stopped."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.assets import release
from orchestration.release.publication import ReleaseNotMade


def test_a_stop_that_a_query_turns_into_an_error_is_a_stop(tmp_path, monkeypatch):
    """What notices the signal has its own tests; Dagster handles signals as it likes while it calls an asset."""

    def swallowing(*_arguments, **_named):
        raise ReleaseNotMade("protecting the public view failed")

    recorded = {}
    night = SimpleNamespace(
        home=tmp_path,
        full=False,
        run_id="r",
        clock=datetime(2025, 5, 15, tzinfo=UTC),
        configuration=SimpleNamespace(releases=SimpleNamespace(keep=2, public_readable=False)),
        progress=lambda *_said: None,
        update_record=lambda **said: recorded.update(said),
    )
    monkeypatch.setattr(release, "publish", swallowing)
    monkeypatch.setattr(release, "noticing_stop", lambda: nullcontext(["SIGTERM"]))
    for name in ("code_version", "input_fingerprint", "suites_fingerprint", "gate_suites"):
        monkeypatch.setattr(release, name, lambda *_arguments: "")
    with (
        dg.build_asset_context(resources={"night": night}) as context,
        pytest.raises(dg.Failure, match="stopped by SIGTERM while making the release"),
    ):
        release.build_release_asset(set())(context)
    assert recorded["outcome"] == "stopped"
