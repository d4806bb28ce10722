"""Which releases a home has, and which one readers use.

Layout: `releases/<release_id>/`, `releases/current` (a link). What is being built or dropped has a name with a dot
in front and is no release.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.durable import sync
from common.home import release_folder, releases_folder
from orchestration.errors import UserError
from orchestration.release.integrity import (
    MANIFEST,
    RECEIPT,
    SEEN_MARK,
    DamagedRelease,
    altered,
    published_mart,
    read_json,
    read_manifest,
    verify,
)

_BUILDING = ".building-"
_DROPPED = ".dropped-"


@dataclass(frozen=True)
class ReleaseSummary:
    """One line of the list of releases, and what is wrong with it; of one without a manifest no more than that."""

    release_id: str
    released_at: str = ""
    gate_status: str = ""
    code_version: str = ""
    input_fingerprint: str = ""
    problem: str | None = None


def current_release(home: Path) -> str | None:
    """Id of the release readers use. Raises DamagedRelease when the link leads to none."""
    folder = releases_folder(home)
    current = folder / "current"
    if not os.path.lexists(current):
        return None
    if not current.is_symlink():
        raise DamagedRelease(f"{current} is no link to a release; move it away, then `wmip release rollback ID`")
    target = current.readlink().name
    if target not in release_ids(home):
        raise DamagedRelease(
            f"{current} leads to {target}, which is no whole release. `wmip release rollback ID` lets readers see "
            f"another one ({', '.join(release_ids(home)) or 'there is none'}); the next night that passes makes a new "
            "one"
        )
    return target


def serving_mart(home: Path) -> Path | None:
    """The mart file of the release readers use; None where there is none, or none as it was published."""
    try:
        current = current_release(home)
        return None if current is None else published_mart(home, current)
    except DamagedRelease:
        return None


def sort_key(release_id: str) -> tuple[str, int]:
    """Releases in the order they were made."""
    day, _, number = release_id.partition(".")
    return day, int(number) if number.isdigit() else 0


def release_ids(home: Path) -> list[str]:
    """Whole releases, newest first."""
    found = [
        path.name
        for path in releases_folder(home).glob("*")
        if path.is_dir() and not path.is_symlink() and (path / MANIFEST).exists() and path.name[0] != "."
    ]
    return sorted(found, key=sort_key, reverse=True)


def list_releases(home: Path) -> list[ReleaseSummary]:
    """Every release of a home, newest first; one that is damaged stands in its place and says so."""
    summaries = []
    for release_id in release_ids(home):
        try:
            manifest = read_manifest(home, release_id)
            odd = altered(home, release_id)
        except DamagedRelease as damage:
            summaries.append(ReleaseSummary(release_id, problem=str(damage)))
            continue
        summaries.append(
            ReleaseSummary(
                release_id,
                manifest["released_at"],
                manifest["gate_status"],
                manifest["code_version"],
                manifest["input_fingerprint"],
                f"release {release_id} is not what was published: {', '.join(odd)}" if odd else None,
            )
        )
    return summaries


def show(home: Path, release_id: str) -> dict[str, Any]:
    """A release's manifest with its receipt."""
    receipt = read_json(release_folder(home, release_id) / RECEIPT)
    return {"manifest": read_manifest(home, release_id), "receipt": receipt}


def next_id(home: Path, clock: datetime) -> str:
    """The id of the release that is made next on that day."""
    day = clock.strftime("%Y-%m-%d")
    numbers = [sort_key(path.name)[1] for path in releases_folder(home).glob(f"{day}.*")]
    return f"{day}.{max(numbers, default=0) + 1}"


def new_building(home: Path, release_id: str) -> Path:
    """An empty hidden folder in which a release is built."""
    building = releases_folder(home) / f"{_BUILDING}{release_id}"
    building.mkdir()
    return building


def clean_up(home: Path, current: str | None) -> None:
    """Remove what a killed night left: half-built, half-dropped, and whole releases that readers never saw."""
    folder = releases_folder(home)
    for prefix in (_BUILDING, _DROPPED):
        for leftover in folder.glob(f"{prefix}*"):
            shutil.rmtree(leftover)
    for release_id in release_ids(home):
        seen = folder / release_id / SEEN_MARK
        if release_id == current:
            seen.touch()
        elif not seen.exists():
            drop(folder / release_id)


def drop(release: Path) -> None:
    """Remove a release so that a killed removal leaves nothing that looks like one."""
    hidden = release.with_name(f"{_DROPPED}{release.name}")
    release.rename(hidden)
    shutil.rmtree(hidden)


def switch(home: Path, release_id: str) -> None:
    """Point `current` at a release. A reader resolves the old or the new one, never none."""
    folder = releases_folder(home)
    temporary = folder / ".current"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release_id)
    temporary.replace(folder / "current")
    sync(folder)


def rollback(home: Path, release_id: str) -> None:
    """Let readers see an earlier release. Raises UserError when it is not what was published."""
    problems = verify(home, release_id)
    if problems:
        raise UserError(f"release {release_id} is damaged ({'; '.join(problems)}); choose another one")
    switch(home, release_id)
