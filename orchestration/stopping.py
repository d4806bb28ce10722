"""A night that somebody or the machine stops (Ctrl-C, SIGTERM) says so, whatever library was at work."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stopped_message(doing: str, by: str = "") -> str:
    """What a stopped night says of itself."""
    return f"the night was stopped{f' by {by}' if by else ''} while {doing}. Nothing is half done: start it again"


def stop_as_ctrl_c() -> None:
    """Let SIGTERM do in this process what Ctrl-C does, which everything here knows; by itself it says nothing."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def noticing_stop() -> Iterator[list[str]]:
    """The names of the signals that arrive meanwhile; they then do what they would have done.

    Libraries turn them into errors of their own and swallow those. A thread that gets no signals notices nothing.
    """
    noticed: list[str] = []
    if threading.current_thread() is not threading.main_thread():
        yield noticed
        return
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}

    def notice(number: int, frame: FrameType | None) -> None:
        name = signal.Signals(number)
        noticed.append(name.name)
        if callable(before[name]):
            before[name](number, frame)
        elif before[name] == signal.SIG_DFL:
            raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, notice)
    try:
        yield noticed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
