"""`open_data/`: grants and indicators for anybody, from what this release makes public."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from evaluation.disclosure.memory import MEMORY, REPORT
from evaluation.disclosure.public_mart import PUBLIC_MART
from evaluation.open_data.build import OpenData, build
from evaluation.open_data.publisher import OpenDataSettings
from orchestration.configuration import load_configuration
from orchestration.release.context import BuildContext
from orchestration.release.integrity import MART

FOLDER = "open_data"


class NoPublicView(Exception):
    """The release has no public view to make open data of."""


def write_open_data(context: BuildContext) -> None:
    """Write the open data. Raises TotalsDiffer when files of the release do not agree."""
    export_release(context.building, context.building / FOLDER, load_configuration(context.home).open_data)


def export_release(release: Path, folder: Path, settings: OpenDataSettings) -> OpenData:
    """Write the open data of the release in a folder into another. Raises NoPublicView, TotalsDiffer."""
    if not (release / PUBLIC_MART).exists():
        raise NoPublicView(f"{release.name} was made before releases had a public view; none of it is open data")
    with (
        duckdb.connect(str(release / MART), read_only=True) as mart,
        duckdb.connect(str(release / PUBLIC_MART), read_only=True) as public,
    ):
        for connection in (mart, public):
            connection.execute("SET TimeZone = 'UTC'")
        return build(mart, public, folder, settings, release=release, held_back=_held_back(release))


def _held_back(release: Path) -> set[str]:
    """Indicators of which the public view keeps an older figure, because the change would give somebody away."""
    report = json.loads((release / MEMORY / REPORT).read_text(encoding="utf-8"))
    return {indicator for indicator, said in report["indicators"].items() if said["held"]}
