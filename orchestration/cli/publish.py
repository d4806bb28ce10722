"""`wmip publish`: a release into PostgreSQL."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from orchestration.cli.options import Home, console, resolve_home, warn
from orchestration.cli.releases import known_release
from orchestration.configuration import load_configuration
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import UserError


def publish(
    address: Annotated[
        str | None,
        typer.Option("--to", help="postgresql://user@host/database, default $WMIP_POSTGRES_URL", show_default=False),
    ] = None,
    release_id: Annotated[
        str | None, typer.Option("--release", help="Release id; default the current one.", show_default=False)
    ] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Show readers the release before this one.")] = False,
    public_only: Annotated[
        bool | None,
        typer.Option(
            "--public-only/--both", help="Leave the evaluators' mart out; default wmip.yaml.", show_default=False
        ),
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(help="Hand everything published there over to this role.", show_default=False),
    ] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to go on asking while readers are in the way.")] = 300,
    home: Home = None,
) -> None:
    """Load a release into PostgreSQL, prove that it arrived whole, and switch readers to it.

    No reader is interrupted. A password is best left out of --to: use WMIP_POSTGRES_URL, PGPASSWORD or ~/.pgpass.

    Examples:

        wmip publish --to postgresql://publisher@db.example.org/wmip

        wmip publish --release 2025-05-15.1

        wmip publish --rollback

        wmip publish --owner publisher
    """
    from orchestration.postgresql import serving
    from orchestration.postgresql.address import choose_address
    from orchestration.postgresql.keys import read_keys

    folder = resolve_home(home)
    chosen = choose_address(address, os.environ)
    if rollback and (release_id or owner):
        raise UserError("--rollback goes to the release before the one that serves; leave --release and --owner out")
    with console.status("Connecting") as status:

        def show(message: str) -> None:
            status.update(message[:1].upper() + message[1:])

        if rollback:
            made = serving.rollback(folder, chosen, patience=patience, progress=show)
        else:
            made = serving.publish(
                folder,
                known_release(folder, release_id),
                chosen,
                read_keys(ensure_parsed(folder)),
                public_only=load_configuration(folder).postgresql.public_only if public_only is None else public_only,
                owner=owner,
                patience=patience,
                progress=show,
            )
    for warning in made.warnings:
        warn(warning)
    for mart, rows in made.rows.items():
        console.print(f"  {mart}: {len(rows)} tables, {sum(rows.values()):,} rows, counts and checksums equal")
    console.print(f"PostgreSQL at {made.server} serves release {made.release_id}.", highlight=False, soft_wrap=True)
