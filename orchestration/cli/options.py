"""Options and helpers every command shares: the home, the console, tables and their formats."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common.home import release_folder, releases_folder
from orchestration.errors import NightFailed, UserError
from orchestration.release import integrity, store
from orchestration.release.integrity import MART
from orchestration.settings import load_settings

# `:x:` in a file's name or a reference is no emoji.
console = Console(emoji=False)
errors = Console(stderr=True, emoji=False)


def warn(message: object) -> None:
    """Tell of something on stderr without ending; square brackets in it are just text."""
    errors.print(f"[yellow]wmip:[/yellow] {escape(str(message))}", highlight=False)


def say_error(error: object) -> None:
    """Say on stderr why the command ended."""
    errors.print(f"[red]wmip:[/red] {escape(str(error))}", highlight=False)


Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that holds all state; default WMIP_HOME, else ./data.", show_default=False),
]


class Format(StrEnum):
    """How rows are written out."""

    table = "table"
    line = "line"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def resolve_home(home: Path | None) -> Path:
    """The home to work on, absolute."""
    settings = load_settings()
    chosen = (home or settings.home).expanduser().resolve()
    if chosen.exists() and not chosen.is_dir():
        raise UserError(f"{chosen} is a file; --home takes a folder")
    return chosen


def file_to_write(path: Path) -> Path:
    """The file that a command is to write, absolute. Raises UserError for a folder, or for one in no folder."""
    target = path.expanduser().resolve()
    if target.is_dir() or not target.parent.is_dir():
        raise UserError(f"{target} is no file that can be written; name a file in a folder that is there")
    return target


def folder_to_write(home: Path, path: Path) -> Path:
    """The folder that a command is to write to, absolute; it is made if it is missing.

    Raises UserError for a file, for what lies below one, and for a place among the releases.
    """
    target = path.expanduser().resolve()
    require_no_release(home, target)
    there = next(place for place in (target, *target.parents) if place.exists())
    if not there.is_dir():
        raise UserError(f"{there} is a file; --output takes a folder")
    return target


def require_no_release(home: Path, target: Path) -> None:
    """Raise UserError for a place among the releases."""
    if target.is_relative_to(releases_folder(home)):
        raise UserError(f"{target} is inside a release, which is never rewritten; give another --output")


def misplaced_said(home: Path) -> str:
    """What stands in the inbox where no source looks, and where to put it; empty when nothing does."""
    from ingestion.catalogue import SOURCES
    from ingestion.files.inbox import misplaced

    folders = sorted({source.inbox for source in SOURCES.values() if source.inbox})
    found = misplaced(home, folders)
    where = " or ".join(f"inbox/{folder}" for folder in folders)
    return f"no source reads {', '.join(found)} in inbox/; move the files to {where}" if found else ""


def current_mart(home: Path) -> Path:
    """The DuckDB file of the release readers use.

    Raises UserError when nothing was published yet, the link is broken or the manifest cannot be read, NightFailed when
    the file is not the one that was published: figures that are altered, or cannot be compared, are not shown.
    """
    release_id = store.current_release(home)
    if release_id is None:
        raise UserError(
            f"no release in {home} yet. Run `wmip demo` to see one, or `wmip run` on your own returns; "
            "if a night was blocked, `wmip scorecard` says why."
        )
    return released_mart(home, release_id)


def released_mart(home: Path, release_id: str | None = None) -> Path:
    """The DuckDB file of a release, of the current one when none is named. Raises as `current_mart` does."""
    if release_id is None:
        return current_mart(home)
    problems = integrity.altered(home, release_id)
    if integrity.of_the_mart(problems):
        raise NightFailed(integrity.problems_said(release_id, problems))
    if problems:
        warn(integrity.problems_said(release_id, problems))
    return release_folder(home, release_id) / MART


def altered_release(home: Path, release_id: str) -> list[str]:
    """What a quick look finds altered in a release; that its manifest cannot be read is one of these things."""
    try:
        return integrity.altered(home, release_id)
    except integrity.DamagedRelease as damage:
        return [str(damage)]


def whole_table(title: str | None, *headings: str) -> Table:
    """A table that cuts nothing: texts fold, and a heading that begins with `>` is one of figures, which stay whole."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        figures = heading.startswith(">")
        table.add_column(
            heading.removeprefix(">"), justify="right" if figures else "left", no_wrap=figures, overflow="fold"
        )
    return table
