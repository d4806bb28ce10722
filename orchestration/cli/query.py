"""`wmip sql`: questions to the current release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import Format, Home, current_mart, resolve_home
from orchestration.cli.rows import require_outside, write_relation
from orchestration.errors import UserError


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
