"""`site/` and `site_public/`: the release as static pages, for evaluators and for everyone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from common.home import release_folder
from evaluation.pack.build import REPORT, WORKBOOK
from evaluation.site.build import DATA, Download, Parts, build_evaluators_site, build_public_site
from evaluation.site.changes import ReleaseChanges, changes_between
from ingestion.catalogue import SOURCES
from orchestration.configuration import load_configuration
from orchestration.release.context import BuildContext
from orchestration.release.integrity import MART, DamagedRelease, altered, read_manifest
from orchestration.release.receipt_page import RECEIPT_PAGE
from orchestration.release.steps.open_data import FOLDER as OPEN_DATA
from orchestration.release.steps.open_data import NoPublicView
from orchestration.release.steps.pack import PACK, PUBLIC_MART

SITE, SITE_PUBLIC = "site", "site_public"
_TAKEN = "downloads"


def write_sites(context: BuildContext) -> None:
    """Write both sites where `wmip.yaml` asks for them. Files of the release are linked, not copied."""
    if not load_configuration(context.home).site.enabled:
        return
    for name, is_public in ((SITE, False), (SITE_PUBLIC, True)):
        site_of(context.home, context.building, context.previous, context.building / name, is_public, place=_link)


def site_of(
    home: Path,
    release: Path,
    previous: str | None,
    folder: Path,
    is_public: bool,
    place: Callable[[Path, Path], object] = shutil.copyfile,
) -> list[Path]:
    """Write a site of the release in the folder `release` into another. Returns its pages. Raises NoPublicView."""
    name = PUBLIC_MART if is_public else MART
    if not (release / name).exists():
        raise NoPublicView(f"{release.name} was made before releases had a public view; it has no public site")
    earlier = _file(home, previous, name)
    parts = Parts(
        mart_file=release / name,
        earlier_file=earlier,
        downloads=_public_downloads(release) if is_public else _evaluators_downloads(release),
        changes=list(_changes(home, release / name, previous, name)),
        place=place,
    )
    with _opened(release / PUBLIC_MART) as public:
        if is_public:
            assert public is not None
            return build_public_site(public, folder, parts)
        with _opened(release / MART) as mart, _opened(earlier) as before:
            assert mart is not None
            labels = {name: source.spoken for name, source in SOURCES.items()}
            return build_evaluators_site(mart, folder, parts, public=public, previous=before, source_labels=labels)


def _file(home: Path, release_id: str | None, name: str) -> Path | None:
    """A mart file of an earlier release; None where there is none any more."""
    if release_id is None:
        return None
    file = release_folder(home, release_id) / name
    return file if file.exists() else None


@contextmanager
def _opened(file: Path | None) -> Iterator[duckdb.DuckDBPyConnection | None]:
    if file is None or not file.exists():
        yield None
        return
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def _changes(home: Path, newest: Path, previous: str | None, name: str) -> Iterator[ReleaseChanges]:
    """What each release changed against the one readers had before it, as far back as releases are kept."""
    newer, seen = newest, set()
    while previous is not None and previous not in seen:
        older = _file(home, previous, name)
        if older is None or not _is_whole(home, previous):
            return
        yield changes_between(older, newer)
        seen.add(previous)
        newer, previous = older, read_manifest(home, previous).get("previous_release")


def _is_whole(home: Path, release_id: str) -> bool:
    """Whether an earlier release is as it was published: no figure is compared with one that was altered."""
    try:
        return not altered(home, release_id)
    except DamagedRelease:
        return False


def _evaluators_downloads(release: Path) -> list[Download]:
    return [
        Download(f"{DATA}/{MART}", release / MART, "Every table of the release, for DuckDB"),
        *(
            Download(f"{_TAKEN}/{path.name}", path, what)
            for path, what in (
                (release / PACK / WORKBOOK, "The funder's workbook"),
                (release / PACK / REPORT, "The report, one page"),
                (release / RECEIPT_PAGE, "The receipt: what was checked, on which inputs, with what outcome"),
            )
            if path.exists()
        ),
    ]


def _public_downloads(release: Path) -> list[Download]:
    files = sorted(path for path in (release / OPEN_DATA).rglob("*") if path.is_file())
    return [
        Download(f"{DATA}/{PUBLIC_MART}", release / PUBLIC_MART, "Every public table, for DuckDB"),
        *(Download(f"{_TAKEN}/{path.relative_to(release)}", path, "Open data") for path in files),
    ]


def _link(source: Path, target: Path) -> None:
    """The same bytes under a second name; a copy where the file system has no such links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
