"""`wmip organisations review` and `decide`: the grey zone of matching, shown to people and decided by them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.options import Home, console, file_to_write, require_no_release, resolve_home
from orchestration.errors import UserError
from orchestration.night import only_writer
from orchestration.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Which records are one organisation, and why.")


@app.callback()
def organisations() -> None:
    """Which records are one organisation, and why."""


@app.command()
def review(
    output: Annotated[Path, typer.Option("--output", help="The .xlsx file to write.")] = Path("organisations.xlsx"),
    home: Home = None,
) -> None:
    """Write a workbook of the pairs that wait for people: evidence side by side, and room for a decision.

    It names organisations, some of them persons: keep it with the evaluators.

    Example: wmip organisations review --output review.xlsx
    """
    from orchestration.organisation_review import waiting
    from orchestration.review_workbook import write_review

    folder, target = resolve_home(home), file_to_write(output)
    require_no_release(folder, target)
    if target.suffix.lower() != ".xlsx":
        raise UserError(f"{target.name}: the workbook is written as .xlsx; name it so")
    pairs = waiting(folder)
    write_review(pairs, target)
    target.chmod(0o600)
    _say(
        f"{len(pairs)} pair(s) wait; {target} shows them side by side. Fill in Decision, Reason, Role and Date, then "
        f"`wmip organisations decide {target.name}`"
    )


@app.command()
def decide(
    file: Annotated[Path, typer.Argument(help="The workbook, filled in; or its sheet saved as .csv.")],
    home: Home = None,
) -> None:
    """Read decisions back and keep them for good. Rows that are wrong are told of, the others stand.

    Decisions override rules and model from the next night on. The last word on two records holds.

    Example: wmip organisations decide review.xlsx
    """
    from ingestion.files.workbooks import Workbook
    from ingestion.findings import RefusedFile
    from orchestration.organisation_review import decide as record_decisions
    from orchestration.review_workbook import rows_of

    folder = resolve_home(home)
    if not file.is_file():
        raise UserError(f"{file} is no file")
    try:
        rows = rows_of(Workbook(file))
    except RefusedFile as refused:
        raise UserError(f"{file.name}: {refused}") from None
    with only_writer(folder):
        outcome = record_decisions(folder, rows, load_settings().now())
    for number, wrong in sorted(outcome.errors.items()):
        for each in wrong:
            _say(f"row {number}: {each}")
    for decision in outcome.recorded:
        _say(f"decision {decision.number}: {decision}")
    _say(
        f"{len(outcome.recorded)} decision(s) recorded, {outcome.known} known already, {outcome.undecided} row(s) "
        f"without one, {len(outcome.errors)} row(s) refused"
        + ("; the next night counts by them" if outcome.recorded else "")
    )
    if outcome.errors:
        raise UserError(f"{len(outcome.errors)} row(s) of {file.name} were not taken; put them right and read it again")


def _say(said: str) -> None:
    console.print(said, highlight=False, markup=False, soft_wrap=True)
