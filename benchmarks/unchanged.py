"""`make bench-unchanged`: whether an older commit and this tree land the same and make the same mart, seed by seed.

Each tree reads the sandbox of a seed into a home of its own at the same instant and builds it. Compared are the hashes
of every landed stream and the rows of every table of the mart, in both directions; what the older tree has not yet is
left out. What differs ends with status 1, but for what a table says of the tree and night it is of (`_OF_THE_TREE`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from benchmarks.against import ROOT, checked_out, measured_night
from common.sql import listed, literal, quoted

console = Console()
# Columns of which the trees are to differ: what release, run and code they are of.
_OF_THE_TREE = frozenset({"code_version", "git_commit", "run_id", "release_id", "fingerprint", "sha256", "version"})


@dataclass(frozen=True)
class Difference:
    """What differs between the trees: a stream or table, how many rows are the older one's alone and this one's alone,
    and the columns in which rows that are one differ as far as that can be told.
    """

    name: str
    before: int
    after: int
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f", in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.name}: {self.before:,} row(s) of the older tree alone, {self.after:,} of this one{where}"


def landed(home: Path) -> dict[str, str]:
    """The landed streams of a home, and what reads each."""
    folders = sorted({path.parent for path in (home / "landing").rglob("*.parquet")})
    return {
        str(
            folder.relative_to(home / "landing")
        ): f"read_parquet({literal(folder / '*.parquet')}, union_by_name = true)"
        for folder in folders
    }


def differing_streams(before: Path, after: Path) -> Iterator[Difference]:
    """The streams of which other rows are landed, by the rows' hashes."""
    old, new = landed(before), landed(after)
    with duckdb.connect() as connection:
        for name in sorted({*old, *new}):
            rows = [f"SELECT _row_hash FROM {of[name]}" if name in of else "SELECT '' WHERE false" for of in (old, new)]
            yield from _compared(connection, name, *rows)


def differing_tables(before: Path, after: Path, schema: str = "mart") -> Iterator[Difference]:
    """The tables of two warehouses of which rows differ in the columns that both have."""
    with duckdb.connect() as connection:
        for name, path in (("old", before), ("new", after)):
            connection.execute(f"ATTACH {literal(path)} AS {name} (READ_ONLY)")
        columns = {name: _columns(connection, name, schema) for name in ("old", "new")}
        for table, had in sorted(columns["old"].items()):
            has = columns["new"].get(table, [])
            same = [column for column in had if column in has and column not in _OF_THE_TREE]
            if not same:
                rows = connection.execute(f"SELECT count(*) FROM old.{schema}.{quoted(table)}").fetchone() or (0,)
                yield Difference(table, rows[0], 0)
                continue
            old, new = (f"SELECT {listed(same)} FROM {of}.{schema}.{quoted(table)}" for of in ("old", "new"))
            for found in _compared(connection, table, old, new):
                wrong = (
                    column
                    for column in same
                    if any(
                        _compared(
                            connection,
                            table,
                            *(f"SELECT {quoted(column)} FROM {of}.{schema}.{quoted(table)}" for of in ("old", "new")),
                        )
                    )
                )
                yield Difference(found.name, found.before, found.after, tuple(wrong))


def _columns(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? GROUP BY table_name",
        [database, schema],
    ).fetchall()
    return dict(rows)


def _compared(connection: duckdb.DuckDBPyConnection, name: str, old: str, new: str) -> Iterator[Difference]:
    counts = [
        (connection.execute(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchone() or (0,))[0]
        for one, other in ((old, new), (new, old))
    ]
    if any(counts):
        yield Difference(name, *counts)


def main(
    commit: Annotated[str, typer.Argument(help="The commit to compare with.")],
    seeds: Annotated[list[int] | None, typer.Option("--seed", help="Seeds of the sandbox; default 1, 2 and 3.")] = None,
    scale: Annotated[float, typer.Option(help="Size of the programme.")] = 0.1,
) -> None:
    """Build the sandboxes on both trees and say what differs."""
    differs = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        console.print(f"Checking out {commit}", style="dim")
        trees = {"older": checked_out(commit, folder), "this": (ROOT, sys.executable)}
        for seed in seeds or [1, 2, 3]:
            homes = {called: folder / f"{called}-{seed}" for called in trees}
            for called, (tree, python) in trees.items():
                console.print(f"Seed {seed}: night of {called} tree", style="dim")
                made = measured_night(tree, python, homes[called], scale, 0, seed=seed)
                console.print(f"  {made['outcome']} in {made['cpu']:.0f} s of CPU, {made['peak_mib']:,.0f} MiB")
            streams = list(differing_streams(homes["older"], homes["this"]))
            tables = list(differing_tables(*(home / "warehouse.duckdb" for home in homes.values())))
            for what, found in (("landed", streams), ("mart", tables)):
                console.print(f"Seed {seed}, {what}: {'the same' if not found else ''}", *found, sep="\n  ")
            differs = differs or bool(streams or tables)
    raise typer.Exit(int(differs))


if __name__ == "__main__":
    typer.run(main)
