"""Recursive queries step by step: Spark 4 has no `UNION` in one, which is what makes a recursion over a graph end.

What a recursion reached is laid down as a table, round by round, each from what the round before found new, as the SQL
standard has it. The query then reads these tables.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark

LayDown = Callable[[str, str], bool]
"""Makes a table of a name from a query, and says whether a row is in it."""


def without_recursion(lay_down: LayDown, sql: str, scratch: str) -> str:
    """The query with each recursive part of its `WITH` laid down beforehand, in tables whose names begin with
    `scratch`. A query that does not recur is handed back as it is.
    """
    tree = sqlglot.parse_one(sql, read=Spark)
    clause = tree.find(exp.With)
    if clause is None or not clause.recursive:
        return sql
    clause.set("recursive", False)
    for position, part in enumerate(clause.expressions):
        if any(table.name == part.alias for table in part.this.find_all(exp.Table)):
            before = [each.sql(dialect=Spark) for each in clause.expressions[:position]]
            rounds = _rounds(lay_down, part, before, f"{scratch}_{part.alias}")
            part.set("this", sqlglot.parse_one(_all_of(rounds), read=Spark))
    return tree.sql(dialect=Spark)


def _rounds(lay_down: LayDown, part: exp.CTE, before: list[str], scratch: str) -> list[str]:
    """The tables that a recursion was laid down in, the first with what it begins from."""
    union = part.this
    if not isinstance(union, exp.Union) or not union.args["distinct"]:
        raise NotImplementedError(f"{part.alias} recurs without a UNION between where it begins and how it goes on")
    begins, goes_on = union.this.sql(dialect=Spark), union.expression.sql(dialect=Spark)
    made: list[str] = []
    for number in count():
        if number == 0:
            query = f"{_with(before)} SELECT DISTINCT * FROM ({begins})"
        else:
            newest = f"{part.alias} AS (SELECT * FROM {made[-1]})"
            query = f"{_with([*before, newest])} SELECT * FROM ({goes_on}) EXCEPT {_all_of(made)}"
        made.append(f"{scratch}_{number}")
        if not lay_down(made[-1], query):
            return made
    raise AssertionError("the count of rounds has no end")


def _with(parts: list[str]) -> str:
    return f"WITH {', '.join(parts)}" if parts else ""


def _all_of(tables: list[str]) -> str:
    return "(" + " UNION ALL ".join(f"SELECT * FROM {table}" for table in tables) + ")"
