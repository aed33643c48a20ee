"""The concurrency of ``poll`` and ``watch``, and abandoned passes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from cronofy_async import CronofyClient, RateLimit
from cronofy_async.bulk import fan_out
from cronofy_async.http import RawResponse, Request
from cronofy_async.polling._concurrency import Concurrency

from .http_servers import raw_server
from .support import client, json_response, link, other_tasks
from .virtual_clock import VirtualClock, settle
from .watch_server import LinkServer

#: 400 requests per second in the background lane.
FAST = RateLimit(per_second=1000, per_minute=30_000)
RATE = 400.0


class Server:
    """A server that responds after some seconds, and counts the requests in flight."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds
        self.in_flight = self.max_in_flight = 0

    async def __call__(self, request: Request) -> RawResponse:
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        await self.clock.sleep(self.seconds)
        self.in_flight -= 1
        return json_response(link("completed", request.target.rpartition("/")[2]))


async def poll(
    server: Server, links: int, *, rate_limit: RateLimit | None = FAST, concurrency: int | None = None
) -> float:
    """Return the requests per second."""
    cronofy = client(server, server.clock, rate_limit=rate_limit)
    began = server.clock.monotonic()
    async with (
        server.clock.auto(),
        cronofy.real_time_scheduling.poll(
            [f"l{number}" for number in range(links)], concurrency=concurrency
        ) as outcomes,
    ):
        async for outcome in outcomes:
            outcome.result()
    return links / (server.clock.monotonic() - began)


async def test_poll_reaches_the_rate_at_any_latency(clock: VirtualClock) -> None:
    server = Server(clock, 0.5)
    assert await poll(server, 4000) > 0.9 * RATE  # including the first and the last second
    assert 200 <= server.max_in_flight <= 310


async def test_the_given_concurrency_is_used(clock: VirtualClock) -> None:
    server = Server(clock, 0.5)
    assert await poll(server, 1000, concurrency=20) == pytest.approx(40, rel=0.01)
    assert server.max_in_flight == 20


async def test_without_a_rate_limit_the_concurrency_is_fixed(clock: VirtualClock) -> None:
    server = Server(clock, 0.5)
    await poll(server, 1000, rate_limit=None)
    assert server.max_in_flight == 64


async def test_watch_reaches_the_rate_at_any_latency(clock: VirtualClock) -> None:
    server = LinkServer(clock, 0.5)
    names = [f"l{number}" for number in range(2000)]
    for name in names:
        server.set_status(name, 0.0, "completed")
    async with (
        clock.auto(),
        client(server, clock, rate_limit=FAST).real_time_scheduling.watch(names) as watcher,
    ):
        assert len([change async for change in watcher]) == 2000
    times = [at for at, _ in server.requested]
    assert 2000 / (times[-1] - times[0]) > 0.95 * RATE


def test_the_concurrency_has_bounds() -> None:
    adapting = Concurrency(None, 1000.0)
    assert (adapting.limit, adapting.maximum) == (64, 4096)
    adapting.record(0.2)
    assert adapting.limit == 300
    adapting.record(0.4)
    assert adapting.limit == 331  # from the mean, in which the latest value has little weight
    for _ in range(100):
        adapting.record(0.001)
    assert adapting.limit == 64
    adapting.record(1e6)
    assert adapting.limit == 4096
    assert Concurrency(7, 1000.0).maximum == 7
    assert not Concurrency(None, None).adapts
    with pytest.raises(ValueError, match="concurrency: must be at least 1, got 0"):
        Concurrency(0, None)


async def test_a_concurrency_that_varies(clock: VirtualClock) -> None:
    limits = [4]
    highest = working = 0

    async def work(seconds: float) -> None:
        nonlocal working, highest
        working += 1
        highest = max(highest, working)
        await clock.sleep(seconds)
        working -= 1

    seen: list[int] = []
    async with clock.auto():
        async for outcome in fan_out(range(30), lambda item: (item, work(1.0)), concurrency=lambda: limits[-1]):
            outcome.result()
            seen.append(outcome.item)
            if len(seen) == 8:
                assert highest == 4
                limits.append(2)
            elif len(seen) == 20:
                assert highest <= 4
                highest = working
    assert sorted(seen) == [*range(30)]
    assert highest <= 2


async def test_a_permit_never_waits_for_a_connection() -> None:
    arrived = 0
    all_arrived = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal arrived
        await reader.readuntil(b"\r\n\r\n")
        arrived += 1
        if arrived == 200:
            all_arrived.set()
        await all_arrived.wait()
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with (
        raw_server(talk) as url,
        CronofyClient(
            client_secret="s", base_url=url, rate_limit=RateLimit(per_second=200, per_minute=20_000)
        ) as cronofy,
        asyncio.timeout(30),
        cronofy.each((cronofy.real_time_scheduling.status(f"l{n}") for n in range(200)), concurrency=200) as outcomes,
    ):
        assert len([outcome async for outcome in outcomes]) == 200


# An abandoned pass.


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("is_kept", [False, True])
async def test_an_unclosed_pass_leaves_no_task(clock: VirtualClock, ordered: bool, is_kept: bool) -> None:
    server = Server(clock, 0.5)
    cronofy = client(server, clock, rate_limit=None)
    outcomes = cronofy.real_time_scheduling.poll(
        (f"l{number}" for number in range(10_000)), concurrency=4, ordered=ordered
    )
    async with clock.auto():
        await outcomes.__aenter__()
        await anext(aiter(outcomes))
        kept = outcomes if is_kept else None
        del outcomes
        await clock.sleep(5.0)
        await cronofy.aclose()
    await settle()
    assert not other_tasks()
    assert server.in_flight == 0
    del kept


async def test_few_items_are_read_ahead_of_a_slow_item(clock: VirtualClock) -> None:
    """The first item takes so long that the outcomes of the others have to wait for it."""
    read = 0

    class Slow(Server):
        async def __call__(self, request: Request) -> RawResponse:
            self.seconds = 20.0 if request.target.endswith("/l0") else 0.1
            return await super().__call__(request)

    def names() -> list[str]:
        return [f"l{number}" for number in range(1000)]

    def counted() -> Iterator[str]:
        nonlocal read
        for name in names():
            read += 1
            yield name

    cronofy = client(Slow(clock, 0.1), clock, rate_limit=None)
    async with (
        clock.auto(),
        cronofy.real_time_scheduling.poll(counted(), concurrency=8, ordered=True) as outcomes,
    ):
        seen = [(outcome.item, clock.monotonic(), read) async for outcome in outcomes]
    assert [item for item, _, _ in seen] == names()
    assert seen[0][1:] == (1020.0, 16)  # the first came after 20 seconds, when 16 items were read
