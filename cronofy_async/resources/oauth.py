"""OAuth: authorization pages, and the tokens of accounts.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Collection, Mapping
from typing import Any, Final

import attrs

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..errors import ConfigurationError
from ..http import Endpoint
from ..models.oauth import RefreshedTokens, TokenResponse
from ..tokens import TokenManager
from .base import Resource, build, get, post

__all__ = ["OAuth"]


# What happens after a response: tokens expire, are stored, or are removed from the store.


async def set_expiry(response: TokenResponse, _: Json, tokens: TokenManager) -> TokenResponse:
    """Return the tokens with the time when they expire."""
    return attrs.evolve(response, expires_at=tokens.expiry(response.expires_in))


async def store_tokens(response: TokenResponse, sent: Json, tokens: TokenManager) -> TokenResponse:
    """Store the tokens of a new authorization."""
    response = await set_expiry(response, sent, tokens)
    await tokens.store(response)
    return response


def _forget_tokens(_: None, sent: Json, tokens: TokenManager) -> Awaitable[None]:
    """Remove the tokens of a revoked authorization. Not a coroutine, as no traceback may have a frame with the token."""
    return tokens.forget(sent.get("token"), sent.get("sub"))


# The documented rules.

_ACCOUNT_ID: Final = re.compile(r"(acc|apc|ser)_[0-9a-f]{24}")


def _check_page(query: Json) -> None:
    if not re.match(r"https?://.", str(query["redirect_uri"])):
        raise ValueError("redirect_uri: must begin with https:// or http://. Register that URL for your application.")
    for name in ("scope", "delegated_scope"):
        if name in query and not query[name].strip():
            raise ValueError(f"{name}: at least one scope is required, got {query[name]!r}. Pass one, or a list.")


def _check_revoke(body: Json) -> None:
    if not (body.get("token") or body.get("sub")):
        raise ValueError("token: a token or sub is required, got neither. Pass the refresh token or the account's ID.")
    if _ACCOUNT_ID.fullmatch(str(body.get("token"))):
        raise ValueError("token: expected a token, got the ID of an account. Pass it as sub.")


_PAGE: Final[Mapping[str, str]] = {"response_type": "code"}
_SCOPES: Final = ("scope", "delegated_scope")

AUTHORIZE: Final = get(
    "oauth.authorization_url",
    "/oauth/authorize",
    object,
    auth=(),
    fixed=_PAGE,
    space_separated=_SCOPES,
    check=_check_page,
)
ENTERPRISE_CONNECT: Final = get(
    "oauth.enterprise_connect_url",
    "/enterprise_connect/oauth/authorize",
    object,
    auth=(),
    fixed=_PAGE,
    space_separated=_SCOPES,
    check=_check_page,
)
ORGANIZATION_CONNECT: Final = get(
    "oauth.organization_connect_url",
    "/oauth/authorize",
    object,
    auth=(),
    fixed={**_PAGE, "scope": "organizational_unit_scheduler"},
    check=_check_page,
)
EXCHANGE: Final = post(
    "oauth.exchange",
    "/oauth/token",
    TokenResponse,
    auth={"client_in_body"},
    fixed={"grant_type": "authorization_code"},
    after=store_tokens,
)
REFRESH: Final = post(
    "oauth.refresh",
    "/oauth/token",
    TokenResponse,
    auth={"client_in_body"},
    fixed={"grant_type": "refresh_token"},
    after=set_expiry,
)
#: For accounts that refresh their own tokens.
AUTOMATIC_REFRESH: Final = post(
    REFRESH.name, REFRESH.path, RefreshedTokens, auth=REFRESH.auth, fixed=dict(REFRESH.fixed)
)
REVOKE: Final = post(
    "oauth.revoke",
    "/oauth/token/revoke",
    None,
    auth={"client_in_body"},
    idempotent=True,
    check=_check_revoke,
    after=_forget_tokens,
)


class OAuth(Resource):
    """Send users to Cronofy's authorization pages, and exchange, refresh, and revoke the tokens of their accounts."""

    __slots__ = ()

    def authorization_url(
        self,
        *,
        redirect_uri: str,
        scope: str | Collection[str],
        state: str | Unset = UNSET,
        provider_name: str | Unset = UNSET,
        avoid_linking: bool | Unset = UNSET,
        link_token: str | Unset = UNSET,
        delegated_scope: str | Collection[str] | Unset = UNSET,
        locale: str | Unset = UNSET,
    ) -> str:
        """Return the URL of the page where a user connects a calendar. No request is sent.

        Send the browser of the user there. Cronofy redirects it to ``redirect_uri`` with ``code`` and ``state``, or with
        ``error`` and ``state`` if the user denied access.

        Two authorizations in one browser connect two profiles to one account, unless ``avoid_linking`` is set.

        Args:
            redirect_uri: Your URL that the browser is redirected to afterwards (http or https).
            scope: The scopes to request: a list, or a string separated by spaces.
            state: A value that is returned unchanged. Compare it with the value in the user's session, so that no one can
                connect their calendar to the session of another user.
            provider_name: The calendar provider to preselect, such as ``google``.
            avoid_linking: Whether to ignore the account that the browser connected before.
            link_token: The token of ``link_tokens.create``: the profile is added to that account (alpha).
            delegated_scope: The scopes that the account may pass on (prerelease; Business Connect).
            locale: The language of the page, such as ``de``.

        Raises:
            ValueError: ``redirect_uri`` is not an http or https URL, or there is no scope.
            ConfigurationError: The client has no ``client_id``.

        Example::

            url = client.oauth.authorization_url(
                redirect_uri="https://app.example.com/connected", scope=["read_write"], state=secrets.token_urlsafe()
            )

        Docs: https://docs.cronofy.com/developers/api/authorization/request-authorization/
        """
        return self._page(AUTHORIZE, locals())

    def enterprise_connect_url(
        self,
        *,
        redirect_uri: str,
        scope: str | Collection[str],
        delegated_scope: str | Collection[str],
        state: str | Unset = UNSET,
        provider_name: str | Unset = UNSET,
        avoid_linking: bool | Unset = UNSET,
        link_token: str | Unset = UNSET,
    ) -> str:
        """Return the URL of the page where the administrator of an organization connects a service account.

        No request is sent. The page redirects like that of ``authorization_url``.

        Args:
            redirect_uri: Your URL that the browser is redirected to afterwards (http or https).
            scope: The scopes of the service account, such as ``service_account/accounts/manage``: a list, or a string
                separated by spaces.
            delegated_scope: The scopes that the service account may pass on to users and resources.
            state: A value that is returned unchanged; see ``authorization_url``.
            provider_name: The provider to preselect. The docs do not describe its effect here.
            avoid_linking: As for ``authorization_url``. The docs do not describe its effect here.
            link_token: As for ``authorization_url``. The docs do not describe its effect here.

        Raises:
            ValueError: ``redirect_uri`` is not an http or https URL, or there is no scope.
            ConfigurationError: The client has no ``client_id``.

        Example::

            url = client.oauth.enterprise_connect_url(
                redirect_uri="https://app.example.com/connected",
                scope=["service_account/accounts/manage", "service_account/resources/manage"],
                delegated_scope=["read_write"],
            )

        Docs: https://docs.cronofy.com/developers/api/enterprise-connect/
        """
        return self._page(ENTERPRISE_CONNECT, locals())

    def organization_connect_url(
        self, *, redirect_uri: str, state: str | Unset = UNSET, locale: str | Unset = UNSET
    ) -> str:
        """Return the URL of the page where an administrator connects an organizational unit of the Scheduler.

        No request is sent. The page redirects like that of ``authorization_url``, and ``exchange`` returns the tokens of
        the organizational unit. They have the scope ``organizational_unit_scheduler``: with them, the application creates
        scheduling requests, even for a member (``client.account(tokens, impersonate="acc_…")``).

        Args:
            redirect_uri: Your URL that the browser is redirected to afterwards (http or https).
            state: A value that is returned unchanged; see ``authorization_url``.
            locale: The language of the page, such as ``de``.

        Raises:
            ValueError: ``redirect_uri`` is not an http or https URL.
            ConfigurationError: The client has no ``client_id``.

        Example::

            url = client.oauth.organization_connect_url(redirect_uri="https://app.example.com/connected", state=state)

        Docs: https://docs.cronofy.com/developers/api/organization-connect/
        """
        return self._page(ORGANIZATION_CONNECT, locals())

    @returns_call
    def exchange(self, code: str, *, redirect_uri: str) -> Call[TokenResponse]:
        """Return the tokens of an account for the code that Cronofy sent to your ``redirect_uri``.

        The client stores the tokens in its token store, where they replace older ones of the account. From then on,
        ``client.account(sub="acc_…")`` uses them in every process that has the same store. If the store fails, the
        tokens are still returned, and the next call of the account tries to store them again.

        Args:
            code: The code. It works only once and for a short time.
            redirect_uri: The URL that the code was sent to, exactly as in the authorization URL. For a code that was sent
                to a ``callback_url``, that URL.

        Raises:
            OAuthError: The code is unknown or was used, or the ``redirect_uri`` differs (``invalid_grant``).

        Example::

            tokens = await client.oauth.exchange(code, redirect_uri="https://app.example.com/connected")
            account = client.account(tokens)

        Docs: https://docs.cronofy.com/developers/api/authorization/request-token/
        """
        return self._call(EXCHANGE, locals())

    @returns_call
    def refresh(self, refresh_token: str) -> Call[TokenResponse]:
        """Return a new access token, and possibly a new refresh token, for a refresh token. Nothing is stored.

        Accounts from ``CronofyClient.account`` refresh their own tokens, one refresh at a time, and store the result.

        Args:
            refresh_token: The account's refresh token.

        Returns:
            A call for the tokens. If there is a new refresh token, it replaces the old one: store it.

        Raises:
            OAuthError: Cronofy rejected the refresh token (``invalid_grant``).

        Docs: https://docs.cronofy.com/developers/api/authorization/refresh-token/
        """
        return self._call(REFRESH, locals())

    @returns_call
    def revoke(
        self, token: str | Unset = UNSET, *, sub: str | Unset = UNSET, request_pii_erasure: bool | Unset = UNSET
    ) -> Call[None]:
        """End the authorization of an account, and remove its tokens from the client and its token store.

        Revoking a service account also revokes the users that were authorized through it.

        Args:
            token: The refresh token (recommended), or a valid access token. It takes precedence over ``sub``.
            sub: The ID of the account. Also pass it with a token that this client has not used yet, because a token store is
                searched by this ID.
            request_pii_erasure: Whether Cronofy should also erase personal data. Only an official SDK documents this.

        Raises:
            ValueError: There is neither a token nor a ``sub``.
            OAuthError: The credentials of the application are wrong (``invalid_client``).
            TokensNotSaved: The authorization is revoked, but the token store still has the tokens.

        Example::

            await client.oauth.revoke(sub="acc_5700a00eb0ccd07000000000")

        Docs: https://docs.cronofy.com/developers/api/authorization/revoke/
        """
        return self._call(REVOKE, locals())

    def _page(self, endpoint: Endpoint[object], arguments: Mapping[str, Any]) -> str:
        client_id = self._sender.client_id
        if client_id is None:
            raise ConfigurationError(f"{endpoint} needs the application's client_id. Pass it to the client.")
        target, _ = build(endpoint, {"client_id": client_id, **arguments}, validate=self._sender.validate)
        return self._sender.app_url + target
