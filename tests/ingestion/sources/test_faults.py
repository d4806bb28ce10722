"""Every source that is read over HTTP, with everything that goes wrong on the way. See `faults.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.loopback import Loopback
from tests.ingestion.sources.faults import FAULTS, SUBJECTS, Door, Fault, Rig, Subject, landed, leaks, statuses, twice

BROKEN_OFF = "dropped_within_the_body"
# One stream of one request a record: the least that has a key, rows and more than one request.
SMALL = SUBJECTS["companies_house_lookup"]
CASES = [
    pytest.param(
        subject,
        fault,
        id=f"{subject.name}-{fault.name}",
        # Transport is one client for all: a small source meets everything, the others what is theirs.
        marks=[] if subject is SMALL or fault.needs_pages or fault.name == BROKEN_OFF else [pytest.mark.slow],
    )
    for subject in SUBJECTS.values()
    for fault in FAULTS.values()
    if subject.paging or not fault.needs_pages
]
GOOD = {"loaded", "unchanged"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Loopback, Door]]:
    """One server for all runs."""
    door = Door()
    with Loopback(door) as server:
        yield server, door


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, served: tuple[Loopback, Door]
) -> Callable[[Subject], tuple[Any, int]]:
    """What a source lands when nothing goes wrong, and how many requests that takes."""
    made: dict[str, tuple[Any, int]] = {}

    def read(subject: Subject) -> tuple[Any, int]:
        if subject.name not in made:
            rig = Rig(subject, tmp_path_factory.mktemp(subject.name) / "home", *served)
            assert statuses(rig.clean_night()) <= GOOD, rig.messages
            made[subject.name] = landed(rig.home, subject.name), len(rig.transport.requests)
        return made[subject.name]

    return read


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client waited for between attempts; in a fault run it does not really wait."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.mark.parametrize(("subject", "fault"), CASES)
def test_after_recovery_the_landing_is_that_of_an_undisturbed_run(
    subject: Subject,
    fault: Fault,
    undisturbed: Callable[[Subject], tuple[Any, int]],
    served: tuple[Loopback, Door],
    waits: list[float],
    tmp_path: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected, requests = undisturbed(subject)
    caplog.set_level(logging.INFO)
    rig = Rig(subject, tmp_path / "home", *served)
    if fault.after_a_good_night:
        rig.clean_night()
    before = len(rig.transport.requests)

    struck = fault.strike(rig, requests)

    assert fault.name.startswith("certificate") or len(rig.transport.requests) > before, "nothing was asked"
    if fault.night_ends == "well":
        assert statuses(struck) <= GOOD, rig.messages
    elif fault.night_ends == "failed":
        assert "failed" in statuses(struck)
        assert any(stream.message for stream in struck.streams)
    if fault.waits is not None:
        assert fault.waits in waits

    assert statuses(rig.clean_night()) <= GOOD, rig.messages
    found = landed(rig.home, subject.name)
    assert {name: len(rows) for name, rows in found.items()} == {name: len(rows) for name, rows in expected.items()}
    assert found == expected
    assert twice(rig.home, subject.name) == []
    assert leaks(rig, caplog.text) == []
    assert any(rows for rows in found.values())


def test_the_fault_runs_are_at_least_forty() -> None:
    assert len(CASES) >= 40
