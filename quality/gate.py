"""Run every check over a candidate and say what of it may be published. Closed unless everything says open.

A critical check that failed keeps back what it protects: all, or some figures, which are then taken out of what is
published (`quality.withholding`). A check that could not be evaluated, and a run in which nothing was evaluated, block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from common.sql import literal, quoted
from quality import judged
from quality.check_outcome import Evaluation
from quality.consequence import Consequence, Failure, Scope, Waiver, consequences, in_force
from quality.fingerprint import SCHEMA, VOLATILE_TABLES, combine, table_fingerprints
from quality.gx_engine import evaluate
from quality.suites import CheckDefinition, load_suites, suites_fingerprint
from quality.typed_sql import open_read_only
from quality.withholding import published_fingerprints, withhold

Outcome = Literal["passed", "failed", "error", "not_applicable"]
Effect = Literal["", "waived", "withheld"]


NOTHING_TO_COMPARE = "nothing to compare: the table is empty"
# A check and its SQL, filled in.
Asked = tuple[CheckDefinition, str | None]


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome on one candidate. Keys only, no values of the rows; of statistics also what was compared."""

    check_name: str
    dimension: str
    severity: str
    table_name: str
    outcome: Outcome
    observed: str
    rows_checked: int
    failing_rows: int
    failing_keys: list[str]
    owner: str
    meaning: str
    remedy: str
    checked_at: datetime
    # Of a critical check that failed: whether it keeps back some figures alone (`withheld`), or none (`waived`).
    effect: Effect = ""

    @property
    def passed(self) -> bool | None:
        """Whether it passed; None when it does not apply."""
        return None if self.outcome == "not_applicable" else self.outcome == "passed"

    @property
    def blocks(self) -> bool:
        """Whether this outcome alone keeps the candidate from being published."""
        return self.outcome == "error" or (
            self.outcome == "failed" and self.severity == "critical" and self.effect not in ("withheld", "waived")
        )


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one candidate, bound to its content and to the suites that looked at it."""

    candidate_fingerprint: str
    figures_fingerprint: str
    suites_fingerprint: str
    checked_at: datetime
    results: list[CheckResult] = field(default_factory=list)
    # On how many checks the engine's judgement of an earlier night stands, because they found the same.
    judged_before: int = 0
    # What the checks were filled in with, as plain data: enabled sources, clock, what is declared.
    circumstances: dict[str, Any] = field(default_factory=dict)
    # What the failed checks keep back, and what a waiver lets stand.
    consequences: list[Consequence] = field(default_factory=list)
    # Of what is published: the candidate without what is withheld. Empty: the candidate as it is.
    published_fingerprint: str = ""

    @property
    def publishes(self) -> str:
        """The fingerprint of what may be published, on which everything after the gate stands; empty, which is that of
        nothing, while what is withheld was not taken out.
        """
        return self.published_fingerprint if self.consequences else self.candidate_fingerprint

    @property
    def withheld(self) -> list[Scope]:
        """What figures are withheld of a candidate that may be published."""
        return [one.scope for one in self.consequences if one.status == "withheld"] if self.passed else []

    @property
    def counts(self) -> dict[str, int]:
        """How many checks had which outcome."""
        return dict(sorted(Counter(result.outcome for result in self.results).items()))

    @property
    def passed(self) -> bool:
        """True only when something was evaluated and nothing blocks."""
        evaluated = [result for result in self.results if result.outcome in ("passed", "failed")]
        return (
            bool(evaluated)
            and not any(result.blocks for result in self.results)
            and not any(consequence.blocks_release for consequence in self.consequences)
        )


@dataclass(frozen=True)
class Declared:
    """What is declared where it is made and the gate asks for: which sources provide what (`events`), the forms a
    person key has, as regular expressions, and the indicators that hang on each table of the mart.
    """

    provides: Mapping[str, Collection[str]] = field(default_factory=dict)
    person_keys: Sequence[str] = ()
    hangs_on: Mapping[str, Collection[str]] = field(default_factory=dict)


def _literals(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in sorted(names)) or "NULL"


def _filled_in(
    enabled_sources: Collection[str], clock: datetime, declared: Declared, names: Iterable[str]
) -> dict[str, str]:
    """What stands for each name in braces; {batch} is filled in by Great Expectations, which formats all of it."""
    forms = "|".join(declared.person_keys).replace("{", "{{").replace("}", "}}")
    return {
        "{enabled_sources}": _literals(enabled_sources),
        "{as_of}": f"TIMESTAMP '{clock:%Y-%m-%d %H:%M:%S}'",
        "{person_keys}": literal(forms),
        "{check_names}": _literals(names),
    }


def _sql(check: CheckDefinition, filled_in: Mapping[str, str]) -> str | None:
    sql = check.query
    for name, value in filled_in.items():
        sql = sql and sql.replace(name, value)
    return sql


def _inapplicable(check: CheckDefinition, enabled_sources: Collection[str], declared: Declared) -> str | None:
    """Why a check does not apply; None when it does. What no source is declared to provide is asked for anyway."""
    if check.requires_source is not None and check.requires_source not in enabled_sources:
        return f"{check.requires_source} is switched off"
    providers = declared.provides.get(check.requires or "", ())
    if providers and not set(providers) & set(enabled_sources):
        return f"no source of {check.requires} is switched on"
    return None


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [SCHEMA]
    ).fetchall()
    counts = {}
    for (table,) in tables:
        row = connection.execute(f"SELECT count(*) FROM {SCHEMA}.{quoted(table)}").fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def result_of(check: CheckDefinition, evaluation: Evaluation | str, rows: int, clock: datetime) -> CheckResult:
    """The result of an evaluation, or of the reason why there is none."""
    outcome: Outcome
    keys: list[str]
    if isinstance(evaluation, str):
        outcome, observed, failing, keys = "not_applicable", evaluation, 0, []
    elif evaluation.passed and not rows and not check.may_be_empty and not check.filled_from:
        outcome, observed, failing, keys = "failed", NOTHING_TO_COMPARE, 0, []
    else:
        outcome = "error" if evaluation.error else "passed" if evaluation.passed else "failed"
        observed, failing, keys = evaluation.observed, evaluation.failing_rows, evaluation.failing_keys
    return CheckResult(
        check_name=check.name,
        dimension=check.dimension,
        severity=check.severity,
        table_name=check.table,
        outcome=outcome,
        observed=observed,
        rows_checked=rows,
        failing_rows=failing,
        failing_keys=keys,
        owner=check.owner,
        meaning=check.meaning,
        remedy=check.remedy,
        checked_at=clock,
    )


def _circumstances(enabled_sources: Collection[str], clock: datetime, declared: Declared) -> dict[str, Any]:
    return {
        "enabled_sources": sorted(enabled_sources),
        "clock": clock.isoformat(),
        "provides": {name: sorted(providers) for name, providers in sorted(declared.provides.items())},
        "person_keys": list(declared.person_keys),
        "hangs_on": {table: sorted(keys) for table, keys in sorted(declared.hangs_on.items())},
    }


def _failure(warehouse: Path, check: CheckDefinition, sql: str | None) -> Failure:
    """A failed check with all that its rows name, not only the first of them."""
    about: set[Scope] = set()
    if check.scope is not None and sql is not None:
        query = sql.format(batch=f"{SCHEMA}.{check.table}").rstrip().rstrip(";")
        with open_read_only(warehouse) as connection:
            found = connection.sql(f"FROM (\n{query}\n)")
            named = [name for name in Scope.__dataclass_fields__ if name in found.columns]
            if named:
                rows = found.aggregate(", ".join(named)).fetchall()
                about = {Scope(**dict(zip(named, map(_text, row), strict=True))) for row in rows}
    return Failure(
        rule_id=check.name,
        reason=f"this does not hold: {check.meaning}",
        grain=check.scope,
        tables=check.protects or (check.table,),
        about=tuple(sorted(about)),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _waivers(warehouse: Path, checks: Iterable[CheckDefinition]) -> list[Waiver]:
    """Those of the candidate's register that are in force, of checks that may be waived."""
    with open_read_only(warehouse) as connection:
        connection.execute(f"USE {SCHEMA}")
        return in_force(connection, {check.name for check in checks if check.may_be_waived})


def _with_effect(result: CheckResult, found: Sequence[Consequence]) -> CheckResult:
    """A failed check with what it does, where that is less than to block."""
    if result.outcome != "failed" or not found or any(consequence.blocks_release for consequence in found):
        return result
    waived = all(consequence.status == "waived" for consequence in found)
    return replace(result, effect="waived" if waived else "withheld")


def consequences_of(
    warehouse: Path, results: Sequence[CheckResult], checked: Sequence[Asked], declared: Declared
) -> list[Consequence]:
    """What the critical checks that failed keep back. A check that did not run is nothing a waiver could be for."""
    failed = {result.check_name for result in results if result.outcome == "failed" and result.severity == "critical"}
    if not failed:
        return []
    failures = [_failure(warehouse, check, sql) for check, sql in checked if check.name in failed]
    return consequences(failures, declared.hangs_on, _waivers(warehouse, (check for check, _ in checked)))


def run_gate(
    warehouse: Path,
    *,
    suites: Sequence[Path],
    enabled_sources: Collection[str],
    clock: datetime,
    declared: Declared | None = None,
    judgements: Path | None = None,
    judged_here: Path | None = None,
) -> Verdict:
    """Check the candidate in `warehouse` by all `suites`. Raises InvalidSuite when a suite file cannot be used.

    What the verdict withholds is then taken out by `without_withheld`; before, nothing of it can be published.

    `judgements`: where those of the home are kept that stand while a check finds the same; `judged_here`: those of any
    home of this installation.
    """
    declared = declared or Declared()
    checks = load_suites(suites)
    inapplicable = {check.name: _inapplicable(check, enabled_sources, declared) for check in checks}
    applicable = [check for check in checks if inapplicable[check.name] is None]
    waivable = [check.name for check in checks if check.may_be_waived]
    filled_in = _filled_in(enabled_sources, clock, declared, waivable)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        fingerprints = table_fingerprints(connection)
        rows = _row_counts(connection)
    checked = [(check, _sql(check, filled_in)) for check in applicable]
    asked = judged.questions(warehouse, checked, fingerprints) if judgements or judged_here else []
    stands = judged.standing_here(judged_here, asked) if judged_here else {}
    stands |= judged.standing(judgements, asked) if judgements else {}
    open_ones = [(check, sql) for check, sql in checked if check.name not in stands]
    evaluations = stands | (evaluate(warehouse, open_ones) if open_ones else {})
    if judgements:
        judged.keep(judgements, asked, evaluations)
    if judged_here and open_ones:
        judged.keep_here(judged_here, asked, evaluations)
    missing = Evaluation(False, "not evaluated: no result came back", 0, [], error="no result came back")
    results = [
        result_of(
            check, inapplicable[check.name] or evaluations.get(check.name, missing), rows.get(check.table, 0), clock
        )
        for check in checks
    ]
    found = consequences_of(warehouse, results, checked, declared)
    return Verdict(
        candidate_fingerprint=combine(fingerprints),
        figures_fingerprint=combine(fingerprints, without=VOLATILE_TABLES),
        suites_fingerprint=suites_fingerprint(suites),
        checked_at=clock,
        judged_before=len(stands),
        circumstances=_circumstances(enabled_sources, clock, declared),
        results=[
            _with_effect(result, [one for one in found if one.rule_id == result.check_name]) for result in results
        ],
        consequences=found,
    )


def without_withheld(warehouse: Path, verdict: Verdict) -> Verdict:
    """Takes what is withheld out of what is published of a candidate, and binds the verdict to what is left."""
    if not verdict.passed:
        return verdict
    withhold(warehouse, verdict.consequences)
    if not verdict.consequences:
        return verdict
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        published = published_fingerprints(connection)
    return replace(
        verdict,
        figures_fingerprint=combine(published, without=VOLATILE_TABLES),
        published_fingerprint=combine(published),
    )
