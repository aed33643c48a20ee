"""The implementation of the fixtures of ``pytest_cronofy_async``, which pytest finds when this package is installed.

Docs: ``docs/testing-your-app.md``
"""

from __future__ import annotations

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from .http import RawResponse, Request
from .sandbox import RunningSandbox, Sandbox
from .transports.aiohttp import AiohttpTransport

__all__ = ["running_sandbox"]


@contextmanager
def running_sandbox(**options: Any) -> Generator[RunningSandbox]:
    """Serve a sandbox from another thread for the duration of the context, and warn about clients that were not closed.

    Args:
        options: Any argument of ``Sandbox.running``.

    Warns:
        PytestWarning: At the end, if a client that has sent requests to the sandbox is still open.
    """
    used: set[AiohttpTransport] = set()  # keeps them from being garbage-collected, so unclosed ones can be counted
    send = AiohttpTransport.send

    async def recording_send(transport: AiohttpTransport, request: Request) -> RawResponse:
        if request.base_url == url:
            used.add(transport)
        return await send(transport, request)

    with Sandbox.running(**options) as sandbox, mock.patch.object(AiohttpTransport, "send", recording_send):
        url = sandbox.url
        yield sandbox
    if unclosed := sum(transport.is_open for transport in used):
        warnings.warn(
            f"{unclosed} CronofyClient{'s were' if unclosed > 1 else ' was'} used with the sandbox and not closed. Create "
            "clients with `async with`, call `aclose`, or run the application's lifespan: "
            "`with TestClient(app) as http`.",
            pytest.PytestWarning,
            stacklevel=1,
        )
