"""The log of the sandbox: requests and callbacks when it is served, and errors in an application."""

from __future__ import annotations

import logging
import re

import aiohttp
import pytest

from cronofy_async.sandbox import Account, Delivery, Sandbox

from ..callbacks import APP, HOOK, book_link
from ..support import LINKS, NOW, call, link_body

LOG = "cronofy_async.sandbox"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, strict=True)


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages, with every duration as 0."""
    return [re.sub(r"[\d.]+ ms$", "0 ms", record.getMessage()) for record in caplog.records if record.name == LOG]


async def test_each_request_is_a_line_without_secrets(
    sandbox: Sandbox, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    key = {"Authorization": f"Bearer {sandbox.client_secret}"}
    caplog.set_level(logging.INFO, LOG)

    async with sandbox.serve() as url, aiohttp.ClientSession(url, headers=key) as http:
        (await http.post(LINKS, json=link_body(ada))).release()
        token = sandbox.links[0].token
        for path in (f"{LINKS}/a%20b", f"{LINKS}?token={token}", f"/v1/scheduling_actions/{token}", "/v1/nothing"):
            (await http.get(path)).release()
        sandbox.faults.add(reset="before")
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"{LINKS}/sch_0", timeout=aiohttp.ClientTimeout(30))

    result = lines(caplog)
    assert result[:5] == [
        f"POST {LINKS}  real_time_scheduling.create  200  0 ms",
        f"GET {LINKS}/a%20b  real_time_scheduling.status  404  0 ms",
        f"GET {LINKS}  real_time_scheduling.status_by_token  200  0 ms",
        "GET /v1/scheduling_actions/…  scheduling_conversations.list_slots  403  0 ms",
        "GET /v1/nothing  not emulated  501  0 ms",
    ]
    assert set(result[5:]) == {f"GET {LINKS}/sch_0  real_time_scheduling.status  reset  0 ms"}


async def test_requests_in_process_are_not_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOG)

    await call(sandbox, "GET", f"{LINKS}/sch_0")

    assert lines(caplog) == []


async def test_each_callback_is_a_line_without_secrets(
    sandbox: Sandbox, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG)
    sandbox.mount(APP, lambda _: 204)

    await book_link(sandbox, ada, "https://user:pass@app.example.com/hook?ref_sig=s3cret")
    await book_link(sandbox, ada, "https://elsewhere.example.com/hook")
    sandbox.faults.add("callback", reset="before")
    await book_link(sandbox, ada, HOOK)

    assert lines(caplog) == [
        f"callback to {APP}/hook  204",
        f"callback to https://elsewhere.example.com/hook  {sandbox.deliveries[1].problem}",
        f"callback to {HOOK.partition('?')[0]}  lost",
    ]


async def test_an_application_that_raises_is_logged_with_its_traceback(
    sandbox: Sandbox, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Delivery) -> None:
        raise KeyError("boom")

    sandbox.mount(APP, broken)
    delivery = await book_link(sandbox, ada)

    (record,) = caplog.records
    assert (record.name, record.levelname) == (LOG, "WARNING")
    assert 'raise KeyError("boom")' in caplog.text
    assert delivery.traceback is not None
    assert 'raise KeyError("boom")' in delivery.traceback


async def test_an_unreachable_application_is_logged_without_a_traceback(
    sandbox: Sandbox, ada: Account, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = await book_link(sandbox, ada, "http://127.0.0.1:1/hook")

    assert (delivery.outcome, delivery.traceback, caplog.text) == ("failed", None, "")
