"""Processes that watch links (``watching.py``), started, stopped and read by the tests."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

from cronofy_async.sandbox import RunningSandbox

__all__ = ["Cronofy", "End", "Order", "Replica", "wait_until"]

#: Seconds to wait for a slow machine.
PATIENCE = 90.0

SCRIPT = Path(__file__).with_name("watching.py")


Order: TypeAlias = Literal["import", "add", "discard", "hint"]
End: TypeAlias = Literal["completed", "disabled"]


def wait_until(condition: Callable[[], Any], description: str, seconds: float = PATIENCE) -> Any:
    """Wait until the condition returns a true value, and return that value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {description}"
        time.sleep(0.002)
    return value


class Cronofy:
    """Links in a sandbox, with their final statuses."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.open: dict[str, str] = {}  # the ref of each
        self.ended: dict[str, str] = {}  # the status of each
        self._ada = sandbox.add_account("ada@example.com")
        self._begin = sandbox.clock.now() + timedelta(hours=2)
        self._numbers = itertools.count()

    async def create(self, number: int) -> list[tuple[str, str]]:
        """Create links, and return their IDs and refs."""
        links: list[tuple[str, str]] = []
        async with self.sandbox.client(rate_limit=None) as cronofy:
            for index in itertools.islice(self._numbers, number):
                link = await cronofy.real_time_scheduling.create(
                    oauth={"redirect_uri": "https://app.example.com"},
                    event={"event_id": f"intro-{index}", "summary": "Intro", "tzid": "Etc/UTC"},
                    availability={
                        "participants": [{"members": [{"sub": self._ada.sub}], "required": "all"}],
                        "required_duration": {"minutes": 30},
                        "query_periods": [{"start": self._begin, "end": self._begin + timedelta(days=5)}],
                    },
                )
                links.append((link.id, f"r{index}"))
        self.open.update(links)
        return links

    def end(self, link: str, how: End) -> str:
        """Set the final status of a link, and return its ref."""
        if how == "completed":
            self.sandbox.book(link)
        else:
            self.sandbox.link(link).state = how
        self.ended[link] = how
        return self.open.pop(link)

    def expire_all(self) -> None:
        self.sandbox.clock.advance(days=8)
        self.ended |= dict.fromkeys(self.open, "expired")
        self.open.clear()


class Replica:
    """A process that watches links, and its restarts."""

    def __init__(self, folder: Path, name: str, env: dict[str, str], **options: float | bool) -> None:
        self.name = name
        self.log, self.inbox, self.hold = (folder / f"{name}.{suffix}" for suffix in ("log", "inbox", "hold"))
        self.store = folder / "links.db"
        setup = {
            "store": str(self.store),
            "log": str(self.log),
            "inbox": str(self.inbox),
            "hold": str(self.hold),
            **options,
        }
        self.runs: list[int] = []
        self.kills = 0
        self._command = [sys.executable, str(SCRIPT), json.dumps(setup)]
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None
        self._told = 0
        self._lines: list[dict[str, Any]] = []
        self._read = 0

    # Start and stop.

    def start(self) -> None:
        assert self._process is None
        self._process = subprocess.Popen(self._command, env=self._env)
        self.runs.append(self._process.pid)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the process unless it has exited."""
        assert self._process is not None
        self._process.kill()
        self.kills += self._process.wait() == -signal.SIGKILL
        self._process = None

    def wait(self) -> int:
        """Return its exit status once it has exited."""
        assert self._process is not None
        status = self._process.wait(PATIENCE)
        self._process = None
        return status

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @contextmanager
    def ending(self) -> Generator[None]:
        """Kill the process on leaving, also after an error."""
        try:
            yield
        finally:
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    # Orders.

    def order(self, do: Order, **line: str) -> int:
        """Send an order, and return the number with which the process acknowledges it."""
        with self.inbox.open("a") as file:
            file.write(json.dumps({"do": do, **line}) + "\n")
        self._told += 1
        return self._told - 1

    @contextmanager
    def holding(self) -> Generator[None]:
        """Keep every replica from finishing a change."""
        self.hold.touch()
        try:
            yield
        finally:
            self.hold.unlink()

    # Log.

    def lines(self) -> list[dict[str, Any]]:
        if self.log.exists():
            with self.log.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            complete = new[: new.rfind(b"\n") + 1]
            self._read += len(complete)
            self._lines += map(json.loads, complete.splitlines())
        return self._lines

    def did(self, number: int) -> bool:
        """Return whether the process acknowledged an order."""
        return any(line.get("ack") == number for line in self.lines())

    @property
    def is_leading(self) -> bool:
        states = [line["leading"] for line in self.lines() if "leading" in line and line["pid"] == self.runs[-1]]
        return self.is_running and states[-1:] == [True]

    def has_entered(self) -> bool:
        return any("entered" in line for line in self.lines())

    def changes(self) -> list[dict[str, Any]]:
        """Return the changes that the process reported."""
        return [line for line in self.lines() if "out" in line]

    def of_runs(self) -> list[list[dict[str, Any]]]:
        """Return the log lines of each run, the earliest run first."""
        lines = self.lines()
        return [[line for line in lines if line["pid"] == pid] for pid in self.runs]
