"""A stop is one, whatever a library made of it."""

from __future__ import annotations

import signal

import duckdb
import pytest

from common.stop import let_stop, was_stopped


def _interrupted_query() -> BaseException:
    """What DuckDB makes of a signal that arrives in a query; sent again until it is heard."""
    before = signal.signal(signal.SIGVTALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.2, 0.2)
        with duckdb.connect() as connection:
            connection.execute("SELECT count(*) FROM range(100_000_000_000) AS t (a) WHERE a % 7 = 3")
    except RuntimeError as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    raise AssertionError("the query ended")


def test_a_query_that_a_signal_interrupts_is_a_stop():
    error = _interrupted_query()
    assert was_stopped(error)
    with pytest.raises(KeyboardInterrupt):
        let_stop(error)


def test_an_error_of_the_same_words_without_a_signal_is_none():
    error = RuntimeError("Query interrupted")
    error.__cause__ = ValueError("why")
    assert not was_stopped(error)
    let_stop(error)
