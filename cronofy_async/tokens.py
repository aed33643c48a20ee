"""Store and refresh access tokens.

A refresh may replace the refresh token, so its response must not be lost, and two refreshes must not overlap. Each
account has at most one refresh at a time, in a separate task: canceling a caller or closing the client does not stop it
once its request was sent. New tokens are stored before they are used.

Docs: https://docs.cronofy.com/developers/api/authorization/refresh-token/
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

import attrs

from ._clock import Clock
from ._redaction import hide, text_copy
from .errors import (
    ApiError,
    AuthorizationRevoked,
    ClientClosedError,
    ConfigurationError,
    OAuthError,
    TokensNotSaved,
    TokensUnknown,
    TransportError,
)

__all__ = ["MemoryTokenStore", "TokenManager", "TokenStore", "Tokens"]

logger = logging.getLogger("cronofy_async")

_REFRESH_MARGIN: Final = timedelta(seconds=60)


@attrs.frozen(kw_only=True)
class Tokens:
    """The tokens of one account. Token values are hidden in a ``repr``, but pickled.

    Args:
        access_token: The bearer token that calls are made with.
        refresh_token: The token that gets a new access token. Without it, a call with an expired access token raises
            ``Unauthorized``.
        sub: The account's ID, if known.
        expires_at: When the access token expires, if known. It is refreshed 60 seconds earlier.
        scope: The granted scopes, separated by spaces.
    """

    access_token: str = attrs.field(repr=hide)
    refresh_token: str | None = attrs.field(default=None, repr=hide)
    sub: str | None = None
    expires_at: datetime | None = None
    scope: str | None = None

    def refreshed(self, response: Mapping[str, Any], now: datetime) -> Tokens:
        """Return the tokens after a refresh. Members that the response lacks keep their values.

        Never raises, even if other members are invalid: an exception would lose the new tokens.
        """
        return Tokens(
            access_token=response["access_token"],
            refresh_token=_text(response.get("refresh_token")) or self.refresh_token,
            sub=_text(response.get("sub")) or self.sub,
            expires_at=_after(now, response.get("expires_in")),
            scope=_text(response.get("scope")) or self.scope,
        )

    def expires_soon(self, now: datetime) -> bool:
        """Return whether the access token is known to expire within 60 seconds."""
        return self.expires_at is not None and self.expires_at - now <= _REFRESH_MARGIN


class TokenStore(Protocol):
    """Stores tokens by account, for one process or several."""

    async def load(self, sub: str) -> Tokens | None:
        """Return the stored tokens of an account, or ``None``."""
        ...

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        """Replace ``old`` with ``new`` if ``old`` is stored, and return whether it was. ``None`` stands for no tokens.

        ``new`` is ``None`` after ``oauth.revoke``: remove the stored tokens. If the authorization ended elsewhere, the
        tokens stay stored until a new authorization replaces them.
        """
        ...

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        """Return a context manager that keeps other clients from refreshing this account's tokens."""
        ...


class MemoryTokenStore:
    """Keeps tokens in memory until the process ends."""

    def __init__(self, tokens: Mapping[str, Tokens] | None = None) -> None:
        self._tokens = dict(tokens or {})
        self._locks: _Locks = weakref.WeakKeyDictionary()

    async def load(self, sub: str) -> Tokens | None:
        return self._tokens.get(sub)

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        if self._tokens.get(sub) != old:
            return False
        if new is None:
            self._tokens.pop(sub, None)
        else:
            self._tokens[sub] = new
        return True

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        # One lock per event loop: a loop that was closed during a refresh never releases its lock.
        locks = self._locks.setdefault(asyncio.get_running_loop(), weakref.WeakValueDictionary())
        return locks.setdefault(sub, asyncio.Lock())


_Locks: TypeAlias = weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.WeakValueDictionary[str, asyncio.Lock]]

Refresh: TypeAlias = Callable[[Tokens, Callable[[], object]], Awaitable[Mapping[str, Any]]]
_TokenPair: TypeAlias = tuple[str, str | None]
_MAX_REMEMBERED: Final = 32

#: The prefix of the key of an account whose ID is unknown.
_UNNAMED_PREFIX: Final = "tokens-"


@attrs.define
class _Account:
    key: str
    tokens: Tokens | None = None
    #: Token values seen so far, in order of last use.
    seen: dict[_TokenPair, None] = attrs.field(factory=dict[_TokenPair, None], repr=False)
    unsaved: bool = False
    #: The tokens that the store is expected to hold while there are unsaved tokens.
    expected_in_store: Tokens | None = None
    #: Whether the unsaved tokens come from a new authorization, and replace all stored ones.
    authorized: bool = False
    refreshing: asyncio.Task[Tokens] | None = None
    #: Whether the refresh was sent and its result is not stored yet.
    sent: bool = False

    def use(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.remember(tokens)

    def mark_sent(self) -> None:
        self.sent = True

    def forget(self) -> None:
        self.tokens = self.expected_in_store = None
        self.unsaved = self.authorized = False

    def remember(self, tokens: Tokens) -> bool:
        """Remember the token values and forget the least recently used. Return whether they were known."""
        is_known = _pair(tokens) in self.seen
        self.seen.pop(_pair(tokens), None)
        self.seen[_pair(tokens)] = None
        if len(self.seen) > _MAX_REMEMBERED:
            del self.seen[next(iter(self.seen))]
        return is_known


class TokenManager:
    """Caches and refreshes the access tokens of a client's accounts, one refresh at a time per account.

    Args:
        store: Where tokens are stored.
        clock: The clock that decides whether a token has expired.

    Methods with a ``refresh`` parameter take a function that sends the request: ``await refresh(tokens, on_sent)``
    returns the JSON of the response, and calls ``on_sent`` whenever a request is sent.
    """

    def __init__(self, store: TokenStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._closed = False

    def add(self, tokens: Tokens | None, sub: str | None = None) -> str:
        """Register an account by its tokens or its ``sub``, and return its key.

        Tokens that were in use before are ignored, because they may be older than the current ones. Unknown tokens
        come from a new authorization and replace the current ones.

        Raises:
            ConfigurationError: Neither ``tokens`` nor ``sub`` is given.
        """
        key = sub or (tokens.sub or _fingerprint(tokens) if tokens else None)
        if key is None:
            raise ConfigurationError("an account needs its tokens, or its sub and a token store")
        account = self._accounts.setdefault(key, _Account(key))
        if tokens is not None and (not account.remember(tokens) or account.tokens is None):
            if account.tokens is not None and not account.unsaved:
                account.unsaved, account.expected_in_store = True, account.tokens
            account.use(_without_extra(tokens))
        return key

    def expiry(self, seconds: int | None) -> datetime | None:
        """Return when an access token expires, from the ``expires_in`` of a response."""
        return _after(self._clock.now(), seconds)

    async def store(self, tokens: Tokens) -> None:
        """Use and store the tokens of a new authorization, which replace all others of the account.

        If they cannot be stored they stay in memory, and the next call of the account tries again. Nothing is raised,
        because the caller would lose the tokens. Tokens without ``sub`` are not stored.
        """
        if tokens.sub is None:
            return
        account = self._accounts[self.add(tokens)]
        account.unsaved = account.authorized = True
        try:
            async with self._store.lock(account.key):
                await self._save(account)
        except TokensNotSaved:
            pass  # logged
        except Exception as error:
            logger.warning("new tokens could not be stored: %s", type(error).__name__)

    async def forget(self, token: str | None, sub: str | None) -> None:
        """Remove the tokens of an account whose authorization was revoked, from memory and the store.

        Args:
            token: One of the tokens in use.
            sub: The account, unless ``token`` belongs to one.

        Raises:
            TokensNotSaved: They could not be removed from the store.
        """
        in_use = [(key, account.tokens) for key, account in self._accounts.items() if account.tokens is not None]
        keys = [key for key, tokens in in_use if token and token in _pair(tokens)] or ([sub] if sub else [])
        del token  # no traceback should show it
        for key in keys:
            account = self._accounts.setdefault(key, _Account(key))
            try:
                async with self._store.lock(key):  # waits until a refresh in progress has stored its tokens
                    account.forget()
                    stored = await self._store.load(key)
                    if stored is not None:
                        account.remember(stored)
                        await self._store.swap(key, stored, None)
            except Exception as error:
                cause = text_copy(error, self.secrets(key))
            else:
                continue
            raise TokensNotSaved(
                "the authorization is revoked, but the token store still has its tokens. Make the call again.", sub=key
            ) from cause

    def secrets(self, key: str) -> list[str]:
        """Return the token values of an account, including replaced ones, for redaction."""
        return [token for pair in self._accounts[key].seen for token in pair if token]

    def secrets_related_to(self, token: str) -> list[str]:
        """Return the token values of every account that has, or had, this token."""
        keys = [key for key, account in self._accounts.items() if any(token in pair for pair in account.seen)]
        return [secret for key in keys for secret in self.secrets(key)]

    async def aclose(self) -> None:
        """Wait until refreshes that were sent are stored, and cancel those that were not sent yet.

        If canceled meanwhile, it still waits, then raises the cancellation: a lost response would lose the authorization.
        """
        self._closed = True
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[Tokens]] = []
        for account in self._accounts.values():
            task = account.refreshing
            if task is not None and task.get_loop() is loop:
                tasks.append(task)
                if not account.sent:
                    task.cancel()
        await _wait_until_done(tasks)

    async def current(self, key: str, refresh: Refresh) -> Tokens:
        """Return the tokens to use now, refreshed if they are about to expire."""
        account = self._accounts[key]
        if account.tokens is None or account.unsaved:
            return await self._await_refresh(account, None, refresh)
        if account.tokens.refresh_token is not None and account.tokens.expires_soon(self._clock.now()):
            return await self._await_refresh(account, account.tokens, refresh)
        return account.tokens

    async def replace(self, key: str, rejected: Tokens, refresh: Refresh) -> Tokens | None:
        """Return the tokens to use after ``rejected`` got a 401, or ``None`` if there are no others."""
        account = self._accounts[key]
        if account.tokens is not None and account.tokens.access_token != rejected.access_token:
            return await self.current(key, refresh)  # refreshed meanwhile
        tokens = await self._await_refresh(account, rejected, refresh)
        return tokens if tokens.access_token != rejected.access_token else None

    async def _await_refresh(self, account: _Account, stale: Tokens | None, refresh: Refresh) -> Tokens:
        """Wait for the account's refresh. Start one unless it is running."""
        task = account.refreshing
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            if self._closed:
                raise ClientClosedError("the client is closed")
            account.sent = False
            task = account.refreshing = asyncio.create_task(self._refresh(account, stale, refresh))
            task.add_done_callback(_mark_retrieved)
        return await asyncio.shield(task)

    async def _refresh(self, account: _Account, stale: Tokens | None, refresh: Refresh) -> Tokens:
        async with self._store.lock(account.key):
            if account.unsaved:
                await self._save(account)
            stored = await self._store.load(account.key)
            tokens = account.tokens
            if stored is not None and (tokens is None or _pair(stored) != _pair(tokens)):
                account.use(stored)  # another process was faster
                tokens = stored
            if tokens is None:
                raise AuthorizationRevoked(
                    f"the token store holds no tokens for {account.key}: it never authorized the application, or its "
                    "authorization was revoked. Ask the user to authorize.",
                    sub=None if account.key.startswith(_UNNAMED_PREFIX) else account.key,
                )
            if stale is None or tokens.access_token != stale.access_token or tokens.refresh_token is None:
                return tokens
            try:
                refreshed = tokens.refreshed(await self._send(account, tokens, refresh), self._clock.now())
            except OAuthError as error:
                rejection = error
            else:
                if account.tokens is tokens:  # otherwise, a new authorization replaced them
                    account.use(refreshed)
                    account.unsaved, account.expected_in_store = True, stored
                return await self._save(account)
            return await self._handle_rejection(account, tokens, rejection)

    async def _send(self, account: _Account, tokens: Tokens, refresh: Refresh) -> Mapping[str, Any]:
        """Send the refresh. Raise ``TokensUnknown`` if it was sent, but its response was lost."""
        try:
            return await refresh(tokens, account.mark_sent)
        except ApiError:
            raise
        except (Exception, asyncio.CancelledError) as error:
            if not account.sent or (isinstance(error, TransportError) and error.sent == "no"):
                raise
            lost = error
        raise TokensUnknown(
            "the response to a token refresh was lost. Make the call again to retry.", sub=tokens.sub
        ) from lost

    async def _handle_rejection(self, account: _Account, tokens: Tokens, error: OAuthError) -> Tokens:
        """Return the tokens that another process stored meanwhile, if that is why the refresh token was rejected."""
        if error.error != "invalid_grant":
            raise error
        stored = await self._store.load(account.key)
        if stored is not None and stored.refresh_token != tokens.refresh_token:
            account.use(stored)
            return stored
        raise AuthorizationRevoked(
            "the refresh token is no longer valid. Ask the user to authorize again.", sub=tokens.sub
        ) from error

    async def _save(self, account: _Account) -> Tokens:
        """Store the account's tokens. If canceled, try once more before raising the cancellation."""
        try:
            return await self._swap(account)
        except asyncio.CancelledError:
            await self._swap(account)
            raise

    async def _swap(self, account: _Account) -> Tokens:
        tokens = account.tokens
        assert tokens is not None
        try:
            if account.authorized:
                account.expected_in_store = await self._store.load(account.key)
            swapped = await self._store.swap(account.key, account.expected_in_store, tokens)
        except Exception as error:
            logger.warning("new tokens could not be stored: %s", type(error).__name__)
            cause = text_copy(error, self.secrets(account.key))  # errors of database drivers show parameters
        else:
            if not swapped:  # another process stored newer tokens meanwhile
                tokens = await self._store.load(account.key) or tokens
                account.use(tokens)
            account.unsaved, account.expected_in_store, account.authorized = False, None, False
            return tokens
        raise TokensNotSaved(
            "new tokens could not be stored. They stay in memory, and the next call tries again.", sub=tokens.sub
        ) from cause


async def _wait_until_done(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Wait for tasks, even if canceled meanwhile; then raise the cancellation."""
    cancelled: asyncio.CancelledError | None = None
    while running := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _mark_retrieved(task: asyncio.Task[Tokens]) -> None:
    # If all callers were canceled, asyncio would report that the error was never retrieved.
    if not task.cancelled():
        task.exception()


def _without_extra(tokens: Tokens) -> Tokens:
    """Return the tokens of a response as plain ``Tokens``, as the store keeps them."""
    return Tokens(**{field.name: getattr(tokens, field.name) for field in attrs.fields(Tokens)})


def _pair(tokens: Tokens) -> _TokenPair:
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
    return _UNNAMED_PREFIX + hashlib.sha256(secret.encode()).hexdigest()[:16]
