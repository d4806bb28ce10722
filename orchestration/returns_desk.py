"""What the command line and the page share of returns: which bodies there are, within what limits a workbook is read,
and how one is handed in.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common.durable import written
from common.home import inbox_folder, stream_folder
from ingestion.catalogue import SOURCES
from ingestion.files.limits import InvalidLimits, Limits
from ingestion.storage.latest import read_latest
from orchestration.access import make_home
from orchestration.configuration import load_configuration
from orchestration.errors import UserError


def partners(home: Path) -> dict[str, str | None]:
    """Codes and names of the bodies of the register that was read; empty before the first night."""
    if not stream_folder(home, "registers", "partners").is_dir():
        return {}
    stream = SOURCES["registers"].stream("partners")
    return dict(read_latest(home, "registers", stream, ("partner_code", "name")))


def reading_settings(home: Path) -> tuple[Mapping[str, Any], Limits]:
    """What a home sets for the returns, as its nights read them, and the limits of a workbook. Raises UserError."""
    settings = {**SOURCES["returns"].settings, **load_configuration(home).source("returns")}
    try:
        return settings, Limits.of(settings)
    except InvalidLimits as wrong:
        raise UserError(f"wmip.yaml, sources: returns: {wrong}") from None


def hand_in(file: Path, home: Path) -> Path:
    """Put a file into the inbox of a home under a name of its own; where it is. What was handed in before stays."""
    inbox = inbox_folder(home, "returns")
    make_home(home)
    inbox.mkdir(parents=True, exist_ok=True)
    target = next(path for path in _names(inbox, file.name) if not path.exists() or _same(path, file))
    with written(target) as temporary:
        shutil.copyfile(file, temporary)
    return target


def _names(folder: Path, name: str) -> list[Path]:
    """The name itself, else with a number."""
    path = Path(name)
    return [folder / name, *(folder / f"{path.stem} ({number}){path.suffix}" for number in range(2, 1000))]


def _same(one: Path, other: Path) -> bool:
    from ingestion.files.inbox import sha256_of

    return sha256_of(one) == sha256_of(other)
