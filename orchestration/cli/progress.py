"""Shows a running night: a line that moves on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class NightProgress:
    """Listener for a night's `progress(stage, message)`; a finished stage stays with the seconds it took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Status | None = None
        self._stage: str | None = None
        self._started = 0.0
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._status = self.console.status("Starting")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        if self._status is not None:
            self._status.stop()

    def __call__(self, stage: str, message: str) -> None:
        """Show what is being done now."""
        if stage != self._stage:
            self._finish()
            self._stage, self._started = stage, time.monotonic()
        if self._status is not None:
            self._status.update(f"[bold]{stage}[/bold]  {escape(message)}")

    def _finish(self) -> None:
        if self._stage is None:
            return
        seconds = time.monotonic() - self._started
        self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + seconds
        self.console.print(f"  {self._stage:<26} {seconds:6.1f} s", style="dim", highlight=False)
        self._stage = None
