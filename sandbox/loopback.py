"""Any ASGI application over real HTTP on loopback, while a context is open."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn


class Loopback:
    """Serves `app` on a free port of 127.0.0.1; `url` is its address, with a slash at the end.

    With a certificate and its key (PEM files) over TLS.
    """

    def __init__(self, app: Any, certificate: Path | None = None, key: Path | None = None) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/"
        self._server = uvicorn.Server(
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
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
