"""`registry/`: the organisation keys this release was made with, to restore a lost registry from."""

from __future__ import annotations

import shutil

from orchestration.release.context import BuildContext
from orchestration.release.kept_registry import FOLDER, KEPT


def keep_registry(context: BuildContext) -> None:
    """Copy the home's registry; a home without organisations has none."""
    if (context.home / KEPT).exists():
        (context.building / FOLDER).mkdir()
        shutil.copyfile(context.home / KEPT, context.building / KEPT)
