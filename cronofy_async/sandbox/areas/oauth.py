"""Authorization pages, and the tokens of accounts.

Docs: https://docs.cronofy.com/developers/api/authorization/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

import attrs

from ..kernel.accounts import (
    AuthorizationCode,
    LinkToken,
    connect_profile,
    find_by_email,
    linking_profile,
    new_code,
    token_response,
)
from ..kernel.area import (
    Account,
    AreaActions,
    Context,
    Profile,
    Runtime,
    SandboxError,
    SandboxResponse,
    action,
    assumption,
    not_emulated,
    oauth_error,
    operation,
)
from ..kernel.records import AccountKind
from ..kernel.urls import for_header, is_web_url, with_query

__all__ = ["AUTHORIZE", "COOKIE", "ENTERPRISE", "AuthorizationPage", "OAuth", "redirect_to_application"]

AUTHORIZE: Final = "/oauth/authorize"
ENTERPRISE: Final = "/enterprise_connect/oauth/authorize"
ORGANIZATION_SCOPE: Final = "organizational_unit_scheduler"
REUSED_FOR: Final = timedelta(minutes=10)
#: The cookie that stores the account that a browser connected last.
COOKIE: Final = "sandbox_account"

Query = Mapping[str, Any]

REFRESH_TOKENS_ARE_KEPT: Final = assumption(
    "refresh_tokens_are_kept",
    "A refresh returns the same refresh token. Otherwise it returns a new one, and the old one ends. (The docs show the "
    "same token, and say that it may be new.)",
)
REFRESH_GIVES_NEW_TOKEN: Final = assumption(
    "refresh_gives_new_access_token",
    "A refresh returns a new access token. Otherwise it returns the current one while that has at least 10 minutes left.",
)
CODES_EXPIRE: Final = assumption(
    "codes_expire", "A code expires after 10 minutes. (The docs say that it is short-lived.)"
)
LINK_TOKENS_EXPIRE: Final = assumption(
    "link_tokens_expire", "A link token expires after 5 minutes. (The docs say that it is temporary.)"
)
LINK_TOKENS_WORK_ONCE: Final = assumption(
    "link_tokens_work_once", "A link token links one profile. Otherwise it can be used again until it expires."
)
NEEDS_A_BROWSER: Final = assumption(
    "authorization_needs_a_browser",
    "The authorization pages answer 406 to a request that does not accept HTML. (Users of official SDKs report it.)",
)
REVOKES_REFRESH_TOKEN: Final = assumption(
    "revoke_takes_refresh_token", "A revocation accepts refresh_token instead of token, as an official SDK sends it."
)


# Pages.


@operation("oauth.authorization_url")
def authorization_page(context: Context) -> SandboxResponse:
    """Redirect to the application with a code or an error, or return 200 if a person has to decide."""
    return _page(context)


@operation("oauth.organization_connect_url")
def organization_connect_page(context: Context) -> SandboxResponse:
    """Redirect to the application with a code for an organizational unit or an error, or return 200 if a person has to decide."""
    return _page(context)


@operation("oauth.enterprise_connect_url")
def enterprise_connect_page(context: Context) -> SandboxResponse:
    """Redirect to the application with a code for a service account or an error, or return 200 if a person has to decide."""
    return _page(context)


def _page(context: Context) -> SandboxResponse:
    accepted = context.request.headers.get("accept", "*/*")
    if "text/html" not in accepted and "*/*" not in accepted and context.assumes(NEEDS_A_BROWSER):
        url = context.url(f"{context.request.path}?{context.request.query}")
        return SandboxResponse.of(406, {"error": "open this page in a browser", "url": url})
    page = AuthorizationPage(context.runtime, context.request.path, context.query)
    if page.client_error is not None:
        return oauth_error(*page.client_error)
    person = context.query.get("login_hint")
    if person is None and page.error is None:
        return SandboxResponse(status=200, headers={"Content-Type": "text/html; charset=utf-8"})  # pages/ has the form
    cookie = SimpleCookie(context.request.headers.get("cookie", "")).get(COOKIE)
    try:
        return redirect_to_application(*page.redirect(person, page.remembered(cookie.value if cookie else None)))
    except SandboxError as error:
        return not_emulated(str(error))


def redirect_to_application(url: str, account: Account | None) -> SandboxResponse:
    """Redirect a browser to the application, and store the account that it connected."""
    headers = {"Location": for_header(url), "Cache-Control": "no-store"}
    if account is not None:
        headers["Set-Cookie"] = f"{COOKIE}={account.sub}; Path=/; HttpOnly; SameSite=Lax"
    return SandboxResponse(status=302, headers=headers)


@attrs.frozen
class AuthorizationPage:
    """An authorization page with its parameters."""

    runtime: Runtime
    path: str
    query: Query

    @classmethod
    def at(cls, url: str, runtime: Runtime) -> Self:
        """Return the page of a URL.

        Raises:
            SandboxError: The URL is not that of an authorization page, or is that of another application.
        """
        parts = urlsplit(url)
        query: dict[str, Any] = dict(parse_qsl(parts.query))
        if not parts.path.endswith("/oauth/authorize") or not {"client_id", "redirect_uri"} <= query.keys():
            raise SandboxError(
                f"url: not the URL of an authorization page with client_id and redirect_uri: {parts.path}"
            )
        query["avoid_linking"] = query.get("avoid_linking", "").lower() == "true"
        page = cls(runtime, parts.path, query)
        if page.client_error is not None:
            raise SandboxError(f"url: the page shows the error {page.client_error[0]}: {page.client_error[1]}")
        return page

    @property
    def is_enterprise(self) -> bool:
        return self.path.startswith(ENTERPRISE)

    @property
    def kind(self) -> AccountKind:
        """The kind of account that it connects."""
        if self.is_enterprise:
            return "service_account"
        return "organizational_unit" if self.query.get("scope") == ORGANIZATION_SCOPE else "user"

    @property
    def accounts(self) -> list[Account]:
        """The accounts to choose from."""
        return [account for account in self.runtime.state.accounts.values() if account.kind == self.kind]

    @property
    def linked(self) -> Account | None:
        """The account that the ``link_token`` belongs to."""
        return self.runtime.state.accounts[self._link_token.sub] if self._link_token else None

    def remembered(self, sub: str | None) -> Account | None:
        """Return the account that a browser connected before, if new email addresses are added to it."""
        if self.query.get("avoid_linking") or self.kind != "user":
            return None
        return self.runtime.state.accounts.get(sub or "")

    @property
    def client_error(self) -> tuple[str, str] | None:
        """The error that the page shows itself, because the application cannot be trusted."""
        if self.query["client_id"] != self.runtime.client_id:
            return "invalid_client", f"client_id is not known. That of the sandbox is {self.runtime.client_id}."
        uri: str = self.query["redirect_uri"]
        if not is_web_url(uri):
            return "invalid_request", "redirect_uri must be a URL that begins with https:// or http://, without spaces"
        return None

    @property
    def error(self) -> str | None:
        """The ``error`` that is sent to the application (RFC 6749, section 4.1.2.1)."""
        scopes = self.query.get("scope", "").split()
        if self.query.get("response_type") != "code":
            return "unsupported_response_type" if self.query.get("response_type") else "invalid_request"
        if not scopes or (self.is_enterprise and not all(scope.startswith("service_account/") for scope in scopes)):
            return "invalid_scope"
        if self.is_enterprise and not self.query.get("delegated_scope", "").strip():
            return "invalid_scope"
        if "link_token" in self.query and self.kind == "user" and self._link_token is None:
            return "invalid_request"
        return None

    def redirect(
        self,
        person: Account | str | None,
        remembered: Account | None = None,
        *,
        scope: str | None = None,
        name: str | None = None,
        provider_name: str | None = None,
    ) -> tuple[str, Account | None]:
        """Return the URL that the browser is sent to, and the account that authorized the application, if any.

        Args:
            person: The account, its ``sub``, or an email address; ``None`` denies access.
            remembered: The account that a new email address is added to.
            scope: The granted scopes. Defaults to the requested ones.
            name: The name of an account that is created. Defaults to one derived from the email address.
            provider_name: The provider of a profile that is created. Defaults to that of the URL.

        Raises:
            SandboxError: The email address belongs to a different account than the one to link it to.
        """
        if self.error is not None or person is None:
            return self._url(error=self.error or "access_denied"), None
        account, profile = self._authorize(person, remembered, name, provider_name or self._provider_name)
        code = new_code(
            self.runtime,
            account,
            profile,
            scope=scope or " ".join(self.query["scope"].split()),
            delegated_scope=self.query.get("delegated_scope"),
            redirect_uri=self.query["redirect_uri"],
        )
        return self._url(code=code), account

    def _authorize(
        self, person: Account | str, remembered: Account | None, name: str | None, provider_name: str
    ) -> tuple[Account, Profile | None]:
        """Return the account that authorizes the application, and the profile that it connects."""
        state = self.runtime.state
        email = person.email if isinstance(person, Account) else person
        existing = (
            person
            if isinstance(person, Account)
            else state.accounts.get(person) or find_by_email(self.accounts, person)
        )
        if (token := self._link_token) is not None:
            account = state.accounts[token.sub]
            if existing is not None and existing is not account:
                raise SandboxError(
                    f"linking {existing.email} to {account.email}: both are accounts, which Cronofy would merge. Link an "
                    "email address that has no account"
                )
            token.used = True
        elif existing is not None:
            account, email = existing, email if email in _profiles(existing) else existing.email
        elif remembered is not None:
            account = remembered
        else:
            if not email.isprintable():
                raise SandboxError("login_hint: an email address with control characters. Leave them out")
            name = name or email.partition("@")[0].title()
            account = state.add_account(email, name, kind=self.kind, provider_name=provider_name)
        if account.kind != "user":
            return account, None
        return account, connect_profile(self.runtime, account, email, provider_name)

    @property
    def _provider_name(self) -> str:
        """The provider of a profile that it adds."""
        provider_name: str = self.query.get("provider_name") or "google"
        return "google" if self.is_enterprise else provider_name

    @property
    def _link_token(self) -> LinkToken | None:
        token = self.runtime.state.table(LinkToken).get(self.query.get("link_token", ""))
        if token is None or self.kind != "user":
            return None
        if self.runtime.now >= token.expires_at and self.runtime.assumes(LINK_TOKENS_EXPIRE):
            return None
        return None if token.used and self.runtime.assumes(LINK_TOKENS_WORK_ONCE) else token

    def _url(self, **members: str) -> str:
        if "state" in self.query:
            members["state"] = self.query["state"]
        return with_query(self.query["redirect_uri"], **members)


def _profiles(account: Account) -> list[str]:
    return [profile.name for profile in account.profiles if profile.name]


# Tokens.


@operation("oauth.exchange")
def exchange(context: Context) -> SandboxResponse:
    """Return the tokens of the account that a code was issued for."""
    state = context.state
    code = state.table(AuthorizationCode).get(context.body["code"])
    if code is None or code.used or code.redirect_uri != context.body["redirect_uri"]:
        return oauth_error("invalid_grant")
    if context.now >= code.expires_at and context.assumes(CODES_EXPIRE):
        return oauth_error("invalid_grant")
    code.used = True
    account = state.accounts[code.sub]
    account.scope, account.delegated_scope = code.scope, code.delegated_scope
    account.authorized_by = code.authorized_by
    state.refresh_tokens(account)
    members: dict[str, Any] = {"sub": account.sub, "account_id": account.sub}
    profile = account.profile(code.profile_id or "")
    if profile is not None:
        members["linking_profile"] = linking_profile(profile)
    return token_response(account, context.now, **members)


@operation("oauth.refresh")
def refresh(context: Context) -> SandboxResponse:
    """Return a new access token."""
    if context.body["grant_type"] != "refresh_token":
        return oauth_error("unsupported_grant_type")
    if "refresh_token" not in context.body:
        return oauth_error("invalid_request", "refresh_token must be specified")
    account = context.state.by_refresh_token(context.body["refresh_token"])
    if account is None:
        return oauth_error("invalid_grant")
    ends_soon = account.expires_at - context.now < REUSED_FOR
    if ends_soon or context.assumes(REFRESH_GIVES_NEW_TOKEN):
        context.state.refresh_tokens(account, rotate=not context.assumes(REFRESH_TOKENS_ARE_KEPT))
    return token_response(account, context.now)


@operation("oauth.revoke")
def revoke(context: Context) -> SandboxResponse:
    """End the authorization of the account with a token or an ID. Unknown tokens and IDs are ignored."""
    token = context.body.get("token")
    if token is None and context.assumes(REVOKES_REFRESH_TOKEN):
        token = context.body.get("refresh_token")
    if token is None and "sub" not in context.body:
        return oauth_error("invalid_request", "token or sub must be specified")
    state = context.state
    if token is None:
        account = state.accounts.get(context.body["sub"])
    else:
        account = state.by_refresh_token(token) or state.by_access_token(token)
    if account is not None:
        state.revoke(account)
    return SandboxResponse.of(200)


class OAuth(AreaActions):
    """Actions for tests: ``sandbox.oauth``."""

    @action
    def authorize(
        self,
        url: str,
        account: Account | str,
        *,
        signed_in: Account | str | None = None,
        scope: str | None = None,
    ) -> str:
        """Authorize the application on the page of an authorization URL, as a person would.

        Without an account of that email address, one is created. A ``link_token`` in the URL, or the account that the
        browser knows (unless the URL has ``avoid_linking``), gets the email address as another profile instead. A
        disconnected profile is reconnected.

        Args:
            url: The URL of the page, from ``client.oauth.authorization_url`` or ``enterprise_connect_url``.
            account: The person: an account, its ``sub``, or an email address.
            signed_in: The account that the browser connected before, or its ``sub``.
            scope: The granted scopes, separated by spaces. Defaults to the requested ones.

        Returns:
            The URL that the browser is redirected to, with ``code`` and ``state``; or with ``error``, if a parameter of
            the page is not accepted.

        Raises:
            SandboxError: The URL is not that of an authorization page, or is that of another application; or the email address belongs to
                another account than the one to link it to.
        """
        page = AuthorizationPage.at(url, self.runtime)
        remembered = page.remembered(self._account(signed_in).sub) if signed_in is not None else None
        return page.redirect(account, remembered, scope=scope)[0]

    @action
    def deny(self, url: str) -> str:
        """Deny access on the page of an authorization URL, and return the URL that the browser is redirected to.

        Args:
            url: The URL of the page.

        Raises:
            SandboxError: The URL is not that of an authorization page, or is that of another application.
        """
        return AuthorizationPage.at(url, self.runtime).redirect(None)[0]
