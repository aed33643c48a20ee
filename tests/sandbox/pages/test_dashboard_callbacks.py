"""Undelivered callbacks on the dashboard: the reason and the advice, for every reason."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from cronofy_async.sandbox import Account, Delivery, Sandbox
from cronofy_async.sandbox.kernel.callbacks import callbacks as module
from cronofy_async.webhooks import parse

from ..callbacks import APP, HOOK, book_link
from ..support import at, call, create
from .visits import visit

Arrange = Callable[[Sandbox, Account], Awaitable[Any]]


@pytest.fixture
def ada(sandbox: Sandbox) -> Account:
    return sandbox.add_account("ada@example.com", calendars=2)


async def channel(sandbox: Sandbox, account: Account, **options: Any) -> str:
    """Create a channel that a mounted application accepts, and return its ID."""
    sandbox.mount(APP, lambda _: 204)
    reply = await call(sandbox, "POST", "/v1/channels", {"callback_url": HOOK, **options}, token=account.access_token)
    await sandbox.wait_for_callbacks()
    body: str = reply.json["channel"]["channel_id"]
    return body


async def not_mounted(sandbox: Sandbox, ada: Account) -> None:
    await book_link(sandbox, ada)


async def failed(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: 500)
    await book_link(sandbox, ada)


async def raised(sandbox: Sandbox, ada: Account) -> None:
    def application(delivery: Delivery) -> None:
        raise KeyError("participants")

    sandbox.mount(APP, application)
    await book_link(sandbox, ada)


async def not_listening(sandbox: Sandbox, ada: Account) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and not listening
        await book_link(sandbox, ada, f"http://127.0.0.1:{unused.getsockname()[1]}/hook")


async def too_slow(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: asyncio.Event().wait())
    await book_link(sandbox, ada)


async def no_route(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, web.Application())
    await book_link(sandbox, ada)


async def redirected(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: 307)
    await book_link(sandbox, ada)


async def odd_status(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: 410)
    await book_link(sandbox, ada)


async def other_secret(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: 401)
    await book_link(sandbox, ada)


async def other_secret_in_process(sandbox: Sandbox, ada: Account) -> None:
    def application(delivery: Delivery) -> None:
        parse(delivery.body, delivery.headers["Cronofy-HMAC-SHA256"], secrets=["another"])

    sandbox.mount(APP, application)
    await book_link(sandbox, ada)


async def lost(sandbox: Sandbox, ada: Account) -> None:
    sandbox.faults.add("callback", reset="before", times=1)
    await book_link(sandbox, ada)


async def held(sandbox: Sandbox, ada: Account) -> None:
    sandbox.faults.add("callback", hold=True, times=1)
    await book_link(sandbox, ada)


async def response_lost(sandbox: Sandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: 204)
    sandbox.faults.add("callback", reset="after", times=1)
    await book_link(sandbox, ada)


async def no_url(sandbox: Sandbox, ada: Account) -> None:
    await sandbox.book(await create(sandbox, ada))


async def no_channel(sandbox: Sandbox, ada: Account) -> None:
    sandbox.add_busy(ada, at(9), at(10))


async def closed_channel(sandbox: Sandbox, ada: Account) -> None:
    ident = await channel(sandbox, ada)
    await call(sandbox, "DELETE", f"/v1/channels/{ident}", token=ada.access_token)
    sandbox.add_busy(ada, at(9), at(10))


async def only_managed(sandbox: Sandbox, ada: Account) -> None:
    await channel(sandbox, ada, filters={"only_managed": True})
    sandbox.add_busy(ada, at(9), at(10))


async def another_calendar(sandbox: Sandbox, ada: Account) -> None:
    await channel(sandbox, ada, filters={"calendar_ids": [ada.calendar_ids[1]]})
    sandbox.add_busy(ada, at(9), at(10))


async def own_change(sandbox: Sandbox, ada: Account) -> None:
    await channel(sandbox, ada)
    event = {"event_id": "e-1", "summary": "Lunch", "start": "2031-03-03T12:00:00Z", "end": "2031-03-03T13:00:00Z"}
    await call(sandbox, "POST", f"/v1/calendars/{ada.calendar_id}/events", event, token=ada.access_token)


async def conversation(sandbox: Sandbox, ada: Account) -> None:
    await channel(sandbox, ada)
    sandbox.channels.notify(ada, "scheduling_conversation_slots_chosen")


REASONS: list[tuple[Arrange, str, list[str]]] = [
    (
        not_mounted,
        "refused",
        [
            "https://app.example.com is not on this machine.",
            "Mount an application with mount(",
            "Or use a callback URL on this",
        ],
    ),
    (failed, "500", ["The application failed: its log has the traceback.", "send the callback again"]),
    (raised, "no response", ["KeyError: 'participants'.", "open the callback for the traceback"]),
    (not_listening, "no response", ["Nothing listens on 127.0.0.1:", "start the application there"]),
    (too_slow, "no response", ["no response within 0 s.", "Respond first, and do the work afterwards"]),
    (no_route, "404", ["no route for POST /hooks/rts", "compare the path with the callback URL"]),
    (redirected, "307", ["Redirects are not followed"]),
    (odd_status, "410", ["did not accept it"]),
    (other_secret, "401", ["another secret: give it the client_secret of the sandbox"]),
    (
        other_secret_in_process,
        "no response",
        ["SignatureMismatch:", "another secret: give it the client_secret of the"],
    ),
    (lost, "lost", ["lost before it arrived.", "remove the fault"]),
    (held, "held", ["held back.", "It is sent after the next callback.", "remove the fault"]),
    (response_lost, "no response", ["the response was lost because of a fault.", "remove the fault"]),
    (no_url, "not sent", ["has no completed_url, so no callback was sent.", "callback_urls.completed_url"]),
    (no_channel, "not sent", ["has no channel", "channels.create"]),
    (closed_channel, "not sent", ["it is closed", "Create another one"]),
    (only_managed, "not sent", ["only_managed excludes events that the application did not create"]),
    (another_calendar, "not sent", ["its filter calendar_ids does not include cal_"]),
    (own_change, "not sent", ["of e-1: the application made the change itself"]),
    (conversation, "not sent", ["does not enable notifications of conversations", "scheduling_conversations.enabled"]),
]


@pytest.mark.parametrize("reason", REASONS, ids=lambda item: item[0].__name__)
async def test_the_reason_is_at_the_top(
    sandbox: Sandbox, ada: Account, reason: tuple[Arrange, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrange, status, message = reason
    if arrange is too_slow:
        monkeypatch.setattr(module, "RESPONSE_TIMEOUT", 0)

    await arrange(sandbox, ada)
    await sandbox.wait_for_callbacks()

    page = await visit(sandbox)
    newest = page.rows("callbacks")[0]
    assert status in newest
    for word in message:
        assert word in newest
    assert next(row for row in page.rows("exchanges") if "← out" in row and message[0] in row)


@pytest.mark.parametrize("status", [200, 204, 299])
async def test_a_callback_that_arrived_has_no_flag(sandbox: Sandbox, ada: Account, status: int) -> None:
    sandbox.mount(APP, lambda _: status)
    await book_link(sandbox, ada)

    page = await visit(sandbox)

    assert 'class="flag' not in page.html
    assert f">{status}</span>" in page.html


async def test_a_traceback_and_the_response_of_the_application_are_shown(sandbox: Sandbox, ada: Account) -> None:
    await raised(sandbox, ada)
    text = (await visit(sandbox, "/__sandbox__/exchanges/2")).text
    assert "Traceback (most recent call last)" in text
    assert "There is no response. KeyError: 'participants'" in text

    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"detail": "field required: event"}, status=422)

    app = web.Application()
    app.router.add_post("/hooks/rts", refuse)
    sandbox.mount("https://other.example.com", app)
    await book_link(sandbox, ada, "https://other.example.com/hooks/rts")
    page = (await visit(sandbox, "/__sandbox__/exchanges/4")).text
    assert 'status 422 { "detail" : "field required: event" }' in page


async def test_the_time_of_the_next_attempt_is_shown_until_it_was_made(sandbox: Sandbox, ada: Account) -> None:
    await channel(sandbox, ada)
    sandbox.mount(APP, lambda _: 503)
    sandbox.add_busy(ada, at(9), at(10))
    await sandbox.wait_for_callbacks()

    assert "Next attempt at 07:00:15 UTC" in (await visit(sandbox)).rows("callbacks")[0]

    sandbox.clock.advance(seconds=15)
    await sandbox.wait_for_callbacks()
    second, first, _ = (await visit(sandbox)).rows("callbacks")
    assert "Next attempt at 07:01:15 UTC" in second
    assert "Next try" not in first


async def test_a_callback_is_sent_again(sandbox: Sandbox, ada: Account) -> None:
    await book_link(sandbox, ada)
    sandbox.mount(APP, lambda _: 204)

    page = await visit(sandbox, "/__sandbox__/deliveries/dlv_1/redeliver", {})

    assert (page.status, page.location) == (303, "/__sandbox__/#callbacks")
    assert [delivery.status for delivery in sandbox.deliveries] == [None, 204]
    assert sandbox.deliveries[0].body == sandbox.deliveries[1].body
    unknown = await visit(sandbox, "/__sandbox__/deliveries/dlv_9/redeliver", {})
    assert (unknown.status, "no delivery dlv_9" in unknown.text) == (400, True)


async def test_an_unsent_callback_cannot_be_sent_again(sandbox: Sandbox, ada: Account) -> None:
    await no_url(sandbox, ada)
    assert "Send again" not in (await visit(sandbox)).rows("callbacks")[0]


async def test_an_event_of_the_link_says_that_it_has_no_callback(sandbox: Sandbox, ada: Account) -> None:
    await create(sandbox, ada)
    await create(sandbox, ada, callback_url=HOOK)

    with_url, without = (await visit(sandbox)).rows("links")

    assert "No callback: the link has no completed_url" in without
    assert "No callback" not in with_url


async def test_a_link_says_that_it_creates_no_event(sandbox: Sandbox, ada: Account) -> None:
    await create(sandbox, ada)
    await create(sandbox, ada, target_calendars=[{"sub": ada.sub, "calendar_id": ada.calendar_id}])

    with_calendar, without = (await visit(sandbox)).rows("links")

    assert "No event: the link has no target_calendars" in without
    assert "No event" not in with_calendar
