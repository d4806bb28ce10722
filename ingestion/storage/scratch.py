"""DuckDB for looks at landed files: one in memory for all small ones, as opening one costs more than the look itself;
one of its own, of bounded memory, for what may be large.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from common.home import make_private, spool_folder

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "256MB"
THREADS = 4


@cache
def _database() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect()


def scratch() -> duckdb.DuckDBPyConnection:
    """A connection of its own, with its own temporary tables, to be closed after use."""
    return _database().cursor()


@contextmanager
def spilling(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of bounded memory; what does not fit goes to disk, in the home."""
    import duckdb

    # DuckDB makes the last folder of its path only, and a home that is new has no spool yet.
    spool = make_private(spool_folder(home))
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": min(THREADS, os.cpu_count() or 1),
        "temp_directory": str(spool / f"duckdb-{os.getpid()}"),
    }
    with duckdb.connect(config=settings) as connection:
        yield connection
