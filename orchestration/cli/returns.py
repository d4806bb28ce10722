"""`wmip returns …`: the blank workbook, a look at a filled one before it is sent, and putting it into the inbox."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.durable import written
from common.home import inbox_folder, stream_folder
from ingestion.catalogue import SOURCES
from ingestion.files.limits import InvalidLimits, Limits, limited_to
from ingestion.files.values import BadValue, Column
from ingestion.findings import RefusedFile, places, refusing
from ingestion.sources.returns.template import write_template
from orchestration.access import make_home
from orchestration.cli.options import Home, console, file_to_write, resolve_home
from orchestration.errors import NightFailed, UserError
from orchestration.rehearsal import rehearse
from orchestration.settings import load_configuration, load_settings

if TYPE_CHECKING:
    from ingestion.files.limits import Limits

app = typer.Typer(
    no_args_is_help=True,
    help="The quarterly return workbook: make a blank one, check a filled one, hand it in.\n\n"
    "Examples:\n\n"
    "wmip returns template --partner CB01 --period 2024-25-Q4\n\n"
    "wmip returns check 'CB01 2024-25-Q4.xlsx'\n\n"
    "wmip returns submit 'CB01 2024-25-Q4.xlsx'",
)
Workbook = Annotated[Path, typer.Argument(help="The filled workbook (.xlsx).")]


@app.command()
def template(
    partner: Annotated[str, typer.Option(help="Code of the cluster body, as in the partners register.")],
    period: Annotated[str, typer.Option(help="Quarter of the financial year, such as 2024-25-Q4.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it.", show_default="<partner> <period>.xlsx")] = None,
    home: Home = None,
) -> None:
    """Write the blank workbook of a body and quarter, with drop-downs, dates and numbers checked while people type.

    Example: wmip returns template --partner CB01 --period 2024-25-Q4
    """
    known = _partners(resolve_home(home))
    if known and partner not in known:
        raise UserError(f"{partner} is not in the partners register; known are {', '.join(sorted(known))}")
    try:
        period_key = Column("period_key", "--period", "period", required=True).read(period)
    except BadValue as bad:
        raise UserError(str(bad)) from None
    path = file_to_write(out or Path(f"{partner} {period_key}.xlsx"))
    if path.exists():
        raise UserError(f"{path} exists already; move it, or say --out")
    cover = {"partner_code": partner, "partner_name": known.get(partner) or "", "period_key": str(period_key)}
    write_template(path, {**cover, "submission_number": "1"})
    console.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def check(
    file: Workbook,
    home: Home = None,
    quick: Annotated[bool, typer.Option("--quick", help="Look at the file alone.")] = False,
) -> None:
    """Say cell by cell what is wrong with a filled workbook, and what shows beside all that was returned before.

    The second takes about half a minute: the night's own steps run in a copy that is thrown away. Writes nothing. Exit
    code 1 when a row would be refused.

    Example: wmip returns check 'CB01 2024-25-Q4.xlsx'
    """
    where = resolve_home(home)
    refused, cells = _read(file, where)
    if not quick and where.is_dir():
        _rehearse(file, where, cells)
    if refused:
        raise NightFailed(f"{refused} row(s) would be refused; the others count")


@app.command()
def submit(file: Workbook, home: Home = None) -> None:
    """Check a filled workbook and put it into the inbox. One that would be refused whole is not taken.

    Example: wmip returns submit 'CB01 2024-25-Q4.xlsx'
    """
    where = resolve_home(home)
    bad, _ = _read(file, where)
    inbox = inbox_folder(where, "returns")
    make_home(where)
    inbox.mkdir(parents=True, exist_ok=True)
    target = next(path for path in _names(inbox, file.name) if not path.exists() or _same(path, file))
    with written(target) as temporary:
        shutil.copyfile(file, temporary)
    console.print(
        f"In the inbox: {target}\nThe next night reads it"
        + (
            f"; {bad} row(s) will be refused: correct them and submit again with the next submission number"
            if bad
            else ""
        ),
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _names(folder: Path, name: str) -> list[Path]:
    """The name itself, else with a number: what was handed in before stays."""
    path = Path(name)
    return [folder / name, *(folder / f"{path.stem} ({number}){path.suffix}" for number in range(2, 1000))]


def _same(one: Path, other: Path) -> bool:
    from ingestion.files.inbox import sha256_of

    return sha256_of(one) == sha256_of(other)


def _partners(home: Path) -> dict[str, str | None]:
    """Codes and names of the bodies of the register that was read; empty before the first night."""
    from ingestion.storage.latest import read_latest

    if not stream_folder(home, "registers", "partners").is_dir():
        return {}
    stream = SOURCES["registers"].stream("partners")
    return dict(read_latest(home, "registers", stream, ("partner_code", "name")))


def _rehearse(file: Path, home: Path, cells: Mapping[str, str]) -> None:
    """Say what a night would find beside the home's history, and which rows would not count."""
    with console.status("Rehearsing") as status:
        remarks = rehearse(home, file, load_settings().now(), lambda what: status.update(f"Rehearsing: {what}"))
    _say(["Beside what was returned before:" + ("" if remarks else " nothing odd")])
    _say(
        f"{cells.get(remark.place, remark.place)} ({remark.about.replace('_', ' ')}): {remark.message}"
        for remark in remarks
    )


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _settings(home: Path) -> tuple[Mapping[str, Any], Limits]:
    """What this home sets for the returns, as its nights read them, and the limits of a workbook."""
    settings = {**SOURCES["returns"].settings, **load_configuration(home).source("returns")}
    try:
        return settings, Limits.of(settings)
    except InvalidLimits as wrong:
        raise UserError(f"wmip.yaml, sources: returns: {wrong}") from None


def _read(file: Path, home: Path) -> tuple[int, dict[str, str]]:
    """Read a workbook as a night would, and say what came of it: how many rows would be refused, and the first cell of
    each place. Raises NightFailed when the whole file would be.
    """
    from ingestion.files.inbox import FileRead, sha256_of, take_stock
    from ingestion.sources.returns.reader import ReturnReader, handed_in

    if not file.is_file():
        raise UserError(f"{file} is not a file")
    known = _partners(home)
    settings, within = _settings(home)
    reader = ReturnReader(known or None, FileRead(home, settings), handed_in(home))
    with limited_to(within):
        for waiting in take_stock(home, "returns").files:
            reader.note(waiting.path, waiting.sha256)
        try:
            rows, findings = reader.read(file, sha256_of(file))
        except RefusedFile as refusal:
            raise NightFailed(f"{file.name} would be refused whole: {refusal}") from None
        except OSError as error:
            raise UserError(f"{file} could not be read ({error.strerror}); try again") from None
    cover = rows["covers"][0]
    said = [f"{cover['partner_code']}, {cover['period_key']}, submission {cover['submission_number']}"]
    if not known:
        said.append("The partners register was not read yet, so that the body's code was not checked")
    bad = Counter(stream for stream, _ in {(finding.stream, finding.place) for finding in refusing(findings)})
    for stream, right in rows.items():
        if stream != "covers" and (right or bad[stream]):
            said.append(
                f"  {stream.replace('_', ' ')}: {len(right)} row(s)" + (f", {bad[stream]} wrong" if bad[stream] else "")
            )
    said += [
        f"{finding.cell or finding.place} ({finding.stream.replace('_', ' ')}): {finding.message}"
        for finding in findings
    ]
    _say(said)
    cells = {}
    for row in (row for stream, found in rows.items() if stream != "covers" for row in found):
        first = str(row["_source_record"]).rpartition("!")[2].partition(":")[0]
        cells[f"{file.name}#{row['sheet']}!{row['row_number']}"] = first
    return places(findings), cells
