"""Ctrl-C and SIGTERM, whatever a library made of them."""

from __future__ import annotations

# Dagster's own of a signal; by name, since a room knows no Dagster.
_STOPS = ("KeyboardInterrupt", "DagsterExecutionInterruptedError")


def was_stopped(error: BaseException | None) -> bool:
    """Whether an error comes of a signal. Of one in a query DuckDB makes `RuntimeError: Query interrupted`,
    whose cause it is.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if type(error).__name__ in _STOPS:
            return True
        error = error.__cause__ or error.__context__
    return False


def let_stop(error: BaseException) -> None:
    """Raises KeyboardInterrupt for an error that comes of a signal: asked by whoever goes on after any error."""
    if was_stopped(error):
        raise KeyboardInterrupt from error
