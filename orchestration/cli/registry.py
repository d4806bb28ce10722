"""`wmip registry …`: the organisation keys of a home."""

from __future__ import annotations

import typer

from orchestration.cli.options import Home, console, resolve_home
from orchestration.night import only_writer
from orchestration.release.kept_registry import restore_registry

app = typer.Typer(no_args_is_help=True, help="The registry of organisation keys.")


@app.callback()
def registry() -> None:
    """The registry of organisation keys."""


@app.command()
def restore(home: Home = None) -> None:
    """Take a lost or damaged registry back from the newest release that holds it; what is there stays as `.damaged`.

    Examples:

        wmip registry restore --home /srv/wmip
    """
    folder = resolve_home(home)
    with only_writer(folder):
        release_id = restore_registry(folder)
    console.print(f"The organisation keys are those of release {release_id} again. Now run the night: `wmip run`.")
