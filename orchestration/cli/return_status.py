"""`wmip returns status`, `accept`, `lock` and their like: what the programme office decides about returns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.files.values import BadValue, Column
from orchestration.cli.options import Format, Home, console, current_mart, resolve_home
from orchestration.cli.returns import app
from orchestration.errors import UserError
from orchestration.night import only_writer
from orchestration.settings import load_settings

if TYPE_CHECKING:
    from orchestration.returns_office import Act

Partner = Annotated[str, typer.Option(help="Cluster body, as in the register; PROGRAMME for what no body returned.")]
Period = Annotated[str, typer.Option(help="Quarter of the financial year, such as 2024-25-Q4.")]
Role = Annotated[str, typer.Option(help="Role that decides, such as 'programme manager'; never a name.")]
Reason = Annotated[str, typer.Option(help="Why, in a few words.")]


class DiffFormat(StrEnum):
    """How differences are written out."""

    table = "table"
    json = "json"


class Cause(StrEnum):
    """Why a locked figure changes: an error was put right, or data came late."""

    correction = "correction"
    revision = "revision"


@app.command()
def accept(partner: Partner, period: Period, role: Role, reason: Reason = "as submitted", home: Home = None) -> None:
    """Accept a body's return of a quarter; it can be locked then.

    Example: wmip returns accept --partner CB01 --period 2024-25-Q4 --role 'programme manager'
    """
    _change("accepted", partner, period, role, reason, home)


@app.command("return")
def send_back(partner: Partner, period: Period, role: Role, reason: Reason, home: Home = None) -> None:
    """Send a return back to its body, with what to put right. It counts as it is until the body hands in another.

    Example: wmip returns return --partner CB01 --period 2024-25-Q4 --role 'programme manager' --reason 'no sign-off'
    """
    _change("returned", partner, period, role, reason, home)


@app.command()
def lock(partner: Partner, period: Period, role: Role, reason: Reason = "signed off", home: Home = None) -> None:
    """Lock a body's accepted quarter as the current release says it. What changes afterwards waits as a restatement.

    Example: wmip returns lock --partner CB01 --period 2024-25-Q4 --role 'programme manager'
    """
    _change("locked", partner, period, role, reason, home)


@app.command()
def unlock(partner: Partner, period: Period, role: Role, reason: Reason, home: Home = None) -> None:
    """Open a locked quarter: all that waits counts from the next night on. For one indicator `allow` is narrower.

    Example: wmip returns unlock --partner CB01 --period 2024-25-Q4 --role 'programme manager' --reason 'wrong file'
    """
    from orchestration import returns_office

    with _acting(home, role, reason) as (folder, act):
        _say(returns_office.unlock(folder, partner, _period(period), act))


@app.command()
def allow(
    partner: Partner,
    period: Period,
    indicator: Annotated[str, typer.Option(help="The one indicator that may change, such as jobs_created.")],
    until: Annotated[str, typer.Option(help="Last day, such as 2025-06-30; 90 days from now at most.")],
    role: Role,
    reason: Reason,
    home: Home = None,
) -> None:
    """Approve changes of one indicator of a locked quarter beforehand, until a day. They are restatements all the same.

    Example: wmip returns allow --partner CB01 --period 2024-25-Q4 --indicator jobs_created --until 2025-06-30
    --role 'programme manager' --reason 'payroll extract comes late'
    """
    from orchestration import returns_office

    try:
        last = date.fromisoformat(until)
    except ValueError:
        raise UserError(f"{until} is no date; write it as 2025-06-30") from None
    with _acting(home, role, reason) as (folder, act):
        _say(returns_office.allow(folder, partner, _period(period), indicator, last, act))


@app.command()
def approve(
    keys: Annotated[list[str], typer.Argument(help="Keys of `wmip returns restatements`, or `all`.")],
    role: Role,
    reason: Reason,
    cause: Annotated[
        Cause | None, typer.Option(help="Default: late data are a revision, the rest corrections.")
    ] = None,
    home: Home = None,
) -> None:
    """Approve restatements of locked quarters: they count from the next night on.

    Example: wmip returns approve R-0123456789ab --cause correction --role 'programme manager' --reason 'payroll seen'
    """
    _decide("approved", keys, cause, role, reason, home)


@app.command()
def reject(
    keys: Annotated[list[str], typer.Argument(help="Keys of `wmip returns restatements`, or `all`.")],
    role: Role,
    reason: Reason,
    home: Home = None,
) -> None:
    """Reject restatements: the figure stays as it is, and the change stays to be seen as known.

    Example: wmip returns reject R-0123456789ab --role 'programme manager' --reason 'no evidence'
    """
    _decide("rejected", keys, None, role, reason, home)


@app.command()
def status(
    partner: Annotated[str | None, typer.Option(help="Only this body.")] = None,
    period: Annotated[str | None, typer.Option(help="Only this quarter.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to show it.")] = Format.table,
    home: Home = None,
) -> None:
    """Show where every expected return stands, in the current release: open, submitted, returned, accepted, locked.

    Example: wmip returns status --period 2024-25-Q4
    """
    _show(
        resolve_home(home),
        "SELECT partner_key, period_key, status, changed_at, changed_by_role, reason FROM return_status "
        "WHERE is_latest AND partner_key = coalesce(?, partner_key) AND period_key = coalesce(?, period_key) "
        "ORDER BY period_key, partner_key",
        [partner, period],
        output,
    )


@app.command()
def restatements(
    every: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to show them.")] = Format.table,
    home: Home = None,
) -> None:
    """Show what changes of locked quarters wait in the current release.

    Example: wmip returns restatements --format csv
    """
    _show(
        resolve_home(home),
        "SELECT restatement_key, restated_partner_key AS body, restated_period_key AS quarter, indicator_key, change, "
        "old_value, new_value, old_claimed_value AS old_claimed, new_claimed_value AS new_claimed, cause, state, "
        "is_material, organisation_change, organisation_change_reason, reason, source_place "
        "FROM indicator_restatement WHERE is_open OR ? ORDER BY 3, 2, 4, 1",
        [every],
        output,
    )


def _change(status: str, partner: str, period: str, role: str, reason: str, home: Path | None) -> None:
    from orchestration import returns_office

    with _acting(home, role, reason) as (folder, act):
        _say(returns_office.change_status(folder, partner, _period(period), status, act))


def _decide(decision: str, keys: list[str], cause: Cause | None, role: str, reason: str, home: Path | None) -> None:
    from orchestration import returns_office

    with _acting(home, role, reason) as (folder, act):
        rows = returns_office.decide(folder, keys, decision, cause and cause.value, act)
    for row in rows:
        _say(f"{row['restatement_key']} {decision} as a {row['cause']}: {row['fact_key']}")
    _say(f"{len(rows)} restatement(s) {decision}; the next night says so")


@contextmanager
def _acting(home: Path | None, role: str, reason: str) -> Iterator[tuple[Path, Act]]:
    """The home, held for writing, and who acts. Raises UserError for a role or reason with contact details in it."""
    from orchestration.returns_office import Act

    folder = resolve_home(home)
    if not folder.is_dir():
        raise UserError(f"{folder} is no home")
    act = Act(_text("--role", role), _text("--reason", reason), load_settings().now())
    with only_writer(folder):
        yield folder, act


def _text(option: str, value: str) -> str:
    from ingestion.persons.contact_details import contact_details

    text = " ".join(value.split())
    if not text:
        raise UserError(f"{option} says nothing; it is kept with what is decided")
    found = contact_details(text)
    if found:
        raise UserError(f"{option} holds {found[0].what}; it is kept for good, so name a role and no person")
    return text


def _period(value: str) -> str:
    try:
        return str(Column("period_key", "--period", "period", required=True).read(value))
    except BadValue as bad:
        raise UserError(str(bad)) from None


def _show(home: Path, sql: str, parameters: list[object], output: Format) -> None:
    import duckdb

    from orchestration.cli.rows import write_relation

    with duckdb.connect(str(current_mart(home)), read_only=True) as connection:
        write_relation(connection.sql(sql, params=parameters), output, None)


def _say(said: str) -> None:
    console.print(said, highlight=False, markup=False, soft_wrap=True)


@app.command()
def diff(
    partner: Annotated[str, typer.Option(help="Cluster body, as in the register.")],
    period: Period,
    before: Annotated[
        int | None, typer.Option(help="Number of the earlier submission; default the last but one.")
    ] = None,
    after: Annotated[int | None, typer.Option(help="Number of the later one; default the last.")] = None,
    output: Annotated[DiffFormat, typer.Option("--format", help="How to show it.")] = DiffFormat.table,
    home: Home = None,
) -> None:
    """Show cell by cell what changed between two submissions of a body's quarter that were read.

    Example: wmip returns diff --partner CB01 --period 2024-25-Q4 --before 1 --after 2 --format json
    """
    from orchestration.submissions import compare

    changes = compare(resolve_home(home), partner, _period(period), before, after)
    if output is DiffFormat.json:
        typer.echo(json.dumps([asdict(change) for change in changes], indent=2))
        return
    if changes:
        from orchestration.cli.rows import show as show_rows

        show_rows([each.name for each in fields(changes[0])], [tuple(asdict(change).values()) for change in changes])
    _say(f"{len(changes)} cell(s) differ; rows that were refused are in `return_finding`")
