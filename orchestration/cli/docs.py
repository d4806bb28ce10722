"""`wmip docs …`: the data dictionary, generated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import console
from orchestration.dictionary.current import PAGE, current_page
from orchestration.dictionary.documentation import DICTIONARY, WRITTEN, committed_index, write_site_source
from orchestration.dictionary.model_lists import model_lists
from orchestration.dictionary.source_lists import source_lists
from orchestration.errors import UserError
from orchestration.rules.gather import gathered
from orchestration.rules.lists import register_lists
from orchestration.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Generate the data dictionary and the pages of the docs site.")

MADE_HERE = ".made-by-wmip-docs"


@app.command()
def build(
    output: Annotated[Path, typer.Option("--output", help="Folder to make anew.")] = Path("build/docs"),
) -> None:
    """Write all pages of the docs site: the written ones, and a generated page a table.

    `make docs` makes the site of them.
    """
    if output.exists() and not (output / MADE_HERE).exists() and any(output.iterdir()):
        raise UserError(f"{output} holds something else; give --output a new folder")
    pages = write_site_source(output, load_settings().home)
    (output / MADE_HERE).touch()
    console.print(f"{len(pages)} pages in {output}", highlight=False)


@app.command()
def index() -> None:
    """Rewrite what is generated and kept in the repository: lists of tables and of sources, and what was read when."""
    # First what dbt reads: the list of tables is made of the project as dbt parses it.
    _write(source_lists() | model_lists())
    _write(register_lists(gathered(load_settings().home, f"{datetime.now(UTC):%Y-%m-%d}")))
    _write({WRITTEN / DICTIONARY / "index.md": committed_index(load_settings().home), WRITTEN / PAGE: current_page()})


def _write(pages: Mapping[Path, str]) -> None:
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        console.print(f"wrote {path}", highlight=False)
