"""A hostile HTTP server on loopback. It sends the given bytes, and records the requests that it receives.

It runs in the event loop of the test, without a task of its own, so that all tasks of the loop are the client's.
"""

from __future__ import annotations

import asyncio
import enum
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal, Self, TypeAlias, cast

import attrs

__all__ = ["CLOSE", "RESET", "SILENCE", "Received", "Script", "Server", "Step", "reply"]


class End(enum.Enum):
    """How a connection ends; without one, it is kept alive for the next request."""

    CLOSE = enum.auto()
    RESET = enum.auto()
    SILENCE = enum.auto()


CLOSE: Final = End.CLOSE
RESET: Final = End.RESET
SILENCE: Final = End.SILENCE

#: A step of the server: send bytes, wait for a number of seconds, or end the connection.
Step: TypeAlias = bytes | float | End


@attrs.frozen
class Received:
    """A request, with the number of its connection, and its own number on that connection, both from 0."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    number: int


@attrs.frozen
class Script:
    """The steps of a connection: once it is made, once a request begins, or once a request is complete."""

    steps: Callable[[Received], Iterable[Step]]
    at: Literal["connect", "head", "request"] = "request"


_NOTHING: Final = Received("", "", {}, b"", 0, 0)


class Server:
    """Plays ``script``, which may be replaced at any time.

    Attributes:
        received: The complete requests, in order.
        connections: The connections that are open.
        accepted: The number of connections that were ever made.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.received: list[Received] = []
        self.connections: set[_Connection] = set()
        self.accepted = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self.connections):
            connection.transport.abort()
        await self.all_closed()

    async def all_closed(self) -> None:
        """Wait until the other side has closed all connections, for two seconds at most."""
        async with asyncio.timeout(2):
            while self.connections:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0.001)


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._number = server.accepted
        self._requests = 0
        self._buffer = b""
        self._steps: Iterator[Step] | None = None
        self._paused = False
        server.accepted += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)
        self._play_at("connect")

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        first = not self._buffer
        self._buffer += data
        if first:
            self._play_at("head")
        self._next_request()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        # asyncio does not expect a write to fail here.
        asyncio.get_running_loop().call_soon(self._play)

    def _play_at(self, moment: str) -> None:
        if self._steps is None and self._server.script.at == moment:
            self._steps = iter(self._server.script.steps(_NOTHING))
            self._play()

    def _next_request(self) -> None:
        head, end, remaining = self._buffer.partition(b"\r\n\r\n")
        if self._steps is not None or not end:
            return
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(remaining) < length:
            return
        method, target, _ = line.split(" ")
        received = Received(method, target, headers, remaining[:length], self._number, self._requests)
        self._buffer = remaining[length:]
        self._requests += 1
        self._server.received.append(received)
        self._steps = iter(self._server.script.steps(received))
        self._play()

    def _play(self) -> None:
        steps = self._steps
        while steps is not None and not self._paused and not self.transport.is_closing():
            step = next(steps, None)
            if isinstance(step, bytes):
                self.transport.write(step)
            elif isinstance(step, float):
                asyncio.get_running_loop().call_later(step, self._play)
                return
            elif isinstance(step, End):
                self._end(step)
                return
            else:
                self._steps = None
                self._next_request()
                return

    def _end(self, end: End) -> None:
        if end is CLOSE:
            self.transport.close()
        elif end is RESET:
            connected: socket.socket = self.transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


def reply(
    body: bytes = b"",
    *headers: str,
    status: str = "200 OK",
    length: int | str | None = -1,
    version: str = "HTTP/1.1",
) -> bytes:
    """Return a response. ``length`` is -1 for the length of the body, and ``None`` for no such header."""
    lines = [f"{version} {status}", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body
