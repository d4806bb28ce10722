"""What of a warehouse is as the night before made it: a model that would be made of the same is taken over.

Each model is known by what it is made of: its SQL with tonight's clock, the content of the models and files that it
reads. The warehouse of the night before is kept aside; what is taken over is copied from it and must still be what was
made then. So a quiet night makes what hangs on the clock, and what reads that only where it came out different; every
other table is what a whole build would make again (docs/decisions/0273).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from common.home import earlier_warehouse_file, warehouse_file
from common.sql import literal, quoted
from orchestration.dbt_compiled import DataTest, Model
from orchestration.dbt_runner import PROJECT_DIR

EARLIER = "earlier"
FILES = re.compile(r"read_\w+\('([^']+)'")
_NOTES = "build.made"
log = logging.getLogger(__name__)


def set_aside(home: Path, keep: bool) -> None:
    """Clear the place of tonight's warehouse; `keep` what stood there, to take over from.

    The candidate is put together anew every night: nothing of an earlier, perhaps interrupted, build is in it but what
    would be made again.
    """
    warehouse, earlier = warehouse_file(home), earlier_warehouse_file(home)
    for leftover in home.glob(f"{warehouse.name}*"):
        if leftover != warehouse:
            leftover.unlink()
    if warehouse.exists():
        warehouse.rename(earlier)
    if not keep:
        earlier.unlink(missing_ok=True)


@dataclass(frozen=True)
class Made:
    """Of what a model was made, and what came of it; both as fingerprints. A test that passed has no content."""

    made_of: str
    content: str = ""


class Ledger:
    """What each model of a warehouse was made of, beside the same of the night before, if that is there."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, home: Path, earlier: Path | None = None) -> None:
        self._connection, self._home = connection, home
        self._files: dict[str, str] = {}
        connection.execute(
            f"CREATE SCHEMA IF NOT EXISTS build; "
            f"CREATE TABLE IF NOT EXISTS {_NOTES} (unique_id VARCHAR, made_of VARCHAR, content VARCHAR)"
        )
        self._now = _notes(connection, _NOTES)
        self._new: dict[str, Made] = {}
        self._before = self._attached(earlier) if earlier is not None and earlier.exists() else {}

    def _attached(self, earlier: Path) -> dict[str, Made]:
        try:
            self._connection.execute(f"ATTACH IF NOT EXISTS {literal(earlier)} AS {EARLIER} (READ_ONLY)")
            return _notes(self._connection, f"{EARLIER}.{_NOTES}")
        except duckdb.Error as error:
            # Another version's, or damaged: all is made anew.
            log.warning("%s cannot be built upon: %s", earlier, str(error).partition("\n")[0])
            return {}

    def made_of(self, node: Model | DataTest, sql: str) -> str:
        """The fingerprint of all that a model or test with this SQL would be made of now."""
        parts = [duckdb.__version__, repr(node), sql]
        parts += [f"{read} {self._now[read].content}" for read in sorted(set(node.reads)) if read in self._now]
        parts += [f"{pattern} {self._content_of_files(pattern)}" for pattern in FILES.findall(sql)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def take_over(self, model: Model, made_of: str) -> bool:
        """Copy and note a table of the night before, where it was made of the same and still is what was made then."""
        before = self._before.get(model.unique_id)
        if before is None or before.made_of != made_of:
            return False
        name = f"{quoted(model.schema)}.{quoted(model.name)}"
        try:
            self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {EARLIER}.{name}")
            if content(self._connection, name) != before.content:
                return False
        except duckdb.Error:
            return False
        self._note({model.unique_id: before})
        return True

    def note(self, model: Model, made_of: str) -> None:
        """Note a model that was made. A view is what it is made of."""
        is_view = model.kind == "view"
        name = f"{quoted(model.schema)}.{quoted(model.name)}"
        self._note({model.unique_id: Made(made_of, made_of if is_view else content(self._connection, name))})

    def stands(self, node: Model | DataTest, made_of: str) -> bool:
        """Whether this warehouse holds a model that was made of the same, or a test passed on the same in it."""
        noted = self._now.get(node.unique_id)
        return noted is not None and noted.made_of == made_of

    def content_of(self, model: Model) -> str | None:
        """What came of a model, as it was noted; None of one that never was."""
        noted = self._now.get(model.unique_id)
        return None if noted is None else noted.content

    def passed_before(self, test: DataTest, made_of: str) -> bool:
        """Whether a test passed the night before on the same."""
        return self._before.get(test.unique_id) == Made(made_of)

    def note_passed(self, tests: Mapping[str, str]) -> None:
        """Note tests that passed, by what they were run on."""
        self._note({name: Made(made_of) for name, made_of in tests.items()})

    def _note(self, made: Mapping[str, Made]) -> None:
        self._now |= made
        self._new |= made

    def write(self) -> None:
        """Write down all that was noted: a statement for each would cost more than many a model."""
        rows = [(name, of.made_of, of.content) for name, of in self._new.items()]
        columns = [[row[at] for row in rows] for at in range(3)]
        self._connection.execute(f"DELETE FROM {_NOTES} WHERE unique_id IN (SELECT unnest(?))", columns[:1])
        self._connection.execute(f"INSERT INTO {_NOTES} SELECT unnest(?), unnest(?), unnest(?)", columns)
        self._new = {}

    def _content_of_files(self, pattern: str) -> str:
        if pattern not in self._files:
            self._files[pattern] = _digest(_found(self._home, pattern))
        return self._files[pattern]


def content(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Fingerprint of a table: columns with types, row count, hash of the rows in any order."""
    columns = connection.execute(f"DESCRIBE {table}").fetchall()
    # Two aggregates: rows that occur twice cancel out in xor, not in the sum.
    rows = connection.execute(f"SELECT count(*), bit_xor(hash(t)), sum(hash(t)::HUGEINT) FROM {table} AS t").fetchone()
    return hashlib.sha256(repr(([column[:2] for column in columns], rows)).encode()).hexdigest()


def _notes(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Made]:
    rows = connection.execute(f"SELECT unique_id, made_of, content FROM {table}").fetchall()
    return {name: Made(made_of, found) for name, made_of, found in rows}


def _found(home: Path, pattern: str) -> list[Path]:
    """The files of a pattern, where DuckDB looks for them: below the home, else in the project."""
    return next((found for root in (home, PROJECT_DIR) if (found := sorted(root.glob(pattern)))), [])


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
