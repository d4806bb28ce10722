"""Dagster's own daemon starts nights by the schedule and by the inbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration.run_night import prepare_dagster_home
from tests.conftest import clean_environment

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "orchestration: {schedule_enabled: true, schedule: '* * * * *', inbox_sensor_enabled: true}\n"


@pytest.mark.slow
def test_the_daemon_fires_the_schedule_and_the_inbox_sensor(tmp_path, monkeypatch):
    home = tmp_path / "home"
    register = home / "inbox" / "registers" / "partners.csv"
    register.parent.mkdir(parents=True)
    register.write_text("partner_code,name,cluster_key,activity_starts_on,eventbrite_organization_id\n")
    then = time.time() - 60
    os.utime(register, (then, then))
    (home / "wmip.yaml").write_text(SETTINGS)
    folder = prepare_dagster_home(home)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    daemon = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("dagster-daemon")),
            "run",
            "--workspace",
            str(ROOT / "workspace.yaml"),
        ],
        cwd=ROOT,
        env=clean_environment(WMIP_HOME=str(home), DAGSTER_HOME=str(folder)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        started: set[str] = set()
        until = time.monotonic() + 420
        while started < {"schedule", "sensor"} and time.monotonic() < until:
            time.sleep(3)
            with dg.DagsterInstance.get() as instance:
                for run in instance.get_runs():
                    # A run that was queued only is none: the night's own record says that it ran.
                    if not run.is_finished:
                        continue
                    started |= {"schedule"} if run.tags.get("dagster/schedule_name") == "nightly" else set()
                    started |= {"sensor"} if run.tags.get("dagster/sensor_name") == "inbox" else set()
        assert started == {"schedule", "sensor"}
        records = [json.loads(path.read_text()) for path in (home / "runs").glob("*/night.json")]
        assert len(records) >= 2
        assert all(record["outcome"] == "blocked" for record in records if record["outcome"] != "started")
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait(timeout=60)
