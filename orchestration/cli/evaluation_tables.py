"""Shows evaluation tables: sets side by side, the tornado, the simulation, what is missing, the caveats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from evaluation.numbers import fixed

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
SCENARIOS = ("low", "central", "high")
NAMES = {
    "net_jobs": "Net jobs",
    "net_to_gross_ratio": "Net to gross",
    "gva_undiscounted": "GVA, undiscounted",
    "gva_present_value": "GVA, present value",
    "programme_cost": "Programme cost",
    "programme_cost_present_value": "Cost, present value",
    "gva_less_public_cost": "GVA less public cost",
    "gva_per_public_pound": "GVA per public pound",
    "cost_per_gross_job": "Cost per gross job",
    "cost_per_net_job": "Cost per net job",
}
_COSTS = {"programme_cost", "programme_cost_present_value", "cost_per_gross_job"}
TORNADO_OF = "gva_per_public_pound"
_HALF = 9
_MILLION = Decimal(1_000_000)


def print_evaluation(console: Console, release_id: str, tables: Mapping[str, pa.Table]) -> None:
    """Print the evaluation of a release."""
    rows = {name: table.to_pylist() for name, table in tables.items()}
    console.print(
        Panel(
            f"Release {release_id}. Modelled, not measured: additionality adjustment is not impact evidence "
            "(evidence rating: not scoreable).",
            title="Evaluation",
            title_align="left",
        )
    )
    results = rows["evaluation_result"]
    for run in rows["evaluation_run"]:
        console.print(
            f"[bold]{run['assumption_set']}[/bold]: version {run['assumption_set_version']}, "
            f"SHA-256 {run['assumption_set_sha256'][:12]}, {run['assurance_status'].replace('_', ' ')} "
            f"({run['assurance_reason']})",
            highlight=False,
        )
        if run["horizon_flag"]:
            console.print(f"[yellow]Horizon[/yellow]: {run['horizon_flag']}", highlight=False)
    for level in dict.fromkeys(row["spatial_level"] for row in results):
        mine = [row for row in results if row["spatial_level"] == level]
        # Costs alone are the same at every level: a level is shown when something was modelled at it.
        if any(row["modelled_value"] is not None and row["measure"] not in _COSTS for row in mine):
            console.print(_side_by_side(level, mine))
    _print_missing(console, results)
    _print_tornados(console, rows["evaluation_sensitivity"])
    _print_switches(console, rows["evaluation_switching_value"])
    _print_simulations(console, rows["evaluation_simulation"])
    _print_caveats(console, rows["evaluation_caveat"], results)


def figure(value: Decimal | None, unit: str) -> str:
    """A figure as people read it, short enough to stand beside others; a hyphen where there is none."""
    if value is None:
        return "-"
    if unit.startswith("GBP"):
        sign, size = ("-" if value < 0 else ""), abs(value)
        if size >= _MILLION:
            return f"{sign}£{fixed(size / _MILLION, 2)}m"
        return f"{sign}£{fixed(size / 1000, 1)}k" if size >= 10_000 else f"{sign}£{fixed(size, 0)}"
    return fixed(value, 2)


def _side_by_side(level: str, rows: list[Row]) -> Table:
    sets = list(dict.fromkeys(row["assumption_set"] for row in rows))
    title = "UK level" if level == "uk" else f"{level.capitalize()} level"
    table = Table(title=f"{title}: central (low to high)", title_justify="left")
    table.add_column("Modelled", overflow="fold")
    for name in sets:
        table.add_column(name, justify="right", overflow="fold")
    cells = {(row["measure"], row["assumption_set"], row["scenario"]): row for row in rows}
    for measure, label in NAMES.items():
        unit = cells[(measure, sets[0], "central")]["unit"]
        figures = [_with_range([cells[(measure, name, scenario)] for scenario in SCENARIOS]) for name in sets]
        table.add_row(f"{label} (FTE)" if unit == "FTE" else label, *figures)
    gross = figure(rows[0]["gross_verified_fte"], "FTE")
    bases = {f"{row['price_base']} prices, discounted to {row['pv_base']}" for row in rows if row["unit"] == "GBP"}
    table.caption = f"Gross verified jobs: {gross} FTE. {'; '.join(sorted(bases)) if len(bases) == 1 else ''}"
    table.caption_justify = "left"
    return table


def _with_range(rows: list[Row]) -> str:
    low, central, high = (figure(row["modelled_value"], row["unit"]) for row in rows)
    return central if low == central == high else f"{central} ({_from_smaller(low, high, rows)})"


def _from_smaller(low: str, high: str, rows: list[Row]) -> str:
    """A range from the smaller to the greater figure: a low case has the higher cost for each job."""
    turned = rows[0]["modelled_value"] is not None and rows[0]["modelled_value"] > rows[2]["modelled_value"]
    return f"{high} to {low}" if turned else f"{low} to {high}"


def _print_missing(console: Console, rows: Iterable[Row]) -> None:
    said: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row["missing"]:
            said.setdefault((row["assumption_set"], row["spatial_level"]), {}).update(
                dict.fromkeys(row["missing"].split("; "))
            )
    for (name, level), reasons in said.items():
        console.print(f"[yellow]Missing[/yellow] in {name}, {level} level; no figure is made without it:")
        for reason in sorted(reasons):
            console.print(f"  {reason}", highlight=False)


def _print_tornados(console: Console, rows: list[Row]) -> None:
    for name, level in _first_levels(rows):
        bars = [
            row
            for row in rows
            if (row["assumption_set"], row["spatial_level"], row["measure"]) == (name, level, TORNADO_OF)
        ]
        if not bars:
            continue
        table = Table(title=f"What moves GVA per public pound: {name}, {level} level", title_justify="left")
        for heading in ("Assumption", "Tested", "At low", "At high"):
            table.add_column(heading, justify="left" if heading == "Assumption" else "right", no_wrap=True)
        table.add_column("", no_wrap=True)
        ends = ("modelled_at_low", "modelled_at_high")
        widest = max(abs(row[end] - row["modelled_central"]) for row in bars for end in ends)
        for row in sorted(bars, key=lambda row: row["swing_rank"]):
            table.add_row(
                row["assumption_name"] + (" *" if row["is_required"] else ""),
                f"{row['tested_low'].normalize():f} to {row['tested_high'].normalize():f}",
                figure(row["modelled_at_low"], "ratio"),
                figure(row["modelled_at_high"], "ratio"),
                _bar(row, widest),
            )
        if any(row["is_required"] for row in bars):
            table.caption = "* red in quality and in impact: an opinion the result hangs on"
            table.caption_justify = "left"
        console.print(table)


def _print_switches(console: Console, rows: list[Row]) -> None:
    for name, level in _first_levels(rows):
        table = Table(title=f"Where GVA would equal public cost: {name}, {level} level", title_justify="left")
        for heading in ("Assumption", "Central", "Switching value"):
            table.add_column(heading, justify="left" if heading == "Assumption" else "right", no_wrap=True)
        for row in rows:
            if (row["assumption_set"], row["spatial_level"]) == (name, level):
                found = row["switching_value"]
                table.add_row(
                    row["assumption_name"],
                    figure(row["central_value"], row["unit"]),
                    f"none, {row['outcome'].replace('_', ' ')}" if found is None else figure(found, row["unit"]),
                )
        console.print(table)


def _first_levels(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Each set with the first level it was modelled at; `--level` shows the others."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["assumption_set"], row["spatial_level"])
    return list(first.items())


def _bar(row: Row, widest: Decimal) -> str:
    """From the lower to the upper result, the central case in the middle."""
    if not widest:
        return ""
    ends: list[Decimal] = sorted(
        [row["modelled_at_low"] - row["modelled_central"], row["modelled_at_high"] - row["modelled_central"]]
    )
    left, right = round(max(-ends[0], Decimal(0)) / widest * _HALF), round(max(ends[1], Decimal(0)) / widest * _HALF)
    return " " * (_HALF - left) + "█" * left + "│" + "█" * right + " " * (_HALF - right)


def _print_simulations(console: Console, rows: list[Row]) -> None:
    final = [row for row in rows if row["is_final"]]
    for name, level in _first_levels(final):
        mine = {
            (row["measure"], row["statistic"]): row
            for row in final
            if (row["assumption_set"], row["spatial_level"]) == (name, level)
        }
        parts = []
        for measure in ("net_jobs", "gva_present_value", "gva_less_public_cost", "gva_per_public_pound"):
            if (measure, "p10") in mine:
                low, high, mean = (mine[(measure, key)] for key in ("p10", "p90", "mean"))
                unit = low["unit"]
                parts.append(
                    f"  {NAMES[measure]}: {figure(low['modelled_value'], unit)} to "
                    f"{figure(high['modelled_value'], unit)}, mean {figure(mean['modelled_value'], unit)} "
                    f"(standard error {figure(mean['modelled_standard_error'], unit)})"
                )
        if parts:
            first = next(iter(mine.values()))
            console.print(
                f"[bold]80% of {first['draws']:,} draws[/bold] over the stated ranges (seed {first['seed']}): "
                f"{name}, {level} level",
                highlight=False,
            )
            console.print("\n".join(parts), highlight=False)


def _print_caveats(console: Console, rows: Iterable[Row], results: Iterable[Row]) -> None:
    shown = {
        (row["assumption_set"], row["spatial_level"], row["measure"])
        for row in results
        if row["modelled_value"] is not None
    }
    texts = dict.fromkeys(
        row["caveat"]
        for row in sorted(rows, key=lambda row: row["caveat_order"])
        if (row["assumption_set"], row["spatial_level"], row["measure"]) in shown
    )
    if texts:
        console.print("[bold]Caveats[/bold]")
        for text in texts:
            console.print(f"  {text}", highlight=False, style="dim")
