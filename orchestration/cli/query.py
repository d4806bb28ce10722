"""`wmip sql` and `wmip trace`: questions to the current release."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation.numbers import fixed
from orchestration.cli.options import Format, Home, console, current_mart, resolve_home
from orchestration.errors import UserError
from quality.typed_sql import NotAQuery, open_read_only, require_query

TRACE_COLUMNS = (
    "fact_key, achieved_on, period_key, partner_key, organisation_key, quantity, claimed_quantity, exact_quantity, "
    "exact_unit, exact_per_unit, status, evidence_grade, is_counted, not_counted_reason, source_system, "
    "source_record_id, source_place"
)


def write_relation(relation: Any, output: Format, file: Path | None) -> None:
    """Show rows or write them to a file. Raises UserError for a format that needs a file, or has none."""
    if output is Format.parquet:
        if file is None:
            raise UserError("--format parquet needs --output FILE")
        import pyarrow.parquet as pq

        # The connection the query ran on can write nothing.
        pq.write_table(relation.to_arrow_table(), file, compression="zstd")
        return
    if output is Format.csv:
        text = _as_csv(relation)
    elif output is Format.json:
        text = relation.df().to_json(orient="records", date_format="iso", indent=2) + "\n"
    else:
        from rich.markup import escape
        from rich.table import Table

        table = Table(*map(escape, relation.columns))
        for row in relation.fetchall():
            table.add_row(*("" if value is None else escape(str(value)) for value in row))
        if file is None:
            console.print(table)
            return
        raise UserError("--format table goes to the screen; use csv, json or parquet with --output")
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


def _as_csv(relation: Any) -> str:
    from evaluation.spreadsheets import write_csv

    text = io.StringIO()
    write_csv(text, relation.columns, relation.fetchall())
    return text.getvalue()


def sql(
    query: Annotated[str, typer.Argument(help="One SQL query; tables of the mart need no prefix.")],
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", help="How to show the rows.")] = Format.table,
    file: Annotated[Path | None, typer.Option("--output", help="Write to this file.")] = None,
) -> None:
    """Run a read-only SQL query on the current release.

    Examples:

        wmip sql "SELECT * FROM indicator_performance"

        wmip sql "SELECT period_key, value FROM indicator_value WHERE scope = 'programme'" --format csv
    """
    import duckdb

    connection = open_read_only(current_mart(resolve_home(home)))
    try:
        require_query(query)
        write_relation(connection.sql(query), output, file)
    except NotAQuery as error:
        raise UserError(f"{error}. To keep the rows, use --format and --output FILE") from None
    except duckdb.PermissionException as error:
        raise UserError(
            f"a query reads the release and nothing else of this machine or the network: {error}. "
            "To keep the rows, use --format and --output FILE"
        ) from None
    except duckdb.Error as error:
        raise UserError(f"DuckDB did not run the query: {error}") from None


def trace(
    indicator: Annotated[str, typer.Argument(help="Key or code, such as jobs_created or H5.")],
    period: Annotated[str | None, typer.Option(help="Quarter, such as 2023-24-Q1.")] = None,
    partner: Annotated[str | None, typer.Option(help="Cluster body's key.")] = None,
    counted: Annotated[bool | None, typer.Option("--counted/--not-counted", help="Only these facts.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows shown; 0 for all.", min=0)] = 50,
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", help="How to show the rows.")] = Format.table,
    file: Annotated[Path | None, typer.Option("--output", help="Write to this file.")] = None,
) -> None:
    """Open a figure to the facts behind it, down to file, sheet and row or API record.

    Examples:

        wmip trace jobs_created --period 2023-24-Q3

        wmip trace H7 --partner CB03 --not-counted --format csv
    """
    connection = open_read_only(current_mart(resolve_home(home)))
    known = connection.execute(
        "SELECT indicator_key FROM dim_indicator WHERE lower(?) IN (lower(indicator_key), lower(indicator_code))",
        [indicator],
    ).fetchone()
    if known is None:
        keys = [row[0] for row in connection.execute("SELECT indicator_key FROM dim_indicator ORDER BY 1").fetchall()]
        raise UserError(f"no indicator {indicator!r}; known are {', '.join(keys)}")
    conditions, values = ["indicator_key = ?"], [known[0]]
    for column, value in (("period_key", period), ("partner_key", partner), ("is_counted", counted)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    where = " AND ".join(conditions)
    total = connection.execute(
        # In exact units, divided once, as figures are.
        "SELECT count(*), "
        "CAST(coalesce(sum(exact_quantity) FILTER (is_counted AND status = 'verified') / max(exact_per_unit), 0) "
        "AS DECIMAL(18, 4)), "
        "CAST(coalesce(sum(exact_claimed_quantity) FILTER (status <> 'withdrawn') / max(exact_per_unit), 0) "
        "AS DECIMAL(18, 4)) "
        f"FROM indicator_fact WHERE {where}",
        values,
    ).fetchone()
    assert total is not None
    top = f" LIMIT {limit}" if limit else ""
    query = f"SELECT {TRACE_COLUMNS} FROM indicator_fact WHERE {where} ORDER BY achieved_on, fact_key{top}"
    write_relation(connection.sql(query, params=values), output, file)
    if output is Format.table:
        shown = min(total[0], limit) if limit else total[0]
        console.print(f"{shown} of {total[0]} facts; verified {fixed(total[1], 2)}, claimed {fixed(total[2], 2)}")
