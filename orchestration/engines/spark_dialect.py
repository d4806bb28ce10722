"""What the project's SQL means on DuckDB, said so that Spark means the same.

Functions that the engines spell differently are macros of dbt_project/macros/compat. Here is what both accept and read
differently in any query, so that no model has to think of it: it would go wrong without a word.
"""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark


class _Project(Spark):
    """Spark's words, as dbt compiled them; what has no value comes last in every order, as on DuckDB."""

    NULL_ORDERING = "nulls_are_last"


def as_spark_means_it(sql: str) -> str:
    """A query that dbt compiled for Spark, with nulls last in every order, and every quotient the double that it is on
    DuckDB, which is null where the divisor is nothing.
    """
    tree = sqlglot.parse_one(sql, read=_Project)
    # From within, as each becomes part of a new one.
    for quotient in reversed(list(tree.find_all(exp.Div))):
        quotient.set("this", _double(quotient.this))
        quotient.set("expression", exp.func("nullif", _double(quotient.expression), exp.Literal.number(0)))
    return tree.sql(dialect=Spark)


def _double(operand: exp.Expression) -> exp.Expression:
    return exp.cast(operand.this if isinstance(operand, exp.Paren) else operand, "double")


@cache
def spark_type(data_type: str) -> str:
    """What Spark calls a type of a contract: `varchar` is STRING; either kind of timestamp is an instant, TIMESTAMP."""
    return exp.DataType.build(data_type, dialect=_Project).sql(dialect=Spark)
