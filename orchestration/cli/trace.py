"""`wmip trace`: from a figure to the facts that it is the sum of, and to the cell or object each was read from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.yamlfile import nearest
from evaluation.numbers import whole
from orchestration.cli.asked import Basis, one_scope, the_indicator, the_periods
from orchestration.cli.options import Format, Home, console, errors, released_mart, resolve_home
from orchestration.cli.rows import require_outside, show, write_rows
from orchestration.errors import NightFailed, UserError
from orchestration.release import store

if TYPE_CHECKING:
    import duckdb

    from evaluation.trace.facts import Figure, Traced

_ON_SCREEN = ("place", "date", "quantity", "grade", "reason")


class View(StrEnum):
    """Which of the three questions a figure answers (docs/decisions/0312)."""

    as_reported = "as_reported"
    as_known = "as_known"
    as_locked = "as_locked"


def trace(
    indicator: Annotated[str | None, typer.Argument(help="Key or code, such as jobs_created or H5.")] = None,
    period: Annotated[str | None, typer.Option(help="Quarter or year, such as 2023-24-Q1 or 2023-24.")] = None,
    partner: Annotated[str | None, typer.Option(help="Cluster body's key.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Cluster's key.")] = None,
    area: Annotated[str | None, typer.Option(help="Code of a local authority.")] = None,
    basis: Annotated[Basis, typer.Option(help="Verified or claimed.")] = Basis.verified,
    view: Annotated[View, typer.Option(help="As reported, as known tonight, or as locked.")] = View.as_reported,
    not_counted: Annotated[
        bool, typer.Option("--not-counted", help="What was claimed and does not count, and why.")
    ] = False,
    fact: Annotated[str | None, typer.Option(help="Everything about one fact, with the row it was read from.")] = None,
    place: Annotated[str | None, typer.Option(help="What became of a file, a row or an object of an API.")] = None,
    release: Annotated[str | None, typer.Option(help="Release id; default the current one.")] = None,
    as_of: Annotated[str | None, typer.Option(help="The release that readers had at the end of this day.")] = None,
    limit: Annotated[
        int | None, typer.Option(help="Most rows; 0 for all. Default 50 on the screen, else all.", min=0)
    ] = None,
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", help="How to show the rows.")] = Format.table,
    file: Annotated[Path | None, typer.Option("--output", help="Write to this file.")] = None,
) -> None:
    """Open a figure to the facts that it is the sum of, down to file, sheet and cells or to the object of an API.

    Examples:

        wmip trace jobs_created --period 2023-24-Q3

        wmip trace H7 --partner CB03 --not-counted

        wmip trace --fact jobs_created:CB03:POST-00005

        wmip trace --place "CB09 return 2023-24-Q1.xlsx#Jobs!7"
    """
    from quality.typed_sql import open_read_only

    folder = resolve_home(home)
    require_outside(folder, file)
    # Whoever adds up what a program reads shall not add up the first rows.
    most = limit if limit is not None else 50 if output is Format.table and file is None else 0
    if sum(chosen is not None for chosen in (indicator, fact, place)) != 1:
        raise UserError("name one thing: an indicator, or --fact KEY, or --place PLACE")
    mart = open_read_only(released_mart(folder, _release(folder, release, as_of)))
    if place is not None:
        _show_place(mart, place, output, file)
    elif fact is not None:
        _show_fact(mart, folder, fact, output, file)
    elif (code := _supplementary(mart, indicator)) is not None:
        if partner or cluster or area or not_counted or basis is not Basis.verified or view is not View.as_reported:
            raise UserError(f"{code} is a verified figure of the whole programme; only --period cuts it")
        _show_supplementary(mart, folder, code, period, most, output, file)
    else:
        assert indicator is not None
        of = _figure(mart, indicator, period, {"partner": partner, "cluster": cluster, "local_authority": area})
        _show_figure(mart, folder, _asked(of, basis, view, not_counted), not_counted, most, output, file)


def _release(home: Path, release: str | None, as_of: str | None) -> str | None:
    """The release that is asked for; None for the current one."""
    from orchestration.cli.releases import known_release

    if as_of is None:
        return None if release is None else known_release(home, release)
    if release is not None:
        raise UserError("give --release or --as-of, not both")
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        raise UserError(f"{as_of!r} is not a day; write it as 2025-05-16") from None
    kept = sorted((one for one in store.list_releases(home) if one.released_at), key=lambda one: one.released_at)
    then = [one for one in kept if datetime.fromisoformat(one.released_at).date() <= day]
    if not then:
        first = f"the first that is kept is {kept[0].release_id}" if kept else "there is none"
        raise UserError(f"no release of {day} or before is kept; {first}")
    return then[-1].release_id


def _supplementary(mart: duckdb.DuckDBPyConnection, written: str | None) -> str | None:
    """The code of the supplementary indicator that is meant, if one is."""
    from evaluation.trace.supplementary import codes

    return next((code for code in codes(mart) if code.casefold() == (written or "").casefold()), None)


def _show_supplementary(
    mart: duckdb.DuckDBPyConnection,
    home: Path,
    code: str,
    period: str | None,
    limit: int,
    output: Format,
    file: Path | None,
) -> None:
    from evaluation.trace.facts import Figure, total
    from evaluation.trace.supplementary import said_of, unexplained, units_of

    odd = unexplained(mart, code)
    if odd:
        raise NightFailed(f"the units of {code} do not add up to its figure in {', '.join(odd)}: do not rely on it")
    periods = () if period is None else the_periods(mart, period)
    found = units_of(mart, code, periods)
    if not _list(mart, home, found, limit, output, file):
        return
    values, explanation = said_of(mart, code)
    figure = Figure(code, periods=periods)
    if None in values.values():
        console.print(f"x, not available: {_said(figure)}. {explanation}", highlight=False)
    else:
        console.print(_sum_said(figure, found, total(found), False), highlight=False)
        more = f" The first {limit:,} are shown; --limit 0 shows all." if 0 < limit < len(found) else ""
        console.print(f"{code}: {explanation}.{more}", style="dim", highlight=False)


def _figure(mart: duckdb.DuckDBPyConnection, indicator: str, period: str | None, keys: dict[str, str | None]) -> Figure:
    from evaluation.trace.facts import Figure

    scope, key = one_scope(mart, keys)
    periods = () if period is None else the_periods(mart, period)
    return Figure(the_indicator(mart, indicator), scope=scope, scope_key=key, periods=periods)


def _asked(figure: Figure, basis: Basis, view: View, not_counted: bool) -> Figure:
    from dataclasses import replace

    if not_counted and (basis, view) != (Basis.verified, View.as_reported):
        raise UserError("--not-counted is about the verified figure as it is reported; leave --basis and --view away")
    return replace(figure, basis=basis.value, view=view.value)


def _show_figure(
    mart: duckdb.DuckDBPyConnection,
    home: Path,
    figure: Figure,
    not_counted: bool,
    limit: int,
    output: Format,
    file: Path | None,
) -> None:
    from evaluation.trace import facts

    found = facts.not_counted(mart, figure) if not_counted else facts.facts_of(mart, figure)
    exact = facts.total(found)
    value = facts.value_of(mart, figure)
    if not not_counted and value is not None and value != exact:
        raise NightFailed(
            f"the {len(found)} facts of {_said(figure)} add up to {_plain(exact)}, and the release says "
            f"{_plain(value)}: it is not to be relied on. `wmip release verify` looks at all of it"
        )
    if not _list(mart, home, found, limit, output, file):
        return
    if value is not None:
        console.print(_sum_said(figure, found, exact, not_counted), highlight=False)
    else:
        # Unknown is not nothing: no sum of facts stands in for what the release does not say.
        console.print(f"x, not available: {_said(figure)}. {_withheld(mart, figure)}", highlight=False)
    for hint in _hints(mart, figure, found, limit, not_counted):
        console.print(hint, style="dim", highlight=False)


def _list(
    mart: duckdb.DuckDBPyConnection, home: Path, found: Sequence[Traced], limit: int, output: Format, file: Path | None
) -> bool:
    """Show facts in five columns, or write them with all; whether they were shown, so that more is to be said."""
    from evaluation.trace.facts import Traced

    shown = found[:limit] if limit else found
    places = _places(mart, home, shown)
    if output is not Format.table or file is not None:
        columns = list(Traced.__dataclass_fields__)
        records = [(*vars(one).values(), one.quantity, said) for one, said in zip(shown, places, strict=True)]
        write_rows((*columns, "quantity", "place"), records, output, file)
        return False
    if shown:
        _show_facts(shown, places)
    return True


def _show_facts(shown: Sequence[Traced], places: Sequence[str]) -> None:
    show(
        _ON_SCREEN,
        [
            (said, one.dated, whole(one.exact_quantity), one.evidence_grade or "none", one.reason.replace("_", " "))
            for one, said in zip(shown, places, strict=True)
        ],
    )


def _places(mart: duckdb.DuckDBPyConnection, home: Path, found: Iterable[Traced]) -> list[str]:
    """Where each fact was read; of an object of an API also when, where it is still landed."""
    from evaluation.trace.places import in_words
    from orchestration.source_records import find_records

    listed = list(found)
    wanted: dict[str, set[str]] = {}
    for one in listed:
        if not one.is_of_file:
            wanted.setdefault(one.source_system, set()).add(one.source_record_id)
    by = _read_by(mart)
    read = {
        record_id: record.read_at
        for system, record_ids in wanted.items()
        for record_id, record in find_records(home, system, record_ids, by).items()
    }
    return [in_words(one.source_record_id, one.source_place, read.get(one.source_record_id)) for one in listed]


def _read_by(mart: duckdb.DuckDBPyConnection) -> datetime:
    """Up to when a release's sources were read."""
    (row,) = mart.execute("SELECT data_as_of FROM release_info").fetchall()
    by: datetime = row[0]
    return by


def _sum_said(figure: Figure, found: Sequence[Traced], exact: Decimal, not_counted: bool) -> str:
    from evaluation.trace.facts import in_unit

    number = f"{len(found):,} fact{'' if len(found) == 1 else 's'}"
    if not found:
        return (
            f"no fact: {_said(figure)} is 0"
            if not not_counted
            else f"everything that was claimed counts for {_said(figure)}"
        )
    divided = (
        f" / {_plain(found[0].exact_per_unit)} = {_plain(in_unit(exact, list(found)))}"
        if found[0].exact_per_unit != 1
        else ""
    )
    summed = f"{number}: {_plain(exact)} {found[0].exact_unit}{divided}"
    return f"{summed} claimed that do not count for {_said(figure)}" if not_counted else f"{summed}, {_said(figure)}"


def _said(figure: Figure) -> str:
    """A figure in words."""
    when = f"{figure.periods[0]}" if len(figure.periods) == 1 else "all quarters"
    when = f"{figure.periods[0]} to {figure.periods[-1]}" if len(figure.periods) > 1 else when
    how = "" if figure.view == View.as_reported else f" {figure.view.replace('_', ' ')}"
    return f"{figure.indicator_key} {figure.basis}{how}, {figure.scope_key or 'whole programme'}, {when}"


def _withheld(mart: duckdb.DuckDBPyConnection, figure: Figure) -> str:
    from evaluation.trace.facts import withheld_because

    return f"The release does not show it: {'; '.join(withheld_because(mart, figure)) or 'it has no such figure'}"


def _hints(
    mart: duckdb.DuckDBPyConnection,
    figure: Figure,
    found: Sequence[Traced],
    limit: int,
    not_counted: bool,
) -> list[str]:
    from evaluation.trace import facts

    hints = []
    if 0 < limit < len(found):
        hints.append(f"The first {limit:,} are shown; --limit 0 shows all.")
    if not not_counted and figure.basis == facts.VERIFIED and figure.view == facts.AS_REPORTED:
        more = len(facts.not_counted(mart, figure))
        if more:
            hints.append(f"Claimed besides, and not counted: {more:,}. --not-counted says why")
    if found:
        hints.append("All that is known of one: --fact KEY; keys and all columns: --format line")
    return hints


def _show_fact(mart: duckdb.DuckDBPyConnection, home: Path, key: str, output: Format, file: Path | None) -> None:
    """One fact as a record: what the mart says, then the row or object it was read from as it was landed."""
    from evaluation.trace.facts import fact
    from orchestration.source_records import find_records

    found = fact(mart, key)
    if found is None:
        keys = [row[0] for row in mart.execute("SELECT fact_key FROM indicator_fact ORDER BY 1").fetchall()]
        close = nearest(key, keys).partition(" Known are")[0] if keys else "there are none"
        raise UserError(
            f"no fact {key!r}; {close if close.startswith('did') else 'wmip trace INDICATOR --format line lists keys'}"
        )
    records = find_records(home, found["source_system"], {found["source_record_id"]}, _read_by(mart))
    record = records.get(found["source_record_id"])
    if record is not None:
        found["source.read_at"] = record.read_at
        found["source.stream"] = f"{record.source}/{record.stream}"
        found["source.original"] = str(record.original) if record.original else None
        found |= {f"source.{name}": value for name, value in record.values.items()}
    write_rows(list(found), [tuple(found.values())], Format.line if output is Format.table else output, file)
    if record is None:
        errors.print(
            "The record it was read from is not landed here any more: it was erased, or its time was over.",
            highlight=False,
        )


def _show_place(mart: duckdb.DuckDBPyConnection, place: str, output: Format, file: Path | None) -> None:
    from evaluation.trace.rows_of_place import known_places, what_became_of

    found = what_became_of(mart, place)
    if not found:
        known = known_places(mart)
        raise UserError(f"nothing is known of {place!r}; {nearest(place.partition('#')[0], known)}")
    columns = ("place", "about", "became", "quantity", "reason")
    write_rows(columns, [tuple(getattr(one, name) for name in columns) for one in found], output, file)


def _plain(value: Decimal) -> str:
    return f"{whole(value):,f}"
