"""The builds of the models, when they are stopped."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import dagster as dg
import pytest

from orchestration.assets import models
from orchestration.dbt_compiled import DataTest
from orchestration.dbt_tests import Outcome


def test_a_stop_that_a_data_test_takes_for_a_failure_is_a_stop(tmp_path, monkeypatch, stoppable):
    test = DataTest("test.wmip.a", "a", "SELECT 1", "model.wmip.a", ("model.wmip.a",))

    def swallowing(_warehouse, tests, _clock):
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            return [Outcome(tests[0], 0, "INTERRUPT Error: Interrupted!")]

    recorded = {}
    night = SimpleNamespace(home=tmp_path, clock=None, update_record=lambda **said: recorded.update(said))
    monkeypatch.setattr(models, "run_tests", swallowing)
    with pytest.raises(dg.Failure, match=r"stopped by SIGTERM while building the mart \(counting the indicators\)"):
        models._run_tests(night, "Building the mart", "Counting the indicators", [test])
    assert recorded["outcome"] == "stopped"
