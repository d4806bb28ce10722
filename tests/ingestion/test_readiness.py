"""What doctor says of a source, against servers that are well and servers that are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingestion.readiness import probe_source
from sandbox.loopback import Loopback
from tests.ingestion.sources.faults import QUICK, SUBJECTS, _own_certificate

NOVEMBER = datetime(2026, 11, 30, tzinfo=UTC)
KEY = {"WMIP_PSEUDONYM_KEY": "x"}
PACE = {"requests_per_second": QUICK["requests_per_second"]}


def _answers(status: int = 200, headers: dict[str, str] | None = None, refused: str = "") -> Starlette:
    """Says the same to every request, but 403 to a path that holds `refused`."""

    async def answer(request: Request) -> JSONResponse:
        forbidden = refused and refused in request.url.path
        return JSONResponse({"results": []}, 403 if forbidden else status, headers=headers)

    return Starlette(routes=[Route("/{path:path}", answer)])


def _hubspot(url: str, tmp_path, now: datetime | None = None) -> dict[str, tuple[bool, str]]:
    environment = {**KEY, "HUBSPOT_TOKEN": "sandbox-hubspot-token"}
    found = probe_source(
        "hubspot", {**PACE, "base_url": url, "timeout_seconds": 2}, environment, tmp_path, now or datetime.now(UTC)
    )
    return {probe.name: (probe.passed, probe.message) for probe in found}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_sandbox_that_is_well_has_nothing_to_fix(name, tmp_path):
    subject = SUBJECTS[name]
    with Loopback(subject.app()) as server:
        config = {**subject.config(server.url), **PACE}
        probes = probe_source(name, config, {**KEY, **subject.secrets}, tmp_path, datetime.now(UTC))
    assert [(probe.name, probe.message) for probe in probes if not probe.passed] == []
    assert {"connection", "clock"} <= {probe.name for probe in probes}


def test_a_missing_secret_is_named_and_nothing_is_asked(tmp_path):
    found = probe_source("hubspot", {"base_url": "http://127.0.0.1:9/"}, KEY, tmp_path, datetime.now(UTC))
    assert [probe.message for probe in found if not probe.passed] == ["set the environment variable HUBSPOT_TOKEN"]
    assert "connection" not in {probe.name for probe in found}


def test_a_missing_scope_names_the_stream_and_what_to_give(tmp_path):
    with Loopback(_answers(refused="contacts")) as server:
        found = _hubspot(server.url, tmp_path)
    assert found["permission companies"] == (True, "companies may be read")
    passed, message = found["permission contacts"]
    assert not passed
    assert "scopes" in message


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "token was refused"), (410, "newer api_version"), (404, "api_version"), (503, "fault of its own")],
)
def test_a_refusal_says_what_to_fix(tmp_path, status, said):
    with Loopback(_answers(status)) as server:
        found = _hubspot(server.url, tmp_path)
    assert not found["connection"][0]
    assert said in found["connection"][1]
    assert "sandbox-hubspot-token" not in str(found)


@pytest.mark.parametrize(("minutes", "passed"), [(0, True), (4, True), (-4, True), (6, False), (-90, False)])
def test_a_clock_that_is_off_is_told_by_how_much(tmp_path, minutes, passed):
    with Loopback(_answers()) as server:
        found = _hubspot(server.url, tmp_path, datetime.now(UTC) + timedelta(minutes=minutes))
    assert found["clock"][0] is passed
    assert passed or f"{abs(minutes)} minutes off" in found["clock"][1]


def test_a_certificate_nobody_vouches_for(tmp_path):
    certificate, key = _own_certificate(tmp_path)
    with Loopback(_answers(), certificate, key) as server:
        found = _hubspot(server.url, tmp_path)
    assert not found["connection"][0]
    assert "certificate" in found["connection"][1]


def test_an_address_nobody_answers_at(tmp_path):
    found = _hubspot("http://127.0.0.1:9/", tmp_path)
    assert "cannot be reached" in found["connection"][1]


def test_a_setting_the_address_needs_is_asked_for(tmp_path):
    secrets = {"ZOOM_CLIENT_ID": "a", "ZOOM_CLIENT_SECRET": "b"}
    config = {"base_url": "http://127.0.0.1:9/", "token_url": "http://127.0.0.1:9/"}
    found = probe_source("zoom", config, {**KEY, **secrets}, tmp_path, datetime.now(UTC))
    assert [probe.name for probe in found if not probe.passed] == ["settings"]
    assert "sources.zoom in wmip.yaml" in found[-1].message


def test_an_inbox_is_looked_at(tmp_path):
    (probe,) = probe_source("innovate_uk", {}, {}, tmp_path, datetime.now(UTC))
    assert (probe.name, probe.passed) == ("inbox", True)


def test_files_that_hold_people_need_the_pseudonym_key(tmp_path):
    found = probe_source("teams", {}, {}, tmp_path, datetime.now(UTC))
    assert [(probe.name, probe.passed) for probe in found] == [("credentials", False), ("inbox", True)]
    assert "WMIP_PSEUDONYM_KEY" in found[0].message


@pytest.mark.parametrize(
    ("version", "day", "told"),
    [
        (None, NOVEMBER, []),
        ("41.0", datetime(2028, 7, 1, tzinfo=UTC), []),
        (
            "31.0",
            NOVEMBER,
            [(True, "versions 31.0 to 40.0 ends 2028-06: leave api_version out of wmip.yaml, or set 66.0")],
        ),
        ("40.0", datetime(2028, 6, 30, tzinfo=UTC), [(True, "versions 31.0 to 40.0 ends 2028-06")]),
        ("40.0", datetime(2028, 7, 1, tzinfo=UTC), [(False, "versions 31.0 to 40.0 ended 2028-06")]),
    ],
)
def test_versions_of_salesforce_that_end_are_told_and_fail_once_they_have(tmp_path, monkeypatch, version, day, told):
    monkeypatch.setattr("sandbox.salesforce.VERSIONS", {"31.0", "40.0", "41.0", "66.0"})
    subject = SUBJECTS["salesforce"]
    with Loopback(subject.app()) as server:
        config = {**subject.config(server.url), **PACE, **({} if version is None else {"api_version": version})}
        probes = list(probe_source("salesforce", config, {**KEY, **subject.secrets}, tmp_path, day))
    ends = [(probe.passed, probe.message) for probe in probes if probe.name == "end of life"]
    assert [passed for passed, _ in ends] == [passed for passed, _ in told]
    assert all(message.startswith(said) for (_, message), (_, said) in zip(ends, told, strict=True))
