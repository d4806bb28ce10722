"""The Dagster graph as `workspace.yaml` loads it."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from ingestion.catalogue import SOURCES
from orchestration.graph import AUDIT, CANDIDATE, build_defs
from orchestration.resources import night_resource
from orchestration.triggers import NIGHTLY
from quality.suites import load_suites, suite_paths
from tests.conftest import clean_environment


@pytest.fixture(scope="module")
def defs(tmp_path_factory) -> dg.Definitions:
    return build_defs(tmp_path_factory.mktemp("home"))


# In a process of its own: nothing that another test imported, no secret, no way out of the machine.
LOADS_ALONE = """
import socket, sys

def refuse(*arguments, **more):
    raise AssertionError("the code location used the network")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from orchestration.definitions import defs
defs.resolve_all_job_defs()
print(sorted({"great_expectations", "dlt", "altair", "scipy.optimize"} & set(sys.modules)))
"""


def test_it_loads_without_secrets_network_or_heavy_libraries(tmp_path):
    loaded = subprocess.run(
        [sys.executable, "-c", LOADS_ALONE],
        env=clean_environment(WMIP_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr[-2000:]
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_every_landed_stream_is_an_asset_with_owner_group_and_description(defs):
    graph = defs.resolve_asset_graph()
    for name, source in SOURCES.items():
        for stream in source.streams:
            node = graph.get(dg.AssetKey(["landing", name, stream.name]))
            assert node.group_name == "landing"
            assert node.owners
            assert node.description


def test_every_asset_of_ours_has_a_group_an_owner_and_a_description(defs):
    graph = defs.resolve_asset_graph()
    ours = [graph.get(key) for key in graph.materializable_asset_keys]
    assert len(ours) > 80
    assert [node.key for node in ours if not (node.owners and node.description and node.group_name != "default")] == []


def test_every_check_of_the_suites_is_an_asset_check_and_the_critical_ones_block(defs):
    graph = defs.resolve_asset_graph()
    by_name = {key.name: key for key in graph.asset_check_keys}
    for check in load_suites(suite_paths()):
        assert graph.get(by_name[check.name]).blocking == (check.severity == "critical"), check.name


def test_the_night_ends_in_the_release_and_half_jobs_do_what_they_say(defs):
    graph = defs.resolve_asset_graph()
    release = dg.AssetKey(["release", "current"])
    jobs = {name: defs.resolve_job_def(name).asset_layer.selected_asset_keys for name in (NIGHTLY, CANDIDATE, AUDIT)}
    assert jobs[NIGHTLY] == set(graph.materializable_asset_keys)
    assert release not in jobs[CANDIDATE]
    assert release in jobs[AUDIT]
    assert not any(key.path[0] == "mart" for key in jobs[AUDIT])
    assert all(dg.AssetKey(["mart", t]) in jobs[CANDIDATE] for t in ("indicator_fact", "indicator_value"))


def test_the_release_started_alone_publishes_nothing(defs, tmp_path):
    release = dg.AssetSelection.assets(dg.AssetKey(["release", "current"]))
    alone = dg.Definitions(
        assets=defs.assets,
        resources={"night": night_resource(tmp_path)},
        jobs=[dg.define_asset_job("alone", selection=release)],
        executor=dg.in_process_executor,
    )
    result = alone.resolve_job_def("alone").execute_in_process(raise_on_error=False)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "there is no candidate" in failure.step_failure_data.user_failure_data.description
    assert not (tmp_path / "releases").exists() or not list((tmp_path / "releases").iterdir())
