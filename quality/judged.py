"""What Great Expectations said of a check stands while there is the same to say it of.

Each check's query is run on every candidate. Where it gives the rows on which the engine judged it before (of an
expectation: where its table is the same), that judgement is this candidate's, and the engine, whose import alone takes
seconds, is asked only about the others (docs/decisions/0274).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from common.durable import write_text
from common.home import make_private
from quality.check_outcome import Evaluation
from quality.fingerprint import SCHEMA
from quality.suites import CheckDefinition
from quality.typed_sql import NotAQuery, open_read_only, require_query

Asked = Sequence[tuple[CheckDefinition, str | None]]


@dataclass(frozen=True)
class Question:
    """A check as it is defined and what there is to judge it by on a candidate, as one fingerprint; None where that
    cannot be found out, which is for the engine to say.
    """

    check: CheckDefinition
    fingerprint: str | None


def questions(warehouse: Path, checks: Asked, tables: Mapping[str, str]) -> list[Question]:
    """What each check, with its SQL filled in, asks of a candidate whose tables have the fingerprints `tables`."""
    makers = [version("great_expectations"), duckdb.__version__, _engine()]
    with open_read_only(warehouse) as connection:
        connection.execute(f"USE {SCHEMA}")
        return [Question(check, _fingerprint(connection, check, sql, tables, makers)) for check, sql in checks]


def _fingerprint(
    connection: duckdb.DuckDBPyConnection,
    check: CheckDefinition,
    sql: str | None,
    tables: Mapping[str, str],
    makers: list[str],
) -> str | None:
    if sql is None:
        seen: Any = tables.get(check.table)
    else:
        try:
            query = sql.format(batch=f"{SCHEMA}.{check.table}")
            require_query(query)
            seen = connection.execute(
                f"SELECT count(*), bit_xor(hash(q)), sum(hash(q)::HUGEINT) FROM (\n{query.rstrip().rstrip(';')}\n) AS q"
            ).fetchone()
        except (duckdb.Error, NotAQuery, KeyError, IndexError, ValueError):
            seen = None
    if seen is None:
        return None
    return hashlib.sha256("\0".join([*makers, check.model_dump_json(), repr(seen)]).encode()).hexdigest()


def _engine() -> str:
    """The engine's module as it is: how it reads a result is part of a judgement."""
    return hashlib.sha256(Path(__file__).with_name("gx_engine.py").read_bytes()).hexdigest()


def standing(path: Path, asked: Sequence[Question]) -> dict[str, Evaluation]:
    """Those judgements kept in `path` that are answers to what is asked now; none where it cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            question.check.name: Evaluation(**kept[question.check.name]["evaluation"])
            for question in asked
            if question.fingerprint is not None
            and kept.get(question.check.name, {}).get("question") == question.fingerprint
        }
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return {}


def keep(path: Path, asked: Sequence[Question], evaluations: Mapping[str, Evaluation]) -> None:
    """Write the judgements for the next night; what could not be evaluated is asked again."""
    kept = {
        question.check.name: {"question": question.fingerprint, "evaluation": asdict(evaluation)}
        for question in asked
        if question.fingerprint is not None
        and (evaluation := evaluations.get(question.check.name)) is not None
        and evaluation.error is None
    }
    make_private(path.parent)
    write_text(path, json.dumps(kept, indent=1, sort_keys=True))
