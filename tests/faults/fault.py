"""What a planted fault is, and what happens to a file or a night in several places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stage import Stage

PLACES = ("sources", "landing and registry", "models", "gate", "publication", "release")


@dataclass(frozen=True)
class Planted:
    """A fault: its place, what is planted, what must come of it, and a word that must be said of it. `is_quick`: every
    run of the tests plays it.
    """

    name: str
    place: str
    what: str
    expected: str
    act: Callable[[Stage], object]
    says: str = ""
    is_quick: bool = False


def then_night(spoil: Callable[[Stage], object], stage: Stage) -> None:
    spoil(stage)
    stage.night()


def written(path: str, content: str, stage: Stage) -> None:
    file = stage.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
