"""`wmip rehearse`: a changed threshold, definition or rule over what was landed, before anyone adopts it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.numbers import fixed
from orchestration.cli.options import Home, console, resolve_home, whole_table
from orchestration.cli.release_diff import DiffFormat, Scope, Shown, as_csv, as_data, as_json, show_difference
from orchestration.release import integrity, store

if TYPE_CHECKING:
    from orchestration.rule_rehearsal import RuleRehearsal


def rehearse(
    parameter: Annotated[list[str] | None, typer.Option(help="NAME=VALUE: a threshold of the seed parameter.")] = None,
    seed: Annotated[list[Path] | None, typer.Option(help="NAME.csv: stands in place of that seed.")] = None,
    model: Annotated[list[Path] | None, typer.Option(help="NAME.sql: stands in place of that model.")] = None,
    scope: Annotated[Scope, typer.Option(help="Figures of this scope.")] = Scope.programme,
    rows: Annotated[bool, typer.Option("--rows", help="Every fact that would move a figure.")] = False,
    home: Home = None,
    output: Annotated[DiffFormat, typer.Option("--format", help="How to show it.")] = DiffFormat.table,
) -> None:
    """Count by a changed rule beside the present one: which figures, accepted returns and ratings would change.

    Both count all that was landed, as of the release that readers use. Nothing of the home is changed.

    Examples:

        wmip rehearse --parameter assisted_hours=10

        wmip rehearse --seed /tmp/evidence_rule.csv --scope partner --rows

        wmip rehearse --model /tmp/int_fact__job_cap.sql --format json
    """
    from orchestration.rule_rehearsal import Change, rehearse_rules
    from orchestration.rule_rehearsal import parameter as read_parameter
    from orchestration.settings import load_settings

    folder = resolve_home(home)
    change = Change(tuple(map(read_parameter, parameter or ())), tuple(seed or ()), tuple(model or ()))
    current = store.current_release(folder)
    if current is None:
        clock = load_settings().now()
    else:
        clock = datetime.fromisoformat(integrity.read_manifest(folder, current)["released_at"])
    with console.status("") as status:
        found = rehearse_rules(folder, change, clock, status.update)
    shown = Shown.of(found.difference, scope, rows)
    if output is DiffFormat.json:
        more = {"returns": [asdict(one) for one in found.returns], "ratings": [asdict(one) for one in found.ratings]}
        typer.echo(as_json(as_data(shown) | more))
    elif output is DiffFormat.csv:
        typer.echo(as_csv(shown), nl=False)
    else:
        show_difference(shown)
        _show_more(found)


def _show_more(found: RuleRehearsal) -> None:
    if found.returns:
        table = whole_table(
            "Accepted and locked returns of which something else would be known",
            "Body", "Quarter", "Status", "Indicator", "Basis", ">Before", ">After", ">Facts",
        )  # fmt: skip
        for one in found.returns:
            table.add_row(
                one.partner_key,
                one.period_key,
                one.status,
                one.indicator_key,
                one.basis,
                fixed(one.before, 2),
                fixed(one.after, 2),
                f"{one.facts}",
            )
        console.print(table)
        if any(one.status == "locked" for one in found.returns):
            console.print("What is locked is reported as it is until a restatement is approved.")
    else:
        console.print(
            "Of no return anything else would be known that was accepted or locked when the release was made; "
            "one accepted since is looked at after the next night."
        )
    for rating in found.ratings:
        said = f"{rating.before or 'not rated'} would be {rating.after or 'not rated'}"
        console.print(f"Rating of {rating.indicator_key}: {said.replace('_', '/')}", highlight=False)
