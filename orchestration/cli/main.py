"""The `wmip` command. One command a function; errors a user can act on are shown without a traceback."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ingestion.storage.damage import DamagedFile
from orchestration.cli import (
    docs,
    grants,
    network,
    nights,
    persons,
    publish,
    query,
    registry,
    release_diff,
    releases,
    returns,
)
from orchestration.cli.doctor import doctor
from orchestration.cli.evaluate import evaluate
from orchestration.cli.export import export
from orchestration.cli.metric import metric
from orchestration.cli.options import say_error
from orchestration.cli.pack import pack
from orchestration.errors import NightFailed, NightStopped, UserError
from orchestration.settings import load_settings, switch_telemetry_off
from orchestration.stopping import stop_as_ctrl_c
from orchestration.trouble import disk_trouble


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"wmip {version('wmip-warehouse')}")
        raise typer.Exit


app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The warehouse of a regional innovation programme: returns in, gated releases out.",
    epilog="State lives in WMIP_HOME (default ./data). Start with `wmip demo`.",
)


@app.callback()
def _wmip(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    pass


app.command()(nights.demo)
app.command()(nights.run)
app.command()(nights.scorecard)
app.command()(query.sql)
app.command()(query.trace)
app.command()(metric)
app.command()(evaluate)
app.command()(export)
app.command()(pack)
app.command()(publish.publish)
releases.app.command()(release_diff.diff)
app.command()(persons.erase)
app.command("rotate-key")(persons.rotate_key)
app.add_typer(releases.app, name="release")
app.add_typer(registry.app, name="registry")
app.add_typer(network.app, name="network")
app.add_typer(returns.app, name="returns")
app.add_typer(grants.app, name="grants")
app.add_typer(docs.app, name="docs")
app.command()(doctor)


def _absent_from_a_mart() -> tuple[type[Exception], ...]:
    """What DuckDB says of a table or column that is not there. Whoever typed a query has heard of it before."""
    import duckdb

    return duckdb.BinderException, duckdb.CatalogException


def main() -> None:
    """Entry point of the console script. Exit code 0 done, 1 the night or a check failed, 2 wrong use."""
    switch_telemetry_off()
    stop_as_ctrl_c()
    try:
        app()
    except (UserError, NightFailed, DamagedFile) as error:
        say_error(error)
        if isinstance(error, NightStopped):
            # Threads of dbt still wait for DuckDB; an interpreter that ends in order aborts on them (exit code 134).
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(error.exit_code)
        sys.exit(error.exit_code)
    except OSError as error:
        # A command that names another home names it in the error, too.
        trouble = disk_trouble(Path(error.filename) if isinstance(error.filename, str) else load_settings().home, error)
        if trouble is None:
            raise
        say_error(trouble)
        sys.exit(NightFailed.exit_code)
    except _absent_from_a_mart() as error:
        missing = str(error).partition("\n")[0]
        say_error(f"the release was made by another version of this program ({missing}): `wmip run` makes one anew")
        sys.exit(UserError.exit_code)


if __name__ == "__main__":
    main()
