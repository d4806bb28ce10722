"""`registry/`: the organisation keys and registers this release was made with, to restore lost ones from."""

from __future__ import annotations

import shutil

from common.home import make_private, registry_file, registry_folder
from orchestration.release.context import BuildContext


def keep_registry(context: BuildContext) -> None:
    """Copy the home's registry; a home without organisations has none, one without decisions no registers."""
    registry = registry_file(context.home)
    if registry.exists():
        registry_folder(context.building).mkdir(exist_ok=True)
        shutil.copyfile(registry, registry_file(context.building))
    for path in sorted(registry_folder(context.home).glob("*/*.parquet")):
        kept = context.building / path.relative_to(context.home)
        make_private(kept.parent)
        shutil.copyfile(path, kept)
