"""`wmip doctor`: is everything there that a night needs, and what to do if not."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.markup import escape

from common.home import settings_file
from ingestion.catalogue import SOURCES
from ingestion.declaration import Source
from ingestion.persons.erasures import DONE, WrongKey, pseudonym_key, read_erasures, recorded_fingerprints
from ingestion.storage.damage import DamagedFile, require_readable
from orchestration.access import open_to_others
from orchestration.cli.nights import TRUTH
from orchestration.cli.options import (
    Home,
    altered_release,
    console,
    misplaced_said,
    resolve_home,
    whole_table,
)
from orchestration.configuration import Configuration, load_configuration
from orchestration.dbt_runner import ensure_parsed
from orchestration.errors import NightFailed, UserError
from orchestration.notifications import addresses_of, probe
from orchestration.release import integrity, store
from orchestration.release.kept_registry import check_registry
from orchestration.settings import load_settings

ENOUGH_BYTES = 2 * 1024**3
PACKAGES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "dlt", "pyarrow")


# Whether it is as it should be, None where it is not in use; what; what was found.
Row = tuple[bool | None, str, str]
MARKS = {True: "[green]ok[/green]", None: "[dim]-[/dim]", False: "[red]fix[/red]"}


def _disk(home: Path) -> tuple[bool, str]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return free >= ENOUGH_BYTES, f"{free / 1024**3:.1f} GiB free at {there}"


def _writable(home: Path) -> tuple[bool, str]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if os.access(there, os.W_OK):
        return True, str(home)
    return False, f"{there} cannot be written; choose another --home or change its owner"


def _engine(configuration: Configuration) -> Row:
    """Is what makes the models there; a cluster is not connected to."""
    spark = configuration.engine.spark
    if spark is None:
        return True, "Engine", "DuckDB; `engine` in wmip.yaml names Apache Spark instead"
    from orchestration.engines.spark_session import require_ready

    try:
        require_ready(spark)
    except UserError as missing:
        return False, "Engine", str(missing)
    return True, "Engine", f"Spark at {spark.master or spark.connect}, pyspark {version('pyspark')}; not connected to"


def _notifications() -> list[Row]:
    """Can the addresses that people are told at be used; none of them is shown, as one may hold a password."""
    settings = load_settings()
    named = [(f"WMIP_NOTIFY_URLS, address {n}", a) for n, a in enumerate(addresses_of(settings.notify_urls), start=1)]
    for body, urls in settings.reminder_addresses().items():
        named += [(f"WMIP_REMINDER_URLS, address {n} of {body}", a) for n, a in enumerate(addresses_of(urls), start=1)]
    if not named:
        return [(None, "Notifications", "nobody is told of nights; WMIP_NOTIFY_URLS names addresses")]
    found = [(name, probe(address)) for name, address in named]
    return [(wrong is None, "Notifications", f"{name}: {wrong or 'can be used'}") for name, wrong in found]


def _access(home: Path, configuration: Configuration) -> list[tuple[bool, str, str]]:
    """Who else can look into the home."""
    if found := open_to_others(home, configuration.releases.public_readable):
        return [(False, "Open to others", found)]
    opened = "public parts of releases, as wmip.yaml says" if configuration.releases.public_readable else "nothing"
    return [(True, "Open to others", opened)]


def _stored(home: Path) -> list[tuple[bool, str, str]]:
    """Is what was landed there to its last byte."""
    try:
        require_readable(home)
        read_erasures(home)
        recorded_fingerprints(home)
    except DamagedFile as damage:
        return [(False, "Landing and records", str(damage))]
    return [(True, "Landing and records", "no file is cut short or overwritten")]


def _persons(home: Path, configuration: Configuration) -> list[tuple[bool, str, str]]:
    """Is the pseudonym key the landing's, is every erasure finished, and what is let go when."""
    rows = []
    if recorded_fingerprints(home) is not None:
        try:
            key = pseudonym_key(home, os.environ, load_settings().now())
            rows.append((True, "Pseudonym key", "the landing's" if key.links else "not set; no night with persons now"))
        except WrongKey as error:
            rows.append((False, "Pseudonym key", str(error)))
    pending = sum(entry.status != DONE for entry in read_erasures(home))
    if pending:
        rows.append((False, "Erasures", f"{pending} not finished: `wmip erase --resume`, or the next night"))
    for name, months in configuration.retention.model_dump().items():
        said = f"{months} months" if months else "no period set in wmip.yaml: kept for ever"
        rows.append((True, f"Retention of {name.removesuffix('_months').replace('_', ' ')}", said))
    return rows


def _releases(home: Path) -> list[tuple[bool, str, str]]:
    """Do readers see a whole release, and is each what was published."""
    rows = []
    try:
        rows.append((True, "Current release", store.current_release(home) or "none yet"))
    except integrity.DamagedRelease as broken:
        rows.append((False, "Current release", str(broken)))
    for release_id in store.release_ids(home):
        if problems := altered_release(home, release_id):
            rows.append((False, f"Release {release_id}", integrity.problems_said(release_id, problems)))
    try:
        check_registry(home)
    except UserError as missing:
        rows.append((False, "Organisation keys", str(missing)))
    return rows


def _not_looked_at(home: Path, source: Source, configuration: Configuration) -> str:
    """Why a source is not looked at, and how it comes into use; empty when it is."""
    settings = configuration.source(source.name)
    if settings["enabled"]:
        is_served_here = str(settings.get("base_url", "")).startswith("http://127.0.0.1:")
        return "`wmip demo` serves it, while it runs" if is_served_here and (home / TRUTH).exists() else ""
    if configuration.names(source.name):
        return "off in wmip.yaml"
    if source.inbox:
        return f"no file of it in inbox/{source.inbox} yet"
    return "not used; `sources` in wmip.yaml switches it on"


def doctor(home: Home = None) -> None:
    """Check configuration, credentials, connections, disk and versions. Exit code 1 when something is wrong.

    Examples:

        wmip doctor

        wmip doctor --home /srv/wmip
    """
    from ingestion.readiness import probe_source

    folder = resolve_home(home)
    configuration = load_configuration(folder)
    rows: list[Row] = [
        (sys.version_info >= (3, 11), "Python", sys.version.split()[0]),
        (True, "Packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        (*_writable(folder)[:1], "Home", _writable(folder)[1]),
        (*_disk(folder)[:1], "Disk", _disk(folder)[1]),
        (True, "Settings", str(settings_file(folder)) if settings_file(folder).exists() else "defaults"),
        (ensure_parsed(folder).exists(), "dbt project", "parses"),
        _engine(configuration),
    ]
    for name, source in SOURCES.items():
        if why_not := _not_looked_at(folder, source, configuration):
            rows.append((None, f"Source {name}", why_not))
            continue
        settings = configuration.source(name)
        rows += [
            (probe.passed, f"Source {name}: {probe.name}", probe.message)
            for probe in probe_source(name, settings, os.environ, folder, datetime.now(UTC))
        ]
    if found := misplaced_said(folder):
        rows.append((None, "Inbox", found))
    if configuration.postgresql.enabled:
        from orchestration.postgresql.readiness import probe_postgresql

        rows += [(probe.passed, f"PostgreSQL: {probe.name}", probe.message) for probe in probe_postgresql(os.environ)]
    else:
        rows.append((None, "PostgreSQL", "not used; `postgresql` in wmip.yaml switches it on"))
    rows += _notifications()
    rows += _access(folder, configuration)
    rows += _stored(folder)
    if rows[-1][0]:
        rows += _persons(folder, configuration)
    rows += _releases(folder)
    table = whole_table(None, "", "What", "Found")
    for passed, what, found in rows:
        table.add_row(MARKS[passed], what, escape(found))
    console.print(table)
    console.print("ok: works. -: optional, not in use. fix: no night without it.", style="dim")
    wrong = sum(passed is False for passed, _, _ in rows)
    if wrong:
        raise NightFailed(f"{wrong} thing(s) to fix before a night can run")
