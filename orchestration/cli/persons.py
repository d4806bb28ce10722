"""`wmip erase` and `wmip rotate-key`: what is done to the persons in a home."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from orchestration.cli.options import Home, console, resolve_home
from orchestration.configuration import load_configuration
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import NightFailed, UserError
from orchestration.night import only_writer
from orchestration.privacy.staging import finish
from orchestration.release.store import current_release
from orchestration.settings import load_settings

_REFUSED = (
    "an address is never given on the command line: it would stay in the shell's history and the list of processes. "
    "Start `wmip erase --person` and type it when asked (or pipe it in). If it was a real address, clear it from the "
    "shell's history now."
)


def _existing(home: Path | None) -> Path:
    folder = resolve_home(home)
    if not folder.exists():
        raise UserError(f"{folder} does not exist; give the home with --home")
    return folder


def _address() -> str:
    from orchestration.privacy.persons import is_address

    if sys.stdin.isatty():
        typed: str = typer.prompt("E-mail address of the person", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline()
    address = typed.strip()
    if not is_address(address):
        raise UserError("that is no e-mail address; expected one such as name@example.org (it is not shown here)")
    return address


def _print_counts(title: str, counts: dict[str, int]) -> None:
    table = Table("Where", "Values or files", title=title)
    for store, count in counts.items():
        table.add_row(store, f"{count:,}")
    console.print(table if counts else f"{title}: nothing of them is kept here.")


def _names_hint() -> None:
    console.print(
        "Only the address is looked for, as nothing here says whose name it is. A name that stands beside it, or "
        "elsewhere in originals, registers and titles, stays: docs/privacy.md says how to look for it."
    )


def _carry_to_postgresql(folder: Path) -> None:
    """Publish the current release as it is now and drop what it was, where this home publishes to PostgreSQL."""
    from orchestration.postgresql.address import VARIABLE, choose_address

    settings = load_configuration(folder).postgresql
    release_id = current_release(folder)
    if release_id is None or not (settings.enabled or os.environ.get(VARIABLE)):
        return
    from orchestration.postgresql.keys import read_keys
    from orchestration.postgresql.serving import publish

    try:
        with console.status("Changing PostgreSQL"):
            made = publish(
                folder,
                release_id,
                choose_address(None, os.environ),
                read_keys(ensure_parsed(folder)),
                public_only=settings.public_only,
                patience=settings.patience_seconds,
            )
    except (UserError, NightFailed) as failure:
        raise NightFailed(
            f"the home is changed, PostgreSQL is not: {failure}. `wmip publish` once that is put right"
        ) from None
    console.print(f"PostgreSQL at {made.server} holds release {release_id} as it is now, and nothing of before.")


def erase(
    extra: Annotated[list[str] | None, typer.Argument(hidden=True, help="Refused: see --person.")] = None,
    person: Annotated[bool, typer.Option("--person", help="Erase one person; the address is asked for.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Finish erasures that were broken off.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change, by store.")] = False,
    home: Home = None,
) -> None:
    """Erase a person from the landing, the originals and every release; published totals stay.

    The address is typed when asked for, hidden and twice, or read from standard input; never an argument. The person
    becomes `ERASED-n`, and no later night brings them back.

    Examples:

        wmip erase --person --dry-run

        wmip erase --person

        wmip erase --resume
    """
    from orchestration.privacy.persons import complete, count_person, erase_person, needed_key

    if extra:
        raise UserError(_REFUSED)
    if person == resume:
        raise UserError("say either --person or --resume; see `wmip erase --help`")
    folder = _existing(home)
    address = _address() if person else ""
    clock = load_settings().now()
    with only_writer(folder):
        finish(folder)
        key = needed_key(folder, os.environ, clock)
        if resume:
            finished = complete(folder, key, clock)
            console.print(f"Finished: {', '.join(entry.token for entry in finished)}." if finished else "None is open.")
            for entry in finished:
                _print_counts(entry.token, entry.counts)
        elif dry_run:
            _print_counts("Would change", dict(sorted(count_person(folder, address, key).items())))
            _names_hint()
            return
        else:
            erasure = erase_person(folder, address, key, clock)
            _print_counts(f"The person is now {erasure.token}", erasure.counts)
    _names_hint()
    _carry_to_postgresql(folder)


def rotate_key(home: Home = None) -> None:
    """Carry every pseudonym over to a new key, read from WMIP_PSEUDONYM_KEY_NEXT. Same persons, same figures.

    Afterwards WMIP_PSEUDONYM_KEY must hold both, the old first, parted by a blank.

    Examples:

        WMIP_PSEUDONYM_KEY_NEXT=$(openssl rand -hex 32) wmip rotate-key
    """
    from orchestration.privacy.persons import needed_key, rotate

    folder = _existing(home)
    clock = load_settings().now()
    with only_writer(folder):
        counts = rotate(folder, needed_key(folder, os.environ, clock), os.environ, clock)
    _print_counts("Carried over", dict(sorted(counts.items())))
    console.print('Now set WMIP_PSEUDONYM_KEY to "<what it was> <the new key>": a night with another is refused.')
    _carry_to_postgresql(folder)
