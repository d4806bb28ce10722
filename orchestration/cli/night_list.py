"""`wmip nights`: did the nights run, how did they end, what was late, why was one blocked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from common.yamlfile import nearest
from evaluation.spreadsheets import write_csv
from orchestration.alerts import serving, serving_said
from orchestration.cli.options import Home, console, resolve_home, whole_table
from orchestration.errors import UserError
from orchestration.night import ENDED_WITHOUT_RELEASE, PUBLISHED, STARTED, UNFINISHED, NightRecord, all_records

if TYPE_CHECKING:
    from pathlib import Path

_STYLE = {"blocked": "red", "failed": "red", "damaged": "red", UNFINISHED: "red", "stopped": "yellow"}


class Format(StrEnum):
    """How nights are written out."""

    table = "table"
    csv = "csv"
    json = "json"


def nights(
    run_id: Annotated[str | None, typer.Argument(help="One night, by its run or its number, in full.")] = None,
    home: Home = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the newest nights are shown.")] = 14,
    format_: Annotated[Format, typer.Option("--format", help="How they are written out.")] = Format.table,
) -> None:
    """List the nights: outcome, duration by stage, what was late, why one was blocked; and what serves since when.

    Examples:

        wmip nights

        wmip nights 20250515T020000Z

        wmip nights --last 100 --format csv
    """
    folder = resolve_home(home)
    records = all_records(folder)
    if not records:
        raise UserError(f"no night was opened in {folder} yet: `wmip run`, or `wmip demo`")
    if run_id is not None:
        _print_one(_named(records, run_id))
    elif format_ is Format.table:
        _print_table(folder, records, last)
    else:
        _write([_plain(record) for record in records[-last:]], format_)


def _named(records: list[NightRecord], run_id: str) -> NightRecord:
    found = [record for record in records if run_id in {record.run_id, str(record.number)}]
    if not found:
        raise UserError(f"no night {run_id}; {nearest(run_id, [record.run_id for record in records])}")
    return found[-1]


def _outcome(record: NightRecord) -> str:
    """How it ended; of a night at work there is no way to tell, it may have been killed."""
    return UNFINISHED if record.outcome == STARTED else record.outcome


def _reason(record: NightRecord) -> str:
    """Why it published nothing: the checks that blocked it, or the first line of its message."""
    blocking = ", ".join(record.gate.get("blocked_by", []))
    if blocking:
        return f"blocked by {blocking}"
    return record.without_outcome or record.message.partition("\n")[0] or record.notices


def _print_table(home: Path, records: list[NightRecord], last: int) -> None:
    table = whole_table(None, ">Night", ">Clock", ">Outcome", ">Release", ">Took", "What there is to know")
    for record in records[-last:]:
        table.add_row(
            str(record.number or ""),
            _moment(record.clock),
            _outcome(record),
            record.release_id or "",
            _took(record),
            escape("\n".join(_to_know(record))),
            style=_STYLE.get(_outcome(record)),
        )
    console.print(table)
    if len(records) > last:
        console.print(f"{len(records) - last} earlier: --last {len(records)} shows them all.", style="dim")
    _print_serving(home, records)


def _to_know(record: NightRecord) -> Iterator[str]:
    """Why it published nothing, what it withheld, what was late, which stages took longest."""
    if reason := _reason(record):
        yield reason
    if record.gate.get("withheld") and record.outcome == PUBLISHED:
        yield f"withheld: {'; '.join(record.gate['withheld'])}"
    if record.not_read:
        yield f"not read: {', '.join(sorted(record.not_read))}"
    if record.returns_late:
        yield f"returns late: {', '.join(record.returns_late)}"
    longest = sorted(record.stages, key=lambda stage: -stage["seconds"])[:3]
    if longest:
        yield ", ".join(f"{stage['stage']} {stage['seconds']:.0f} s" for stage in longest)


def _print_serving(home: Path, records: list[NightRecord]) -> None:
    """What readers see, since when, and what the nights since came to."""
    release = serving(home)
    console.print(f"{serving_said(release)}.", highlight=False)
    if release is None:
        return
    published = [number for number, record in enumerate(records) if record.release_id == release and
                 record.outcome == PUBLISHED]  # fmt: skip
    since = records[published[-1] + 1 :] if published else []
    if since:
        without = sum(record.outcome in ENDED_WITHOUT_RELEASE or record.outcome == STARTED for record in since)
        console.print(f"Nights since it was published: {len(since)}, of which {without} ended without a release.")


def _print_one(record: NightRecord) -> None:
    lines = {
        "Night": f"{record.run_id}, number {record.number}",
        "Clock": _moment(record.clock),
        "Started, ended": f"{_moment(record.started_at)}, {_moment(record.ended_at)}",
        "Outcome": _outcome(record),
        "Release": record.release_id or "none",
        "Readers saw": record.serving or "not written down",
        "Took": _took(record),
        "Built": _built(record) if record.work else "not written down",
    }
    for name, said in lines.items():
        console.print(f"[bold]{name:<15}[/bold] {escape(said)}", highlight=False)
    if record.stages:
        table = whole_table("Stages", "Stage", ">Seconds")
        for stage in record.stages:
            table.add_row(stage["stage"], f"{stage['seconds']:.1f}")
        console.print(table)
    for source, why in record.not_read.items():
        console.print(f"{source} was not read: {why}", highlight=False, markup=False)
    if record.alerts:
        table = whole_table("Alerts", "Alert", "Of", "Raised", "Told", "Why")
        for alert in record.alerts:
            yes = [("yes" if alert[name] else "no") for name in ("is_raised", "is_told")]
            table.add_row(alert["alert"], alert["scope"], *yes, escape(alert["reason"]))
        console.print(table)
    for said in filter(None, (record.message, record.notices)):
        console.print(said, highlight=False, markup=False)


def _built(record: NightRecord) -> str:
    """Whether the candidate was built, and why; how much was made and judged of it."""
    how = f"whole: {record.built_because}" if record.built_because else "no: what stood was judged by the clock"
    return "; ".join([how, *(f"{count} {name.replace('_', ' ')}" for name, count in record.work.items())])


def _plain(record: NightRecord) -> dict[str, Any]:
    return {
        "night_number": record.number,
        "run_id": record.run_id,
        "clock": record.clock,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "seconds": record.seconds,
        "outcome": _outcome(record),
        "release_id": record.release_id,
        "serving_release_id": record.serving,
        "sources_not_read": ", ".join(sorted(record.not_read)),
        "returns_late": ", ".join(record.returns_late),
        "withheld": "; ".join(record.gate.get("withheld", ())),
        "reason": _reason(record),
        "stages": {stage["stage"]: stage["seconds"] for stage in record.stages},
    }


def _write(rows: list[dict[str, Any]], format_: Format) -> None:
    if format_ is Format.json:
        typer.echo(json.dumps(rows, indent=2))
        return
    stages = list(dict.fromkeys(stage for row in rows for stage in row["stages"]))
    plain = [name for name in rows[0] if name != "stages"]
    columns = [*plain, *(f"{stage.lower().replace(' ', '_')}_seconds" for stage in stages)]
    lines = ([*(row[name] for name in plain), *(row["stages"].get(stage) for stage in stages)] for row in rows)
    write_csv(sys.stdout, columns, lines)


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M}"
    except ValueError:
        return text or "not written down"


def _took(record: NightRecord) -> str:
    return "" if record.seconds is None else f"{record.seconds:,.0f} s"
