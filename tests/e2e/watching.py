"""A process that watches links, for the tests to kill. It executes the orders in its inbox, and logs each step.

Each line is on disk before the next step begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import attrs

from cronofy_async import CronofyClient
from cronofy_async.models import Notification
from cronofy_async.polling import Change, Watched, Watcher, _leader, watch
from cronofy_async.polling.stores.sqlite import SQLiteWatchStore


@attrs.define(kw_only=True)
class Settings:
    """The settings of the process.

    Attributes:
        store: The file of the store.
        log: The file of the log: one JSON object a line.
        inbox: The file of the orders: one JSON object a line.
        hold: While this file exists, the process does not finish handling a change.
        min_interval: The argument of the watcher.
        forever: The argument of the watcher.
        lease: The duration of a lease in seconds; the default if ``None``.
    """

    store: str
    log: str
    inbox: str
    hold: str
    min_interval: float
    forever: bool = False
    lease: float | None = None


def read_lines(path: str) -> list[dict[str, Any]]:
    """Return the complete lines."""
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in Path(path).read_text().splitlines(keepends=True) if line.endswith("\n")]
    return []


class Log:
    """The log of this process and of earlier ones."""

    def __init__(self, path: str) -> None:
        lines = read_lines(path)
        self.acknowledged = {line["ack"] for line in lines if "ack" in line}
        self.known = {line[name] for line in lines for name in ("done", "discarded") if name in line}
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **line: Any) -> None:
        text = json.dumps({"pid": os.getpid(), "at": time.monotonic(), **line}) + "\n"
        os.write(self._file, text.encode())
        os.fsync(self._file)


class Process:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.parent = os.getppid()
        self.log = Log(settings.log)

    async def run(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        self.log.write(started=True)
        store = SQLiteWatchStore(self.settings.store)
        async with CronofyClient.from_env(rate_limit=None) as cronofy:
            watcher = cronofy.real_time_scheduling.watch(
                self.links(), store=store, min_interval=self.settings.min_interval, forever=self.settings.forever
            )
            try:
                async with watcher, asyncio.TaskGroup() as group:
                    self.log.write(entered=True)
                    tasks = [
                        group.create_task(self.follow(watcher)),
                        group.create_task(self.report_leadership(watcher)),
                    ]
                    async for change in watcher:
                        await self.handle(change)
                    for helper in tasks:
                        helper.cancel()
            finally:
                self.log.write(left=True)

    async def links(self) -> AsyncGenerator[Watched]:
        """Yield the links of the inbox whose changes are not in the log."""
        for line in read_lines(self.settings.inbox):
            if line["do"] == "import" and line["id"] not in self.log.known:
                await asyncio.sleep(0.001)
                yield Watched(line["id"], ref=line["ref"])

    async def handle(self, change: Change) -> None:
        self.log.write(out=change.key, id=change.id, status=change.status)
        await asyncio.sleep(random.uniform(0.0, 0.01))
        while Path(self.settings.hold).exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0.01)
        self.log.write(done=change.id)

    async def follow(self, watcher: Watcher) -> None:
        """Execute the orders in the inbox, and acknowledge them."""
        while True:
            for number, line in enumerate(read_lines(self.settings.inbox)):
                if number not in self.log.acknowledged and line["do"] != "import":
                    await self.execute(watcher, line)
                    self.log.acknowledged.add(number)
                    self.log.write(ack=number, **({"discarded": line["id"]} if line["do"] == "discard" else {}))
            await asyncio.sleep(0.02)

    async def execute(self, watcher: Watcher, line: dict[str, Any]) -> None:
        match line["do"]:
            case "add":
                await watcher.add(Watched(line["id"], ref=line["ref"]))
            case "discard":
                await watcher.discard(line["id"])
            case _:
                await watcher.notify(Notification(type="any", ref=line["ref"], fingerprint=line["ref"], data={}))

    async def report_leadership(self, watcher: Watcher) -> None:
        """Log whether this process leads, and end if the test has ended."""
        was_leading: bool | None = None
        while os.getppid() == self.parent:
            if (is_leading := watcher.stats.is_leading) is not was_leading:
                was_leading = is_leading
                self.log.write(leading=is_leading)
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGKILL)


def main(settings: Settings) -> None:
    for module in (watch, _leader):
        setattr(module, "BATCH_SIZE", 7)  # noqa: B010 - so that an import takes several steps
        if settings.lease is not None:
            setattr(module, "LEASE_SECONDS", settings.lease)  # noqa: B010
            setattr(module, "RENEWAL_INTERVAL", settings.lease / 3)  # noqa: B010
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(Process(settings).run())


if __name__ == "__main__":
    main(Settings(**json.loads(sys.argv[1])))
