"""Any ASGI application over real HTTP on loopback, while a context is open."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn


class _Server(uvicorn.Server):
    """Ends when it is told to, at once. uvicorn's own looks ten times a second, and then waits a tenth for those who
    are connected; a test opens a server, and tests are thousands.
    """

    _loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Serve until told to end."""
        self._told, self._loop = asyncio.Event(), asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        """Listen no longer, and hang up."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def end(self) -> None:
        """Tell it to end, from another thread."""
        self.should_exit = True
        # Before there is one, and after, it ends by itself.
        with suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._told.set)


class Loopback:
    """Serves `app` on a free port of 127.0.0.1; `url` is its address, with a slash at the end.

    With a certificate and its key (PEM files) over TLS.
    """

    def __init__(self, app: Any, certificate: Path | None = None, key: Path | None = None) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/"
        self._server = _Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", ssl_certfile=certificate, ssl_keyfile=key)
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join(timeout=10)
        self._socket.close()
