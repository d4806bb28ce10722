"""`wmip export`: the open data of a release, in a folder of your choice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from common.home import release_folder
from evaluation.open_data.errors import TotalsDiffer
from orchestration.cli.options import Home, console, folder_to_write, resolve_home
from orchestration.cli.releases import known_release
from orchestration.configuration import load_configuration
from orchestration.errors import NightFailed, UserError
from orchestration.release import integrity


def export(
    output: Annotated[Path, typer.Option("--output", help="Folder to write to; new or empty.")],
    release_id: Annotated[str | None, typer.Option("--release", help="Release id; default the current one.")] = None,
    home: Home = None,
) -> None:
    """Write the open data of a release: public figures as a Frictionless data package, grants as 360Giving JSON.

    Figures are those of the public view, after disclosure control. Who publishes and under which licence stands under
    `open_data:` in `wmip.yaml`; the same release and settings give the same bytes. Exit code 1 when totals differ
    between the files; nothing is then left in the folder.

    Examples:

        wmip export --output /tmp/open_data

        wmip export --release 2025-05-15.1 --output /tmp/open_data
    """
    from orchestration.release.steps.open_data import NoPublicView, export_release

    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    output = folder_to_write(folder, output)
    if output.exists() and any(output.iterdir()):
        raise UserError(f"{output} is not an empty folder; give --output a new one")
    problems = integrity.verify(folder, chosen)
    if problems:
        raise NightFailed(f"release {chosen} is not what was published: " + "; ".join(problems))
    settings = load_configuration(folder).open_data
    try:
        written = export_release(release_folder(folder, chosen), output, settings)
    except NoPublicView as missing:
        raise UserError(f"release {missing}") from None
    except TotalsDiffer as difference:
        for path in output.iterdir():
            path.unlink()
        raise NightFailed(f"nothing was exported: {difference}") from None
    console.print(f"Release {chosen} to {output}: {', '.join(written.files)}", highlight=False)
    for name, reason in written.left_out.items():
        console.print(f"[yellow]{name} was left out:[/yellow] {reason}", highlight=False)
    if settings.licence is None:
        console.print("[yellow]No licence is set[/yellow] (open_data: licence in wmip.yaml)", highlight=False)
