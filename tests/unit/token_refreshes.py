"""Refresh requests and a token store that fail when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from cronofy_async import (
    MemoryTokenStore,
    OAuthError,
    Tokens,
    TokenStore,
)
from cronofy_async._api_error import api_error
from cronofy_async.resources.oauth import REFRESH
from cronofy_async.tokens import TokenManager

from .support import json_response, request
from .virtual_clock import VirtualClock

OLD = Tokens(access_token="a1", refresh_token="r1", sub="acc_1")
NEW = Tokens(access_token="a2", refresh_token="r2", sub="acc_1")


class Refreshes:
    """A server for refreshes: it counts them, can be paused, and returns or raises the given responses in order."""

    def __init__(self, *responses: Mapping[str, Any] | Exception) -> None:
        self.requested: list[str] = []
        self.gate: asyncio.Event | None = None
        self._responses = list(responses)

    async def __call__(self, tokens: Tokens, on_sent: Callable[[], object]) -> Mapping[str, Any]:
        self.requested.append(tokens.refresh_token or "")
        on_sent()
        if self.gate is not None:
            await self.gate.wait()
        number = len(self.requested) + 1
        result = (
            self._responses.pop(0) if self._responses else {"access_token": f"a{number}", "refresh_token": f"r{number}"}
        )
        if isinstance(result, Exception):
            raise result
        return result


class LoggingStore(MemoryTokenStore):
    """A store that logs its calls and fails ``failures`` times."""

    def __init__(self, tokens: Mapping[str, Tokens] | None = None) -> None:
        super().__init__(tokens)
        self.log: list[str] = []
        self.failures = 0
        self.before_load: list[Callable[[], Awaitable[object]]] = []

    async def load(self, sub: str) -> Tokens | None:
        self.log.append("load")
        if self.before_load:
            await self.before_load.pop(0)()
        return await super().load(sub)

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        self.log.append(f"swap {old and old.access_token} {new and new.access_token}")
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        return await super().swap(sub, old, new)


def oauth_error(code: str) -> OAuthError:
    error = api_error(request(REFRESH), json_response({"error": code}, 400))
    assert isinstance(error, OAuthError)
    return error


def manager_with(
    clock: VirtualClock, store: TokenStore | None = None, tokens: Tokens | None = OLD
) -> tuple[TokenManager, str]:
    manager = TokenManager(store or MemoryTokenStore(), clock)
    return manager, manager.add(tokens, "acc_1")
