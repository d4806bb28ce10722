"""`wmip sql` and `wmip trace`: questions to the current release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.yamlfile import nearest
from evaluation.numbers import fixed
from orchestration.cli.options import Format, Home, console, current_mart, resolve_home
from orchestration.cli.rows import require_outside, show, write_relation
from orchestration.errors import UserError

if TYPE_CHECKING:
    import duckdb

# What says in five columns where a fact comes from and what became of it; other formats have all columns.
_ON_SCREEN = (
    "source_place AS place, achieved_on AS date, quantity, evidence_grade AS grade, "
    "CASE WHEN is_counted THEN status ELSE coalesce(not_counted_reason, status) END AS reason"
)
FACT_COLUMNS = (
    "fact_key, achieved_on, period_key, claimed_on, claimed_period_key, partner_key, organisation_key, quantity, "
    "claimed_quantity, exact_quantity, exact_unit, exact_per_unit, status, evidence_grade, is_counted, "
    "not_counted_reason, source_system, source_record_id, source_place"
)


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

    from quality.typed_sql import NotAQuery, open_read_only, require_query

    folder = resolve_home(home)
    require_outside(folder, file)
    connection = open_read_only(current_mart(folder))
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
    from quality.typed_sql import open_read_only

    folder = resolve_home(home)
    require_outside(folder, file)
    connection = open_read_only(current_mart(folder))
    conditions = ["indicator_key = ?"]
    values: list[str | bool] = [_indicator(connection, indicator)]
    if period is not None:
        _require(connection, "period", period, "SELECT period_key FROM dim_period WHERE is_programme_period")
    if partner is not None:
        _require(connection, "cluster body", partner, "SELECT partner_key FROM dim_partner")
    tests = (
        ("? IN (period_key, claimed_period_key)", period),
        ("partner_key = ?", partner),
        ("is_counted = ?", counted),
    )
    for test, value in tests:
        if value is not None:
            conditions.append(test)
            values.append(value)
    where = " AND ".join(conditions)
    (total,) = connection.execute(
        # In exact units, divided once, as figures are; a quarter's claims may be verified in a later one.
        "SELECT count(*), "
        "CAST(coalesce(sum(exact_quantity) FILTER (is_counted AND status = 'verified' "
        "AND period_key IS NOT DISTINCT FROM coalesce(?, period_key)) / max(exact_per_unit), 0) AS DECIMAL(18, 4)), "
        "CAST(coalesce(sum(exact_claimed_quantity) FILTER (status <> 'withdrawn' "
        "AND claimed_period_key IS NOT DISTINCT FROM coalesce(?, claimed_period_key)) / max(exact_per_unit), 0) "
        "AS DECIMAL(18, 4)) "
        f"FROM indicator_fact WHERE {where}",
        [period, period, *values],
    ).fetchall()
    top = f" LIMIT {limit}" if limit else ""
    facts = f"FROM indicator_fact WHERE {where} ORDER BY achieved_on, fact_key{top}"
    if output is not Format.table or file is not None:
        write_relation(connection.sql(f"SELECT {FACT_COLUMNS} {facts}", params=values), output, file)
        return
    relation = connection.sql(f"SELECT {_ON_SCREEN} {facts}", params=values)
    show(relation.columns, relation.fetchall())
    shown = min(total[0], limit) if limit else total[0]
    console.print(f"{shown} of {total[0]} facts; verified {fixed(total[1], 2)}, claimed {fixed(total[2], 2)}")
    if total[0]:
        console.print("All columns of each fact: --format line", style="dim", highlight=False)


def _indicator(connection: duckdb.DuckDBPyConnection, written: str) -> str:
    rows = connection.execute("SELECT indicator_key, indicator_code FROM dim_indicator ORDER BY 1").fetchall()
    for key, code in rows:
        if written.lower() in {key.lower(), (code or "").lower()}:
            return str(key)
    raise UserError(f"no indicator {written!r}; {nearest(written, [key for key, _ in rows])}")


def _require(connection: duckdb.DuckDBPyConnection, what: str, written: str, valid: str) -> None:
    known = sorted(row[0] for row in connection.execute(valid).fetchall())
    if written not in known:
        raise UserError(f"no {what} {written!r}; {nearest(written, known)}")
