"""Sign requests with the credential that they name, and refresh an access token once if it was rejected."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Final

import attrs

from ..errors import ConfigurationError
from ..http import AccountToken, ApiKey, RawResponse, Request
from ..tokens import Refresh, TokenManager
from . import Handler

__all__ = ["AuthLayer"]

IMPERSONATE: Final = "Cronofy-Impersonate"


class AuthLayer:
    """Adds credentials to requests.

    Args:
        client_id: The application's ID.
        client_secret: The application's secret, which is also its API key.
        tokens: The manager of the accounts' tokens.
        refresh: The function that sends a token refresh; see :class:`~cronofy_async.tokens.TokenManager`.
    """

    def __init__(
        self,
        client_id: str | None,
        client_secret: str | None,
        tokens: TokenManager,
        refresh: Refresh,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._tokens = tokens
        self._refresh = refresh
        self._signed: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})

    def __call__(self, request: Request, call_next: Handler, /) -> Awaitable[RawResponse]:
        credential = request.credential
        if isinstance(credential, ApiKey):
            return call_next(request.evolve(headers=self._with_api_key(request)))
        if isinstance(credential, AccountToken):
            sub = credential.impersonate
            request = request if sub is None else request.with_headers({IMPERSONATE: sub})
            return self._as_account(request, credential.account, call_next)
        return call_next(self._in_body(request))

    async def _as_account(self, request: Request, account: str, call_next: Handler) -> RawResponse:
        tokens = await self._tokens.current(account, self._refresh)
        response = await call_next(_bearer(request, tokens.access_token))
        if response.status != 401 or tokens.refresh_token is None:
            return response
        if request.deadline is not None:
            request.deadline.pause()  # a refresh has a deadline of its own, and also waits for a permit
        refreshed = await self._tokens.replace(account, tokens, self._refresh)
        if refreshed is None:
            return response
        second = await call_next(_bearer(request, refreshed.access_token))
        return attrs.evolve(second, attempts=response.attempts + second.attempts)

    def _in_body(self, request: Request) -> Request:
        if self._client_id is None:
            raise ConfigurationError(f"{request.endpoint} needs the application's client_id")
        if self._client_secret is None:
            raise ConfigurationError(f"{request.endpoint} needs the application's client_secret")
        body = request.body or b"{}"
        if not body.lstrip().startswith(b"{"):
            del body  # before it is shown in a report with local variables
            raise ValueError(
                'json: must be an object, because credential="body" adds client_id and client_secret to it'
            )
        application = {"client_id": self._client_id, "client_secret": self._client_secret}
        return request.evolve(body=json.dumps(application | json.loads(body)).encode())

    def _with_api_key(self, request: Request) -> Mapping[str, str]:
        """Return the signed headers. Requests with the same headers share one mapping, which the transport may cache."""
        if self._client_secret is None:
            raise ConfigurationError(f"{request.endpoint} needs the application's client_secret")
        headers, signed = self._signed
        if headers is not request.headers:
            headers = request.headers
            signed = _with_token(headers, self._client_secret)
            self._signed = headers, signed
        return signed


def _bearer(request: Request, token: str) -> Request:
    return request.evolve(headers=_with_token(request.headers, token))


def _with_token(headers: Mapping[str, str], token: str) -> Mapping[str, str]:
    return {**headers, "Authorization": f"Bearer {token}"}
