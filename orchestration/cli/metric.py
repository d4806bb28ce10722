"""`wmip metric`: an indicator broken down as asked, by the one definition of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evaluation.numbers import places, rounded
from orchestration.cli.options import Format, Home, console, current_mart, errors, resolve_home, whole_table
from orchestration.cli.rows import require_outside, show, write_relation
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import UserError
from orchestration.metrics import NOT_WITHHELD, Dialect, Metrics, to_four_places, without_withheld

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb


def metric(
    names: Annotated[
        list[str] | None, typer.Argument(help="Metrics, such as jobs_created or jobs_created_claimed; none lists them.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="Break down by this: cluster, period, partner …")] = None,
    sql: Annotated[Dialect | None, typer.Option(help="Only print the query, for this engine.")] = None,
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", help="How to show the rows.")] = Format.table,
    file: Annotated[Path | None, typer.Option("--output", help="Write to this file.")] = None,
) -> None:
    """Show indicators of the current release, broken down; or print the query for another tool.

    What the gate withholds stands empty here; a printed query says that it does not see to that.

    Examples:

        wmip metric jobs_created --by cluster --by period

        wmip metric jobs_created jobs_created_claimed --by partner__name

        wmip metric resource_levered --by local_authority__name --sql postgresql
    """
    folder = resolve_home(home)
    require_outside(folder, file)
    metrics = Metrics(ensure_parsed(folder), sql or Dialect.duckdb)
    if not names:
        if by:
            raise UserError("--by breaks a metric down; name one, such as jobs_created")
        table = whole_table(None, "Metric", "What it is")
        for name, label in metrics.names():
            table.add_row(name, label)
        console.print(table)
        return
    query = metrics.sql(names, by or [])
    if sql is not None:
        typer.echo(NOT_WITHHELD + query)
        return
    from quality.typed_sql import open_read_only

    with open_read_only(current_mart(folder)) as connection:
        shown = without_withheld(connection, query, names, by or [])
        relation = connection.sql(to_four_places(shown, names))
        if output is Format.table and file is None:
            show(relation.columns, _as_figures(connection, relation, names))
        else:
            write_relation(relation, output, file)
    if shown != query:
        errors.print("Some of these figures are withheld and stand empty: wmip sql 'FROM quality_consequence'")


def _as_figures(
    mart: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation, names: Sequence[str]
) -> list[list[Any]]:
    """The rows with each metric's figures as its indicator's are shown."""
    units = dict(mart.execute("SELECT indicator_key, unit FROM dim_indicator").fetchall())
    unit = {at: units[name.removesuffix("_claimed")] for at, name in enumerate(relation.columns) if name in names}
    return [
        [rounded(value, places(value, unit[at])) if at in unit and value is not None else value for at, value in row_]
        for row_ in map(list, map(enumerate, relation.fetchall()))
    ]
