"""`make serve` listens on this machine alone."""

from __future__ import annotations

import pytest

from orchestration.dagster_page import on_loopback


@pytest.mark.parametrize("arguments", [[], ["--port", "4000"]])
def test_it_listens_on_loopback_unless_told(arguments):
    assert on_loopback(arguments) == ["--host", "127.0.0.1", *arguments]


@pytest.mark.parametrize("arguments", [["--host", "::1"], ["-h", "localhost"], ["--host=127.0.0.2"], ["-h127.0.0.1"]])
def test_another_address_of_this_machine_may_be_named(arguments):
    assert on_loopback(arguments) == arguments


@pytest.mark.parametrize(
    "arguments",
    [["--host", "0.0.0.0"], ["-h", "::"], ["--host=10.0.0.1"], ["-h0.0.0.0"], ["--dagit-host", "x"], ["-h"]],
)
def test_an_address_that_others_reach_is_refused(arguments):
    with pytest.raises(SystemExit, match=r"for this machine alone.*put a proxy with one before it"):
        on_loopback(["--port", "4000", *arguments])
