"""Downloads: files that the API redirects to, streamed from another host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import urljoin, urlsplit

from ._clock import time_limit
from ._redaction import detach
from .call import Call, Response, Sender
from .errors import CronofyError, DecodeError, DownloadFailed, RequestTimeout, TransportError
from .http import Options, Request
from .transports import ResponseStream

__all__ = ["Download"]

T = TypeVar("T")


class Download:
    """A file, streamed in parts from the storage host that Cronofy redirects to.

    The request to Cronofy is sent like any other. The storage host gets no credential, and the request to it is neither
    retried nor counted by the rate limit. The file is received only as fast as it is read, so it may be of any size.
    Leaving the block closes the connection to the storage host.

    Like a call, a download can be used only once::

        async with client.meeting_agents.download_resource(resource) as download:
            async for part in download:
                file.write(part)

    The ``attempt`` timeout limits the wait for the storage host, and for each part of the file. There is no limit for
    the whole file. Closing the client ends its downloads.

    Raises:
        ApiError: Cronofy returned an error instead of a redirect.
        DownloadFailed: The storage host returned an error, or another redirect.
        DecodeError: The redirect does not lead to an ``https`` URL.
        TransportError: The connection broke or a time limit passed, even in the middle of the file.
    """

    def __init__(self, call: Call[None], sender: Sender) -> None:
        self._call = call
        self._sender = sender
        self._request: Request | None = None
        self._stream: ResponseStream | None = None

    @property
    def content_type(self) -> str | None:
        """The media type of the file, if the storage host sent one."""
        return self._open_stream.headers.get("content-type")

    @property
    def size(self) -> int | None:
        """The size of the file in bytes, if the storage host sent it."""
        length = self._open_stream.headers.get("content-length", "")
        return int(length) if length.isdecimal() and "content-encoding" not in self._open_stream.headers else None

    async def __aenter__(self) -> Self:
        original = self._call.request
        response = await self._call.response()
        self._request = _storage_request(original, response)
        stream = await self._with_time_limit(self._sender.stream(self._request))
        if not 200 <= stream.status < 300:
            await stream.aclose()
            raise DownloadFailed(status=stream.status, endpoint=str(original.endpoint))
        self._stream = stream
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        stream, self._stream = self._open_stream, None
        await stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        part = await self._with_time_limit(self._open_stream.read())
        if not part:
            raise StopAsyncIteration
        return part

    def __enter__(self) -> NoReturn:
        raise TypeError("a download is asynchronous: use `async with`")

    def __exit__(self, *_: object) -> None:  # pragma: no cover - only there for `with` to find __enter__
        pass

    def __repr__(self) -> str:
        return f"<Download by {self._call!r}>"

    @property
    def _open_stream(self) -> ResponseStream:
        if self._stream is None:
            raise RuntimeError("the download is not open: use it within `async with`")
        return self._stream

    async def _with_time_limit(self, step: Awaitable[T]) -> T:
        """Wait for a step, at most as long as an attempt may take. Detach errors from their frames, which hold the URL."""
        assert self._request is not None
        limit = self._request.timeout.attempt
        failure: CronofyError | asyncio.CancelledError
        try:
            async with time_limit(self._sender.clock, limit):
                return await step
        except TransportError as error:
            failure = detach(error)
        except TimeoutError:
            failure = RequestTimeout(f"{self._request.endpoint}: nothing from the storage host within {limit} s")
        except asyncio.CancelledError as error:
            failure = detach(error)
        raise failure


def _storage_request(original: Request, response: Response[Any]) -> Request:
    """Return the request that a redirect leads to. It keeps only the User-Agent header of the redirected request.

    Raises:
        DecodeError: The redirect does not lead to a URL that may be requested.
    """
    target = _redirect_target(original, response)
    if target is None:
        raise DecodeError(
            f"{original.endpoint}: expected a redirect to an https URL (status {response.status}). The redirect was not followed."
        )
    base_url, path = target
    headers = {"User-Agent": original.headers.get("User-Agent", ""), "Accept": "*/*", "Accept-Encoding": "identity"}
    return original.evolve(base_url=base_url, target=path, headers=headers, options=Options())


def _redirect_target(original: Request, response: Response[Any]) -> tuple[str, str] | None:
    """Return the origin and the rest of a redirect's URL; ``None`` if it must not be requested."""
    location = response.headers.get("location", "")
    if not location or not (location.isascii() and location.isprintable()) or " " in location:
        return None
    try:
        url = urlsplit(urljoin(original.url, location))
        _ = url.port  # raises if it is invalid
    except ValueError:
        return None
    # Plain http is allowed only for a sandbox: a download that starts encrypted stays encrypted.
    schemes = {"https", urlsplit(original.base_url).scheme}
    if url.scheme not in schemes or not url.hostname or url.username is not None or "\\" in location:
        return None
    return f"{url.scheme}://{url.netloc}", (url.path or "/") + (f"?{url.query}" if url.query else "")
