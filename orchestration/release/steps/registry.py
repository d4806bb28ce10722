"""`registry/`: the organisation keys and registers this release was made with, to restore lost ones from."""

from __future__ import annotations

import shutil

from common.home import make_private
from orchestration.release.context import BuildContext
from orchestration.release.inputs import registry_files


def keep_registry(context: BuildContext) -> None:
    """Copy the home's registry; a home without organisations has none, one without decisions no registers."""
    for path in registry_files(context.home):
        kept = context.building / path.relative_to(context.home)
        make_private(kept.parent)
        shutil.copyfile(path, kept)
