"""Names and identifiers in the form in which they are compared, wherever they come from.

The rules stand once, as SQL in `dbt_project/macros/normalise.sql`: models apply them through dbt, everything else (the
register of companies, training, benchmarks) through the text that this module makes of the same macros.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from jinja2.environment import TemplateModule

MACROS = Path(__file__).resolve().parent.parent / "dbt_project" / "macros"


@cache
def _macros() -> TemplateModule:
    """The macros as dbt hands them to DuckDB: what is dispatched is DuckDB's, what is returned is written, no
    variable is set.
    """
    from jinja2 import Environment

    made: dict[str, TemplateModule] = {}
    adapter = SimpleNamespace(dispatch=lambda name: getattr(made["macros"], f"duckdb__{name}"))
    text = "\n".join((MACROS / path).read_text(encoding="utf-8") for path in ("compat/text.sql", "normalise.sql"))
    environment = Environment(autoescape=False)  # noqa: S701 - it writes SQL
    told = {"adapter": adapter, "return": lambda written: written, "var": lambda _name, default: default}
    template = environment.from_string(text, globals=told)
    made["macros"] = template.module
    return made["macros"]


def normalised_sql(rule: str, expression: str) -> str:
    """The macro of this name over an expression, as SQL of DuckDB: `normalised_sql("normalise_name", "name")`."""
    return str(getattr(_macros(), rule)(expression)).strip()


def normalised(rule: str, *values: str | None) -> list[str | None]:
    """Values in the form of a rule, for tests and tools; a table's are normalised in SQL."""
    with duckdb.connect() as connection:
        return [
            row[0]
            for value in values
            for row in connection.execute(
                f"SELECT {normalised_sql(rule, 'value')} FROM (SELECT $value::VARCHAR AS value)", {"value": value}
            ).fetchall()
        ]
