"""`registry/`: organisation keys and registers of the office this release was made with, to restore lost ones from."""

from __future__ import annotations

import shutil

from common.home import make_private, office_folder, registry_file, registry_folder
from ingestion.storage.office import REGISTERS
from orchestration.release.context import BuildContext


def keep_registry(context: BuildContext) -> None:
    """Copy the home's registry; a home without organisations has none, one without decisions no registers."""
    registry = registry_file(context.home)
    if registry.exists():
        registry_folder(context.building).mkdir(exist_ok=True)
        shutil.copyfile(registry, registry_file(context.building))
    for register in REGISTERS:
        for path in sorted(office_folder(context.home, register).glob("*.parquet")):
            kept = office_folder(context.building, register) / path.name
            make_private(kept.parent)
            shutil.copyfile(path, kept)
