"""`wmip grants …`: try a grants export against the home's mappings before it is dropped."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orchestration.cli.options import Home, console, resolve_home
from orchestration.errors import NightFailed, UserError

if TYPE_CHECKING:
    from ingestion.sources.mapped_grants.reader import GrantTable

app = typer.Typer(
    no_args_is_help=True,
    help="Try exports of grant systems against the mappings in mappings/grants/ of the home.\n\n"
    "Examples:\n\n"
    "wmip grants check awards.xlsx\n\n"
    "wmip grants check awards.csv --mapping council.yaml",
)
FIRST = 5
_SHOWN = (
    "grant_id",
    "award_date",
    "amount_awarded",
    "currency",
    "recipient_name",
    "recipient_company_number",
    "status",
)


@app.callback()
def grants() -> None:
    """Only `check` so far; a group, so that it is called by its name."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The export: .csv, .xlsx, or one of these in a .zip.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Try this mapping, wherever it is.", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Show what an export would land and what would be refused. Writes nothing. Exit code 1 when anything is refused.

    Examples:

        wmip grants check awards.xlsx

        wmip grants check awards.csv --mapping drafts/council.yaml
    """
    from ingestion.findings import RefusedFile
    from ingestion.mapping import InvalidMapping
    from ingestion.sources.mapped_grants.grant_mapping import load_grant_mapping, load_mappings
    from ingestion.sources.mapped_grants.reader import choose, read_grants
    from ingestion.tabular import unpacked

    for path in (file, mapping):
        if path is not None and not path.is_file():
            raise UserError(f"{path} is not a file")
    try:
        mappings = load_mappings(resolve_home(home)) if mapping is None else [load_grant_mapping(mapping)]
        with tempfile.TemporaryDirectory() as folder, unpacked(file, Path(folder) / "unpacked") as readable:
            chosen = mappings[0] if mapping is not None else choose(mappings, readable, file.name)
            read = read_grants(readable, file.name, chosen)
    except (InvalidMapping, RefusedFile) as error:
        raise NightFailed(f"{file.name}: {error}") from None
    _show(read)
    if read.findings:
        raise NightFailed(f"{len({finding.place for finding in read.findings})} row(s) would be refused")


def _show(read: GrantTable) -> None:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in read.rows:
        totals[str(row["currency"])] += Decimal(str(row["amount_awarded"]))
    sums = ", ".join(f"{currency} {total:,.2f}" for currency, total in sorted(totals.items())) or "none"
    lines = [
        f"Mapping: {read.mapping.title} ({read.mapping.place})",
        f"Grants that would be landed: {len(read.rows)}",
        f"Awarded: {sums}",
        f"Rows the mapping skips: {read.skipped}",
        f"Columns dropped because they look personal: {len(read.personal)}",
        f"Columns not used: {', '.join(read.unused) or 'none'}",
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if read.rows:
        table = Table(*_SHOWN, title=f"The first {min(FIRST, len(read.rows))}")
        for row in read.rows[:FIRST]:
            table.add_row(*(row[name] or "" for name in _SHOWN))
        console.print(table, markup=False)
    for finding in read.findings:
        cell = f" cell {finding.cell}" if finding.cell else ""
        console.print(
            f"refused {finding.place}{cell}: {finding.message}", highlight=False, markup=False, soft_wrap=True
        )
