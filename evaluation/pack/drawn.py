"""Pictures as they were drawn for the release before, where they would be drawn of the same.

The renderer and what writes its instructions take a second to start; of a night that publishes most figures are as they
were. A picture is known by what it is drawn of: the function with all it is given, the code of this room and the
versions of the libraries. Who names no file has every picture drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec

from markupsafe import Markup

from common.durable import write_text
from common.home import make_private

ROOM = Path(__file__).resolve().parent.parent
P = ParamSpec("P")


@dataclass(frozen=True)
class Picture:
    """An SVG element with its text alternative inside."""

    svg: Markup


@dataclass
class _Kept:
    before: dict[str, str]
    now: dict[str, str] = field(default_factory=dict)


_KEPT: ContextVar[_Kept | None] = ContextVar("_KEPT", default=None)


@contextmanager
def kept_in(file: Path | None) -> Iterator[None]:
    """Pictures drawn meanwhile are taken from a file where they stand in it; afterwards it holds them and no others."""
    if file is None:
        yield
        return
    kept = _Kept(_read(file))
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)
    if kept.now != kept.before:
        content = json.dumps(kept.now, indent=1, sort_keys=True)
        make_private(file.parent)
        write_text(file, f"{_checksum(content)}\n{content}")


def drawn_once(draw: Callable[P, Picture]) -> Callable[P, Picture]:
    """A function that draws what it is given, and nothing else, into a picture that can be kept."""

    @wraps(draw)
    def picture(*args: P.args, **how: P.kwargs) -> Picture:
        kept = _KEPT.get()
        if kept is None:
            return draw(*args, **how)
        name = _checksum("\0".join([_makers(), draw.__module__, draw.__qualname__, repr(args), repr(how)]))
        svg = kept.before.get(name)
        kept.now[name] = str(draw(*args, **how).svg) if svg is None else svg
        return Picture(Markup(kept.now[name]))  # noqa: S704 - as it was drawn: the file says by its checksum

    return picture


def _read(file: Path) -> dict[str, str]:
    """What stands in a file as it was written; nothing of one that was altered."""
    try:
        checksum, _, content = file.read_text(encoding="utf-8").partition("\n")
        found: Any = json.loads(content) if checksum == _checksum(content) else {}
    except (OSError, ValueError):
        return {}
    return dict(found)


def _checksum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _makers() -> str:
    digest = hashlib.sha256("+".join(version(name) for name in ("altair", "vl-convert-python")).encode())
    for path in sorted(ROOM.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
