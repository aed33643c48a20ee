"""Small responses that expand to large ones: each raises a clear error, within a bounded amount of memory."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pytest

from cronofy_async import CronofyError, ResponseTooLarge, TokensUnknown
from cronofy_async.transports.aiohttp import AiohttpTransport

from .calls import KINDS, assert_nothing_left, attack, valid_response
from .server import CLOSE, Received, Script, Step, reply

MIB: Final = 2**20
#: The limit of the transport in these tests, and what a call may allocate at most.
LIMIT: Final = 4 * MIB
MEMORY: Final = 16 * MIB


def packed(wbits: int, mebibytes: int) -> Iterator[bytes]:
    """Yield this many mebibytes of zeros, compressed to about a thousandth."""
    packer = zlib.compressobj(9, wbits=wbits)
    yield packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from itertools.repeat(again, mebibytes - 1)


def bomb(wbits: int, encoding: str, *, mebibytes: int = 10_000, status: str = "200 OK") -> Iterable[Step]:
    yield reply(b"", f"Content-Encoding: {encoding}", status=status, length=None)
    yield from packed(wbits, mebibytes)
    yield CLOSE


def in_chunks() -> Iterable[Step]:
    yield reply(b"", "Content-Encoding: gzip", "Transfer-Encoding: chunked", length=None)
    for part in packed(31, 10_000):
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    yield b"0\r\n\r\n"


def with_length() -> Iterable[Step]:
    yield reply(b"".join(packed(31, 1_000)), "Content-Encoding: gzip")


def members() -> Iterable[Step]:
    member = gzip.compress(bytes(MIB))
    yield reply(b"", "Content-Encoding: gzip", length=None)
    yield from itertools.repeat(member, 1_000)
    yield CLOSE


def plain() -> Iterable[Step]:
    yield reply(b"", length=None)
    yield from itertools.repeat(bytes(MIB), 1_000)
    yield CLOSE


BOMBS: Final[dict[str, Callable[[], Iterable[Step]]]] = {
    "10 GB of gzip": lambda: bomb(31, "gzip"),
    "10 GB of deflate": lambda: bomb(15, "deflate"),
    "10 GB of raw deflate": lambda: bomb(-15, "deflate"),
    "10 GB of gzip in chunks": in_chunks,
    "1 GB of gzip with a length": with_length,
    "1 GB of gzip in 1,000 members": members,
    "1 GB without compression": plain,
    "10 GB of gzip as an error": lambda: bomb(31, "gzip", status="500 X"),
    "10 GB of gzip as a 429": lambda: bomb(31, "gzip", status="429 X"),
    "just too large": lambda: bomb(31, "gzip", mebibytes=LIMIT // MIB + 1),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("bomb_name", BOMBS)
async def test_a_huge_response_is_rejected(bomb_name: str, name: str, caplog: pytest.LogCaptureFixture) -> None:
    kind = KINDS[name]

    def steps(received: Received) -> Iterable[Step]:
        return (
            BOMBS[bomb_name]()
            if (received.method, received.target) == kind.attacked_request
            else valid_response(received)
        )

    async with (
        AiohttpTransport(max_response=LIMIT) as transport,
        attack(Script(steps), transport=transport) as (cronofy, server, limiter),
    ):
        tracemalloc.start()
        try:
            with pytest.raises(CronofyError) as caught:
                await kind.call(cronofy)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert type(caught.value) is (TokensUnknown if name == "refresh" else ResponseTooLarge)
        assert peak < MEMORY
        assert_nothing_left(limiter, caplog)
        assert [(request.method, request.target) for request in server.received].count(kind.attacked_request) == 1
        await transport.aclose()


@pytest.mark.parametrize("name", KINDS)
async def test_the_default_limit(name: str) -> None:
    kind = KINDS[name]

    def steps(received: Received) -> Iterable[Step]:
        is_attacked = (received.method, received.target) == kind.attacked_request
        return bomb(31, "gzip", mebibytes=33) if is_attacked else valid_response(received)

    async with attack(Script(steps)) as (cronofy, _, __):
        with pytest.raises(TokensUnknown if name == "refresh" else ResponseTooLarge):
            await kind.call(cronofy)
