"""`registry/`: the organisation keys this release was made with, to restore a lost registry from."""

from __future__ import annotations

import shutil

from common.home import registry_file, registry_folder
from orchestration.release.context import BuildContext


def keep_registry(context: BuildContext) -> None:
    """Copy the home's registry; a home without organisations has none."""
    registry = registry_file(context.home)
    if registry.exists():
        registry_folder(context.building).mkdir()
        shutil.copyfile(registry, registry_file(context.building))
