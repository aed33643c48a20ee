"""Helpers for tests of authorization: pages, codes, and tokens, without the SDK."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cronofy_async.sandbox import Account, Sandbox

from ..support import Reply, call, raw

BACK = "https://app.example.com/connected"
PAGE = "/oauth/authorize"
ENTERPRISE_PAGE = "/enterprise_connect/oauth/authorize"
APPLICATION = {"client_id": "sbx_client", "client_secret": "sbx_secret"}


def page(path: str = PAGE, **changes: Any) -> str:
    """Return the path and query of an authorization page; ``...`` leaves a parameter out."""
    query = {
        "response_type": "code",
        "client_id": "sbx_client",
        "redirect_uri": BACK,
        "scope": "read_write",
        "state": "n0nce",
    } | changes
    return f"{path}?{urlencode({name: value for name, value in query.items() if value is not ...})}"


def enterprise_page(**changes: Any) -> str:
    return page(
        ENTERPRISE_PAGE, **({"scope": "service_account/accounts/manage", "delegated_scope": "free_busy"} | changes)
    )


def redirect_parameters(url: str) -> dict[str, str]:
    """Return the parameters that a browser passes to the application."""
    assert url.startswith(BACK)
    return dict(parse_qsl(urlsplit(url).query))


async def visit(sandbox: Sandbox, target: str, **headers: str) -> Reply:
    """Open a page, and return the response."""
    browser = {"accept": "text/html,*/*;q=0.8"} | headers
    answer = await raw(sandbox, "GET", target, token=None, headers=browser)
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    return Reply(answer.status, json.loads(answer.body) if is_json else answer.body.decode(), answer.headers)


async def exchange(sandbox: Sandbox, the_code: str, **changes: Any) -> Reply:
    body = APPLICATION | {"grant_type": "authorization_code", "code": the_code, "redirect_uri": BACK} | changes
    body = {name: value for name, value in body.items() if value is not ...}
    return await call(sandbox, "POST", "/oauth/token", body, token=None)


async def refresh(sandbox: Sandbox, refresh_token: str) -> Reply:
    body = APPLICATION | {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await call(sandbox, "POST", "/oauth/token", body, token=None)


async def revoke(sandbox: Sandbox, **members: Any) -> Reply:
    return await call(sandbox, "POST", "/oauth/token/revoke", APPLICATION | members, token=None)


async def connect(sandbox: Sandbox, who: Account | str, *, signed_in: Account | None = None, **changes: Any) -> Any:
    """Authorize the application, and return the tokens."""
    url = sandbox.oauth.authorize(page(**changes), who, signed_in=signed_in)
    reply = await exchange(sandbox, redirect_parameters(url)["code"])
    assert reply.status == 200, reply
    return reply.json


async def is_valid_token(sandbox: Sandbox, access_token: str) -> bool:
    """Return whether an access token is valid."""
    reply = await call(sandbox, "GET", "/v1/calendars", token=access_token)
    assert reply.status in {200, 401}
    return reply.status == 200
