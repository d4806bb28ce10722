"""The only place that touches Great Expectations: runs checks inside DuckDB and reports each outcome, never less.

GX fetches results after its connection has closed, which DuckDB does not survive through SQLAlchemy; DuckDB is
therefore added to the dialects whose connection GX keeps open. A test fails when that no longer works.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from common.stop import let_stop
from quality.check_outcome import MOST_KEYS, Evaluation
from quality.fingerprint import SCHEMA
from quality.suites import CheckDefinition
from quality.typed_sql import NotAQuery, lock, open_read_only, require_query

# Where a backslash has to stand for SQLAlchemy's text() to give the query back as it was written: before what it takes
# for a bound value (a cast, `::date`, and `[[:alpha:]]` are none), and before a backslash that it would take away.
_TO_ESCAPE = re.compile(r"(?<![:\w\\])(?=:\w+(?![:\w]))|(?=\\:\w*(?![:\w]))")
_BRACES = (
    "a brace of the SQL's own is written twice, as in '[0-9]{{8}}'; single ones hold a name of docs/quality-gate.md"
)


class _Dialect(StrEnum):
    """A dialect as GX's engine compares them: by value."""

    DUCKDB = "duckdb"


def evaluate(warehouse: Path, checks: Sequence[tuple[CheckDefinition, str | None]]) -> dict[str, Evaluation]:
    """Evaluate checks (with their SQL filled in) on the mart, opened read-only. One entry for every check.

    A check that raised, was not evaluated, or came back without a result is an error.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    # It tells the log, and so the screen of the night, of each folder that it makes for itself.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx
    from great_expectations.execution_engine import sqlalchemy_execution_engine

    # There is no public switch for it; the tuple is a module constant of the engine.
    engine: Any = sqlalchemy_execution_engine
    if _Dialect.DUCKDB not in engine._PERSISTED_CONNECTION_DIALECTS:
        engine._PERSISTED_CONNECTION_DIALECTS = (*engine._PERSISTED_CONNECTION_DIALECTS, _Dialect.DUCKDB)

    found = _unreadable(warehouse, checks)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_sql(
        name="candidate",
        connection_string=f"duckdb:///{warehouse}",
        create_temp_table=False,
        kwargs={"creator": lambda: _connect(warehouse)},
    )
    try:
        by_table: dict[str, list[tuple[CheckDefinition, str | None]]] = {}
        for check, sql in checks:
            if check.name in found:
                continue
            by_table.setdefault(check.table, []).append((check, sql))
        for table, of_table in by_table.items():
            found |= _evaluate_table(gx, source, table, of_table)
    finally:
        # GX leaves two engines with a connection each open, and the release opens the same file next.
        execution = source.get_execution_engine()
        with execution.get_connection() as connection:
            connection.close()
        execution.engine.dispose()
        source.get_engine().dispose()
    return found


def _connect(warehouse: Path) -> Any:
    """A read-only connection in the mart's schema: expectations on columns name their table without one."""
    from duckdb_engine import Dialect

    connection = Dialect().connect(str(warehouse), read_only=True)
    lock(connection)
    connection.execute(f"USE {SCHEMA}")
    return connection


def _unreadable(warehouse: Path, checks: Sequence[tuple[CheckDefinition, str | None]]) -> dict[str, Evaluation]:
    """Checks whose SQL is no query, or one that DuckDB cannot even plan, with its own words."""
    found = {}
    with open_read_only(warehouse) as connection:
        for check, sql in checks:
            if sql is None:
                continue
            try:
                query = sql.format(batch=f"{SCHEMA}.{check.table}")
            except (KeyError, IndexError, ValueError):
                found[check.name] = _error(_BRACES)
                continue
            try:
                require_query(query)
                connection.execute(f"EXPLAIN {query}")
            except (duckdb.Error, NotAQuery) as error:
                found[check.name] = _error(_first_line(error))
    return found


def _evaluate_table(
    gx: Any, source: Any, table: str, checks: list[tuple[CheckDefinition, str | None]]
) -> dict[str, Evaluation]:
    try:
        asset = source.add_table_asset(name=table, table_name=table)
        batch = asset.add_batch_definition_whole_table("all").get_batch()
    except Exception as error:  # noqa: BLE001 - a table that cannot be read fails each of its checks
        let_stop(error)
        return {
            check.name: _error(f"table {SCHEMA}.{table} cannot be read ({_first_line(error)})") for check, _ in checks
        }
    found = {}
    for check, sql in checks:
        try:
            expectation = _expectation(gx, check, sql)
            result = batch.validate(expectation, result_format={"result_format": "COMPLETE"})
            found[check.name] = _read(result, check)
        except Exception as error:  # noqa: BLE001 - a check that did not run is a failed check
            let_stop(error)
            found[check.name] = _error(_first_line(error))
        if found[check.name].error:
            # A query that broke leaves its transaction aborted; the checks after it are not to blame.
            with source.get_execution_engine().get_connection() as connection:
                connection.rollback()
    return found


def _expectation(gx: Any, check: CheckDefinition, sql: str | None) -> Any:
    if sql is not None:
        return gx.expectations.UnexpectedRowsExpectation(unexpected_rows_query=_as_gx_reads(sql))
    name = "".join(part.capitalize() for part in str(check.expectation).split("_"))
    return getattr(gx.expectations, name)(**check.arguments)


def _as_gx_reads(sql: str) -> str:
    """A query as GX passes it on whole: what SQLAlchemy would take for a bound value (`'^(?:x|y)$'`) is escaped, and a
    comment or semicolon at its end does not swallow the bracket that GX puts there.
    """
    escaped = _TO_ESCAPE.sub(r"\\", sql)
    return f"SELECT * FROM (\n{escaped.rstrip().rstrip(';')}\n)"


def _error(message: str) -> Evaluation:
    return Evaluation(False, f"not evaluated: {message}", 0, [], error=message)


def _first_line(error: Any) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:300]


def _exception_of(info: Any) -> str | None:
    """The message of a raised exception; GX keeps it flat, or under the id of the metric that raised it."""
    if not isinstance(info, dict):
        return None
    entries = [info] if "raised_exception" in info else [item for item in info.values() if isinstance(item, dict)]
    for entry in entries:
        if entry.get("raised_exception"):
            return _first_line(entry.get("exception_message") or "raised an exception")
    return None


def _read(result: Any, check: CheckDefinition) -> Evaluation:
    raised = _exception_of(result.exception_info)
    if raised is not None:
        return _error(raised)
    details = result.result or {}
    if result.success is None or not details:
        return _error("no result came back")
    if check.query is not None:
        rows = (details.get("details") or {}).get("unexpected_rows") or []
        count = int(details.get("unexpected_count") or details.get("observed_value") or len(rows))
        keys = [", ".join(f"{value}" for value in row.values()) for row in rows[:MOST_KEYS]]
        observed = _against(count)
        return Evaluation(bool(result.success), observed, count, keys)
    count = int(details.get("unexpected_count") or 0)
    value = details.get("observed_value")
    # Mean, largest, smallest and sum of no rows are no values; GX takes them for failed.
    is_nothing = value is None and "observed_value" in details
    shown = "no value to compare" if is_nothing else _against(count) if value is None else f"observed {value}"
    failing = 0 if result.success else max(count, 1)
    return Evaluation(bool(result.success), str(shown)[:300], failing, [])


def _against(count: int) -> str:
    return "no rows against it" if not count else "1 row against it" if count == 1 else f"{count} rows against it"
