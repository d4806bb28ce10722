"""Who may look into a home: the account that runs its nights, and whom the operator lets in.

What is written there is 0700 and 0600, whatever the umask. `releases: {public_readable: true}` in `wmip.yaml` opens the
public parts of every release. The inbox, `mappings/`, `checks/` and the settings are people's: their modes are left
alone, and `wmip doctor` tells of those that others can read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.home import OURS, THEIRS, inbox_folder, releases_folder

PUBLIC_PARTS = ("mart_public.duckdb", "parquet_public", "open_data", "site_public")

_OTHERS = 0o077
_PASS_THROUGH = 0o711


@contextmanager
def written_privately() -> Iterator[None]:
    """What is written meanwhile is for this account alone. Of the whole process: a umask has no smaller scope."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def make_home(home: Path) -> None:
    """Create a home that nobody else can look into; one that is there keeps the mode it was given."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with written_privately():
        home.mkdir(exist_ok=True)


def close_home(home: Path) -> None:
    """Close what an earlier version of the product, or a copy, left open. Only the holder of the writer lock does."""
    for name in OURS:
        path = home / name
        if name != "releases" and path.exists():
            # On a file system without modes, or where another account owns it, `wmip doctor` goes on saying so.
            with suppress(OSError):
                _set_mode(path, _mode(path) & ~_OTHERS)


def open_public_parts(home: Path, public_readable: bool) -> None:
    """Let every account of the machine read the public parts of all releases, or nobody: as `wmip.yaml` says now.

    The folders on the way can be passed, not listed.
    """
    releases = releases_folder(home)
    for folder in (path for path in releases.iterdir() if path.is_dir() and not path.is_symlink()):
        is_open = public_readable and folder.name[0] != "."
        for part in folder.iterdir():
            _open_part(part, is_open and part.name in PUBLIC_PARTS)
        _set_mode(folder, _PASS_THROUGH if is_open else 0o700)
    _set_mode(releases, _PASS_THROUGH if public_readable else 0o700)
    if public_readable:
        _set_mode(home, _mode(home) | 0o011)


def _open_part(part: Path, is_open: bool) -> None:
    """Let everybody read a file, or a folder with all that is in it; or only this account."""
    for path in (part, *part.rglob("*")):
        if path.is_dir():
            _set_mode(path, 0o755 if is_open else 0o700)
        else:
            _set_mode(path, 0o644 if is_open else 0o600)


def open_to_others(home: Path, public_readable: bool) -> str | None:
    """What every account of the machine can look into without having been let in, and how to close it.

    Of people's folders a group is one that the operator chose; of ours nobody is let in but by `public_readable`.
    """
    if not home.exists() or not _mode(home) & 0o011:
        return None
    theirs = [home, *(home / name for name in THEIRS), *inbox_folder(home).glob("*/")]
    found = [path for path in theirs if path.exists() and _mode(path) & 0o004]
    for name in OURS:
        allowed = 0o011 if name == "releases" and public_readable else 0
        if (home / name).exists() and _mode(home / name) & _OTHERS & ~allowed:
            found.append(home / name)
    if not found:
        return None
    return (
        f"other accounts of this machine can look into {', '.join(map(str, found))}. `chmod 700 {home}` closes all of "
        "it; where others drop files, docs/runbook.md says which modes let them"
    )


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def _set_mode(path: Path, mode: int) -> None:
    if _mode(path) != mode:
        path.chmod(mode)
