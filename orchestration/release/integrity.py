"""What exactly was published: checksums of every file, row counts of every table, and whether they still hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common.home import release_folder
from common.sql import quoted
from orchestration.errors import UserError

MART = "mart.duckdb"
MANIFEST = "manifest.json"
RECEIPT = "receipt.json"
# In a manifest: the checksum of all else that it says.
SEAL = "manifest_sha256"
# In a release's folder once readers were switched to it.
SEEN_MARK = ".seen"
# In a release's folder when a person wants it never to be dropped.
KEEP_MARK = ".keep"


_RECEIPT_SAYS = ("release_id", "gate_status", "candidate_fingerprint", "suites_fingerprint")
_MANIFEST_SAYS = ("released_at", "gate_status", "code_version", "input_fingerprint", "rows", "files")


class DamagedRelease(UserError):
    """A release, or the link to the current one, is not what was left there; the message says which and what to do."""


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain data, the same data always as the same bytes."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")


def sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest with its seal, by which a hand in it is noticed."""
    return {**manifest, SEAL: _seal(manifest)}


def is_as_sealed(manifest: dict[str, Any]) -> bool:
    """Whether a manifest says what it was sealed with; one of before there were seals is taken as it is."""
    return SEAL not in manifest or manifest[SEAL] == _seal(manifest)


def _seal(manifest: dict[str, Any]) -> str:
    rest = {name: said for name, said in manifest.items() if name != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """The plain data of a file of a release. Raises DamagedRelease naming the file and the way out."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"a {type(content).__name__} where an object is expected")
    except (OSError, ValueError) as error:
        raise DamagedRelease(
            f"{path} cannot be read ({error}). Put that release back from your backup, or move its folder away; "
            "`wmip release rollback ID` lets readers see another one, and the next night that passes makes a new one"
        ) from None
    return content


def read_manifest(home: Path, release_id: str) -> dict[str, Any]:
    """The manifest of one release. Raises DamagedRelease when it does not say what a manifest says."""
    path = release_folder(home, release_id) / MANIFEST
    manifest = read_json(path)
    missing = [name for name in _MANIFEST_SAYS if name not in manifest]
    if missing:
        raise DamagedRelease(
            f"{path} does not say {', '.join(missing)}. Put that release back from your backup, or move its folder away"
        )
    return manifest


def file_facts(path: Path) -> dict[str, Any]:
    """What a manifest says of a file: SHA-256, size, and the time of its last change, for the quick look."""
    stat = path.stat()
    return {"sha256": checksum(path), "bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}


def checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """The facts of every published file of a release, by its path in the release."""
    return {str(path.relative_to(folder)): file_facts(path) for path in _files(folder)}


def row_counts(mart: Path) -> dict[str, int]:
    """Rows of every table of a mart file."""
    counts = {}
    import duckdb

    with duckdb.connect(str(mart), read_only=True) as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
            row = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts


def verify(home: Path, release_id: str) -> list[str]:
    """What differs from what was published: files missing, added or changed, tables with other row counts."""
    folder = release_folder(home, release_id)
    manifest = read_manifest(home, release_id)
    problems = _differing(folder, manifest, lambda _path, _facts: False)
    if of_the_mart(problems):
        return problems
    found = row_counts(folder / MART)
    problems += [
        f"table {table} has not the {count} rows that were published"
        for table, count in manifest["rows"].items()
        if found.get(table) != count
    ]
    return problems


def altered(home: Path, release_id: str) -> list[str]:
    """What a quick look finds different from what was published: no file is read whose size and time are as they were.

    Raises DamagedRelease when the manifest cannot be read.
    """

    def looks_the_same(path: Path, facts: dict[str, Any]) -> bool:
        return path.stat().st_mtime_ns == facts.get("modified_ns")

    return _differing(release_folder(home, release_id), read_manifest(home, release_id), looks_the_same)


def published_mart(home: Path, release_id: str) -> Path:
    """The mart file of a release. Raises DamagedRelease when it is not the one that was published, by a quick look: it
    may say what no gate has seen.
    """
    problems = of_the_mart(altered(home, release_id))
    if problems:
        raise DamagedRelease(problems_said(release_id, problems))
    return release_folder(home, release_id) / MART


def of_the_mart(problems: Sequence[str]) -> list[str]:
    """Those of an altered release's problems that its mart file has."""
    return [problem for problem in problems if problem.startswith(f"{MART} ")]


def problems_said(release_id: str, problems: Sequence[str]) -> str:
    """An altered release, and the ways out."""
    return (
        f"release {release_id} is not what was published: {'; '.join(problems)}. `wmip release verify` looks at all of "
        "it, `wmip release rollback ID` lets readers see another one, and the next night that passes makes a new one"
    )


def _differing(
    folder: Path, manifest: dict[str, Any], looks_the_same: Callable[[Path, dict[str, Any]], bool]
) -> list[str]:
    """Files that are missing, changed or added; one that looks the same, and has its size, is not read."""
    problems = []
    present = {str(path.relative_to(folder)) for path in _files(folder)}
    for name, facts in manifest["files"].items():
        path = folder / name
        if name not in present:
            problems.append(f"{name} is missing")
        elif path.stat().st_size != facts["bytes"] or (
            not looks_the_same(path, facts) and checksum(path) != facts["sha256"]
        ):
            problems.append(f"{name} has changed")
    problems += [f"{name} was added" for name in sorted(present - set(manifest["files"]))]
    if not is_as_sealed(manifest):
        problems.append(f"{MANIFEST} does not say what it was written with")
    return problems or _against_the_receipt(folder, manifest)


def _against_the_receipt(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """What a manifest says otherwise than the receipt, whose checksum it holds: a hand may have sealed it anew."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    both = [name for name in _RECEIPT_SAYS if name in receipt and name in manifest]
    return [f"{MANIFEST} says another {name} than the receipt" for name in both if receipt[name] != manifest[name]]


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    own = {folder / name for name in (MANIFEST, KEEP_MARK, SEEN_MARK)}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in own)
