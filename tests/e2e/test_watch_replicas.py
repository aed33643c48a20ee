"""Replicas that share a file: one leads, and another takes over when it is killed, suspended, or left.

They run in real time with the lease that users have, so all scenes run at once. No link is requested again within an hour,
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


class Scene:
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
            wait_until(replica.has_entered, f"{replica.name} is there")
            wait_until(lambda: self.replicas[0].is_leading, "the first one leads")

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

    def until_yielded(self, replica: Replica, *links: str) -> None:
        wait_until(
            lambda: {*links} <= {line.get("done") for line in replica.lines()}, f"{replica.name} yielded {links}"
        )

    def until_out(self, replica: Replica, *links: str) -> str:
        """Wait until a change of one of the links is yielded, and return the link."""
        out: str = wait_until(lambda: [one for one in yielded(replica) if one in links], f"{replica.name} yielded")[-1]
        return out

    def read(self, query: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.replicas[0].store, timeout=30)) as file:
            return file.execute(query).fetchall()

    def until_read(self) -> None:
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


def yielded(*replicas: Replica) -> list[str]:
    return [line["id"] for replica in replicas for line in replica.changes()]


def when(replica: Replica, key: str, since: float) -> float:
    """Return the seconds from a time until a replica first did something."""
    moments: list[float] = [line["at"] for line in replica.lines() if key in line and line["at"] > since]
    return moments[0] - since


Play: TypeAlias = Callable[[Path, ExitStack], None]


def one_is_killed(folder: Path, stack: ExitStack) -> None:
    scene = Scene(folder, stack, "abc")
    a, b, c = scene.replicas
    first = scene.add(6, b, c)
    scene.end(first[:2], b, c)
    scene.until_yielded(a, *first[:2])
    with a.holding():
        scene.end(first[2:5], c, b)
        out = scene.until_out(a, *first[2:5])
        killed = time.monotonic()
        a.kill()
    scene.end(first[5:], c)
    while_nobody_leads = scene.add(2, b, c)
    scene.end(while_nobody_leads, c, b)
    leader = wait_until(lambda: next((one for one in (b, c) if one.changes()), None), "another one leads")
    took = when(leader, "out", killed)
    log.info("replaced within %.1f s of being killed", took)
    assert took < PROMISE
    scene.until_yielded(leader, out, *first[2:], *while_nobody_leads)
    for replica in (b, c):
        scene.leave(replica)
    assert Counter(yielded(a, b, c)) == Counter([*first, *while_nobody_leads, out])
    assert scene.read("SELECT key FROM watched WHERE key <> 'learned'") == []


def one_is_paused(folder: Path, stack: ExitStack) -> None:
    scene = Scene(folder, stack, "ab")
    a, b = scene.replicas
    first = scene.add(4, a)
    with a.holding():
        scene.end(first[:3], b)
        out = scene.until_out(a, *first[:3])
        scene.until_read()
        stopped = scene.pause(a)
        scene.until_yielded(b, *first[:3])
        took = when(b, "out", stopped)
        log.info("replaced within %.1f s of being paused", took)
        assert took < PROMISE
        second = scene.add(2, b)
        scene.until_read()
        time.sleep(max(0.0, stopped + LEASE_SECONDS + 5 - time.monotonic()))
        rows = scene.read("SELECT * FROM watched WHERE key <> 'learned' ORDER BY key")
    a.send(signal.SIGCONT)
    wait_until(lambda: not a.is_leading, "the one that was paused steps down")
    scene.until_read()
    assert scene.read("SELECT * FROM watched WHERE key <> 'learned' ORDER BY key") == rows
    scene.end([first[3], second[0]], a, b)
    scene.until_yielded(b, first[3], second[0])
    assert (a.is_leading, b.is_leading) == (False, True)
    # A leader that leaves releases the lease, and is replaced at once.
    left = time.monotonic()
    scene.leave(b)
    scene.end(second[1:], a)
    scene.until_yielded(a, second[1])
    took = when(a, "out", left)
    log.info("replaced within %.1f s of leaving", took)
    assert took < LEASE_SECONDS
    scene.leave(a)
    assert Counter(yielded(a, b)) == Counter([*first, *second, out])


def another_one_led_in_between(folder: Path, stack: ExitStack) -> None:
    """The lease is free when the suspended replica is resumed, but its state is outdated."""
    scene = Scene(folder, stack, "ab")
    a, b = scene.replicas
    (old,) = scene.add(1, a)
    scene.until_read()
    scene.pause(a)
    scene.end([old], b)
    scene.until_yielded(b, old)
    (new,) = scene.add(1, b)
    scene.until_read()
    scene.leave(b)
    assert scene.read("SELECT * FROM lease") == []
    a.send(signal.SIGCONT)
    scene.end([new], a)
    scene.until_yielded(a, new)
    scene.leave(a)
    assert Counter(yielded(a, b)) == Counter([old, new])


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[Play, Future[None]]]:
    folder = tmp_path_factory.mktemp("replicas")

    def play(scene: Play) -> None:
        with ExitStack() as stack:
            scene(folder / scene.__name__, stack)

    plays: list[Play] = [one_is_killed, one_is_paused, another_one_led_in_between]
    with ThreadPoolExecutor(len(plays)) as pool:
        yield {scene: pool.submit(play, scene) for scene in plays}


@pytest.mark.parametrize("scene", [one_is_killed, one_is_paused, another_one_led_in_between])
def test_no_change_is_lost_between_replicas(scene: Play, scenes: dict[Play, Future[None]]) -> None:
    scenes[scene].result()
