"""Which releases are dropped, and what is remembered of them.

Someone may have kept the files of a release that was dropped, and compare them with those of the next. So what it made
public stays in `releases/.disclosure/<release_id>/` until a newer release says all it said.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from common.durable import move_folder
from common.home import release_folder, releases_folder
from orchestration.release import store
from orchestration.release.integrity import KEEP_MARK

_FOLDER = ".disclosure"
_COPYING = ".copying-"


def prune(home: Path, keep: int) -> None:
    """Drop the oldest releases beyond `keep`; never the current one nor one with a `.keep` file in it."""
    current = store.current_release(home)
    for release_id in store.release_ids(home)[keep:]:
        folder = release_folder(home, release_id)
        if release_id != current and not (folder / KEEP_MARK).exists():
            _remember(home, release_id)
            store.drop(folder)
            _forget(home)


def memories(home: Path) -> list[Path]:
    """Where every release, kept or dropped, is remembered; the newest first."""
    from evaluation.disclosure.memory import MEMORY

    found = {path.name: path for path in _dropped(home).glob("*") if path.name[0] != "."}
    found |= {release_id: release_folder(home, release_id) / MEMORY for release_id in store.release_ids(home)}
    return [found[release_id] for release_id in sorted(found, key=store.sort_key, reverse=True)]


def _dropped(home: Path) -> Path:
    return releases_folder(home) / _FOLDER


def _remember(home: Path, release_id: str) -> None:
    """A copy that is cut short leaves none that looks whole."""
    from evaluation.disclosure.memory import MEMORY

    source = release_folder(home, release_id) / MEMORY
    target = _dropped(home) / release_id
    if not source.is_dir() or target.exists():
        return
    copying = target.with_name(f"{_COPYING}{release_id}")
    shutil.rmtree(copying, ignore_errors=True)
    shutil.copytree(source, copying)
    move_folder(copying, target)


def _forget(home: Path) -> None:
    """Remove what is remembered of dropped releases and a newer one covers."""
    from evaluation.disclosure.memory import recall, superseded

    if not _dropped(home).is_dir():
        return
    remembered = [(path, memory) for path in memories(home) if (memory := recall(path)) is not None]
    for place in superseded([memory for _, memory in remembered]):
        path = remembered[place][0]
        if path.parent == _dropped(home):
            shutil.rmtree(path)
