"""`wmip network …`: the collaboration network of a release, for other tools."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from common.home import release_folder
from orchestration.cli.options import Home, console, file_to_write, require_no_release, resolve_home
from orchestration.cli.releases import known_release
from orchestration.errors import NightFailed, UserError
from orchestration.release import integrity, store
from orchestration.release.integrity import MART

app = typer.Typer(no_args_is_help=True, help="The collaboration network of a release.")


class Format(StrEnum):
    """How the network is written."""

    gexf = "gexf"
    csv = "csv"


class TieClass(StrEnum):
    """Which ties: they are kept apart and never added."""

    formal = "formal"
    project = "project"
    brokered = "brokered"


@app.callback()
def network() -> None:
    """The collaboration network of a release."""


@app.command()
def export(
    output: Annotated[
        Path, typer.Option("--output", help="File to write; csv makes two, <name>-nodes and <name>-edges.")
    ],
    written_as: Annotated[Format, typer.Option("--format", help="gexf is for Gephi.")] = Format.gexf,
    ties: Annotated[TieClass, typer.Option("--ties", help="The class of ties.")] = TieClass.formal,
    period: Annotated[
        str | None, typer.Option("--period", help="Quarter; default the latest.", show_default=False)
    ] = None,
    release_id: Annotated[str | None, typer.Option("--release", help="Release id; default the current one.")] = None,
    home: Home = None,
) -> None:
    """Write the network of one quarter, organisations by key and cluster. For named evaluators, not for publication.

    Examples:

        wmip network export --output network.gexf

        wmip network export --format csv --ties brokered --period 2024-25-Q4 --output network.csv
    """
    from evaluation.network.graph_files import NoNetwork, periods, write_csv, write_gexf

    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    target = file_to_write(output)
    require_no_release(folder, target)
    problems = integrity.verify(folder, chosen)
    if problems:
        raise NightFailed(f"release {chosen} is not what was published: " + "; ".join(problems))
    released_on = next(item for item in store.list_releases(folder) if item.release_id == chosen).released_at
    import duckdb

    with duckdb.connect(str(release_folder(folder, chosen) / MART), read_only=True) as mart:
        try:
            known = periods(mart, ties)
        except NoNetwork as missing:
            raise UserError(f"release {chosen} {missing}") from None
        if not known or (period is not None and period not in known):
            there = f"there are {', '.join(known)}" if known else "there is none of any quarter"
            raise UserError(f"release {chosen} has no {ties} ties{f' of {period}' if period else ''}; {there}")
        quarter = period or known[-1]
        if written_as is Format.csv:
            written = write_csv(mart, ties, quarter, target)
        else:
            written = write_gexf(mart, ties, quarter, target, datetime.fromisoformat(released_on).date())
    console.print(f"Release {chosen}, {ties} ties to the end of {quarter}:", highlight=False)
    for path in written:
        console.print(str(path), highlight=False, soft_wrap=True)
