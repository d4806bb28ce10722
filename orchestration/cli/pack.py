"""`wmip pack`: the funder's workbook and the report of a release, in a folder of your choice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from common.home import release_folder
from orchestration.cli.options import Home, console, folder_to_write, resolve_home
from orchestration.cli.releases import known_release
from orchestration.errors import NightFailed
from orchestration.release import integrity
from orchestration.release.integrity import read_manifest


def pack(
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder to write to; default pack-<release> here.", show_default=False),
    ] = None,
    release_id: Annotated[str | None, typer.Option("--release", help="Release id; default the current one.")] = None,
    home: Home = None,
) -> None:
    """Write the pack of a release again: funder_pack.xlsx and report.html, which opens from disk without a network.

    Every release has its pack already, in its folder `pack/`; the same release gives the same bytes.

    Examples:

        wmip pack

        wmip pack --release 2025-05-15.1 --output /tmp/pack
    """
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    target = folder_to_write(folder, output or Path(f"pack-{chosen}"))
    problems = integrity.verify(folder, chosen)
    if problems:
        raise NightFailed(f"release {chosen} is not what was published: " + "; ".join(problems))
    from orchestration.release.steps.pack import pack_of

    before = read_manifest(folder, chosen).get("previous_release")
    previous = release_folder(folder, before) if before else None
    with console.status(f"Writing the pack of release {chosen}"):
        written = pack_of(release_folder(folder, chosen), target, previous)
    for path in written:
        console.print(str(path), highlight=False, soft_wrap=True)
