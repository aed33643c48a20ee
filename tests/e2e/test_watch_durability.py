"""A process that watches links is killed repeatedly, at random points: no change is lost, and few are repeated."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cronofy_async.sandbox import Sandbox

from .processes import Cronofy, End, Replica, wait_until

log = logging.getLogger(__name__)


class Workload:
    """A process that watches links, and the links, whose statuses keep changing."""

    def __init__(self, cronofy: Cronofy, replica: Replica, chance: random.Random, *, by_hints: bool) -> None:
        self.cronofy = cronofy
        self.replica = replica
        self.chance = chance
        self.by_hints = by_hints
        self.anchor = ""
        self.discarded: set[str] = set()

    async def begin(self, number: int) -> None:
        links = await self.cronofy.create(number)
        self.anchor = links[0][0]  # stays open until the end, so that no run finishes before
        for link, ref in links:
            self.replica.order("import", id=link, ref=ref)

    def end(self, link: str, how: End) -> None:
        ref = self.cronofy.end(link, how)
        if self.by_hints or self.chance.random() < 0.3:
            self.replica.order("hint", ref=ref)

    async def change_links(self) -> None:
        """End some links, add new ones, and discard some."""
        for link, ref in await self.cronofy.create(2):
            self.replica.order("add", id=link, ref=ref)
        candidates = sorted(self.cronofy.open.keys() - {self.anchor} - self.discarded)
        chosen = self.chance.sample(candidates, min(5, len(candidates)))
        for link in chosen[:1]:
            self.discarded.add(link)
            self.replica.order("discard", id=link)
        for link in chosen:
            self.end(link, self.chance.choice(["completed", "completed", "disabled"]))

    def kill_at_random(self, number: int) -> None:
        """Kill the run: every third time while a change is unconfirmed, otherwise shortly after a random line of its log."""
        replica = self.replica
        pid = replica.runs[-1]
        if number % 3 == 0:
            with replica.holding():
                wait_until(lambda: self.of_run(pid)[-1:] and "out" in self.last_of(pid), "a change")
                replica.kill()
            return
        count = self.chance.choice([1, 2, 2, 3, 5, 8, 13])
        wait_until(lambda: len(self.of_run(pid)) >= count, f"{count} lines")
        time.sleep(self.chance.uniform(0.0, 0.03))
        replica.kill()

    def of_run(self, pid: int) -> list[dict[str, Any]]:
        return [line for line in self.replica.lines() if line["pid"] == pid]

    def last_of(self, pid: int) -> dict[str, Any]:
        """Return the last line about a change."""
        none: dict[str, Any] = {}
        return next((line for line in reversed(self.of_run(pid)) if "out" in line or "done" in line), none)


@pytest.mark.parametrize(("kills", "by_hints"), [(20, False), (10, True)], ids=["by requests", "by hints"])
async def test_no_change_is_lost_when_a_process_is_killed(tmp_path: Path, kills: int, by_hints: bool) -> None:
    """With hints alone no link is requested again within an hour, so that a lost hint would show."""
    chance = random.Random(by_hints)
    with Sandbox.running() as sandbox:
        cronofy = Cronofy(sandbox)
        interval = 3600.0 if by_hints else 0.05
        replica = Replica(tmp_path, "one", sandbox.env(), min_interval=interval, lease=0.3)
        workload = Workload(cronofy, replica, chance, by_hints=by_hints)
        with replica.ending():
            await workload.begin(60)
            for number in range(kills):
                replica.start()
                await workload.change_links()
                workload.kill_at_random(number)
            replica.start()
            if by_hints:
                for link in sorted(cronofy.open.keys() - workload.discarded):
                    workload.end(link, "completed")
            else:
                cronofy.expire_all()
            assert replica.wait() == 0
    check(workload, kills)


def check(workload: Workload, kills: int) -> None:
    replica, ended = workload.replica, workload.cronofy.ended
    runs = replica.of_runs()
    assert replica.kills == kills
    assert [[line for line in run if "left" in line] != [] for run in runs] == [False] * kills + [True]

    # Every change was yielded, and each with the right status.
    yielded = replica.changes()
    assert {line["id"]: line["status"] for line in yielded}.items() <= ended.items()
    assert all(line["status"] == ended[line["id"]] for line in yielded)
    assert ended.keys() - {line["id"] for line in yielded} <= workload.discarded

    # The only change yielded again is the one that was unconfirmed when the run was killed.
    yielded_before: set[str] = set()
    out: set[str] = set()
    repeats = Counter[str]()
    while_out = 0
    for run in runs:
        keys = [line["out"] for line in run if "out" in line]
        assert len(set(keys)) == len(keys)
        assert yielded_before & set(keys) <= out
        repeats.update(yielded_before & set(keys))
        yielded_before |= set(keys)
        out = set(keys[-1:]) or out
        handled = [line for line in run if "out" in line or "done" in line]
        while_out += bool(handled) and "out" in handled[-1]
    assert repeats.total() <= kills
    assert while_out > kills // 3

    # No discarded link was yielded afterwards.
    lines = replica.lines()
    for number, line in enumerate(lines):
        if "discarded" in line:
            assert not [later for later in lines[number:] if later.get("id") == line["discarded"]]

    # No rows, messages or leases are left.
    with closing(sqlite3.connect(replica.store)) as file:
        assert file.execute("SELECT key FROM watched WHERE key <> 'learned'").fetchall() == []
        assert file.execute("SELECT text FROM message").fetchall() == []
        assert file.execute("SELECT holder FROM lease").fetchall() == []
    log.info(
        "%s kills, %s while a change was unconfirmed; %s changes, %s repeats",
        kills,
        while_out,
        len(yielded_before),
        repeats.total(),
    )
