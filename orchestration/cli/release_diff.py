"""`wmip release diff`: what changed between two releases."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation.numbers import fixed, rounded
from evaluation.site.changes import ValueChange
from evaluation.spreadsheets import write_csv
from evaluation.trace.movements import CAUSES, Movement
from orchestration.cli.options import Home, console, resolve_home, whole_table
from orchestration.cli.releases import app, known_release
from orchestration.release.difference import Difference, compare

ALL = "all"
COLUMNS = (
    "kind", "change", "indicator_key", "period_key", "scope", "scope_key", "basis", "fact_key", "before", "after",
    "difference", "facts", "said", "source_place",
)  # fmt: skip


_CELL = ("indicator_key", "period_key", "scope", "scope_key", "basis")


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
    rows: Annotated[bool, typer.Option("--rows", help="Every fact that moved a figure or changed.")] = False,
    output: Annotated[DiffFormat, typer.Option("--format", help="How to show it.")] = DiffFormat.table,
    home: Home = None,
) -> None:
    """Show what moved between two releases: code and inputs, figures old and new, and because of which facts.

    Examples:

        wmip release diff 2025-05-15.1

        wmip release diff 2025-05-15.1 2025-05-16.1 --scope partner --rows --format csv
    """
    folder = resolve_home(home)
    difference = compare(folder, known_release(folder, before), known_release(folder, after))
    shown = Shown.of(difference, scope, rows)
    if output is DiffFormat.json:
        typer.echo(as_json(as_data(shown)))
    elif output is DiffFormat.csv:
        typer.echo(as_csv(shown), nl=False)
    else:
        show_difference(shown)


@dataclass(frozen=True)
class Shown:
    """What of a difference is shown: figures of the scopes asked for, what moved them, each fact or counts of them."""

    difference: Difference
    values: list[ValueChange]
    moved: list[Movement]
    rows: bool

    @classmethod
    def of(cls, difference: Difference, scope: Scope, rows: bool) -> Shown:
        """What of a difference is shown when one scope is asked for."""

        def is_asked(one: ValueChange | Movement) -> bool:
            return scope is Scope.all or one.scope == scope.value

        return cls(
            difference, list(filter(is_asked, difference.values)), list(filter(is_asked, difference.movements)), rows
        )

    @property
    def by_cause(self) -> dict[tuple[str, ...], tuple[int, Decimal]]:
        """How many facts moved a figure for one cause, and by how much in the indicator's unit."""
        found: dict[tuple[str, ...], tuple[int, Decimal]] = {}
        for one in self.moved:
            facts, summed = found.get((*one.cell, one.cause), (0, Decimal(0)))
            found[*one.cell, one.cause] = facts + 1, summed + one.difference / one.exact_per_unit
        return found


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"cannot write a {type(value).__name__}")


def as_json(content: Any) -> str:
    """What was compared as JSON, figures as they are written."""
    return json.dumps(content, indent=2, default=_plain)


def as_data(shown: Shown) -> dict[str, Any]:
    """A difference as plain data."""
    difference = shown.difference
    content: dict[str, Any] = {
        "before": difference.before,
        "after": difference.after,
        "release": [{**asdict(item), "is_same": item.is_same} for item in difference.info],
        "values": [{**asdict(value), "difference": value.difference} for value in shown.values],
        "causes": [
            dict(zip((*_CELL, "cause", "facts", "difference"), (*key, facts, _in_unit(summed)), strict=True))
            for key, (facts, summed) in shown.by_cause.items()
        ],
        "fact_counts": [
            {"indicator_key": indicator, "change": change, "facts": count}
            for (indicator, change), count in difference.fact_counts.items()
        ],
    }
    if shown.rows:
        content["movements"] = [{**asdict(one), "difference": one.difference} for one in shown.moved]
        content["facts"] = [asdict(fact) for fact in difference.facts]
    return content


def as_csv(shown: Shown) -> str:
    """A difference as CSV, a row a thing that is not the same; `kind` says what."""
    difference = shown.difference
    lines: list[dict[str, Any]] = [
        {"kind": "release", "change": item.what, "before": item.before, "after": item.after}
        for item in difference.info
        if not item.is_same
    ]
    lines += [
        {"kind": "value", "change": "value", **asdict(value), "difference": value.difference} for value in shown.values
    ]
    lines += [
        {"kind": "cause", "change": cause, "facts": facts, "difference": _in_unit(summed)}
        | dict(zip(_CELL, cell, strict=True))
        for (*cell, cause), (facts, summed) in shown.by_cause.items()
    ]
    if shown.rows:
        lines += [
            {"kind": "movement", "change": one.cause, **asdict(one), "difference": one.difference}
            for one in shown.moved
        ]
        lines += [{"kind": "fact", **asdict(fact)} for fact in difference.facts]
    else:
        lines += [
            {"kind": "facts", "indicator_key": indicator, "change": change, "facts": count}
            for (indicator, change), count in difference.fact_counts.items()
        ]
    text = io.StringIO()
    write_csv(text, COLUMNS, ([line.get(column) for column in COLUMNS] for line in lines))
    return text.getvalue()


def show_difference(shown: Shown) -> None:
    """Print a difference as tables."""
    difference = shown.difference
    info = whole_table("Releases", "", difference.before, difference.after)
    for item in difference.info:
        info.add_row(item.what, item.before or "", "the same" if item.is_same else item.after or "")
    console.print(info)
    if shown.values:
        console.print(_figures(shown))
    else:
        console.print("No figure changed at this scope.")
    elsewhere = len(difference.values) - len(shown.values)
    if elsewhere:
        console.print(f"{elsewhere} more figures changed at other scopes: --scope all")
    if not difference.facts:
        console.print("No fact changed.")
        return
    if shown.rows:
        if shown.moved:
            console.print(_moved(shown.moved))
        facts = whole_table("Facts", "Indicator", "Fact", "Change", "Before", "After")
        for fact in difference.facts:
            facts.add_row(fact.indicator_key, fact.fact_key, fact.change, fact.before or "", fact.after or "")
        console.print(facts)
    else:
        counts = whole_table("Facts that changed (--rows shows each)", "Indicator", "Change", ">Facts")
        for (indicator, change), count in difference.fact_counts.items():
            counts.add_row(indicator, change, f"{count:,}")
        console.print(counts)


def _figures(shown: Shown) -> Table:
    """Each figure that changed, and below it what moved it: by cause, adding up to the difference."""
    table = whole_table("Figures that changed, and why", "Figure", "Of", ">Before", ">After", ">Difference")
    by_cell: dict[tuple[str, ...], list[tuple[str, int, Decimal]]] = {}
    for key, (facts, summed) in shown.by_cause.items():
        by_cell.setdefault(key[:-1], []).append((key[-1], facts, summed))
    for value in shown.values:
        cell = (value.indicator_key, value.period_key, value.scope, value.scope_key, value.basis)
        table.add_row(
            f"{value.indicator_key} {value.period_key} {value.basis}",
            value.scope_key,
            _figure(value.before, value.is_hidden),
            _figure(value.after, value.is_hidden),
            "not known" if value.difference is None else f"{value.difference:+,.2f}",
            style="bold",
        )
        for cause, facts, summed in by_cell.get(cell, ()):
            number = f"{facts:,} fact{'' if facts == 1 else 's'}"
            table.add_row(f"  {cause.replace('_', ' ')}: {CAUSES[cause]}", number, "", "", f"{summed:+,.2f}")
    return table


def _moved(moved: list[Movement]) -> Table:
    table = whole_table("What each fact moved, in the exact unit", "Figure", "Fact, place", "Why", ">By")
    for one in moved:
        table.add_row(
            f"{one.indicator_key} {one.period_key} {one.scope_key} {one.basis}",
            "\n".join(filter(None, (one.fact_key, one.source_place))),
            "\n".join(filter(None, (one.cause.replace("_", " "), one.said))),
            f"{one.difference:+f}",
        )
    return table


def _in_unit(summed: Decimal) -> Decimal:
    return rounded(summed, 4)


def _figure(value: Decimal | None, is_hidden: bool) -> str:
    if value is None:
        return "not shown" if is_hidden else "none"
    return fixed(value, 2)
