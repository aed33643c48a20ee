"""Service accounts: authorize the users and resources of an organization, as its administrator permits.

Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from .._json import Json
from .._unset import UNSET, Unset
from ..call import Call, returns_call
from ..models.oauth import TokenResponse
from ..models.service_accounts import ServiceAccountAuthorization, check_authorization, check_authorizations
from .base import Resource, post
from .oauth import store_tokens

__all__ = ["ServiceAccounts"]

_AUTHORIZATIONS: Final = "/v1/service_account_authorizations"
_MANAGE: Final = "service_account/accounts/manage"

# A second request only leads to a second callback, with another code.
AUTHORIZE: Final = post(
    "service_accounts.authorize",
    _AUTHORIZATIONS,
    None,
    auth={"account"},
    scope=_MANAGE,
    space_separated=("scope",),
    check=check_authorization,
    idempotent=True,
)
AUTHORIZE_INLINE: Final = post(
    "service_accounts.authorize_inline",
    _AUTHORIZATIONS,
    TokenResponse,
    auth={"account"},
    scope=_MANAGE,
    fixed={"response_type": "inline"},
    space_separated=("scope",),
    check=check_authorization,
    after=store_tokens,
    stability="prerelease",
)
AUTHORIZE_MANY: Final = post(
    "service_accounts.authorize_many",
    _AUTHORIZATIONS,
    None,
    auth={"account"},
    scope=_MANAGE,
    check=check_authorizations,
    idempotent=True,
)


class ServiceAccounts(Resource):
    """Authorize users and resources through a service account, with its access token (Enterprise Connect)."""

    __slots__ = ()

    @returns_call
    def authorize(
        self, email: str, *, callback_url: str, scope: str | Collection[str], state: str | Unset = UNSET
    ) -> Call[None]:
        """Authorize your application for a user or resource of the organization, without asking them.

        Cronofy accepts the request, and then sends the result to ``callback_url``: an ``AuthorizationCompleted`` of
        ``webhooks.parse`` with a ``code``, or with an ``error_key`` such as ``unable_to_grant_scope``. Pass the code and
        the same ``callback_url`` to ``oauth.exchange``.

        Args:
            email: The email address of the user or resource.
            callback_url: Your URL that the result is sent to (http or https, publicly reachable).
            scope: The scopes to request, within the ``delegated_scope`` of the service account: a list, or a string
                separated by spaces.
            state: A value that is returned unchanged. A signed reference in the URL (``webhooks.url``) is an
                alternative that cannot be forged.

        Raises:
            ValueError: The email address or the scope is empty, or ``callback_url`` is not an http or https URL.
            Forbidden: The account is not a service account, or lacks the scope ``service_account/accounts/manage`` (for
                resources, ``service_account/resources/manage``).
            ValidationFailed: Cronofy rejected a member.

        Example::

            url = "https://app.example.com/hooks/authorized"
            await company.service_accounts.authorize("kim@corp.example", callback_url=url, scope=["read_write"])
            ...  # in the handler of the URL
            notification = client.webhooks.parse(body, headers, url=request_url)
            tokens = await client.oauth.exchange(notification.authorization.code, redirect_uri=url)

        Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
        """
        return self._call(AUTHORIZE, locals())

    @returns_call
    def authorize_inline(self, email: str, *, scope: str | Collection[str]) -> Call[TokenResponse]:
        """Authorize your application for a user or resource, and return the tokens immediately (prerelease).

        No callback is sent. The calendars of the account may not have been synchronized yet. As with
        ``oauth.exchange``, the tokens are stored in the client's token store.

        If the response is lost, the request is not retried, since the docs do not describe the effect of a second one.

        Args:
            email: The email address of the user or resource.
            scope: The scopes to request, within the ``delegated_scope`` of the service account: a list, or a string
                separated by spaces.

        Returns:
            A call for the tokens of the user or resource, not of the service account.

        Raises:
            ValueError: The email address or the scope is empty.
            Forbidden: As for ``authorize``.
            ValidationFailed: Cronofy rejected a member; presumably also a scope that it cannot grant.

        Example::

            tokens = await company.service_accounts.authorize_inline("room-1@corp.example", scope="read_write")
            room = client.account(tokens)

        Docs: https://docs.cronofy.com/developers/api/enterprise-connect/inline-delegated-access/
        """
        return self._call(AUTHORIZE_INLINE, locals())

    @returns_call
    def authorize_many(
        self, service_account_authorizations: Sequence[ServiceAccountAuthorization | Json]
    ) -> Call[None]:
        """Authorize your application for several users and resources in one request.

        Each has its own result, which is sent to its ``callback_url``; see ``authorize``.

        Args:
            service_account_authorizations: 1 to 50 users and resources.

        Raises:
            ValueError: There are none or more than 50, or a member is empty or not a URL.
            Forbidden: As for ``authorize``.
            ValidationFailed: Cronofy rejected a member.

        Example::

            await company.service_accounts.authorize_many([
                ServiceAccountAuthorization(email=email, callback_url=url, scope="read_write", state=email)
                for email in ("kim@corp.example", "lee@corp.example")
            ])

        Docs: https://docs.cronofy.com/developers/api/enterprise-connect/delegated-access/
        """
        return self._call(AUTHORIZE_MANY, locals())
