"""Many concurrent visitors over HTTP: none sees the state of another, and each time is booked once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from cronofy_async.sandbox import Sandbox

from ..sandbox.callbacks import APP, Receiver
from ..sandbox.support import NOW, at, create, group, period

LINKS = 1_000
#: The number of requests at the same time.
AT_ONCE = 100

T = TypeVar("T")
R = TypeVar("R")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(now=NOW, strict=True) as sandbox, sandbox.serve():
        yield sandbox


@pytest.fixture
def app(sandbox: Sandbox) -> Receiver:
    receiver = Receiver()
    sandbox.mount(APP, receiver)
    return receiver


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def all_at_once(function: Callable[[T], Awaitable[R]], items: Iterable[T]) -> list[R]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with gate:
            return await function(item)

    return await asyncio.gather(*(one(item) for item in items))


def page_of(sandbox: Sandbox, link: str) -> str:
    return f"{sandbox.url}/add_to_calendar/scheduling/{sandbox.real_time_scheduling.find(link).token}"


async def test_concurrent_visitors_do_not_affect_each_other(
    sandbox: Sandbox, browser: aiohttp.ClientSession, app: Receiver
) -> None:
    """Each host has links of their own; all visitors open the page, and choose another time, at the same time."""
    start: dict[int, datetime] = {}
    pages: dict[int, str] = {}
    for number in range(LINKS):
        host = sandbox.add_account(f"host{number}@example.com", f"Host {number} of all")
        query = {
            "participants": [group(host)],
            "required_duration": {"minutes": 30},
            "query_periods": [period(at(9), at(12))],
        }
        link = await create(
            sandbox,
            host,
            event={"event_id": f"event-{number}", "summary": f"Call number {number}.", "tzid": "Europe/London"},
            availability=query,
            target_calendars=[host.target_calendar],
            callback_urls={"completed_url": f"{APP}/completed"},
            redirect_urls={"completed_url": f"https://app.example.com/ok?number={number}"},
        )
        pages[number] = page_of(sandbox, link)
        start[number] = at(9) + timedelta(minutes=30 * (number % 6))

    async def visit(number: int) -> tuple[int, str]:
        async with browser.get(pages[number]) as response:
            body = await response.text()
            assert response.status == 200
        assert f"<h1><bdi>Call number {number}.</bdi></h1>" in body
        assert re.findall(r"<bdi>(Host \d+ of all)</bdi>", body) == [f"Host {number} of all"]
        slot = start[number].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert f'value="{slot}"' in body
        async with browser.post(pages[number], data={"slot": slot}, allow_redirects=False) as response:
            return response.status, response.headers["Location"]

    answers = await all_at_once(visit, range(LINKS))

    for number, (status, location) in enumerate(answers):
        assert status == 303
        token = pages[number].rpartition("/")[2]
        assert parse_qs(urlsplit(location).query) == {"number": [str(number)], "token": [token]}
    for number, host in enumerate(sandbox.accounts):
        (event,) = host.events
        assert (event.event_id, event.start) == (f"event-{number}", start[number])
    notified = {callback.json["event"]["event_id"]: callback.json["event"]["start"]["time"] for callback in app.seen}
    assert len(app.seen) == LINKS
    assert notified == {f"event-{number}": moment.strftime("%Y-%m-%dT%H:%M:%SZ") for number, moment in start.items()}


async def test_a_time_of_one_host_is_booked_once(
    sandbox: Sandbox, browser: aiohttp.ClientSession, app: Receiver
) -> None:
    """Three hundred visitors with a link each want one of three times of the same host."""
    host = sandbox.add_account("host@example.com", "Host")
    pages = [
        page_of(
            sandbox,
            await create(
                sandbox,
                host,
                event={"event_id": f"event-{number}", "summary": "Call", "tzid": "Europe/London"},
                target_calendars=[host.target_calendar],
                callback_urls={f"{kind}_url": f"{APP}/{kind}" for kind in ("completed", "no_times_displayed")},
            ),
        )
        for number in range(300)
    ]

    async def choose(number: int) -> int:
        slot = at(9 + number % 3).strftime("%Y-%m-%dT%H:%M:%SZ")
        async with browser.post(pages[number], data={"slot": slot}, allow_redirects=False) as response:
            if response.status == 409:
                assert "That time has just been taken" in await response.text()
            return response.status

    assert Counter(await all_at_once(choose, range(300))) == {303: 3, 409: 297}
    assert [event.start for event in host.events] == [at(9), at(10), at(11)]
    assert Counter(link.state for link in sandbox.links) == {"completed": 3, "open": 297}
    chosen = [callback for callback in app.seen if callback.json["notification"]["type"].endswith("time_chosen")]
    assert len(chosen) == 3


async def test_a_link_is_booked_once(sandbox: Sandbox, browser: aiohttp.ClientSession, app: Receiver) -> None:
    """Visitors who choose the booked time get the same response; the others see the booked time."""
    host = sandbox.add_account("host@example.com", "Host")
    link = await create(
        sandbox,
        host,
        target_calendars=[host.target_calendar],
        callback_urls={"completed_url": f"{APP}/completed"},
        redirect_urls={"completed_url": "https://app.example.com/ok"},
    )
    page = page_of(sandbox, link)

    async def choose(number: int) -> tuple[int, int]:
        slot = at(9 + number % 3).strftime("%Y-%m-%dT%H:%M:%SZ")
        async with browser.post(page, data={"slot": slot}, allow_redirects=False) as response:
            return number % 3, response.status

    answers = Counter(await all_at_once(choose, range(90)))

    (event,) = host.events
    booked = event.start.hour - 9
    assert answers == {(which, 303 if which == booked else 409): 30 for which in range(3)}
    assert len(app.seen) == 1
