"""The registry, kept with every release: without its organisation keys organisations would come back under others,
without its registers locked quarters would move and decisions be forgotten.
"""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from common.durable import written
from common.home import make_private, registry_file, registry_folder, release_folder
from orchestration.errors import UserError
from orchestration.release.integrity import DamagedRelease, checksum, read_manifest
from orchestration.release.store import current_release, release_ids

_WAY_OUT = (
    "Without it organisations would get other keys than those that were published. Nothing was changed. "
    "`wmip registry restore` takes it from the newest release that holds it"
)


def check_registry(home: Path) -> None:
    """Raise UserError when the registry is missing, damaged or shorter than what the current release was made of."""
    path = registry_file(home)
    if not path.exists():
        if release_ids(home):
            raise UserError(f"{path} is missing, and this home has published. {_WAY_OUT}")
        return
    rows = _rows(path)
    if rows is None:
        raise UserError(f"{path} cannot be read: it is damaged. {_WAY_OUT}")
    try:
        current = current_release(home)
    except DamagedRelease:
        return
    published = _rows(registry_file(release_folder(home, current))) if current else None
    if published is not None and rows < published:
        raise UserError(f"{path} holds {rows:,} records, the release {current} was made of {published:,}. {_WAY_OUT}")
    lost = _lost(home, release_folder(home, current)) if current else []
    if lost:
        raise UserError(
            f"{lost[0]} and {len(lost) - 1} more file(s) of the registers are missing; release {current} was made with "
            "them: what was decided would be forgotten. Nothing was changed. `wmip registry restore` takes them back"
        )


def _lost(home: Path, release: Path) -> list[Path]:
    """Files of the registers that a release was made with and the home has no more."""
    kept = sorted(registry_folder(release).glob("*/*.parquet"))
    return [home / path.relative_to(release) for path in kept if not (home / path.relative_to(release)).exists()]


def restore_registry(home: Path) -> str:
    """Put the registry of the newest release that holds one in the place of the home's; that release's id.

    What was there stays beside it as `.damaged`, with a number where there is one already. Only the holder of the
    writer lock restores. Raises UserError when no release holds one.
    """
    for release_id in release_ids(home):
        for path in _lost(home, release_folder(home, release_id)):
            make_private(path.parent)
            with written(path) as temporary:
                shutil.copyfile(release_folder(home, release_id) / path.relative_to(home), temporary)
    for release_id in release_ids(home):
        kept = registry_file(release_folder(home, release_id))
        if not kept.exists() or not _is_as_published(home, release_id, kept):
            continue
        path = registry_file(home)
        make_private(path.parent)
        with written(path) as temporary:
            shutil.copyfile(kept, temporary)
            if path.exists():
                path.replace(_beside(path))
        return release_id
    raise UserError(
        f"no release of {home} holds a whole registry (they do since this version): put {registry_folder(home)} back "
        "from your backup"
    )


def _beside(path: Path) -> Path:
    return next(
        free
        for number in count(1)
        if not (free := path.with_suffix(".damaged" if number == 1 else f".damaged-{number}")).exists()
    )


def _rows(path: Path) -> int | None:
    """Rows of a registry file; None when it cannot be read to its end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_table(path).num_rows)
    except (OSError, pa.ArrowException):
        return None


def _is_as_published(home: Path, release_id: str, kept: Path) -> bool:
    try:
        facts = read_manifest(home, release_id)["files"].get(str(kept.relative_to(release_folder(home, release_id))))
    except DamagedRelease:
        return False
    return facts is not None and checksum(kept) == facts["sha256"]
