"""Run what reads files in a process of its own, within bounds of memory and time.

Whatever a file does to native code (a parser that aborts, memory that runs out, a loop), the night goes on: the file is
refused. One process is kept for the next file, and one that died, was stopped or took much memory is replaced; so it
costs a third of a second once, not each time.
"""

from __future__ import annotations

import atexit
import io
import os
import pickle
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from ingestion.files.limits import Limits, limited_to
from ingestion.findings import ReaderFailed

if TYPE_CHECKING:
    import pyarrow as pa

Item = TypeVar("Item")
_HEADER = struct.Struct("!Q")
_SECRET = ("TOKEN", "KEY", "SECRET", "PASSWORD", "URL")
_READY, _ITEM, _END, _RAISED, _FAILED = "ready", "item", "end", "raised", "failed"
_FAULT = (
    "the file is kept and tried again every night; open and save it in the program it comes from, and please report it"
)


def bounded(function: Callable[..., Iterable[Item]], *arguments: Any, within: Limits) -> Iterator[Item]:
    """What a module's function gives, item by item, computed in another process.

    Raises what of ours it raises, and OSError; ReaderFailed for any other error, and when its process dies, takes more
    memory than allowed or gives nothing for too long.
    """
    child = _Child.take()
    is_whole = False
    try:
        child.send(_pickled((function, arguments, within, Path.cwd())))
        while True:
            kind, value = child.receive(within)
            if kind == _ITEM:
                yield value
                continue
            is_whole = True
            if kind == _RAISED:
                raise value
            if kind == _FAILED:
                raise ReaderFailed(f"the reader failed on it ({value}); {_FAULT}", value.split()[0])
            is_whole = bool(value)
            return
    finally:
        if is_whole:
            child.give_back()
        else:
            child.stop()


class _Child:
    """The process, as its parent sees it."""

    _idle: _Child | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        # Whoever reads files needs no secrets but those it is given.
        environment = {name: value for name, value in os.environ.items() if not name.endswith(_SECRET)}
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
        # Memory that is set aside and not used counts to the bound.
        environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
        # What it leaves behind when it ends is removed.
        self._scratch = tempfile.mkdtemp(prefix="wmip-readers-")
        environment |= {"TMPDIR": self._scratch}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from ingestion.files.child import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self._owner = os.getpid()

    @classmethod
    def take(cls) -> _Child:
        """The process that is idle, or a new one."""
        with cls._lock:
            idle, cls._idle = cls._idle, None
        if idle is not None and idle._owner == os.getpid() and idle._process.poll() is None:
            return idle
        started = cls()
        # How long that takes says nothing of a file.
        try:
            started.receive(Limits())
        except BaseException:
            started.stop()
            raise
        return started

    def give_back(self) -> None:
        """Keep it for whoever comes next."""
        with self._lock:
            before, _Child._idle = _Child._idle, self
        if before is not None:
            before.stop()

    @classmethod
    def end(cls) -> None:
        """Stop the process that is idle."""
        with cls._lock:
            idle, cls._idle = cls._idle, None
        if idle is not None and idle._owner == os.getpid():
            idle.stop()

    def stop(self) -> None:
        """End it, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        shutil.rmtree(self._scratch, ignore_errors=True)

    def send(self, message: bytes) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_HEADER.pack(len(message)) + message)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None

    def receive(self, within: Limits) -> tuple[str, Any]:
        """What it says next. Raises RefusedFile when it says nothing more."""
        deadline = time.monotonic() + within.seconds
        (size,) = _HEADER.unpack(self._read(_HEADER.size, deadline, within))
        kind, value = pickle.loads(self._read(size, deadline, within))  # noqa: S301 - from our own process
        return kind, value

    def _read(self, size: int, deadline: float, within: Limits) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        read = io.BytesIO()
        while read.tell() < size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                raise ReaderFailed(
                    f"reading it was stopped: nothing came of it for {within.seconds} seconds; {_FAULT}", "TimeoutError"
                )
            block = os.read(handle, min(size - read.tell(), 1 << 20))
            if not block:
                raise self._died()
            read.write(block)
        return read.getvalue()

    def _died(self) -> ReaderFailed:
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        return ReaderFailed(
            f"the process that read it ended ({how}), through a fault of a library or for want of memory; {_FAULT}", how
        )


atexit.register(_Child.end)


def serve() -> None:
    """What the process does: calls the functions it is told of, until nobody is there any more."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints is no answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    requests = sys.stdin.buffer
    _say(answers, _READY, None)
    while header := requests.read(_HEADER.size):
        message = requests.read(_HEADER.unpack(header)[0])
        try:
            _answer(message, answers)
        except BrokenPipeError:
            return


def _answer(message: bytes, answers: BinaryIO) -> None:
    import resource

    within = Limits()
    try:
        function, arguments, within, folder = pickle.loads(message)  # noqa: S301 - from our own process
        os.chdir(folder)
        _bound(resource.RLIMIT_DATA, within.memory_megabytes * 1_000_000)
        with limited_to(within):
            _let_work(within.seconds)
            for item in function(*arguments):
                _say(answers, _ITEM, item)
                _let_work(within.seconds)
    except BrokenPipeError:
        raise
    except MemoryError:
        _say(
            answers,
            _RAISED,
            ReaderFailed(
                f"reading it takes more than {within.memory_megabytes:,} MB of memory; split it", "MemoryError"
            ),
        )
    except OSError as error:
        # Without what it says of files.
        _say(answers, _RAISED, OSError(error.errno, error.strerror))
    except BaseException as error:  # noqa: BLE001 - a panic of native code is no Exception
        if type(error).__module__.startswith("ingestion."):
            _say(answers, _RAISED, error)
        else:
            # Its message may hold what stands in the file.
            _say(answers, _FAILED, f"{type(error).__name__} in {_where(error)}")
    else:
        import psutil

        # What counts to its bound now, touched or not: the next file needs the rest.
        _say(answers, _END, psutil.Process().memory_info().data < within.memory_megabytes * 750_000)


def _let_work(seconds: int) -> None:
    """Bound the work up to the next item by the kernel too: a process whose parent was killed ends by itself."""
    import resource

    _bound(resource.RLIMIT_CPU, int(time.process_time()) + 2 * seconds + 1)


def _bound(what: int, most: int) -> None:
    import resource

    hardest = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hardest == resource.RLIM_INFINITY else min(most, hardest), hardest))


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _say(answers: BinaryIO, kind: str, value: Any) -> None:
    message = _pickled((kind, value))
    answers.write(_HEADER.pack(len(message)) + message)
    answers.flush()


class _Pickler(pickle.Pickler):
    """Arrow's own pickling of a slice takes along all it is a slice of."""

    def reducer_override(self, value: Any) -> Any:
        if type(value).__name__ != "RecordBatch":
            return NotImplemented
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as stream:
            stream.write_batch(value)
        return _batch, (sink.getvalue().to_pybytes(),)


def _batch(content: bytes) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.ipc.open_stream(content).read_next_batch()


def _pickled(value: Any) -> bytes:
    into = io.BytesIO()
    _Pickler(into, pickle.HIGHEST_PROTOCOL).dump(value)
    return into.getvalue()
