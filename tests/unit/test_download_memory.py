"""Downloads stream files in bounded memory, and release their connections."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc

import pytest

from .download_sites import FILE, sends, site
from .http_servers import read_head, response_of

MIB = 2**20


async def test_a_large_file_is_streamed_in_bounded_memory() -> None:
    size = 100 * MIB
    part = bytes(MIB)

    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=size))
        for _ in range(size // MIB):
            writer.write(part)
            await writer.drain()

    async with site(large) as at, at.download() as download:
        assert download.size == size
        received, longest = 0, 0
        tracemalloc.start()
        try:
            async for chunk in download:
                received += len(chunk)
                longest = max(longest, len(chunk))
                await asyncio.sleep(0)  # a slow reader: the server could be ahead
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert received == size
    assert longest <= MIB
    assert peak < 8 * MIB


async def test_a_compressed_file_is_expanded_in_bounded_memory() -> None:
    packed = gzip.compress(bytes(64 * MIB))

    async with site(sends(response_of(packed, "Content-Encoding: gzip"))) as at, at.download() as download:
        assert download.size is None
        received = 0
        tracemalloc.start()
        try:
            async for chunk in download:
                received += len(chunk)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert received == 64 * MIB
    assert peak < 8 * MIB


async def test_leaving_early_closes_the_connection() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=10**12) + FILE)
        await writer.drain()
        try:
            assert await reader.read() == b""
        finally:
            left.set()

    async with site(endless) as at:
        async with at.download() as download:
            assert (await anext(download))[:256] == FILE[:256]
            assert not left.is_set()
        await left.wait()

        with pytest.raises(RuntimeError, match="the download is not open"):
            await anext(download)


async def test_an_exception_in_the_block_closes_the_connection() -> None:
    left = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response_of(b"", length=10**12) + FILE)
        await reader.read()
        left.set()

    async with site(endless) as at:
        with pytest.raises(KeyError):
            async with at.download():
                raise KeyError
        await left.wait()


async def test_the_connection_of_a_complete_file_is_used_again() -> None:
    connections = 0

    async def keeping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            writer.write(response_of(FILE))
            await read_head(reader)

    async with site(keeping) as at:
        for _ in range(2):
            async with at.download() as download:
                assert b"".join([part async for part in download]) == FILE

    assert connections == 1
