"""A server with a canned response on loopback, in a separate process, with as little overhead as possible."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection

STATUS = (
    b'{"real_time_scheduling":{"real_time_scheduling_id":"sch_64b1859e8090ea21640c915f",'
    b'"url":"https://app.cronofy.com/add_to_calendar/scheduling/p6Ht4P6_4svo1nrjpIY738bdfk",'
    b'"event":{"event_id":"qTtZdczOccgaPncGJaCiLg","summary":"Product Manager Interview at Globex",'
    b'"tzid":"Europe/London","start":"2026-04-28T10:00:00Z","end":"2026-04-28T11:00:00Z"},"status":"completed"}}'
)


class _Canned(asyncio.Protocol):
    """Sends the same bytes in response to each request. A request ends at the first empty line."""

    response = (
        b"HTTP/1.1 200 OK\r\nDate: Tue, 28 Apr 2026 09:00:00 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"Cache-Control: no-store\r\nX-Request-Id: 0d0f6a3e-5b0c-4b7e-9b8e-2f6f3c1d7a55\r\nContent-Length: "
        + str(len(STATUS)).encode()
        + b"\r\n\r\n"
        + STATUS
    )

    def __init__(self, latency: float) -> None:
        self.latency = latency

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.rest = b""

    def data_received(self, data: bytes) -> None:
        # A GET has no body, except that pycronofy sends `{}`, which is skipped with the next request.
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        responses = self.response * len(heads)
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self.transport.write, responses)
        else:
            self.transport.write(responses)


async def _serve(pipe: Connection, latency: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Canned(latency), "127.0.0.1", 0, backlog=4096)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _main(pipe: Connection, latency: float) -> None:
    asyncio.run(_serve(pipe, latency))


@contextmanager
def canned_server(latency: float = 0.0) -> Generator[str]:
    """Serve for the duration of the context, and yield the URL. Responses are sent after ``latency`` seconds."""
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(child, latency), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{parent.recv()}"
    finally:
        process.terminate()
        process.join()
