"""`wmip release …`: the numbered releases of a home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from common.yamlfile import nearest
from orchestration.cli.options import Home, console, folder_to_write, resolve_home, warn, whole_table
from orchestration.errors import NightFailed, UserError
from orchestration.night import only_writer
from orchestration.release import integrity, store
from orchestration.release.rejudged import rejudge

app = typer.Typer(no_args_is_help=True, help="List, show, verify and switch the numbered releases.")

ReleaseId = Annotated[str | None, typer.Argument(help="Release id; default the current one.")]


def known_release(folder: Path, release_id: str | None) -> str:
    """The id of a release that exists; the current one when none is named. Raises UserError."""
    chosen = release_id or store.current_release(folder)
    known = store.release_ids(folder)
    if chosen is None:
        raise UserError(f"no release in {folder} yet")
    if chosen not in known:
        raise UserError(f"no release {chosen} in {folder}; {nearest(chosen, known) if known else 'there are none'}")
    return chosen


@app.command("list")
def list_(home: Home = None) -> None:
    """List the releases, newest first; `*` marks the one readers use."""
    folder = resolve_home(home)
    table = whole_table(None, "", ">Release", "Published", "Gate", "Code", "Inputs")
    damages = []
    try:
        current = store.current_release(folder)
    except integrity.DamagedRelease as broken:
        current = None
        damages.append(str(broken))
    for item in store.list_releases(folder):
        if item.problem:
            damages.append(item.problem)
        table.add_row(
            "*" if item.release_id == current else "",
            item.release_id,
            item.released_at[:16].replace("T", " "),
            "[red]damaged[/red]" if item.problem else item.gate_status,
            item.code_version,
            item.input_fingerprint[:12],
        )
    console.print(table)
    for damage in damages:
        warn(damage)


@app.command()
def show(release_id: ReleaseId = None, home: Home = None) -> None:
    """Show what is in a release: files, rows, what its gate checked."""
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    console.print_json(data=store.show(folder, chosen))


@app.command()
def verify(
    release_id: ReleaseId = None,
    home: Home = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Leave the gate out: checksums and row counts alone, in a second.")
    ] = False,
) -> None:
    """Recompute every checksum and row count of a release and run its gate on it again. Exit code 1 when something
    differs.

    The gate is run with the rules and in the circumstances that the release keeps, on the tables it holds.
    """
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    problems = integrity.verify(folder, chosen)
    if problems:
        raise NightFailed(f"release {chosen} is not what was published: " + "; ".join(problems))
    console.print(f"Release {chosen} is exactly what was published.")
    if not files_only:
        _judge_again(folder, chosen)


def _judge_again(home: Path, release_id: str) -> None:
    with console.status("Running its gate again"):
        again = rejudge(home, release_id)
    for note in again.notes:
        console.print(f"  {note}", highlight=False)
    if again.problems:
        raise NightFailed(f"release {release_id} does not pass as its receipt says: " + "; ".join(again.problems))
    if again.checks:
        of_all = "all" if again.checks == again.of_receipt else f"{again.checks} of"
        console.print(f"Its gate, run again, says of {of_all} {again.of_receipt} checks what its receipt says.")
    for reason, names in again.not_asked.items():
        console.print(f"  {len(names)} were not asked again, as {reason}: {', '.join(names)}.", highlight=False)
    if again.not_asked:
        console.print(f"  `wmip release rebuild {release_id}` makes the mart that they judged anew.", highlight=False)


@app.command()
def rebuild(
    release_id: ReleaseId = None,
    home: Home = None,
    output: Annotated[
        Path | None, typer.Option(help="An empty folder in which the rebuilt home stays, warehouse.duckdb in it.")
    ] = None,
    any_code: Annotated[
        bool, typer.Option("--any-code", help="Make it by this code, though another version made the release.")
    ] = False,
) -> None:
    """Make a release again from landing, registry and code, and compare it table by table. Exit code 1 when a table
    differs that no erased or expired input explains.
    """
    from orchestration.release.rebuild import rebuild as made_again

    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    target = None if output is None else folder_to_write(folder, output)
    if target is not None and target.exists() and any(target.iterdir()):
        raise UserError(f"{target} is not empty; --output takes an empty folder")
    with console.status("Making it again") as status:
        found = made_again(
            folder, chosen, lambda doing: status.update(f"Making it again: {doing}"), any_code=any_code, output=target
        )
    for note in found.notes:
        warn(note)
    for lost in found.lost:
        console.print(f"  {lost}", highlight=False, markup=False)
    for difference in found.differing:
        console.print(f"  {difference}", highlight=False, markup=False)
    tables = f"{len(found.same)} of {len(found.same) + len(found.differing)} tables"
    if not found.is_same:
        raise NightFailed(f"release {chosen} comes out otherwise: {tables} are the same")
    hangs = "; the others hang on inputs that are no longer what they were" if found.differing else ""
    console.print(f"Release {chosen}, made again: {tables} are the same, row for row{hangs}.")


@app.command()
def rollback(
    release_id: Annotated[str, typer.Argument(help="The release readers shall see.")], home: Home = None
) -> None:
    """Let readers see an earlier release again. It is verified first; nothing is deleted."""
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    # A night that ends meanwhile would switch readers as well, or drop this release.
    with only_writer(folder):
        store.rollback(folder, chosen)
    console.print(f"Readers now see release {chosen}. The next night that passes its gate moves on from it.")
