"""`wmip site …`: a release as a folder of static pages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from common.home import release_folder
from orchestration.cli.options import Home, console, folder_to_write, resolve_home, warn
from orchestration.cli.releases import known_release
from orchestration.errors import NightFailed, UserError
from orchestration.release import integrity
from orchestration.release.integrity import read_manifest

app = typer.Typer(no_args_is_help=True, help="A release as a site: static pages that any web server serves.")

# Says what a folder is, so that no other folder, and no site for other readers, is ever replaced.
MADE_HERE = "site.json"


@app.command()
def build(
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder to write to; default site-<release> here.", show_default=False),
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="The site for everyone: the public mart alone.")] = False,
    release_id: Annotated[str | None, typer.Option("--release", help="Release id; default the current one.")] = None,
    home: Home = None,
) -> None:
    """Write the site of a release: scorecard with filters, the facts behind each figure, SQL in the browser.

    Without --public it is for named evaluators. A site of the same kind that stands in the folder is replaced whole.
    With `site: {enabled: true}` in `wmip.yaml` every release holds both. The query page needs its engine:
    `make site-engine`, once.

    Examples:

        wmip site build --output /srv/www/wmip

        wmip site build --public --release 2025-05-15.1
    """
    folder = resolve_home(home)
    chosen = known_release(folder, release_id)
    kind = "public" if public else "evaluators"
    target = folder_to_write(folder, output or Path(f"site-public-{chosen}" if public else f"site-{chosen}"))
    _require_replaceable(target, kind)
    problems = integrity.verify(folder, chosen)
    if problems:
        raise NightFailed(f"release {chosen} is not what was published: " + "; ".join(problems))
    from evaluation.site.engine import ENGINE, has_engine
    from orchestration.release.steps.open_data import NoPublicView
    from orchestration.release.steps.site import site_of

    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".building-{target.name}")
    shutil.rmtree(building, ignore_errors=True)
    before = read_manifest(folder, chosen).get("previous_release")
    try:
        with console.status(f"Writing the site of release {chosen}"):
            pages = site_of(folder, release_folder(folder, chosen), before, building, public)
        (building / MADE_HERE).write_text(json.dumps({"release_id": chosen, "for": kind}) + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
    except NoPublicView as missing:
        raise UserError(f"release {missing}") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    console.print(f"{len(pages)} pages in {target}", highlight=False, soft_wrap=True)
    console.print(
        f"Look at it: python -m http.server --bind 127.0.0.1 --directory {target}", highlight=False, soft_wrap=True
    )
    if not has_engine():
        warn(f"its query page has no engine: there is none in {ENGINE}. `make site-engine` makes it, once")


def _require_replaceable(target: Path, kind: str) -> None:
    """Raise UserError for a folder that holds anything but an earlier site for the same readers."""
    if not target.exists() or not any(target.iterdir()):
        return
    try:
        made_for = json.loads((target / MADE_HERE).read_text(encoding="utf-8"))["for"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{target} holds something else; give --output a new folder") from None
    if made_for != kind:
        raise UserError(f"{target} holds a site for {made_for} readers, not {kind} ones; give --output another folder")
