"""`wmip returns …`: the blank workbook, a look at a filled one before it is sent, and putting it into the inbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from common.durable import written
from common.yamlfile import nearest
from ingestion.files.values import BadValue, Column
from orchestration.cli.options import Home, console, current_mart, errors, file_to_write, resolve_home
from orchestration.errors import NightFailed, UserError
from orchestration.release.store import current_release
from orchestration.returns_desk import days_missed, hand_in, partners, reading_settings
from orchestration.settings import load_settings

if TYPE_CHECKING:
    import duckdb

    from ingestion.sources.returns.answer import Answer
    from orchestration.rehearsal import Rehearsal, Remark
    from orchestration.return_counts import Counted

_SHOWN = 12
"""Cells of one sentence that are listed; the marked-up copy and JSON have all."""

app = typer.Typer(
    no_args_is_help=True,
    help="The quarterly return workbook: make a blank one, check a filled one, hand it in.\n\n"
    "Examples:\n\n"
    "wmip returns template --partner CB01 --period 2024-25-Q4\n\n"
    "wmip returns check 'CB01 2024-25-Q4.xlsx'\n\n"
    "wmip returns submit 'CB01 2024-25-Q4.xlsx'",
)


class CheckFormat(StrEnum):
    """How the answer is written."""

    table = "table"
    json = "json"


Workbook = Annotated[Path, typer.Argument(help="The filled workbook (.xlsx).")]


@app.command()
def template(
    partner: Annotated[str, typer.Option(help="Code of the cluster body, as in the partners register.")],
    period: Annotated[str, typer.Option(help="Quarter of the financial year, such as 2024-25-Q4.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it.", show_default="<partner> <period>.xlsx")] = None,
    home: Home = None,
) -> None:
    """Write the workbook of a body and quarter, to be filled in: with instructions, drop-downs, limits and colours, and
    what is known of the body from its earlier returns. Without a home that was run it is blank.

    Example: wmip returns template --partner CB01 --period 2024-25-Q4
    """
    from ingestion.sources.returns.template import write_template
    from orchestration.return_template import known_of, programme_quarters

    where = resolve_home(home)
    known = partners(where)
    if known and partner not in known:
        raise UserError(f"{partner} is not in the partners register; {nearest(partner, sorted(known))}")
    try:
        period_key = Column("period_key", "--period", "period", required=True).read(period)
    except BadValue as bad:
        raise UserError(str(bad)) from None
    if period_key not in (quarters := programme_quarters()):
        raise UserError(f"--period {period_key} is not a quarter of the programme; choose one of {', '.join(quarters)}")
    path = file_to_write(out or Path(f"{partner} {period_key}.xlsx"))
    if path.exists():
        raise UserError(f"{path} exists already; move it, or say --out")
    cover = {"partner_code": partner, "partner_name": known.get(partner) or "", "period_key": str(period_key)}
    with _open_mart(where) as mart:
        facts = known_of(where, mart, partner, str(period_key))
    with written(path) as temporary:
        write_template(temporary, {**cover, "submission_number": "1"}, facts)
    console.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def check(
    file: Workbook,
    home: Home = None,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Also put it beside all that was returned before (half a minute)."),
    ] = False,
    form: Annotated[CheckFormat, typer.Option("--format", help="How the answer is written.")] = CheckFormat.table,
    marked_up: Annotated[
        Path | None,
        typer.Option("--marked-up", help="Write the workbook back to here, its cells coloured and commented."),
    ] = None,
) -> None:
    """Say what is wrong with a filled workbook, cell by cell and as a whole, and what to do about it.

    Changes nothing in the home. `--rehearse` runs the night's own steps in a copy that is thrown away, and tells what
    shows beside all that was returned before. Exit code 1 when a row would be refused.

    Example: wmip returns check 'CB01 2024-25-Q4.xlsx' --marked-up 'CB01 2024-25-Q4 marked.xlsx'
    """
    where = resolve_home(home)
    answer = _look_at(file, where)
    if marked_up is not None:
        _mark_up(file, answer, marked_up)
    from orchestration.return_counts import counts_as_json

    rehearsal = None
    if rehearse and where.is_dir() and answer.refused is None:
        rehearsal = _rehearsed(file, where, answer.cover["period_key"])
    counts = _counts(answer, rehearsal, where)
    if form is CheckFormat.json:
        said = {"counts_for": counts_as_json(counts), "is_exact": rehearsal is not None}
        said["days_missed"] = days_missed(where, answer)
        remarks = [vars(one) for one in rehearsal.remarks] if rehearsal else []
        typer.echo(json.dumps({**answer.as_json(), **said, "beside_earlier_returns": remarks}, indent=2))
    else:
        _tell(answer, where)
        if counts:
            _tell_counts(counts, is_exact=rehearsal is not None)
        if rehearsal is not None:
            _tell_remarks(answer, rehearsal.remarks)
    if answer.refused is not None:
        raise NightFailed(f"{file.name} would be refused whole: {answer.refused}")
    if answer.refused_rows:
        raise NightFailed(f"{answer.refused_rows} row(s) would be refused; the others count")


@app.command()
def submit(file: Workbook, home: Home = None) -> None:
    """Check a filled workbook and put it into the inbox. One that would be refused whole is not taken, nor one that is
    here already or older than what is here.

    Example: wmip returns submit 'CB01 2024-25-Q4.xlsx'
    """
    where = resolve_home(home)
    answer = _look_at(file, where)
    if answer.refused is not None:
        raise NightFailed(f"{file.name} would be refused whole: {answer.refused}")
    _tell(answer, where)
    if not answer.is_return:
        raise NightFailed(f"{file.name} is no return as it stands, and was not handed in")
    target = hand_in(file, where, answer.rows["covers"][0])
    bad = answer.refused_rows
    _say(
        [
            f"In the inbox: {target}",
            "The next night reads it"
            + (
                f"; {bad} row(s) will be refused: correct them and submit again with the next submission number"
                if bad
                else ""
            ),
        ]
    )


@app.command()
def token(
    partner: Annotated[str, typer.Option(help="Code of the cluster body, as in the partners register.")],
    home: Home = None,
) -> None:
    """Make the token with which a body signs in to the page of `wmip serve`. It is shown once; the one before ends.

    Example: wmip returns token --partner CB01
    """
    from orchestration.returns_page.tokens import make_token

    where = resolve_home(home)
    known = partners(where)
    if known and partner not in known:
        raise UserError(f"{partner} is not in the partners register; {nearest(partner, sorted(known))}")
    typer.echo(make_token(where, partner))


@contextmanager
def _open_mart(home: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The mart of the release that serves, to read from; None where nothing was published yet."""
    import duckdb

    if current_release(home) is None:
        yield None
        return
    with duckdb.connect(str(current_mart(home)), read_only=True) as connection:
        yield connection


def _counts(answer: Answer, rehearsal: Rehearsal | None, home: Path) -> list[Counted]:
    from orchestration.return_counts import estimate, exact

    if answer.refused is not None:
        return []
    return estimate(answer, home) if rehearsal is None else exact(answer, rehearsal.figures, home)


def _tell_counts(counts: Sequence[Counted], *, is_exact: bool) -> None:
    """Say what the return will count for, as a table."""
    from rich.table import Table

    from evaluation.numbers import number
    from orchestration.return_counts import reasons_said

    how = "as the night would count it" if is_exact else "by itself: an estimate; --rehearse counts as the night does"
    table = Table(box=None, pad_edge=False, title=f"\nWhat it will count for, {how}", title_justify="left")
    table.add_column("Indicator")
    for heading in ("Claimed", "Verified", "Quarter before", "Forecast"):
        table.add_column(heading, justify="right")
    table.add_column("Will not count")
    for one in counts:
        before = "-" if one.before_verified is None else number(one.before_verified, one.unit)
        forecast = "-" if one.forecast is None else number(one.forecast, one.unit)
        of_return = (number(value, one.unit) for value in (one.claimed, one.verified))
        table.add_row(one.name, *of_return, before, forecast, reasons_said(one))
    console.print(table)


def _rehearsed(file: Path, home: Path, quarter: str) -> Rehearsal:
    """What a night would find beside the home's history, and which rows would not count."""
    from orchestration.rehearsal import rehearse

    with errors.status("Rehearsing") as status:
        return rehearse(home, file, quarter, load_settings().now(), lambda what: status.update(f"Rehearsing: {what}"))


def _tell_remarks(answer: Answer, remarks: Sequence[Remark]) -> None:
    _say(["Beside what was returned before:" + ("" if remarks else " nothing odd")])
    _say(
        f"{answer.first_cell(remark.place) or remark.place} ({remark.about.replace('_', ' ')}): {remark.message}"
        for remark in remarks
    )


def _tell(answer: Answer, home: Path) -> None:
    """Say the answer as tables, and the days of the home's calendar that the return is after."""
    from rich.table import Table

    if answer.refused is not None:
        return
    cover = answer.cover
    _say([f"{cover['partner_code']}, {cover['period_key']}, submission {cover['submission_number']}"])
    _say(days_missed(home, answer))
    if not partners(home):
        _say(["The partners register was not read yet, so that the body's code was not checked"])
    for stream, (right, wrong) in answer.tables.items():
        _say([f"  {stream.replace('_', ' ')}: {right} row(s)" + (f", {wrong} wrong" if wrong else "")])
    said = answer.said
    if not said:
        _say(["Nothing is wrong or odd with it"])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "Sheet", "Cells", "What is wrong, and what to do"):
        table.add_column(heading, overflow="fold")
    for one in said:
        cells = ", ".join(one.cells[:_SHOWN]) + (f" and {len(one.cells) - _SHOWN} more" if one.cells[_SHOWN:] else "")
        table.add_row(one.severity, escape(one.sheet), cells, escape(one.message))
    console.print(table)


def _mark_up(file: Path, answer: Answer, to: Path) -> None:
    from ingestion.sources.returns.marked_up import CannotMark, write_marked_up

    target = file_to_write(to)
    if target.exists():
        raise UserError(f"{target} exists already; move it, or name another file")
    if target.suffix.lower() != ".xlsx":
        raise UserError(f"{target.name}: the marked-up copy is an .xlsx workbook, without macros; name it so")
    try:
        write_marked_up(file, answer, target)
    except CannotMark as reason:
        raise UserError(f"{file.name}: {answer.refused or reason}") from None
    errors.print(f"Written: {target}", highlight=False, markup=False, soft_wrap=True)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _look_at(file: Path, home: Path) -> Answer:
    """Read a workbook as a night would."""
    from ingestion.sources.returns.answer import look_at

    if not file.is_file():
        raise UserError(f"{file} is not a file")
    settings, within = reading_settings(home)
    try:
        return next(look_at(file, home, settings, partners(home) or None, within))
    except OSError as error:
        raise UserError(f"{file} could not be read ({error.strerror}); try again") from None
