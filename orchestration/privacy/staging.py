"""Changing many files of a home as one: all new content is written beside them first, then all are switched.

Until the mark is set, a crash leaves everything as it was; from then on, `finish` completes the switch.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from common.durable import sync, write_text
from common.home import make_private, privacy_folder

_MARK = "complete.json"


class Staging:
    """The new content of some files, and what is to be removed. Only the holder of the writer lock makes one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._folder = make_private(privacy_folder(home)) / "staged"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        self._targets: list[str] = []
        self._removed: list[str] = []

    def place(self, target: Path) -> Path:
        """Where the new content of a file of the home is to be written."""
        path = self._folder / str(len(self._targets))
        self._targets.append(str(target.relative_to(self.home)))
        return path

    def content_of(self, target: Path) -> Path:
        """The content a file will have."""
        name = str(target.relative_to(self.home))
        return self._folder / str(self._targets.index(name)) if name in self._targets else target

    def remove(self, target: Path) -> None:
        """Remove a file when the others are switched."""
        self._removed.append(str(target.relative_to(self.home)))

    @property
    def targets(self) -> Iterator[Path]:
        """The files that will have other content."""
        return (self.home / name for name in self._targets)

    def switch(self) -> None:
        """Put everything in its place. What is done is done whole, whenever the machine dies."""
        for place in self._folder.iterdir():
            sync(place)
        write_text(self._folder / _MARK, json.dumps({"targets": self._targets, "removed": self._removed}))
        finish(self.home)


def finish(home: Path) -> None:
    """Complete a switch that had begun; forget what was only being prepared."""
    folder = privacy_folder(home) / "staged"
    mark = folder / _MARK
    if mark.exists():
        content = json.loads(mark.read_text(encoding="utf-8"))
        changed = set()
        for number, name in enumerate(content["targets"]):
            staged, target = folder / str(number), home / name
            if staged.exists():
                if target.exists():
                    staged.chmod(target.stat().st_mode)
                staged.replace(target)
            changed.add(target.parent)
        for name in content["removed"]:
            (home / name).unlink(missing_ok=True)
            changed.add((home / name).parent)
        # The mark goes when every folder knows: a switch that was cut short is found, and completed, by it alone.
        for parent in changed:
            if parent.is_dir():
                sync(parent)
    shutil.rmtree(folder, ignore_errors=True)
