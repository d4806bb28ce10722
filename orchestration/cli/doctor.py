"""`wmip doctor`: is everything there that a night needs, and what to do if not."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from orchestration.cli.options import Home, console, resolve_home
from orchestration.errors import NightFailed
from orchestration.settings import load_configuration

ENOUGH_BYTES = 2 * 1024**3
PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "dlt", "pyarrow")


def _disk(home: Path) -> tuple[bool, str]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return free >= ENOUGH_BYTES, f"{free / 1024**3:.1f} GiB free at {there}"


def _writable(home: Path) -> tuple[bool, str]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if os.access(there, os.W_OK):
        return True, str(home)
    return False, f"{there} cannot be written; choose another --home or change its owner"


def doctor(home: Home = None) -> None:
    """Check configuration, credentials, connections, disk and versions. Exit code 1 when something is wrong.

    Examples:

        wmip doctor

        wmip doctor --home /srv/wmip
    """
    from ingestion.catalogue import SOURCES
    from ingestion.doctor import probe_source
    from orchestration.dbt_runner import ensure_parsed

    folder = resolve_home(home)
    configuration = load_configuration(folder)
    rows: list[tuple[bool, str, str]] = [
        (sys.version_info >= (3, 11), "Python", sys.version.split()[0]),
        (True, "Packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        (*_writable(folder)[:1], "Home", _writable(folder)[1]),
        (*_disk(folder)[:1], "Disk", _disk(folder)[1]),
        (True, "Settings", str(folder / "wmip.yaml") if (folder / "wmip.yaml").exists() else "defaults"),
        (ensure_parsed(folder).exists(), "dbt project", "parses"),
    ]
    for name in SOURCES:
        settings = configuration.source(name)
        if not settings["enabled"]:
            rows.append((True, f"Source {name}", "off (wmip.yaml)"))
            continue
        rows += [
            (probe.passed, f"Source {name}: {probe.name}", probe.message)
            for probe in probe_source(name, settings, os.environ, folder)
        ]
    if configuration.postgresql.enabled:
        from orchestration.postgresql.doctor import probe_postgresql

        rows += [(probe.passed, f"PostgreSQL: {probe.name}", probe.message) for probe in probe_postgresql(os.environ)]
    else:
        rows.append((True, "PostgreSQL", "off (wmip.yaml)"))
    table = Table("", "What", "Found")
    for passed, what, found in rows:
        table.add_row("[green]ok[/green]" if passed else "[red]fix[/red]", what, found)
    console.print(table)
    wrong = sum(not passed for passed, _, _ in rows)
    if wrong:
        raise NightFailed(f"{wrong} thing(s) to fix before a night can run")
