"""The `wmip` command. One command a function; errors a user can act on are shown without a traceback."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from orchestration.cli.options import say_error
from orchestration.cli.summaries import summary
from orchestration.errors import NightFailed, NightStopped, UserError
from orchestration.settings import load_settings, switch_telemetry_off
from orchestration.stopping import stop_as_ctrl_c

_COMMANDS = {
    "demo": "nights:demo",
    "run": "nights:run",
    "nights": "night_list:nights",
    "scorecard": "nights:scorecard",
    "sql": "query:sql",
    "trace": "trace:trace",
    "revisions": "revisions:revisions",
    "rehearse": "rehearse:rehearse",
    "metric": "metric:metric",
    "evaluate": "evaluate:evaluate",
    "export": "export:export",
    "pack": "pack:pack",
    "publish": "publish:publish",
    "erase": "persons:erase",
    "rotate-key": "persons:rotate_key",
    "doctor": "doctor:doctor",
    "serve": "serve:serve",
    "release": "release_diff:app",
    "organisations": "organisations:app",
    "registry": "registry:app",
    "network": "network:app",
    "returns": "return_status:app",
    "grants": "grants:app",
    "docs": "docs:app",
    "site": "site:app",
}
"""The commands in order, each with its module in `orchestration.cli` and its name there; `wmip release`, `wmip
returns` and `wmip organisations` are whole with their last module. A command imports its own module alone: all of them
take longer than a look at a workbook.
"""


class _Commands(TyperGroup):
    """The commands by name, imported when they are called for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Only their names are asked for: to say which was meant.
        self.commands: dict[str, Any] = dict.fromkeys(_COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """A command as the list of them shows it."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        return TyperCommand(cmd_name, help=summary(module, name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was typed, ready to run."""
        cmd_name, listed, rest = super().resolve_command(ctx, args)
        return cmd_name, listed and _imported(str(listed.name)), rest


def _imported(cmd_name: str) -> Any:
    module, _, name = _COMMANDS[cmd_name].partition(":")
    found = getattr(import_module(f"orchestration.cli.{module}"), name)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(found)
        command = get_command(alone)
    command.name = cmd_name
    return command


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"wmip {version('wmip-warehouse')}")
        raise typer.Exit


app = typer.Typer(
    cls=_Commands,
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


def _said_in_a_sentence() -> tuple[type[Exception], ...]:
    """What a user can act on."""
    from ingestion.storage.damage import DamagedFile

    return UserError, NightFailed, DamagedFile


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
    except SystemExit:
        # How a command that ended well ends: what the others are made of is not even imported.
        raise
    except _said_in_a_sentence() as error:
        say_error(error)
        if isinstance(error, NightStopped):
            # Threads of dbt still wait for DuckDB; an interpreter that ends in order aborts on them (exit code 134).
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(error.exit_code)
        sys.exit(getattr(error, "exit_code", NightFailed.exit_code))
    except OSError as error:
        # A command that names another home names it in the error, too.
        from orchestration.trouble import disk_trouble

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
