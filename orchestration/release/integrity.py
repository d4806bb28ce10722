"""What exactly was published: checksums of every file, row counts of every table, and whether they still hold."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import duckdb

MART = "mart.duckdb"
MANIFEST = "manifest.json"
# In a release's folder once readers were switched to it.
SEEN_MARK = ".seen"
# In a release's folder when a person wants it never to be dropped.
KEEP_MARK = ".keep"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain data, the same data always as the same bytes."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")


def checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of every published file of a release, by its path in the release."""
    return {
        str(path.relative_to(folder)): {"sha256": checksum(path), "bytes": path.stat().st_size}
        for path in _files(folder)
    }


def row_counts(mart: Path) -> dict[str, int]:
    """Rows of every table of a mart file."""
    counts = {}
    with duckdb.connect(str(mart), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
            row = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts


def sync(path: Path) -> None:
    """Make sure a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Make sure everything below a folder is on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def verify(home: Path, release_id: str) -> list[str]:
    """What differs from what was published: files missing, added or changed, tables with other row counts."""
    folder = home / "releases" / release_id
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    problems = []
    present = {str(path.relative_to(folder)) for path in _files(folder)}
    for name, facts in manifest["files"].items():
        if name not in present:
            problems.append(f"{name} is missing")
        elif checksum(folder / name) != facts["sha256"]:
            problems.append(f"{name} has changed")
    problems += [f"{name} was added" for name in sorted(present - set(manifest["files"]))]
    if f"{MART} is missing" in problems or f"{MART} has changed" in problems:
        return problems
    found = row_counts(folder / MART)
    problems += [
        f"table {table} has not the {count} rows that were published"
        for table, count in manifest["rows"].items()
        if found.get(table) != count
    ]
    return problems


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    own = {folder / name for name in (MANIFEST, KEEP_MARK, SEEN_MARK)}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in own)
