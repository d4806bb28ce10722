"""Numbered releases: frozen copies of a candidate that passed its gate, and the switch readers follow.

No Dagster here, and no way around the gate: `publish` recomputes the candidate's fingerprint and asks for the verdict
on exactly that. A release appears whole by renaming its finished folder; readers move by one atomic switch.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import UserError
from quality import verdicts
from quality.fingerprint import SCHEMA, combine, mart_fingerprint, table_fingerprints
from quality.gate import Verdict
from quality.messages import explain
from quality.receipt import build_receipt, gate_status

# What BI tools bundle can read it; see docs/decisions/0002.
STORAGE_VERSION = "v1.2.0"
# DuckDB names a file's catalogue after the file: in mart.duckdb the tables of schema main are `mart.<table>`, as in
# PostgreSQL. A schema `mart` inside it would make that name ambiguous; see docs/decisions/0008.
RELEASED = "main"
_BUILDING = ".building-"
_DROPPED = ".dropped-"
# In a release's folder once readers were switched to it.
_SEEN = ".seen"
_PINNED = ".keep"


class GateRefused(Exception):
    """The candidate may not be published; the message says why."""


@dataclass(frozen=True)
class Published:
    """A new release was made and is current."""

    release_id: str


@dataclass(frozen=True)
class Unchanged:
    """Nothing changed since the current release; none was made."""

    release_id: str


@dataclass(frozen=True)
class ReleaseSummary:
    """One line of the list of releases."""

    release_id: str
    released_at: str
    gate_status: str
    code_version: str
    input_fingerprint: str


def _folder(home: Path) -> Path:
    return home / "releases"


def _manifest(home: Path, release_id: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_folder(home) / release_id / "manifest.json").read_text(encoding="utf-8"))
    return content


def current_release(home: Path) -> str | None:
    """Id of the release readers use."""
    current = _folder(home) / "current"
    return current.resolve().name if current.exists() else None


def _sort_key(release_id: str) -> tuple[str, int]:
    day, _, number = release_id.partition(".")
    return day, int(number) if number.isdigit() else 0


def _release_ids(home: Path) -> list[str]:
    """Whole releases, newest first."""
    found = [
        path.name
        for path in _folder(home).glob("*")
        if path.is_dir() and not path.is_symlink() and (path / "manifest.json").exists() and path.name[0] != "."
    ]
    return sorted(found, key=_sort_key, reverse=True)


def list_releases(home: Path) -> list[ReleaseSummary]:
    """Every release of a home, newest first."""
    summaries = []
    for release_id in _release_ids(home):
        manifest = _manifest(home, release_id)
        summaries.append(
            ReleaseSummary(
                release_id,
                manifest["released_at"],
                manifest["gate_status"],
                manifest["code_version"],
                manifest["input_fingerprint"],
            )
        )
    return summaries


def show(home: Path, release_id: str) -> dict[str, Any]:
    """A release's manifest with its receipt."""
    receipt = json.loads((_folder(home) / release_id / "receipt.json").read_text(encoding="utf-8"))
    return {"manifest": _manifest(home, release_id), "receipt": receipt}


def _approved(home: Path, suites_fingerprint: str) -> Verdict:
    """The verdict on the candidate as it is now. Raises GateRefused unless it is a pass by tonight's suites."""
    warehouse = home / "warehouse.duckdb"
    if not warehouse.exists():
        raise GateRefused("there is no candidate: run the night first")
    verdict = verdicts.load(home, mart_fingerprint(warehouse))
    if verdict is None:
        raise GateRefused(
            "the gate has not judged this candidate as it is now: run the whole night, or the job "
            "audit_and_publish; starting the release alone publishes nothing"
        )
    if verdict.suites_fingerprint != suites_fingerprint:
        raise GateRefused("the verdict is stale: other checks were in force when it was given; run the gate again")
    if not verdict.passed:
        raise GateRefused(explain(verdict))
    return verdict


def publish(
    home: Path, *, clock: datetime, code_version: str, input_fingerprint: str, keep: int, suites_fingerprint: str
) -> Published | Unchanged:
    """Publish the candidate if the gate passed it, or say that nothing changed.

    Raises GateRefused; the current release is then untouched.
    """
    verdict = _approved(home, suites_fingerprint)
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    _clean_up(home)
    current = current_release(home)
    if current is not None and _manifest(home, current)["figures_fingerprint"] == verdict.figures_fingerprint:
        return Unchanged(current)
    release_id = _next_id(home, clock)
    building = folder / f"{_BUILDING}{release_id}"
    building.mkdir()
    rows = _copy_mart(home / "warehouse.duckdb", building, verdict, release_id, clock, code_version, input_fingerprint)
    waivers = _waivers(building)
    _write_json(building / "receipt.json", build_receipt(verdict, release_id=release_id, waivers=waivers))
    _write_json(
        building / "manifest.json",
        {
            "release_id": release_id,
            "released_at": clock.isoformat(),
            "gate_status": gate_status(verdict),
            "code_version": code_version,
            "input_fingerprint": input_fingerprint,
            "candidate_fingerprint": verdict.candidate_fingerprint,
            "figures_fingerprint": verdict.figures_fingerprint,
            "rows": rows,
            "files": _checksums(building),
        },
    )
    for path in building.rglob("*"):
        if path.is_file():
            _sync(path)
    building.rename(folder / release_id)
    _sync(folder)
    _switch(home, release_id)
    (folder / release_id / _SEEN).touch()
    _prune(home, keep)
    return Published(release_id)


def _clean_up(home: Path) -> None:
    """Remove what a killed night left: half-built, half-dropped, and whole releases that readers never saw."""
    folder = _folder(home)
    for prefix in (_BUILDING, _DROPPED):
        for leftover in folder.glob(f"{prefix}*"):
            shutil.rmtree(leftover)
    current = current_release(home)
    for release_id in _release_ids(home):
        seen = folder / release_id / _SEEN
        if release_id == current:
            seen.touch()
        elif not seen.exists():
            _drop(folder / release_id)


def _drop(release: Path) -> None:
    """Remove a release so that a killed removal leaves nothing that looks like one."""
    hidden = release.with_name(f"{_DROPPED}{release.name}")
    release.rename(hidden)
    shutil.rmtree(hidden)


def _next_id(home: Path, clock: datetime) -> str:
    day = clock.strftime("%Y-%m-%d")
    numbers = [_sort_key(path.name)[1] for path in _folder(home).glob(f"{day}.*")]
    return f"{day}.{max(numbers, default=0) + 1}"


def _copy_mart(
    warehouse: Path,
    building: Path,
    verdict: Verdict,
    release_id: str,
    clock: datetime,
    code_version: str,
    input_fingerprint: str,
) -> dict[str, int]:
    """Copy every table of the candidate's mart, add what the gate said, write the Parquet files. Returns row counts.

    Raises GateRefused when the copy is not what the gate judged.
    """
    parquet = building / "parquet"
    parquet.mkdir()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        connection.execute(f"ATTACH {_literal(str(warehouse))} AS candidate (READ_ONLY)")
        connection.execute(
            f"ATTACH {_literal(str(building / 'mart.duckdb'))} AS release (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() "
                "WHERE database_name = 'candidate' AND schema_name = ? ORDER BY 1",
                [SCHEMA],
            ).fetchall()
        ]
        for table in tables:
            connection.execute(
                f'CREATE TABLE release.{RELEASED}."{table}" AS FROM candidate.{SCHEMA}."{table}" ORDER BY ALL'
            )
        _copy_comments(connection)
        connection.execute("USE release")
        if combine(table_fingerprints(connection, RELEASED)) != verdict.candidate_fingerprint:
            raise GateRefused("the copied tables are not those the gate judged: the candidate changed meanwhile")
        _add_gate_tables(connection, verdict, release_id, clock, code_version, input_fingerprint)
        rows = {}
        for table in [*tables, "quality_result", "release_info"]:
            connection.execute(
                f'COPY (FROM {RELEASED}."{table}") TO {_literal(str(parquet / f"{table}.parquet"))} '
                "(FORMAT parquet, COMPRESSION zstd)"
            )
            counted = connection.execute(f'SELECT count(*) FROM {RELEASED}."{table}"').fetchone()
            rows[table] = int(counted[0]) if counted else 0
        connection.execute("USE memory; DETACH release; DETACH candidate")
    return rows


def _copy_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Descriptions of tables and columns, where the candidate has them."""
    tables = connection.execute(
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE database_name = 'candidate' AND schema_name = ? AND comment IS NOT NULL",
        [SCHEMA],
    ).fetchall()
    for table, comment in tables:
        connection.execute(f'COMMENT ON TABLE release.{RELEASED}."{table}" IS {_literal(comment)}')
    columns = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'candidate' AND schema_name = ? AND comment IS NOT NULL",
        [SCHEMA],
    ).fetchall()
    for table, column, comment in columns:
        connection.execute(f'COMMENT ON COLUMN release.{RELEASED}."{table}"."{column}" IS {_literal(comment)}')


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _add_gate_tables(
    connection: duckdb.DuckDBPyConnection,
    verdict: Verdict,
    release_id: str,
    clock: datetime,
    code_version: str,
    input_fingerprint: str,
) -> None:
    connection.execute(f"""
        CREATE TABLE {RELEASED}.quality_result (
            check_name VARCHAR, dimension VARCHAR, severity VARCHAR, table_name VARCHAR, passed BOOLEAN,
            outcome VARCHAR, observed VARCHAR, rows_checked BIGINT, failing_rows BIGINT, owner VARCHAR,
            meaning VARCHAR, remedy VARCHAR, checked_at TIMESTAMP, release_id VARCHAR
        )
    """)
    connection.executemany(
        f"INSERT INTO {RELEASED}.quality_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                result.check_name,
                result.dimension,
                result.severity,
                result.table_name,
                result.passed,
                result.outcome,
                result.observed,
                result.rows_checked,
                result.failing_rows,
                result.owner,
                result.meaning,
                result.remedy,
                result.checked_at.replace(tzinfo=None),
                release_id,
            )
            for result in sorted(verdict.results, key=lambda result: result.check_name)
        ],
    )
    connection.execute(
        f"""
        CREATE TABLE {RELEASED}.release_info AS
        SELECT $release_id AS release_id, $clock::TIMESTAMP AS released_at,
            (SELECT max(last_good_read_at) FROM {RELEASED}.source_run) AS data_as_of,
            $code_version AS code_version, $input_fingerprint AS input_fingerprint, $gate_status AS gate_status
        """,
        {
            "release_id": release_id,
            "clock": clock.replace(tzinfo=None),
            "code_version": code_version,
            "input_fingerprint": input_fingerprint,
            "gate_status": gate_status(verdict),
        },
    )
    connection.execute(
        f"COMMENT ON TABLE {RELEASED}.quality_result IS 'What the gate checked on this release. Grain: a check.'; "
        f"COMMENT ON TABLE {RELEASED}.release_info IS 'This release. Grain: one row.'"
    )


def _waivers(building: Path) -> list[dict[str, Any]]:
    with duckdb.connect(str(building / "mart.duckdb"), read_only=True) as connection:
        relation = connection.sql("SELECT * FROM waiver WHERE is_in_force ORDER BY check_name, scope_key")
        return [dict(zip(relation.columns, map(str, row), strict=True)) for row in relation.fetchall()]


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")


def _checksum(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in {"manifest.json", _PINNED, _SEEN})


def _checksums(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        str(path.relative_to(folder)): {"sha256": _checksum(path), "bytes": path.stat().st_size}
        for path in _files(folder)
    }


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _switch(home: Path, release_id: str) -> None:
    """Point `current` at a release. A reader resolves the old or the new one, never none."""
    folder = _folder(home)
    temporary = folder / ".current"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release_id)
    temporary.replace(folder / "current")
    _sync(folder)


def _prune(home: Path, keep: int) -> None:
    """Drop the oldest releases beyond `keep`; never the current one nor one with a `.keep` file in it."""
    current = current_release(home)
    for release_id in _release_ids(home)[keep:]:
        folder = _folder(home) / release_id
        if release_id != current and not (folder / _PINNED).exists():
            _drop(folder)


def verify(home: Path, release_id: str) -> list[str]:
    """What differs from what was published: files missing, added or changed, tables with other row counts."""
    folder = _folder(home) / release_id
    manifest = _manifest(home, release_id)
    problems = []
    present = {str(path.relative_to(folder)) for path in _files(folder)}
    for name, facts in manifest["files"].items():
        if name not in present:
            problems.append(f"{name} is missing")
        elif _checksum(folder / name) != facts["sha256"]:
            problems.append(f"{name} has changed")
    problems += [f"{name} was added" for name in sorted(present - set(manifest["files"]))]
    if "mart.duckdb is missing" in problems or "mart.duckdb has changed" in problems:
        return problems
    with duckdb.connect(str(folder / "mart.duckdb"), read_only=True) as connection:
        for table, count in manifest["rows"].items():
            row = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            if row is None or row[0] != count:
                problems.append(f"table {table} has not the {count} rows that were published")
    return problems


def rollback(home: Path, release_id: str) -> None:
    """Let readers see an earlier release. Raises UserError when it is not what was published."""
    problems = verify(home, release_id)
    if problems:
        raise UserError(f"release {release_id} is damaged ({'; '.join(problems)}); choose another one")
    _switch(home, release_id)
