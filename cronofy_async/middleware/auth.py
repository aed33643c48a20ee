"""Sign requests with their credential, and refresh an account's tokens when they have expired."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import attrs

from .._redaction import hide
from ..errors import ConfigurationError
from ..http import AccountToken, Endpoint, RawResponse, Request
from ..tokens import Refresh, TokenManager
from . import Handler

__all__ = ["AuthLayer", "ClientKeys"]


@attrs.define(kw_only=True, eq=False)
class ClientKeys:
    """The secrets of an application, and the tokens of its accounts."""

    id: str | None = None
    secret: str | None = attrs.field(default=None, repr=hide)
    admin: str | None = attrs.field(default=None, repr=hide)
    tokens: TokenManager
    _signed: tuple[Mapping[str, str], Mapping[str, str]] = attrs.field(default=({}, {}), init=False, repr=False)

    def client_id(self, endpoint: Endpoint[Any]) -> str:
        return _require(self.id, "client_id", endpoint)

    def client_secret(self, endpoint: Endpoint[Any]) -> str:
        return _require(self.secret, "client_secret", endpoint)

    def admin_key(self, endpoint: Endpoint[Any]) -> str:
        return _require(self.admin, "admin API key", endpoint)

    def with_client_secret(self, request: Request) -> Mapping[str, str]:
        # Most requests have the same headers. They are signed once, so the transport can also convert them once.
        headers, signed = self._signed
        if headers is not request.headers:
            headers = request.headers
            signed = {**headers, "Authorization": f"Bearer {self.client_secret(request.endpoint)}"}
            self._signed = headers, signed
        return signed

    def account_secrets(self, account: str) -> list[str]:
        return self.tokens.secrets(account)


def _require(secret: str | None, name: str, endpoint: Endpoint[Any]) -> str:
    if secret is None:
        raise ConfigurationError(f"{endpoint} needs the application's {name}. Pass it to the client.")
    return secret


class AuthLayer:
    """Sign each request. If an account's tokens are rejected, refresh them and send the request once more.

    Args:
        keys: The secrets to sign with.
        refresh: Requests new tokens.
    """

    def __init__(self, keys: ClientKeys, refresh: Refresh) -> None:
        self._keys = keys
        self._refresh = refresh

    def __call__(self, request: Request, call_next: Handler, /) -> Awaitable[RawResponse]:
        credential = request.credential
        if isinstance(credential, AccountToken):
            return self._send_as_account(request, credential, call_next)
        return call_next(credential.sign(request, self._keys))

    async def _send_as_account(self, request: Request, credential: AccountToken, call_next: Handler) -> RawResponse:
        manager, account = self._keys.tokens, credential.account
        tokens = await manager.current(account, self._refresh)
        response = await call_next(credential.sign(request, tokens.access_token))
        if response.status != 401 or tokens.refresh_token is None:
            return response
        if request.deadline is not None:
            request.deadline.pause()  # a refresh has its own deadline, and also waits for a permit
        refreshed = await manager.replace(account, tokens, self._refresh)
        if refreshed is None:
            return response
        retried = await call_next(credential.sign(request, refreshed.access_token))
        return attrs.evolve(retried, attempts=response.attempts + retried.attempts)
