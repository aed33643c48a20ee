"""No page of the dashboard, and no message of its stream, contains a secret of the sandbox or of a request."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from cronofy_async.sandbox import Delivery, Sandbox

from ..support import LINKS, NOW, call, create, link_body, raw
from .streams import messages
from .visits import visit

SECRET = "canary0client&secret"
ADMIN = "canary0admin"
#: Secrets from outside the sandbox: a real one that was sent by mistake, and those of the application.
OTHERS = [
    "CRN_canary0real",
    "canary0cookie",
    "canary0code",
    "canary0password",
    "canary0basic",
    "canary0callback",
    "canary0element",
]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, client_secret=SECRET, admin_key=ADMIN) as sandbox:
        yield sandbox


async def use(sandbox: Sandbox) -> list[str]:
    """Send requests and callbacks with secrets in every place, and return the secrets."""
    ada = sandbox.add_account("ada@example.com", calendars=3)
    other = sandbox.add_account("bob@example.com")

    def application(delivery: Delivery) -> None:
        raise RuntimeError(f"{SECRET} {ada.access_token} {sandbox.links[0].token} token=canary0callback")

    sandbox.mount("https://app.example.com", application)
    url = f"https://user:canary0password@app.example.com/hook?token=canary0callback&x={ada.access_token}"
    ident = await create(sandbox, ada, callback_url=url)
    body = link_body(ada, redirect_urls={"completed_url": "https://app.example.com/done?code=canary0code"})
    body["event"]["summary"] = f"{ada.refresh_token} {SECRET}"
    await call(sandbox, "POST", LINKS, body)
    token = sandbox.link(ident).token
    await call(sandbox, "GET", f"{LINKS}?token={token}")
    await call(sandbox, "GET", f"{LINKS}?token={token}x", token="CRN_canary0real")
    await call(
        sandbox, "GET", f"/v1/no/{token}/{ada.access_token}?access_token={quote(ada.access_token)}&code=canary0code"
    )
    await call(
        sandbox,
        "GET",
        "/v1/userinfo",
        token=ada.access_token,
        headers={"Cookie": "session=canary0cookie", "X-Api-Key": "canary0real", "Referer": f"https://x/{token}"},
    )
    await call(sandbox, "GET", "/v1/userinfo", token=None, headers={"authorization": "Basic canary0basic"})
    await call(sandbox, "POST", "/v1/elements", {"element_token": "canary0element", "items": [{"code": "canary0code"}]})
    await call(sandbox, "POST", "/v1/broken", f'{{"client_secret": "{SECRET}", "a": "{ada.access_token}'.encode())
    query = "response_type=code&client_id=sbx_client&redirect_uri=https%3A%2F%2Fapp.example.com&scope=read_write"
    page = await raw(
        sandbox,
        "GET",
        f"/oauth/authorize?{query}&login_hint=ada%40example.com",
        token=None,
        headers={"accept": "text/html"},
    )
    (code,) = re.findall(r"code=([\w-]+)", page.headers["Location"]) or [""]
    credentials = {"client_id": "sbx_client", "client_secret": SECRET}
    exchange = {
        **credentials,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://app.example.com",
    }
    await call(sandbox, "POST", "/oauth/token", exchange, token=None)
    form = (
        f"client_secret={quote(SECRET)}&client_id=sbx_client&grant_type=refresh_token&refresh_token={ada.refresh_token}"
    )
    await call(
        sandbox,
        "POST",
        "/oauth/token",
        form.encode(),
        token=None,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    await call(sandbox, "POST", "/v1/link_tokens", token=ada.access_token)
    await call(sandbox, "POST", "/v1/channels", {"callback_url": url}, token=ada.access_token)
    sandbox.faults.add("events.read", headers={"X-Secret": ada.access_token}, body={"token": token}, times=1)
    await call(sandbox, "GET", "/v1/events?tzid=Etc/UTC", token=ada.access_token)
    await sandbox.book(ident)
    await sandbox.wait_for_callbacks()
    sandbox.revoke(other)
    created = [token for account in sandbox.accounts for token in [*account.access_tokens, account.refresh_token]]
    return [SECRET, ADMIN, code, *OTHERS, *created, *[link.token for link in sandbox.links], other.access_token]


@pytest.mark.filterwarnings("ignore::cronofy_async.sandbox.UnknownParameterWarning")
async def test_no_page_and_no_message_contains_a_secret(sandbox: Sandbox) -> None:
    secrets = await use(sandbox)
    assert min(map(len, secrets)) > 8

    streamed = await messages(sandbox)
    texts = [
        json.dumps(streamed, ensure_ascii=False),
        (await visit(sandbox)).html,
        (await visit(sandbox, "/__sandbox__/?x=2&flagged=yes")).html,
    ]
    number = 1
    while (page := await visit(sandbox, f"/__sandbox__/exchanges/{number}")).status == 200:
        texts.append(page.html)
        number += 1
    texts += [(await visit(sandbox, f"/__sandbox__/accounts/{account.sub}")).html for account in sandbox.accounts]
    problem = await visit(sandbox, "/__sandbox__/clock/advance", {"by": f"{SECRET} {secrets[-1]}"})
    texts.append(problem.html)

    assert number > 15
    assert "…" in texts[0]
    for text in texts:
        for secret in secrets:
            for form in {secret, quote(secret), secret.replace("&", "&amp;"), json.dumps(secret)[1:-1]}:
                assert form not in text, form


async def test_tokens_of_a_snapshot_are_hidden_too(sandbox: Sandbox) -> None:
    secrets = await use(sandbox)
    token = sandbox.links[0].token
    restored = Sandbox(now=NOW, client_secret=SECRET)
    restored.restore(json.loads(json.dumps(sandbox.snapshot())))
    await call(restored, "GET", f"/v1/no/{token}")

    texts = [(await visit(restored)).html]
    texts += [(await visit(restored, f"/__sandbox__/exchanges/{number}")).html for number in range(1, 6)]

    assert "/v1/no/…" in texts[0].replace("<wbr>", "")
    assert not [secret for secret in secrets for text in texts if secret in text]


async def test_identifiers_are_not_hidden(sandbox: Sandbox) -> None:
    ada = sandbox.add_account("ada@example.com")
    await call(sandbox, "GET", "/v1/calendars", token=ada.access_token)
    text = (await visit(sandbox, "/__sandbox__/exchanges/1")).text
    for rendered in (ada.calendar_id, ada.profile_id, "an access token of ada@example.com"):
        assert rendered in text
