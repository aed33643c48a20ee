"""Each status, each error class and each kind of fault, over real sockets, against the sandbox."""

from __future__ import annotations

import asyncio
import pickle
import socket
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cronofy_async import CronofyClient, MemoryTokenStore, RateLimit, RetryPolicy, Timeout, Tokens, errors, webhooks
from cronofy_async.models import CreatedLink
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore
from cronofy_async.sandbox import Account, Sandbox
from cronofy_async.transports.aiohttp import AiohttpTransport

Run = Callable[["Setup"], Awaitable[object]]

STATUS = "real_time_scheduling.status"


class Setup:
    """A served sandbox with a link, and a client of it."""

    def __init__(self, sandbox: Sandbox, url: str, account: Account) -> None:
        self.sandbox = sandbox
        self.url = url
        self.account = account
        self.link = ""
        self.clients: list[CronofyClient] = []

    def client(self, **options: Any) -> CronofyClient:
        settings: dict[str, Any] = {
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "base_url": self.url,
            "retry": None,
        }
        self.clients.append(CronofyClient(**(settings | options)))
        return self.clients[-1]

    async def status(self, **options: Any) -> object:
        return await self.client(**options).real_time_scheduling.status(self.link)


@asynccontextmanager
async def set_up() -> AsyncGenerator[Setup]:
    async with Sandbox() as sandbox, sandbox.serve() as url:
        setup = Setup(sandbox, url, sandbox.add_account("ada@example.com"))
        setup.link = (await _new_link(setup)).id
        try:
            yield setup
        finally:
            for client in setup.clients:
                await client.aclose()


async def _new_link(setup: Setup) -> CreatedLink:
    now = setup.sandbox.clock.now()
    return await setup.client().real_time_scheduling.create(
        oauth={"redirect_uri": "https://app.example.com"},
        event={"event_id": "1", "summary": "Intro", "tzid": "Etc/UTC"},
        availability={
            "participants": [{"members": [setup.account.member], "required": "all"}],
            "required_duration": {"minutes": 30},
            "query_periods": [{"start": now, "end": now + timedelta(days=2)}],
        },
    )


# Each status.

STATUSES: list[tuple[int, type[errors.ApiError]]] = [
    (304, errors.ApiError),
    (307, errors.ApiError),
    (400, errors.BadRequest),
    (401, errors.Unauthorized),
    (402, errors.PaymentRequired),
    (403, errors.Forbidden),
    (404, errors.NotFound),
    (409, errors.ApiError),
    (410, errors.Gone),
    (422, errors.ValidationFailed),
    (423, errors.AccountLocked),
    (429, errors.RateLimited),
    (500, errors.ServerError),
    (502, errors.ServerError),
    (503, errors.ServerError),
    (504, errors.ServerError),
    (599, errors.ServerError),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_each_status_raises_its_error(status: int, error: type[errors.ApiError]) -> None:
    async with set_up() as setup:
        setup.sandbox.faults.add(STATUS, status=status, headers={"Location": "https://evil.test/"})
        with pytest.raises(errors.ApiError) as caught:
            await setup.status()
        assert type(caught.value) is error
        assert (caught.value.status, caught.value.endpoint) == (
            status,
            "GET /v1/real_time_scheduling/{real_time_scheduling_id}",
        )
        twin = pickle.loads(pickle.dumps(caught.value))
        assert (type(twin), str(twin), twin.status) == (error, str(caught.value), status)


# Each error class.


async def _slow(setup: Setup, **options: Any) -> object:
    setup.sandbox.faults.add(STATUS, latency=30)
    return await setup.status(**options)


async def _too_large(setup: Setup) -> object:
    async with AiohttpTransport(max_response=10) as transport:
        return await setup.status(transport=transport)


async def _faulty(setup: Setup, **fault: Any) -> object:
    setup.sandbox.faults.add(STATUS, **fault)
    return await setup.status()


async def _no_server(setup: Setup) -> object:
    with socket.socket() as bound_socket:
        bound_socket.bind(("127.0.0.1", 0))  # and does not listen
        return await setup.client(
            base_url=f"http://127.0.0.1:{bound_socket.getsockname()[1]}"
        ).real_time_scheduling.status("x")


async def _closed(setup: Setup) -> object:
    client = setup.client()
    await client.aclose()
    return await client.real_time_scheduling.status(setup.link)


async def _no_folder(setup: Setup) -> object:
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteWatchStore(Path(folder) / "none" / "links.db")
        async with setup.client().real_time_scheduling.watch([setup.link], store=store) as watcher:
            return await anext(aiter(watcher))


async def _busy(setup: Setup) -> object:
    client = setup.client(rate_limit=RateLimit(per_second=1, max_wait=0.001))
    await client.real_time_scheduling.status(setup.link)
    return await client.real_time_scheduling.status(setup.link)


class Broken(MemoryTokenStore):
    """A store whose disk fails."""

    async def swap(self, sub: str, old: Tokens | None, new: Tokens | None) -> bool:
        raise OSError

    def lock(self, sub: str) -> AbstractAsyncContextManager[object]:
        return nullcontext()


async def _expired(setup: Setup, **options: Any) -> object:
    """A call of an account whose access token has expired."""
    ada = setup.account
    setup.sandbox.clock.advance(hours=2)
    account = setup.client(**options).account(Tokens(access_token=ada.access_token, refresh_token=ada.refresh_token))
    return await account.request("GET", "/v1/calendars")


async def _withdrawn(setup: Setup) -> object:
    setup.sandbox.revoke(setup.account)
    return await _expired(setup)


async def _lost_refresh(setup: Setup) -> object:
    setup.sandbox.faults.add("oauth.refresh", reset="after")
    return await _expired(setup)


async def _refused_refresh(setup: Setup) -> object:
    setup.sandbox.faults.add("oauth.refresh", status=400, body={"error": "invalid_client"})
    return await _expired(setup)


async def _parse(setup: Setup, body: bytes, secret: str) -> object:
    return webhooks.parse(body, webhooks.sign(body, secret), secrets=[setup.sandbox.client_secret])


async def _no_file(setup: Setup) -> object:
    setup.sandbox.faults.add("meeting_agents.stored_file", status=403)
    client = setup.client()
    agent = await client.meeting_agents.schedule(join_url="https://meet.example.com/1")
    resources = setup.sandbox.meeting_agents.complete(agent.sub, transcript="Hello.").resources
    download = client.meeting_agents.download_resource(
        f"{setup.url}/v1/meeting_agents/resources/{next(iter(resources))}"
    )
    async with download:
        return None


CLASSES: list[tuple[type[errors.CronofyError], Run]] = [
    (errors.ConfigurationError, lambda setup: setup.client(client_secret=None).real_time_scheduling.status("x")),
    (errors.ClientClosedError, _closed),
    (errors.SignatureMismatch, lambda setup: _parse(setup, b"{}", "another")),
    (errors.MalformedNotification, lambda setup: _parse(setup, b"[]", setup.sandbox.client_secret)),
    (errors.ConnectError, _no_server),
    (errors.ResponseLost, lambda setup: _faulty(setup, reset="before")),
    (errors.RequestTimeout, lambda setup: _slow(setup, timeout=Timeout(attempt=0.05))),
    (errors.ResponseTooLarge, _too_large),
    (errors.DeadlineExceeded, lambda setup: _slow(setup, timeout=Timeout(total=0.05))),
    (errors.RateLimitTooLong, _busy),
    (errors.DecodeError, lambda setup: _faulty(setup, body={"real_time_scheduling": {"status": 7}})),
    (errors.AuthorizationRevoked, _withdrawn),
    (errors.TokensUnknown, _lost_refresh),
    (errors.TokensNotSaved, lambda setup: _expired(setup, tokens=Broken())),
    (errors.StoreError, _no_folder),
    (errors.BadRequest, lambda setup: _faulty(setup, status=400)),
    (errors.OAuthError, _refused_refresh),
    (errors.Unauthorized, lambda setup: setup.status(client_secret="another")),
    (errors.PaymentRequired, lambda setup: _faulty(setup, status=402)),
    (errors.Forbidden, lambda setup: setup.status(client_secret=setup.account.access_token)),
    (errors.NotFound, lambda setup: setup.client().real_time_scheduling.status("sch_none")),
    (errors.Gone, lambda setup: _faulty(setup, status=410)),
    (errors.ValidationFailed, lambda setup: setup.client().request("POST", "/v1/real_time_scheduling", json={})),
    (errors.AccountLocked, lambda setup: _faulty(setup, status=423)),
    (errors.RateLimited, lambda setup: _faulty(setup, status=429, retry_after=7)),
    (errors.DownloadFailed, _no_file),
    (errors.ServerError, lambda setup: setup.client().request("GET", "/v1/unheard_of")),
]
#: Base classes, of which only subclasses are raised.
FAMILIES = {"CronofyError", "TransportError", "WebhookError", "TokenError", "ApiError"}


@pytest.mark.parametrize(("cls", "run"), CLASSES, ids=[cls.__name__ for cls, _ in CLASSES])
async def test_each_error_class_is_raised(cls: type[errors.CronofyError], run: Run) -> None:
    async with set_up() as setup:
        with pytest.raises(errors.CronofyError) as caught:
            await run(setup)
        assert type(caught.value) is cls, repr(caught.value)
        twin = pickle.loads(pickle.dumps(caught.value))
        assert (type(twin), str(twin)) == (cls, str(caught.value))


def test_every_error_class_is_tested() -> None:
    public = {
        name
        for name in errors.__all__
        if isinstance(item := getattr(errors, name), type) and issubclass(item, errors.CronofyError)
    }
    assert {cls.__name__ for cls, _ in CLASSES} | FAMILIES == public


# Each kind of fault, and how the client survives it.

SURVIVED: list[tuple[dict[str, Any], int]] = [
    ({"status": 429, "retry_after": 0}, 3),
    ({"status": 429}, 3),
    ({"status": 503, "retry_after": 0}, 3),
    ({"status": 500}, 3),
    ({"status": 502, "body": b"<html>Bad Gateway</html>"}, 3),
    ({"status": 504}, 3),
    ({"reset": "before"}, 3),
    ({"reset": "after"}, 3),
    ({"truncate": True}, 3),
    ({"latency": 0.2, "status": None}, 1),
]


@pytest.mark.parametrize(("fault", "attempts"), SURVIVED)
async def test_the_client_survives_each_kind_of_fault(fault: dict[str, Any], attempts: int) -> None:
    async with set_up() as setup:
        cronofy = setup.client(retry=RetryPolicy(base=0.001), rate_limit=None)
        added = setup.sandbox.faults.add(STATUS, times=2, **fault)
        response = await cronofy.real_time_scheduling.status(setup.link).response()
        assert (response.data.status, response.attempts) == ("open", attempts)
        assert added.hits == min(2, attempts)


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_write_that_may_have_been_processed_is_not_retried(reset: Any) -> None:
    async with set_up() as setup:
        count = len(setup.sandbox.links)
        setup.sandbox.faults.add("real_time_scheduling.create", reset=reset, times=1)
        with pytest.raises(errors.ResponseLost) as caught:
            await _new_link(setup)
        assert caught.value.sent == "maybe"
        assert len(setup.sandbox.links) == count + (reset == "after")


async def test_every_call_succeeds_despite_many_faults() -> None:
    async with set_up() as setup:
        setup.sandbox.faults.add(STATUS, status=429, retry_after=0, probability=0.1)
        setup.sandbox.faults.add(STATUS, status=503, probability=0.1)
        setup.sandbox.faults.add(STATUS, reset="before", probability=0.1)
        setup.sandbox.faults.add(STATUS, truncate=True, probability=0.1)
        retry = RetryPolicy(attempts=30, base=0.001, cap=0.01, reserve=10_000)
        cronofy = setup.client(retry=retry, rate_limit=None)
        calls = (cronofy.real_time_scheduling.status(setup.link) for _ in range(300))
        async with cronofy.each(calls, concurrency=32) as outcomes:
            states = [outcome.result().status async for outcome in outcomes]
        assert states == ["open"] * 300
    assert not asyncio.all_tasks() - {asyncio.current_task()}
