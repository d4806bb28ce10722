"""A night that somebody or the machine stops (Ctrl-C, SIGTERM) says so, whatever library was at work."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Long enough to be out of what lost it.
_AGAIN_SECONDS = 0.1
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

    Libraries turn them into errors of their own and swallow those. In a finaliser, or a function that C calls, Python
    itself prints and loses them: then they are sent once more. A thread that gets no signals notices nothing.
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

    main, lost, timers = threading.get_ident(), sys.unraisablehook, []

    def send_again(exception: sys.UnraisableHookArgs) -> None:
        if not noticed or issubclass(exception.exc_type, Exception):
            lost(exception)
            return
        timers.append(threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, (main, signal.Signals[noticed[-1]])))
        timers[-1].start()

    for number in _SIGNALS:
        signal.signal(number, notice)
    sys.unraisablehook = send_again
    try:
        yield noticed
    finally:
        sys.unraisablehook = lost
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
