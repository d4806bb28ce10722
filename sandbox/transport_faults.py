"""What goes wrong between an API and its reader, whatever the API: a layer that can be put before any of them.

Each fault strikes once, at the next request that is not let through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Kind = Literal["status", "hang", "drop", "truncate", "garble", "drip"]


@dataclass(frozen=True)
class TransportFault:
    """One fault.

    status: answers `status` with `headers` instead of the application. hang: says nothing for `seconds`, then drops.
    drop: announces the whole body, sends half of it and closes the connection. truncate: sends half the body as if it
    were whole. garble: makes the body's JSON invalid. drip: sends the body in small pieces over `seconds`.
    """

    kind: Kind
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"{}"
    seconds: float = 0.5


def rate_limited(retry_after: str | None = "1") -> TransportFault:
    """429, with or without the header that says how long to wait."""
    return TransportFault("status", 429, (("retry-after", retry_after),) if retry_after is not None else ())


def server_error(status: int = 500) -> TransportFault:
    """A fault of the server's own."""
    return TransportFault("status", status)


class Dropped(Exception):
    """The connection is closed within the body; raised to the server, which closes it."""


@dataclass
class FaultyTransport:
    """An ASGI layer. `pending` faults strike in order; `let_through` requests pass before the first does."""

    app: App
    pending: list[TransportFault] = field(default_factory=list)
    let_through: int = 0
    requests: list[str] = field(default_factory=list)
    """Method and path of every request that came, in order."""

    def plant(self, faults: Iterable[TransportFault], let_through: int = 0) -> None:
        """Strike from the request after the next `let_through`."""
        self.pending, self.let_through = list(faults), let_through

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self.requests.append(f"{scope['method']} {scope['path']}")
        if self.let_through > 0 or not self.pending:
            self.let_through -= 1
            await self.app(scope, receive, send)
            return
        fault = self.pending.pop(0)
        if fault.kind == "status":
            headers = [(b"content-type", b"application/json"), *((n.encode(), v.encode()) for n, v in fault.headers)]
            await send({"type": "http.response.start", "status": fault.status, "headers": headers})
            await send({"type": "http.response.body", "body": fault.body})
        elif fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            raise Dropped
        else:
            await _spoiled(fault, *await self._answer(scope, receive), send)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, collect)
        return start, bytes(body)


async def _spoiled(fault: TransportFault, start: Message, body: bytes, send: Send) -> None:
    half = body[: max(1, len(body) // 2)]
    sent = {"drop": body, "truncate": half, "garble": b"<<<" + body[3:], "drip": body}[fault.kind]
    headers = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", str(len(sent)).encode())]})
    if fault.kind == "drop":
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise Dropped
    if fault.kind != "drip":
        await send({"type": "http.response.body", "body": sent})
        return
    pieces = 10
    size = max(1, -(-len(sent) // pieces))
    for at in range(0, len(sent), size):
        await send({"type": "http.response.body", "body": sent[at : at + size], "more_body": True})
        await asyncio.sleep(fault.seconds / pieces)
    await send({"type": "http.response.body", "body": b""})
