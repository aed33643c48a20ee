from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from cronofy_async.sandbox import SandboxClock
from cronofy_async.sandbox.kernel import clock as module

from ..support import NOW


class Fake:
    """Replaces the module ``time``: real time passes only when a test advances it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(module, "time", fake)
    return fake


def test_a_time_zone_is_required() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SandboxClock(datetime(2031, 3, 3))  # noqa: DTZ001 - the point


def test_times_are_in_utc() -> None:
    clock = SandboxClock(datetime(2031, 3, 3, 9, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == NOW
    assert clock.now().tzinfo is UTC


def test_the_clock_starts_at_the_real_time_and_runs(real: Fake) -> None:
    before = datetime.now(UTC)
    clock = SandboxClock()
    started = clock.now()
    assert before <= started <= datetime.now(UTC)
    real.seconds += 90
    assert clock.now() - started == timedelta(seconds=90)
    assert clock.monotonic() == 90


def test_a_fixed_clock_does_not_run(real: Fake) -> None:
    clock = SandboxClock(NOW)
    real.seconds += 90
    assert clock.now() == NOW
    assert clock.monotonic() == 0


@pytest.mark.parametrize("fixed", [True, False])
def test_the_clock_can_be_advanced(real: Fake, fixed: bool) -> None:
    clock = SandboxClock(NOW if fixed else None)
    start = clock.now()
    clock.advance(timedelta(minutes=1), days=1, hours=2, minutes=3, seconds=4)
    assert clock.now() - start == timedelta(days=1, hours=2, minutes=4, seconds=4)
    clock.advance(0.5)
    assert clock.now() - start == timedelta(days=1, hours=2, minutes=4, seconds=4.5)


@pytest.mark.parametrize("by", [{"by": -1.0}, {"seconds": -1}, {"hours": 1, "days": -1}])
def test_the_clock_cannot_go_back(by: dict[str, float]) -> None:
    clock = SandboxClock(NOW)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(**by)
    assert clock.now() == NOW


async def test_timers_fire_in_order_and_at_their_times() -> None:
    clock = SandboxClock(NOW)
    seen: list[tuple[str, float]] = []

    def note(name: str) -> Any:
        return lambda: seen.append((name, clock.monotonic()))

    clock.call_at(3, note("c"))
    clock.call_at(1, note("a"))
    clock.call_at(2, note("never")).cancel()
    clock.call_at(1, note("b"))
    clock.call_at(9, note("later"))
    clock.advance(5)
    assert seen == [("a", 1), ("b", 1), ("c", 3)]
    assert clock.monotonic() == 5


async def test_sleeping_on_a_fixed_clock_takes_no_real_time() -> None:
    clock = SandboxClock(NOW)
    order: list[tuple[str, float]] = []

    async def worker(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            order.append((name, clock.monotonic()))

    await asyncio.gather(worker("slow", 3600, 3600), worker("fast", 1000, 1000, 5000))
    assert order == [("fast", 1000), ("fast", 2000), ("slow", 3600), ("fast", 7000), ("slow", 7200)]


async def test_an_earlier_timer_fires_before_a_sleeper_wakes() -> None:
    clock = SandboxClock(NOW)
    seen: list[float] = []
    clock.call_at(10, lambda: seen.append(clock.monotonic()))
    await clock.sleep(30)
    assert seen == [10]
    assert clock.monotonic() == 30


async def test_a_timer_without_a_waiter_does_not_move_the_clock() -> None:
    clock = SandboxClock(NOW)
    seen: list[float] = []
    clock.call_at(10, lambda: seen.append(clock.monotonic()))
    for _ in range(200):
        await asyncio.sleep(0)
    assert seen == []
    assert clock.monotonic() == 0


async def test_later_timers_do_not_move_the_clock_after_a_sleep() -> None:
    clock = SandboxClock(NOW)
    seen: list[float] = []
    clock.call_at(100, lambda: seen.append(clock.monotonic()))
    await clock.sleep(30)
    for _ in range(200):
        await asyncio.sleep(0)
    assert seen == []
    assert clock.monotonic() == 30


async def test_a_canceled_sleep_does_not_move_the_clock() -> None:
    clock = SandboxClock(NOW)
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    for _ in range(200):
        await asyncio.sleep(0)
    assert clock.monotonic() == 0


async def test_a_sleep_canceled_while_waking_raises_canceled_error() -> None:
    clock = SandboxClock(NOW)
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    sleeper.cancel()
    clock.advance(10)
    with pytest.raises(asyncio.CancelledError):
        await sleeper


async def test_advance_wakes_sleepers() -> None:
    clock = SandboxClock(NOW)
    sleeper = asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    clock.advance(10)
    await sleeper
    assert clock.monotonic() == 10


def test_the_clock_works_in_consecutive_event_loops() -> None:
    clock = SandboxClock(NOW)

    async def start() -> None:
        clock.call_at(5, lambda: None, waiting=True)  # the loop ends before the timer fires

    async def wait() -> float:
        await clock.sleep(10)
        return clock.monotonic()

    asyncio.run(start())
    assert asyncio.run(wait()) == 10


class Alarms:
    """Replaces the timers of the loop: they fire when a test calls ``ring``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.delay: float | None = None
        self._ring: Any = None
        self._real = asyncio.get_running_loop().call_later
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", self._call_later)

    def _call_later(self, delay: float, callback: Any, *args: Any) -> Any:
        self.delay, self._ring = delay, callback
        return self

    def cancel(self) -> None:
        self.delay = None

    def ring(self) -> None:
        assert self.delay is not None
        self.delay = None
        self._ring()


async def test_a_running_clock_fires_its_timers(real: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, alarms = SandboxClock(), Alarms(monkeypatch)
    seen: list[str] = []
    clock.call_at(10, lambda: seen.append("late"))
    assert alarms.delay == 10
    clock.call_at(4, lambda: seen.append("early"))
    assert alarms.delay == 4
    real.seconds = 4
    alarms.ring()
    assert seen == ["early"]
    assert alarms.delay == 6
    real.seconds = 10
    alarms.ring()
    assert seen == ["early", "late"]
    assert alarms.delay is None


async def test_advancing_a_running_clock_shortens_its_timers(real: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, alarms = SandboxClock(), Alarms(monkeypatch)
    seen: list[tuple[str, float]] = []
    clock.call_at(2, lambda: seen.append(("a", clock.monotonic())))
    clock.call_at(10, lambda: seen.append(("b", clock.monotonic())))
    clock.advance(7)
    assert seen == [("a", 2)]
    assert alarms.delay == 3
    real.seconds = 1
    clock.advance(0)
    assert alarms.delay == 2
    clock.advance(60)
    assert seen == [("a", 2), ("b", 10)]
    assert alarms.delay is None


async def test_advancing_a_running_clock_ends_a_sleep() -> None:
    clock = SandboxClock()
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(hours=1)
    await asyncio.wait_for(sleeper, 5)


# Freezing and running.


async def test_a_frozen_clock_stops_and_can_be_resumed() -> None:
    clock = SandboxClock()
    assert not clock.is_frozen
    clock.freeze()
    before = clock.now()
    await asyncio.sleep(0.01)
    assert (clock.now(), clock.is_frozen) == (before, True)
    clock.advance(hours=1)
    clock.run()
    clock.run()
    assert not clock.is_frozen
    assert timedelta(hours=1) <= clock.now() - before < timedelta(hours=2)


def test_freezing_at_a_later_time_fires_what_becomes_due() -> None:
    clock, fired = SandboxClock(), list[datetime]()
    start = clock.now()
    for hours in (1, 3):
        clock.call_at(clock.monotonic() + hours * 3600, lambda: fired.append(clock.now()))
    clock.freeze(start + timedelta(hours=2))
    assert len(fired) == 1
    assert clock.now() == start + timedelta(hours=2)


def test_a_clock_can_be_set_back() -> None:
    clock, fired = SandboxClock(datetime(2031, 3, 3, tzinfo=UTC)), list[int]()
    clock.call_at(clock.monotonic() + 60, lambda: fired.append(1))
    clock.freeze(datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert (clock.now(), fired) == (datetime(2026, 1, 1, 10, tzinfo=UTC), [])
    clock.advance(60)
    assert fired == [1]


async def test_waiting_tasks_resume_when_the_clock_is_frozen() -> None:
    clock = SandboxClock()
    waiting = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.freeze()
    start = clock.now()
    await waiting
    assert clock.now() - start >= timedelta(minutes=59)


async def test_a_timer_of_a_frozen_clock_fires_once_it_runs() -> None:
    clock, fired = SandboxClock(datetime(2031, 3, 3, tzinfo=UTC)), asyncio.Event()
    clock.call_at(clock.monotonic() + 0.01, fired.set)
    clock.run()
    await asyncio.wait_for(fired.wait(), 30)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2031, 3, 3), "at: must have a time zone"),  # noqa: DTZ001 - that is the point
        (datetime(999, 1, 1, tzinfo=UTC), "at: must be in the years 1000 to 8999, got 999"),
        (datetime(9000, 1, 1, tzinfo=UTC), "at: must be in the years 1000 to 8999, got 9000"),
    ],
)
def test_invalid_times_cannot_be_frozen_at(at: datetime, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SandboxClock().freeze(at)


@pytest.mark.parametrize("days", [1e300, 10**7, float("inf")])
def test_a_clock_is_not_moved_past_its_end(days: float) -> None:
    clock = SandboxClock(datetime(2031, 3, 3, tzinfo=UTC))
    with pytest.raises(ValueError, match="by: must "):
        clock.advance(days=days)
    assert clock.now() == datetime(2031, 3, 3, tzinfo=UTC)
