"""Which code produced a figure: the version with a fingerprint of the sources, so that it needs no git."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

PRODUCT = "wmip-warehouse"
ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("common", "ingestion", "identity", "quality", "evaluation", "orchestration", "dbt_project", "bi")
# What is made beside the sources as they run.
_MADE = {"target", "logs", "dbt_packages", "__pycache__"}


def source_files(root: Path = ROOT) -> Iterator[Path]:
    """Every file of the rooms that make a release, whatever its kind: models, templates, styles, word lists, seeds."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and not _MADE.intersection(parts) and not any(part.startswith(".") for part in parts):
                yield path


def fingerprint(root: Path = ROOT) -> str:
    """SHA-256 over names and content of the source files below a folder."""
    digest = hashlib.sha256()
    for path in source_files(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def code_version() -> str:
    """`<version>+<12 hex>` over every file of the rooms that make a release."""
    return f"{version(PRODUCT)}+{fingerprint()[:12]}"


@cache
def libraries() -> str:
    """SHA-256 over the versions of Python and of what the product requires, as far as that is installed: what matches
    organisations, measures the network and draws the simulation is in them.
    """
    names = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower() for requirement in requires(PRODUCT) or ()}
    found = [platform.python_version()]
    for name in sorted(names):
        # Extras may be left out.
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


@cache
def commit(root: Path = ROOT) -> str | None:
    """The commit that is checked out, where the product runs from a git checkout; else, or where git is odd, None.

    Read from the files, as there may be no git here. Whether they were changed since, the fingerprint says.
    """
    dot_git = root / ".git"
    try:
        # A worktree has a file that names its folder, and shares the branches of the checkout it is of.
        folder = dot_git if dot_git.is_dir() else Path(dot_git.read_text(encoding="utf-8").partition(": ")[2].strip())
        head = (folder / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name, common = head.removeprefix("ref: "), folder / "commondir"
        shared = (folder / common.read_text(encoding="utf-8").strip()) if common.exists() else folder
        if (shared / name).exists():
            return (shared / name).read_text(encoding="utf-8").strip()
        packed = (shared / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.partition(" ")[0] for line in packed if line.endswith(f" {name}")), None)
    except OSError:
        return None
