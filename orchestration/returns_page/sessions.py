"""Who is signed in, and the workbooks that were looked at and not handed in: in memory alone, and not for long."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ingestion.sources.returns.answer import Answer

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Looked:
    """A workbook that was looked at: whose session, its name and content, and the answer."""

    session: str
    name: str
    content: bytes
    answer: Answer


class ShortMemory(Generic[Kept]):
    """At most so many things, each for so many seconds, under names that cannot be guessed; the oldest go first."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._kept: dict[str, tuple[float, Kept]] = {}
        self._lock = threading.Lock()

    def keep(self, thing: Kept) -> str:
        """Keep a thing; its name."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._forget_old()
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = (self._clock() + self._seconds, thing)
        return name

    def find(self, name: str) -> Kept | None:
        """A thing that is still kept."""
        with self._lock:
            self._forget_old()
            found = self._kept.get(name)
        return None if found is None else found[1]

    def forget(self, name: str) -> None:
        """Forget a thing."""
        with self._lock:
            self._kept.pop(name, None)

    def _forget_old(self) -> None:
        now = self._clock()
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]
