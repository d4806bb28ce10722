"""Runs the comparisons on a candidate: one result a rule for the verdict, and what is told, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from common.sql import listed, literal
from quality.check_outcome import Evaluation
from quality.consequence import Scope
from quality.gate import Verdict
from quality.statistics import profile
from quality.statistics.comparisons import COMPARED, COMPARISONS
from quality.statistics.rules import StatisticalRule, statistics
from quality.withholding import HOLDING_FIGURES

TABLE = "statistical_alert"
COLUMNS = {"rule_id": ("VARCHAR", "The rule; rule_id of quality_rule."), **COMPARED}
MOST_OFFERED = 100
"""Of each rule so many are offered, the furthest from what is usual first; how many there are stands in the result."""
_EARLIER = ("indicator_value", "return_expected")


# An alert that names no indicator, body or quarter is of all of them.
_TAKE_OUT = f"""
    UPDATE everything AS e
    SET {", ".join(f"{name} = NULL" for name in ("observed", "usual", "lower", "upper", "score"))}
    FROM kept_back AS k
    WHERE
        e.table_name = k.table_name
        AND (k.indicator_key = '' OR e.indicator_key IN ('', k.indicator_key))
        AND (k.partner_key = '' OR e.partner_key IN ('', k.partner_key))
        AND (k.period_key = '' OR e.period_key IN ('', k.period_key))
        AND (k.breakdown = '' OR (k.breakdown = 'partner' AND e.partner_key <> ''))
"""


@dataclass(frozen=True)
class Withheld:
    """What the gate withholds of a candidate, and by table of the mart the indicators that hang on it."""

    scopes: Sequence[Scope] = ()
    hangs_on: Mapping[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, verdict: Verdict) -> Withheld:
        """What a verdict says."""
        return cls(verdict.withheld, verdict.circumstances.get("hangs_on", {}))

    def take_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take out of all that was compared the numbers that are of a figure that is withheld, or from which one could
        be told: that it is far from usual is still said.
        """
        rows = [
            (table, *astuple(scope))
            for scope in self.scopes
            for table in sorted(HOLDING_FIGURES)
            if not scope.indicator_key or scope.indicator_key in self.hangs_on.get(table, [scope.indicator_key])
        ]
        if rows:
            names = ", ".join(f"{name} VARCHAR" for name in ("table_name", *Scope.__dataclass_fields__))
            connection.execute(f"CREATE TEMP TABLE kept_back ({names})")
            connection.executemany("INSERT INTO kept_back VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute(_TAKE_OUT)


@dataclass(frozen=True)
class Judged:
    """What a rule found: comparisons that could be made, those that had too little to compare with, what is beyond."""

    rule: StatisticalRule
    compared: int
    too_short: int
    beyond: int
    shown: tuple[str, ...]

    @property
    def evaluation(self) -> Evaluation | str:
        """For the verdict: an outcome, or why nothing could be compared."""
        short = f"; {self.too_short} have too short a history" if self.too_short else ""
        if not self.compared:
            least = f"{self.rule.least_history} {self.rule.history_of}"
            return f"nothing to compare with yet: fewer than {least} so far{short}"
        observed = f"{self.beyond} of {self.compared} comparisons are far from usual{short}"
        return Evaluation(not self.beyond, observed, self.beyond, list(self.shown))


@contextmanager
def compared(
    warehouse: Path, earlier: Path | None, clock: datetime, rules: Sequence[StatisticalRule], withheld: Withheld
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that holds the candidate, the release that serves (`earlier`, its mart file), both profiles, and in
    the table of alerts all that was compared, without numbers that are withheld. Writes nothing into either file.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {literal(warehouse)} AS candidate (READ_ONLY)")
        connection.execute("USE candidate")
        _attach_earlier(connection, earlier)
        connection.execute(f"CREATE TEMP TABLE profile_now AS {profile.profile_sql(clock)}")
        kinds = {name: kind for name, (kind, _) in COLUMNS.items()} | {"is_judged": "BOOLEAN", "is_beyond": "BOOLEAN"}
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        connection.execute(f"CREATE TEMP TABLE everything ({columns})")
        for rule in rules:
            sql = filled_in(rule, clock)
            connection.execute(f"INSERT INTO everything SELECT {literal(rule.id)}, * FROM (\n{sql}\n)")
        withheld.take_out(connection)
        yield connection


def filled_in(rule: StatisticalRule, clock: datetime) -> str:
    """The query of a rule's comparison as of a night."""
    sql = COMPARISONS[rule.compares].replace("{clock}", f"{clock:%Y-%m-%d}")
    for name in ("threshold", "floor", "least_history"):
        sql = sql.replace(f"{{{name}}}", repr(getattr(rule, name)))
    return sql


def _attach_earlier(connection: duckdb.DuckDBPyConnection, earlier: Path | None) -> None:
    """The release that serves as `earlier`, and the profiles that it keeps; nothing of what it does not hold."""
    held: dict[str, set[str]] = {}
    if earlier is not None:
        connection.execute(f"ATTACH {literal(earlier)} AS published (READ_ONLY)")
        columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'published'"
        for table, column in connection.execute(columns).fetchall():
            held.setdefault(table, set()).add(column)
    connection.execute("ATTACH ':memory:' AS earlier")
    for table in _EARLIER:
        source = f"published.{table}" if table in held else f"(FROM candidate.mart.{table} LIMIT 0)"
        connection.execute(f"CREATE VIEW earlier.{table} AS FROM {source}")
    kinds = {"release_id": "VARCHAR", "released_at": "TIMESTAMP"}
    kinds |= {name: kind for name, (kind, _) in profile.COLUMNS.items()}
    if held.get(profile.TABLE, set()) >= set(kinds):
        source = f"published.{profile.TABLE}"
    else:
        source = f"(SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in kinds.items())} LIMIT 0)"
    connection.execute(
        f"CREATE TEMP TABLE profile_before AS "
        f"SELECT {listed(kinds)}, dense_rank() OVER (ORDER BY released_at, release_id) AS release_number FROM {source}"
    )


def judge(
    warehouse: Path,
    earlier: Path | None,
    clock: datetime,
    rules: Sequence[StatisticalRule] | None = None,
    withheld: Withheld | None = None,
) -> list[Judged]:
    """All rules, or some, on a candidate beside the release that serves. Raises duckdb.Error when one cannot judge."""
    asked = statistics().rules if rules is None else rules
    with compared(warehouse, earlier, clock, asked, withheld or Withheld()) as connection:
        return [_judged(connection, rule) for rule in asked]


def _judged(connection: duckdb.DuckDBPyConnection, rule: StatisticalRule) -> Judged:
    made, too_short, beyond = connection.execute(
        "SELECT count(*) FILTER (is_judged), count(*) FILTER (NOT is_judged), count(*) FILTER (is_beyond) "
        "FROM everything WHERE rule_id = ?",
        [rule.id],
    ).fetchone() or (0, 0, 0)
    return Judged(rule, made, too_short, beyond, tuple(_shown(connection, rule)))


def _shown(connection: duckdb.DuckDBPyConnection, rule: StatisticalRule) -> Sequence[str]:
    """What is beyond, each in words, the furthest first."""
    rows = connection.execute(
        """
        SELECT concat_ws(
            ' ', nullif(place, ''), nullif(partner_key, ''), nullif(source_system, ''), nullif(indicator_key, ''),
            nullif(period_key, ''), nullif(category, ''), concat_ws('.', table_name, nullif(column_name, '')) || ':',
            coalesce(printf('%.6g', observed) || ' where ' || printf('%.6g', usual) || ' is usual', 'withheld')
        )
        FROM everything WHERE rule_id = ? AND is_beyond ORDER BY abs(score) DESC, 1 LIMIT ?
        """,
        [rule.id, MOST_OFFERED],
    ).fetchall()
    return [text for (text,) in rows]
