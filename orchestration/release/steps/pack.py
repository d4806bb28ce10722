"""`pack/`: the funder's workbook and the report, from the marts of this release."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import duckdb

from common.home import pictures_file, release_folder
from evaluation.pack.build import build_pack
from evaluation.trace.links import BESIDE_THE_PACK
from ingestion.catalogue import SOURCES
from orchestration.release.context import BuildContext
from orchestration.release.integrity import MART

PACK = "pack"
PUBLIC_MART = "mart_public.duckdb"


def write_pack(context: BuildContext) -> None:
    """Write the pack; what changed is told against the release readers have now."""
    previous = None if context.previous is None else release_folder(context.home, context.previous)
    pack_of(context.building, context.building / PACK, previous, pictures_file(context.home))


def pack_of(release: Path, output: Path, previous: Path | None, pictures: Path | None = None) -> list[Path]:
    """Write the pack of the release in the folder `release`; `previous` is the folder of the release before it,
    `pictures` the file of what was drawn for that.
    """
    with ExitStack() as stack:

        def opened(folder: Path | None, name: str) -> duckdb.DuckDBPyConnection | None:
            if folder is None or not (folder / name).exists():
                return None
            connection = stack.enter_context(duckdb.connect(str(folder / name), read_only=True))
            connection.execute("SET TimeZone = 'UTC'")
            return connection

        mart = opened(release, MART)
        if mart is None:
            raise FileNotFoundError(f"{release / MART} is missing")
        return build_pack(
            mart,
            output,
            public=opened(release, PUBLIC_MART),
            previous=opened(previous, MART),
            source_labels={name: source.spoken for name, source in SOURCES.items()},
            trace_root=BESIDE_THE_PACK,
            pictures=pictures,
        )
