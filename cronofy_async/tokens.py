"""Access tokens: where they are kept, and how they are renewed.

A refresh may replace the refresh token, so its answer must not be lost and must not be asked for twice at once. There
is one refresh at a time for an account, in a task of its own that no caller's cancellation stops, and new tokens are
stored before they are used.

Docs: https://docs.cronofy.com/developers/api/authorization/refresh-token/
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import weakref
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

import attrs

from ._clock import Clock
from ._redaction import hide
from .errors import (
    AuthorizationRevoked,
    ConfigurationError,
    DeadlineExceeded,
    DecodeError,
    OAuthError,
    TokensNotSaved,
    TokensUnknown,
    TransportError,
)

__all__ = ["MemoryTokenStore", "TokenManager", "TokenStore", "Tokens"]

logger = logging.getLogger("cronofy_async")

_EARLY: Final = timedelta(seconds=60)


@attrs.frozen(kw_only=True)
class Tokens:
    """The tokens of one account. They do not show in a ``repr``, and pickle whole.

    Args:
        access_token: what calls are made with.
        refresh_token: what renews it; without one, an expired access token ends in ``Unauthorized``.
        sub: the account's id, where it is known.
        expires_at: when the access token expires, where it is known; it is renewed a minute before.
        scope: the scopes granted, separated by spaces.
    """

    access_token: str = attrs.field(repr=hide)
    refresh_token: str | None = attrs.field(default=None, repr=hide)
    sub: str | None = None
    expires_at: datetime | None = None
    scope: str | None = None

    def renewed(self, answer: Mapping[str, Any], now: datetime) -> Tokens:
        """The tokens after a refresh: what the answer does not repeat stays. It never fails, so that none get lost."""
        return Tokens(
            access_token=answer["access_token"],
            refresh_token=_text(answer.get("refresh_token")) or self.refresh_token,
            sub=_text(answer.get("sub")) or self.sub,
            expires_at=_after(now, answer.get("expires_in")),
            scope=_text(answer.get("scope")) or self.scope,
        )

    def expire_soon(self, now: datetime) -> bool:
        """Whether the access token is known to expire within a minute."""
        return self.expires_at is not None and self.expires_at - now <= _EARLY


class TokenStore(Protocol):
    """Keeps tokens by account, for one process or for many."""

    async def load(self, sub: str) -> Tokens | None:
        """Find the tokens of an account."""
        ...

    async def swap(self, sub: str, old: Tokens | None, new: Tokens) -> bool:
        """Store ``new`` if ``old`` is what is stored; say whether it was."""
        ...

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        """Keep others from refreshing this account's tokens meanwhile."""
        ...


class MemoryTokenStore:
    """Keeps tokens in this process, until it ends."""

    def __init__(self, tokens: Mapping[str, Tokens] | None = None) -> None:
        self._tokens = dict(tokens or {})
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def load(self, sub: str) -> Tokens | None:
        return self._tokens.get(sub)

    async def swap(self, sub: str, old: Tokens | None, new: Tokens) -> bool:
        if self._tokens.get(sub) != old:
            return False
        self._tokens[sub] = new
        return True

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        return self._locks.setdefault(sub, asyncio.Lock())


Refresh: TypeAlias = Callable[[str], Awaitable[Mapping[str, Any]]]


_Pair: TypeAlias = tuple[str, str | None]
_REMEMBERED: Final = 32


@attrs.define
class _Account:
    key: str
    tokens: Tokens | None = None
    seen: dict[_Pair, None] = attrs.field(factory=dict[_Pair, None])
    unsaved_over: Tokens | None = None
    unsaved: bool = False
    refreshing: asyncio.Task[Tokens] | None = None

    def use(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.remember(tokens)

    def remember(self, tokens: Tokens) -> bool:
        """Keep the token values in mind; say whether they were in use before. The longest unseen are forgotten."""
        known = _pair(tokens) in self.seen
        self.seen.pop(_pair(tokens), None)
        self.seen[_pair(tokens)] = None
        if len(self.seen) > _REMEMBERED:
            del self.seen[next(iter(self.seen))]
        return known


class TokenManager:
    """Knows the tokens of every account of a client, and renews them.

    Args:
        store: where tokens are kept.
        clock: what expiry is measured with.

    Where a method takes ``refresh``, that asks Cronofy for new tokens, given a refresh token, and returns the JSON of
    the answer.
    """

    def __init__(self, store: TokenStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._accounts: dict[str, _Account] = {}

    def add(self, tokens: Tokens | None, sub: str | None = None) -> str:
        """Take up an account, by its tokens or by its ``sub``; return the key to ask for its tokens with.

        Tokens that were in use before are ignored: they may be older than those at hand. Others come from a new
        authorization, and take their place.
        """
        key = sub or (tokens.sub or _fingerprint(tokens) if tokens else None)
        if key is None:
            raise ConfigurationError("an account needs its tokens, or its sub and a token store")
        account = self._accounts.setdefault(key, _Account(key))
        if tokens is not None and not account.remember(tokens):
            if account.tokens is not None and not account.unsaved:
                account.unsaved, account.unsaved_over = True, account.tokens
            account.use(tokens)
        return key

    def secrets(self, key: str) -> list[str]:
        """The token values of an account, older ones too, so that they can be kept out of what is shown."""
        return [token for pair in self._accounts[key].seen for token in pair if token]

    def secrets_beside(self, token: str) -> list[str]:
        """The token values of whatever account has ``token``."""
        keys = [key for key, account in self._accounts.items() if any(token in pair for pair in account.seen)]
        return [secret for key in keys for secret in self.secrets(key)]

    async def settle(self) -> None:
        """Wait until refreshes that were started are over: new tokens that are being stored must not get lost."""
        loop = asyncio.get_running_loop()
        tasks = [task for one in self._accounts.values() if (task := one.refreshing) and task.get_loop() is loop]
        if tasks:
            await asyncio.wait(tasks)

    async def current(self, key: str, refresh: Refresh) -> Tokens:
        """The tokens to use now, renewed if they are about to expire."""
        account = self._accounts[key]
        if account.tokens is None or account.unsaved:
            return await self._once(account, None, refresh)
        if account.tokens.refresh_token is not None and account.tokens.expire_soon(self._clock.now()):
            return await self._once(account, account.tokens, refresh)
        return account.tokens

    async def renew(self, key: str, rejected: Tokens, refresh: Refresh) -> Tokens | None:
        """The tokens to use after Cronofy did not take ``rejected``; ``None`` if there are no others to be had."""
        account = self._accounts[key]
        if account.tokens is not None and account.tokens.access_token != rejected.access_token:
            return await self.current(key, refresh)  # somebody renewed them meanwhile
        renewed = await self._once(account, rejected, refresh)
        return renewed if renewed.access_token != rejected.access_token else None

    async def _once(self, account: _Account, stale: Tokens | None, refresh: Refresh) -> Tokens:
        task = account.refreshing
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = account.refreshing = asyncio.create_task(self._renew(account, stale, refresh))
            task.add_done_callback(_retrieve)
        return await asyncio.shield(task)

    async def _renew(self, account: _Account, stale: Tokens | None, refresh: Refresh) -> Tokens:
        async with self._store.lock(account.key):
            if account.unsaved:
                await self._save(account)
            stored = await self._store.load(account.key)
            known = account.tokens
            if stored is not None and (known is None or _pair(stored) != _pair(known)):
                account.use(stored)  # another process was faster
                known = stored
            if known is None:
                raise ConfigurationError(f"the token store holds no tokens for {account.key}")
            if stale is None or known.access_token != stale.access_token or known.refresh_token is None:
                return known
            answer = await self._ask(account, known, known.refresh_token, refresh)
            if isinstance(answer, Tokens):
                return answer
            if account.tokens is known:  # else they were replaced by a new authorization meanwhile
                account.use(known.renewed(answer, self._clock.now()))
                account.unsaved, account.unsaved_over = True, stored
            return await self._save(account)

    async def _ask(
        self, account: _Account, known: Tokens, refresh_token: str, refresh: Refresh
    ) -> Mapping[str, Any] | Tokens:
        """Cronofy's answer, or the tokens that another process got meanwhile."""
        try:
            return await refresh(refresh_token)
        except OAuthError as error:
            if error.error != "invalid_grant":
                raise
            again = await self._store.load(account.key)
            if again is not None and again.refresh_token != refresh_token:
                account.use(again)
                return again
            raise AuthorizationRevoked(
                "Cronofy does not take the refresh token any more: ask the user to authorize again", sub=known.sub
            ) from error
        except (TransportError, DeadlineExceeded, DecodeError) as error:
            if isinstance(error, TransportError) and error.sent == "no":
                raise
            raise TokensUnknown(
                "the answer to a token refresh was lost; make the call again to try once more", sub=known.sub
            ) from error

    async def _save(self, account: _Account) -> Tokens:
        tokens = account.tokens
        assert tokens is not None
        try:
            swapped = await self._store.swap(account.key, account.unsaved_over, tokens)
        except Exception as error:
            logger.warning("new tokens could not be stored: %s", type(error).__name__)
            raise TokensNotSaved(
                "new tokens could not be stored; they stay in memory, and the next call tries again", sub=tokens.sub
            ) from error
        if not swapped:
            # Another process stored others meanwhile; those are the newest.
            tokens = await self._store.load(account.key) or tokens
            account.use(tokens)
        account.unsaved, account.unsaved_over = False, None
        return tokens


def _retrieve(task: asyncio.Task[Tokens]) -> None:
    # The callers may all be gone: without this, an error would be reported as never retrieved.
    if not task.cancelled():
        task.exception()


def _pair(tokens: Tokens) -> _Pair:
    return tokens.access_token, tokens.refresh_token


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _after(now: datetime, seconds: object) -> datetime | None:
    try:
        return now + timedelta(seconds=seconds) if isinstance(seconds, int) else None
    except OverflowError:
        return None


def _fingerprint(tokens: Tokens) -> str:
    secret = tokens.refresh_token or tokens.access_token
    return "tokens-" + hashlib.sha256(secret.encode()).hexdigest()[:16]
