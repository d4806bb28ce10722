"""`wmip grants …`: find published grants; try an export against the home's mappings before it is dropped."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evaluation.numbers import fixed
from ingestion.apis.http import SourceFailed, failure, session
from ingestion.apis.mapping import InvalidMapping
from ingestion.catalogue import SOURCES
from ingestion.findings import ERROR, RefusedFile, places
from ingestion.sources.threesixtygiving_registry.reader import LIST, datasets, is_open, is_wanted
from orchestration.cli.options import Home, console, resolve_home, whole_table
from orchestration.configuration import load_configuration
from orchestration.errors import NightFailed, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingestion.sources.mapped_grants.reader import GrantTable

app = typer.Typer(
    no_args_is_help=True,
    help="Find published grants, and try exports of grant systems against the mappings in mappings/grants/ of the home."
    "\n\nExamples:\n\n"
    "wmip grants discover --publisher lloyds\n\n"
    "wmip grants check awards.xlsx\n\n"
    "wmip grants check awards.csv --mapping council.yaml",
)
FIRST = 5
REGISTRY = "threesixtygiving_registry"
_SHOWN = (
    "grant_id",
    "award_date",
    "amount_awarded",
    "currency",
    "recipient_name",
    "recipient_company_number",
    "status",
)


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
    from ingestion.files.table_files import unpacked
    from ingestion.sources.mapped_grants.grant_mapping import load_grant_mapping, load_mappings
    from ingestion.sources.mapped_grants.reader import choose, read_grants

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
    if places(read.findings):
        raise NightFailed(f"{places(read.findings)} row(s) would be refused")


@app.command()
def discover(
    publisher: Annotated[
        str, typer.Option(help="Only publishers whose name, prefix or organisation id has this in it.")
    ] = "",
    registry: Annotated[
        str | None,
        typer.Option(help="A registry's address or a file of its list, instead of the home's.", show_default=False),
    ] = None,
    home: Home = None,
) -> None:
    """List what the 360Giving data registry holds. What the nights fetch of it stands in wmip.yaml. Fetches nothing.

    Examples:

        wmip grants discover --publisher lloyds

        wmip grants discover --registry downloads/data.json
    """
    settings = {**SOURCES[REGISTRY].settings, **load_configuration(resolve_home(home)).source(REGISTRY)}
    try:
        listed = datasets(_list_of(registry, settings))
    except SourceFailed as error:
        raise UserError(str(error)) from None
    found = [one for one in listed if publisher.lower() in " ".join(_named(one)).lower()]
    if not found:
        raise UserError(
            f"none of the {len(listed)} datasets is of a publisher with {publisher!r} in name, prefix or id"
        )
    table = whole_table(None, "Publisher", "Id", "Dataset", "Changed", "Licence", "Nightly")
    for one in sorted(found, key=lambda one: (*_named(one), str(one["id"]))):
        licence = str(one.get("license_name") or one.get("license") or "none stated")
        short = re.search(r"\(([^()]+)\)$", licence)
        licence = short[1] if short else licence
        allowed = is_open(one.get("license"), settings["licences"])
        table.add_row(
            *_named(one)[:2],
            str(one.get("title") or one["id"]),
            str(one.get("modified") or "")[:10],
            licence if allowed else f"{licence} (not allowed)",
            "yes" if allowed and is_wanted(one, settings["publishers"]) else "no",
        )
    console.print(table, markup=False)
    console.print(
        f"{len(found)} of {len(listed)} datasets. To fetch a publisher's every night, in wmip.yaml:\n"
        f"sources: {{{REGISTRY}: {{publishers: [{_named(found[0])[1]}]}}}}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _named(dataset: Mapping[str, Any]) -> tuple[str, str, str]:
    """Name, organisation id and prefix of a dataset's publisher."""
    publisher = dataset.get("publisher") or {}
    name, identifier, prefix = (str(publisher.get(key) or "") for key in ("name", "org_id", "prefix"))
    return name, identifier, prefix


def _list_of(registry: str | None, settings: Mapping[str, Any]) -> bytes:
    """A registry's list, from a file or over the network. Raises UserError when it cannot be had."""
    import requests

    address = registry or f"{settings['base_url']}{LIST}"
    if not address.startswith(("http://", "https://")):
        path = Path(address)
        if not path.is_file():
            raise UserError(f"{address} is neither an address (https://…) nor a file")
        return path.read_bytes()
    try:
        # Somebody waits: two attempts, not a night's.
        with session({**settings, "attempts": 2}) as client:
            response = client.get(address)
            response.raise_for_status()
            return bytes(response.content)
    except requests.RequestException as error:
        raise UserError(str(failure(SOURCES[REGISTRY], error))) from None


def _show(read: GrantTable) -> None:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in read.rows:
        totals[str(row["currency"])] += Decimal(str(row["amount_awarded"]))
    sums = ", ".join(f"{currency} {fixed(total, 2)}" for currency, total in sorted(totals.items())) or "none"
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
        table = whole_table(
            f"The first {min(FIRST, len(read.rows))}",
            *(f">{name}" if name == "amount_awarded" else name for name in _SHOWN),
        )
        for row in read.rows[:FIRST]:
            table.add_row(*(row[name] or "" for name in _SHOWN))
        console.print(table, markup=False)
    for finding in read.findings:
        cell = f" cell {finding.cell}" if finding.cell else ""
        outcome = "refused" if finding.severity == ERROR else finding.severity
        console.print(
            f"{outcome} {finding.place}{cell}: {finding.message}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
