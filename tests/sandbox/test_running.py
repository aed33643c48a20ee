"""The sandbox in a separate thread, for tests that are not async."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from aiohttp import web

from cronofy_async import CronofyClient
from cronofy_async.sandbox import Account, Delivery, Participant, RunningSandbox, Sandbox, SandboxError
from cronofy_async.sandbox.kernel.actions import Area
from cronofy_async.sandbox.kernel.callbacks import callbacks as module

from .support import LINKS, NOW, at, link_body

APP = "https://app.example.com"
HOOK = f"{APP}/hook"
SECRET = "made-up"


@pytest.fixture
def sandbox() -> Generator[RunningSandbox]:
    with Sandbox.running(now=NOW, strict=True, client_secret=SECRET) as sandbox:
        yield sandbox


@pytest.fixture
def ada(sandbox: RunningSandbox) -> Account:
    return sandbox.add_account("ada@example.com")


def post(sandbox: RunningSandbox, ada: Account, **changes: Any) -> str:
    """Create a link, as an application without asyncio does, and return its ID."""
    answer = requests.post(
        sandbox.url + LINKS,
        json=link_body(ada, **changes),
        headers={"Authorization": f"Bearer {sandbox.client_secret}"},
        timeout=30,
    )
    assert answer.status_code == 200
    ident: str = answer.json()["real_time_scheduling"]["real_time_scheduling_id"]
    return ident


def get(sandbox: RunningSandbox, ident: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return requests.get(f"{sandbox.url}{LINKS}/{ident}", headers=headers, timeout=30)


def state(sandbox: RunningSandbox, ident: str) -> str:
    status: str = get(sandbox, ident).json()["real_time_scheduling"]["status"]
    return status


def test_a_synchronous_test(sandbox: RunningSandbox, ada: Account) -> None:
    ident = post(sandbox, ada)
    assert state(sandbox, ident) == "open"
    assert [slot.start for slot in sandbox.slots(ident)] == [at(9), at(10), at(11)]
    booking = sandbox.book(ident, at(10), tzid="Europe/Paris")
    assert (booking.start, booking.delivery.outcome) == (at(10), "none")
    assert state(sandbox, ident) == "completed"
    assert [link.id for link in sandbox.links] == [ident]
    assert sandbox.accounts == [ada]
    assert [request.operation for request in sandbox.requests] == [
        "real_time_scheduling.create",
        "real_time_scheduling.status",
        "real_time_scheduling.status",
    ]
    assert sandbox.unknown_parameters == []


def test_all_visitor_actions(sandbox: RunningSandbox, ada: Account) -> None:
    seen: list[Delivery] = []
    sandbox.mount(APP, seen.append)
    ident = post(sandbox, ada, callback_urls={"no_times_suitable_url": HOOK, "no_times_displayed_url": HOOK})
    suitable = sandbox.no_times_suitable(ident)
    sandbox.add_busy(ada, at(9), at(12))
    displayed = sandbox.no_times_displayed(ident)
    again = sandbox.redeliver(suitable)
    assert seen == sandbox.deliveries == [suitable, displayed, again]


def test_run_calls_any_action_of_an_area(sandbox: RunningSandbox, ada: Account) -> None:
    karl = Participant(email="karl@example.com")
    conversation = sandbox.run(lambda sandbox: sandbox.scheduling_conversations.add([ada, karl]))
    sandbox.run(lambda sandbox: sandbox.scheduling_conversations.select(conversation))
    assert conversation.status == "complete"
    event = sandbox.run(lambda sandbox: sandbox.bookable_events.add())
    sandbox.run(lambda sandbox: sandbox.bookable_events.register(event))
    assert len(event.registrations) == 1


def test_run_waits_for_coroutines(sandbox: RunningSandbox, ada: Account) -> None:
    ident = post(sandbox, ada)
    booking = sandbox.run(lambda sandbox: sandbox.real_time_scheduling.book(ident, at(10)))
    assert booking.start == at(10)


def test_errors_are_raised_in_the_test(sandbox: RunningSandbox) -> None:
    with pytest.raises(SandboxError, match="no such link"):
        sandbox.book("sch_0")
    with pytest.raises(ValueError, match="must be from 1 to 1,000"):
        sandbox.add_account("ada@example.com", calendars=0)
    with pytest.raises(ValueError, match="Did you mean"):
        sandbox.faults.add("stauts")


def test_the_clock(sandbox: RunningSandbox, ada: Account) -> None:
    ident = post(sandbox, ada)
    assert sandbox.clock.now() == NOW
    sandbox.clock.advance(days=1)
    assert state(sandbox, ident) == "expired"
    waited: Any = sandbox.clock.sleep(60)  # blocks here, but takes no real time
    assert waited is None
    assert sandbox.clock.monotonic() == 24 * 3600 + 60


def test_faults(sandbox: RunningSandbox) -> None:
    fault = sandbox.faults.add("*.status", status=503, times=1)
    assert [get(sandbox, "sch_0").status_code for _ in range(2)] == [503, 404]
    assert fault.hits == 1
    sandbox.faults.add(status=500)
    sandbox.reset()
    assert get(sandbox, "sch_0").status_code == 404
    assert len(sandbox.requests) == 1


def test_lists_are_snapshots(sandbox: RunningSandbox, ada: Account) -> None:
    before = (sandbox.requests, sandbox.deliveries, sandbox.unknown_parameters)
    sandbox.book(post(sandbox, ada, callback_url=HOOK))
    assert before == ([], [], [])
    assert (len(sandbox.requests), len(sandbox.deliveries)) == (1, 1)


def test_an_application_connects_through_the_environment(
    sandbox: RunningSandbox, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    ident = post(sandbox, ada)

    async def application() -> str:
        async with CronofyClient.from_env() as cronofy:
            return (await cronofy.real_time_scheduling.status(ident)).status

    assert asyncio.run(application()) == "open"


def test_a_client_for_async_code_in_the_test(sandbox: RunningSandbox, ada: Account) -> None:
    ident = post(sandbox, ada)

    async def code() -> str:
        async with sandbox.client(app_name="mine") as cronofy:
            return (await cronofy.real_time_scheduling.status(ident)).status

    assert asyncio.run(code()) == "open"


# Callbacks.


def test_a_function_is_called_in_the_waiting_thread(sandbox: RunningSandbox, ada: Account) -> None:
    """This way the application can be called with a test client, and can call the sandbox."""
    ident = post(sandbox, ada, callback_url=HOOK)
    seen: list[Any] = []

    def application(delivery: Delivery) -> int:
        seen.append(
            (threading.current_thread(), state(sandbox, ident), [delivery.url for delivery in sandbox.deliveries])
        )
        return 204

    sandbox.mount(APP, application)
    booking = sandbox.book(ident)
    assert (booking.delivery.outcome, booking.delivery.status) == ("answered", 204)
    assert seen == [(threading.current_thread(), "completed", [HOOK])]


def asgi(app: list[str]) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        app.append(threading.current_thread().name)
        await send({"type": "http.response.start", "status": 204, "headers": []})

    return application


def of_aiohttp(app: list[str]) -> Any:
    async def hook(_: web.Request) -> web.Response:
        app.append(threading.current_thread().name)
        return web.Response(status=204)

    other_app = web.Application()
    other_app.router.add_post("/hook", hook)
    return other_app


@pytest.mark.parametrize("make", [asgi, of_aiohttp])
def test_applications_run_in_the_thread_of_the_sandbox(
    sandbox: RunningSandbox, ada: Account, make: Callable[[list[str]], Any]
) -> None:
    seen: list[str] = []
    sandbox.mount(APP, make(seen))
    booking = sandbox.book(post(sandbox, ada, callback_url=HOOK))
    assert booking.delivery.status == 204
    assert seen == ["cronofy-sandbox"]


def test_coroutine_functions_run_in_the_thread_of_the_sandbox(sandbox: RunningSandbox, ada: Account) -> None:
    """It may use the sandbox, except for methods that wait for the sandbox."""
    problems: list[str] = []

    async def application(delivery: Delivery) -> int:
        assert threading.current_thread().name == "cronofy-sandbox"
        assert sandbox.accounts == [ada]
        with pytest.raises(RuntimeError, match="redeliver cannot be called from the sandbox's own thread") as caught:
            sandbox.redeliver(delivery)
        problems.append(str(caught.value))
        return 201

    sandbox.mount(APP, application)
    booking = sandbox.book(post(sandbox, ada, callback_url=HOOK))
    assert booking.delivery.status == 201
    assert len(problems) == 1


def test_an_application_that_raises(sandbox: RunningSandbox, ada: Account) -> None:
    def application(delivery: Delivery) -> None:
        raise RuntimeError("my own problem")

    sandbox.mount(APP, application)
    booking = sandbox.book(post(sandbox, ada, callback_url=HOOK))
    assert booking.delivery.problem == "RuntimeError: my own problem"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_raised_in_the_test(sandbox: RunningSandbox, ada: Account, kind: type[BaseException]) -> None:
    def interrupted(delivery: Delivery) -> None:
        raise kind

    sandbox.mount(APP, interrupted)
    ident = post(sandbox, ada, callback_url=HOOK)
    with pytest.raises(kind):
        sandbox.book(ident)
    assert state(sandbox, ident) == "completed"  # and the sandbox keeps running


def test_a_failure_in_an_application_fails_the_test(sandbox: RunningSandbox, ada: Account) -> None:
    sandbox.mount(APP, lambda _: pytest.fail("not this"))
    with pytest.raises(pytest.fail.Exception, match="not this"):
        sandbox.book(post(sandbox, ada, callback_url=HOOK))


def test_an_application_that_is_too_slow(
    sandbox: RunningSandbox, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox waits for it nevertheless, as it occupies the thread."""
    monkeypatch.setattr(module, "RESPONSE_TIMEOUT", 0)
    ended: list[Delivery] = []

    def slow(delivery: Delivery) -> None:
        while not sandbox.deliveries[0].problem:
            pass
        ended.append(delivery)

    sandbox.mount(APP, slow)
    booking = sandbox.book(post(sandbox, ada, callback_url=HOOK))
    assert booking.delivery.problem == "no response within 0 s"
    assert ended == [booking.delivery]


def test_without_a_waiting_thread_a_function_gets_its_own_thread(sandbox: RunningSandbox, ada: Account) -> None:
    ident = post(sandbox, ada, callback_url=HOOK)
    threads: list[threading.Thread] = []

    def application(delivery: Delivery) -> None:
        threads.append(threading.current_thread())

    sandbox.mount(APP, application)
    asyncio.run_coroutine_threadsafe(sandbox._sandbox.book(ident), sandbox._loop).result()  # pyright: ignore[reportPrivateUsage]
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
    assert threads[0].name != "cronofy-sandbox"


# Threads and loops.


def test_a_running_sandbox_is_thread_safe(sandbox: RunningSandbox) -> None:
    seen: list[tuple[str, int]] = []
    sandbox.mount(APP, lambda delivery: seen.append((delivery.json["event"]["event_id"], threading.get_ident())))

    def book(number: int) -> tuple[str, int]:
        account = sandbox.add_account(f"{number}@example.com")
        event = {"event_id": str(number), "summary": "x", "tzid": "Etc/UTC"}
        sandbox.book(post(sandbox, account, callback_url=HOOK, event=event))
        return str(number), threading.get_ident()

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(book, range(40)))
    assert sorted(seen) == sorted(done)
    assert len({account.sub for account in sandbox.accounts}) == 40


async def test_a_running_sandbox_works_in_an_async_test(sandbox: RunningSandbox, ada: Account) -> None:
    ident = await asyncio.to_thread(post, sandbox, ada, callback_url=HOOK)
    seen: list[threading.Thread] = []
    sandbox.mount(APP, lambda _: seen.append(threading.current_thread()))
    sandbox.book(ident)  # blocks the loop, but does not need it
    assert seen == [threading.current_thread()]
    async with sandbox.client() as cronofy:
        assert (await cronofy.real_time_scheduling.status(ident)).status == "completed"


def test_two_running_sandboxes_are_independent() -> None:
    with Sandbox.running() as first, Sandbox.running() as second:
        first.add_account("ada@example.com")
        assert first.url != second.url
        assert second.accounts == []


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cronofy-sandbox"]


def test_the_sandbox_stops_on_exit() -> None:
    with Sandbox.running() as sandbox:
        url = sandbox.url
        assert len(threads()) == 1
    assert threads() == []
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=30)
    with pytest.raises(SandboxError, match="has no URL"):
        sandbox.env()


def test_the_sandbox_stops_after_an_error() -> None:
    def fail() -> None:
        with Sandbox.running():
            raise RuntimeError("of the test")

    with pytest.raises(RuntimeError, match="of the test"):
        fail()
    assert threads() == []


def test_a_sandbox_that_cannot_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Sandbox.running(port=listener.getsockname()[1])
        with pytest.raises(OSError, match="in use"), running:
            pass
    with pytest.raises(ValueError, match="page_size"):
        Sandbox.running(page_size=0)
    assert threads() == []


def test_an_error_on_closing_is_raised() -> None:
    class Broken(Sandbox):
        async def aclose(self) -> None:
            raise RuntimeError("cannot end")

    running = Broken.running()
    with pytest.raises(RuntimeError, match="cannot end"), running:
        pass
    assert threads() == []


# Public members.


def test_a_running_sandbox_has_the_members_of_a_sandbox(sandbox: RunningSandbox) -> None:
    ways_in = {"handle", "transport", "serve", "aclose", "running", "assumptions", "actions", "openapi"}
    ways_in |= {"runtime", "client_secrets", "admin_key", "activity"}
    ways_in |= {name for name, value in vars(Sandbox).items() if isinstance(value, Area)}  # through run()
    public = {name for name in dir(Sandbox(now=NOW)) if not name.startswith("_")} - ways_in
    for name in public:
        assert hasattr(sandbox, name), name
    for name in [*ways_in, "_state", "no_such_thing"]:
        with pytest.raises(AttributeError, match=name):
            getattr(sandbox, name)


def test_async_methods_of_a_sandbox_are_blocking() -> None:
    """They have the same parameters."""
    result = 0
    for name, function in inspect.getmembers(Sandbox, inspect.iscoroutinefunction):
        if not name.startswith("_") and name not in {"handle", "aclose"}:
            here = getattr(RunningSandbox, name)
            assert not inspect.iscoroutinefunction(here)
            assert inspect.signature(here) == inspect.signature(function)
            result += 1
    assert result == 5
