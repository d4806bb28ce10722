"""`wmip revisions`: the revision triangle of an indicator, as a table, as rows, or as a picture."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.asked import Basis, one_scope, the_indicator
from orchestration.cli.options import Format, Home, console, errors, file_to_write, released_mart, resolve_home
from orchestration.cli.rows import require_outside, show, write_rows
from orchestration.errors import UserError

_WHY = "wmip sql 'FROM quality_consequence' says why"


def revisions(
    indicator: Annotated[str, typer.Argument(help="Key or code, such as jobs_created or H5.")],
    partner: Annotated[str | None, typer.Option(help="Cluster body's key.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Cluster's key.")] = None,
    area: Annotated[str | None, typer.Option(help="Code of a local authority.")] = None,
    basis: Annotated[Basis, typer.Option(help="Verified or claimed.")] = Basis.verified,
    picture: Annotated[Path | None, typer.Option(help="Draw it as SVG in this file.")] = None,
    release: Annotated[str | None, typer.Option(help="Release id; default the current one.")] = None,
    home: Home = None,
    output: Annotated[Format, typer.Option("--format", help="How to show the rows.")] = Format.table,
    file: Annotated[Path | None, typer.Option("--output", help="Write to this file.")] = None,
) -> None:
    """Show each quarter of an indicator as it was known at the end of it and of every quarter since.

    Examples:

        wmip revisions H5

        wmip revisions resource_levered --partner CB03 --basis claimed --format csv

        wmip revisions H5 --picture h5.svg
    """
    from evaluation.pack.revision import picture as draw
    from evaluation.pack.revision import read_triangles
    from orchestration.cli.releases import known_release
    from quality.typed_sql import open_read_only

    folder = resolve_home(home)
    require_outside(folder, file)
    require_outside(folder, picture)
    mart = open_read_only(released_mart(folder, None if release is None else known_release(folder, release)))
    key = the_indicator(mart, indicator)
    scope, scope_key = one_scope(mart, {"partner": partner, "cluster": cluster, "local_authority": area})
    triangle = read_triangles(mart, basis=basis.value, scope=scope, key=scope_key).get(key)
    if triangle is None:
        raise UserError(f"no release ever reported a {basis.value} figure of {key} for {scope_key or 'the programme'}")
    if not triangle.says_anything:
        raise UserError(f"all that was reported of {key} for {scope_key or 'the programme'} is withheld: {_WHY}")
    if picture is not None:
        from evaluation.pack.programme import read_definitions

        target = file_to_write(picture)
        (definition,) = [one for one in read_definitions(mart) if one.key == key]
        target.write_text(str(draw(definition, triangle).svg), encoding="utf-8")
        errors.print(f"Written: {target}", highlight=False, markup=False, soft_wrap=True)
        return
    columns = ("quarter", *triangle.vintages, "revised by")
    rows: list[tuple[str | Decimal | None, ...]] = [
        (
            period,
            *(said.get(vintage) for vintage in triangle.vintages),
            triangle.revision(period),
        )
        for period, said in triangle.figures.items()
    ]
    if output is Format.table and file is None:
        show(columns, rows)
        console.print(
            f"{key} {basis.value}, {scope_key or 'whole programme'}: a row a quarter, a column the quarter at whose "
            f"end it was known; {triangle.vintages[-1]} as of this release.",
            highlight=False,
        )
        if triangle.withheld:
            console.print(f"Withheld in part or whole: {', '.join(triangle.withheld)}; {_WHY}", highlight=False)
    else:
        write_rows(columns, rows, output, file)
