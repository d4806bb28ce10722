"""What tests of the night share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import pytest

from orchestration.cli.options import console, errors


@pytest.fixture(autouse=True)
def wide() -> None:
    """A console measures itself when it is made, by whichever test comes first; here no sentence is folded."""
    console.width = errors.width = 200


@pytest.fixture
def stoppable() -> Iterator[None]:
    """SIGTERM does what it does in a night, whoever runs the tests.

    Dagster's runs that failed in earlier tests may still wait to be collected, and put the handlers back that they
    found as they go: they go first.
    """
    gc.collect()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)
