"""`make bench-statistics`: how often the statistical rules tell of something where nothing is wrong, and of what is.

By quarter: sandbox programmes of many seeds, each judged at the end of every quarter from the fifth on, as it is and
with one body's figure multiplied. By resubmission: each return of such programmes beside its correction. By release:
the marts of given homes, cut off at the end of each month, each cut judged beside those before it, as it is and with a
fault. Every number in docs/quality-statistics.md is printed here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from common.sql import literal, quoted
from quality.statistics import judge, profile
from quality.statistics.rules import StatisticalRule, statistics
from sandbox.calendar import PERIODS, ends_on
from sandbox.generate import make_world
from sandbox.options import Options
from sandbox.programme import Programme
from sandbox.truth import Truth
from sandbox.workbooks import Workbook

console = Console(width=120)
FACTORS = (3, 5, 10, 100)


@dataclass
class Tally:
    """Of one rule: comparisons that were made, those told of, evenings on which any was; faults planted, and seen."""

    compared: int = 0
    told: int = 0
    nights: int = 0
    nights_with_any: int = 0
    seen: dict[str, list[int]] = field(default_factory=dict)

    def night(self, compared: int, told: int) -> None:
        """Add what one evening's comparisons said."""
        self.compared += compared
        self.told += told
        self.nights += 1
        self.nights_with_any += told > 0

    def plant(self, fault: str, is_seen: bool) -> None:
        """Add whether a planted fault was seen."""
        counts = self.seen.setdefault(fault, [0, 0])
        counts[0] += is_seen
        counts[1] += 1


def _programme(connection: duckdb.DuckDBPyConnection, seed: int, scale: float) -> None:
    """The clean claims of a pretend programme as the tables that the comparisons by quarter read."""
    values = [
        (one["indicator_key"], one["scope_key"], one["period_key"], one["value"])
        for one in Truth(make_world(Options(seed=seed, scale=scale))).values()
        if one["scope"] == "partner" and one["basis"] == "claimed" and one["value"]
    ]
    connection.execute("""
        DROP SCHEMA IF EXISTS mart CASCADE;
        CREATE SCHEMA mart;
        CREATE TABLE mart.indicator_fact (
            indicator_key VARCHAR, partner_key VARCHAR, claimed_period_key VARCHAR, claimed_quantity DOUBLE,
            status VARCHAR DEFAULT 'verified'
        );
        CREATE TABLE mart.dim_period (period_key VARCHAR, ends_on DATE, is_programme_period BOOLEAN DEFAULT true);
    """)
    connection.executemany("INSERT INTO mart.indicator_fact VALUES (?, ?, ?, ?, 'verified')", values)
    connection.executemany("INSERT INTO mart.dim_period VALUES (?, ?, true)", [(p, ends_on(p)) for p in PERIODS])
    connection.execute("""
        CREATE TABLE mart.dim_indicator AS SELECT DISTINCT indicator_key, true AS is_headline FROM mart.indicator_fact;
        CREATE TABLE mart.return_expected AS
        SELECT DISTINCT facts.partner_key, periods.period_key, true AS is_received, false AS is_waived
        FROM mart.indicator_fact AS facts CROSS JOIN mart.dim_period AS periods;
    """)


def _filled_in(rule: StatisticalRule, clock: date) -> str:
    return judge.filled_in(rule, datetime.fromisoformat(clock.isoformat()))


def by_quarter(seeds: Iterable[int], scale: float) -> Tally:
    """The figures of bodies, at the end of every quarter that has four before it."""
    rule = next(rule for rule in statistics().rules if rule.compares == "body_figures")
    tally = Tally()
    with duckdb.connect() as connection:
        for seed in seeds:
            _programme(connection, seed, scale)
            for period in PERIODS[4:]:
                clock = date.fromordinal(ends_on(period).toordinal() + 1)
                sql = f"FROM ({_filled_in(rule, clock)})"
                compared, told = connection.execute(
                    f"SELECT count(*) FILTER (is_judged), count(*) FILTER (is_beyond) {sql}"
                ).fetchone() or (0, 0)
                tally.night(compared, told)
                for factor in FACTORS:
                    _plant_figures(connection, sql, period, factor, tally)
    return tally


def _plant_figures(connection: duckdb.DuckDBPyConnection, sql: str, period: str, factor: int, tally: Tally) -> None:
    """Multiply one body's figure of each indicator in turn."""
    bodies = connection.execute(
        "SELECT min(partner_key), indicator_key FROM mart.indicator_fact WHERE claimed_period_key = ? GROUP BY ALL",
        [period],
    ).fetchall()
    for body, indicator in bodies:
        connection.execute("BEGIN")
        connection.execute(
            "UPDATE mart.indicator_fact SET claimed_quantity = claimed_quantity * ? "
            "WHERE partner_key = ? AND indicator_key = ? AND claimed_period_key = ?",
            [factor, body, indicator, period],
        )
        (seen,) = connection.execute(
            f"SELECT count(*) {sql} WHERE is_beyond AND partner_key = ? AND indicator_key = ?", [body, indicator]
        ).fetchone() or (0,)
        tally.plant(f"a body's figure times {factor}", seen > 0)
        connection.execute("ROLLBACK")


# What the rows of a workbook come to, by indicator, whatever counts of it: a heading that is added up, or rows.
AMOUNTS = {
    "jobs_created": ("JOBS", "Contracted hours"),
    "resource_levered": ("LEVERAGE", "Amount (£)"),
    "event_attendees": ("EVENTS", "Headcount"),
    "pilots_funded": ("INTERVENTIONS", None),
}


def _amount(book: Workbook, indicator: str) -> float:
    table, heading = AMOUNTS[indicator]
    found = [1 if heading is None else row.get(heading) for row in book.tables[table]]
    return float(sum(value for value in found if isinstance(value, int | float)))


def by_resubmission(seeds: Iterable[int], scale: float) -> Tally:
    """Every return corrected once (rows added, hours and amounts put right), each beside what it said at first."""
    rule = next(rule for rule in statistics().rules if rule.compares == "settled_figures")
    tally = Tally()
    for seed in seeds:
        options = Options(seed=seed, scale=scale)
        options = replace(options, dirt=replace(options.dirt, resubmitted=1.0))
        said: dict[tuple[str, str, str], dict[int, float]] = {}
        for book in Programme.generate(options).workbooks:
            for indicator in AMOUNTS:
                key = (book.body.code, book.period, indicator)
                said.setdefault(key, {})[book.submission] = _amount(book, indicator)
        rows = [(*key, by[1], by[2]) for key, by in said.items() if by.keys() >= {1, 2}]
        for factor in (1, *FACTORS):
            compared, told = _beside_the_first(rule, rows, factor)
            if factor == 1:
                tally.night(compared, told)
            else:
                for number in range(compared):
                    tally.plant(f"a corrected figure times {factor}", number < told)
    return tally


def _beside_the_first(rule: StatisticalRule, rows: Sequence[tuple[object, ...]], factor: int) -> tuple[int, int]:
    """Comparisons of the corrected figures, each multiplied, with the first ones; and those that are told."""
    columns = "partner_key VARCHAR, period_key VARCHAR, indicator_key VARCHAR, first DOUBLE, corrected DOUBLE"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE said ({columns}); ATTACH ':memory:' AS earlier; CREATE SCHEMA mart")
        connection.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?)", rows)
        figure = "'partner' AS scope, partner_key AS scope_key, 'claimed' AS basis, indicator_key, period_key"
        connection.execute(f"""
            CREATE TABLE mart.indicator_value AS SELECT {figure}, corrected * {factor} AS value FROM said;
            CREATE TABLE earlier.indicator_value AS SELECT {figure}, first AS value FROM said;
            CREATE TABLE earlier.return_expected AS
            SELECT DISTINCT partner_key, period_key, true AS is_received FROM said;
        """)
        row = connection.execute(
            "SELECT count(*) FILTER (is_judged), count(*) FILTER (is_beyond) "
            f"FROM ({_filled_in(rule, ends_on(PERIODS[-1]))}) WHERE {factor} = 1 OR observed > 0"
        ).fetchone()
    return row or (0, 0)


# A fault of a cut-off mart, and the rule that is to see it.
FAULTS = {
    "amounts in pence": ("statistics_mean", "UPDATE mart.fct_leverage SET amount_gbp = least(amount_gbp * 100, 9e9)"),
    "hours in minutes": ("statistics_mean", "UPDATE mart.fct_support SET support_hours = support_hours * 60"),
    "every third row of support lost": (
        "statistics_volume",
        "DELETE FROM mart.fct_support WHERE hash(support_key) % 3 = 0",
    ),
    "every third authority unknown to the postcode list": (
        "statistics_null_share",
        "UPDATE mart.indicator_fact SET local_authority_code = NULL WHERE hash(fact_key) % 3 = 0",
    ),
    "a channel mapped to another": ("statistics_category_share", "UPDATE mart.fct_support SET channel = 'online'"),
    "one amount times 10,000": (
        "statistics_unusual_rows",
        """
        UPDATE mart.fct_leverage SET amount_gbp = least(amount_gbp * 10000, 9e11)
        WHERE leverage_key = (SELECT min(leverage_key) FROM mart.fct_leverage)
        """,
    ),
    "2,300 signed in beside 25 heads": (
        "statistics_signed_in_beside_headcount",
        """
        UPDATE staging.stg_returns__events SET signed_in = 2300, headcount = 25
        WHERE source_place = (SELECT min(source_place) FROM staging.stg_returns__events)
        """,
    ),
}
_UNDATED = ("dim_organisation", "dim_indicator", "dim_period", "indicator_value", "return_expected")


def _cut(warehouse: Path, target: Path, clock: datetime) -> None:
    """The mart as if nothing had come after a day."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"ATTACH {literal(warehouse)} AS whole (READ_ONLY)")
        connection.execute("CREATE SCHEMA mart; CREATE SCHEMA staging")
        for table, said in statistics().profiled.items():
            where = f"WHERE {said.day} <= TIMESTAMP '{clock}'" if said.day else ""
            connection.execute(f"CREATE TABLE mart.{quoted(table)} AS FROM whole.mart.{quoted(table)} {where}")
        for table in set(_UNDATED) - set(statistics().profiled):
            connection.execute(f"CREATE TABLE mart.{quoted(table)} AS FROM whole.mart.{quoted(table)}")
        connection.execute("UPDATE mart.return_expected SET is_received = true")
        connection.execute("CREATE TABLE staging.stg_returns__events AS FROM whole.staging.stg_returns__events")


def by_release(warehouse: Path, tallies: dict[str, Tally]) -> None:
    """A release at the end of each month, from the fifth month to the last, and what is told of each."""
    months = [datetime.fromisoformat(f"{2023 + (m - 1) // 12}-{(m - 1) % 12 + 1:02}-01") for m in range(7, 28)]
    with tempfile.TemporaryDirectory() as folder:
        published = Path(folder) / "published.duckdb"
        for clock in months:
            cut = Path(folder) / f"{clock:%Y%m}.duckdb"
            _cut(warehouse, cut, clock)
            for one in judge.judge(cut, published if published.exists() else None, clock):
                tallies.setdefault(one.rule.id, Tally()).night(one.compared, one.beyond)
            if clock >= months[6]:
                for fault, is_seen in _planted(cut, published, clock):
                    tallies[FAULTS[fault][0]].plant(fault, is_seen)
            _publish(cut, published, clock)


def _planted(cut: Path, published: Path, clock: datetime) -> Iterator[tuple[str, bool]]:
    for fault, (rule, sql) in FAULTS.items():
        broken = cut.with_suffix(".broken")
        broken.write_bytes(cut.read_bytes())
        with duckdb.connect(str(broken)) as connection:
            connection.execute(sql)
        yield fault, any(one.beyond for one in judge.judge(broken, published, clock) if one.rule.id == rule)
        broken.unlink()


def _publish(cut: Path, published: Path, clock: datetime) -> None:
    """What a release keeps, without the release."""
    with duckdb.connect(str(published)) as connection:
        connection.execute(f"ATTACH {literal(cut)} AS cut (READ_ONLY)")
        connection.execute("USE cut")
        connection.execute(
            f"CREATE TEMP TABLE fresh AS "
            f"SELECT '{clock:%Y-%m-%d}.1' AS release_id, TIMESTAMP '{clock}' AS released_at, * "
            f"FROM ({profile.profile_sql(clock)})"
        )
        connection.execute("USE published")
        connection.execute("CREATE TABLE IF NOT EXISTS data_profile AS FROM fresh LIMIT 0")
        connection.execute(f"CREATE TEMP TABLE carried AS {profile.kept_sql('data_profile')}")
        connection.execute("CREATE OR REPLACE TABLE data_profile AS FROM carried UNION ALL FROM fresh")


def main(
    homes: Annotated[list[Path], typer.Argument(help="Homes with a warehouse, such as a demo's.")],
    seeds: Annotated[int, typer.Option(help="Sandbox programmes that are made for the figures of bodies.")] = 20,
) -> None:
    """Print the false-alarm rate of each rule, and how many planted faults it saw."""
    tallies = {
        f"statistics_body_figures, scale {scale:g}": by_quarter(range(1, seeds + 1), scale) for scale in (0.1, 1)
    }
    tallies |= {
        f"statistics_settled_figures, scale {scale:g}": by_resubmission(range(1, seeds + 1), scale)
        for scale in (0.1, 1)
    }
    for home in homes:
        by_release(home / "warehouse.duckdb", tallies)
    table = Table("rule", "compared", "told", "rate", "evenings with any", "planted faults seen")
    for name, tally in tallies.items():
        seen = "\n".join(f"{fault}: {found} of {planted}" for fault, (found, planted) in tally.seen.items())
        rate = f"{100 * tally.told / tally.compared:.2f} %" if tally.compared else "-"
        table.add_row(
            *(name, f"{tally.compared:,}", f"{tally.told}", rate, f"{tally.nights_with_any} of {tally.nights}", seen)
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
