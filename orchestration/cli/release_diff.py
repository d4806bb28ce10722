"""`wmip release diff`: what changed between two releases."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation.numbers import fixed
from evaluation.site.changes import ValueChange
from evaluation.spreadsheets import write_csv
from orchestration.cli.options import Home, console, resolve_home
from orchestration.cli.releases import app, known_release
from orchestration.release.difference import Difference, compare

ALL = "all"
COLUMNS = (
    "kind", "change", "indicator_key", "period_key", "scope", "scope_key", "basis", "fact_key", "before", "after",
    "difference",
)  # fmt: skip


class DiffFormat(StrEnum):
    """How differences are written out."""

    table = "table"
    csv = "csv"
    json = "json"


class Scope(StrEnum):
    """Which figures are compared."""

    programme = "programme"
    partner = "partner"
    cluster = "cluster"
    local_authority = "local_authority"
    all = ALL


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="The earlier release.")],
    after: Annotated[str | None, typer.Argument(help="The later release; default the current one.")] = None,
    scope: Annotated[Scope, typer.Option(help="Figures of this scope.")] = Scope.programme,
    rows: Annotated[bool, typer.Option("--rows", help="Every fact that changed, instead of counts.")] = False,
    output: Annotated[DiffFormat, typer.Option("--format", help="How to show it.")] = DiffFormat.table,
    home: Home = None,
) -> None:
    """Show what changed between two releases: code and inputs, figures old and new, facts added, removed, changed.

    Examples:

        wmip release diff 2025-05-15.1

        wmip release diff 2025-05-15.1 2025-05-16.1 --scope partner --rows --format csv
    """
    folder = resolve_home(home)
    difference = compare(folder, known_release(folder, before), known_release(folder, after))
    values = [value for value in difference.values if scope is Scope.all or value.scope == scope.value]
    if output is DiffFormat.json:
        typer.echo(json.dumps(_as_data(difference, values, rows), indent=2, default=_plain))
    elif output is DiffFormat.csv:
        typer.echo(_as_csv(difference, values, rows), nl=False)
    else:
        _print(difference, values, rows)
        elsewhere = len(difference.values) - len(values)
        if elsewhere:
            console.print(f"{elsewhere} more figures changed at other scopes: --scope all")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"cannot write a {type(value).__name__}")


def _as_data(difference: Difference, values: list[ValueChange], rows: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "before": difference.before,
        "after": difference.after,
        "release": [{**asdict(item), "is_same": item.is_same} for item in difference.info],
        "values": [{**asdict(value), "difference": value.difference} for value in values],
        "fact_counts": [
            {"indicator_key": indicator, "change": change, "facts": count}
            for (indicator, change), count in difference.fact_counts.items()
        ],
    }
    if rows:
        content["facts"] = [asdict(fact) for fact in difference.facts]
    return content


def _as_csv(difference: Difference, values: list[ValueChange], rows: bool) -> str:
    lines: list[dict[str, Any]] = [
        {"kind": "release", "change": item.what, "before": item.before, "after": item.after}
        for item in difference.info
        if not item.is_same
    ]
    lines += [{"kind": "value", "change": "value", **asdict(value), "difference": value.difference} for value in values]
    if rows:
        lines += [{"kind": "fact", **asdict(fact)} for fact in difference.facts]
    else:
        lines += [
            {"kind": "facts", "indicator_key": indicator, "change": change, "difference": count}
            for (indicator, change), count in difference.fact_counts.items()
        ]
    text = io.StringIO()
    write_csv(text, COLUMNS, ([line.get(column) for column in COLUMNS] for line in lines))
    return text.getvalue()


def _print(difference: Difference, values: list[ValueChange], rows: bool) -> None:
    info = Table("", difference.before, difference.after, title="Releases", title_justify="left")
    for item in difference.info:
        info.add_row(item.what, item.before or "", "the same" if item.is_same else item.after or "")
    console.print(info)
    if not values:
        console.print("No figure changed at this scope.")
    else:
        table = Table(title="Figures that changed", title_justify="left")
        for heading in ("Indicator", "Quarter", "Scope", "Basis", ">Before", ">After", ">Difference"):
            table.add_column(heading.removeprefix(">"), justify="right" if heading[0] == ">" else "left")
        for value in values:
            table.add_row(
                value.indicator_key,
                value.period_key,
                value.scope_key,
                value.basis,
                _figure(value.before),
                _figure(value.after),
                f"{value.difference:+,.2f}",
            )
        console.print(table)
    if not difference.facts:
        console.print("No fact changed.")
    elif rows:
        facts = Table("Indicator", "Fact", "Change", "Before", "After", title="Facts", title_justify="left")
        for fact in difference.facts:
            facts.add_row(fact.indicator_key, fact.fact_key, fact.change, fact.before or "", fact.after or "")
        console.print(facts)
    else:
        counts = Table("Indicator", "Change", "Facts", title="Facts that changed (--rows shows each)")
        counts.title_justify = "left"
        for (indicator, change), count in difference.fact_counts.items():
            counts.add_row(indicator, change, f"{count:,}")
        console.print(counts)


def _figure(value: Decimal | None) -> str:
    return "none" if value is None else fixed(value, 2)
