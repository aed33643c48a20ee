"""Replicas that share a file: one leads, and another takes over when it is killed, suspended, or left.

They run in real time with the default lease, so all scenarios run concurrently. No link is requested again within an hour,
so changes are found by hints alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias

import pytest

from cronofy_async.polling._leader import LEASE_SECONDS
from cronofy_async.sandbox import Sandbox

from .processes import Cronofy, Order, Replica, wait_until

log = logging.getLogger(__name__)

#: Seconds within which a leader that died is replaced.
PROMISE = 30.0


class Setup:
    """Replicas, the first of which is the first leader."""

    def __init__(self, folder: Path, stack: ExitStack, names: str) -> None:
        folder.mkdir()
        sandbox = stack.enter_context(Sandbox.running())
        self.cronofy = Cronofy(sandbox)
        self.replicas = [Replica(folder, name, sandbox.env(), min_interval=3600.0, forever=True) for name in names]
        for replica in self.replicas:
            stack.enter_context(replica.ending())
        for replica in self.replicas:
            replica.start()
            wait_until(replica.has_entered, f"{replica.name} has entered")
            wait_until(lambda: self.replicas[0].is_leading, "the first replica leads")

    def add(self, number: int, *through: Replica) -> list[str]:
        """Create links, and add them through replicas in turn."""
        links = asyncio.run(self.cronofy.create(number))
        for index, (link, ref) in enumerate(links):
            self.do(through[index % len(through)], "add", id=link, ref=ref)
        return [link for link, _ in links]

    def do(self, replica: Replica, order: Order, **line: str) -> None:
        number = replica.order(order, **line)
        wait_until(lambda: replica.did(number), f"{replica.name} has done {order}")

    def end(self, links: Sequence[str], *through: Replica) -> None:
        """Complete links, and pass the hints to replicas in turn."""
        for index, link in enumerate(links):
            self.do(through[index % len(through)], "hint", ref=self.cronofy.end(link, "completed"))

    def wait_until_yielded(self, replica: Replica, *links: str) -> None:
        wait_until(
            lambda: {*links} <= {line.get("done") for line in replica.lines()}, f"{replica.name} yielded {links}"
        )

    def wait_for_change(self, replica: Replica, *links: str) -> str:
        """Wait until a change of one of the links is yielded, and return the link."""
        out: str = wait_until(
            lambda: [link for link in yielded_ids(replica) if link in links], f"{replica.name} yielded"
        )[-1]
        return out

    def read(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.replicas[0].store, timeout=30)) as file:
            return file.execute(query).fetchall()

    def wait_until_read(self) -> None:
        wait_until(lambda: not self.read("SELECT text FROM message"), "the messages are read")

    def pause(self, replica: Replica) -> float:
        """Suspend a replica, but not while it writes, which would lock the file for all. Return the time."""
        with closing(sqlite3.connect(replica.store, timeout=0.1, isolation_level=None)) as file:
            while True:
                replica.send(signal.SIGSTOP)
                os.waitpid(replica.runs[-1], os.WUNTRACED)
                paused = time.monotonic()
                try:
                    file.execute("BEGIN IMMEDIATE")
                    file.execute("ROLLBACK")
                except sqlite3.OperationalError:
                    replica.send(signal.SIGCONT)
                    time.sleep(0.01)
                else:
                    return paused

    def leave(self, replica: Replica) -> None:
        replica.send(signal.SIGTERM)
        assert replica.wait() == 0


def yielded_ids(*replicas: Replica) -> list[str]:
    return [line["id"] for replica in replicas for line in replica.changes()]


def seconds_until(replica: Replica, key: str, since: float) -> float:
    """Return the seconds from a time until a replica first did something."""
    moments: list[float] = [line["at"] for line in replica.lines() if key in line and line["at"] > since]
    return moments[0] - since


Scenario: TypeAlias = Callable[[Path, ExitStack], None]


def leader_is_killed(folder: Path, stack: ExitStack) -> None:
    setup = Setup(folder, stack, "abc")
    a, b, c = setup.replicas
    first = setup.add(6, b, c)
    setup.end(first[:2], b, c)
    setup.wait_until_yielded(a, *first[:2])
    with a.holding():
        setup.end(first[2:5], c, b)
        out = setup.wait_for_change(a, *first[2:5])
        killed = time.monotonic()
        a.kill()
    setup.end(first[5:], c)
    while_nobody_leads = setup.add(2, b, c)
    setup.end(while_nobody_leads, c, b)
    leader = wait_until(
        lambda: next((replica for replica in (b, c) if replica.changes()), None), "another replica leads"
    )
    seconds = seconds_until(leader, "out", killed)
    log.info("replaced within %.1f s of being killed", seconds)
    assert seconds < PROMISE
    setup.wait_until_yielded(leader, out, *first[2:], *while_nobody_leads)
    for replica in (b, c):
        setup.leave(replica)
    assert Counter(yielded_ids(a, b, c)) == Counter([*first, *while_nobody_leads, out])
    assert setup.read("SELECT key FROM watched WHERE key <> 'learned'") == []


def leader_is_paused(folder: Path, stack: ExitStack) -> None:
    setup = Setup(folder, stack, "ab")
    a, b = setup.replicas
    first = setup.add(4, a)
    with a.holding():
        setup.end(first[:3], b)
        out = setup.wait_for_change(a, *first[:3])
        setup.wait_until_read()
        stopped = setup.pause(a)
        setup.wait_until_yielded(b, *first[:3])
        seconds = seconds_until(b, "out", stopped)
        log.info("replaced within %.1f s of being paused", seconds)
        assert seconds < PROMISE
        second = setup.add(2, b)
        setup.wait_until_read()
        time.sleep(max(0.0, stopped + LEASE_SECONDS + 5 - time.monotonic()))
        rows = setup.read("SELECT * FROM watched WHERE key <> 'learned' ORDER BY key")
    a.send(signal.SIGCONT)
    wait_until(lambda: not a.is_leading, "the paused replica steps down")
    setup.wait_until_read()
    assert setup.read("SELECT * FROM watched WHERE key <> 'learned' ORDER BY key") == rows
    setup.end([first[3], second[0]], a, b)
    setup.wait_until_yielded(b, first[3], second[0])
    assert (a.is_leading, b.is_leading) == (False, True)
    # A leader that leaves releases the lease, and is replaced immediately.
    left_at = time.monotonic()
    setup.leave(b)
    setup.end(second[1:], a)
    setup.wait_until_yielded(a, second[1])
    seconds = seconds_until(a, "out", left_at)
    log.info("replaced within %.1f s of leaving", seconds)
    assert seconds < LEASE_SECONDS
    setup.leave(a)
    assert Counter(yielded_ids(a, b)) == Counter([*first, *second, out])


def another_replica_led_meanwhile(folder: Path, stack: ExitStack) -> None:
    """The lease is free when the suspended replica is resumed, but its state is outdated."""
    setup = Setup(folder, stack, "ab")
    a, b = setup.replicas
    (old,) = setup.add(1, a)
    setup.wait_until_read()
    setup.pause(a)
    setup.end([old], b)
    setup.wait_until_yielded(b, old)
    (new,) = setup.add(1, b)
    setup.wait_until_read()
    setup.leave(b)
    assert setup.read("SELECT * FROM lease") == []
    a.send(signal.SIGCONT)
    setup.end([new], a)
    setup.wait_until_yielded(a, new)
    setup.leave(a)
    assert Counter(yielded_ids(a, b)) == Counter([old, new])


SCENARIOS: list[Scenario] = [leader_is_killed, leader_is_paused, another_replica_led_meanwhile]


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[Scenario, Future[None]]]:
    folder = tmp_path_factory.mktemp("replicas")

    def run(scenario: Scenario) -> None:
        with ExitStack() as stack:
            scenario(folder / scenario.__name__, stack)

    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        yield {scenario: pool.submit(run, scenario) for scenario in SCENARIOS}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_change_is_lost_between_replicas(scenario: Scenario, scenarios: dict[Scenario, Future[None]]) -> None:
    scenarios[scenario].result()
