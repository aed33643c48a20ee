"""Secrets at every position of every response, over real sockets, never appear in logs, reprs, exceptions, pickles, or spans."""

from __future__ import annotations

import html
import json
import logging
import pickle
import re
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cronofy_async import CronofyAccount, CronofyClient, CronofyError, RetryPolicy, Tokens, webhooks
from cronofy_async.call import Call, Response
from cronofy_async.models import CreatedLink, TimeChosen
from cronofy_async.sandbox import Sandbox

CLIENT_SECRET = "canary0client0secret"
PREVIOUS = "canary0previous0secret"
ACCESS = "canary0access0token"
REFRESH = "canary0refresh0token"
LINK = "canary0link+/=0token"
SECRETS = [CLIENT_SECRET, PREVIOUS, ACCESS, REFRESH, LINK]
#: The code of the application: its own frames may contain its secrets.
TESTS = str(Path(__file__).parents[1])


def bodies(secrets: list[str]) -> list[bytes]:
    """Return bodies with a secret at every possible position: in values, names, nested members, text, and broken JSON."""
    text = " ".join(secrets)
    values: list[Any] = [
        text,
        quote(text),
        quote(quote(text, safe="")).lower(),
        html.escape(text),
        [text],
        {text: text},
        {"error": text, "error_description": text},
        {"errors": {text: [{"key": text, "description": text}]}},
        {"errors": {"event_id": [text, {"key": {"x": text}}]}, "more": [{"deep": [text]}]},
        {"access_token": ACCESS, "refresh_token": REFRESH, "url": f"https://app.test/{LINK}", "token": LINK},
        {"real_time_scheduling": {"real_time_scheduling_id": 7, "url": f"https://app.test/{LINK}", "status": text}},
    ]
    return [json.dumps(value).encode() for value in values] + [
        text.encode(),
        f"<html>{text}</html>".encode(),
        f'{{"access_token": "{ACCESS}", "cut": "off'.encode(),
        b"\xff\xfe" + text.encode(),
    ]


STATUSES = [200, 302, 400, 401, 402, 403, 404, 410, 422, 423, 429, 500, 503]


class Watch:
    """Collects everything that can be seen from outside."""

    def __init__(self, caplog: pytest.LogCaptureFixture, spans: InMemorySpanExporter) -> None:
        self.caplog = caplog
        self.spans = spans

    def seen(self, *values: object) -> str:
        parts = [self.caplog.text, *(str(vars(record)) for record in self.caplog.records)]
        parts += [span.to_json() for span in self.spans.get_finished_spans()]
        for value in values:
            parts += [repr(value), str(value)]
            if isinstance(value, BaseException):
                twin: BaseException = pickle.loads(pickle.dumps(value))
                parts += [*rendered(value), repr(vars(twin)), pickle.dumps(value, 0).decode("latin-1")]
        return "\n".join(parts)

    def check(self, *values: object) -> None:
        text = self.seen(*values)
        assert [
            text[max(0, at.start() - 200) : at.end() + 40] for at in re.finditer("canary0", text, re.IGNORECASE)
        ] == []


def rendered(error: BaseException) -> list[str]:
    """Render an exception as an error tracker does: with its causes, attributes, and the variables of every frame."""
    parts = ["".join(traceback.format_exception(error))]
    seen, remaining = set[int](), [error]
    while remaining:
        exception = remaining.pop()
        seen.add(id(exception))
        report = traceback.TracebackException.from_exception(exception, capture_locals=True)
        parts += [repr(frame.locals) for frame in report.stack if not frame.filename.startswith(TESTS)]
        parts += [
            repr(exception),
            str(exception),
            repr(exception.args),
            repr(vars(exception)),
            _bytes(getattr(exception, "response", None)),
        ]
        linked = [*getattr(exception, "exceptions", ()), exception.__cause__, exception.__context__]
        remaining += [cause for cause in linked if cause is not None and id(cause) not in seen]
    return parts


def _bytes(response: Any) -> str:
    return "" if response is None else response.body.decode("latin-1") + str(response.headers)


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    caplog.set_level(logging.DEBUG)
    provider, spans = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield Watch(caplog, spans)
    provider.shutdown()


@asynccontextmanager
async def answering(status: int, body: bytes, secrets: list[str]) -> AsyncGenerator[str]:
    """Serve responses that contain secrets: in the body, in header values and names, and in the reason."""
    text = " ".join(secrets)

    async def respond(request: web.Request) -> web.Response:
        headers = {"X-Request-Id": text, f"X-{CLIENT_SECRET}": text, "Set-Cookie": text, "Retry-After": "0"}
        return web.Response(status=status, body=body, headers=headers, reason=text, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", respond)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def client(url: str) -> CronofyClient:
    return CronofyClient(
        client_id="client",
        client_secret=CLIENT_SECRET,
        previous_secrets=[PREVIOUS],
        base_url=url,
        rate_limit=None,
        retry=RetryPolicy(attempts=2, base=0),
    )


#: A call with each kind of credential, and the secrets that it involves.
OURS = [CLIENT_SECRET, PREVIOUS]
CALLS: list[tuple[Callable[[CronofyClient], Call[Any]], list[str]]] = [
    (lambda cronofy: cronofy.real_time_scheduling.status_by_token(LINK), [*OURS, LINK]),
    (lambda cronofy: cronofy.real_time_scheduling.disable("sch_1", display_message="closed"), OURS),
    (lambda cronofy: cronofy.bookable_events.read("yoga"), OURS),
    (lambda cronofy: cronofy.request("GET", "/v1/anything", query={"token": LINK}), [*OURS, LINK]),
    (lambda cronofy: account(cronofy).scheduling_conversations.read("scv_1"), [*OURS, ACCESS, REFRESH]),
    (lambda cronofy: account(cronofy).request("GET", "/v1/userinfo"), [*OURS, ACCESS, REFRESH]),
]


def account(cronofy: CronofyClient) -> CronofyAccount:
    return cronofy.account(Tokens(sub="acc_1", access_token=ACCESS, refresh_token=REFRESH))


@pytest.mark.parametrize("status", STATUSES)
async def test_secrets_of_a_response_are_hidden(status: int, watch: Watch) -> None:
    failed = 0
    for make, secrets in CALLS:
        for body in bodies(secrets):
            async with answering(status, body, secrets) as url, client(url) as cronofy:
                call = make(cronofy)
                watch.check(call)
                try:
                    response: Response[Any] = await call.response()
                except (CronofyError, TimeoutError) as error:
                    failed += 1
                    watch.check(error, cronofy)
                else:
                    # Untyped JSON is returned unchanged, and a request ID is shown for support.
                    text = repr(response).replace(repr(response.data), "").replace(repr(response.request_id), "")
                    watch.check(text)
    assert failed > 0


async def test_secrets_held_by_the_sdk_are_hidden(watch: Watch) -> None:
    tokens = Tokens(access_token=ACCESS, refresh_token=REFRESH)
    async with client("http://127.0.0.1:9") as cronofy:
        watch.check(cronofy, account(cronofy), tokens, cronofy.webhooks)
        for make, _ in CALLS:
            request = make(cronofy).request
            watch.check(request, request.credential, request.options)
            with pytest.raises(CronofyError) as caught:
                await make(cronofy)
            watch.check(caught.value)
    assert pickle.loads(pickle.dumps(tokens)) == tokens  # a model that is a token is pickled completely


async def test_each_notification_is_received_over_a_socket(watch: Watch) -> None:
    """Every notification of the sandbox is verified by a server of the test, and the secret is never shown."""
    kinds: list[str | None] = []
    async with Sandbox(client_secret=CLIENT_SECRET) as sandbox, sandbox.serve() as url, client(url) as cronofy:

        async def hook(request: web.Request) -> web.Response:
            notification = cronofy.webhooks.parse(await request.read(), request.headers, url=request.url)
            kinds.append(notification.type)
            assert notification.ref == "r-1"
            assert isinstance(notification, TimeChosen) == (notification.type == "real_time_scheduling_time_chosen")
            watch.check(notification)
            return web.Response()

        app = web.Application()
        app.router.add_post("/hook", hook)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            target = cronofy.webhooks.url(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", ref="r-1")
            link = await _link(cronofy, sandbox, target)
            deliveries = [await sandbox.no_times_suitable(link)]
            booking = await sandbox.book(link)
            deliveries += [booking.delivery, await sandbox.redeliver(booking.delivery)]
            crowded = await _link(cronofy, sandbox, target, busy=True)
            deliveries.append(await sandbox.no_times_displayed(crowded))
            chosen = booking.delivery.json
            del chosen["notification"]  # the form of the older callback_url
            async with aiohttp.ClientSession() as session:
                for message in (chosen, {"notification": {"type": "brand_new"}}, {"authorization": {"code": ACCESS}}):
                    body = json.dumps(message).encode()
                    headers = {webhooks.SIGNATURE_HEADER: webhooks.sign(body, PREVIOUS)}
                    async with session.post(target, data=body, headers=headers) as response:
                        assert response.status == 200
        finally:
            await runner.cleanup()
        assert [delivery.status for delivery in deliveries] == [200] * 4
        watch.check(deliveries, link, booking)
    assert kinds == [
        "real_time_scheduling_no_times_suitable",
        "real_time_scheduling_time_chosen",
        "real_time_scheduling_time_chosen",
        "real_time_scheduling_no_times_displayed",
        "real_time_scheduling_time_chosen",
        "brand_new",
        "authorization",
    ]


async def _link(cronofy: CronofyClient, sandbox: Sandbox, target: str, *, busy: bool = False) -> CreatedLink:
    account, now = sandbox.add_account("ada@example.com"), sandbox.clock.now()
    if busy:
        sandbox.add_busy(account, now, now + timedelta(days=3))
    return await cronofy.real_time_scheduling.create(
        oauth={"redirect_uri": "https://app.example.com"},
        event={"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
        availability={
            "participants": [{"members": [account.member], "required": "all"}],
            "required_duration": {"minutes": 30},
            "query_periods": [{"start": now, "end": now + timedelta(days=2)}],
        },
        callback_urls={
            "completed_url": target,
            "no_times_suitable_url": target,
            "no_times_displayed_url": target,
        },
    )
