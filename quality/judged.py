"""What Great Expectations said of a check stands while there is the same to say it of.

Each check's query is run on every candidate. Where it gives the rows on which the engine judged it before (of an
expectation: where its table is the same), that judgement is this candidate's, and the engine, whose import alone takes
seconds, is asked only about the others (docs/decisions/0274). Judgements are kept in each home; those of queries also
beside the installation, without the keys of any row, so that the first night of a home need not ask again whether no
rows are no fault (docs/decisions/0425).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from common.durable import write_text
from common.home import make_private
from quality.check_outcome import MOST_KEYS, Evaluation
from quality.fingerprint import SCHEMA
from quality.suites import CheckDefinition
from quality.typed_sql import NotAQuery, open_read_only, require_query

# Beside the installation; a suite has some hundred checks.
MOST_KEPT = 5_000
Asked = Sequence[tuple[CheckDefinition, str | None]]


@dataclass(frozen=True)
class Question:
    """A check as it is defined and what there is to judge it by on a candidate, as one fingerprint; None where that
    cannot be found out, which is for the engine to say. `keys`: of the first rows that its query gives, none for an
    expectation.
    """

    check: CheckDefinition
    fingerprint: str | None
    keys: list[str] = field(default_factory=list)


def questions(warehouse: Path, checks: Asked, tables: Mapping[str, str]) -> list[Question]:
    """What each check, with its SQL filled in, asks of a candidate whose tables have the fingerprints `tables`."""
    makers = [version("great_expectations"), duckdb.__version__, _engine()]
    with open_read_only(warehouse) as connection:
        connection.execute(f"USE {SCHEMA}")
        return [_question(connection, check, sql, tables, makers) for check, sql in checks]


def _question(
    connection: duckdb.DuckDBPyConnection,
    check: CheckDefinition,
    sql: str | None,
    tables: Mapping[str, str],
    makers: list[str],
) -> Question:
    keys: list[str] = []
    if sql is None:
        seen: Any = tables.get(check.table)
    else:
        try:
            seen, keys = _found(connection, sql.format(batch=f"{SCHEMA}.{check.table}"))
        except (duckdb.Error, NotAQuery, KeyError, IndexError, ValueError):
            seen = None
    if seen is None:
        return Question(check, None)
    asked = "\0".join([*makers, check.model_dump_json(), repr(seen)])
    return Question(check, hashlib.sha256(asked.encode()).hexdigest(), keys)


def _found(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, list[str]]:
    """Number and hash of the rows of a query in any order, and the keys of the first ones."""
    require_query(query)
    rows = f"(\n{query.rstrip().rstrip(';')}\n) AS q"
    seen = connection.execute(f"SELECT count(*), bit_xor(hash(q)), sum(hash(q)::HUGEINT) FROM {rows}").fetchone()
    first = connection.execute(f"FROM {rows} LIMIT {MOST_KEYS}").fetchall() if seen and seen[0] else []
    return seen, [", ".join(f"{value}" for value in row) for row in first]


def _engine() -> str:
    """The engine's module as it is: how it reads a result is part of a judgement."""
    return hashlib.sha256(Path(__file__).with_name("gx_engine.py").read_bytes()).hexdigest()


def standing(kept_in: Path, asked: Sequence[Question]) -> dict[str, Evaluation]:
    """Those judgements of a home that are answers to what is asked now; none where they cannot be read."""
    kept = _read(kept_in)
    try:
        return {
            question.check.name: Evaluation(**kept[question.check.name]["evaluation"])
            for question in asked
            if question.fingerprint is not None
            and kept.get(question.check.name, {}).get("question") == question.fingerprint
            and not _belies(question, kept[question.check.name]["evaluation"])
        }
    except (TypeError, LookupError, AttributeError):
        return {}


def standing_here(kept_in: Path, asked: Sequence[Question]) -> dict[str, Evaluation]:
    """The same of the judgements beside the installation, with the keys that this candidate's own rows have."""
    kept = _read(kept_in)
    try:
        return {
            question.check.name: replace(Evaluation(**kept[question.fingerprint]), failing_keys=question.keys)
            for question in asked
            if question.fingerprint in kept and not _belies(question, kept[question.fingerprint])
        }
    except (TypeError, LookupError, AttributeError):
        return {}


def _belies(question: Question, evaluation: Mapping[str, Any]) -> bool:
    """Whether a judgement takes rows that a check's query gives for none: it was not the engine that said so."""
    return bool(question.keys) and bool(evaluation["passed"])


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def keep(path: Path, asked: Sequence[Question], evaluations: Mapping[str, Evaluation]) -> None:
    """Write a home's judgements for its next night; what could not be evaluated is asked again."""
    _write(
        path,
        {
            question.check.name: {"question": question.fingerprint, "evaluation": asdict(evaluation)}
            for question, evaluation in _judged(asked, evaluations)
        },
    )


def keep_here(path: Path, asked: Sequence[Question], evaluations: Mapping[str, Evaluation]) -> None:
    """Add judgements of queries to those beside the installation: numbers alone, and the newest when they are many."""
    new = {
        question.fingerprint: asdict(replace(evaluation, failing_keys=[]))
        for question, evaluation in _judged(asked, evaluations)
        if question.check.query is not None
    }
    before = _read(path)
    kept = {name: found for name, found in before.items() if name not in new} if isinstance(before, dict) else {}
    # An installation may belong to another account: then the engine is asked again.
    with suppress(OSError):
        if new:
            _write(path, dict([*kept.items(), *new.items()][-MOST_KEPT:]))


def _judged(asked: Sequence[Question], evaluations: Mapping[str, Evaluation]) -> Iterator[tuple[Question, Evaluation]]:
    for question in asked:
        evaluation = evaluations.get(question.check.name)
        if question.fingerprint is not None and evaluation is not None and evaluation.error is None:
            yield question, evaluation


def _write(path: Path, content: Mapping[Any, Any]) -> None:
    make_private(path.parent)
    write_text(path, json.dumps(content, indent=1))
