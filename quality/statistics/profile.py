"""What a release is like, in a few hundred numbers: the next releases are compared with them.

Grain of a profile: table, column, measure, answer, source and body (empty: over all).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from common.sql import literal
from quality.fingerprint import SCHEMA
from quality.statistics.rules import Profiled, statistics

TABLE = "data_profile"
COLUMNS = {
    "table_name": ("VARCHAR", "Table of the mart."),
    "column_name": ("VARCHAR", "Column; empty where the rows of the table are measured."),
    "measure": (
        "VARCHAR",
        "volume, null_share, category_share, centre (median of ln(1 + number)), spread (of its quartiles), freshness.",
    ),
    "category": ("VARCHAR", "Answer that a share is of; else empty."),
    "source_system": ("VARCHAR", "Source system; empty over all."),
    "partner_key": ("VARCHAR", "Cluster body; empty over all."),
    "row_count": ("BIGINT", "Rows that were measured."),
    "value": ("DOUBLE", "What was measured."),
}
KEY = ("table_name", "column_name", "measure", "category", "source_system", "partner_key")
# A number's size, whatever its unit; negative ones are told of elsewhere.
SIZE = "ln(1 + greatest({column}, 0)::DOUBLE)"


def profile_sql(clock: datetime) -> str:
    """The query that profiles the mart of a connection as of the night's clock."""
    return "\nUNION ALL\n".join(
        part for table, said in statistics().profiled.items() for part in _parts(table, said, clock)
    )


def _parts(table: str, said: Profiled, clock: datetime) -> Iterator[str]:
    yield _grouped(table, said, "", "volume", "count(*)")
    if said.day:
        age = f"date_diff('day', max({said.day})::DATE, DATE '{clock:%Y-%m-%d}')"
        yield _grouped(table, said, said.day, "freshness", age, f"{said.day} <= DATE '{clock:%Y-%m-%d}'")
    for column in said.filled:
        yield _grouped(table, said, column, "null_share", f"count(*) FILTER ({column} IS NULL) / count(*)")
    for column in said.numbers:
        size = SIZE.format(column=column)
        there = f"{column} IS NOT NULL"
        yield _grouped(table, said, column, "centre", f"median({size})", there, least=3)
        spread = f"quantile_cont({size}, 0.75) - quantile_cont({size}, 0.25)"
        yield _grouped(table, said, column, "spread", spread, there, least=3)
    for column in said.answers:
        yield _shares(table, said, column)


def _grouped(
    table: str, said: Profiled, column: str, measure: str, value: str, where: str = "true", *, least: int = 1
) -> str:
    """A measure over all, and for each source and body; what has none is in the whole alone. `least`: of fewer rows
    nothing is said: typical number and spread of one or two amounts are these amounts.
    """
    apart = [name for name in (said.source, said.body) if name]
    sets = ", ".join(["()", *(f"({name})" for name in apart)])
    named = " AND ".join([f"count(*) >= {least}", *(f"(grouping({name}) = 1 OR {name} IS NOT NULL)" for name in apart)])
    return f"""
        SELECT
            {literal(table)} AS table_name, {literal(column)} AS column_name, {literal(measure)} AS measure,
            '' AS category, coalesce({said.source or "''"}, '') AS source_system,
            coalesce({said.body or "''"}, '') AS partner_key, count(*) AS row_count, ({value})::DOUBLE AS value
        FROM {SCHEMA}.{table}
        WHERE {where}
        GROUP BY GROUPING SETS ({sets})
        HAVING {named}
    """


def _shares(table: str, said: Profiled, column: str) -> str:
    """The share of each answer, over all and for each body."""
    answer = f"coalesce({column}::VARCHAR, '')"
    sets = [f"({answer})", *([f"({answer}, {said.body})"] if said.body else [])]
    named = f"HAVING grouping({said.body}) = 1 OR {said.body} IS NOT NULL" if said.body else ""
    return f"""
        SELECT
            {literal(table)}, {literal(column)}, 'category_share', category, '', partner_key,
            rows_of_group, n / rows_of_group
        FROM (
            SELECT
                {answer} AS category, coalesce({said.body or "''"}, '') AS partner_key, count(*) AS n,
                (sum(count(*)) OVER (PARTITION BY coalesce({said.body or "''"}, '')))::BIGINT AS rows_of_group
            FROM {SCHEMA}.{table}
            GROUP BY GROUPING SETS ({", ".join(sets)})
            {named}
        )
    """


def kept_sql(earlier: str, newest: int = 7, quarters: int = 8) -> str:
    """Which rows of the profiles in `earlier` a new release carries on: those of the newest releases, and of the last
    release of each of the last quarters, so that a season is compared with seasons and a release stays small.
    """
    return f"""
        SELECT * EXCLUDE (from_newest, from_end_of_quarter, quarter_back)
        FROM (
            SELECT
                *,
                dense_rank() OVER (ORDER BY released_at DESC) AS from_newest,
                dense_rank() OVER (PARTITION BY date_trunc('quarter', released_at) ORDER BY released_at DESC)
                    AS from_end_of_quarter,
                dense_rank() OVER (ORDER BY date_trunc('quarter', released_at) DESC) AS quarter_back
            FROM {earlier}
        )
        WHERE from_newest <= {newest} OR (from_end_of_quarter = 1 AND quarter_back <= {quarters})
    """
