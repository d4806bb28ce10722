"""What the command line and the page share of returns: which bodies there are, within what limits a workbook is read,
and how one is handed in.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from common.durable import written
from common.home import inbox_folder, settings_file, stream_folder
from common.yamlfile import YamlFile
from ingestion.catalogue import SOURCES
from ingestion.declaration import OWN_TEMPLATE
from ingestion.files.limits import InvalidLimits, Limits
from ingestion.storage.latest import read_latest
from orchestration.access import make_home
from orchestration.errors import UserError
from orchestration.submissions import require_new

if TYPE_CHECKING:
    from ingestion.sources.returns.answer import Answer

_DAYS = {
    "due_on": "the day it was due",
    "new_records_until": "the last day for new records of the quarter",
    "edits_until": "the last day for changes of the quarter's records",
}
"""The days of the office's calendar, as an officer is told of them."""


def partners(home: Path) -> dict[str, str | None]:
    """Codes and names of the bodies of the register that was read; empty before the first night."""
    if not stream_folder(home, "registers", "partners").is_dir():
        return {}
    stream = SOURCES["registers"].stream("partners")
    return dict(read_latest(home, "registers", stream, ("partner_code", "name")))


def reading_settings(home: Path) -> tuple[Mapping[str, Any], Limits]:
    """What a home sets for the returns, as its nights read them, and the limits of a workbook. Raises UserError."""
    settings = {**SOURCES["returns"].settings, **_set_of_returns(home)}
    try:
        return settings, Limits.of(settings)
    except InvalidLimits as wrong:
        raise UserError(f"wmip.yaml, sources: returns: {wrong}") from None


def _set_of_returns(home: Path) -> dict[str, Any]:
    """The block of the returns alone: to check those of all sources takes longer than to read a workbook."""
    if not settings_file(home).exists():
        return {}
    content = YamlFile(settings_file(home), raises=UserError).content
    sources = content.get("sources") if isinstance(content, dict) else None
    block = sources.get("returns") if isinstance(sources, dict) else None
    try:
        return SOURCES["returns"].settings_model.model_validate(block or {}).model_dump(exclude_unset=True)
    except ValidationError:
        from orchestration.configuration import read_configuration

        # Which says where, and what is allowed.
        return read_configuration(home).source("returns")


def days_missed(home: Path, answer: Answer) -> list[str]:
    """What to tell of a return that is submitted after a day of the office's calendar. It is read all the same.

    A body's own line of the calendar stands before that of all, day by day, as in the model `int_return__due`.
    """
    if answer.template != OWN_TEMPLATE or not stream_folder(home, "registers", "calendar").is_dir():
        return []
    body, quarter, submitted_on = (answer.cover.get(name) for name in ("partner_code", "period_key", "submitted_on"))
    lines = read_latest(
        home, "registers", SOURCES["registers"].stream("calendar"), ("partner_code", "period_key", *_DAYS)
    )
    days = {who: until for who, period, *until in lines if period == quarter}
    missed = []
    for at, meaning in enumerate(_DAYS.values()):
        of_all, own = (days.get(who, [None] * len(_DAYS))[at] for who in ("ALL", body))
        day = own or of_all
        if day and submitted_on and submitted_on > day:
            missed.append(
                f"It is submitted on {submitted_on}, after {meaning} ({day}). It is read all the same, marked as late; "
                "what it changes of a locked quarter waits until the programme office approves it"
            )
    return missed


def hand_in(file: Path, home: Path, cover: Mapping[str, Any]) -> Path:
    """Put a workbook into the inbox of a home under a name of its own; where it is. What was handed in before stays.

    Raises UserError for one that is here already, or older than what is here.
    """
    from ingestion.files.inbox import sha256_of

    require_new(home, cover, sha256_of(file))
    inbox = inbox_folder(home, "returns")
    make_home(home)
    inbox.mkdir(parents=True, exist_ok=True)
    target = next(path for path in _names(inbox, file.name) if not path.exists())
    with written(target) as temporary:
        shutil.copyfile(file, temporary)
    return target


def _names(folder: Path, name: str) -> list[Path]:
    """The name itself, else with a number."""
    path = Path(name)
    return [folder / name, *(folder / f"{path.stem} ({number}){path.suffix}" for number in range(2, 1000))]
