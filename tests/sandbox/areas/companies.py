"""Helpers for the tests of service accounts and of the accounts that they authorize."""

from __future__ import annotations

from typing import Any

from cronofy_async.sandbox import Account, Sandbox

from ..support import Json, Reply, call
from .connecting import exchange

APP = "https://app.example.com"
HOOK = f"{APP}/hooks/authorized"
AUTHORIZATIONS = "/v1/service_account_authorizations"


def person(email: str = "kim@corp.example", **changes: Any) -> Json:
    """Return the body of a request to authorize a person."""
    return {"email": email, "callback_url": HOOK, "scope": "read_events create_event", **changes}


async def authorize(sandbox: Sandbox, company: Account, body: Json) -> Reply:
    return await call(sandbox, "POST", AUTHORIZATIONS, body, token=company.access_token)


async def results(sandbox: Sandbox) -> list[Json]:
    """Return the results that have been sent to the application."""
    await sandbox.wait_for_callbacks()
    return [delivery.json["authorization"] for delivery in sandbox.deliveries]


async def authorize_person(sandbox: Sandbox, company: Account, email: str = "kim@corp.example") -> Account:
    """Authorize a person through a service account, and return the account."""
    assert (await authorize(sandbox, company, person(email))).status == 202
    code = (await results(sandbox))[-1]["code"]
    reply = await exchange(sandbox, code, redirect_uri=HOOK)
    assert reply.status == 200
    return next(account for account in sandbox.accounts if account.sub == reply.json["sub"])
