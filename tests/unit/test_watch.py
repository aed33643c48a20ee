from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cronofy_async import (
    ClientClosedError,
    ConnectError,
    CronofyClient,
    Forbidden,
    PaymentRequired,
    RateLimit,
    ServerError,
    Unauthorized,
)
from cronofy_async.http import RawResponse, Request
from cronofy_async.models import (
    CreatedLink,
    Notification,
    NoTimesSuitable,
    SchedulingLink,
)
from cronofy_async.polling import Change, MemoryWatchStore, Watched, Watcher

from .support import answer, client, link, other_tasks
from .virtual_clock import VirtualClock


class Cronofy:
    """Responds to status requests. Tests set the times at which the statuses change."""

    def __init__(self, clock: VirtualClock, seconds: float = 0.1) -> None:
        self.clock = clock
        self.seconds = seconds
        self.becomes: dict[str, list[tuple[float, str]]] = {}
        self.asked: list[tuple[float, str]] = []
        self.lanes: set[str] = set()
        self.down: Exception | RawResponse | None = None
        self.poisoned: dict[str, Exception | RawResponse] = {}
        self.under_way = 0

    def let(self, name: str, after: float, status: str) -> None:
        self.becomes.setdefault(name, []).append((self.clock.monotonic() + after, status))

    def status(self, name: str) -> str:
        status = "open"
        for at, then in self.becomes.get(name, ()):
            if at <= self.clock.monotonic():
                status = then
        return status

    async def __call__(self, request: Request) -> RawResponse:
        name = request.target.rpartition("/")[2]
        self.asked.append((self.clock.monotonic(), name))
        self.lanes.add(request.options.lane)
        self.under_way += 1
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.under_way -= 1
        for fault in (self.down, self.poisoned.get(name)):
            if isinstance(fault, Exception):
                raise fault
            if fault is not None:
                return fault
        status = self.status(name)
        return answer(status=404) if status == "gone" else answer(link(status, name))

    def times(self, name: str) -> list[float]:
        return [at for at, asked in self.asked if asked == name]


@pytest.fixture
def server(clock: VirtualClock) -> Cronofy:
    return Cronofy(clock)


def watching(server: Cronofy, **options: Any) -> CronofyClient:
    return client(server, server.clock, **({"rate_limit": None} | options))


async def run(watcher: Watcher) -> list[Change]:
    async with watcher:
        return [change async for change in watcher]


async def test_every_link_until_it_is_terminal(clock: VirtualClock, server: Cronofy) -> None:
    ends = {"a": "completed", "b": "expired", "c": "disabled", "d": "gone"}
    for number, (name, status) in enumerate(ends.items()):
        server.let(name, 100.0 * number, status)
    cronofy = watching(server)
    async with clock.auto():
        changes = await run(cronofy.real_time_scheduling.watch(ends))
    assert {change.id: change.status for change in changes} == ends
    assert [change.id for change in changes] == list(ends)
    assert all(change.previous == "open" and change.is_terminal for change in changes)
    assert [change.link and change.link.status for change in changes] == ["completed", "expired", "disabled", None]
    assert server.lanes == {"background"}
    assert not other_tasks()
    assert server.under_way == 0


def called_back(ref: str | None = None, event_id: str | None = None) -> Notification:
    data = {"event": {"event_id": event_id}} if event_id else {}
    return Notification(type="new", ref=ref, fingerprint="f", data=data)


async def test_nothing_to_watch(clock: VirtualClock, server: Cronofy) -> None:
    async with clock.auto():
        assert await run(watching(server).real_time_scheduling.watch([])) == []


async def test_links_in_any_form(clock: VirtualClock, server: Cronofy) -> None:
    made = CreatedLink(real_time_scheduling_id="a", url="https://app.test/rts/t")
    seen = SchedulingLink(real_time_scheduling_id="b", url="https://app.test/rts/t", status="open")
    sent = Watched("c", sent_at=clock.now() - timedelta(hours=1), expires_at=clock.now() + timedelta(hours=1))

    async def links() -> AsyncIterator[Any]:
        for one in (made, seen, sent, "d"):
            await asyncio.sleep(0)
            yield one

    for name in "abcd":
        server.let(name, 50.0, "completed")
    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(links()))
    assert sorted(change.id for change in changes) == list("abcd")
    assert next(change for change in changes if change.id == "c").watched == sent


async def test_every_change_of_a_link_however_slow_the_reader(clock: VirtualClock, server: Cronofy) -> None:
    for after, status in ((20, "paused"), (200, "open"), (400, "paused"), (600, "completed")):
        server.let("a", float(after), status)
    changes: list[Change] = []
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"]) as watcher:
        async for change in watcher:
            await clock.sleep(10_000.0)
            changes.append(change)
    assert [(change.previous, change.status, change.is_terminal) for change in changes] == [
        ("open", "paused", False),
        ("paused", "open", False),
        ("open", "paused", False),
        ("paused", "completed", True),
    ]
    assert len({change.key for change in changes}) == 4


async def test_a_link_is_gone_only_after_two_404s(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 15.0, "gone")
    server.let("a", 25.0, "open")
    server.let("a", 500.0, "completed")
    async with clock.auto():
        (change,) = await run(watching(server).real_time_scheduling.watch(["a"]))
    assert change.status == "completed"


async def test_min_interval_is_kept(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 3600.0, "completed")
    async with clock.auto():
        await run(watching(server).real_time_scheduling.watch(["a"], min_interval=timedelta(seconds=60)))
    times = server.times("a")
    assert min(after - before for before, after in itertools.pairwise(times)) >= 59.999
    assert 55 <= len(times) <= 61


async def test_it_uses_the_share_of_the_limit_that_polling_has(clock: VirtualClock, server: Cronofy) -> None:
    limit = RateLimit(per_minute=60, share=0.5)
    cronofy = watching(server, rate_limit=limit)
    links = [f"l{number}" for number in range(500)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await clock.sleep(600)
        assert watcher.stats.watched == 500
        assert watcher.stats.is_leading
        assert 290 <= watcher.stats.responses <= 301


async def test_several_watchers_share_the_budget(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=1.0))
    many = [f"m{number}" for number in range(5000)]
    few = [f"f{number}" for number in range(100)]
    async with clock.auto():
        one, other = cronofy.real_time_scheduling.watch(many), cronofy.real_time_scheduling.watch(few)
        async with one, other:
            await clock.sleep(1200)
            asked = one.stats.responses, other.stats.responses
    assert 1150 <= sum(asked) <= 1201
    assert abs(asked[0] - asked[1]) <= 2


# Hints.


@pytest.mark.parametrize("by", ["ref", "event_id"])
async def test_a_callback_puts_its_link_at_the_front(clock: VirtualClock, server: Cronofy, by: str) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    names: list[Any] = [{by: f"r{number}"} for number in range(1000)]
    links = [Watched(f"l{number}", **name) for number, name in enumerate(names)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await clock.sleep(300)
        server.let("l900", 0.0, "completed")
        told = clock.monotonic()
        await watcher.notify(called_back(**{by: "r900"}))
        change = await anext(watcher)
    assert change.id == "l900"
    # One request waits already, so that it is the second after that; there is one every two seconds.
    assert clock.monotonic() - told <= 5


async def test_a_callback_that_names_no_link_or_not_one_alone(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    links = [Watched(f"l{number}", event_id="the same") for number in range(1000)]
    links += [Watched("r1", ref="r"), Watched("r2", ref="r")]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as one:
        await clock.sleep(120)
        server.asked.clear()
        await one.notify(called_back(ref="unknown", event_id="unknown"))
        await one.notify(called_back(event_id="the same"))
        await one.notify(Notification(type=None, ref=None, fingerprint="f", data={"event": "odd"}))
        await one.notify(NoTimesSuitable(type="no", ref="r", fingerprint="f", data={}))
        await clock.sleep(60)
        asked = [name for _, name in server.asked]
        assert len(asked) == len(set(asked))
        assert not {"r1", "r2"} & set(asked)
        await one.notify(called_back(ref="r"))
        await clock.sleep(10)
        assert {name for _, name in server.asked} >= {"r1", "r2"}


async def test_a_callback_that_is_repeated_takes_nothing_from_others(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=1.0))
    links = [Watched(f"l{number}", ref=f"r{number}") for number in range(300)]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links, min_interval=30.0) as watcher:
        for _ in range(600):
            await watcher.notify(called_back(ref="r1"))
            await clock.sleep(1)
    assert len(server.times("l1")) <= 600 / 30 + 2
    assert len({name for _, name in server.asked}) == 300


async def test_a_callback_while_the_request_for_its_link_is_in_flight(clock: VirtualClock, server: Cronofy) -> None:
    server.seconds = 10.0
    watcher = watching(server).real_time_scheduling.watch([Watched("a", ref="r")], min_interval=3600.0)
    async with clock.auto(), watcher as one:
        await one.notify(called_back(ref="r"))
        await clock.sleep(5)
        assert server.under_way == 1
        server.let("a", 8.0, "completed")  # after the answer that is under way
        await one.notify(called_back(ref="r"))
        change = await anext(one)
    assert change.status == "completed"


# Adding and discarding.


async def test_links_come_and_go(clock: VirtualClock, server: Cronofy) -> None:
    for name in ("a", "b", "c"):
        server.let(name, 300.0, "completed")
    changes: list[str] = []
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b"]) as watcher:
        await clock.sleep(60)
        await watcher.add("c", "a")
        await watcher.discard("b", "unknown")
        await watcher.discard()
        await clock.sleep(60)
        asked = len(server.times("b"))
        assert watcher.stats.watched == 2
        changes += [change.id async for change in watcher]
    assert sorted(changes) == ["a", "c"]
    assert len(server.times("b")) == asked


async def test_links_added_late_to_an_endless_watcher(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(forever=True) as watcher:
        await clock.sleep(3600)
        await watcher.add("a")
        assert (await anext(watcher)).id == "a"
        await clock.sleep(3600)
        server.let("b", 0.0, "completed")
        await watcher.add("b")
        assert (await anext(watcher)).id == "b"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(watcher)
    assert not other_tasks()


async def test_new_facts_about_a_link_are_added(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 500.0, "completed")
    store = MemoryWatchStore()
    async with (
        clock.auto(),
        watching(server).real_time_scheduling.watch(
            [Watched("a", event_id="e", sent_at=clock.now())], store=store
        ) as watcher,
    ):
        await clock.sleep(60)
        expires = clock.now() + timedelta(days=1)
        await watcher.add(Watched("a", ref="r", expires_at=expires))
        await watcher.add("a")
        await watcher.notify(called_back(ref="r"))
        change = await anext(watcher)
    assert (change.watched.event_id, change.watched.ref, change.watched.expires_at) == ("e", "r", expires)
    assert change.watched.sent_at == clock.now() - timedelta(seconds=clock.monotonic() - 1000.0)


async def test_a_change_of_a_discarded_link_is_not_yielded(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 0.0, "completed")
    server.let("b", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b"]) as watcher:
        await clock.sleep(60)
        assert watcher.stats.unconfirmed == 2
        assert watcher.stats.changes == {"completed": 2}
        await watcher.add("a")  # what became of it is known already
        await watcher.discard("b")
        await clock.sleep(5)
        assert [change.id async for change in watcher] == ["a"]


async def test_a_link_discarded_while_its_request_is_in_flight(clock: VirtualClock, server: Cronofy) -> None:
    server.seconds = 20.0
    server.let("a", 0.0, "completed")
    server.let("b", 0.0, "gone")
    server.poisoned["c"] = answer(status=422)
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a", "b", "c"], forever=True) as watcher:
        while server.under_way < 3:
            await clock.sleep(1)
        await watcher.discard("a", "b", "c")
        await clock.sleep(60)
        assert watcher.stats.changes == {}
        assert watcher.stats.failing == {}
        assert watcher.stats.responses == 3


# Facts about a link.

NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Watched(""), "id: '' cannot be the ID of a link"),
        (lambda: Watched("a", sent_at=NAIVE), "sent_at: 2030-01-01T00:00:00 has no time zone"),
        (lambda: Watched("a", expires_at=NAIVE), "expires_at: 2030-01-01T00:00:00 has no time zone"),
    ],
)
def test_invalid_values_of_a_watched_link(make: Callable[[], Watched], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# Failures.


@pytest.mark.parametrize("fault", [ConnectError("down"), answer(status=500)], ids=["unreachable", "500"])
async def test_an_outage_is_waited_for(clock: VirtualClock, server: Cronofy, fault: Any) -> None:
    links = [f"l{number}" for number in range(50)]
    for name in links:
        server.let(name, 200.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(links) as watcher:
        await clock.sleep(50)
        server.down = fault
        await clock.sleep(100)
        assert watcher.stats.is_held
        server.asked.clear()
        await clock.sleep(3600)
        assert len(server.asked) < 600  # one after the other, with a growing wait and the repeats of each
        server.down = None
        assert len({change.id async for change in watcher}) == 50
        assert not watcher.stats.is_held


async def test_a_failed_request_is_retried_later(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    server.poisoned["bad"] = answer(status=422)
    server.poisoned["odd"] = answer({"real_time_scheduling": {}})
    server.poisoned["ill"] = answer(status=500)
    for number in range(20):
        server.let(f"l{number}", 5000.0, "completed")
    for name in ("bad", "odd", "ill"):
        server.let(name, 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(server.becomes) as watcher:
        await clock.sleep(3000)
        assert set(watcher.stats.failing) == {"bad", "odd", "ill"}
        assert isinstance(watcher.stats.failing["ill"], ServerError)
        assert sorted(record.getMessage()[:8] for record in caplog.records) == ["link bad", "link ill", "link odd"]
        assert len(server.times("bad")) > 10
        server.poisoned.clear()
        changes = [change.id async for change in watcher]
        assert set(changes) >= {"bad", "odd", "ill"}
        assert len(changes) == 23


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (402, PaymentRequired), (403, Forbidden)])
async def test_an_error_that_is_the_same_for_all_links_ends_the_watcher(
    clock: VirtualClock, server: Cronofy, status: int, error: type[Exception]
) -> None:
    store = MemoryWatchStore()
    async with clock.auto():
        with pytest.raises(error):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a", "b"], store=store) as watcher:
                await clock.sleep(100)
                server.down = answer(status=status)
                async for _ in watcher:
                    pass
        assert not other_tasks()
        server.down = None
        server.let("a", 0.0, "completed")
        server.let("b", 0.0, "expired")
        assert len(await run(watching(server).real_time_scheduling.watch(store=store))) == 2


async def test_the_error_is_raised_on_leaving_without_iteration(clock: VirtualClock, server: Cronofy) -> None:
    server.down = answer(status=401)
    async with clock.auto():
        with pytest.raises(Unauthorized):
            async with watching(server).real_time_scheduling.watch(["a"]):
                await clock.sleep(100)
        with pytest.raises(KeyError):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"]):
                await clock.sleep(100)
                raise KeyError


async def test_links_that_cannot_be_read(clock: VirtualClock, server: Cronofy) -> None:
    def links() -> Iterator[str]:
        yield "a"
        raise LookupError("the database is away")

    with pytest.raises(LookupError, match="away"):
        async with watching(server).real_time_scheduling.watch(links()):
            pytest.fail("entered")
    with pytest.raises(TypeError, match="expected an iterable of items, got one string"):
        async with watching(server).real_time_scheduling.watch("sch_1"):
            pytest.fail("entered")
    with pytest.raises(ValueError, match="id: '' cannot be the ID of a link"):
        async with watching(server).real_time_scheduling.watch(["a", ""]):
            pytest.fail("entered")
    assert not other_tasks()


async def test_how_it_is_used(clock: VirtualClock, server: Cronofy) -> None:
    links: Any = watching(server).real_time_scheduling
    with pytest.raises(ValueError, match="concurrency: must be at least 1, got 0"):
        links.watch(concurrency=0)
    with pytest.raises(ValueError, match="min_interval: must be more than 0 seconds, got -1"):
        links.watch(min_interval=timedelta(seconds=-1))
    for odd in ("links.db", MemoryWatchStore, 7):
        with pytest.raises(TypeError, match="store: expected a WatchStore, such as SQLiteWatchStore"):
            links.watch(store=odd)
    watcher = links.watch(["a"])
    with pytest.raises(TypeError, match="use `async with`"), watcher:
        pass
    with pytest.raises(RuntimeError, match="the watcher was not entered"):
        await anext(watcher)
    with pytest.raises(RuntimeError, match="the watcher was not entered"):
        await watcher.add("b")
    assert watcher.stats.watched == 0
    await watcher.__aexit__(None, None, None)
    server.let("a", 0.0, "completed")
    async with clock.auto(), watcher:
        with pytest.raises(TypeError, match="expected a link, its ID or a Watched, got list"):
            await watcher.add(["b"])
        with pytest.raises(TypeError, match=r"expected the result of webhooks\.parse, got bytes"):
            await watcher.notify(b"{}")
        with pytest.raises(RuntimeError, match="used only once"):
            await watcher.__aenter__()
        assert [change.id async for change in watcher] == ["a"]
        assert [change.id async for change in watcher] == []
        with pytest.raises(RuntimeError, match="Pass forever=True"):
            await watcher.add("b")
    with pytest.raises(StopAsyncIteration):
        await anext(watcher)


async def test_a_reader_in_another_task_ends_with_the_watcher(clock: VirtualClock, server: Cronofy) -> None:
    async with watching(server).real_time_scheduling.watch(["a"]) as watcher:
        reader = asyncio.create_task(run_on(watcher))
        await asyncio.sleep(0)
    assert await reader == []


async def run_on(watcher: Watcher) -> list[Change]:
    return [change async for change in watcher]


# Persistence.


async def read_two(watcher: Watcher) -> list[str]:
    """Read two changes, and leave with the second one out."""
    keys: list[str] = []
    async with watcher:
        async for change in watcher:
            keys.append(change.key)
            if len(keys) == 2:
                break
    return keys


async def test_an_unconfirmed_change_is_yielded_again_once(clock: VirtualClock, server: Cronofy) -> None:
    for name in "abc":
        server.let(name, 20.0, "completed")
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling
    async with clock.auto():
        first = await read_two(links.watch(["a", "b", "c"], store=store))
        second = [change async for change in _entered(links.watch(store=store))]
    assert [change.key for change in second].count(first[1]) == 1
    assert sorted({*first, *(change.key for change in second)}) == ["a/1/completed", "b/1/completed", "c/1/completed"]
    assert first[0] not in [change.key for change in second]
    assert all(change.link is not None and change.link.is_terminal for change in second)


async def _entered(watcher: Watcher) -> AsyncIterator[Change]:
    async with watcher:
        async for change in watcher:
            yield change


async def test_changes_that_the_reader_confirms_itself(clock: VirtualClock, server: Cronofy) -> None:
    for name in "abc":
        server.let(name, 20.0, "completed")
    store = MemoryWatchStore()
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch(["a", "b", "c"], store=store, auto_confirm=False) as watcher:
            taken = [await anext(watcher) for _ in "abc"]
            assert watcher.stats.unconfirmed == 3
            await watcher.confirm(taken[1])
            await watcher.confirm(taken[1])
            assert watcher.stats.unconfirmed == 2
        async with links.watch(store=store, auto_confirm=False) as watcher:
            again = [await anext(watcher) for _ in range(2)]
            assert {change.key for change in again} == {taken[0].key, taken[2].key}
            for change in again:
                await watcher.confirm(change)
            with pytest.raises(StopAsyncIteration):
                await anext(watcher)


async def test_a_watcher_resumes_from_a_snapshot(clock: VirtualClock, server: Cronofy) -> None:
    for number in range(200):
        server.let(f"l{number}", 10.0 * number, "completed")
    server.let("late", 1e6, "completed")
    server.let("odd", 0.0, "paused")
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch([*server.becomes, Watched("hinted", ref="r")]) as watcher:
            told = [(await anext(watcher)).key for _ in range(100)]
            await watcher.notify(called_back(ref="r"))
            snapshot = json.loads(json.dumps(await watcher.snapshot()))
        learned = json.loads(snapshot["rows"]["learned"])
        assert sum(learned["answers"]) > 50
        server.asked.clear()
        server.let("hinted", 0.0, "completed")
        async with links.watch(store=MemoryWatchStore(snapshot)) as watcher:
            again = [await anext(watcher) for _ in range(103)]
            assert len({*told[:-1], *(change.key for change in again)}) == 202
            assert told[-1] == again[0].key
            assert "hinted" in {change.id for change in again[:4]}
            assert watcher.stats.watched == 2


async def test_a_snapshot_of_another_version(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture
) -> None:
    server.let("a", 0.0, "completed")
    links = watching(server).real_time_scheduling
    async with clock.auto():
        async with links.watch(["a"]) as watcher:
            snapshot = await watcher.snapshot()
        snapshot["rows"]["learned"] = json.dumps({"edges": "others"})
        snapshot["messages"].append('{"what": "is this"}')
        assert len(await run(links.watch(store=MemoryWatchStore(snapshot)))) == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        (
            "the answer rates in the store of the watcher cannot be read, and are learned again: ValueError: "
            "learned: expected the result of learned() of a version with the same bins"
        ),
        (
            "a message in the store of the watcher cannot be read and is ignored: ValueError: "
            "unknown kind of message for this version of cronofy_async"
        ),
    ]


@pytest.mark.parametrize("snapshot", [{}, {"rows": {}, "messages": {}}, {"rows": {"a": 1}, "messages": []}])
def test_an_invalid_snapshot(snapshot: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="snapshot: must"):
        MemoryWatchStore(snapshot)


# Several replicas.


async def test_one_replica_leads_and_the_others_stand_by(clock: VirtualClock, server: Cronofy) -> None:
    store = MemoryWatchStore()
    server.let("b", 50.0, "completed")
    links = watching(server).real_time_scheduling
    async with clock.auto(), links.watch(store=store, forever=True) as leader:
        await clock.sleep(10)
        async with links.watch([Watched("a", ref="r")], store=store, forever=True) as other:
            await clock.sleep(10)
            assert (leader.stats.is_leading, other.stats.is_leading) == (True, False)
            await other.add("b")
            assert (await anext(leader)).id == "b"
            server.let("a", 0.0, "completed")
            server.asked.clear()
            await other.notify(called_back(ref="r"))
            change = await anext(leader)
            assert change.id == "a"
            await leader.__aexit__(None, None, None)
            await clock.sleep(10)
            assert other.stats.is_leading
            assert await anext(other) == change  # it was out
            server.let("c", 0.0, "completed")
            await other.add("c")
            assert (await anext(other)).id == "c"
            assert other.stats.unconfirmed == 1


class Stealable(MemoryWatchStore):
    """A store whose lease another replica can take."""

    def steal(self) -> None:
        self._holder = "another"

    def leave(self) -> None:
        self._holder = None


@pytest.mark.parametrize("confirms", [True, False])
async def test_a_replica_that_lost_the_lease_writes_nothing(
    clock: VirtualClock, server: Cronofy, caplog: pytest.LogCaptureFixture, confirms: bool
) -> None:
    store = Stealable()
    for number in range(3):
        server.let(f"l{number}", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(server.becomes, store=store) as watcher:
        change = await anext(watcher)
        rows = await store.load()
        store.steal()
        if confirms:
            await watcher.confirm(change)
        await clock.sleep(20)
        assert not watcher.stats.is_leading
        assert await store.load() == rows
        store.leave()
        seen = [change.key, *[other.key async for other in watcher]]
    assert sorted(seen) == ["l0/1/completed", "l1/1/completed", "l2/1/completed"]
    assert [record.getMessage() for record in caplog.records if "another" in record.getMessage()]


async def test_changes_that_are_read_while_the_lease_goes_are_not_handed_out_twice(
    clock: VirtualClock, server: Cronofy
) -> None:
    store = Stealable()
    for number in range(5):
        server.let(f"l{number}", 10.0, "completed")
    async with (
        clock.auto(),
        watching(server).real_time_scheduling.watch(server.becomes, store=store, auto_confirm=False) as watcher,
    ):
        taken = [await anext(watcher) for _ in range(2)]
        store.steal()
        await clock.sleep(20)
        store.leave()
        taken += [await anext(watcher) for _ in range(3)]
        assert len({change.key for change in taken}) == 5
        for change in taken:
            await watcher.confirm(change)
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)


# Stores that fail.


class Failing(MemoryWatchStore):
    """A store whose methods fail when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: set[str] = set()

    def _meet(self, name: str) -> None:
        if name in self.failing:
            raise OSError(f"{name}: no space left")

    async def renew_lease(self, holder: str, seconds: float) -> bool:
        self._meet("renew_lease")
        return await super().renew_lease(holder, seconds)

    async def save(self, *arguments: Any, **options: Any) -> None:
        self._meet("save")
        await super().save(*arguments, **options)

    async def messages(self) -> Any:
        self._meet("messages")
        return await super().messages()

    async def post(self, messages: Any) -> None:
        self._meet("post")
        await super().post(messages)


@pytest.mark.parametrize("method", ["renew_lease", "save", "messages"])
async def test_a_store_that_fails_ends_it(clock: VirtualClock, server: Cronofy, method: str) -> None:
    store = Failing()
    server.let("a", 100.0, "completed")
    async with clock.auto():
        with pytest.raises(OSError, match=f"{method}: no space left"):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
                await clock.sleep(50)
                store.failing.add(method)
                async for _ in watcher:
                    pytest.fail("a change was yielded that is not persisted")
        assert not other_tasks()
        store.failing.clear()
        assert len(await run(watching(server).real_time_scheduling.watch(store=store))) == 1


async def test_links_that_could_not_be_posted(clock: VirtualClock, server: Cronofy) -> None:
    store = Failing()
    server.let("a", 100.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch(["a"], store=store) as watcher:
        store.failing.add("post")
        with pytest.raises(OSError, match="no space"):
            await watcher.add("b")
        store.failing.clear()
        assert [change.id async for change in watcher] == ["a"]


# Being cancelled.


@pytest.mark.parametrize("steps", range(0, 60, 3))
async def test_it_can_be_cancelled_anywhere(clock: VirtualClock, server: Cronofy, steps: int) -> None:
    """No task, connection or permit is left behind, and nothing is lost."""
    for number in range(30):
        server.let(f"l{number}", float(number), "completed")
    store = MemoryWatchStore()
    cronofy = watching(server, rate_limit=RateLimit(per_minute=600, share=1.0))
    told: list[str] = []

    async def work() -> None:
        async with cronofy.real_time_scheduling.watch(server.becomes, store=store) as watcher:
            async for change in watcher:
                told.append(change.key)

    async with clock.auto():
        task = asyncio.create_task(work())
        for _ in range(steps * 10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not other_tasks()
        assert server.under_way == 0
        async with watching(server).real_time_scheduling.watch(server.becomes, store=store) as watcher:
            told += [change.key async for change in watcher]
    assert len(set(told)) == 30
    assert len(told) <= 31


# Ambiguous and superfluous hints.


async def test_a_name_that_two_links_had_names_the_other_one_alone(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = watching(server, rate_limit=RateLimit(per_minute=60, share=0.5))
    links = [Watched("a", event_id="e"), Watched("b", event_id="e"), *map(Watched, map(str, range(500)))]
    async with clock.auto(), cronofy.real_time_scheduling.watch(links) as watcher:
        await watcher.discard("a")
        await clock.sleep(1200)
        server.asked.clear()
        await watcher.notify(called_back(event_id="e"))
        await clock.sleep(5)
        assert server.times("b")


async def test_a_hint_about_a_terminal_link_has_no_effect(clock: VirtualClock, server: Cronofy) -> None:
    server.let("a", 0.0, "completed")
    async with clock.auto(), watching(server).real_time_scheduling.watch([Watched("a", ref="r")]) as watcher:
        await clock.sleep(60)
        asked = len(server.asked)
        await watcher.notify(called_back(ref="r"))
        await clock.sleep(60)
        assert len(server.asked) == asked
        assert [change.key async for change in watcher] == ["a/1/completed"]


async def test_a_hint_that_was_read_and_not_followed_yet_is_in_the_snapshot(
    clock: VirtualClock, server: Cronofy
) -> None:
    cronofy = watching(server)
    server.down = ConnectError("down")
    links = [Watched("a", ref="r"), *map(Watched, map(str, range(50)))]
    async with clock.auto():
        async with cronofy.real_time_scheduling.watch(links) as watcher:
            await clock.sleep(60)
            await watcher.notify(called_back(ref="r"))
            await clock.sleep(60)
            snapshot = await watcher.snapshot()
        assert snapshot["messages"] == []
        assert json.loads(snapshot["rows"]["link/a"])["hints"] == 1
        server.down = None
        server.asked.clear()
        async with cronofy.real_time_scheduling.watch(store=MemoryWatchStore(snapshot), concurrency=1):
            await clock.sleep(20)
        assert server.asked[0][1] == "a"


async def test_a_closed_client_ends_it(clock: VirtualClock, server: Cronofy) -> None:
    cronofy = watching(server)
    watcher = cronofy.real_time_scheduling.watch(["a"], forever=True)
    async with clock.auto():
        with pytest.raises(ClientClosedError):  # noqa: PT012
            async with watcher:
                await clock.sleep(60)
                await cronofy.aclose()
                async for _ in watcher:
                    pass
        assert watcher.stats.responses > 1
        assert watcher.stats.watched == 1
        assert not watcher.stats.is_leading
        with pytest.raises(ClientClosedError):  # noqa: PT012
            async with cronofy.real_time_scheduling.poll(["a"]) as outcomes:
                async for _ in outcomes:
                    pass
    assert not other_tasks()


async def test_adding_after_a_failure_raises_its_reason(clock: VirtualClock, server: Cronofy) -> None:
    server.down = answer(status=401)
    async with clock.auto():
        with pytest.raises(Unauthorized):  # noqa: PT012
            async with watching(server).real_time_scheduling.watch(["a"], forever=True) as watcher:
                await clock.sleep(60)
                with pytest.raises(RuntimeError, match="the watcher ended with Unauthorized") as caught:
                    await watcher.add("b")
                assert isinstance(caught.value.__cause__, Unauthorized)


# Attributes of a change.


async def test_the_chosen_start(clock: VirtualClock, server: Cronofy) -> None:
    state = link("completed", "chosen")["real_time_scheduling"]
    start = {"time": "2030-01-07T10:00:00+01:00", "tzid": "Europe/Paris"}
    server.poisoned["chosen"] = answer({"real_time_scheduling": state | {"event": {"start": start}}})
    server.poisoned["bare"] = answer(
        {"real_time_scheduling": state | {"real_time_scheduling_id": "bare", "event": None}}
    )
    server.let("expired", 0.0, "expired")
    server.let("gone", 0.0, "gone")

    async with clock.auto():
        changes = await run(watching(server).real_time_scheduling.watch(["chosen", "bare", "expired", "gone"]))

    assert {change.id: change.start for change in changes} == {
        "chosen": datetime(2030, 1, 7, 9, tzinfo=UTC),
        "bare": None,
        "expired": None,
        "gone": None,
    }


async def test_a_created_link_brings_its_facts(clock: VirtualClock, server: Cronofy) -> None:
    expires = clock.now() + timedelta(days=1)
    made = CreatedLink(
        real_time_scheduling_id="a", url="https://app.test/rts/t", event_id="e", expires_at=expires, ref="r"
    )
    server.let("a", 20.0, "completed")

    async with clock.auto():
        (change,) = await run(watching(server).real_time_scheduling.watch([made]))

    assert change.watched == Watched("a", sent_at=change.watched.sent_at, event_id="e", expires_at=expires, ref="r")
