"""`wmip registry …`: the organisation keys of a home."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from common.home import registry_file
from orchestration.cli.options import Home, console, resolve_home
from orchestration.errors import UserError
from orchestration.night import only_writer
from orchestration.release.kept_registry import restore_registry

app = typer.Typer(no_args_is_help=True, help="The registry of organisation keys.")


@app.callback()
def registry() -> None:
    """The registry of organisation keys."""


@app.command()
def restore(
    yes: Annotated[bool, typer.Option("--yes", help="Replace the registry that is there without asking.")] = False,
    home: Home = None,
) -> None:
    """Take a lost or damaged registry back from the newest release that holds it; what is there stays as `.damaged`.

    Examples:

        wmip registry restore --home /srv/wmip
    """
    folder = resolve_home(home)
    there = registry_file(folder)
    if there.exists() and not yes:
        _ask(there)
    with only_writer(folder):
        release_id = restore_registry(folder)
    console.print(f"The organisation keys are those of release {release_id} again. Now run the night: `wmip run`.")


def _ask(there: Path) -> None:
    said = f"{there} is there. Keys that were given after the newest release are not in what takes its place"
    if not sys.stdin.isatty():
        raise UserError(f"{said}; `--yes` replaces it, and it stays beside as .damaged. Nothing was changed")
    typer.confirm(f"{said}. Replace it? It stays beside as .damaged", abort=True, err=True)
