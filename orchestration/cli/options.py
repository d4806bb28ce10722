"""Options and helpers every command shares: the home, the console, tables and their formats."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.errors import UserError
from orchestration.settings import load_settings

console = Console()
errors = Console(stderr=True)

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that holds all state; default WMIP_HOME, else ./data.", show_default=False),
]


class Format(StrEnum):
    """How rows are written out."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def resolve_home(home: Path | None) -> Path:
    """The home to work on, absolute; also tells it to everything that runs in this process."""
    chosen = (home or load_settings().home).expanduser().resolve()
    if chosen.exists() and not chosen.is_dir():
        raise UserError(f"{chosen} is a file; --home takes a folder")
    os.environ["WMIP_HOME"] = str(chosen)
    return chosen


def current_mart(home: Path) -> Path:
    """The DuckDB file of the release readers use. Raises UserError when nothing was published yet."""
    mart = home / "releases" / "current" / "mart.duckdb"
    if not mart.exists():
        raise UserError(
            f"no release in {home} yet. Run `wmip demo` to see one, or `wmip run` on your own returns; "
            "if a night was blocked, `wmip scorecard` says why."
        )
    return mart
