"""A stop is one, whatever a library made of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.stop import let_stop, was_stopped

# Prints what became of a signal in a query, for this product. In a process of its own: a signal that arrives
# beside the query is Python's, and would stop the tests.
_INTERRUPTED = """
import signal, duckdb
from common.stop import let_stop, was_stopped
signal.signal(signal.SIGVTALRM, signal.default_int_handler)
with duckdb.connect() as connection:
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2)
    try:
        connection.execute("SELECT count(*) FROM range(100_000_000_000) AS t (a) WHERE a % 7 = 3")
    except RuntimeError as error:
        heard = error
    print(was_stopped(heard), end=" ")
    try:
        let_stop(heard)
    except KeyboardInterrupt:
        print("stopped")
"""


def _what_a_signal_makes_of_a_query() -> str:
    """DuckDB 1.5.5 hears a signal between a query's tasks, and now and then a query is one long task: again."""
    for _ in range(20):
        try:
            done = subprocess.run(
                [sys.executable, "-c", _INTERRUPTED], capture_output=True, text=True, timeout=5, check=True
            )
        except subprocess.SubprocessError:
            continue
        return done.stdout.strip()
    raise AssertionError("no signal was heard in a query")


def test_a_query_that_a_signal_interrupts_is_a_stop():
    assert _what_a_signal_makes_of_a_query() == "True stopped"


def test_a_stop_is_found_behind_the_errors_that_it_caused():
    interrupted = RuntimeError("Query interrupted")
    interrupted.__cause__ = KeyboardInterrupt()
    refused = ValueError("the file was not read")
    refused.__context__ = interrupted
    assert was_stopped(refused)
    with pytest.raises(KeyboardInterrupt):
        let_stop(refused)


def test_an_error_of_the_same_words_without_a_signal_is_none():
    error = RuntimeError("Query interrupted")
    error.__cause__ = ValueError("why")
    assert not was_stopped(error)
    let_stop(error)
