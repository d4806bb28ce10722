"""`wmip evaluate`: gross to net, GVA and value for money of a release under assumption sets of your own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.home import release_folder
from evaluation.assumptions import COLUMNS, build_sets
from evaluation.register_files import UnreadableRegister, empty_register, read_register
from evaluation.spreadsheets import write_csv
from orchestration.cli.evaluation_tables import print_evaluation
from orchestration.cli.options import Home, console, folder_to_write, resolve_home
from orchestration.cli.releases import known_release
from orchestration.configuration import load_configuration
from orchestration.errors import UserError
from orchestration.release import store

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from evaluation.assumptions import AssumptionSet


class Shown(StrEnum):
    """How results are shown, and in which form `--output` writes them."""

    table = "table"
    csv = "csv"
    json = "json"


class Level(StrEnum):
    """Where an effect is judged."""

    local = "local"
    regional = "regional"
    uk = "uk"


def evaluate(
    assumptions: Annotated[
        list[Path] | None,
        typer.Option("--assumptions", help="Register file (CSV or YAML); may be given several times."),
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="Write an empty register to this file, and do nothing else.")
    ] = None,
    level: Annotated[Level | None, typer.Option(help="Only this spatial level, and that of the UK beside it.")] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Also use assumptions nobody approved; every figure is marked as a draft.")
    ] = False,
    release_id: Annotated[str | None, typer.Option("--release", help="Release id; default the current one.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Folder to write every table to.")] = None,
    shown: Annotated[Shown, typer.Option("--format", help="How to show the results.")] = Shown.table,
    home: Home = None,
) -> None:
    """Model what of the verified jobs is additional, its GVA and its value for money, under your own assumptions.

    Sets stand side by side: those of the release, then those of each file. What a set does not say, or says without
    approval or outside its dates, is shown as missing and no figure is made of it. Nothing of the release is changed.

    Examples:

        wmip evaluate --template assumptions.csv

        wmip evaluate --assumptions board.csv --assumptions mine.csv --level local

        wmip evaluate --assumptions mine.csv --draft --output results --format csv
    """
    if template is not None:
        _write_template(template)
        return
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    own = _read(assumptions or [])
    if output is not None:
        output = folder_to_write(folder, output)
    with console.status("Modelling"):
        tables = _evaluate(folder, chosen, own, draft)
    if level is not None:
        tables = {name: _of_level(table, level) for name, table in tables.items()}
    if output is not None:
        _write(tables, output, shown)
    if shown is Shown.table:
        print_evaluation(console, chosen, tables)
    elif output is None:
        typer.echo(_text(tables["evaluation_result"], shown), nl=False)
    if output is not None:
        console.print(f"Written to {output}: {', '.join(sorted(tables))}", highlight=False)


def _write_template(path: Path) -> None:
    if path.exists():
        raise UserError(f"{path} is there already; give --template another name")
    try:
        path.write_text(empty_register(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
    console.print(f"An empty register is in {path}: fill in value, source, approval and dates, then")
    console.print(f"  wmip evaluate --assumptions {path}", highlight=False)


def _read(paths: Sequence[Path]) -> list[AssumptionSet]:
    """The sets of all files; sets of the same name get their file's name beside it."""
    found: list[AssumptionSet] = []
    for path in paths:
        try:
            sets = read_register(path)
        except UnreadableRegister as problem:
            raise UserError(str(problem)) from None
        for one in sets:
            taken = {other.key for other in found}
            key, number = one.key, 1
            while key in taken:
                number += 1
                key = f"{one.key} ({path.stem})" if number == 2 else f"{one.key} ({path.stem} {number - 1})"
            found.append(replace(one, key=key))
    return found


def _evaluate(folder: Path, release_id: str, own: list[AssumptionSet], draft: bool) -> dict[str, pa.Table]:
    import duckdb

    from evaluation.gross import read_gross_jobs
    from evaluation.gross_to_net import evaluate as model
    from evaluation.prices import read_deflators
    from orchestration.evaluators import NightFacts, circumstances

    manifest: dict[str, Any] = store.show(folder, release_id)["manifest"]
    with duckdb.connect(str(release_folder(folder, release_id) / "mart.duckdb"), read_only=True) as mart:
        mart.execute("SET TimeZone = 'UTC'")
        info = mart.execute("SELECT CAST(released_at AS DATE), gate_status FROM release_info").fetchone()
        if info is None:
            raise UserError(f"release {release_id} does not say when it was made; verify it with `wmip release verify`")
        gross, deflators = read_gross_jobs(mart, info[0]), read_deflators(mart)
        sets = _released_sets(mart)
    if not sets and not own:
        raise UserError(
            f"release {release_id} was made without an assumption register; give one with --assumptions FILE "
            "(`wmip evaluate --template FILE` writes an empty one)"
        )
    taken = {one.key for one in own}
    sets = [replace(one, key=f"release: {one.key}") if one.key in taken else one for one in sets]
    facts = NightFacts(
        on=info[0],
        candidate_fingerprint=manifest["candidate_fingerprint"],
        gate_status=info[1],
        configuration=load_configuration(folder).evaluation,
    )
    return model(gross, [*sets, *own], circumstances(facts, approved_only=not draft), deflators)


def _released_sets(mart: duckdb.DuckDBPyConnection) -> list[AssumptionSet]:
    """The sets a release was evaluated under; none for one made before releases were evaluated."""
    known = mart.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'evaluation_assumption'").fetchone()
    if known is None or known[0] == 0:
        return []
    # A release made before a column was known has not got it.
    found = mart.execute(
        f"SELECT COLUMNS(name -> name IN {COLUMNS}) FROM evaluation_assumption "
        "WHERE status NOT IN ('missing', 'invalid', 'laid_down') ORDER BY assumption_set, id, version"
    )
    columns = [name for name, *_ in found.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return build_sets(enumerate(rows, start=1))


def _of_level(table: pa.Table, level: Level) -> pa.Table:
    if "spatial_level" not in table.column_names or "rationale" in table.column_names:
        return table
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["spatial_level"], pa.array(sorted({level.value, Level.uk.value}))))


def _text(table: pa.Table, shown: Shown) -> str:
    if shown is Shown.json:
        frame = table.to_pandas()
        return str(frame.to_json(orient="records", date_format="iso", indent=2, default_handler=str)) + "\n"
    text = io.StringIO()
    write_csv(text, table.column_names, (row.values() for row in table.to_pylist()))
    return text.getvalue()


def _write(tables: dict[str, pa.Table], folder: Path, shown: Shown) -> None:
    form = Shown.csv if shown is Shown.table else shown
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        (folder / f"{name}.{form.value}").write_text(_text(table, form), encoding="utf-8")
