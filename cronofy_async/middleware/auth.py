"""Adding the credential that a request names, and renewing it once if it has expired."""

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
    """Knows the application's id and secret, and whom to ask for the tokens of accounts."""

    def __init__(
        self,
        client_id: str | None,
        client_secret: str | None,
        keeper: TokenManager,
        refresh: Refresh,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._keeper = keeper
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
        tokens = await self._keeper.current(account, self._refresh)
        response = await call_next(_bearer(request, tokens.access_token))
        if response.status != 401 or tokens.refresh_token is None:
            return response
        if request.deadline is not None:
            request.deadline.hold()  # a refresh has a deadline of its own, and waits for permits as well
        renewed = await self._keeper.renew(account, tokens, self._refresh)
        if renewed is None:
            return response
        answer = await call_next(_bearer(request, renewed.access_token))
        return attrs.evolve(answer, attempts=response.attempts + answer.attempts)

    def _in_body(self, request: Request) -> Request:
        if self._client_id is None:
            raise ConfigurationError(f"{request.endpoint} needs the application's client_id")
        application = {"client_id": self._client_id, "client_secret": self._secret(request)}
        return request.evolve(body=json.dumps(application | json.loads(request.body or b"{}")).encode())

    def _with_api_key(self, request: Request) -> Mapping[str, str]:
        """The headers; those that many requests have in common are made once, so that the transport can do so too."""
        headers, signed = self._signed
        if headers is not request.headers:
            headers = request.headers
            signed = _with_token(headers, self._secret(request))
            self._signed = headers, signed
        return signed

    def _secret(self, request: Request) -> str:
        if self._client_secret is None:
            raise ConfigurationError(f"{request.endpoint} needs the application's client_secret")
        return self._client_secret


def _bearer(request: Request, token: str) -> Request:
    return request.evolve(headers=_with_token(request.headers, token))


def _with_token(headers: Mapping[str, str], token: str) -> Mapping[str, str]:
    return {**headers, "Authorization": f"Bearer {token}"}
